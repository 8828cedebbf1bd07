"""What `check` found, for a reader at a terminal: rule by rule, expected above observed."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analyzer.report.check import Check, Checked, RuleResult
from analyzer.report.console import console
from analyzer.report.text import safe_text
from analyzer.report.words import PLAIN_WIDTH, frames_text
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.check import Difference

_WORDS = {Status.PASS: "ok", Status.FAIL: "FAIL", Status.UNKNOWN: "unknown"}
_STYLES = {Status.PASS: "bold green", Status.FAIL: "bold red", Status.UNKNOWN: "bold yellow"}

# A storm that breaks a rule breaks it alike: so many connections are told, the rest is counted.
_SHOWN = 5


def dumps(checks: Sequence[Check]) -> str:
    """All checks as plain text."""
    text = io.StringIO()
    show(checks, text, colored=False, width=PLAIN_WIDTH)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def show(
    checks: Sequence[Check], stream: TextIO, *, colored: bool, width: int | None = None
) -> None:
    """Write all checks to `stream`; `width` None takes the terminal's."""
    out = console(stream, colored=colored, width=width)
    for check in checks:
        for part in _parts(check):
            out.print(part)


def _parts(check: Check) -> Iterator[RenderableType]:
    yield _line(check.status, check.name, bold=True)
    for result in check.rules:
        yield Padding(_line(result.status, _title(result)), (0, 0, 0, 2), expand=False)
        yield from (_difference(difference, 4) for difference in result.count)
        wrong = [each for each in result.checked if each.differences]
        for checked in wrong[:_SHOWN]:
            yield from _connection(checked)
        if len(wrong) > _SHOWN:
            more = f"{len(wrong) - _SHOWN} more connections differ"
            yield Padding(Text(more, style="dim"), (0, 0, 0, 4), expand=False)
        yield from (_allowed(*each) for each in result.allowed)
    for connection in check.unmatched[:_SHOWN]:
        told = connection.conversation
        words = (
            f"no rule is for connection {told.stream}, {told.tcp.client} -> {told.tcp.server}, "
            f"{told.outcome}"
        )
        yield Padding(_line(Status.FAIL, words), (0, 0, 0, 2), expand=False)
    if len(check.unmatched) > _SHOWN:
        more = f"no rule is for {len(check.unmatched) - _SHOWN} more connections"
        yield Padding(_line(Status.FAIL, more), (0, 0, 0, 2), expand=False)
    yield from (_difference(difference, 2) for difference in check.whole)
    for note in check.notes:
        words = safe_text(f"note: {note}", 2000)
        yield Padding(Text(words, style="dim"), (0, 0, 0, 2), expand=False)


def _title(result: RuleResult) -> str:
    count = len(result.checked)
    return f"{result.rule.name}: {count} connection{'' if count == 1 else 's'}"


def _line(status: Status, words: str, *, bold: bool = False) -> Text:
    style = "bold" if bold else ""
    return Text.assemble((f"{_WORDS[status]:<8}", _STYLES[status]), (safe_text(words, 2000), style))


def _connection(checked: Checked) -> Iterator[RenderableType]:
    told = checked.connection.conversation
    words = f"connection {told.stream}, {told.tcp.client} -> {told.tcp.server}"
    yield Padding(Text(safe_text(words)), (0, 0, 0, 4), expand=False)
    yield from (_difference(difference, 6) for difference in checked.differences)


def _difference(difference: Difference, indent: int) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for style in ("", "dim", ""):
        table.add_column(style=style, no_wrap=style == "dim", overflow="fold")
    where = f" ({frames_text(difference.evidence)})" if difference.evidence else ""
    sign = {Status.FAIL: "!", Status.UNKNOWN: "?"}.get(difference.status, " ")
    key = Text(f"{sign} {safe_text(difference.key):<22}", style=_STYLES[difference.status])
    table.add_row(key, "expected", Text(safe_text(difference.expected, 2000)))
    table.add_row("", "observed", Text(safe_text(difference.observed, 2000) + where))
    return Padding(table, (0, 0, 0, indent), expand=False)


def _allowed(code: str, reason: str, times: int) -> RenderableType:
    met = {0: "never met; the entry can go", 1: "met once"}.get(times, f"met {times} times")
    words = safe_text(f"allowed: {code}, {met} ({reason})")
    return Padding(Text(words, style="dim"), (0, 0, 0, 4), expand=False)
