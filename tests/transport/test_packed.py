"""Where every port is looked at, a connection of which one segment was seen is kept packed: what is told is the same."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest

from analyzer.capture.items import FIN, RST, IcmpError, Segment
from analyzer.stream import CLIENT, SERVER
from analyzer.transport import Flows, TransportLimits
from tests.makers.segments import CLIENT_HELLO, MS, SERVER_HELLO, START, Conversation, span
from tests.makers.streams import collect

NAMED = frozenset({443})
SECOND = 1000 * MS


def begun_before(number: int, sends: int, made: random.Random) -> list[Segment]:
    """The first segments that a capture shows of a connection under way, the server's and the client's mixed."""
    talk = Conversation(
        client=(f"10.0.{number >> 8}.{number & 255}", 30_000),
        server=("10.0.9.9", 443),
        client_isn=made.getrandbits(32),
        server_isn=made.getrandbits(32),
    )
    for _ in range(sends):
        side = made.choice((CLIENT, SERVER))
        match made.randrange(7):
            case 0 | 1:
                talk.ack(side)
            case 2 | 3 | 4:
                talk.data(side, made.randbytes(made.randrange(1, 1400)))
            case 5:
                talk.data(side, CLIENT_HELLO if side is CLIENT else SERVER_HELLO)
            case _:
                talk.data(side, made.randbytes(30), missing=made.randrange(1400))
    if made.random() < 0.2:
        talk.send(CLIENT, made.choice((FIN, RST)) | 16)
    return talk.segments


def mixed(conversations: Sequence[Sequence[Segment]], made: random.Random) -> list[Segment]:
    """All in one capture, each conversation's segments in their own order."""
    turns = [number for number, each in enumerate(conversations) for _ in each]
    made.shuffle(turns)
    rests = [iter(each) for each in conversations]
    return [
        next(rests[turn])._replace(at=span(frame, START + frame * MS))
        for frame, turn in enumerate(turns, 1)
    ]


def told(
    segments: Iterable[Segment], ports: frozenset[int] | None, limits: TransportLimits | None = None
) -> tuple[list[object], Flows]:
    flows = Flows(ports, limits)
    return [(s.flow.number, s.events, s.facts) for s in collect(flows, segments)], flows


@pytest.mark.parametrize("seed", range(8))
def test_the_same_is_told_as_of_a_port_that_was_named(seed: int):
    made = random.Random(seed)
    segments = mixed([begun_before(n, made.choice((1, 1, 2, 9)), made) for n in range(60)], made)

    assert told(segments, None)[0] == told(segments, NAMED)[0]


def test_one_that_is_captured_twice_is_the_same_packet():
    made = random.Random(1)
    [segment] = begun_before(0, 1, made)[:1]
    again = segment._replace(at=span(2, segment.at.ended + MS))

    connections, _ = told([segment, again], None)

    assert connections == told([segment, again], NAMED)[0]
    assert len(connections) == 1


def test_silence_ends_it():
    made = random.Random(2)
    limits = TransportLimits(idle_ns=100 * SECOND)
    first, second = (begun_before(number, 1, made)[0] for number in (0, 1))
    later = [
        second._replace(at=span(2 + at, START + at * 20 * SECOND), seq=second.seq + at)
        for at in range(12)
    ]

    connections, _ = told([first, *later], None, limits)

    assert connections == told([first, *later], NAMED, limits)[0]
    assert [facts.ended_by for _, _, facts in connections] == ["timeout", "open"]


def test_beyond_the_ceiling_the_longest_idle_end_whether_packed_or_not():
    made = random.Random(3)
    limits = TransportLimits(connections=50)
    segments = mixed([begun_before(n, made.choice((1, 1, 1, 4)), made) for n in range(400)], made)

    connections, flows = told(segments, None, limits)

    named, named_flows = told(segments, NAMED, limits)
    assert connections == named
    assert flows.summary == named_flows.summary
    assert flows.summary.given_up > 0


@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_an_icmp_error_that_quotes_either_direction_is_attached(side: int):
    talk = Conversation(server=("10.0.0.2", 443))
    segment = talk.data(CLIENT, b"x" * 100)
    key = segment.key if side is CLIENT else talk.ack(SERVER).key
    error = IcmpError(key, "10.0.0.9", 3, 4, 4, "too big", 1400, span(5))
    flows = Flows(None)
    assert not flows.feed(segment)

    flows.icmp(error)

    events = list(flows.finish())
    assert events[-1][0].facts().icmp == (error,)
    assert flows.summary.stray_icmp == 0


def test_numbers_follow_the_first_frames():
    made = random.Random(4)
    segments = mixed([begun_before(n, 2, made) for n in range(30)], made)
    connections, _ = told(segments, None)
    began = [facts.span.first for _, _, facts in connections]
    assert all(one < other for one, other in pairwise(began))
