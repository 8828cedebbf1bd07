"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from analyzer.errors import BadUsage

OWNER_ONLY = 0o600

# The name of the temporary file begins with so much of the other's; a name has at most 255 bytes.
_NAME = 40


def replace_file(path: Path, pieces: Iterable[bytes], mode: int = OWNER_ONLY) -> None:
    """Write `path` anew, never through a symbolic link; whoever reads meanwhile sees the old one or the new one.

    Raises:
        OSError: it cannot be written; the old one is as it was.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:_NAME]}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.writelines(pieces)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace_private(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    """The same for its owner only; a content may come in pieces.

    Raises:
        BadUsage: it cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        replace_file(path, (data,) if isinstance(data, bytes) else data)
    except OSError as error:
        raise BadUsage(f"{path}: {error.strerror}") from error
