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


# What tshark does not take for what it is by itself: Linux's first VXLAN port, a pseudowire.
_DECODE_AS = ("-d", "udp.port==8472,vxlan", "-d", "mpls.label==1000,pwethcw")


def tshark(path: Path, *fields: str, options: Iterable[str] = ()) -> list[list[str]]:
    """The fields of every frame that is TCP of the HSM's ports; where a field stands several times, by commas."""
    command = ["tshark", "-r", str(path), "-T", "fields", "-E", "separator=|", "-E", "occurrence=a"]
    command += ["-Y", "tcp.port in {2223..2225} and not icmp", *_DECODE_AS, *options]
    command += ["-o", "tcp.analyze_sequence_numbers:FALSE"] if "-2" not in options else []
    command += [word for field in fields for word in ("-e", field)]
    # A file that is cut ends with an error, and with everything before it told.
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return [line.split("|") for line in done.stdout.splitlines()]


SEGMENT_FIELDS = ("frame.number", "frame.time_epoch", "tcp.len", "tcp.seq_raw")


def segment_of(row: list[str]) -> tuple[int, int, int, int]:
    """`SEGMENT_FIELDS` as numbers; in tunnels and ICMP errors the innermost counts."""
    number, time, length, seq = (field.split(",")[-1] for field in row)
    return int(number), _nanoseconds(time), int(length), int(seq)


def told_by_tshark(path: Path) -> list[tuple[int, int, int, int]]:
    """Number, time in nanoseconds, TCP payload length on the wire and sequence number."""
    return [segment_of(row) for row in tshark(path, *SEGMENT_FIELDS)]


def _nanoseconds(text: str) -> int:
    seconds, _, fraction = text.partition(".")
    return int(seconds or 0) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9])


def told_by_us(items: Iterable[Item]) -> list[tuple[int, int, int, int]]:
    """The same of our segments."""
    return [
        (each.at.last, each.at.ended, len(each.payload) + each.missing, each.seq)
        for each in items
        if isinstance(each, Segment)
    ]
