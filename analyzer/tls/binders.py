"""The binder of a pre-shared key: that the client has the key whose identity it names (RFC 8446 section 4.2.11.2)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from analyzer.stream import CLIENT
from analyzer.tls.constants import CLIENT_HELLO, TLS13
from analyzer.tls.messages import ClientHello
from analyzer.tls.parsers import parse
from analyzer.tls.schedule import binder_secret, digest, finished13
from analyzer.tls.signatures import VALID, Outcome, invalid, unchecked
from analyzer.tls.transcript import Transcript

if TYPE_CHECKING:
    from analyzer.tls.handshake import Handshake
    from analyzer.tls.secrets import Secrets

_HEADER = 4
_HELLO = bytes((CLIENT_HELLO,))


def binder(handshake: Handshake, secrets: Secrets, prf: str) -> Outcome | None:
    """The binder of the pre-shared key that the server chose; None where it chose none."""
    server_hello = handshake.server_hello
    if server_hello is None or server_hello.selected_psk is None:
        return None
    before = Transcript(TLS13, prf, handshake.raw).through(CLIENT, CLIENT_HELLO)
    raw = next((raw for raw in reversed(handshake.raw[CLIENT]) if raw[:1] == _HELLO), b"")
    hello = parse(CLIENT_HELLO, raw[_HEADER:], TLS13)
    chosen = server_hello.selected_psk
    if before is None or not isinstance(hello, ClientHello) or chosen >= len(hello.binders):
        return unchecked("the hellos that lead to the binder were not all seen")
    known = secrets.psk(hello.psk_identities[chosen])
    if known is None:
        return unchecked("the pre-shared key is not at hand")
    covered = before[: -hello.binders_size]
    for external in (True, False):
        key = binder_secret(prf, known.secret, external=external)
        expected = finished13(prf, key, digest(prf, covered))
        if hmac.compare_digest(expected, hello.binders[chosen]):
            return VALID
    if not known.sure:
        return unchecked("the pre-shared key that was given without an identity is not this one")
    return invalid("its value is not the one that the ClientHello and the pre-shared key give")
