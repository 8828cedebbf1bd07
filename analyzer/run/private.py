"""Files that appear whole or not at all, and only for their owner."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_private(path: Path, content: str | bytes) -> None:
    """Write `path` anew; whoever reads it meanwhile sees the old one or the new one."""
    data = content.encode() if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
