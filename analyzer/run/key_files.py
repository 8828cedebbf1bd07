"""Key files that users hand over beside the captures."""

from __future__ import annotations

from pathlib import Path

from analyzer.errors import UnreadableInput
from analyzer.tls.secrets import Added, Secrets
from analyzer.verdict.finding import Finding, Status

# A million lines have 170 MB; what is larger is no key log.
_LARGEST = 2 << 30


def load_key_file(secrets: Secrets, path: Path, password: bytes | None = None) -> Added:
    """Add a file's secrets: a key log, an OpenSSL session, an RSA private key or pre-shared keys.

    Args:
        password: of an encrypted private key.

    Raises:
        UnreadableInput: it cannot be read, or nothing in it is a secret.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UnreadableInput(f"{path}: too large for a file of keys")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"{path}: {error.strerror}") from error
    return secrets.add(data, str(path), password)


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
