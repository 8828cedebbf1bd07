"""Where the time of a connection went: stage by stage and flight by flight, on the network and at either end.

A flight is what one side sends without a break. What passed between the last byte of one flight and the first of
the answer is the answering end's, except for the round trip that lies between that end and the point of capture,
which the TCP handshake measured. Where packets were lost, the wait for their repetition cannot be told from the
end's own time: `TcpFacts.sides` says whether there were any.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from analyzer.session.columns import rows, spans_of
from analyzer.session.facts import Conversation, Session
from analyzer.session.outcome import ESTABLISHED
from analyzer.stream import CLIENT, SERVER, Side, Span, new_tuple
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
        _latest = told, _stages(told)
    return _latest[1]


_latest: tuple[Conversation, tuple[StageTime, ...]] | None = None


def median(values: Iterable[int]) -> float:
    """The middle of these, of which there must be one; of two in the middle their mean.

    As `statistics.median`, which brings fractions and decimal numbers along: 3 ms, and 0.4 MB of the peak.
    """
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def usual(times: Iterable[Iterable[tuple[str, int]]]) -> dict[str, int]:
    """The median of each stage over the connections of a capture, for stages that at least three have.

    Args:
        times: of each connection, the stages with the nanoseconds that they took.
    """
    took: dict[str, array[int]] = {}
    for stages in times:
        for stage, nanoseconds in stages:
            if stage not in took:
                took[stage] = array("q")
            took[stage].append(nanoseconds)
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
    begun = max((m.at.ended for m in outer.messages if m.type == "finished"), default=-1)
    client, server = (
        [record for record in of_side if record.type == APPLICATION_DATA]
        for of_side in outer.first_records
    )
    records = [record for record in _in_order(client, server) if record[0] > begun]
    flights, _ = _flights(_trips(told), records)
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


def _stages(told: Conversation) -> tuple[StageTime, ...]:
    tcp = told.tcp
    stages = []
    if tcp.full_rtt_ns is not None:
        stages.append(StageTime("tcp", tcp.full_rtt_ns, tcp.full_rtt_ns, 0, 0, ()))
    outer, inner = told.at_level(0), told.at_level(1)
    opening = _handshake(outer) if outer else None
    if outer is None or opening is None:
        return tuple(stages)
    nested = _handshake(inner) if inner and outer.outcome == ESTABLISHED else None
    trips = _trips(told)
    _, last, _, ended = span = opening.span
    # Of many records only those up to the end of the handshakes.
    first, until = (nested.span.first, nested.span.ended) if nested else (0, 0)
    records = _in_order(*outer.first_records, max(until, ended), first)
    stages.append(_stage("outer", span, trips, _within(span, records), opening.sent))
    if nested is None:
        return tuple(stages)
    # The inner ClientHello ends it: the wait for that is the client's.
    between = [r for r in records if last < r[_LAST] and r[_FIRST] <= first]
    gap = Span(last, first, ended, nested.span.began)
    stages.append(_stage("between", gap, trips, between, before=(opening.last, ended)))
    span = nested.span
    stages.append(_stage("inner", span, trips, _within(span, records), nested.sent))
    return tuple(stages)


# Per side, when messages began, and the types of those that came together.
_Sent: TypeAlias = tuple[list[tuple[int, list[str]]], list[tuple[int, list[str]]]]


class _Handshake(NamedTuple):
    """A handshake as far as it was read.

    Attributes:
        span: from the ClientHello to the last message; tickets come after it. last: who sent that one.
        sent: the messages, tickets and data too.
    """

    span: Span
    last: Side
    sent: _Sent


def _handshake(session: Session) -> _Handshake | None:
    sent: _Sent = ([], [])
    latest = sender = None
    together: list[str] = []
    first = begun = last = end = 0
    for side, kind, _, at, _ in rows(session.messages):
        if kind in _NOT_HANDSHAKE:
            latest = None
            if kind != "alert":
                sent[side].append((at[2], [kind]))
            continue
        if at is latest:  # in the same record
            together.append(kind)
            continue
        latest = at
        together = [kind]
        its_first, its_last, began, ended = at
        sent[side].append((began, together))
        if sender is None or began < begun or (began == begun and its_first < first):
            first, begun = its_first, began
        if sender is None or ended > end:
            sender, last, end = side, its_last, ended
        elif ended == end and its_last > last:
            last = its_last
    return None if sender is None else _Handshake(Span(first, last, begun, end), sender, sent)


_NOT_HANDSHAKE = frozenset({"application_data", "alert", "new_session_ticket", "key_update"})

# Of records of the outer level, in which the inner level travels, those of one side that came in the same frames: when
# they began, their first frame, when they ended, their last frame, whose they are. So they sort into capture order as
# they are, in a third of the time that a key function takes.
_Record: TypeAlias = tuple[int, int, int, int, Side]
_FIRST, _ENDED, _LAST = range(1, 4)


def _in_order(
    client: Sequence[RecordSeen],
    server: Sequence[RecordSeen],
    until: int = sys.maxsize,
    first: int = 0,
) -> list[_Record]:
    """Those that began by the time `until`, or in frames up to `first`."""
    in_order = []
    for side, records in ((CLIENT, client), (SERVER, server)):
        latest = None
        for at in spans_of(records):
            if at is latest:  # of the same frames
                continue
            latest = at
            its_first, last, began, ended = at
            if began <= until or its_first <= first:
                in_order.append((began, its_first, ended, last, side))
    in_order.sort()
    return in_order


def _within(span: Span, records: Sequence[_Record]) -> list[_Record]:
    """Of `records`, which are in order, those that `span` holds."""
    _, _, began, ended = span
    some = records[bisect_left(records, (began,)) : bisect_left(records, (ended + 1,))]
    return [record for record in some if record[_ENDED] <= ended]


def _stage(
    name: str,
    span: Span,
    trips: tuple[int, int],
    records: Sequence[_Record],
    sent: _Sent = ([], []),
    before: tuple[Side | None, int] = (None, 0),
) -> StageTime:
    """A stage of `span`; the rest as for `_flights`."""
    flights, own = _flights(trips, records, sent, before)
    took = max(0, span.ended - span.began)
    network = max(0, took - own[CLIENT] - own[SERVER])
    return StageTime(name, took, network, own[CLIENT], own[SERVER], flights)


def _flights(
    trips: tuple[int, int],
    records: Sequence[_Record],
    sent: _Sent = ([], []),
    before: tuple[Side | None, int] = (None, 0),
) -> tuple[tuple[Flight, ...], list[int]]:
    """The flights that `records` are, and of each side the time in them that is its own.

    Args:
        before: who sent last before them, and until when.
    """
    flights = []
    own = [0, 0]
    previous, until = before
    sender: Side | None = None
    begun = first = end = last = 0
    for began, its_first, ended, its_last, side in (*records, _NO_RECORD):
        if side is sender:
            if ended > end or (ended == end and its_last > last):
                end, last = ended, its_last
            continue
        if sender is not None:
            waited = on_network = 0
            if previous is not None and begun > until:
                waited = begun - until
                if previous is not sender:
                    on_network = min(waited, trips[sender])
            kinds: tuple[str, ...] = ()
            for time, together in sent[sender]:
                if begun <= time <= end:
                    kinds = (*kinds, *together)
            sending = end - begun
            own[sender] += waited - on_network + sending
            at = new_tuple(Span, (first, last, begun, end))
            flight = (sender, kinds, at, waited, on_network, sending)
            flights.append(new_tuple(Flight, flight))
            previous, until = sender, end
        sender, begun, first, end, last = side, began, its_first, ended, its_last
    return tuple(flights), own


# Behind the last record: the flight before it is over.
_NO_RECORD = (0, 0, 0, 0, None)


def _trips(told: Conversation) -> tuple[int, int]:
    """Per side, the round trip between the point of capture and that end, 0 where it is not known."""
    tcp = told.tcp
    server = tcp.rtt_ns or 0
    return max(0, (tcp.full_rtt_ns or server) - server), server
