"""`expect`: what the files that are handed over come to, before any capture is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from analyzer.cli import options
from analyzer.errors import BadUsage


@click.group()
def command() -> None:
    """Show which certificates are expected, and from which file."""


@command.command("show")
@options.expected_set
@options.one_of("-f", "--format", "form", words=["text", "json"], means="How to write it.")
def show(*, form: str, at: datetime | None, **given: Any) -> int:
    """Print the expected set: which slot expects what, from which file, and why.

    Files that are given twice are told once, with both reasons. --at is the time for the checks within
    the set; default: now.
    """
    from analyzer.report import expected_set
    from analyzer.verdict.certificates.identity import identity_checks

    if not any(given.values()):
        raise BadUsage(
            "nothing is named: --etc, --cluster, --expect ... (see 'expect show --help')"
        )
    expected = options.expected(given)
    checks = identity_checks(expected, at or datetime.now(UTC))
    if form == "json":
        click.echo(expected_set.dumps(expected, checks), nl=False)
    for line in expected_set.lines(expected, checks) if form == "text" else ():
        click.echo(line)
    return 0
