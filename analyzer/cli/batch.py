"""`batch`: many captures, on many cores or machines, one report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from analyzer.cli import files, options, output
from analyzer.cli.program import DONE, INCONCLUSIVE, USAGE, complain
from analyzer.errors import BadUsage
from analyzer.report.text import safe_text


class Shard(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """`I/N`: the I-th of N shares."""

    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Both numbers."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(value))
        share, of = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= share <= of:
            self.fail(f"{value!r} is not I/N with 1 <= I <= N.", param, ctx)
        return share, of


@click.command()
@options.capture
@options.expected_set
@click.option(
    "-o",
    "--output",
    type=files.FILLED,
    required=True,
    metavar="DIR",
    help="Where the results grow; readable at any time.",
)
@options.workers
@click.option(
    "--shard",
    type=Shard(),
    default="1/1",
    help="Do only the I-th of N shares of the files (array jobs); 'merge' puts them together.",
)
@click.option("--resume", is_flag=True, help="Go on with the results that are in DIR.")
def command(
    *,
    output: Path,
    shard: tuple[int, int],
    resume: bool,
    jobs: int | None,
    executor: str,
    timeout_per_file: float | None,
    **given: Any,
) -> int:
    """Analyze many captures, and what crosses their borders, as one.

    CAPTURE is a path, a directory, a glob, an object's URL (s3://bucket/*.pcap) or @FILE with one of
    these a line. Captures that follow each other in time are one recording: connections go on from file
    to file.

    Exit codes: 0 done, 2 usage or nothing readable, 3 inconclusive (a file could not be analyzed, or no
    connection was found), 4 a package is missing, 70 internal error.
    """
    from analyzer.run.batch import plan_of, run_batch, sources_of, whole
    from analyzer.run.pool import workers
    from analyzer.run.results import Results

    captures = sources_of(given.pop("captures"))
    if "-" in captures:
        raise BadUsage("batch reads files and URLs; 'analyze -' reads standard input")
    options.check_read_twice(given["key_logs"])
    wanted = options.analysis(given)
    plan = plan_of(captures, wanted, shard)
    results = Results(output)
    results.begin(plan, resume=resume)
    hands = workers(executor, jobs)
    parts = run_batch(plan, results, wanted, hands, timeout_per_file, _tell)
    if shard != (1, 1):
        click.echo(
            f"{len(parts)} of {len(captures)} files are in {safe_text(str(output))}; "
            "'merge' puts the shares together"
        )
        return DONE if all(_is_whole(part) for part in parts.values()) else INCONCLUSIVE
    report = whole(parts, plan, wanted, hands, timeout_per_file, results.kept())
    told = results.finish(report)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in told["outcomes"].items())
    click.echo(f"{told['verdict']}: {told['connections']} connections in {told['files']} files")
    written = safe_text(f"{output / 'report.json'} and {output / 'summary.json'}")
    click.echo(f"{counts or 'none'}; see {written}")
    return _exit_code(report)


def _exit_code(report: Any) -> int:
    lost = any(f.code in {"file-not-analyzed", "connections-not-analyzed"} for f in report.findings)
    if not lost and all(source.refused for source in report.inputs):
        return USAGE  # each was told; there is no result
    return output.exit_code(report, "never") or (INCONCLUSIVE if lost else DONE)


def _is_whole(part: Any) -> bool:
    return not hasattr(part, "why") and not any(source.refused for source in part.inputs.values())


def _tell(place: int, name: str, part: Any) -> None:
    """One line on stderr for a file that could not be analyzed; the others are in DIR."""
    if hasattr(part, "why"):
        complain(f"{name}: not analyzed, {part.why}", "warning")
        return
    source = part.inputs[place]
    if source.refused:
        complain(f"{name}: {source.refused}", "warning")
    for damage in source.damage:
        complain(f"{name}: {damage.why} (at byte {damage.offset})", "warning")
