"""What commands tell beside their result, a line each on standard error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from analyzer.cli.program import complain

if TYPE_CHECKING:
    from analyzer.report.model import Connection, Input

_HINTS = 4


def warn_of(inputs: Iterable[Input]) -> None:
    """What of the captures could not be read."""
    for source in inputs:
        if source.refused:
            complain(f"{source.name}: {source.refused}", "warning")
        for damage in source.damage:
            complain(f"{source.name}: {damage.why} (at byte {damage.offset})", "warning")


def hint(connections: Sequence[Connection]) -> None:
    """What would open what stayed sealed; of many the first few."""
    from analyzer.report.words import remedies

    wanted = list(dict.fromkeys(remedy for each in connections for remedy in remedies(each)))
    for remedy in wanted[:_HINTS]:
        complain(f"needs {remedy}", "hint")
    if len(wanted) > _HINTS:
        complain(f"{len(wanted) - _HINTS} more; 'keys' lists them all", "hint")
