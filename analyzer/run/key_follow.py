"""Key logs that grow while their sessions are recorded."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path

from analyzer.tls.secrets import Secrets

_PAUSE = 0.2  # seconds between two looks at the files
_LARGEST_READ, _PIECE = 64 << 20, 1 << 16


class KeyFollower:
    """Adds what is written to key logs since the last look; a file may appear later, or begin anew, or be a pipe.

    Only whole lines are taken, so one that is being written is read with its end.
    """

    def __init__(self, secrets: Secrets, paths: Sequence[Path]) -> None:
        self._secrets = secrets
        self._read = dict.fromkeys(paths, 0)
        self._pipes: dict[Path, _Pipe] = {}
        self._looked = float("-inf")

    def look(self, *, now: bool = False) -> None:
        """Read what is new, if the last look is a while ago or `now` is asked for."""
        moment = time.monotonic()
        if not now and moment - self._looked < _PAUSE:
            return
        self._looked = moment
        for path, position in self._read.items():
            try:
                told = path.stat()
                if stat.S_ISFIFO(told.st_mode):
                    pipe = self._pipes.setdefault(path, _Pipe(path))
                    self._secrets.add_key_log(pipe.lines(), str(path))
                    continue
                size = told.st_size
                if size == position:
                    continue
                with path.open("rb") as file:
                    file.seek(position if size > position else 0)
                    text = file.read(_LARGEST_READ)
            except OSError:
                continue  # it may not be there yet
            complete = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
            self._secrets.add_key_log(text[:complete], str(path))
            self._read[path] = (position if size > position else 0) + complete


class _Pipe:
    """What programs write to a pipe, without waiting for any."""

    def __init__(self, path: Path) -> None:
        self._file = -1
        self._path = path
        self._begun = b""  # a line without its end

    def lines(self) -> bytes:
        """The whole lines since the last time.

        Raises:
            OSError: it cannot be opened.
        """
        if self._file < 0:
            self._file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        text = self._begun
        with contextlib.suppress(BlockingIOError):
            while len(text) < _LARGEST_READ and (piece := os.read(self._file, _PIECE)):
                text += piece
        complete = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        self._begun = text[complete:]
        return text[:complete]
