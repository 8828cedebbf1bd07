"""How time and memory grow: with packets, connections, files and workers; figures for docs/, and a look further.

python -m scripts.benchmark.growth --page docs/performance.md
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from scripts.benchmark.page import put
from scripts.benchmark.runs import Run, run
from scripts.benchmark.tables import ours
from scripts.benchmark.workload import workload
from scripts.workloads.shapes import SHAPES

_ROUNDS = 3
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Curve:
    """Processor seconds and MiB against one thing that grows."""

    name: str
    axis: str
    points: tuple[tuple[float, Run], ...]


def curves(data: Path) -> Iterable[Curve]:
    """Measured one after another."""
    yield _curve(data, "packets", "packets (mixed)", "mixed", (0.05, 0.1, 0.2, 0.4, 0.8))
    yield _curve(data, "connections", "connections (storm)", "storm", (0.02, 0.05, 0.1, 0.2, 0.4))
    yield _curve(data, "files", "files of one connection each", "many", (0.02, 0.05, 0.1, 0.2, 0.4))
    yield _workers(data)


def _curve(data: Path, name: str, axis: str, workload: str, scales: Sequence[float]) -> Curve:
    points = []
    for scale in scales:
        where, count = _made(data, workload, scale)
        captures = sorted(map(str, (where / workload).glob("*"))) or [f"{workload}.pcap"]
        command = [*ours(where, captures[0], f"{workload}.keys"), *captures[1:]]
        points.append((count, min((run(command) for _ in range(2)), key=lambda r: r.cpu)))
    return Curve(name, axis, tuple(points))


def _workers(data: Path) -> Curve:
    where, _ = _made(data, "storm", 0.2)
    points = []
    for jobs in (1, 2):
        command = ours(where, "storm.pcap", "storm.keys", "--jobs", str(jobs))
        points.append((jobs, min((run(command) for _ in range(3)), key=lambda r: r.wall)))
    return Curve("workers", "workers (storm, 1,000 connections)", tuple(points))


def _made(data: Path, name: str, scale: float) -> tuple[Path, int]:
    shape = SHAPES[name].scaled(scale)
    made = workload(data / f"growth-{name}-{scale:g}", name, scale)
    return made.parent, shape.packets or shape.connections


# --- figures -----------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 320, 200, 48, 34


def figure(curve: Curve, title: str, unit: str, value: Callable[[Run], float]) -> str:
    """One curve as SVG, from the origin, with its points and the straight line through origin and last point."""
    most_x = max(x for x, _ in curve.points)
    most_y = max(value(one) for _, one in curve.points) * 1.1
    places = [(_across(x / most_x), _up(value(one) / most_y)) for x, one in curve.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
    labels = "".join(
        f'<text x="{_across(x / most_x):.1f}" y="{_HEIGHT - 20}" text-anchor="middle">{x:,.0f}</text>'
        for x in (curve.points[0][0], most_x)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="{_LEFT}" y="14" font-weight="bold">{title}</text>'
        f'<path d="M{_LEFT} 22V{_HEIGHT - _BOTTOM}H{_WIDTH - 12}" fill="none" stroke="black"/>'
        f'<text x="{_LEFT - 4}" y="30" text-anchor="end">{most_y:.3g}</text>'
        f'<text x="{_LEFT - 4}" y="{_HEIGHT - _BOTTOM}" text-anchor="end">0</text>'
        f'<text x="{_LEFT - 4}" y="44" text-anchor="end">{unit}</text>{labels}'
        f'<text x="{(_LEFT + _WIDTH) // 2}" y="{_HEIGHT - 6}" text-anchor="middle">{curve.axis}</text>'
        f'<polyline points="{line}" fill="none" stroke="#1f77b4" stroke-width="2"/>'
        f'<g fill="#1f77b4">{dots}</g></svg>\n'
    )


def _across(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - 40)


def _up(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - 26)


# --- further than this machine -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of one core, measured here.

    Attributes:
        byte: for each byte of a busy host's capture, its connections left out.
        connection: for each connection, in the part that tells it. joining: in the process that joins.
        part_bytes: what a connection adds to a part that is sent to that process.
    """

    byte: float
    connection: float
    joining: float
    part_bytes: float


# A scheduler in Python hands out some thousands of tasks a second (Dask's own documentation: about 1 ms each);
# a network card brings 10 Gbit/s into the process that joins.
_TASK, _NETWORK = 1e-3, 1.25e9
_FILE, _SHARE = 1e9, 542 / 947e6  # bytes of a file; connections for each byte, as in `mixed`


