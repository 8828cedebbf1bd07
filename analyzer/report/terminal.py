"""The report for a reader at a terminal: one block a connection, the verdict in words at the end.

Everything that is not a constant of this program goes through `_text`: a certificate's name is a
stranger's words, and rich neither removes escape sequences nor should read markup in them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from analyzer.report import ladder
from analyzer.report.alike import alike
from analyzer.report.console import console
from analyzer.report.level import level_table
from analyzer.report.model import Connection, Input, Report, numbers_of
from analyzer.report.shown import shown_lines, shown_table
from analyzer.report.text import safe_text
from analyzer.report.timing_words import timing_line
from analyzer.report.words import (
    OUTCOME_WORDS,
    PLAIN_WIDTH,
    SLOT_TITLES,
    STAGE_WORDS,
    differing,
    frames_text,
    headline,
    level_title,
    other_findings,
    passed_over,
    remedies,
    slot_findings,
    when,
    wireshark_line,
)
from analyzer.session.timing import timing
from analyzer.verdict.finding import Cause, Confidence, Finding, Status

_STYLES = {Status.PASS: "bold green", Status.FAIL: "bold red", Status.UNKNOWN: "bold yellow"}
_WORDS = {Status.PASS: "ok", Status.FAIL: "FAIL", Status.UNKNOWN: "unknown"}
_OUTCOME_STYLES = {"established": "green", "failed": "bold red"}

# From this many connections on, those that went alike are told once; equal failures from fewer on.
_ALIKE_FROM = 9
_SERIES = 3


def dumps(report: Report) -> str:
    """The report as plain text."""
    text = io.StringIO()
    show(report, text, colored=False, width=PLAIN_WIDTH)
    return text.getvalue()


def show(report: Report, stream: TextIO, *, colored: bool, width: int | None = None) -> None:
    """Write the report to `stream`; `width` None takes the terminal's."""
    out = console(stream, colored=colored, width=width)
    for part in _parts(report, out.width):
        out.print(part)


def show_connection(
    connection: Connection, stream: TextIO, *, colored: bool, width: int | None = None
) -> None:
    """Write one connection's block to `stream`."""
    out = console(stream, colored=colored, width=width)
    alone = Report((), (connection,), (), Status.UNKNOWN)
    out.print(_connection(connection, alone, out.width))


def _parts(report: Report, width: int) -> Iterator[RenderableType]:
    yield from map(_source, report.inputs)
    for group in _told(report.connections):
        yield Text()
        yield _connection(group[0], report, width)
        if others := group[1:]:
            streams = ", ".join(map(str, numbers_of(others)))
            yield _text(f"The same in {_more(others)}: {streams}", "dim", limit=300)
    yield Text()
    yield Rule(style="dim")
    if lines := shown_lines(report):
        yield _text("Certificates over the whole capture", "bold")
        yield shown_table(lines)
        yield Text()
    yield from map(_finding, report.findings)
    yield _verdict(report)


def _text(words: str, style: str = "", *, limit: int = 2000) -> Text:
    return Text(safe_text(words, limit), style=style)


def _source(source: Input) -> Text:
    if source.refused:
        return _text(f"{source.name}: not read: {source.refused}", "bold red")
    line = _text(f"{source.name}: {source.format}, {source.frames} frames")
    for damage in source.damage:
        line.append(safe_text(f"; {damage.why} (at byte {damage.offset})"), style="yellow")
    if skipped := passed_over(source):
        words = ", ".join(f"{count} {why}" for why, count in skipped)
        line.append(safe_text(f"; passed over: {words}"), style="dim")
    return line


def _told(connections: Sequence[Connection]) -> Iterator[Sequence[Connection]]:
    """Each connection with those that went alike; a reconnect storm is told once."""
    groups = alike(connections)
    if len(connections) < _ALIKE_FROM:
        groups = [
            part
            for group in groups
            for part in (
                [group]
                if group[0].cause is not None and len(group) >= _SERIES
                else [(one,) for one in group]
            )
        ]
        groups.sort(key=lambda group: numbers_of(group[:1]))
    yield from groups


def _connection(connection: Connection, report: Report, width: int) -> Group:
    return Group(
        _title(connection),
        Padding(Group(*_body(connection, report, width)), (0, 0, 0, 2)),
    )


def _title(connection: Connection) -> Rule:
    told = connection.conversation
    words = f"Connection {told.stream}   {told.tcp.client} -> {told.tcp.server}   {OUTCOME_WORDS[told.outcome]}"
    return Rule(
        _text(words, _OUTCOME_STYLES.get(told.outcome, "yellow")),
        align="left",
        characters="=",
        style="dim",
    )


