"""What is told of a connection besides its bytes."""

from __future__ import annotations

import pytest

from analyzer.capture.items import ACK, RST, SYN, IcmpError
from analyzer.stream import CLIENT, SERVER
from analyzer.transport import Flows
from tests.makers.segments import MS, SERVER_HELLO, START, Conversation, span
from tests.makers.streams import PORTS, collect, only


def test_a_whole_connection_is_described():
    talk = Conversation(step=2 * MS).open()
    talk.data(CLIENT, b"hello")
    talk.wait(700 * MS)
    talk.data(SERVER, b"world", ttl=250)
    talk.close()
    facts = only(talk.segments).facts
    assert str(facts.client) == "10.0.0.1:40000"
    assert str(facts.server) == "10.0.0.2:2223"
    assert (facts.oriented_by, facts.opening, facts.syns) == ("syn", "complete", 1)
    assert facts.rtt_ns == 2 * MS
    assert (facts.longest_silence_ns, facts.silence_after) == (702 * MS, 4)
    assert (facts.ended_by, facts.ended_by_side) == ("fin", CLIENT)
    assert (facts.span.first, facts.span.last) == (1, 8)
    client, server = facts.sides
    assert (client.segments, server.segments) == (5, 3)
    assert (client.payload_bytes, server.payload_bytes) == (5, 5)
    assert (client.mss, client.window_scale) == (1460, 7)
    assert (client.ttls, server.ttls) == ((64,), (63, 250))
    assert (client.fin.first, server.fin.first) == (6, 7)
    assert (client.reset, client.reset_ttl) == (None, None)


def test_ipv6_ends_are_described():
    talk = Conversation(client=("fe80::1", 40000), server=("2001:db8::2", 2223)).open()
    facts = only(talk.segments).facts
    assert str(facts.client) == "[fe80::1]:40000"
    assert str(facts.server) == "[2001:db8::2]:2223"


def opened_as(*numbers: int) -> str:
    """The opening where only these segments of a usual connection were captured."""
    talk = Conversation().open()
    talk.data(CLIENT, b"hello")
    talk.data(SERVER, b"world")
    return only(segment for segment in talk.segments if segment.at.first in numbers).facts.opening


@pytest.mark.parametrize(
    ("numbers", "opening"),
    [
        ((1,), "syn-only"),
        ((1, 2), "no-final-ack"),
        ((2,), "no-final-ack"),
        ((1, 2, 3), "complete"),
        ((1, 2, 3, 4, 5), "complete"),
        ((1, 3, 4), "complete"),
        ((2, 3), "complete"),
        ((3,), "unseen"),
        ((4, 5), "unseen"),
    ],
)
def test_the_opening_is_what_was_seen_of_it(numbers, opening):
    assert opened_as(*numbers) == opening


def test_a_refused_connection_names_who_refused():
    talk = Conversation()
    talk.send(CLIENT, SYN)
    talk.send(SERVER, RST | ACK, ttl=60, ip_id=0)
    streams = only(talk.segments)
    assert streams.facts.opening == "refused"
    assert (streams.facts.ended_by, streams.facts.ended_by_side) == ("reset", SERVER)
    assert streams.closed(CLIENT) == streams.closed(SERVER) == "reset"
    assert streams.gaps(CLIENT) == streams.gaps(SERVER) == []


def test_repeated_syns_are_counted_and_their_waiting_is_the_silence():
    talk = Conversation()
    syn = talk.send(CLIENT, SYN)
    for pause in (1000, 2000):
        talk.wait(pause * MS)
        talk.again(syn)
    facts = only(talk.segments).facts
    assert (facts.syns, facts.opening, facts.ended_by) == (3, "syn-only", "open")
    assert (facts.longest_silence_ns, facts.silence_after) == (2001 * MS, 2)
    assert facts.sides[CLIENT].segments == 3
    assert (facts.span.first, facts.span.last) == (1, 3)

    talk.wait(10 * MS)
    talk.send(SERVER, SYN | ACK)
    answered = only(talk.segments).facts
    assert answered.rtt_ns == 11 * MS
    assert answered.syns == 3


def test_both_sides_may_open_at_once_and_the_hello_tells_them_apart():
    talk = Conversation(server=("10.0.0.2", 40000))
    talk.send(CLIENT, SYN)
    talk.send(SERVER, SYN)
    talk.send(CLIENT, SYN | ACK, seq=talk.client_isn)
    talk.next[CLIENT] -= 1
    talk.send(SERVER, SYN | ACK, seq=talk.server_isn)
    talk.next[SERVER] -= 1
    talk.data(CLIENT, SERVER_HELLO)
    talk.data(SERVER, b"data")
    streams = only(talk.segments)
    assert streams.facts.opening == "simultaneous"
    assert streams.facts.oriented_by == "content"
    assert streams.facts.server.address == "10.0.0.1"
    assert streams.data(SERVER) == SERVER_HELLO
    assert streams.data(CLIENT) == b"data"