def costs(data: Path) -> Costs:
    """Measured in this process."""
    from analyzer.capture import Capture
    from analyzer.run.analysis import Options
    from analyzer.run.joining import joined
    from analyzer.run.parts import Task, analyzed, places

    busy, _ = _made(data, "mixed", 0.2)
    storm, count = _made(data, "storm", 0.1)
    options = Options(key_logs=(storm / "storm.keys",))
    source = str(storm / "storm.pcap")

    def passed_over() -> int:
        with (busy / "mixed.pcap").open("rb", buffering=0) as file:
            return sum(1 for _ in Capture(file, name="mixed", ports=frozenset({1})))

    walking, _ = _least(passed_over)
    analyzing, part = _least(lambda: analyzed(Task(places([source]), options)))
    joining, _ = _least(lambda: joined({0: part}, [source], options, lambda _: []))
    return Costs(
        byte=walking / (busy / "mixed.pcap").stat().st_size,
        connection=analyzing / count,
        joining=joining / count,
        part_bytes=len(pickle.dumps(part, protocol=5)) / count,
    )


def _least(work: Callable[[], _T]) -> tuple[float, _T]:
    """Processor seconds of the fastest of some rounds (in the first one modules are imported), and what came of it."""
    least, results = float("inf"), []
    for _ in range(_ROUNDS):
        began = time.process_time()
        results.append(work())
        least = min(least, time.process_time() - began)
    return least, results[-1]


def further(cost: Costs) -> str:
    """Hours for a petabyte in files of a gigabyte, on more and more cores."""
    whole = 1e15
    files, connections = whole / _FILE, whole * _SHARE
    work = whole * cost.byte + connections * cost.connection
    serial = {
        "handing out tasks": files * _TASK,
        "parts into one process": connections * cost.part_bytes / _NETWORK,
        "joining in one process": connections * cost.joining,
    }
    lines = [
        f"Measured here, for one core: {1e-6 / cost.byte:,.0f} MB/s of a busy host's capture without its "
        f"connections, {cost.connection * 1e3:.1f} ms a connection, {cost.joining * 1e3:.2f} ms to join it, "
        f"{cost.part_bytes / 1e3:.1f} KB of it in a part.",
        "",
        f"A petabyte in {files:,.0f} files of a gigabyte holds {connections / 1e6:,.0f} million connections:",
        "",
        "| cores | analyzing, hours | " + " | ".join(f"{name}, hours" for name in serial) + " |",
        "| ---: | ---: | " + " | ".join("---:" for _ in serial) + " |",
    ]
    for cores in (1, 10, 100, 1_000, 10_000):
        cells = [f"{seconds / 3600:,.1f}" for seconds in serial.values()]
        lines.append(f"| {cores:,} | {work / cores / 3600:,.1f} | {' | '.join(cells)} |")
    bend = work / max(serial.values())
    lines += [
        "",
        f"Up to some {bend:,.0f} cores the time is that of the analysis; beyond, of the slowest of the columns behind it.",
    ]
    return "\n".join(lines)


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("/tmp/bench"), show_default=True
)
@click.option("--page", type=click.Path(path_type=Path), default=Path("docs/performance.md"))
def main(*, data: Path, page: Path) -> None:
    """Measure, draw, and write into PAGE."""
    text = []
    for curve in curves(data):
        wall = curve.name == "workers"
        time_of: Callable[[Run], float] = (lambda r: r.wall) if wall else (lambda r: r.cpu)
        word = "seconds on the clock" if wall else "processor seconds"
        for what, unit, value in ((word, "s", time_of), ("memory", "MiB", lambda r: r.peak)):
            name = f"growth-{curve.name}-{'memory' if unit == 'MiB' else 'time'}.svg"
            (page.parent / name).write_text(figure(curve, what, unit, value), encoding="utf-8")
            text.append(f"![{what} against {curve.axis}]({name})")
        text += ["", f"| {curve.axis} | s | MiB |", "| ---: | ---: | ---: |"]
        text += [f"| {x:,.0f} | {time_of(one):.2f} | {one.peak:.0f} |" for x, one in curve.points]
        text.append("")
    put(page, "growth", "\n".join(text))
    put(page, "further", further(costs(data)))


if __name__ == "__main__":
    main()
