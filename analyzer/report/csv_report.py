"""The report as a table: a row a connection (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from analyzer.report.model import Report
from analyzer.report.rows import COLUMNS, row
from analyzer.report.text import safe_text

# A cell that begins so is a formula to a spreadsheet, whatever its quotes (OWASP, "CSV Injection").
_FORMULA = tuple("=+-@|%＝＋－＠")  # noqa: RUF001  full-width signs are formulas too

# Spreadsheets hold 32,767 characters in a cell.
_LIMIT = 2000


def dumps(report: Report) -> str:
    """The connections as CSV with a line of column names; lines end in CRLF as RFC 4180 says."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for connection in report.connections:
        writer.writerow([cell(value) for value in row(connection).values()])
    return text.getvalue()


def cell(value: str | float | None) -> str | float | None:
    """A value as it may stand in a table that a spreadsheet opens."""
    if not isinstance(value, str):
        return value
    text = safe_text(value, _LIMIT)
    return f"'{text}" if text.startswith(_FORMULA) else text
