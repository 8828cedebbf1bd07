"""The standard streams as a shell may hand them over: closed, full, or with nobody at the other end."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

_NUMBERS = ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY))


class _Output(io.FileIO):
    """Standard output; where it cannot be written to, the error names it."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            why = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise OSError(error.errno, why, "standard output") from None


def prepare() -> None:
    """Make the three of them usable for everybody; writing to a closed standard output is an error then.

    Python has None for a stream that was closed (`>&-`), and the next file that is opened would get its number.
    """
    for number, mode in _NUMBERS:
        try:
            os.fstat(number)
        except OSError:
            # It gets the lowest number that is free. Reading or writing fails there, but complaining does not.
            os.open(os.devnull, mode)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    # A terminal or a file that is not UTF-8 gets an escape for what it has no sign for.
    errors = "backslashreplace"
    if sys.stdout is sys.__stdout__:
        encoding = sys.stdout.encoding if sys.stdout else "utf-8"
        raw = _Output(1, "w", closefd=False)
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding, errors, line_buffering=raw.isatty()
        )
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=errors)


def give_up_output() -> None:
    """Standard output takes nothing any more: what the interpreter still flushes at its end must not complain."""
    if isinstance(getattr(sys.stdout.buffer, "raw", None), _Output):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
