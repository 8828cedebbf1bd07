"""What must not change the two byte streams, and what must change them by exactly so much."""

from __future__ import annotations

import random
from itertools import accumulate, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.capture.items import ACK, FIN, PSH, RST, SYN, URG, Segment
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side
from analyzer.transport import Flows, TransportLimits
from tests.makers.segments import CLIENT_HELLO, MS, SERVER_HELLO, Conversation, span
from tests.makers.streams import PORTS, Streams, only, reassembled

ISNS = st.integers(0, 0xFFFF_FFFF) | st.integers(0xFFFF_FF00, 0xFFFF_FFFF)


@st.composite
def conversations(draw) -> Conversation:
    """Both sides send a few segments (of one byte none: its repeat could be a keep-alive) and close."""
    talk = Conversation(client_isn=draw(ISNS), server_isn=draw(ISNS)).open()
    sizes = draw(
        st.lists(st.tuples(st.sampled_from(Side), st.integers(2, 40)), min_size=1, max_size=25)
    )
    for number, (side, size) in enumerate(sizes):
        talk.data(side, bytes((number * 7 + at) & 0xFF for at in range(size)))
        if number % 5 == 4:
            talk.ack(side.peer)
    return talk.close()


def sent(talk: Conversation, side: Side) -> bytes:
    key = (talk.client_key, talk.server_key)[side]
    return b"".join(s.payload for s in talk.segments if s.key == key)


def of(talk: Conversation, side: Side) -> list[Segment]:
    key = (talk.client_key, talk.server_key)[side]
    return [s for s in talk.segments if s.key == key]


def assert_whole(streams: Streams, talk: Conversation) -> None:
    """Every byte, each in the frame that carried it first, and nothing else."""
    for side in Side:
        assert streams.data(side) == sent(talk, side)
        assert streams.frames(side) == [
            (s.at.first, s.payload) for s in of(talk, side) if s.payload
        ]
        assert streams.closed(side) == "fin"
    assert streams.facts.gaps == ()
    assert streams.facts.oriented_by == "syn"


