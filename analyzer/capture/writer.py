"""pcapng out (draft-ietf-opsawg-pcapng): blocks as bytes, for whoever writes them to a file.

Little-endian, times in nanoseconds. Key logs come before the packets, so that a reader which goes through
the file once can use them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

ETHERNET = 1

_SECTION, _INTERFACE, _ENHANCED_PACKET, _SECRETS = 0x0A0D0D0A, 1, 6, 10
_BYTE_ORDER = 0x1A2B3C4D
_UNKNOWN_LENGTH = 0xFFFF_FFFF_FFFF_FFFF
_TLS_KEY_LOG = 0x544C534B

# Options (sections 3.5, 4.1, 4.2)
_END, _COMMENT, _NAME, _APPLICATION, _RESOLUTION = 0, 1, 2, 4, 9
_NANOSECONDS = b"\x09"  # 10^-9


def section(*, application: str, comment: str = "") -> bytes:
    """The block that a file begins with (section 4.1)."""
    body = struct.pack("<IHHQ", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH)
    options = [(_APPLICATION, application.encode())]
    if comment:
        options.insert(0, (_COMMENT, comment.encode()))
    return _block(_SECTION, body + _options(options))


def key_log(text: bytes, order: str = "<") -> bytes:
    """A decryption secrets block with a TLS key log (section 4.7), in a section of byte order `order`."""
    return _block(
        _SECRETS, struct.pack(f"{order}II", _TLS_KEY_LOG, len(text)) + _padded(text), order
    )


def interface(link_type: int, *, name: str = "", snap_length: int = 0) -> bytes:
    """An interface (section 4.2); the first one has number 0."""
    options = [(_RESOLUTION, _NANOSECONDS)]
    if name:
        options.insert(0, (_NAME, name.encode()))
    return _block(_INTERFACE, struct.pack("<HHI", link_type, 0, snap_length) + _options(options))


def packet(
    data: bytes, at: int, *, wire: int | None = None, on: int = 0, comments: Iterable[str] = ()
) -> bytes:
    """A frame (section 4.3).

    Args:
        at: nanoseconds since 1970-01-01 UTC.
        wire: its length on the wire where that is more than `data`.
        on: the interface's number.
    """
    body = struct.pack(
        "<IIIII", on, at >> 32, at & 0xFFFF_FFFF, len(data), len(data) if wire is None else wire
    )
    options = [(_COMMENT, comment.encode()) for comment in comments]
    return _block(_ENHANCED_PACKET, body + _padded(data) + (_options(options) if options else b""))


def _block(kind: int, body: bytes, order: str = "<") -> bytes:
    total = len(body) + 12
    return struct.pack(f"{order}II", kind, total) + body + struct.pack(f"{order}I", total)


def _options(options: Iterable[tuple[int, bytes]]) -> bytes:
    coded = (struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options)
    return b"".join(coded) + struct.pack("<HH", _END, 0)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
