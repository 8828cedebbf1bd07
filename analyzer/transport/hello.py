"""Who is the client, by the first bytes of a direction: a TLS hello record names its sender."""

from __future__ import annotations

from analyzer.stream import CLIENT, SERVER, Side

# record type 22, version 3.x, length | message type, 24-bit length | version 3.x  (RFC 8446 sections 5.1, 4)
HELLO_PREFIX = 10
_SENDERS = {1: CLIENT, 2: SERVER}  # client_hello, server_hello


def hello_sender(prefix: bytes) -> Side | None:
    """The side that sends what starts with `prefix`, None where that is no whole hello prefix."""
    if len(prefix) < HELLO_PREFIX or prefix[:2] != b"\x16\x03" or prefix[9] != 3:
        return None
    return _SENDERS.get(prefix[5])
