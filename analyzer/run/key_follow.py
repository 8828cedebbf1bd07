"""Key logs that grow while their sessions are recorded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from analyzer.tls.secrets import Secrets

_PAUSE = 0.2  # seconds between two looks at the files
_LARGEST_READ = 64 << 20


class KeyFollower:
    """Adds what is written to key logs since the last look; a file may appear later, or begin anew.

    Only whole lines are taken, so one that is being written is read with its end.
    """

    def __init__(self, secrets: Secrets, paths: Sequence[Path]) -> None:
        self._secrets = secrets
        self._read = dict.fromkeys(paths, 0)
        self._looked = float("-inf")

    def look(self, *, now: bool = False) -> None:
        """Read what is new, if the last look is a while ago or `now` is asked for."""
        moment = time.monotonic()
        if not now and moment - self._looked < _PAUSE:
            return
        self._looked = moment
        for path, position in self._read.items():
            try:
                size = path.stat().st_size
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
