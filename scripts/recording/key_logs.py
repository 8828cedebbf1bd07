"""One key log for all levels, as a client writes it, and the same split into the levels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_NONE = "# no secret was agreed on\n"
LEVELS = ("outer", "inner")


def write(folder: Path, logs: Sequence[Path]) -> None:
    """Write `keys.log`, `outer-keys.log` and `inner-keys.log` (RFC 9850).

    Args:
        logs: a folder per connection with the `outer.log` and `inner.log` that its client's OpenSSL wrote.
    """
    lines: dict[str, list[str]] = {level: [] for level in LEVELS}
    for log in logs:
        for level in LEVELS:
            path = log / f"{level}.log"
            lines[level] += path.read_text().splitlines(keepends=True) if path.exists() else []
    for level in LEVELS:
        secrets = [line for line in lines[level] if not line.startswith("#")]
        (folder / f"{level}-keys.log").write_text("".join(secrets) or _NONE)
        lines[level] = secrets
    (folder / "keys.log").write_text("".join(lines["outer"] + lines["inner"]) or _NONE)
