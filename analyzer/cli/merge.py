"""`merge`: one report of what the shares of a batch have done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from analyzer.cli import files, options, output
from analyzer.cli.program import complain
from analyzer.errors import BadUsage


@click.command()
@click.argument(
    "directories",
    metavar="DIR...",
    nargs=-1,
    required=True,
    type=files.READ,
)
@options.reading
@options.expected_set
@output.options
@options.workers
def command(
    *,
    directories: tuple[Path, ...],
    jobs: int | None,
    executor: str,
    timeout_per_file: float | None,
    **given: Any,
) -> int:
    """Put the results of 'batch --shard' together: DIR is each share's directory.

    The options for reading and judging must be those of the shares. The captures themselves are read
    again where connections cross their borders, so they must still be there.

    Exit codes: as of analyze.
    """
    from analyzer.run.batch import whole
    from analyzer.run.kept import Kept
    from analyzer.run.pool import workers
    from analyzer.run.results import Results, digest, together

    target = output.Target.taken_from(given)
    options.check_read_twice(given["key_logs"])
    plan, parts = together([Results(directory) for directory in directories])
    wanted = options.analysis(given)
    if digest(wanted) != plan.options:
        raise BadUsage("the shares were made with other options, key files or another version")
    missing = len(plan.sources) - len(parts)
    if missing:
        complain(
            f"{missing} of {len(plan.sources)} files are in none of these directories", "warning"
        )
    kept = Kept(target.writers, whole=target.wants_whole)
    report = whole(dict(parts), plan, wanted, workers(executor, jobs), timeout_per_file, kept)
    output.warn(report, options.ports(given["ports"]))
    target.write(report)
    return output.exit_code(report, "never")
