"""Where the time of a connection went: stage by stage and flight by flight, on the network and at either end.

A flight is what one side sends without a break. What passed between the last byte of one flight and the first of
the answer is the answering end's, except for the round trip that lies between that end and the point of capture,
which the TCP handshake measured. Where packets were lost, the wait for their repetition cannot be told from the
end's own time: `TcpFacts.sides` says whether there were any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from statistics import median
from typing import NamedTuple

from analyzer.session.facts import Conversation, MessageSeen, Session
from analyzer.session.outcome import ESTABLISHED
from analyzer.stream import CLIENT, SERVER, Side, Span, spanning
from analyzer.tls.constants import APPLICATION_DATA
from analyzer.tls.events import RecordSeen

# In the order in which a connection passes them.
STAGES = ("tcp", "outer", "between", "inner")


class Flight(NamedTuple):
    """What one side sent without a break.

    Attributes:
        messages: the handshake messages of the stage's level in it, as far as they could be read.
        waited_ns: since the flight of the other side before it, 0 for a stage's first.
        network_ns: how much of that the round trip explains; the rest is this end's own.
        sending_ns: from its first to its last frame.
    """

    side: Side
    messages: tuple[str, ...]
    at: Span
    waited_ns: int
    network_ns: int
    sending_ns: int


class StageTime(NamedTuple):
    """One stage. `took_ns` is from its first to its last frame; the other three are parts of it."""

    stage: str
    took_ns: int
    network_ns: int
    client_ns: int
    server_ns: int
    flights: tuple[Flight, ...]


def timing(told: Conversation) -> tuple[StageTime, ...]:
    """The stages that were seen whole, and the last one as far as it came.

    A stage that cannot be told from the next one (its messages are encrypted and there are no keys) ends the
    list with what could be read of it.
    """
    # Asked twice of a connection in a row: when it is held against the others, and when it is written.
    global _latest  # noqa: PLW0603
    if _latest is None or _latest[0] is not told:
        _latest = told, tuple(_stages(told))
    return _latest[1]


_latest: tuple[Conversation, tuple[StageTime, ...]] | None = None


def usual(times: Iterable[Iterable[tuple[str, int]]]) -> dict[str, int]:
    """The median of each stage over the connections of a capture, for stages that at least three have.

    Args:
        times: of each connection, the stages with the nanoseconds that they took.
    """
    took: dict[str, list[int]] = {}
    for stages in times:
        for stage, nanoseconds in stages:
            took.setdefault(stage, []).append(nanoseconds)
    return {
        stage: int(median(took[stage])) for stage in STAGES if len(took.get(stage, ())) >= _ENOUGH
    }


# Fewer connections have no usual.
_ENOUGH = 3


def answers(told: Conversation) -> tuple[int, ...]:
    """How long the server's side took for each answer once the connection was up, without the round trip.

    Read from the outside of the outer level's first records, so no keys are needed; () where it was not up.
    """
    outer = told.at_level(0)
    if outer is None or outer.outcome != ESTABLISHED:
        return ()
    begun = max((m.at.ended for m in outer.messages if m.type == "finished"), default=None)
    records = [r for r in _records(outer) if r.type == APPLICATION_DATA]
    if begun is not None:
        records = [r for r in records if r.at.began > begun]
    flights = tuple(_flights(told, records, (), None))
    return tuple(
        flight.waited_ns - flight.network_ns for flight in flights[1:] if flight.side is SERVER
    )


def slowing(told: Conversation) -> tuple[int, int] | None:
    """Where answers take ever longer, as from an HSM that is throttling: the median of the first half and the last's.

    None where they do not, or are too few to tell.
    """
    outer = told.at_level(0)
    if outer is None or len(outer.first_records[SERVER]) < _ANSWERS:
        return None
    if told.tcp.span.ended - told.tcp.span.began < _SLOW_NS:
        return None  # no time for a slow answer
    waits = answers(told)
    if len(waits) < _ANSWERS:
        return None
    early, late = median(waits[: len(waits) // 2]), median(waits[len(waits) // 2 :])
    return (int(early), int(late)) if late >= max(_SLOWER * early, _SLOW_NS) else None


# So many answers make a trend, if the later half takes so many times as long, and that is felt.
_ANSWERS, _SLOWER, _SLOW_NS = 8, 5, 200_000_000


def _stages(told: Conversation) -> Iterator[StageTime]:
    tcp = told.tcp
    if tcp.full_rtt_ns is not None:
        yield StageTime("tcp", tcp.full_rtt_ns, tcp.full_rtt_ns, 0, 0, ())
    outer, inner = told.at_level(0), told.at_level(1)
    outer_span = _handshake_span(outer)
    if outer is None or outer_span is None:
        return
    records = _records(outer)
    yield _stage(told, "outer", records, outer_span, outer.messages)
    inner_span = _handshake_span(inner)
    if inner is None or inner_span is None or outer.outcome != ESTABLISHED:
        return
    # The inner ClientHello ends it: the wait for that is the client's.
    between = [r for r in records if outer_span.last < r.at.last and r.at.first <= inner_span.first]
    gap = max(0, inner_span.began - outer_span.ended)
    handshake = [m for m in outer.messages if m.type not in _NOT_HANDSHAKE]
    last = max(handshake, key=lambda message: message.at.ended)
    yield _sum("between", gap, tuple(_flights(told, between, (), (last.side, outer_span.ended))))
    yield _stage(told, "inner", records, inner_span, inner.messages)


def _handshake_span(session: Session | None) -> Span | None:
    """From the ClientHello to the last message of the handshake that was read; tickets come after it."""
    if session is None:
        return None
    spans = [m.at for m in session.messages if m.type not in _NOT_HANDSHAKE]
    return spanning(spans) if spans else None


_NOT_HANDSHAKE = frozenset({"application_data", "alert", "new_session_ticket", "key_update"})


def _records(outer: Session) -> list[RecordSeen]:
    """The first records of the outer level, both sides', in capture order: the inner level travels in them."""
    both = (*outer.first_records[CLIENT], *outer.first_records[SERVER])
    return sorted(both, key=_IN_CAPTURE_ORDER)


