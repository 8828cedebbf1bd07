"""Captures in object stores, by fsspec: `s3://`, `gs://`, `file://`, `memory://` and whatever else it knows."""

from __future__ import annotations

import importlib
from typing import Any, BinaryIO, cast

from analyzer.errors import MissingTool, UnreadableCapture

# What is fetched at once; a capture is read from front to back, so nothing is fetched twice.
_BLOCK = 8 << 20

# Scheme -> the extra that brings what fsspec needs for it.
_EXTRAS = {"s3": "s3", "s3a": "s3"}


def is_url(source: str) -> bool:
    """Whether `source` names something that fsspec opens, rather than a path."""
    return "://" in source


def open_url(url: str) -> BinaryIO:
    """The object at `url`, to be read once from front to back.

    Raises:
        MissingTool: fsspec, or the package that it needs for this kind of store, is not installed.
        UnreadableCapture: it cannot be opened.
    """
    try:
        store, path = _fsspec().core.url_to_fs(url)
        opened = store.open(path, "rb", block_size=_BLOCK, cache_type="readahead")
        return cast("BinaryIO", opened)
    except ImportError as error:
        raise _missing(url) from error
    except Exception as error:  # every store has errors of its own
        raise UnreadableCapture(f"{url}: {_reason(error)}") from error


def listed(pattern: str) -> list[str]:
    """The URLs that a pattern names (`*`, `?`, `**`), in order; itself where it is no pattern.

    Raises:
        MissingTool, UnreadableCapture: as `open_url`.
    """
    if not any(character in pattern for character in "*?["):
        return [pattern]
    try:
        files, _, paths = _fsspec().get_fs_token_paths(pattern)
        return sorted(files.unstrip_protocol(path) for path in paths)
    except ImportError as error:
        raise _missing(pattern) from error
    except Exception as error:
        raise UnreadableCapture(f"{pattern}: {_reason(error)}") from error


def _fsspec() -> Any:
    return importlib.import_module("fsspec")


def _missing(url: str) -> MissingTool:
    extra = _EXTRAS.get(url.partition("://")[0], "batch")
    return MissingTool(f"{url}: needs a package more: pip install 'hsm-analyzer[{extra}]'")


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0]
