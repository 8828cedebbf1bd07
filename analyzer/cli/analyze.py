"""`analyze`: say what happened in captures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from analyzer.cli import options, output
from analyzer.report.model import Report


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
def command(*, only: str, fail_on: str, **given: Any) -> int:
    """Say what happened in captures; several files are one capture.

    Exit codes: 0 done, 1 --fail-on tripped, 2 usage or nothing readable, 3 inconclusive (no connection
    found, or a file not read), 4 a package is missing, 70 internal error.
    """
    from analyzer.run.pipeline import analyze

    target = output.Target.taken_from(given)
    report = analyze(options.sources(given.pop("captures")), options.analysis(given))
    output.warn(report, options.ports(given["ports"]))
    target.write(_shown(report, only))
    return output.exit_code(report, fail_on)


def _shown(report: Report, only: str) -> Report:
    if only == "all":
        return report
    return replace(
        report,
        connections=tuple(c for c in report.connections if c.conversation.outcome == "failed"),
    )
