"""`schema`: the JSON Schema of the report and of the expectation file."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command()
@click.argument("what", type=click.Choice(["report", "line", "expect"]), default="report")
def command(*, what: str) -> None:
    """Print a JSON Schema (2020-12): of a 'report' (--format json), a 'line' (--format jsonl) or 'expect'.

    'expect' is the expectation file that --expect and 'check' read; editors of TOML complete by it.
    """
    click.echo(json.dumps(_schema(what), indent=2))


def _schema(what: str) -> dict[str, Any]:
    if what == "expect":
        from analyzer.verdict.regression.file import SCHEMA

        return SCHEMA
    from analyzer.report import schema

    return schema.LINE if what == "line" else schema.SCHEMA
