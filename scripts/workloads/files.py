"""Frames to capture files: pcap with microseconds, pcapng with one section and one interface."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

_ETHERNET, _SNAP_LENGTH = 1, 262144
_RECORD = struct.Struct("<IIII")
_BLOCK = struct.Struct("<IIIIIII")


class PcapWriter:
    """Little-endian, microseconds."""

    suffix = ".pcap"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _SNAP_LENGTH, _ETHERNET))

    def write(self, time: int, frame: bytes) -> None:
        """Add a frame; `time` in microseconds."""
        size = len(frame)
        self._file.write(_RECORD.pack(*divmod(time, 1_000_000), size, size) + frame)


class PcapngWriter:
    """Enhanced packet blocks without options."""

    suffix = ".pcapng"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28))
        file.write(struct.pack("<IIHHII", 1, 20, _ETHERNET, 0, _SNAP_LENGTH, 20))

    def write(self, time: int, frame: bytes) -> None:
        """Add a frame; `time` in microseconds."""
        size, pad = len(frame), -len(frame) % 4
        total = 32 + size + pad
        head = _BLOCK.pack(6, total, 0, time >> 32, time & 0xFFFFFFFF, size, size)
        self._file.write(b"".join((head, frame, bytes(pad), total.to_bytes(4, "little"))))


def write_captures(
    frames: Iterable[tuple[int, bytes]], path: Path, formats: Iterable[str] = ("pcap",)
) -> int:
    """Write the frames to `path` with each format's suffix; returns how many there were."""
    kinds = [kind for kind in (PcapWriter, PcapngWriter) if kind.suffix[1:] in set(formats)]
    files = [
        path.with_name(path.name + kind.suffix).open("wb", buffering=1 << 20) for kind in kinds
    ]
    writers = [kind(file) for kind, file in zip(kinds, files, strict=True)]
    count = 0
    for time, frame in frames:
        for writer in writers:
            writer.write(time, frame)
        count += 1
    for file in files:
        file.close()
    return count
