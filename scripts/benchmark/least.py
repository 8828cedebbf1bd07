"""A whole process that does the work barely: what starting, reading, opening, proving and writing take at least.

python -m scripts.benchmark.least KEYS READY CAPTURE...
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path

from scripts.benchmark.bare import Level, frames, inner, opened, pairs, secrets
from scripts.benchmark.telling import TellingHalf, follow_telling

_WINDOW = 1000  # frames whose bytes stay in the processor's cache
_LARGE = 1 << 20
_PROOFS = 4  # of each level: two signatures, two Finished


def connections(
    data: bytes | mmap, keys: dict[bytes, dict[str, bytes]]
) -> Iterator[tuple[Level, Level]]:
    """Both levels of the connections of a capture, once the whole of it was read."""
    known: dict[bytes, TellingHalf] = {}
    places = frames(data)
    begun = 0
    while window := list(islice(places, _WINDOW)):
        follow_telling(data, window, known, begun)
        begun += len(window)
    for pair in pairs(known):
        outer = opened(pair, keys, prove=True)
        yield outer, opened(inner(outer), keys, prove=True)


def read(path: str) -> bytes | mmap:
    """A file's bytes; a large one is not copied, which would cost as much as its frames."""
    with Path(path).open("rb") as file:
        if Path(path).stat().st_size < _LARGE:
            return file.read()
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def main(key_log: str, ready: str, *captures: str) -> None:
    """Write `ready`, one connection of a report, for each connection."""
    keys = secrets(Path(key_log).read_text(encoding="ascii"))
    told = json.loads(Path(ready).read_text(encoding="utf-8"))
    count = 0
    with Path("/dev/null").open("w", encoding="utf-8") as out:
        for capture in captures:
            for levels in connections(read(capture), keys):
                assert [level.proofs for level in levels] == [_PROOFS] * 2
                out.write(json.dumps(told))
                count += 1
    print(count)


if __name__ == "__main__":
    main(*sys.argv[1:])
