"""Where the certificates of a resumed session were shown, as far as this capture holds it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TypeAlias

# Asked only when a session is told: in words where its certificates were shown ("" if it was resumed
# itself), and the identities that it was resumed by.
Origin: TypeAlias = Callable[[], tuple[str, Iterable[bytes]]]

_KEPT = 10_000  # identities; the oldest are forgotten
_HOPS = 1_000  # resumptions of resumptions that are followed back


class Origins:
    """Session IDs and tickets (as they lie on the wire) with the handshake that issued them.

    Shared by all connections of a capture; filled while handshakes pass, asked when a session is told.
    """

    def __init__(self) -> None:
        self._issued: OrderedDict[bytes, Origin] = OrderedDict()

    def remember(self, identity: bytes, origin: Origin) -> None:
        """A handshake issued `identity`."""
        if identity and identity not in self._issued:
            self._issued[identity] = origin
            if len(self._issued) > _KEPT:
                self._issued.popitem(last=False)

    def find(self, identities: Iterable[bytes]) -> str:
        """Where the session that issued one of `identities` showed its certificates, "" if unknown."""
        for _ in range(_HOPS):
            origin = next((self._issued[i] for i in identities if i in self._issued), None)
            if origin is None:
                break
            words, identities = origin()
            if words:
                return words
        return ""
