"""The table over the whole capture: which address showed which certificate when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from rich.table import Table
from rich.text import Text

from analyzer.report.model import Report
from analyzer.report.text import safe_text
from analyzer.report.words import SLOT_TITLES, iso_time
from analyzer.verdict.comparison.showing import Showing
from analyzer.verdict.finding import Status

_STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.UNKNOWN: "yellow"}
_WORDS = {Status.PASS: "ok", Status.FAIL: "FAIL", Status.UNKNOWN: "unknown"}
_SHA256 = 12  # hex digits that tell the certificates of one capture apart
_WORST_FIRST = (Status.FAIL, Status.UNKNOWN, Status.PASS)
_ROWS = 20  # a slot; a capture of a whole fleet has a thousand clients
_SECONDS, _DAY = len("2026-11-24T02:56:24"), len("2026-11-24 ")


COLUMNS = ("slot", "status", "address", "certificate", "from", "to", "connections")


class Line(NamedTuple):
    """A row in words; `slot` is "" where it is that of the row above."""

    slot: str
    status: Status
    address: str
    certificate: str
    first: str
    last: str
    connections: int


def shown_lines(report: Report) -> list[Line]:
    """The table's rows; none for a single connection, which tells all of it anyway."""
    if len(report.connections) < 2:
        return []
    told = []
    for code, of_slot in groupby(report.shown, key=lambda row: row.slot):
        rows, rest = _most_telling(list(of_slot))
        for number, row in enumerate(rows):
            name = _common_name(row.certificate.subject)
            told.append(
                Line(
                    "" if number else SLOT_TITLES[code],
                    row.status,
                    f"{row.address} {row.hsm}".strip(),
                    f"{row.certificate.sha256[:_SHA256]} {name}".strip(),
                    *_times(row),
                    row.connections,
                )
            )
        if rest:
            count = sum(row.connections for row in rest)
            more = f"and {len(rest)} more, the worst of them"
            told.append(Line("", rest[0].status, more, "", "", "", count))
    return told


def _most_telling(rows: list[Showing]) -> tuple[list[Showing], list[Showing]]:
    """What there is room for, in its order, and the rest; what failed comes before what passed."""
    if len(rows) <= _ROWS:
        return rows, []
    ranked = sorted(rows, key=lambda row: _WORST_FIRST.index(row.status))
    kept = set(map(id, ranked[:_ROWS]))
    return [row for row in rows if id(row) in kept], ranked[_ROWS:]


def shown_table(lines: Sequence[Line]) -> Table:
    """For a terminal; what differs between addresses stands under each other."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in COLUMNS:
        justify: Literal["left", "right"] = "right" if column == "connections" else "left"
        table.add_column("" if column == "status" else column, overflow="fold", justify=justify)
    for line in lines:
        table.add_row(
            line.slot,
            Text(_WORDS[line.status], style=_STYLES[line.status]),
            _text(line.address),
            _text(line.certificate),
            line.first,
            line.last,
            str(line.connections),
        )
    return table


def _times(row: Showing) -> tuple[str, str]:
    """To the second; the end only where it is another second, its day only where that is another day."""
    first, last = (iso_time(at.began)[:_SECONDS].replace("T", " ") for at in (row.first, row.last))
    if last == first:
        return first, ""
    return first, last[_DAY:] if last[:_DAY] == first[:_DAY] else last


def _common_name(subject: str) -> str:
    found = re.search(r'CN=("(?:[^"\\]|\\.)*"|[^,+]*)', subject)
    return found[1].strip('"') if found else subject


def _text(words: str) -> Text:
    return Text(safe_text(words, 200))
