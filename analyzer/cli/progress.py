"""What is told on stderr while a run takes long: how far it is, how fast, how long it will take."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeVar, cast

import click

from analyzer.cli.options import one_of
from analyzer.report.text import safe_text
from analyzer.values import dataclass

Command = TypeVar("Command", bound=Callable[..., Any])

# A run that is done within this time says nothing; then the line is renewed so often (seconds).
_SILENT = 1.0
_EVERY = 0.2

_MEGABYTE = 1_000_000
_NAME = 40
_CLEAR = "\r\x1b[K"


def options(command: Command) -> Command:
    """The options `--quiet` and `--progress`; `Talk.taken_from` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("-q", "--quiet", is_flag=True, help="No warnings and no progress on stderr."),
    one_of(
        "--progress",
        words=["auto", "never"],
        means="'auto' shows progress where stderr is a terminal and the work takes long.",
    ),
)


@dataclass(frozen=True, slots=True)
class Talk:
    """How much is told beside the report."""

    quiet: bool = False
    progress: bool = True

    @classmethod
    def taken_from(cls, given: dict[str, Any]) -> Talk:
        """What the options of `options` say, which are taken out of `given`."""
        quiet, progress = given.pop("quiet"), given.pop("progress")
        return cls(quiet, progress == "auto" and not quiet)

    @contextlib.contextmanager
    def watched(self, captures: Sequence[str]) -> Iterator[list[str | BinaryIO]]:
        """The captures, opened so that reading them shows how far it is; as they are where nobody looks.

        A capture that cannot be opened stays a name: whoever reads it says why.
        """
        if not (self.progress and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"):
            yield list(captures)
            return
        meter = Meter(sys.stderr)
        with contextlib.ExitStack() as files:
            opened: list[str | BinaryIO] = [meter.opened(name, files) for name in captures]
            try:
                yield opened
            finally:
                meter.clear()


class Meter:
    """Counts the bytes that are read of several files, and shows a line about it.

    Args:
        stream: where the line goes. clock: seconds, monotonic.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._began = self._next = clock()
        self._next += _SILENT
        self._read = 0
        self._total = 0
        self._endless = False  # a pipe has no size
        self._shown = False

    def opened(self, name: str, files: contextlib.ExitStack) -> str | BinaryIO:
        """The file, watched; its name where it cannot be opened."""
        if name == "-":
            self._endless = True
            return cast("BinaryIO", _Watched(sys.stdin.buffer, name, self))
        try:
            file = files.enter_context(Path(name).open("rb"))  # noqa: SIM115  `files` closes it
        except OSError:
            return name
        size = os.fstat(file.fileno()).st_size
        self._endless |= not size
        self._total += size
        return cast("BinaryIO", _Watched(file, name, self))

    def advance(self, name: str, size: int) -> None:
        """`size` more bytes of `name` were read."""
        self._read += size
        now = self._clock()
        if now >= self._next:
            self._next = now + _EVERY
            self._shown = True
            self._stream.write(f"{_CLEAR}{self.line(name, now)}")
            self._stream.flush()

    def line(self, name: str, now: float) -> str:
        """`capture.pcap   43 %   120 MB/s   0:07 left`."""
        rate = self._read / max(now - self._began, 1e-9)
        told = [safe_text(Path(name).name, _NAME)]
        if self._endless:
            told.append(f"{self._read / _MEGABYTE:.0f} MB")
        else:
            told.append(f"{100 * self._read // max(self._total, 1):3d} %")
        told.append(f"{rate / _MEGABYTE:.0f} MB/s")
        if not self._endless:
            left = max(0, self._total - self._read) / max(rate, 1e-9)
            told.append(f"{int(left) // 60}:{int(left) % 60:02d} left")
        return "   ".join(told)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write(_CLEAR)
            self._stream.flush()


class _Watched(io.RawIOBase):
    """A file that tells how many bytes were read of it."""

    def __init__(self, file: BinaryIO, name: str, meter: Meter) -> None:
        self._file = file
        self.name = name
        self._meter = meter
        self._once = getattr(file, "readinto1", None) or file.readinto  # type: ignore[attr-defined]

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def readinto(self, buffer: Any) -> int:
        size = int(self._once(buffer) or 0)
        self._meter.advance(self.name, size)
        return size