_IN_CAPTURE_ORDER = attrgetter("at.began", "at.first")
_SIDE = itemgetter(0)


def _stage(
    told: Conversation,
    name: str,
    records: Sequence[RecordSeen],
    span: Span,
    messages: Sequence[MessageSeen],
) -> StageTime:
    inside = [r for r in records if span.began <= r.at.began and r.at.ended <= span.ended]
    return _sum(name, span.ended - span.began, tuple(_flights(told, inside, messages, None)))


def _sum(name: str, took: int, flights: tuple[Flight, ...]) -> StageTime:
    own = [0, 0]
    for flight in flights:
        own[flight.side] += flight.waited_ns - flight.network_ns + flight.sending_ns
    network = max(0, took - own[CLIENT] - own[SERVER])
    return StageTime(name, took, network, own[CLIENT], own[SERVER], flights)


def _flights(
    told: Conversation,
    records: Sequence[RecordSeen],
    messages: Sequence[MessageSeen],
    before: tuple[Side, int] | None,
) -> Iterator[Flight]:
    """The flights that `records` are; `before`: who sent last before them, and until when."""
    trips = _trips(told)
    sent: tuple[list[tuple[int, str]], ...] = ([], [])
    for message in messages:
        if message.type != "alert":
            sent[message.side].append((message.at.began, message.type))
    for side, run in groupby(records, key=_SIDE):
        at = spanning([record.at for record in run])
        waited = 0 if before is None else max(0, at.began - before[1])
        answers = before is not None and before[0] is not side
        yield Flight(
            side=side,
            messages=tuple([kind for time, kind in sent[side] if at.began <= time <= at.ended]),
            at=at,
            waited_ns=waited,
            network_ns=min(waited, trips[side]) if answers else 0,
            sending_ns=at.ended - at.began,
        )
        before = side, at.ended


def _trips(told: Conversation) -> tuple[int, int]:
    """Per side, the round trip between the point of capture and that end, 0 where it is not known."""
    tcp = told.tcp
    server = tcp.rtt_ns or 0
    return max(0, (tcp.full_rtt_ns or server) - server), server
