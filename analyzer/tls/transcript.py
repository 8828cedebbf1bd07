"""The handshake messages of both sides in the order in which they are hashed.

A capture may hold one direction later than the other, so the order comes from the messages: flights
alternate (RFC 8446 section 4.4.1, RFC 5246 section 7.4.9). HelloRequests are no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from analyzer.stream import CLIENT, SERVER, Side
from analyzer.tls.constants import (
    CERTIFICATE_VERIFY,
    CLIENT_HELLO,
    CLIENT_KEY_EXCHANGE,
    FINISHED,
    HELLO_REQUEST,
    MESSAGE_HASH,
    SERVER_HELLO,
    SERVER_HELLO_DONE,
    TLS13,
)
from analyzer.tls.handshake import HOLE
from analyzer.tls.messages import RETRY_RANDOM
from analyzer.tls.schedule import digest, new_hash

# Each side's messages between two of the other's, in their order.
_Flights: TypeAlias = list[tuple[Side, Sequence[bytes]]]

_HELLO_REQUEST, _CLIENT_HELLO, _SERVER_HELLO = (
    bytes((kind,)) for kind in (HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO)
)
_PROOFS = frozenset({CERTIFICATE_VERIFY, FINISHED})
_RANDOM = 6  # where a hello's random stands: behind the header and the version


class Transcript:
    """The messages of one handshake, as far as they were seen.

    Args:
        version: the negotiated one.
        prf: the suite's hash.
        raw: the messages of client and server with their headers, each side's in its own order.
    """

    __slots__ = ("_flights", "_hashes", "_prf")

    def __init__(
        self, version: int, prf: str, raw: tuple[Sequence[bytes], Sequence[bytes]]
    ) -> None:
        client, server = raw[CLIENT], _hashed(raw[SERVER])
        self._flights = _tls13(prf, client, server) if version == TLS13 else _tls12(client, server)
        self._prf = prf
        self._hashes: dict[tuple[Side, int], bytes | None] | None = None

    def before(self, side: Side, kind: int) -> bytes | None:
        """All messages before the last one of type `kind` that `side` sent.

        None where there is none, or messages before it are missing.
        """
        return self._joined(side, kind, 0)

    def hash_before(self, side: Side, kind: int) -> bytes | None:
        """The hash of what `before` gives; `kind` is CertificateVerify or Finished."""
        if self._hashes is None:
            self._hashes = self._all_hashes()
        return self._hashes.get((side, kind))

    def _all_hashes(self) -> dict[tuple[Side, int], bytes | None]:
        """For every proof of a handshake each message is hashed once."""
        hashes: dict[tuple[Side, int], bytes | None] = {}
        running, whole = new_hash(self._prf), True
        update = running.update
        for side, messages in self._flights:
            for raw in messages:
                if not raw:
                    whole = False
                    continue
                kind = raw[0]
                if kind in _PROOFS:
                    hashes[side, kind] = running.digest() if whole else None
                update(raw)
        return hashes

    def through(self, side: Side, kind: int) -> bytes | None:
        """All messages up to the last one of type `kind` that `side` sent; None as for `before`."""
        return self._joined(side, kind, 1)

    def _joined(self, side: Side, kind: int, more: int) -> bytes | None:
        """All messages before the last one of type `kind` that `side` sent, and so many `more`."""
        messages: list[bytes] = []
        end = None
        for sender, flight in self._flights:
            if sender is side:
                for at, raw in enumerate(flight, len(messages) + more):
                    if raw and raw[0] == kind:
                        end = at
            messages += flight
        if end is None:
            return None
        del messages[end:]
        return b"".join(messages) if HOLE not in messages else None


def _hashed(server: Sequence[bytes]) -> Sequence[bytes]:
    """Without HelloRequests (RFC 5246 section 7.4.1.1)."""
    return [raw for raw in server if raw[:1] != _HELLO_REQUEST]


def _tls13(prf: str, client: Sequence[bytes], server: Sequence[bytes]) -> _Flights:
    """ClientHello, the server's flight, the client's; with HelloRetryRequest one exchange more."""
    again = _CLIENT_HELLO in [raw[:1] for raw in client[1:]]
    first: _Flights = []
    if client and (again or (server and _is_retry(server[0]))):
        # The first ClientHello counts by its hash only (RFC 8446 section 4.4.1).
        hashed = digest(prf, client[0])
        first = [
            (CLIENT, [bytes((MESSAGE_HASH, 0, 0, len(hashed))) + hashed if client[0] else HOLE]),
            (SERVER, [server[0] if server and _is_retry(server[0]) else HOLE]),
        ]
        if not again:
            first.append((CLIENT, [HOLE]))
        client, server = client[1:], server[1:]
    return first + _alternating(client, server)


def _tls12(client: Sequence[bytes], server: Sequence[bytes]) -> _Flights:
    """In full the client finishes first; abbreviated the server does (RFC 5246 figures 1 and 2)."""
    first_flight = _upto(server, SERVER_HELLO_DONE)
    if not first_flight:
        return _alternating(client, server)
    return [*_alternating(client, first_flight), (SERVER, server[len(first_flight) :])]


def _alternating(client: Sequence[bytes], server: Sequence[bytes]) -> _Flights:
    """The client's hello, all that the server sent, all else that the client did."""
    return [(CLIENT, client[:1]), (SERVER, server), (CLIENT, client[1:])]


def upto_key_exchange(client: Sequence[bytes], server: Sequence[bytes]) -> bytes:
    """From ClientHello to ClientKeyExchange (RFC 7627 section 3); empty while a part is missing."""
    first_flight = _upto(_hashed(server), SERVER_HELLO_DONE)
    own = _upto(client, CLIENT_KEY_EXCHANGE)
    if not first_flight or not own or HOLE in (*first_flight, *own):
        return b""
    return b"".join(raw for _, flight in _alternating(own, first_flight) for raw in flight)


def _upto(messages: Sequence[bytes], last: int) -> Sequence[bytes]:
    """The messages up to the first of type `last`; empty where it is not among them."""
    for at, raw in enumerate(messages):
        if raw and raw[0] == last:
            return messages[: at + 1]
    return []


def _is_retry(raw: bytes) -> bool:
    """A HelloRetryRequest: a ServerHello with that random behind its version (RFC 8446 section 4.1.4)."""
    return raw[:1] == _SERVER_HELLO and raw[_RANDOM:].startswith(RETRY_RANDOM)