@given(conversations(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_reordering_changes_nothing(talk: Conversation, chance: random.Random):
    shuffled = talk.segments[:]
    chance.shuffle(shuffled)
    streams = only(shuffled)
    assert_whole(streams, talk)
    for facts in streams.facts.sides:
        assert (facts.retransmissions, facts.duplicates) == (0, 0)
        assert facts.disagreements == ()


@given(conversations(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_directions_changes_nothing(talk: Conversation, server_first: bool):
    sides = (SERVER, CLIENT) if server_first else (CLIENT, SERVER)
    streams = only([segment for side in sides for segment in of(talk, side)])
    assert_whole(streams, talk)
    assert all(facts.out_of_order == facts.recovered == 0 for facts in streams.facts.sides)


@given(conversations(), st.data())
@settings(max_examples=60, deadline=None)
def test_repeats_change_nothing_and_are_counted(talk: Conversation, data: st.DataObject):
    original = talk.segments[:]
    carrying = [s for s in original if s.payload]
    chosen = data.draw(st.lists(st.sampled_from(carrying), max_size=10))
    everything = original[:]
    for number, segment in enumerate(chosen):
        place = data.draw(st.integers(everything.index(segment) + 1, len(everything)))
        repeat = segment._replace(ip_id=50_000 + number, at=span(900 + number, talk.clock))
        everything.insert(place, repeat)
    streams = only(everything)
    for side in Side:
        assert streams.data(side) == sent(talk, side)
        assert streams.frames(side) == [
            (s.at.first, s.payload) for s in original if s.payload and s in of(talk, side)
        ]
    assert sum(facts.retransmissions for facts in streams.facts.sides) == len(chosen)
    assert sum(facts.duplicates for facts in streams.facts.sides) == 0
    assert all(facts.disagreements == () for facts in streams.facts.sides)


@given(st.binary(min_size=1, max_size=300), ISNS, st.data())
@settings(max_examples=60, deadline=None)
def test_any_partition_with_any_overlaps_gives_the_same_bytes(
    payload: bytes, isn: int, data: st.DataObject
):
    talk = Conversation(client_isn=isn).open()
    cuts = data.draw(st.lists(st.integers(0, len(payload)), max_size=20))
    places = sorted({0, len(payload), *cuts})
    start = talk.next[CLIENT]
    pieces = [(max(0, low - data.draw(st.integers(0, 9))), high) for low, high in pairwise(places)]
    for low, high in data.draw(st.permutations(pieces)):
        talk.data(CLIENT, payload[low:high], seq=(start + low) & 0xFFFF_FFFF)
    streams = only(talk.segments)
    assert streams.data(CLIENT) == payload
    assert streams.facts.sides[CLIENT].disagreements == ()
    assert streams.facts.sides[CLIENT].payload_bytes == len(payload)


@given(conversations(), st.data())
@settings(max_examples=80, deadline=None)
def test_what_is_dropped_is_missing_exactly(talk: Conversation, data: st.DataObject):
    droppable = [s for s in talk.segments if s.payload or not s.flags & (SYN | FIN)]
    dropped = data.draw(st.lists(st.sampled_from(droppable), unique=True, max_size=8))
    streams = only([s for s in talk.segments if s not in dropped])
    for side in Side:
        expected: list[bytes | int] = []
        for segment in of(talk, side):
            if (
                segment in dropped
                and segment.payload
                and expected
                and isinstance(expected[-1], int)
            ):
                expected[-1] += len(segment.payload)
            elif segment.payload:
                expected.append(len(segment.payload) if segment in dropped else segment.payload)
        observed = [
            event.data if isinstance(event, Chunk) else event.size
            for event in streams.of(side)
            if not isinstance(event, Closed)
        ]
        assert observed == expected
        lost = sum(each for each in expected if isinstance(each, int))
        assert streams.facts.sides[side].payload_bytes == len(sent(talk, side)) - lost


@given(st.integers(0, 40), st.integers(0, 40), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_without_the_handshake_the_hellos_still_tell_who_is_who(
    cut: int, other: int, chance: random.Random
):
    talk = Conversation(server=("10.0.0.2", 50000)).open()
    talk.segments.clear()
    for side, hello, at in ((CLIENT, CLIENT_HELLO, cut), (SERVER, SERVER_HELLO, other)):
        for part in (hello[:at], hello[at:]):
            if part:
                talk.data(side, part)
    chance.shuffle(talk.segments)
    streams = only(talk.segments)
    assert streams.data(CLIENT) == CLIENT_HELLO
    assert streams.data(SERVER) == SERVER_HELLO
    assert streams.facts.gaps == ()
    assert streams.facts.oriented_by == "content"


@given(conversations(), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_a_capture_that_starts_later_gives_the_rest(talk: Conversation, start: int):
    for streams in reassembled(talk.segments[start:]):
        for side in Side:
            assert sent(talk, side).endswith(streams.data(side))
            if streams.facts.opening == "unseen" and streams.data(side):
                first = streams.of(side)[0]
                assert isinstance(first, Gap)
                assert first.size is None


@st.composite
def damaged(draw) -> list[Segment]:
    """A valid conversation with some fields of some segments changed, some segments lost, moved or doubled."""
    segments = draw(conversations()).segments[:]
    for _ in range(draw(st.integers(1, 12))):
        place = draw(st.integers(0, len(segments) - 1))
        segment = segments[place]
        change = draw(
            st.one_of(
                st.builds(lambda value: {"seq": value}, ISNS),
                st.builds(
                    lambda value, s=segment: {"seq": (s.seq + value) & 0xFFFF_FFFF},
                    st.integers(-50, 50),
                ),
                st.builds(lambda value: {"ack": value}, ISNS),
                st.builds(
                    lambda value: {"flags": value},
                    st.sampled_from(
                        [
                            0,
                            SYN,
                            SYN | ACK,
                            RST,
                            RST | ACK,
                            FIN,
                            SYN | FIN,
                            SYN | RST,
                            URG | PSH,
                            255,
                        ]
                    ),
                ),
                st.builds(lambda value: {"window": value}, st.sampled_from([0, 65535])),
                st.builds(lambda value: {"payload": value}, st.binary(max_size=60)),
                st.builds(lambda value: {"missing": value}, st.integers(0, 70_000)),
                st.builds(lambda value: {"options": value}, st.binary(max_size=40)),
                st.builds(lambda value: {"at": span(1, value)}, st.integers(0, 2**62)),
                st.builds(lambda value: {"key": value}, st.sampled_from([s.key for s in segments])),
            )
        )
        segments[place] = segment._replace(**change)
        if draw(st.booleans()):
            other = draw(st.integers(0, len(segments) - 1))
            segments[place], segments[other] = segments[other], segments[place]
        if draw(st.booleans()):
            segments.insert(draw(st.integers(0, len(segments))), segments[place])
    return segments


@given(damaged(), st.sampled_from([16 << 20, 50, 0]))
@settings(max_examples=250, deadline=None)
def test_no_damage_raises_and_every_stream_stays_well_formed(segments: list[Segment], ceiling: int):
    limits = TransportLimits(
        held_bytes=ceiling, linger_ns=20 * MS, idle_ns=10_000 * MS, connections=3
    )
    for streams in reassembled(segments, limits):
        for side in Side:
            assert streams.closed(side)
            assert all(gap.size is None or gap.size > 0 for gap in streams.gaps(side))
            assert all(chunk.data for chunk in streams.of(side) if isinstance(chunk, Chunk))
        facts = streams.facts
        assert facts.longest_silence_ns >= 0
        assert facts.rtt_ns is None or facts.rtt_ns >= 0
        assert all(each.zero_window_ns >= 0 for each in facts.sides)
        assert [each.payload_bytes for each in facts.sides] == [
            len(streams.data(side)) for side in Side
        ]


@given(st.integers(1, 200), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_what_comes_out_never_overtakes_what_was_fed(count: int, chance: random.Random):
    talk = Conversation().open()
    opening = talk.segments[:]
    data = [talk.data(CLIENT, bytes([number])) for number in range(count)]
    chance.shuffle(data)
    flows = Flows(PORTS)
    arrived: set[int] = set()
    out = []
    for segment in (*opening, *data):
        arrived.update(segment.payload)
        events = [event for _, event in flows.feed(segment)]
        out += [event.data[0] for event in events]
        ready = next((number for number in range(count) if number not in arrived), count)
        assert out == list(range(ready))
    assert list(accumulate(out, max)) == out
