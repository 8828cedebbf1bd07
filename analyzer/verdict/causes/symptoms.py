"""What the rules of diagnosis look at: symptoms, computed once from the facts of one connection.

A symptom says what was seen, in the order and the words that a diagnosis needs: who ended what first and
how long it had waited, how far each handshake came and what its sealed records look like from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from analyzer.session.facts import Conversation, MessageSeen, Session
from analyzer.session.outcome import is_fatal
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.tls.constants import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    TLS13,
)
from analyzer.tls.events import Alert, RecordSeen
from analyzer.values import dataclass
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding

SECOND = 1_000_000_000

# A peer that has not answered for this long is waited for; one that closes sooner has decided.
PATIENCE_NS = 2 * SECOND


_CLIENT_FLIGHT = frozenset(
    {"certificate", "client_key_exchange", "certificate_verify", "change_cipher_spec", "finished"}
)


class Ending(NamedTuple):
    """Something that ends a stream.

    Attributes:
        how: `close_notify`, `sealed-alert` (TLS <= 1.2 shows that it is an alert, not which), `fin` or `reset`.
        level: None for TCP's.
    """

    side: Side
    how: str
    at: Span
    level: int | None


@dataclass(frozen=True, slots=True)
class HandshakeSymptoms:
    """The first handshake of one level.

    Attributes:
        alert: the first fatal alert in it that is no mere answer to the other side's end.
        sent: per side, the types of the messages that were read, of the handshake itself.
        answered: the client began to answer the server's flight (TLS <= 1.2, or readable TLS 1.3).
        finished: per side, whether its Finished was read.
        sealed: per side, the outside of the records that follow the last message that was read of a
            TLS 1.3 handshake, where they could not be opened.
        last: the last message of the handshake that was read, in capture order.
        ended: what ended this level first, a refusing alert apart.
        cut: the first FIN or RST of the connection.
        waited_ns: from the last message to that end, or to the end of the capture.
        hidden: messages may lie in records of the level around this one that nobody could open.
        holes: they do, or bytes of the connection are missing.
        around: the session that this one is inside of, None at the outer level.
        judged: per side, what was found about its certificate slot.
    """

    session: Session
    alert: Alert | None
    sent: tuple[frozenset[str], frozenset[str]]
    answered: bool
    finished: tuple[bool, bool]
    sealed: tuple[tuple[RecordSeen, ...], tuple[RecordSeen, ...]]
    last: MessageSeen | None
    ended: Ending | None
    cut: Ending | None
    waited_ns: int
    hidden: bool
    holes: bool
    around: Session | None
    judged: tuple[Finding | None, Finding | None]

    @property
    def level(self) -> int:
        """0 outer, 1 inner."""
        return self.session.level

    @property
    def unread(self) -> bool:
        """A TLS 1.3 handshake whose encrypted part could not be read."""
        return self.session.version == TLS13 and bool(self.sealed[CLIENT] or self.sealed[SERVER])

    @property
    def data_before_alert(self) -> bool:
        """The alert's sender had opened application data before it: the handshake had come to its end."""
        alert = self.alert
        return alert is not None and any(
            m.type == "application_data"
            and m.side is alert.side
            and (m.at.began, m.at.first) <= (alert.at.began, alert.at.first)
            for m in self.session.messages
        )

    @property
    def only_hello(self) -> bool:
        """A ClientHello was seen and no ServerHello."""
        return "client_hello" in self.sent[CLIENT] and "server_hello" not in self.sent[SERVER]

    def frame(self, side: Side, *types: str) -> tuple[Span, ...]:
        """The frames of the first message of `side` of one of these types."""
        found = (m.at for m in self.session.messages if m.side is side and m.type in types)
        return tuple(found)[:1]


@dataclass(frozen=True, slots=True)
class Symptoms:
    """One connection.

    Attributes:
        endings: everything that ended a stream, in capture order.
        outer, inner: the first handshake of that level, None where none was found.
        foreign_reset: the side whose RST does not look like its other packets.
    """

    told: Conversation
    expected: Expectations
    findings: tuple[Finding, ...]
    endings: tuple[Ending, ...]
    outer: HandshakeSymptoms | None
    inner: HandshakeSymptoms | None
    foreign_reset: Side | None

    @property
    def one_sided(self) -> bool:
        """Only one side's packets are in the capture, though the other's must have been there."""
        tcp = self.told.tcp
        return tcp.opening not in {"syn-only", "refused"} and not all(
            side.segments for side in tcp.sides
        )

    def silent_since_ns(self, side: Side) -> int | None:
        """Since when `side` has answered nothing to what the other sends again and again; None where it did."""
        facts, asking = self.told.tcp.sides[side], self.told.tcp.sides[side.peer]
        if not asking.unacknowledged or asking.last is None or facts.window_closed_ns:
            return None
        since = asking.last.ended - asking.unanswered_ns
        answered = facts.last is not None and facts.last.began > since + SECOND // 2
        return None if answered else since

    @property
    def quiet_ns(self) -> int:
        """How long the capture went on after the connection's last packet, known to the second."""
        tcp = self.told.tcp
        return max(0, tcp.watched_until_ns - tcp.span.ended)

    @property
    def ended(self) -> Ending | None:
        """What ended the connection first."""
        return next(iter(self.endings), None)


