"""The report as Markdown (GitHub's dialect), for tickets and merge requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from analyzer.report.alike import alike
from analyzer.report.ladder import flights
from analyzer.report.model import Connection, Input, Report, numbers_of
from analyzer.report.shown import COLUMNS, shown_lines
from analyzer.report.text import safe_text
from analyzer.report.timing_words import timing_line
from analyzer.report.words import (
    OUTCOME_WORDS,
    SLOT_TITLES,
    STAGE_WORDS,
    differing,
    frames_text,
    headline,
    iso_time,
    level_title,
    other_findings,
    passed_over,
    remedies,
    slot_findings,
)
from analyzer.session.timing import timing
from analyzer.stream import CLIENT
from analyzer.tls.constants import version_name
from analyzer.tls.suites import suite_name
from analyzer.verdict.finding import Cause, Confidence, Finding, Status

_SECOND = 1_000_000_000
_WORDS = {Status.PASS: "ok", Status.FAIL: "**FAIL**", Status.UNKNOWN: "unknown"}

# A ticket is read, not searched: beyond these the report says how much it leaves out.
_GROUPS = 50
_FLIGHTS = 40
_STREAMS = 30

# ASCII punctuation that can act (CommonMark section 2.4): a backslash takes its meaning away.
_ACTING = re.compile(r"([\\`*_\[\]<>|~$&!{}])")

# What a renderer links without any markup: URLs, mentions, issue numbers.
_LINKED = re.compile(r"://|www\.|[@#]|\b(?:mailto|xmpp):", re.IGNORECASE)


def dumps(report: Report) -> str:
    """The report as Markdown."""
    return "\n".join(_lines(report)) + "\n"


def text(words: str, limit: int = 2000) -> str:
    """Words as inline Markdown in which nothing acts; a code span where something would be linked."""
    if _LINKED.search(words):
        return code(words, limit)
    return _ACTING.sub(r"\\\1", safe_text(words, limit))


def code(words: str, limit: int = 2000) -> str:
    """Words as a code span that also holds in a table's cell."""
    safe = safe_text(words, limit).replace("|", r"\|")
    longest = max((len(run) for run in re.findall("`+", safe)), default=0)
    fence = "`" * (longest + 1)
    space = " " if safe[:1] in {"`", " ", ""} or safe[-1:] in {"`", " "} else ""
    return f"{fence}{space}{safe}{space}{fence}"


def _lines(report: Report) -> Iterator[str]:
    yield f"# hsm-analyzer: {report.verdict.value.upper()}"
    yield ""
    yield text(headline(report))
    yield ""
    if report.reasons:
        yield from (f"- because {text(reason)}" for reason in report.reasons)
        yield ""
    yield from map(_input, report.inputs)
    yield ""
    for finding in report.findings:
        yield from _finding(finding, level_title(finding.level))
    yield from _shown(report)
    groups = alike(report.connections)
    if groups:
        yield from _overview(groups)
    for group in groups[:_GROUPS]:
        yield from _group(group, report)
    if len(groups) > _GROUPS:
        yield f"{len(groups) - _GROUPS} more kinds of connections are not shown here."
        yield ""


def _input(source: Input) -> str:
    if source.refused:
        return f"- {code(source.name)}: **not read**: {text(source.refused)}"
    said = [f"{source.format}, {source.frames} frames"]
    said += [f"{text(each.why)} (at byte {each.offset})" for each in source.damage]
    said += [f"passed over: {count} {text(why)}" for why, count in passed_over(source)]
    return f"- {code(source.name)}: {'; '.join(said)}"


def _shown(report: Report) -> Iterator[str]:
    lines = shown_lines(report)
    if not lines:
        return
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---|---|---|---|---|---|---:|"
    for line in lines:
        yield (
            f"| {line.slot} | {_WORDS[line.status]} | {text(line.address)} | {text(line.certificate, 200)} "
            f"| {line.first} | {line.last} | {line.connections} |"
        )
    yield ""


def _overview(groups: Sequence[Sequence[Connection]]) -> Iterator[str]:
    yield "| connections | server | outcome | got as far as | cause |"
    yield "|---:|---|---|---|---|"
    for group in groups[:_GROUPS]:
        first, told = group[0], group[0].conversation
        cause = "" if first.cause is None else text(first.cause.summary)
        yield (
            f"| {len(group)} | {code(str(told.tcp.server))} | {OUTCOME_WORDS[told.outcome]} "
            f"| {STAGE_WORDS[told.stage]} | {cause} |"
        )
    yield ""


