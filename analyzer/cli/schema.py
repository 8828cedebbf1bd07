"""`schema`: the JSON Schema of the report."""

from __future__ import annotations

import json

import click


@click.command()
def command() -> None:
    """Print the JSON Schema (2020-12) of `analyze --format json`."""
    from analyzer.report.schema import SCHEMA

    click.echo(json.dumps(SCHEMA, indent=2))
