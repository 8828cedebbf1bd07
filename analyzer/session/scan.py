"""Is this TLS? Tests on bytes whose place in a stream is not known.

A hello is believed only where record, handshake and every vector length in it agree, which random bytes
do about once in 2**50; a record is believed by its header, so only where a hello came before.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from analyzer.stream import CLIENT, Side, Span
from analyzer.tls.records import Fields

RECORD_HEADER = 5
_HEADER_FIELDS = struct.Struct(">BHH").unpack_from
_HANDSHAKE_HEADER = 4

# TLSCiphertext.length (RFC 5246 section 6.2.3); RFC 8446 section 5.2 allows less.
LONGEST_RECORD = (1 << 14) + 2048
# A hello of a post-quantum key share and many extensions has some kilobytes.
LONGEST_HELLO = 1 << 16

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_SMALLEST_SEALED = 16  # an authentication tag alone
# Begins a record of application data (RFC 8446 section 5.2), but for the last byte of its version.
SEALED = b"\x17\x03"

# AlertDescription (IANA "TLS Alerts").
_ALERTS = frozenset(
    {
        0,
        10,
        *range(20, 23),
        30,
        *range(40, 53),
        60,
        70,
        71,
        80,
        86,
        90,
        100,
        *range(109, 117),
        120,
        121,
    }
)
_ALERT_RECORD_SIZE = RECORD_HEADER + 2

_CLIENT_HELLO_START = re.compile(rb"\x16\x03[\x00-\x04][\x00-\x48].\x01\x00", re.DOTALL)
_SERVER_HELLO_START = re.compile(rb"\x16\x03[\x00-\x04][\x00-\x48].\x02\x00", re.DOTALL)
_ANSWER_START = re.compile(
    rb"\x16\x03[\x00-\x04][\x00-\x48].\x02\x00|\x15\x03[\x00-\x04]\x00\x02[\x01\x02].", re.DOTALL
)
# How a hello begins: searched for in half the time, and seldom found in bytes that hold none.
_HANDSHAKE_START = re.compile(rb"\x16\x03")
RECORD_START = re.compile(rb"[\x14-\x18]\x03[\x00-\x04][\x00-\x48].", re.DOTALL)


def hello_places(data: bytes, side: Side, *, answers: bool) -> Iterator[int]:
    """Where `side`'s first record may begin in `data`, in order; cheap, and seldom wrong.

    Args:
        data: bytes of one side.
        side: whose they are.
        answers: the client's hello is known, so a server's alert counts as its first record too.
    """
    if side is CLIENT:
        pattern = _CLIENT_HELLO_START
    else:
        pattern = _ANSWER_START if answers else _SERVER_HELLO_START
    return (match.start() for match in pattern.finditer(data))


def may_hold_hello(data: bytes, side: Side) -> bool:
    """Whether `hello_places` gives any place in `data`, a server's alert left out."""
    first = _HANDSHAKE_START.search(data)
    if first is None:
        return False
    pattern = _CLIENT_HELLO_START if side is CLIENT else _SERVER_HELLO_START
    return pattern.search(data, first.start()) is not None


def record_size(data: bytes | bytearray, at: int = 0) -> int | None:
    """The size of the record whose header, of 5 bytes, is at `at`, itself included; None if it is no record."""
    kind, version, length = _HEADER_FIELDS(data, at)
    if not (
        CHANGE_CIPHER_SPEC <= kind <= HEARTBEAT
        and 0x0300 <= version <= 0x0304
        and length <= LONGEST_RECORD
    ):
        return None
    if length < _SMALLEST_SEALED and (not length or (kind <= ALERT and length != kind - 19)):
        return None  # a ChangeCipherSpec of 1 byte, an alert of 2, or sealed
    return RECORD_HEADER + length  # type: ignore[no-any-return]


def sealed_record(data: bytes, at: Span) -> Fields | None:
    """The one record of application data that `data`, of the frames `at`, is from end to end; None if it is not."""
    if len(data) <= RECORD_HEADER:
        return None
    kind, version, length = _HEADER_FIELDS(data)
    if (
        length == len(data) - RECORD_HEADER
        and kind == APPLICATION_DATA
        and 0x0300 <= version <= 0x0304
        and length <= LONGEST_RECORD
    ):
        return kind, version, data[RECORD_HEADER:], at
    return None


def begins_tls(side: Side, data: bytes, *, answers: bool) -> bool | None:
    """Whether `data` begins with the records of a whole ClientHello (client) or ServerHello (server).

    Returns:
        None where `data` ends too early to tell.
    """
    if len(data) < _ALERT_RECORD_SIZE:
        return None
    if side is not CLIENT and answers and data[0] == ALERT:
        return data[3:5] == b"\x00\x02" and data[5] in {1, 2} and data[6] in _ALERTS
    wanted = _CLIENT_HELLO if side is CLIENT else _SERVER_HELLO
    content = bytearray()
    at = 0
    while True:
        if at + RECORD_HEADER > len(data):
            return None
        size = record_size(data, at)
        if size is None or data[at] != HANDSHAKE:
            return False
        content += data[at + RECORD_HEADER : at + size]
        if len(content) >= _HANDSHAKE_HEADER:
            length = int.from_bytes(content[1:4])
            if content[0] != wanted or length >= LONGEST_HELLO:
                return False
            if len(content) >= _HANDSHAKE_HEADER + length:
                break
        at += size
        if at > len(data):
            return None
    end = _HANDSHAKE_HEADER + length
    body = bytes(content[_HANDSHAKE_HEADER:end])
    if at + size > len(data):
        return None
    if side is CLIENT:
        return len(content) == end and _is_client_hello(body)
    return _is_server_hello(body) and _is_flight(content[end:])


def _is_client_hello(body: bytes) -> bool:
    """RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2."""
    at = _after_session_id(body)
    if at is None or at + 2 > len(body):
        return False
    suites = int.from_bytes(body[at : at + 2])
    at += 2 + suites
    if suites % 2 or not suites or at >= len(body):
        return False
    compressions = body[at + 1 : at + 1 + body[at]]
    return 0 in compressions and _ends_with_extensions(body, at + 1 + body[at])


def _is_server_hello(body: bytes) -> bool:
    """RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3: one suite, one compression method."""
    at = _after_session_id(body)
    return at is not None and _ends_with_extensions(body, at + 3)


def _after_session_id(body: bytes) -> int | None:
    """Behind legacy_version, random and session id (at most 32 bytes)."""
    if len(body) < 35 or body[0] != 3 or body[1] > 4 or body[34] > 32:
        return None
    return 35 + body[34]


def _ends_with_extensions(body: bytes, at: int) -> bool:
    """Nothing more at `at`, or one vector of whole extensions up to the end (RFC 8446 section 4.2)."""
    if at == len(body):
        return True
    if at + 2 > len(body) or at + 2 + int.from_bytes(body[at : at + 2]) != len(body):
        return False
    at += 2
    while at + 4 <= len(body):
        at += 4 + (body[at + 2] << 8 | body[at + 3])
    return at == len(body)


def _is_flight(content: bytearray) -> bool:
    """More handshake messages of the server's flight in the same record; the last may be unfinished."""
    at = 0
    while at + _HANDSHAKE_HEADER <= len(content):
        if content[at] > 25:
            return False
        at += _HANDSHAKE_HEADER + int.from_bytes(content[at + 1 : at + 4])
    return True
