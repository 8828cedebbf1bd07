"""What a capture's name stands for, before it is opened."""

from __future__ import annotations

from pathlib import Path


def is_read_once(source: str | Path) -> bool:
    """Whether what was read of it is gone: standard input, a pipe, a device; not a file, nor an object's URL."""
    path = Path(source)
    return source == "-" or (path.exists() and not (path.is_file() or path.is_dir()))