def _group(group: Sequence[Connection], report: Report) -> Iterator[str]:
    first, others = group[0], group[1:]
    told = first.conversation
    yield f"## Connection {told.stream}: {OUTCOME_WORDS[told.outcome]}"
    yield ""
    tcp = told.tcp
    seconds = (tcp.span.ended - tcp.span.began) / _SECOND
    yield (
        f"{code(str(tcp.client))} to {code(str(tcp.server))}, {iso_time(tcp.span.began)}, "
        f"{frames_text((tcp.span,))}, {seconds:.6f} s, got as far as: {STAGE_WORDS[told.stage]}"
    )
    yield ""
    if others:
        streams = ", ".join(map(str, numbers_of(others[:_STREAMS])))
        more = ", ..." if len(others) > _STREAMS else ""
        yield f"The same in {_more(others)}: {streams}{more}"
        yield ""
    if took := timing_line(told, timing(told), report.usual):
        yield f"Time: {text(took)}"
        yield ""
    if told.broken:
        yield f"**The analyzer itself failed on this connection:** {text(told.broken)}"
        yield ""
    if first.cause is not None:
        yield from _cause(first.cause)
    yield from _levels(first)
    for finding in slot_findings(first):
        yield from _finding(finding, SLOT_TITLES[finding.code])
    for finding in other_findings(first):
        if finding.status is not Status.PASS:
            yield from _finding(finding, level_title(finding.level))
    yield from _timeline(first)
    yield from _bullets(("to open what is sealed, add to the key log", remedies(first)))


def _cause(cause: Cause) -> Iterator[str]:
    sure = "" if cause.confidence is Confidence.CERTAIN else f"{cause.confidence.value}: "
    where = f" ({frames_text(cause.evidence)})" if cause.evidence else ""
    yield f"**Why:** {sure}{text(cause.summary)}{where}"
    yield ""
    yield from _bullets(
        ("do", (cause.advice,)),
        ("or", cause.alternatives),
        ("to decide", cause.decide),
        ("limits", cause.limitations),
    )


def _levels(connection: Connection) -> Iterator[str]:
    sessions = connection.conversation.sessions
    if not sessions:
        return
    yield "| level | outcome | version | cipher suite | history | server shows | client shows |"
    yield "|---|---|---|---|---|---|---|"
    for session in sessions:
        shown = [
            "not seen"
            if chain is None
            else "nothing"
            if not chain
            else code(chain[0].certificate.subject or chain[0].certificate.sha256)
            for chain in reversed(session.certificates)
        ]
        cells = (
            level_title(session.level),
            OUTCOME_WORDS[session.outcome],
            "" if session.version is None else version_name(session.version),
            "" if session.suite is None else code(suite_name(session.suite)),
            code(session.history) if session.history else "",
            *shown,
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _finding(finding: Finding, subject: str) -> Iterator[str]:
    where = f" ({frames_text(finding.evidence)})" if finding.evidence else ""
    about = f"{subject}: " if subject else ""
    yield f"{_WORDS[finding.status]} {about}{text(finding.message)}{where}"
    yield ""
    yield from _bullets(
        ("presented" if subject else "observed", (finding.observed,)),
        ("expected", (finding.expected,)),
        ("differs", differing(finding)),
        ("note", finding.notes),
        ("do", (finding.advice,)),
        ("limits", finding.limitations),
    )


def _bullets(*rows: tuple[str, Iterable[str]]) -> Iterator[str]:
    told = [f"- {label}: {text(words)}" for label, several in rows for words in several if words]
    if told:
        yield from told
        yield ""


def _timeline(connection: Connection) -> Iterator[str]:
    told = connection.conversation
    began = told.tcp.span.began
    rows = flights(told)
    yield "| time | frames | from | level | messages |"
    yield "|---:|---|---|---|---|"
    for flight in rows[:_FLIGHTS]:
        level = level_title(flight.level) or "TCP"
        side = "client" if flight.side is CLIENT else "server"
        yield (
            f"| +{(flight.at.began - began) / _SECOND:.6f} s | {frames_text((flight.at,))} "
            f"| {side} | {level} | {text(', '.join(flight.what))} |"
        )
    if len(rows) > _FLIGHTS:
        yield f"| | | | | {len(rows) - _FLIGHTS} more |"
    yield ""


def _more(others: Sequence[Connection]) -> str:
    return f"{len(others)} more connection{'' if len(others) == 1 else 's'}"
