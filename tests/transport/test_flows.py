"""Which segment belongs to which connection, and when one is released."""

from __future__ import annotations

from analyzer.capture.items import ACK, RST, SYN
from analyzer.stream import CLIENT, SERVER
from analyzer.transport import Ended, Flows, TransportLimits
from analyzer.transport.facts import endpoints
from tests.makers.segments import MS, Conversation
from tests.makers.streams import PORTS, collect, reassembled


def whole(client_port: int = 40000, *, text: bytes = b"hello", **settings) -> Conversation:
    talk = Conversation(client=("10.0.0.1", client_port), **settings).open()
    talk.data(CLIENT, text)
    return talk.close()


def test_connections_are_numbered_by_their_first_frame():
    first, second = whole(1, text=b"one"), whole(2, text=b"two")
    mixed = [
        segment for pair in zip(first.segments, second.segments, strict=True) for segment in pair
    ]
    streams = reassembled(mixed)
    assert [each.flow.number for each in streams] == [0, 1]
    assert [each.data(CLIENT) for each in streams] == [b"one", b"two"]


def test_a_reused_pair_of_ports_is_a_new_connection():
    first = whole(text=b"one")
    second = whole(
        text=b"two", client_isn=77777, server_isn=88888, clock=first.clock, frame=first.frame
    )
    streams = reassembled(first.segments + second.segments)
    assert [each.data(CLIENT) for each in streams] == [b"one", b"two"]
    assert [each.facts.ended_by for each in streams] == ["fin", "fin"]
    assert streams[1].facts.span.first == 8


def test_a_new_syn_ends_a_connection_that_never_closed():
    first = Conversation().open()
    first.data(CLIENT, b"one")
    second = whole(text=b"two", client_isn=77777, clock=first.clock, frame=first.frame)
    streams = reassembled(first.segments + second.segments)
    assert [each.data(CLIENT) for each in streams] == [b"one", b"two"]
    assert streams[0].facts.ended_by == "timeout"


def test_another_attempt_from_the_same_port_is_another_connection():
    first = Conversation()
    first.send(CLIENT, SYN)
    second = whole(client_isn=9, clock=first.clock, frame=first.frame)
    streams = reassembled(first.segments + second.segments)
    assert [each.facts.opening for each in streams] == ["syn-only", "complete"]


def test_a_repeated_syn_begins_nothing():
    talk = Conversation().open()
    talk.data(CLIENT, b"one")
    talk.again(talk.segments[0])
    talk.again(talk.segments[1])
    talk.data(CLIENT, b"two")
    [streams] = reassembled(talk.segments)
    assert streams.data(CLIENT) == b"onetwo"
    assert streams.facts.syns == 2


def test_a_closed_connection_is_released_while_the_capture_goes_on():
    talk, other = whole(), whole(2)
    later = [s._replace(at=s.at._replace(began=s.at.began + 60_000 * MS)) for s in other.segments]
    flows = Flows(PORTS)
    for segment in talk.segments:
        for flow, event in flows.feed(segment):
            assert not isinstance(event, Ended), flow
    ended = [flow.number for flow, event in flows.feed(later[0]) if isinstance(event, Ended)]
    assert ended == [0]


def test_late_segments_of_a_released_connection_begin_nothing():
    talk = whole()
    data, fin = talk.segments[3], talk.segments[5]
    talk.wait(60_000 * MS)
    other = whole(2, clock=talk.clock, frame=talk.frame)
    talk.clock = other.clock
    talk.segments += other.segments
    talk.again(data)
    talk.again(fin)
    flows = Flows(PORTS)
    assert len(collect(flows, talk.segments)) == 2
    assert flows.summary.late == 2


def test_what_comes_shortly_after_the_end_is_counted_with_the_connection():
    talk = whole()
    talk.again(talk.segments[3])
    talk.again(talk.segments[5])
    [streams] = reassembled(talk.segments)
    assert streams.facts.sides[CLIENT].retransmissions == 1
    assert streams.facts.span.last == talk.frame
    assert streams.data(CLIENT) == b"hello"


