"""What the work costs in bare Python, beside what the program costs and what is wanted; figures for docs/.

    python -m scripts.benchmark.floor --page docs/performance.md

Where bare Python needs more than is wanted, no care for the hot path will reach it.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click

from scripts.benchmark.bare import (
    Half,
    Level,
    Pair,
    all_frames,
    follow,
    frames,
    inner,
    opened,
    pairs,
    secrets,
)
from scripts.benchmark.outer_keys import outer_keys
from scripts.benchmark.page import put
from scripts.benchmark.runs import NOTHING, run
from scripts.benchmark.tables import PYTHON, ours, tcpdump, tshark
from scripts.benchmark.telling import TellingHalf, follow_telling
from scripts.benchmark.workload import workload
from scripts.workloads.files import write_captures
from scripts.workloads.shapes import SHAPES

_SCALES = {"storm": 0.1, "bulk": 0.2, "mixed": 1.0, "many": 0.25}
_PROOFS = 4  # of each level: two signatures, two Finished
_ROUNDS = 5
_WINDOW = 1000  # frames whose bytes stay in the processor's cache
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Floor:
    """One row: what is wanted, what bare Python takes, what the program takes, in `unit`."""

    what: str
    unit: str
    wanted: float | None
    bare: float
    program: float | None = None

    def row(self) -> str:
        told = ["" if x is None else figure(x) for x in (self.wanted, self.bare, self.program)]
        return f"| {self.what} | {self.unit} | {' | '.join(told)} |"


def figure(x: float) -> str:
    """Three digits, or all before the point."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def _least(work: Callable[[], _T]) -> tuple[float, _T]:
    """Processor seconds of the fastest of some rounds, and what came of it."""
    least, result = float("inf"), None
    for _ in range(_ROUNDS):
        began = time.process_time()
        result = work()
        least = min(least, time.process_time() - began)
    assert result is not None
    return least, result


def _program(where: Path, name: str, *more: str, keys: str = "") -> float:
    """Processor seconds of the program on a workload, less those on a capture without a frame."""
    log = f"{keys or name}.keys"
    if not (where / "nothing.pcap").exists():
        write_captures([], where / "nothing")
    full, empty = (
        min(run(ours(where, f"{c}.pcap", log, *more), code).cpu for _ in range(3))
        for c, code in ((name, 0), ("nothing", NOTHING))
    )
    return full - empty


def _streams(data: bytes) -> list[Pair]:
    known: dict[bytes, Half] = {}
    follow(data, frames(data), known)
    return pairs(known)


def _noted(data: bytes) -> list[Pair]:
    known: dict[bytes, TellingHalf] = {}
    follow_telling(data, frames(data), known)
    return pairs(known)


def _directions(data: bytes) -> int:
    known: dict[bytes, Half] = {}
    follow(data, all_frames(data), known)
    return len(known)


def storm(where: Path) -> list[Floor]:
    """For each connection."""
    data = (where / "storm.pcap").read_bytes()
    keys = secrets((where / "storm.keys").read_text(encoding="ascii"))
    steps = []
    seconds, streams = _least(lambda: _streams(data))
    count = len(streams)
    steps.append(("frames and TCP", seconds))
    noted, _ = _least(lambda: _noted(data))
    steps.append(("and what is told of segments and of the outer records", noted - seconds))
    unproved, outers = _least(lambda: [opened(pair, keys, prove=False) for pair in streams])
    inside, _ = _least(lambda: [opened(inner(level), keys, prove=False) for level in outers])
    steps.append(("records, keys and messages of both levels", unproved + inside))
    proved, outers = _least(lambda: [opened(pair, keys, prove=True) for pair in streams])
    deeper, inners = _least(lambda: [opened(inner(level), keys, prove=True) for level in outers])
    assert {level.proofs for level in (*outers, *inners)} == {_PROOFS}
    assert min(len(level.plain[1]) for level in inners) == SHAPES["storm"].data
    steps.append(("proofs of both levels", proved + deeper - unproved - inside))
    told = _told(where)
    assert len(told) == count
    written, _ = _least(lambda: [json.dumps(connection) for connection in told])
    steps.append(("writing a ready report by the encoder in C", written))
    rows = [Floor(f"- {what}", "us", None, took / count * 1e6) for what, took in steps]
    whole = sum(took for _, took in steps) / count * 1e6
    return [
        Floor("a nested connection of a storm", "us", 400, whole, _program(where, "storm") / count * 1e6),
        *rows,
    ]  # fmt: skip


def _told(where: Path) -> list[object]:
    command = ours(where, "storm.pcap", "storm.keys")
    command[command.index("/dev/null")] = "-"
    done = subprocess.run(command, capture_output=True, check=True)
    return list(json.loads(done.stdout)["connections"])


