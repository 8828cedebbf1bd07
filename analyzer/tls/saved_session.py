"""Sessions that OpenSSL saved (`s_client -sess_out`) or printed (`s_client`, `sess_id -text`)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import field
from typing import TYPE_CHECKING

from analyzer.der import SEQUENCE, elements
from analyzer.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

_PEM = re.compile(
    rb"-----BEGIN SSL SESSION PARAMETERS-----\s*([A-Za-z0-9+/=\s]+?)-----END SSL SESSION PARAMETERS-----"
)
# Printed: some lines (session ID context) stand between the two; tickets and the rest come after.
_TEXT = re.compile(
    rb"^ *Session-ID: *((?:[0-9A-Fa-f]{2})*)\s.{0,200}?"
    rb"(?:Master-Key: *((?:[0-9A-Fa-f]{2})+)|Resumption PSK: *((?:[0-9A-Fa-f]{2})+))\s",
    re.DOTALL | re.MULTILINE,
)
_INTEGER, _OCTETS, _TICKET = 0x02, 0x04, 0xAA
_TLS13 = 0x0304


@dataclass(frozen=True, slots=True)
class SavedSession:
    """One session.

    Attributes:
        tls13: the secret is a resumption PSK and not a master secret.
        session_id: empty where the server gave none.
        ticket: that the server gave, empty where it is not known.
        secret: never shown in repr.
    """

    tls13: bool
    session_id: bytes
    ticket: bytes
    secret: bytes = field(repr=False)


def saved_sessions(data: bytes) -> Iterator[SavedSession]:
    """Every session in PEM, in DER (then it is the only one) or in the text that OpenSSL prints."""
    for match in _PEM.finditer(data):
        try:
            der = base64.b64decode(match[1])
        except binascii.Error:
            continue
        yield from _of_der(der)
    for match in _TEXT.finditer(data) if b"SSL-Session:" in data else ():
        session_id, master, psk = match.groups()
        secret = bytes.fromhex((master or psk).decode("ascii"))
        yield SavedSession(not master, bytes.fromhex(session_id.decode("ascii")), b"", secret)
    if data[:1] == b"\x30":
        yield from _of_der(data)


def _of_der(der: bytes) -> Iterator[SavedSession]:
    """OpenSSL's SSL_SESSION (ssl/ssl_asn1.c): version, protocol, cipher, session ID, master key, [n] ..."""
    try:
        ((kind, body),) = elements(der)
        fields = list(elements(body))
        ticket = next((value for tag, value in fields[5:] if tag == _TICKET), b"")
        tickets = [value for _, value in elements(ticket)] or [b""]
    except ValueError:
        return
    if kind != SEQUENCE or [tag for tag, _ in fields[:5]] != [
        _INTEGER,
        _INTEGER,
        _OCTETS,
        _OCTETS,
        _OCTETS,
    ]:
        return
    protocol = int.from_bytes(fields[1][1], "big")
    yield SavedSession(protocol >= _TLS13, fields[3][1], tickets[0], fields[4][1])
