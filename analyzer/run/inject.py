"""A capture with a key log put into it, everything else as it was."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from analyzer import __version__
from analyzer.capture import pcap, pcapng, source, writer
from analyzer.errors import UnreadableCapture

_LARGEST_FRAME = 1 << 24
_PCAP_HEADER, _RECORD_HEADER = 24, 16


def with_key_log(path: Path, text: bytes) -> bytes:
    """The capture as a pcapng file that carries the key log before its packets.

    A pcapng file keeps its blocks as they are; a pcap file becomes one.

    Raises:
        UnreadableCapture: it is no capture, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = source.whole(file, str(path))
    except OSError as error:
        raise UnreadableCapture(f"{path}: {error.strerror}") from error
    if data[:4] == pcapng.MAGIC:
        return _into_pcapng(data, text)
    if data[:4] in pcap.MAGICS:
        return b"".join(_from_pcap(data, text))
    raise UnreadableCapture(f"{path}: {source.refusal(data[:64])}")


def _into_pcapng(data: bytes, text: bytes) -> bytes:
    """A secrets block of the file's byte order behind its first block."""
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    (first,) = struct.unpack_from(f"{order}I", data, 4)
    return data[:first] + writer.key_log(text, order) + data[first:]


def _from_pcap(data: bytes, text: bytes) -> Iterator[bytes]:
    order, unit, extra = pcap.MAGICS[data[:4]]
    snap_length, link_type = struct.unpack_from(f"{order}II", data, 16)
    yield writer.section(application=f"hsm-analyzer {__version__}")
    yield writer.key_log(text)
    yield writer.interface(link_type & 0xFFFF, snap_length=snap_length)
    header = struct.Struct(f"{order}IIII")
    at = _PCAP_HEADER
    while at + _RECORD_HEADER + extra <= len(data):
        seconds, fraction, captured, wire = header.unpack_from(data, at)
        at += _RECORD_HEADER + extra
        frame = data[at : at + captured]
        if captured > _LARGEST_FRAME or len(frame) < captured:
            return
        yield writer.packet(frame, seconds * 1_000_000_000 + fraction * unit, wire=wire)
        at += captured
