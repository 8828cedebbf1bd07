"""Where the certificates of a resumed session were shown, as far as this capture holds it."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
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
# it was resumed by, as `known_by` gives them.
Issuer: TypeAlias = tuple[Place | None, tuple[bytes, ...]]
Origin: TypeAlias = Callable[[], Issuer]  # asked only when a session is told

# A place alone as one int, which takes 50 bytes of 170: a storm has two for each connection.
_LEVEL, _STREAM = 8, 48  # bits

_KEPT = 10_000  # identities; the oldest are forgotten
_HOPS = 1_000  # resumptions of resumptions that are followed back


def known_by(identity: bytes) -> bytes:
    """What a session ID or ticket is known by: a ticket may hold a client's chain of certificates."""
    return hashlib.blake2b(identity, digest_size=16).digest() if identity else b""


class Origins:
    """Session IDs and tickets with the handshake that issued them, each by `known_by`.

    Shared by all connections of a capture; filled while handshakes pass, asked when a session is told.
    """

    def __init__(self, issued: Mapping[bytes, Issuer] | None = None) -> None:
        self._issued: dict[bytes, Origin | Issuer | int] = dict(issued or {})
        # In order of their coming: a dict is slow to lose its oldest, an ordered one takes twice as much.
        self._order = deque(self._issued)

    def remember(self, identity: bytes, origin: Origin) -> bool:
        """A handshake issued `identity`; True where it is the first one that did."""
        if not identity or identity in self._issued:
            return False
        self._issued[identity] = origin
        self._order.append(identity)
        if len(self._issued) > _KEPT:
            del self._issued[self._order.popleft()]
        return True

    def settle(self, identities: Iterable[bytes], issuer: Issuer) -> None:
        """The handshake that issued these is over: keep its word instead of all that it knows."""
        small = _small(issuer)
        for identity in identities:
            if identity in self._issued:
                self._issued[identity] = small

    def issued(self) -> dict[bytes, Issuer]:
        """All that is known, as values: to be put together with what other parts of a capture tell."""
        return {identity: _issuer(origin) for identity, origin in self._issued.items()}

    def find(self, identities: Iterable[bytes]) -> str:
        """Where the session that issued one of `identities` showed its certificates, "" if unknown."""
        asked: set[bytes] = set()
        for _ in range(_HOPS):
            identity = next((i for i in identities if i in self._issued and i not in asked), None)
            if identity is None:
                break
            asked.add(identity)  # a resumed session issues the very session ID it was resumed by
            place, identities = _issuer(self._issued[identity])
            if place is not None:
                return str(place)
        return ""


def _small(issuer: Issuer) -> Issuer | int:
    place, identities = issuer
    if place is None or identities:
        return issuer
    return (place.frame << _LEVEL | place.level) << _STREAM | place.stream


def _issuer(origin: Origin | Issuer | int) -> Issuer:
    if isinstance(origin, int):
        rest, stream = divmod(origin, 1 << _STREAM)
        frame, level = divmod(rest, 1 << _LEVEL)
        return Place(stream, level, frame), ()
    return origin if isinstance(origin, tuple) else origin()
