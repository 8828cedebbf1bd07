"""Key files that users hand over beside the captures."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from analyzer.errors import UnreadableInput
from analyzer.tls.secrets import Added, Secrets
from analyzer.verdict.finding import Finding, Status

# A million lines have 170 MB; what is larger is no key log.
_LARGEST = 2 << 30

# Of a pipe or a device, whose size is not known before.
_LARGEST_UNSIZED, _PIECE = 256 << 20, 1 << 20


def load_key_file(secrets: Secrets, path: Path, password: bytes | None = None) -> Added:
    """Add a file's secrets: a key log, an OpenSSL session, an RSA private key or pre-shared keys.

    Args:
        password: of an encrypted private key.

    Raises:
        UnreadableInput: it cannot be read, or nothing in it is a secret.
    """
    try:
        with path.open("rb") as file:
            data = _content(file)
    except OSError as error:
        raise UnreadableInput(f"{path}: {error.strerror}") from error
    if data is None:
        raise UnreadableInput(f"{path}: too large for a file of keys")
    return secrets.add(data, str(path), password)


def _content(file: BinaryIO) -> bytes | None:
    """All bytes; None where they are too many, as those of a device without end are."""
    told = os.fstat(file.fileno())
    if stat.S_ISREG(told.st_mode):
        return None if told.st_size > _LARGEST else file.read()
    pieces, size = [], 0
    while piece := file.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST_UNSIZED:
            return None
    return b"".join(pieces)


def broken_lines(added: Added) -> Finding | None:
    """What to tell of a key log's lines that were passed over."""
    summary = added.key_log
    if summary is None or not summary.broken:
        return None
    lines = ", ".join(map(str, summary.broken_lines))
    more = ", ..." if summary.broken > len(summary.broken_lines) else ""
    plural = "line" if summary.broken == 1 else "lines"
    return Finding(
        "key-log-broken-lines",
        Status.UNKNOWN,
        f"{summary.name}: {summary.broken} broken {plural} passed over ({lines}{more})",
        advice="Copy the key log again, whole, from the program that wrote it.",
        limitations=("A session whose keys stood in these lines stays sealed.",),
    )
