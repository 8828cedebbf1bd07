"""`analyze`: say what happened in captures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import options, output, progress
from analyzer.report.model import Connection, Packed, Report, briefs_of
from analyzer.verdict.brief import Brief

if TYPE_CHECKING:
    from analyzer.run.pipeline import Options, Source


@click.command()
@options.capture
@options.expected_set
@output.options
@progress.options
@options.one_of(
    "--only",
    words=["all", "failed"],
    means="Which connections to show: 'failed' those that failed, were lost or hold a failed certificate. The verdict "
    "is over all of them.",
)
@options.one_of(
    "--fail-on",
    words=["never", "fail", "unknown"],
    means="Exit with 1 where the verdict is this bad.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, options.MOST_JOBS),
    default=1,
    show_default=True,
    help="Processes: each takes files, or of a single file a share of the connections.",
)
def command(*, only: str, fail_on: str, jobs: int, **given: Any) -> int:
    """Say what happened in captures; several files are one capture.

    Exit codes: 0 done, 1 --fail-on tripped, 2 usage or nothing readable, 3 inconclusive (no connection
    found, or a file not read), 4 a package is missing, 70 internal error.
    """
    target, talk = output.Target.taken_from(given), progress.Talk.taken_from(given)
    captures, chosen = options.sources(given.pop("captures")), options.analysis(given)
    streams = target.streams and jobs == 1
    if jobs > 1:
        report = _by_processes(captures, chosen, target, jobs)
    else:
        with talk.watched(captures) as sources:
            tell = partial(_tell, target, only) if streams else None
            report = _in_turn(sources, chosen, target, tell)
    output.warn(report, options.ports(given["ports"]), quiet=talk.quiet)
    target.write(_shown(report, only), told=streams)
    return output.exit_code(report, fail_on)


def _in_turn(
    sources: Sequence[Source],
    chosen: Options,
    target: output.Target,
    tell: Callable[[Connection], None] | None,
) -> Report:
    """One process; each connection is told as it ends, where that is wanted."""
    from analyzer.run.kept import Kept
    from analyzer.run.pipeline import Run

    with Run(sources, chosen) as run:
        kept = Kept(target.writers, whole=target.wants_whole)
        for connection in run.connections():
            kept.add(connection)
            if tell is not None:
                tell(connection)
        return run.report(kept)


def _by_processes(captures: list[str], chosen: Options, target: output.Target, jobs: int) -> Report:
    from analyzer.run.jobs import analyze_with
    from analyzer.run.kept import Kept
    from analyzer.run.pool import Processes

    kept = Kept(target.writers, whole=target.wants_whole)
    return analyze_with(captures, chosen, Processes(jobs), kept)


def _tell(target: output.Target, only: str, connection: Connection) -> None:
    if only == "all" or any(map(_failed, briefs_of([connection]))):
        target.tell(connection)


def _shown(report: Report, only: str) -> Report:
    connections = report.connections
    if only == "all":
        return report
    failed: Sequence[Connection]
    if isinstance(connections, Packed):
        failed = connections.chosen(_failed)
    else:
        briefs = briefs_of(connections)
        failed = tuple(c for c, b in zip(connections, briefs, strict=True) if _failed(b))
    return replace(report, connections=failed, left_out=len(connections) - len(failed))


def _failed(brief: Brief) -> bool:
    """It failed or was lost, or something about it makes the verdict a fail."""
    return brief.failed or bool(brief.kind.failures or brief.kind.broken)
