"""Where the certificates of a resumed session were shown, as far as this capture holds it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias

from analyzer.stream import number_of


class Place(NamedTuple):
    """A handshake that showed certificates: its connection, its level, and the frame of the server's."""

    stream: int
    level: int
    frame: int

    def __str__(self) -> str:
        return f"connection {self.stream}, level {self.level}, frame {number_of(self.frame)}"


# Where certificates were shown (None if the handshake was a resumption itself), and the identities that
# it was resumed by.
Issuer: TypeAlias = tuple[Place | None, tuple[bytes, ...]]
Origin: TypeAlias = Callable[[], Issuer]  # asked only when a session is told

_KEPT = 10_000  # identities; the oldest are forgotten
_HOPS = 1_000  # resumptions of resumptions that are followed back


class Origins:
    """Session IDs and tickets (as they lie on the wire) with the handshake that issued them.

    Shared by all connections of a capture; filled while handshakes pass, asked when a session is told.
    """

    def __init__(self, issued: Mapping[bytes, Issuer] | None = None) -> None:
        self._issued: OrderedDict[bytes, Origin] = OrderedDict()
        for identity, issuer in (issued or {}).items():
            self._issued[identity] = partial(_always, issuer)

    def remember(self, identity: bytes, origin: Origin) -> bool:
        """A handshake issued `identity`; True where it is the first one that did."""
        if not identity or identity in self._issued:
            return False
        self._issued[identity] = origin
        if len(self._issued) > _KEPT:
            self._issued.popitem(last=False)
        return True

    def settle(self, identity: bytes, issuer: Issuer) -> None:
        """The handshake that issued `identity` is over: keep its word instead of all that it knows."""
        if identity in self._issued:
            self._issued[identity] = partial(_always, issuer)

    def issued(self) -> dict[bytes, Issuer]:
        """All that is known, as values: to be put together with what other parts of a capture tell."""
        return {identity: origin() for identity, origin in self._issued.items()}

    def find(self, identities: Iterable[bytes]) -> str:
        """Where the session that issued one of `identities` showed its certificates, "" if unknown."""
        asked: set[bytes] = set()
        for _ in range(_HOPS):
            identity = next((i for i in identities if i in self._issued and i not in asked), None)
            if identity is None:
                break
            asked.add(identity)  # a resumed session issues the very session ID it was resumed by
            place, identities = self._issued[identity]()
            if place is not None:
                return str(place)
        return ""


def _always(issuer: Issuer) -> Issuer:
    return issuer
