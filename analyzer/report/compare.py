"""Two captures side by side: what changed from one to the other, or what two places saw of the same traffic."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from analyzer.report.model import Connection, Report
from analyzer.report.vantage import Vantage, same_traffic, vantage
from analyzer.session.facts import Session
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.tls.constants import alert_name, version_name
from analyzer.tls.suites import suite_name
from analyzer.values import dataclass
from analyzer.verdict.regression.check import comparable_history
from analyzer.verdict.words import short

_MILLISECOND = 1_000_000
_CLOSE_NOTIFY = 0

# A time that less than doubles, or that grows by less, is a matter of the day.
_NOTABLE_RATIO = 2
_NOTABLE_MS = 5

# (value, times) in the order of their number.
Counted: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A fact whose values are not those of the other capture.

    Attributes:
        about: `ADDRESS:PORT` of the server, or `every connection`.
        key: as in an expectation file where it has one: `inner.version`, `outer.server_cert`.
        before, after: each value with the number of connections that have it; () where there are none.
        evidence: a frame of the later capture that shows it.
    """

    about: str
    key: str
    before: Counted
    after: Counted
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Timing:
    """A time in milliseconds, the median over the connections that have it; None where none has.

    Attributes:
        notable: it at least doubled or halved, by more than a few milliseconds.
    """

    key: str
    before: float | None
    after: float | None
    counts: tuple[int, int]

    @property
    def notable(self) -> bool:
        """Whether it is more than a matter of the day."""
        if self.before is None or self.after is None:
            return False
        low, high = sorted((self.before, self.after))
        return high - low >= _NOTABLE_MS and high >= _NOTABLE_RATIO * low


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports compared.

    Attributes:
        kind: `change` (before and after) or `vantage` (the same traffic from two places).
        changes, timings: of a `change`. vantage: of a `vantage`.
    """

    kind: str
    first: Report
    second: Report
    changes: tuple[Change, ...] = ()
    timings: tuple[Timing, ...] = ()
    vantage: Vantage | None = None


def compare(first: Report, second: Report, kind: str | None = None) -> Comparison:
    """Compare two reports; `kind` None finds out whether both saw the same traffic."""
    if kind is None:
        kind = "vantage" if same_traffic(first, second) else "change"
    if kind == "vantage":
        return Comparison(kind, first, second, vantage=vantage(first, second))
    return Comparison(
        kind, first, second, tuple(_changes(first, second)), tuple(_timings(first, second))
    )


def _changes(first: Report, second: Report) -> Iterator[Change]:
    before, after = _by_server(first), _by_server(second)
    if not before.keys() & after.keys():
        yield from _of_group("every connection", first.connections, second.connections)
        return
    for server in dict.fromkeys((*before, *after)):
        own, other = before.get(server, []), after.get(server, [])
        if own and other:
            yield from _of_group(server, own, other)
        else:
            yield Change(server, "connections", _number(own), _number(other))


def _number(connections: Sequence[Connection]) -> Counted:
    return (("connected to", len(connections)),) if connections else ()


def _by_server(report: Report) -> dict[str, list[Connection]]:
    servers: dict[str, list[Connection]] = {}
    for connection in report.connections:
        servers.setdefault(str(connection.conversation.tcp.server), []).append(connection)
    return servers


def _of_group(
    about: str, before: Sequence[Connection], after: Sequence[Connection]
) -> Iterator[Change]:
    for key, fact in _FACTS:
        told = [
            [(c, value) for c in group if (value := fact(c)) is not None]
            for group in (before, after)
        ]
        was, now = (Counter(value for _, value in group) for group in told)
        if was.keys() == now.keys() and (key not in _SHARES or _shares(was) == _shares(now)):
            continue
        evidence = next((_place(c) for c, value in told[1] if value not in was), ())
        yield Change(about, key, _counted(was), _counted(now), evidence)


def _counted(values: Counter[str]) -> Counted:
    return tuple(values.most_common())


def _shares(values: Counter[str]) -> dict[str, float]:
    total = values.total()
    return {value: round(count / total, 3) for value, count in values.items()}


def _place(connection: Connection) -> tuple[Span, ...]:
    return (connection.conversation.tcp.span,)


def _of_level(
    depth: int, fact: Callable[[Session], str | None]
) -> Callable[[Connection], str | None]:
    def value(connection: Connection) -> str | None:
        session = connection.conversation.at_level(depth)
        return None if session is None else fact(session)

    return value


def _certificate(side: Side) -> Callable[[Session], str | None]:
    def value(session: Session) -> str | None:
        chain = session.certificates[side]
        if chain is None:
            return None
        return short(chain[0].certificate) if chain else "none"

    return value


def _offered(session: Session) -> str | None:
    if session.client_random is None:
        return None
    versions = ", ".join(map(version_name, session.offered_versions))
    return f"{versions or 'no version'}; {len(session.offered_suites)} cipher suites"


def _alerts(session: Session) -> str:
    sent = (a for a in session.alerts if a.code != _CLOSE_NOTIFY)
    return ", ".join(f"{a.side.word}:{alert_name(a.code)}" for a in sent) or "none"


def _history(session: Session) -> str | None:
    return None if session.sealed else comparable_history(session.history)


_FLAGS = {True: "yes", False: "no"}

# In the order of a level's life; None: the capture does not show it.
# fmt: off
_LEVEL_FACTS: tuple[tuple[str, Callable[[Session], str | None]], ...] = (
    ("outcome",             lambda s: s.outcome),
    ("offered",             _offered),
    ("version",             lambda s: None if s.version is None else version_name(s.version)),
    ("cipher",              lambda s: None if s.suite is None else suite_name(s.suite)),
    ("history",             _history),
    ("server_name",         lambda s: s.server_name),
    ("alpn",                lambda s: s.alpn),
    ("resumed",             lambda s: _FLAGS.get(s.resumed) if s.resumed is not None else None),
    ("certificate_request", lambda s: _FLAGS.get(s.certificate_request) if s.certificate_request is not None else None),
    ("server_cert",         _certificate(SERVER)),
    ("client_cert",         _certificate(CLIENT)),
    ("alerts",              _alerts),
    ("framing",             lambda s: s.framing or None),
)

_FACTS: tuple[tuple[str, Callable[[Connection], str | None]], ...] = (
    ("outcome",       lambda c: c.conversation.outcome),
    ("stage",         lambda c: c.conversation.stage),
    ("cause",         lambda c: "none" if c.cause is None else c.cause.code),
    ("tcp.handshake", lambda c: c.conversation.tcp.opening),
    ("tcp.ended_by",  lambda c: c.conversation.tcp.ended_by),
    *((f"outer.{key}", _of_level(0, fact)) for key, fact in _LEVEL_FACTS),
    *((f"inner.{key}", _of_level(1, fact)) for key, fact in _LEVEL_FACTS),
    ("findings",      lambda c: ", ".join(sorted(f"{f.code}: {f.status.value}" for f in c.findings if f.status.value != "pass")) or "all pass"),
)
# fmt: on

# Where it also matters how many connections have which value.
_SHARES = frozenset({"outcome", "stage", "cause"})


def _timings(first: Report, second: Report) -> Iterator[Timing]:
    for key, time in _TIMES:
        told = [
            [value for c in report.connections if (value := time(c)) is not None]
            for report in (first, second)
        ]
        if any(told):
            before, after = (round(statistics.median(t), 6) if t else None for t in told)
            yield Timing(key, before, after, (len(told[0]), len(told[1])))


def _round_trip(connection: Connection) -> float | None:
    rtt = connection.conversation.tcp.rtt_ns
    return None if rtt is None else rtt / _MILLISECOND


def _handshake(depth: int) -> Callable[[Connection], float | None]:
    def time(connection: Connection) -> float | None:
        session = connection.conversation.at_level(depth)
        if session is None or session.outcome != "established":
            return None
        ends = [m.at.ended for m in session.messages if m.type == "finished"]
        began = min((m.at.began for m in session.messages), default=0)
        return (max(ends) - began) / _MILLISECOND if ends else None

    return time


def _whole(connection: Connection) -> float | None:
    span = connection.conversation.tcp.span
    return (span.ended - span.began) / _MILLISECOND


_TIMES: tuple[tuple[str, Callable[[Connection], float | None]], ...] = (
    ("round trip (SYN to SYN-ACK)", _round_trip),
    ("outer handshake", _handshake(0)),
    ("inner handshake", _handshake(1)),
    ("whole connection", _whole),
)
