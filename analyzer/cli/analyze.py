"""`analyze`: say what happened in captures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import options, output
from analyzer.report.model import Report

if TYPE_CHECKING:
    from analyzer.run.pipeline import Options


@click.command()
@options.capture
@options.expected_set
@output.options
@click.option(
    "--only",
    type=click.Choice(["all", "failed"]),
    default="all",
    show_default=True,
    help="Which connections to show; the verdict is over all of them.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["never", "fail", "unknown"]),
    default="never",
    show_default=True,
    help="Exit with 1 where the verdict is this bad.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes: each takes files, or of a single file a share of the connections.",
)
def command(*, only: str, fail_on: str, jobs: int, **given: Any) -> int:
    """Say what happened in captures; several files are one capture.

    Exit codes: 0 done, 1 --fail-on tripped, 2 usage or nothing readable, 3 inconclusive (no connection
    found, or a file not read), 4 a package is missing, 70 internal error.
    """
    target = output.Target.taken_from(given)
    report = _analyzed(options.sources(given.pop("captures")), options.analysis(given), jobs)
    output.warn(report, options.ports(given["ports"]))
    target.write(_shown(report, only))
    return output.exit_code(report, fail_on)


def _analyzed(captures: list[str], wanted: Options, jobs: int) -> Report:
    if jobs == 1:
        from analyzer.run.pipeline import analyze

        return analyze(captures, wanted)
    from analyzer.run.jobs import analyze_with
    from analyzer.run.pool import Processes

    return analyze_with(captures, wanted, Processes(jobs))


def _shown(report: Report, only: str) -> Report:
    if only == "all":
        return report
    return replace(
        report,
        connections=tuple(c for c in report.connections if c.conversation.outcome == "failed"),
    )
