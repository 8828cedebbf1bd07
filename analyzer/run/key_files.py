"""Key files that users hand over beside the captures."""

from __future__ import annotations

from pathlib import Path

from analyzer.errors import UnreadableInput
from analyzer.tls.key_log import KeyLogSummary
from analyzer.tls.secrets import Secrets
from analyzer.verdict.finding import Finding, Status


def load_key_file(secrets: Secrets, path: Path) -> KeyLogSummary:
    """Add a key file's secrets.

    Raises:
        UnreadableInput: it cannot be read, or no line of it gives a secret.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"{path}: {error.strerror}") from error
    summary = secrets.add_key_log(text, str(path))
    if not summary.used:
        raise UnreadableInput(f"{path}: no line of it is a session key as RFC 9850 writes them")
    return summary


def broken_lines(summary: KeyLogSummary) -> Finding | None:
    """What to tell of the lines that were passed over."""
    if not summary.broken:
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