def bulk(where: Path) -> list[Floor]:
    """For each megabyte of capture."""
    data = (where / "bulk.pcap").read_bytes()
    keys = secrets((where / "bulk.keys").read_text(encoding="ascii"))
    size = len(data) / 1e6

    def outer_alone(following: Callable[[bytes, list[int], dict[bytes, Any]], None]) -> int:
        known: dict[bytes, Any] = {}
        places = frames(data)
        levels: list[Level] = []
        plain = 0
        while window := list(islice(places, _WINDOW)):
            following(data, window, known)
            if levels:
                for outer, pair in zip(levels, pairs(known), strict=True):
                    plain += len(outer.more(pair)[1])
                continue
            levels = [opened(pair, keys, prove=True) for pair in pairs(known)]
            plain = sum(len(outer.plain[1]) for outer in levels)
        return plain

    def work(following: Callable[[bytes, list[int], dict[bytes, Any]], None]) -> int:
        known: dict[bytes, Any] = {}
        places = frames(data)
        levels: list[tuple[Level, Level]] = []
        plain = 0
        while window := list(islice(places, _WINDOW)):
            following(data, window, known)
            if levels:
                for (outer, within), pair in zip(levels, pairs(known), strict=True):
                    plain += len(within.more(outer.more(pair))[1])
                continue
            for pair in pairs(known):
                outer = opened(pair, keys, prove=True)
                within = opened(inner(outer), keys, prove=True)
                plain += len(within.plain[1])
                levels.append((outer, within))
        return plain

    least = SHAPES["bulk"].scaled(_SCALES["bulk"]).data * SHAPES["bulk"].connections
    rows = []
    for what, reading in (
        ("a megabyte of bulk data", partial(work, follow)),
        ("- and what is told of segments and of the outer records", partial(work, follow_telling)),
        ("- that for the outer level alone", partial(outer_alone, follow_telling)),
    ):
        seconds, plain = _least(reading)
        assert plain >= least
        rows.append(Floor(what, "us", None, seconds / size * 1e6))
    program = _program(where, "bulk") / size * 1e6
    outer_keys(where, "bulk")
    sealed = _program(where, "bulk", keys="bulk-outer") / size * 1e6
    eighth = run(tshark(where, "bulk.pcap", "bulk.keys")).cpu / 8 / size * 1e6
    return [
        replace(rows[0], wanted=1e6 / 600, program=program),
        replace(rows[1], wanted=eighth, program=program),
        replace(rows[2], wanted=1e6 / 750, program=sealed),
    ]


def mixed(where: Path) -> list[Floor]:
    """For each frame of a busy host."""
    data = (where / "mixed.pcap").read_bytes()
    count = SHAPES["mixed"].scaled(_SCALES["mixed"]).packets
    filtering = min(run(tcpdump(where, "mixed.pcap")).cpu for _ in range(_ROUNDS)) / count * 1e6
    passing, _ = _least(lambda: sum(1 for _ in frames(data)))
    ordering, _ = _least(lambda: _directions(data))
    every = _program(where, "mixed", "--port", "any") / count * 1e6
    fortieth = run(tshark(where, "mixed.pcap", "mixed.keys")).cpu / 40
    whole = _whole(where, "mixed", "mixed.pcap")
    program = min(run(ours(where, "mixed.pcap", "mixed.keys")).cpu for _ in range(3))
    return [
        Floor("the busy host, the whole process", "s", fortieth, whole, program),
        Floor("a frame of a busy host, passed over", "us", 1.5 * filtering, passing / count * 1e6),
        Floor("a frame of a busy host, `--port any`", "us", 6 * filtering, ordering / count * 1e6, every),
    ]  # fmt: skip


def many(where: Path) -> list[Floor]:
    """For each file of one connection, with its share of the start."""
    files = sorted(path.relative_to(where) for path in (where / "many").glob("*.pcap"))
    count, names = len(files), [str(path) for path in files]
    command = ours(where, names[0], "many.keys")
    command[4:5] = [str(where / name) for name in names]
    program = min(run(command).cpu for _ in range(3))
    return [
        Floor(
            f"one of {count} small files, the whole process",
            *("ms", 1.5, _whole(where, "many", *names) / count * 1e3, program / count * 1e3),
        )
    ]


def _whole(where: Path, name: str, *captures: str) -> float:
    """Processor seconds of `least` on a workload."""
    ready = where / "ready.json"
    command = ours(where, captures[0], f"{name}.keys")
    command[command.index("/dev/null")] = "-"
    done = subprocess.run(command, capture_output=True, check=True)
    ready.write_text(json.dumps(json.loads(done.stdout)["connections"][0]), encoding="utf-8")
    paths = [str(where / capture) for capture in captures]
    least = [
        PYTHON,
        "-m",
        "scripts.benchmark.least",
        str(where / f"{name}.keys"),
        str(ready),
        *paths,
    ]
    told = int(subprocess.run(least, capture_output=True, check=True).stdout)
    assert told >= len(captures)
    return min(run(least).cpu for _ in range(3))


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("/tmp/bench"), show_default=True
)
@click.option("--page", type=click.Path(path_type=Path), help="Put the table into this page.")
def main(*, data: Path, page: Path | None) -> None:
    """Measure and print."""
    rows = [
        row
        for measure in (storm, bulk, mixed, many)
        for row in measure(
            workload(
                data / f"floor-{measure.__name__}", measure.__name__, _SCALES[measure.__name__]
            ).parent
        )
    ]
    text = "\n".join(
        [
            "| | unit | wanted at most | bare Python | the program |",
            "| --- | --- | ---: | ---: | ---: |",
            *(row.row() for row in rows),
        ]
    )
    print(text)
    if page:
        put(page, "floor", text)


if __name__ == "__main__":
    main()
