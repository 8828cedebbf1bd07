"""The console that reports are written to: no markup, no guesses about what a number or a word is."""

from __future__ import annotations

import re
from typing import Any, TextIO, cast

from rich.console import Console

# In less (COLUMNS=0 is less too) columns lose what they hold; a terminal wraps longer lines itself.
_NARROWEST = 40


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Who wrote decides what becomes of it; rich would exit with 1."""
        raise BrokenPipeError


class _Trimmed:
    """A stream that loses the spaces with which rich fills its lines: a file or a pipe has no width."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(re.sub(r" +(?=\n)", "", text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def console(stream: TextIO, *, colored: bool, width: int | None = None) -> Console:
    """A console on `stream`; `width` None takes the terminal's, where that leaves room for columns."""
    made = _Console(
        file=stream if colored else cast("TextIO", _Trimmed(stream)),
        width=width,
        color_system="standard" if colored else None,
        force_terminal=colored,
        no_color=not colored,
        highlight=False,
        markup=False,
        emoji=False,
    )
    made.width = max(made.width, _NARROWEST)
    return made
