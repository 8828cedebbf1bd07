"""A server that has forgotten its answer gives another one to the same SYN: one connection (as tshark has it)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.capture.items import ACK, RST, SYN, Segment
from analyzer.stream import CLIENT, SERVER
from analyzer.transport.limits import SECOND
from tests.makers.segments import MS, Conversation, span
from tests.makers.streams import only, reassembled
from tests.properties.test_transport_streams import ISNS, conversations


def answer(talk: Conversation, isn: int) -> Segment:
    """The server's SYN-ACK with a number of its own choice."""
    talk.next[SERVER] = isn
    return talk.send(SERVER, SYN | ACK)


def refused(times: int, wait_ns: int = SECOND, **ends: int) -> Conversation:
    """The client's machine answers each SYN-ACK with RST, and its program goes on with the same SYN."""
    talk = Conversation(**ends)
    syn = talk.send(CLIENT, SYN)
    for number in range(times):
        if number:
            talk.wait(wait_ns << number)
            talk.again(syn)
        answer(talk, 5000 + 1_000_000_000 * number)
        talk.reset(CLIENT)
    return talk


def begun_twice() -> Conversation:
    talk = Conversation()
    talk.send(CLIENT, SYN)
    answer(talk, 5000)
    answer(talk, 4_000_000_000)
    return talk


def talked(talk: Conversation) -> Conversation:
    talk.ack(CLIENT)
    talk.data(CLIENT, b"question")
    talk.data(SERVER, b"answer")
    return talk.close()


@pytest.mark.parametrize("times", [2, 3, 6])
def test_a_syn_that_is_refused_its_answer_again_and_again_is_one_connection(times):
    facts = only(refused(times).segments).facts

    assert (facts.opening, facts.syns, facts.asked_after_reset) == ("no-final-ack", times, True)
    assert (facts.ended_by, facts.ended_by_side) == ("reset", CLIENT)
    assert facts.sides[SERVER].segments == times
    assert facts.sides[CLIENT].reset is not None
    assert facts.sides[CLIENT].reset.first == 3


def test_the_order_of_the_directions_does_not_matter():
    segments = refused(3).segments
    for side in (CLIENT, SERVER):
        first = [s for s in segments if (s.key == segments[0].key) is (side is CLIENT)]
        facts = only([*first, *(s for s in segments if s not in first)]).facts

        assert (facts.opening, facts.syns) == ("no-final-ack", 3)
        assert (facts.client.port, facts.server.port) == (40000, 2223)


def test_without_its_syn_captured_the_answers_are_still_one_connection():
    segments = [s for s in refused(3).segments if s.flags != SYN]

    facts = only(segments).facts

    assert (facts.opening, facts.server.port) == ("no-final-ack", 2223)


def test_an_answer_that_the_client_takes_up_at_last_opens_the_connection():
    talk = refused(2)
    talk.wait(4 * SECOND)
    talk.again(talk.segments[0])
    answer(talk, 77)
    streams = only(talked(talk).segments)

    assert (streams.data(CLIENT), streams.data(SERVER)) == (b"question", b"answer")
    facts = streams.facts
    assert (facts.opening, facts.ended_by, facts.gaps) == ("complete", "fin", ())
    assert [side.reset for side in facts.sides] == [None, None]


def test_a_connection_that_opened_at_last_may_be_silent_for_long():
    talk = refused(2)
    talk.wait(4 * SECOND)
    talk.again(talk.segments[0])
    answer(talk, 77)
    talk.ack(CLIENT)
    talk.data(CLIENT, b"question")
    talk.wait(600 * SECOND)
    talk.data(SERVER, b"answer")
    streams = only(talk.close().segments)

    assert (streams.data(CLIENT), streams.data(SERVER)) == (b"question", b"answer")


def test_of_two_answers_the_one_that_the_client_takes_up_counts():
    for chosen in (5000, 4_000_000_000):
        talk = begun_twice()
        talk.next[SERVER] = chosen + 1
        streams = only(talked(talk).segments)

        assert (streams.data(CLIENT), streams.data(SERVER)) == (b"question", b"answer")
        assert streams.facts.gaps == ()


def test_a_reset_that_ends_an_open_connection_stays():
    talk = Conversation().open()
    talk.reset(CLIENT)
    talk.again(talk.segments[0])
    talk.again(talk.segments[1])
    talk.ack(CLIENT)

    facts = only(talk.segments).facts

    assert (facts.ended_by, facts.ended_by_side) == ("reset", CLIENT)


def test_another_answer_to_another_syn_is_another_connection():
    first = refused(1)
    second = refused(1, client_isn=9, clock=first.clock, frame=first.frame)

    assert len(reassembled(first.segments + second.segments)) == 2


def test_another_answer_in_an_open_connection_is_another_connection():
    talk = Conversation().open()
    talk.data(SERVER, b"one")
    answer(talk, 4_000_000_000)._replace(ack=talk.client_isn + 1)
    talk.segments[-1] = talk.segments[-1]._replace(ack=talk.client_isn + 1)

    assert len(reassembled(talk.segments)) == 2


@settings(max_examples=60, deadline=None)
@given(talk=conversations(), isns=st.lists(ISNS, max_size=4), resets=st.booleans())
def test_answers_that_were_refused_before_change_nothing_of_the_connection(talk, isns, resets):
    syn, syn_ack, *_ = talk.segments
    ack = (syn.seq + 1) & 0xFFFF_FFFF
    before: list[Segment] = []
    for isn in isns:
        before += [syn, syn_ack._replace(seq=isn)]
        if resets:
            before.append(syn._replace(flags=RST, seq=ack, options=b""))
    earlier = syn.at.began - len(before) * MS
    numbered = [
        each._replace(ip_id=30_000 + number, at=span(number, earlier + number * MS))
        for number, each in enumerate(before)
    ]

    streams, plain = only([*numbered, *talk.segments]), only(talk.segments)

    assert streams.events == plain.events
    facts, expected = streams.facts, plain.facts
    assert (facts.opening, facts.ended_by, facts.gaps, facts.client) == (
        expected.opening,
        expected.ended_by,
        expected.gaps,
        expected.client,
    )
    assert [each.payload_bytes for each in facts.sides] == [
        each.payload_bytes for each in expected.sides
    ]
