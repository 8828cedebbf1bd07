"""`compare`: what changed between two captures, or between two places on the way."""

from __future__ import annotations

from typing import Any

import click

from analyzer.cli import options, output, progress
from analyzer.cli.notes import warn_of
from analyzer.cli.program import DONE, INCONCLUSIVE, INTERNAL, complain
from analyzer.errors import BadUsage

FORMATS = {
    "text": "analyzer.report.compare_text",
    "json": "analyzer.report.compare_json",
}


@click.command()
@options.two_captures
@options.expected_set
@progress.options
@output.options_of(FORMATS)
@options.one_of(
    "--as",
    "kind",
    words=["auto", "change", "vantage"],
    means="'change': before and after; 'vantage': the same traffic captured in two places.",
)
def command(*, kind: str, **given: Any) -> int:
    """Compare two captures A and B.

    Before and after: what changed in handshakes, certificates, failures and times. The same traffic from two
    places: how far the clocks are apart, and what was lost, changed or injected in between.

    Exit codes: 0 done, 2 usage or nothing readable, 3 nothing to compare, 70 internal error.
    """
    from analyzer.report.compare import compare
    from analyzer.run.pipeline import analyze

    target, talk = output.Target.taken_from(given, FORMATS), progress.Talk.taken_from(given)
    captures = options.sources(given.pop("captures"))
    if len(captures) != 2:
        raise BadUsage(f"compare takes two captures, not {len(captures)}")
    options.check_read_twice(given["key_logs"])
    chosen = options.analysis(given)
    with talk.watched(captures) as sources:
        first, second = reports = [analyze([source], chosen) for source in sources]
    target.write(compare(first, second, None if kind == "auto" else kind))
    if any(report.broken for report in reports):
        return INTERNAL
    if not talk.quiet:
        warn_of(source for report in reports for source in report.inputs)
    empty = [report.inputs[0].name for report in reports if not report.connections]
    for name in empty:
        complain(f"{name}: no TCP connection to compare", "warning")
    return INCONCLUSIVE if empty else DONE
