"""A capture file's bytes, read."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import pytest

from analyzer.capture import Capture
from analyzer.capture.items import Item, Segment
from tests.makers.files import Record
from tests.makers.packets import frame
from tests.makers.streams import PORTS

needs_tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")


def capture_of(
    file: bytes | BinaryIO,
    *,
    ports: frozenset[int] | None = PORTS,
    reader: str = "fast",
    index: int = 0,
) -> Capture:
    source = io.BytesIO(file) if isinstance(file, bytes) else file
    return Capture(source, name="it", ports=ports, reader=reader, index=index)


def items_of(
    file: bytes | BinaryIO, *, ports: frozenset[int] | None = PORTS, reader: str = "fast"
) -> list[Item]:
    return list(capture_of(file, ports=ports, reader=reader))


def records_of(segments: Iterable[Segment]) -> list[Record]:
    """Ethernet frames with their times."""
    return [(segment.at.began, frame(segment)) for segment in segments]


def tshark(path: Path, *fields: str, options: Iterable[str] = ()) -> list[tuple[str, ...]]:
    """The fields of every frame that is TCP of the HSM's ports."""
    command = ["tshark", "-r", str(path), "-T", "fields", "-E", "separator=|", "-E", "occurrence=l"]
    command += ["-Y", "tcp.port in {2223..2225}", *options]
    command += [word for field in fields for word in ("-e", field)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return [tuple(line.split("|")) for line in done.stdout.splitlines()]


def told_by_tshark(path: Path) -> list[tuple[int, int, int, str]]:
    """Number, time in nanoseconds, TCP payload length on the wire and sequence number."""
    rows = tshark(
        path,
        "frame.number",
        "frame.time_epoch",
        "tcp.len",
        "tcp.seq_raw",
        options=("-o", "tcp.analyze_sequence_numbers:FALSE"),
    )
    return [
        (int(number), _nanoseconds(time), int(length), int(seq))
        for number, time, length, seq in rows
    ]


def _nanoseconds(text: str) -> int:
    seconds, _, fraction = text.partition(".")
    return int(seconds or 0) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9])


def told_by_us(items: Iterable[Item]) -> list[tuple[int, int, int, int]]:
    """The same of our segments."""
    return [
        (each.at.first, each.at.began, len(each.payload) + each.missing, each.seq)
        for each in items
        if isinstance(each, Segment)
    ]
