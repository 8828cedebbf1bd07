"""What each part of the answer costs: the program on one storm, asked for more from row to row; the figures for docs/.

python -m scripts.benchmark.steps --page docs/performance.md
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from scripts.benchmark.outer_keys import outer_keys
from scripts.benchmark.page import put
from scripts.benchmark.runs import NOTHING, run
from scripts.benchmark.tables import PYTHON, WALK, ours, tshark
from scripts.benchmark.workload import workload
from scripts.workloads.files import write_captures
from scripts.workloads.shapes import SHAPES

_SCALE = 0.2
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One row: what is asked, and the command for a capture. `of_nothing`: its exit code for one without a frame."""

    what: str
    command: list[str]
    of_nothing: int = NOTHING

    def on(self, capture: Path) -> list[str]:
        return [str(capture) if word == "CAPTURE" else word for word in self.command]


def _steps(where: Path) -> list[Step]:
    asked = [PYTHON, "-m", "analyzer", "analyze", "CAPTURE", "-f", "json", "-o", "/dev/null"]
    every = ours(where, "storm.pcap", "storm.keys")
    every[every.index(str(where / "storm.pcap"))] = "CAPTURE"
    fields = tshark(where, "storm.pcap", "storm.keys")
    fields[fields.index(str(where / "storm.pcap"))] = "CAPTURE"
    return [
        Step("segments in order, nothing told", [*WALK, "CAPTURE"], 0),
        Step("a report without keys", asked),
        Step(
            "with the keys of the outer level", [*asked, "--keys", str(outer_keys(where, "storm"))]
        ),
        Step("with the keys of both", [*asked, "--keys", str(where / "storm.keys")]),
        Step("and the expected set", every),
        Step("tshark: certificates of the outer level", fields, 0),
    ]


def measured(where: Path, connections: int) -> list[str]:
    """A row for each step: microseconds of processor time for a connection, without the start; the median of rounds."""
    steps = _steps(where)
    took: dict[str, list[float]] = {step.what: [] for step in steps}
    for _ in range(_ROUNDS):
        for step in steps:
            full = run(step.on(where / "storm.pcap"))
            start = run(step.on(where / "nothing.pcap"), step.of_nothing)
            took[step.what].append((full.cpu - start.cpu) / connections * 1e6)
    return [
        f"| {what} | {median(each):,.0f} | {min(each):,.0f} to {max(each):,.0f} |"
        for what, each in took.items()
    ]


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("/tmp/bench"), show_default=True
)
@click.option("--page", type=click.Path(path_type=Path), help="Put the table into this page.")
def main(*, data: Path, page: Path | None) -> None:
    """Measure and print."""
    where = workload(data / f"steps-{_SCALE:g}", "storm", _SCALE).parent
    write_captures([], where / "nothing")
    rows = measured(where, SHAPES["storm"].scaled(_SCALE).connections)
    head = ["| what is asked of a storm | us for a connection | of the rounds |", "| --- | ---: | ---: |"]  # fmt: skip
    text = "\n".join([*head, *rows])
    print(text)
    if page:
        put(page, "steps", text)


if __name__ == "__main__":
    main()
