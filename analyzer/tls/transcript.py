"""The handshake messages of both sides in the order in which they are hashed.

A capture may hold one direction later than the other, so the order comes from the messages: flights
alternate (RFC 8446 section 4.4.1, RFC 5246 section 7.4.9). HelloRequests are no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence

HELLO_REQUEST = 0
SERVER_HELLO_DONE = 14
CLIENT_KEY_EXCHANGE = 16


def upto_key_exchange(client: Sequence[bytes], server: Sequence[bytes]) -> bytes:
    """From ClientHello to ClientKeyExchange (RFC 7627 section 3); empty while a part is missing."""
    first_flight = _upto(server, SERVER_HELLO_DONE)
    own = _upto(client, CLIENT_KEY_EXCHANGE)
    if not first_flight or not own:
        return b""
    return b"".join([own[0], *first_flight, *own[1:]])


def _upto(messages: Sequence[bytes], last: int) -> list[bytes]:
    """The messages up to the first of type `last`; empty where it is not among them."""
    found: list[bytes] = []
    for raw in messages:
        if raw[0] != HELLO_REQUEST:
            found.append(raw)
        if raw[0] == last:
            return found
    return []
