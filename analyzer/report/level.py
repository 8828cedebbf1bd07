"""The TLS levels of a connection for the terminal: side by side where there is room."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analyzer.report.level_rows import level_rows, session_title
from analyzer.report.text import safe_text
from analyzer.session.facts import Session

# A column narrower than this breaks the fingerprints.
_COLUMN = 50
_LABELS = 13


def level_table(sessions: Sequence[Session], width: int) -> RenderableType:
    """What each level negotiated and showed, one column a session; one under the other on a narrow terminal."""
    room = (width - _LABELS) // (_COLUMN + 1)
    if len(sessions) <= room:
        return _table(sessions)
    return Group(*(_table([session]) for session in sessions))


def _table(sessions: Sequence[Session]) -> Table:
    table = Table(
        box=None, show_header=True, padding=(0, 1, 0, 0), header_style="bold", expand=False
    )
    table.add_column("", style="dim", no_wrap=True, width=_LABELS - 1)
    for session in sessions:
        table.add_column(Text(session_title(session)), overflow="fold", ratio=1)
    for label, cells in level_rows(sessions):
        shown = ("\n".join(map(safe_text, lines)) for lines in cells)
        table.add_row(label, *(Text(cell or "-") for cell in shown))
    return table