def _body(connection: Connection, report: Report, width: int) -> Iterator[RenderableType]:
    told = connection.conversation
    yield _when(connection)
    yield _text(f"got as far as: {STAGE_WORDS[told.stage]}")
    if took := timing_line(told, timing(told), report.usual):
        yield _text(f"took: {took}", "dim")
    if told.broken:
        yield _text(f"the analyzer itself failed on this connection: {told.broken}", "bold red")
    if connection.cause is not None:
        yield from _cause(connection.cause)
    yield Text()
    if told.sessions:
        yield level_table(told.sessions, width - 2)
        yield Text()
    slots = slot_findings(connection)
    if slots:
        yield _text("Certificates, presented against expected", "bold")
        yield from map(_slot, slots)
        yield Text()
    for carved in told.carved:
        yield _text(
            f"seen in the {level_title(carved.level)} plaintext, outside any handshake that could be "
            f"recognised: {carved.certificate.subject}, sha256 {carved.certificate.sha256} "
            f"(from the {carved.side.word}, {frames_text((carved.at,))})"
        )
    noted = [f for f in other_findings(connection) if f.status is not Status.PASS]
    if noted:
        yield _text("Also", "bold")
        yield from map(_finding, noted)
        yield Text()
    yield _text("Timeline", "bold")
    yield ladder.table(told)
    wanted = remedies(connection)
    if wanted:
        yield Text()
        yield _text("Sealed; what would open it", "bold")
        yield from (_bullet("add to the key log", remedy) for remedy in wanted)
    yield Text()
    yield _text(wireshark_line(connection, report), "dim")


def _when(connection: Connection) -> Text:
    return _text(when(connection), "dim")


def _cause(cause: Cause) -> Iterator[RenderableType]:
    sure = "" if cause.confidence is Confidence.CERTAIN else f" ({cause.confidence.value})"
    where = f" ({frames_text(cause.evidence)})" if cause.evidence else ""
    yield Text.assemble((f"Why{sure}: ", "bold red"), _text(f"{cause.summary}{where}", "bold"))
    if cause.advice:
        yield _bullet("do", cause.advice)
    yield from (_bullet("or", other) for other in cause.alternatives)
    yield from (_bullet("to decide", step) for step in cause.decide)
    yield from (_bullet("limits", limit) for limit in cause.limitations)
    yield _bullet("more", f"hsm-analyzer explain {cause.code}")


def _slot(finding: Finding) -> RenderableType:
    rows = [
        ("presented", finding.observed),
        ("expected", finding.expected),
        *(("differs", words) for words in differing(finding)),
        ("note", "; ".join(finding.notes)),
        ("do", finding.advice),
        ("limits", "; ".join(finding.limitations)),
    ]
    return Group(_line(finding, SLOT_TITLES[finding.code]), _details(rows))


def _finding(finding: Finding) -> RenderableType:
    rows = [
        ("observed", finding.observed),
        ("expected", finding.expected),
        *(("differs", words) for words in differing(finding)),
        ("note", "; ".join(finding.notes)),
        ("do", finding.advice),
        ("limits", "; ".join(finding.limitations)),
    ]
    return Group(_line(finding, level_title(finding.level)), _details(rows))


def _line(finding: Finding, subject: str) -> Text:
    """`FAIL  outer server: ... (frame 6)`; unknown says at once that a reason follows."""
    word = _WORDS[finding.status]
    where = f" ({frames_text(finding.evidence)})" if finding.evidence else ""
    because = "because " if finding.status is Status.UNKNOWN and not subject else ""
    about = f"{subject}: " if subject else because
    return Text.assemble(
        (f"{word:<8}", _STYLES[finding.status]), _text(f"{about}{finding.message}{where}")
    )


def _details(rows: Iterable[tuple[str, str]]) -> Padding:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True, min_width=9)
    table.add_column(overflow="fold")
    for label, value in rows:
        if value:
            table.add_row(label, _text(value))
    return Padding(table, (0, 0, 0, 8))


def _bullet(label: str, words: str) -> Padding:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(f"{label}:", _text(words))
    return Padding(table, (0, 0, 0, 2))


def _verdict(report: Report) -> RenderableType:
    word = report.verdict.value.upper()
    lines: list[RenderableType] = [
        Text.assemble(
            ("Verdict: ", "bold"), (word, _STYLES[report.verdict]), _text(f"   {headline(report)}")
        )
    ]
    label = "unknown, because" if report.verdict is Status.UNKNOWN else "because"
    lines.extend(_bullet(label, reason) for reason in report.reasons)
    return Group(*lines)


def _more(others: Sequence[Connection]) -> str:
    return f"{len(others)} more connection{'' if len(others) == 1 else 's'}"
