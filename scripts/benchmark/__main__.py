"""Make the workloads, run the program and its peers in turn, print the ratios, write them into the docs."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from scripts.benchmark.outer_keys import outer_keys
from scripts.benchmark.page import put, sizes, table_text
from scripts.benchmark.runs import measured
from scripts.benchmark.tables import COUNTED, TABLES, Table, Units
from scripts.benchmark.workload import workload
from scripts.workloads.shapes import SHAPES

_NAMES = [table.name for table in TABLES]


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(_NAMES))
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("/tmp/bench"), show_default=True
)
@click.option("--rounds", type=int, default=3, show_default=True)
@click.option(
    "--scale", type=float, default=1.0, help="So many times the packets, connections or bytes."
)
@click.option("--page", type=click.Path(path_type=Path), help="Put the tables into this page.")
def main(
    *, names: tuple[str, ...], data: Path, rounds: int, scale: float, page: Path | None
) -> None:
    """Measure the tables NAMES, or all of them."""
    for table in TABLES:
        if names and table.name not in names:
            continue
        where = data / f"{table.name}-{scale:g}"
        made = [workload(where, name, part * scale) for name, part in table.workloads]
        entrants = [e for e in table.entrants(where) if shutil.which(e.command[0])]
        if COUNTED in {entrant.name for entrant in entrants}:
            outer_keys(where, table.name)
        text = table_text(
            _possible(table, {e.name for e in entrants}),
            measured(entrants, rounds),
            sizes(made),
            _units(table, made[0], scale),
        )
        print(text, end="\n\n", flush=True)
        if page:
            put(page, table.name, text)


def _units(table: Table, made: Path, scale: float) -> Units:
    """Of its first workload."""
    name, part = table.workloads[0]
    shape = SHAPES[name].scaled(part * scale)
    return Units(shape.connections, made.stat().st_size / 1e9)


def _possible(table: Table, names: set[str]) -> Table:
    """Without the targets for programs that are not installed."""
    from dataclasses import replace

    kept = tuple(t for t in table.targets if {t.one, t.other} <= names)
    return replace(table, targets=kept)


if __name__ == "__main__":
    main()
