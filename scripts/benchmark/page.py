"""The figures as Markdown, put between marks in a page, so that the text around them stays."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from scripts.benchmark.runs import Figures, each_run
from scripts.benchmark.tables import Table, Units


def table_text(table: Table, figures: list[Figures], size: str, units: Units) -> str:
    """Tables: what each took, which ratios and figures were reached; then every run."""
    lines = [
        f"{table.title}: {size}.",
        "",
        "| | wall s | cpu s | peak MiB | |",
        "| --- | ---: | ---: | ---: | --- |",
        *(
            f"| {f.entrant.name} | {f.wall:.2f} | {f.cpu:.2f} | {f.peak:.0f} | {f.entrant.note} |"
            for f in figures
        ),
    ]
    by_name = {f.entrant.name: f for f in figures}
    if table.targets:
        lines += [
            "",
            "| cpu ratio | wanted at most | reached (of the rounds) | |",
            "| --- | ---: | ---: | --- |",
        ]
        lines += [target.line(by_name) for target in table.targets]
    if table.bounds:
        lines += ["", "| figure | wanted at most | reached | |", "| --- | ---: | ---: | --- |"]
        lines += [bound.line(by_name, units) for bound in table.bounds]
    lines += ["", "Every run, wall/cpu seconds:", ""]
    lines += [f"- {f.entrant.name}: {', '.join(each_run(f))}" for f in figures]
    return "\n".join(lines)


def put(page: Path, name: str, text: str) -> None:
    """Put `text` between the marks of `name`."""
    old = page.read_text(encoding="utf-8")
    begin, end = f"<!-- bench {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(old):
        raise SystemExit(f"{page} has no marks {begin} ... {end}")
    new = pattern.sub(lambda _: f"{begin}\n{text}\n{end}", old)
    page.write_text(new, encoding="utf-8")


def sizes(paths: Iterable[Path]) -> str:
    """Files with their sizes."""
    return ", ".join(f"{path.name} {_size(path) / 1e6:.0f} MB" for path in paths)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(each.stat().st_size for each in path.iterdir())
    return path.stat().st_size
