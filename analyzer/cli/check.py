"""`check`: recorded traffic against an expectation file; the gate of a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import files, options, output, progress
from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, INTERNAL, complain
from analyzer.errors import BadUsage, UnreadableCapture
from analyzer.verdict.finding import Status

if TYPE_CHECKING:
    from analyzer.report.check import Check

FORMATS = {
    "text": "analyzer.report.check_text",
    "json": "analyzer.report.check_json",
    "junit": "analyzer.report.check_junit",
}


@click.command()
@options.capture
@click.option(
    "--against",
    type=files.READ,
    required=True,
    metavar="FILE",
    help="The expectation file (expect.toml), as 'baseline' writes it.",
)
@options.expected_set
@progress.options
@output.options_of(FORMATS)
@click.option(
    "--update",
    is_flag=True,
    help="Write what was observed into the expectation file; comments stay.",
)
@click.option(
    "--allow-inconclusive", is_flag=True, help="Exit with 0 where something could not be told."
)
def command(*, against: Path, update: bool, allow_inconclusive: bool, **given: Any) -> int:
    """Compare captures with an expectation file; every capture is checked for itself.

    Randomness, times, ports and addresses do not matter unless the file asks for them.

    Exit codes: 0 as expected, 1 a mismatch, 2 usage or nothing readable, 3 inconclusive (a cut capture,
    missing keys, no connection), 70 internal error.
    """
    from analyzer.run.check import check_captures

    if given["expect"] is not None:
        raise BadUsage("--against names the expected set too; leave --expect out")
    target, talk = output.Target.taken_from(given, FORMATS), progress.Talk.taken_from(given)
    captures = options.sources(given.pop("captures"))
    chosen = options.analysis(given | {"expect": against})
    with talk.watched(captures) as sources:
        checks = check_captures(sources, against, chosen)
    inputs = [source for each in checks for source in each.report.inputs]
    if all(source.refused for source in inputs):
        raise UnreadableCapture("; ".join(f"{each.name}: {each.refused}" for each in inputs))
    target.write(checks)
    if update:
        _update(against, checks)
        return INTERNAL if any(each.report.broken for each in checks) else DONE
    return exit_code(checks, allow_inconclusive=allow_inconclusive)


def exit_code(checks: list[Check], *, allow_inconclusive: bool) -> int:
    """The worst of all captures: broken, mismatch, inconclusive, as expected."""
    statuses = {each.status for each in checks}
    if any(each.report.broken for each in checks):
        return INTERNAL
    if Status.FAIL in statuses:
        return GATE
    return INCONCLUSIVE if Status.UNKNOWN in statuses and not allow_inconclusive else DONE


def _update(path: Path, checks: list[Check]) -> None:
    from analyzer.cli.files import write_shared
    from analyzer.report.expect_update import updated

    text, changes, left = updated(path.read_text("utf-8"), checks)
    for change in changes:
        complain(change, "updated")
    for words in left:
        complain(words, "not updated")
    if changes:
        write_shared(path, text, force=True)
