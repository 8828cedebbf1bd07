"""The console that reports are written to: no markup, no guesses about what a number or a word is."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Who wrote decides what becomes of it; rich would exit with 1."""
        raise BrokenPipeError


def console(stream: TextIO, *, colored: bool, width: int | None = None) -> Console:
    """A console on `stream`; `width` None takes the terminal's."""
    return _Console(
        file=stream,
        width=width,
        color_system="standard" if colored else None,
        force_terminal=colored,
        no_color=not colored,
        highlight=False,
        markup=False,
        emoji=False,
    )
