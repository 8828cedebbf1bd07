"""`schema`: the JSON Schema of the report."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("what", type=click.Choice(["report", "line"]), default="report")
def command(*, what: str) -> None:
    """Print a JSON Schema (2020-12): of a 'report' (--format json) or of a 'line' (--format jsonl)."""
    from analyzer.report import schema

    click.echo(json.dumps({"report": schema.SCHEMA, "line": schema.LINE}[what], indent=2))
