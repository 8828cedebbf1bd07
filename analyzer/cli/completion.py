"""`completion`: what a shell needs to complete this program's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_PROGRAM = "hsm-analyzer"
_VARIABLE = "_HSM_ANALYZER_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print the completion script of a shell: `eval "$(hsm-analyzer completion bash)"`."""
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, _PROGRAM, _VARIABLE).source())
    return 0
