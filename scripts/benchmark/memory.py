"""Memory against the size of a capture and the number of connections in it; the figures for docs/performance.md.

    python -m scripts.benchmark.memory --page docs/performance.md

Exits with 1 where a capture of a busy host needs more than 1.3 times the memory of one of a hundredth its size.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from scripts.benchmark.page import put
from scripts.benchmark.runs import Run, run
from scripts.benchmark.tables import ours
from scripts.benchmark.workload import workload
from scripts.workloads.shapes import SHAPES

# Scales of the busy host that give captures of 20 MB and 2 GB, and the ratio of their memory that is wanted.
_SMALL, _LARGE, _MOST = 0.0212, 2.12, 1.3
# Scales of the storm: 300, 1,000 and 5,000 connections.
_STORMS = (0.06, 0.2, 1.0)


def capture(data: Path, name: str, scale: float) -> Path:
    """A workload of its own directory, made where it is not there."""
    return workload(data / f"memory-{name}-{scale:g}", name, scale)


def measured(path: Path, *, keys: bool) -> Run:
    """One analysis with the full report as JSON."""
    command = ours(path.parent, path.name, f"{path.stem}.keys")
    if not keys:
        at = command.index("--keys")
        del command[at : at + 2]
    return run(command)


def busy_host(data: Path) -> tuple[list[str], float]:
    """The rows, and the worst ratio."""
    rows, worst = [], 0.0
    small, large = (capture(data, "mixed", scale) for scale in (_SMALL, _LARGE))
    for keys in (True, False):
        one, other = (measured(path, keys=keys).peak for path in (small, large))
        worst = max(worst, other / one)
        rows.append(
            f"| {'with' if keys else 'without'} keys | {one:.1f} | {other:.1f} | {other / one:.2f} | {_MOST} |"
        )
    sizes = [f"{path.stat().st_size / 1e6:,.0f} MB" for path in (small, large)]
    return [
        f"| a busy host | {sizes[0]}, peak MiB | {sizes[1]}, peak MiB | ratio | wanted at most |",
        "| --- | ---: | ---: | ---: | ---: |",
        *rows,
    ], worst


def storm(data: Path) -> Iterator[str]:
    """The rows."""
    yield "| a storm, with keys: connections | peak MiB | KiB for each more |"
    yield "| ---: | ---: | ---: |"
    before: tuple[int, float] | None = None
    for scale in _STORMS:
        count = SHAPES["storm"].scaled(scale).connections
        peak = measured(capture(data, "storm", scale), keys=True).peak
        more = "" if before is None else f"{(peak - before[1]) * 1024 / (count - before[0]):.1f}"
        yield f"| {count:,} | {peak:.1f} | {more} |"
        before = count, peak


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("/tmp/bench"), show_default=True
)
@click.option("--page", type=click.Path(path_type=Path), help="Put the tables into this page.")
def main(*, data: Path, page: Path | None) -> None:
    """Measure and print; exits with 1 where the ratio is not reached."""
    rows, worst = busy_host(data)
    text = "\n".join([*rows, "", *storm(data)])
    print(text)
    if page:
        put(page, "memory", text)
    sys.exit(worst > _MOST)


if __name__ == "__main__":
    main()
