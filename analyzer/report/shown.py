"""The table over the whole capture: which address showed which certificate when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from analyzer.report.text import safe_text
from analyzer.report.words import SLOT_TITLES, iso_time
from analyzer.verdict.finding import Status
from analyzer.verdict.showing import Showing

_STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.UNKNOWN: "yellow"}
_WORDS = {Status.PASS: "ok", Status.FAIL: "FAIL", Status.UNKNOWN: "unknown"}
_SHA256 = 12  # hex digits that tell the certificates of one capture apart
_SECONDS, _DAY = len("2026-11-24T02:56:24"), len("2026-11-24 ")


def shown_table(rows: Sequence[Showing]) -> Table:
    """One row a certificate, address and slot; what differs between addresses stands under each other."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("slot", "", "address", "certificate", "from", "to"):
        table.add_column(column, overflow="fold")
    table.add_column("connections", justify="right")
    for code, of_slot in groupby(rows, key=lambda row: row.slot):
        for number, row in enumerate(of_slot):
            table.add_row(
                SLOT_TITLES[code] if number == 0 else "",
                Text(_WORDS[row.status], style=_STYLES[row.status]),
                _text(f"{row.address} {row.hsm}"),
                _text(
                    f"{row.certificate.sha256[:_SHA256]} {_common_name(row.certificate.subject)}"
                ),
                *_times(row),
                str(row.connections),
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
    return Text(safe_text(words.strip(), 200))