def scan(count: int, *, answer: bool = False) -> list:
    segments = []
    for number in range(count):
        client = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1024)
        talk = Conversation(client=client, clock=number * 1000, frame=2 * number)
        talk.send(CLIENT, SYN)
        if answer:
            talk.send(SERVER, RST | ACK)
        segments += talk.segments
    return segments


def test_a_scan_is_listed_up_to_a_limit_and_counted_beyond():
    for answer, opening in ((False, "syn-only"), (True, "refused")):
        flows = Flows(PORTS, TransportLimits(listed=5, half_open=20))
        streams = collect(flows, scan(100, answer=answer))
        assert [each.facts.opening for each in streams] == [opening] * 5
        assert flows.summary.connections == 100
        assert (flows.summary.refused if answer else flows.summary.unanswered) == 95


def test_a_connection_that_goes_on_after_it_was_given_up_is_told_again():
    talk = Conversation().open()
    talk.data(CLIENT, b"before")
    talk.wait(7_200_000 * MS)
    talk.data(CLIENT, b"after")
    first, second = reassembled(talk.segments)
    assert (first.data(CLIENT), first.facts.ended_by) == (b"before", "timeout")
    assert (second.data(CLIENT), second.facts.opening) == (b"after", "unseen")


def test_a_syn_flood_does_not_push_out_connections_that_are_open():
    talk = Conversation(client=("192.0.2.1", 5)).open()
    talk.data(CLIENT, b"before")
    flood = scan(200)
    answers = [
        s._replace(key=Conversation(client=ends(s)).server_key, flags=SYN | ACK) for s in flood
    ]
    limits = TransportLimits(listed=5, connections=20)
    flows = Flows(PORTS, limits)
    pairs = [segment for pair in zip(flood, answers, strict=True) for segment in pair]
    streams = collect(flows, [*talk.segments, *pairs, talk.data(CLIENT, b" and after")])
    assert streams[0].data(CLIENT) == b"before and after"
    assert [each.facts.opening for each in streams[1:]] == ["no-final-ack"] * 5
    assert flows.summary.unanswered == 195


def ends(segment) -> tuple[str, int]:
    source, _ = endpoints(segment.key)
    return source.address, source.port


def test_an_answer_among_many_unanswered_ones_is_found():
    segments = scan(50)
    talk = whole(frame=1000)
    streams = reassembled([talk.segments[0], *segments, *talk.segments[1:]])
    assert len(streams) == 51
    assert streams[0].data(CLIENT) == b"hello"
    assert streams[0].facts.opening == "complete"


def test_too_many_open_connections_release_the_longest_idle():
    limits = TransportLimits(connections=10)
    talks = [Conversation(client=("10.0.0.1", port), frame=10 * port) for port in range(1, 31)]
    for number, talk in enumerate(talks):
        talk.clock += number * 1000 * MS
        talk.open()
        talk.data(CLIENT, b"hello")
    flows = Flows(PORTS, limits)
    streams = collect(flows, [segment for talk in talks for segment in talk.segments])
    assert len(streams) == 30
    assert all(each.data(CLIENT) == b"hello" for each in streams)
    assert flows.summary.given_up >= 20
    assert [each.facts.ended_by for each in streams[:20]] == ["timeout"] * 20
    assert streams[-1].facts.ended_by == "open"


def test_a_connection_of_an_address_with_itself_does_not_confuse():
    talk = Conversation(client=("127.0.0.1", 2223), server=("127.0.0.1", 2223)).open()
    talk.data(CLIENT, b"hello")
    assert reassembled(talk.segments)


def test_without_a_syn_the_wanted_port_is_the_servers_or_else_the_lower_one():
    for ports, server in (
        (frozenset({40000}), 40000),
        (None, 2223),
        (frozenset({40000, 2223}), 2223),
    ):
        talk = Conversation().open()
        talk.data(SERVER, b"data")
        [streams] = reassembled(talk.segments[3:], ports=ports)
        assert streams.facts.server.port == server
        assert streams.facts.oriented_by == "port"