def symptoms(told: Conversation, findings: Sequence[Finding], expected: Expectations) -> Symptoms:
    """The symptoms of one connection."""
    endings = tuple(sorted(_endings(told), key=lambda e: (e.at.began, e.at.first)))
    return Symptoms(
        told=told,
        expected=expected,
        findings=tuple(findings),
        endings=endings,
        outer=_handshake(told, 0, endings, findings),
        inner=_handshake(told, 1, endings, findings),
        foreign_reset=_foreign_reset(told),
    )


def _endings(told: Conversation) -> Iterator[Ending]:
    for session in told.sessions:
        for alert in session.alerts:
            if alert.code == 0:
                yield Ending(alert.side, "close_notify", alert.at, session.level)
        yield from _sealed_alerts(session)
    for side in (CLIENT, SERVER):
        facts = told.tcp.sides[side]
        if facts.fin is not None:
            yield Ending(side, "fin", facts.fin, None)
        if facts.reset is not None:
            yield Ending(side, "reset", facts.reset, None)


_END = attrgetter("at.ended", "at.last")


def _handshake(
    told: Conversation, level: int, endings: Sequence[Ending], findings: Sequence[Finding]
) -> HandshakeSymptoms | None:
    session = told.at_level(level)
    if session is None:
        return None
    handshake = [m for m in session.messages if m.type not in {"application_data", "alert"}]
    types = [frozenset([m.type for m in handshake if m.side is side]) for side in (CLIENT, SERVER)]
    last = max(reversed(handshake), key=_END, default=None)
    # An end at a deeper level leaves this one standing.
    ended = next((e for e in endings if e.level is None or e.level <= level), None)
    until = ended.at.began if ended else max(told.tcp.span.ended, told.tcp.watched_until_ns)
    real = types[CLIENT] - {"change_cipher_spec"} if session.version == TLS13 else types[CLIENT]
    sealed = tuple(_sealed(session, side) for side in (CLIENT, SERVER))
    hidden = _hidden(told, level)
    return HandshakeSymptoms(
        session=session,
        alert=next(_refusals(session, endings), None),
        sent=(types[CLIENT], types[SERVER]),
        answered=bool(real & _CLIENT_FLIGHT),
        finished=("finished" in types[CLIENT], "finished" in types[SERVER]),
        sealed=(sealed[CLIENT], sealed[SERVER]),
        last=last,
        ended=ended,
        cut=next((e for e in endings if e.level is None), None),
        waited_ns=max(0, until - last.at.ended) if last else 0,
        hidden=hidden,
        holes=bool(told.tcp.gaps) or hidden,
        around=told.at_level(level - 1),
        judged=(_judged(findings, level, CLIENT), _judged(findings, level, SERVER)),
    )


def _hidden(told: Conversation, level: int) -> bool:
    """A side's messages may lie in records of the level around that nobody could open."""
    around = told.at_level(level - 1)
    return around is not None and any(around.hides(side) for side in (CLIENT, SERVER))


def _sealed_alerts(session: Session) -> Iterator[Ending]:
    """TLS <= 1.2: a record of type alert behind ChangeCipherSpec, on a side that could not be opened."""
    for side in {sealed.side for sealed in session.sealed}:
        if session.version is None or session.version >= TLS13:
            continue
        records = session.first_records[side]
        behind = False
        for record in records:
            behind |= record.type == CHANGE_CIPHER_SPEC
            if behind and record.type == ALERT:
                yield Ending(side, "sealed-alert", record.at, session.level)


def _judged(findings: Sequence[Finding], level: int, side: Side) -> Finding | None:
    code = f"{'inner' if level else 'outer'}-{side.word}-certificate"
    return next((f for f in findings if f.code == code), None)


def _refusals(session: Session, endings: Sequence[Ending]) -> Iterator[Alert]:
    """Fatal alerts in capture order, without those that only complain that the other side is gone."""
    for alert in sorted(session.alerts, key=lambda alert: (alert.at.began, alert.at.first)):
        gone = any(e.side is alert.side.peer and e.at.began < alert.at.began for e in endings)
        if is_fatal(alert, session.version) and not gone:
            yield alert


def _sealed(session: Session, side: Side) -> tuple[RecordSeen, ...]:
    """Records of a TLS 1.3 side that stayed closed; empty where its handshake keys were there."""
    if session.version != TLS13 or not any(s.side is side for s in session.sealed):
        return ()
    if any(m.side is side and m.type == "finished" for m in session.messages):
        return ()
    return tuple(r for r in session.first_records[side] if r.type == APPLICATION_DATA)


def _foreign_reset(told: Conversation) -> Side | None:
    """The side whose RST came with a TTL that none of its other packets has: something between sent it.

    A copy of a packet, captured behind the next router, has a TTL of its own: only those before the RST count.
    """
    for side in (CLIENT, SERVER):
        if told.tcp.sides[side].reset_ttl_new:
            return side
    return None
