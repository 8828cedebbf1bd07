"""`explain`: what a cause, an alert or a line of a client's log means, without a capture."""

from __future__ import annotations

import click

from analyzer.errors import BadUsage


@click.command()
@click.argument("term", nargs=-1, metavar="[CODE|ALERT|ERROR]...")
def command(term: tuple[str, ...]) -> None:
    """Explain the code of a cause or finding, a TLS alert by name or number, or a line of a client's log.

    \b
    hsm-analyzer explain inner-server-certificate-refused
    hsm-analyzer explain unknown_ca
    hsm-analyzer explain 'Certificate ERROR: [ certificate signature failure ]'

    Without a word it lists what it knows.
    """  # noqa: D301  click's mark, not an escape
    from analyzer.report.explanations import explain, known_terms, suggestions

    asked = " ".join(term)
    if not asked.strip():
        click.echo(known_terms(), nl=False)
        return
    told = explain(asked)
    if told is None:
        near = suggestions(asked)
        hint = (
            f"; did you mean {' or '.join(near)}?" if near else "; `explain` alone lists all terms"
        )
        raise BadUsage(f"nothing is known of {asked!r}{hint}")
    click.echo(told, nl=False)
