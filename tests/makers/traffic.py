"""Recorded traffic of several connections, and how to cut it into files that follow each other."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from analyzer.report.model import Report
from analyzer.run.pipeline import Options
from analyzer.stream import Span, file_of, number_of
from analyzer.verdict import Expectations
from scripts.workloads.pki import make_pki
from scripts.workloads.sessions import Maker
from scripts.workloads.shapes import SHAPES, frames
from tests.makers.files import MICROSECONDS, Record, pcap


@dataclasses.dataclass(frozen=True)
class Traffic:
    """Frames of nested TLS connections, with what is needed to open and judge them."""

    records: tuple[Record, ...]
    options: Options


@cache
def traffic(connections: int = 12) -> Traffic:
    """Some connections at once, real TLS, and one that is only asked for."""
    from analyzer.run.expected_files import load_expectations

    directory = Path(tempfile.mkdtemp(prefix="traffic-"))
    pki = make_pki(directory / "pki")
    keys = directory / "keys.log"
    shape = dataclasses.replace(
        SHAPES["storm"], connections=connections, data=3000, distinct=connections, disorder=0.02
    )
    records = [(time * 1000, frame) for time, frame in frames(shape, Maker(pki, keys))]
    # The last connections stay open: their ends are not in the capture.
    records = [(_stretched(time), frame) for time, frame in records[: len(records) - 12]]
    named = dict.fromkeys(
        ("server_certs", "client_cert", "customer_ca", "cluster_cert", "mtls_anchors"), ()
    )
    named["mtls_anchors"] = (pki.etc / "mtls-anchor.crt",)
    expected: Expectations = load_expectations(etc=pki.etc, cluster=None, expect=None, **named)
    return Traffic(tuple(records), Options(key_logs=(keys,), expected=expected))


def _stretched(time: int) -> int:
    """Milliseconds become seconds: connections are released in the course of it."""
    begin = 1_780_000_000_000_000_000
    return begin + (time - begin) * 2_000


def cut(records: Sequence[Record], places: Sequence[int], directory: Path) -> list[str]:
    """Files that follow each other: cut before the records at `places`."""
    borders = [0, *sorted(places), len(records)]
    paths = []
    for number, (begin, end) in enumerate(itertools.pairwise(borders)):
        path = directory / f"{number:03}.pcap"
        path.write_bytes(pcap(records[begin:end], magic=MICROSECONDS))
        paths.append(str(path))
    return paths


def evenly(count: int, pieces: int) -> list[int]:
    """Where to cut `count` records into so many files."""
    return [count * piece // pieces for piece in range(1, pieces)]


def counted_through(report: Report) -> Report:
    """The report with its frames counted through all files, as if they were one, and without its inputs.

    A frame is told by its file and its number there, as Wireshark shows it; only that differs between
    one recording in one file and in several.
    """
    before = [0]
    for source in report.inputs:
        before.append(before[-1] + source.frames)

    def through(value: Any) -> Any:
        if isinstance(value, Span):
            first, last = (before[file_of(f)] + number_of(f) for f in (value.first, value.last))
            return value._replace(first=first, last=last)
        if isinstance(value, tuple):
            items = tuple(through(item) for item in value)
            return value._make(items) if hasattr(value, "_make") else items
        if isinstance(value, dict):
            return {key: through(item) for key, item in value.items()}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value) if field.init]
            changed = {name: through(getattr(value, name)) for name in names}
            frame = changed.get("silence_after")  # the one frame that is told without a span
            if frame is not None:
                changed["silence_after"] = before[file_of(frame)] + number_of(frame)
            return dataclasses.replace(value, **changed)
        return value

    whole = through(report)
    return dataclasses.replace(whole, inputs=())


def records_of(path: Path) -> tuple[Record, ...]:
    """The records of a capture of Ethernet frames, read by scapy."""
    from scapy.utils import RawPcapNgReader, RawPcapReader

    reader = RawPcapNgReader if path.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a" else RawPcapReader
    with reader(str(path)) as records:
        return tuple((_nanoseconds(meta), bytes(data)) for data, meta in records)


def _nanoseconds(meta: Any) -> int:
    if hasattr(meta, "sec"):
        return meta.sec * 1_000_000_000 + meta.usec * 1000
    return (meta.tshigh << 32 | meta.tslow) * 1_000_000_000 // meta.tsresol


def places_of_syns(records: Sequence[Record]) -> list[int]:
    """Where connections begin: the first SYN of each, in IPv4 in Ethernet."""
    return [
        at
        for at, (_, frame) in enumerate(records)
        if frame[12:14] == b"\x08\x00" and frame[23] == 6 and frame[47] & 0x12 == 0x02
    ]