def test_a_reset_in_the_middle_keeps_its_packet_for_comparison():
    talk = Conversation().open()
    talk.data(CLIENT, b"hello")
    talk.data(SERVER, b"world")
    talk.reset(SERVER, ttl=255, ip_id=7, payload=b"why")
    streams = only(talk.segments)
    assert streams.closed(CLIENT) == streams.closed(SERVER) == "reset"
    assert streams.data(SERVER) == b"world"
    server = streams.facts.sides[SERVER]
    assert server.reset.first == 6
    assert (server.reset_ttl, server.reset_ip_id, server.last_ip_id) == (255, 7, 202)
    assert (streams.facts.ended_by, streams.facts.ended_by_side) == ("reset", SERVER)


def test_data_after_a_forged_reset_still_comes_out():
    talk = Conversation().open()
    talk.data(CLIENT, b"hello")
    talk.reset(SERVER)
    talk.data(SERVER, b"world")
    assert only(talk.segments).data(SERVER) == b"world"


def test_silence_is_a_timeout_only_if_the_capture_goes_on():
    talk = Conversation().open()
    assert only(talk.segments).facts.ended_by == "open"
    other = Conversation(client=("10.0.0.3", 1), clock=talk.clock + 7_200_000 * MS, frame=9).open()
    [first, _] = collect(Flows(PORTS), talk.segments + other.segments)
    assert first.facts.ended_by == "timeout"
    assert first.facts.ended_by_side is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_same_packets_captured_twice_are_no_retransmissions(count):
    talk = Conversation().open()
    for _ in range(count):
        talk.data(CLIENT, b"hello")
        talk.data(SERVER, b"world")
    talk.ack(CLIENT)
    talk.close()
    doubled = []
    for segment in talk.segments:
        second = segment.at.began + 20_000
        doubled += [segment, segment._replace(at=span(1000 + segment.at.first, second), ttl=9)]
    client, server = (side for side in only(doubled).facts.sides)
    assert (client.retransmissions, server.retransmissions) == (0, 0)
    assert client.duplicates == sum(s.key == talk.client_key for s in talk.segments)
    assert server.duplicates == sum(s.key == talk.server_key for s in talk.segments)
    assert only(doubled).facts.syns == 1


def test_without_an_ip_identification_time_tells_copies_from_retransmissions():
    talk = Conversation(client=("fe80::1", 40000), server=("fe80::2", 2223)).open()
    first = talk.data(CLIENT, b"hello", ip_id=0)
    talk.again(first, ip_id=0)
    talk.wait(200 * MS)
    talk.again(first, ip_id=0)
    client = only(talk.segments).facts.sides[CLIENT]
    assert (client.duplicates, client.retransmissions) == (1, 1)


def test_reordering_and_recovery_from_loss_are_told_apart_by_the_round_trip():
    talk = Conversation(step=10 * MS).open()
    late = talk.data(CLIENT, b"late")
    talk.data(CLIENT, b"b")
    talk.data(CLIENT, b"c")
    lost = talk.data(CLIENT, b"lost")
    talk.data(CLIENT, b"d")
    talk.segments.remove(late)
    talk.segments.remove(lost)
    talk.segments.insert(-2, late._replace(at=span(20, talk.segments[-2].at.began - MS)))
    talk.wait(100 * MS)
    talk.again(lost)
    client = only(talk.segments).facts.sides[CLIENT]
    assert (client.out_of_order, client.recovered, client.retransmissions) == (1, 1, 0)


def test_tunnels_are_kept_once_each():
    talk = Conversation().open()
    talk.data(CLIENT, b"hello", path=("VXLAN 1",))
    talk.data(CLIENT, b"world", path=("VXLAN 1",))
    assert only(talk.segments).facts.paths == ((), ("VXLAN 1",))


def icmp(key: bytes) -> IcmpError:
    return IcmpError(key, "10.0.0.254", 3, 13, 4, "administratively prohibited", None, span(50))


def test_icmp_errors_are_attached_to_the_connection_they_quote():
    talk = Conversation()
    talk.send(CLIENT, SYN)
    flows = Flows(PORTS)
    for segment in talk.segments:
        flows.feed(segment)
    flows.icmp(icmp(talk.client_key))
    flows.icmp(icmp(talk.server_key))
    flows.icmp(icmp(bytes(12)))
    [streams] = collect(flows, [])
    assert streams.facts.icmp == (icmp(talk.client_key), icmp(talk.server_key))
    assert streams.facts.opening == "syn-only"
    assert flows.summary.stray_icmp == 1


def test_times_that_jump_back_give_no_negative_durations():
    talk = Conversation().open()
    talk.segments[1] = talk.segments[1]._replace(at=span(2, START - 500 * MS))
    talk.data(CLIENT, b"hello", at=span(4, START - 900 * MS))
    facts = only(talk.segments).facts
    assert facts.rtt_ns == 0
    assert facts.longest_silence_ns >= 0
    assert facts.span.began <= facts.span.ended


def test_a_second_syn_behind_the_end_of_a_side_does_not_swap_the_sides():
    talk = Conversation()
    fin = talk.fin(SERVER)
    talk.segments.clear()
    talk.send(SERVER, SYN, seq=(fin.seq - 1) & 0xFFFF_FFFF)
    talk.segments.insert(0, fin)
    talk.send(CLIENT, SYN)
    talk.data(CLIENT, b"late")
    streams = only(talk.segments)
    assert [streams.closed(side) for side in (CLIENT, SERVER)] == ["fin", "open"]
