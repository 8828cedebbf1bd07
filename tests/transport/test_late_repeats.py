"""Repeats that come after the end of their connection, of which hashes are remembered."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from analyzer.stream import CLIENT, FILE_SHIFT, SERVER, Side
from analyzer.transport import Flows, TransportLimits
from analyzer.transport.facts import SideFacts
from tests.makers.segments import MS, Conversation
from tests.makers.streams import PORTS, collect, only


def ended(*, by_reset: bool = False, last_acked: bool = True) -> Conversation:
    """Four segments of the client, and the end."""
    talk = Conversation().open()
    for data in (b"first bytes", b"second bytes", b"third bytes", b"fourth bytes"):
        talk.data(CLIENT, data)
    if last_acked:
        talk.ack(SERVER)
    if by_reset:
        talk.reset(SERVER)
    else:
        talk.fin(CLIENT)
        talk.fin(SERVER, ack=talk.next[CLIENT] if last_acked else talk.segments[3].seq)
    return talk


def told(talk: Conversation, side: Side = CLIENT) -> SideFacts:
    return only(talk.segments).facts.sides[side]


@pytest.mark.parametrize("by_reset", [False, True])
@pytest.mark.parametrize("place", [3, 4, 6])
def test_a_late_second_sighting_is_a_duplicate(place, by_reset):
    talk = ended(by_reset=by_reset)
    sent = talk.segments[place]
    talk.again(sent, ip_id=sent.ip_id)
    side = told(talk)
    assert (side.duplicates, side.retransmissions, side.disagreements) == (1, 0, ())


@pytest.mark.parametrize("place", [3, 4, 6])
def test_a_late_packet_with_the_same_bytes_is_a_retransmission(place):
    talk = ended()
    talk.again(talk.segments[place])
    side = told(talk)
    assert (side.duplicates, side.retransmissions, side.disagreements) == (0, 1, ())


@pytest.mark.parametrize("change", [{"ack": 5002}, {"flags": 16}, {"seq": 1002}])
def test_a_late_packet_that_differs_in_its_header_is_no_second_sighting(change):
    talk = ended()
    sent = talk.segments[4]
    talk.again(sent, ip_id=sent.ip_id, **change)
    assert (told(talk).duplicates, told(talk).retransmissions) == (0, 1)


def test_without_ip_ids_a_late_second_sighting_comes_soon():
    talk = ended()
    talk.segments = [each._replace(ip_id=0) for each in talk.segments]
    talk.clock = talk.segments[4].at.began + 3 * MS
    talk.again(talk.segments[4], ip_id=0)
    talk.wait(5 * MS)
    talk.again(talk.segments[5], ip_id=0)
    assert (told(talk).duplicates, told(talk).retransmissions) == (1, 1)


def test_through_another_tunnel_it_may_take_longer():
    talk = ended()
    talk.segments = [each._replace(ip_id=0) for each in talk.segments]
    talk.wait(50 * MS)
    talk.again(talk.segments[4], ip_id=0, path=("VXLAN 7",))
    assert (told(talk).duplicates, told(talk).retransmissions) == (1, 0)


def test_a_second_point_of_capture_is_known_by_its_file():
    talk = ended()
    for sent in talk.segments[3:7]:
        late = talk.again(sent, ip_id=sent.ip_id)
        place = late.at.first | 1 << FILE_SHIFT
        talk.segments[-1] = late._replace(at=late.at._replace(first=place, last=place))
    streams = only(talk.segments)
    assert streams.flow.copied == [(0, 1)]
    assert streams.facts.sides[CLIENT].duplicates == 4


@pytest.mark.parametrize("place", [3, 4, 6])
def test_a_late_repeat_with_other_bytes_is_a_disagreement(place):
    talk = ended()
    sent = talk.segments[place]
    repeat = talk.again(sent, payload=b"x" * len(sent.payload))
    [disagreement] = told(talk).disagreements
    assert (disagreement.first, disagreement.last) == (sent.at.first, repeat.at.first)


def test_late_bytes_that_were_not_acknowledged_are_compared_however_they_are_cut():
    talk = ended(last_acked=False)
    sent = talk.segments[4]
    talk.again(sent, seq=sent.seq + 2, payload=b"XX")
    [disagreement] = told(talk).disagreements
    assert disagreement.first == sent.at.first


def test_late_bytes_that_were_acknowledged_are_compared_as_they_were_cut_only():
    talk = ended()
    sent = talk.segments[4]
    talk.again(sent, seq=sent.seq + 2, payload=b"XX")
    assert (told(talk).retransmissions, told(talk).disagreements) == (1, ())


def test_what_was_never_acknowledged_is_told_after_an_end():
    whole, late = ended(by_reset=True, last_acked=False), ended(by_reset=True, last_acked=False)
    late.again(late.segments[4])
    expected = sum(len(each.payload) for each in whole.segments)
    assert told(whole).unacknowledged == told(late).unacknowledged == expected


def test_the_oldest_remembered_segments_are_forgotten_first():
    talk = Conversation().open()
    sent = [talk.data(CLIENT, bytes([number]) * 8) for number in range(12)]
    talk.ack(SERVER)
    talk.close()
    for each in (sent[3], sent[8]):
        talk.again(each, ip_id=each.ip_id)
    [streams] = collect(Flows(PORTS, TransportLimits(remembered=8)), talk.segments)
    side = streams.facts.sides[CLIENT]
    assert (side.duplicates, side.retransmissions) == (1, 1)


def test_ended_connections_wait_for_late_segments_without_their_bytes():
    flows = Flows(PORTS)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(100):
            talk = Conversation(client=("10.0.0.1", 30_000 + number)).open()
            for value in range(20):
                talk.data(CLIENT, bytes([value]) * 1_000)
            talk.ack(SERVER)
            talk.close()
            for segment in talk.segments:
                flows.feed(segment)
            del talk, segment
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / 100 < 12_000
