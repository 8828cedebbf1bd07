"""The two byte streams of one connection."""

from __future__ import annotations

import pytest

from analyzer.capture.items import ACK, PSH, SYN, URG
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Gather, Side
from analyzer.transport import TransportLimits
from tests.makers.segments import CLIENT_HELLO, MS, SERVER_HELLO, Conversation
from tests.makers.streams import only


def test_each_segment_becomes_one_chunk_with_its_frame():
    talk = Conversation().open()
    talk.data(CLIENT, b"hello")
    talk.data(SERVER, b"world")
    talk.data(CLIENT, b"again")
    talk.close()
    streams = only(talk.segments)
    assert streams.frames(CLIENT) == [(4, b"hello"), (6, b"again")]
    assert streams.frames(SERVER) == [(5, b"world")]
    assert streams.closed(CLIENT) == streams.closed(SERVER) == "fin"
    assert streams.facts.gaps == ()


def test_an_in_order_segment_comes_out_at_once():
    from analyzer.transport import Flows

    talk = Conversation().open()
    flows = Flows(frozenset({2223}))
    for segment in talk.segments:
        assert not flows.feed(segment)
    segment = talk.data(CLIENT, b"hello")
    [(flow, event)] = flows.feed(segment)
    assert event == Chunk(CLIENT, b"hello", segment.at)
    assert flow.number == 0


def test_what_is_gathered_is_told_to_nobody_until_a_side_ends():
    from analyzer.transport import Flows

    talk = Conversation().open()
    for data in (b"first", b"gathered", b"not", b"gathered too"):
        talk.data(CLIENT, data)
    talk.data(SERVER, b"answer")
    talk.data(SERVER, b"gathered as well")
    talk.fin(SERVER)
    talk.data(CLIENT, b"gathered no more")
    flows = Flows(frozenset({2223}))
    gathered: list[tuple[str, bytes]] = []
    told: list[tuple[str, bytes]] = []

    def gather(side: Side) -> Gather:
        def takes(data: bytes) -> bool:
            if data.startswith(b"gathered"):
                gathered.append((side.word, data))
            return data.startswith(b"gathered")

        return takes

    for segment in talk.segments:
        for flow, event in flows.feed(segment):
            if not told:
                flow.gather((gather(CLIENT), gather(SERVER)))
            told += [(event.side.word, event.data)] if isinstance(event, Chunk) else []
    assert gathered == [
        ("client", b"gathered"),
        ("client", b"gathered too"),
        ("server", b"gathered as well"),
    ]
    assert told == [
        ("client", b"first"),
        ("client", b"not"),
        ("server", b"answer"),
        ("client", b"gathered no more"),
    ]


def test_what_a_sink_takes_is_not_told_besides():
    from analyzer.transport import Flows

    talk = Conversation().open()
    for number in range(6):
        talk.data(Side(number % 2), b"part %d" % number)
    talk.segments[-1], talk.segments[-3] = talk.segments[-3], talk.segments[-1]  # out of order
    talk.fin(CLIENT, b"last")
    taken: list[Chunk] = []
    told: list[bytes] = []
    flows = Flows(frozenset({2223}))
    for segment in talk.segments:
        for flow, event in flows.feed(segment):
            flow.sink = taken.append
            told += [event.data] if isinstance(event, Chunk) else []
    # The first of each side are told, and what waited for others, and what comes with the end.
    assert [chunk.data for chunk in taken] == [b"part 2", b"part 4"]
    assert [chunk.side for chunk in taken] == [CLIENT, CLIENT]
    assert told == [b"part 0", b"part 1", b"part 3", b"part 5", b"last"]


def test_thousands_of_segments_may_come_before_the_first_one():
    talk = Conversation().open()
    opening = talk.segments[:]
    talk.segments.clear()
    for number in range(5000):
        talk.data(CLIENT, number.to_bytes(2, "big") * 500)
    first, *others = talk.segments
    expected = b"".join(segment.payload for segment in talk.segments)
    streams = only([*opening, *reversed(others), first])
    assert streams.data(CLIENT) == expected
    assert streams.gaps(CLIENT) == []


def test_sequence_numbers_wrap_on_both_sides():
    talk = Conversation(client_isn=0xFFFF_FFFB, server_isn=0xFFFF_FFFF).open()
    for _ in range(3):
        talk.data(CLIENT, b"abcdefg")
        talk.data(SERVER, b"0123456789")
    talk.segments[5], talk.segments[3] = talk.segments[3], talk.segments[5]
    talk.close()
    streams = only(talk.segments)
    assert streams.data(CLIENT) == b"abcdefg" * 3
    assert streams.data(SERVER) == b"0123456789" * 3
    assert streams.facts.gaps == ()


def test_a_repeated_segment_changes_nothing_and_is_counted():
    talk = Conversation().open()
    first = talk.data(CLIENT, b"hello")
    talk.again(first)
    talk.data(CLIENT, b"world")
    streams = only(talk.segments)
    assert streams.frames(CLIENT) == [(4, b"hello"), (6, b"world")]
    client, _ = streams.facts.sides
    assert (client.retransmissions, client.duplicates, client.out_of_order) == (1, 0, 0)
    assert client.payload_bytes == 10
    assert client.disagreements == ()


def test_overlaps_give_only_their_new_bytes():
    talk = Conversation().open()
    first = talk.data(CLIENT, b"hello")
    talk.again(first, payload=b"hello world")
    talk.next[CLIENT] += 6
    talk.data(CLIENT, b"!")
    streams = only(talk.segments)
    assert streams.frames(CLIENT) == [(4, b"hello"), (5, b" world"), (6, b"!")]


def test_a_segment_around_held_ones_fills_what_lies_between():
    talk = Conversation().open()
    start = talk.next[CLIENT]
    talk.data(CLIENT, b"CC", seq=start + 2)
    talk.data(CLIENT, b"FF", seq=start + 5)
    talk.data(CLIENT, b"abCCeFFh", seq=start)
    streams = only(talk.segments)
    assert streams.frames(CLIENT) == [(6, b"ab"), (4, b"CC"), (6, b"e"), (5, b"FF"), (6, b"h")]
    assert streams.facts.sides[CLIENT].disagreements == ()


def test_the_first_bytes_are_kept_where_repeats_differ():
    talk = Conversation().open()
    first = talk.data(CLIENT, b"hello")
    talk.again(first, payload=b"hallo")
    start = talk.next[CLIENT]
    talk.data(CLIENT, b"held", seq=start + 1)
    talk.data(CLIENT, b"xHelD", seq=start)
    streams = only(talk.segments)
    assert streams.data(CLIENT) == b"helloxheld"
    disagreements = streams.facts.sides[CLIENT].disagreements
    assert [(span.first, span.last) for span in disagreements] == [(4, 5), (6, 7)]


def test_a_hole_is_a_gap_of_exactly_its_bytes_between_its_neighbours():
    talk = Conversation().open()
    talk.data(CLIENT, b"before")
    lost = talk.data(CLIENT, b"lost bytes")
    talk.data(CLIENT, b"after")
    talk.ack(SERVER)
    talk.segments.remove(lost)
    streams = only(talk.segments)
    chunk, gap, after, closed = streams.of(CLIENT)
    assert (chunk.data, after.data) == (b"before", b"after")
    assert gap == Gap(CLIENT, 10, chunk.at.to(after.at), "not captured")
    assert isinstance(closed, Closed)
    assert streams.facts.gaps == (gap,)
    assert streams.facts.sides[CLIENT].payload_bytes == 11


def test_a_hole_that_the_peer_never_acknowledged_never_arrived():
    talk = Conversation().open()
    lost = talk.data(CLIENT, b"lost bytes")
    talk.data(CLIENT, b"after")
    talk.segments.remove(lost)
    [gap] = only(talk.segments).gaps(CLIENT)
    assert (gap.size, gap.why) == (10, "never arrived")


def test_bytes_missing_at_the_end_show_by_the_acknowledgment_or_the_fin():
    talk = Conversation().open()
    lost = talk.data(CLIENT, b"lost bytes")
    talk.ack(SERVER)
    talk.segments.remove(lost)
    acknowledged = only(talk.segments)
    assert [(gap.size, gap.why) for gap in acknowledged.gaps(CLIENT)] == [(10, "not captured")]

    talk = Conversation().open()
    lost = talk.data(CLIENT, b"lost bytes")
    talk.fin(CLIENT)
    talk.segments.remove(lost)
    finished = only(talk.segments)
    assert [(gap.size, gap.why) for gap in finished.gaps(CLIENT)] == [(10, "never arrived")]
    assert finished.closed(CLIENT) == "fin"


@pytest.mark.parametrize("before", [1, 2, 5])
def test_bytes_missing_before_the_fin_are_between_it_and_the_last_bytes_that_came(before):
    talk = Conversation().open()
    for number in range(before):
        talk.data(CLIENT, b"request %d" % number)
        talk.ack(SERVER)
    lost = talk.data(CLIENT, b"lost bytes")
    talk.fin(CLIENT)
    talk.ack(SERVER)
    talk.segments.remove(lost)
    *chunks, gap, closed = only(talk.segments).of(CLIENT)
    assert len(chunks) == before
    assert gap == Gap(CLIENT, 10, chunks[-1].at.to(closed.at), "not captured")


def test_a_fin_that_was_not_captured_is_no_gap():
    talk = Conversation().open()
    talk.data(CLIENT, b"hello")
    lost = talk.fin(CLIENT)
    talk.ack(SERVER)
    talk.segments.remove(lost)
    assert only(talk.segments).gaps(CLIENT) == []


def test_bytes_that_the_snap_length_cut_are_a_gap_of_their_own():
    talk = Conversation().open()
    talk.data(CLIENT, b"kept", missing=6)
    talk.data(CLIENT, b"next")
    kept, gap, following, _ = only(talk.segments).of(CLIENT)
    assert (kept.data, following.data) == (b"kept", b"next")
    assert gap == Gap(CLIENT, 6, kept.at, "snapped")


def test_the_ceiling_gives_up_the_hole_and_goes_on():
    talk = Conversation().open()
    lost = talk.data(CLIENT, b"lost")
    for _ in range(30):
        talk.data(CLIENT, bytes(100))
    talk.segments.remove(lost)
    limits = TransportLimits(held_bytes=1000)
    streams = only([*talk.segments, talk.again(lost)], limits)
    assert [(gap.size, gap.why) for gap in streams.gaps(CLIENT)] == [(4, "ceiling")]
    assert streams.data(CLIENT) == bytes(3000)
    assert streams.of(CLIENT)[0].why == "ceiling"


def test_keep_alives_and_zero_windows_are_counted_and_add_no_bytes():
    talk = Conversation().open()
    talk.data(CLIENT, b"hello")
    talk.ack(CLIENT, seq=talk.next[CLIENT] - 1)
    talk.ack(SERVER)
    talk.ack(CLIENT, seq=talk.next[CLIENT] - 1, payload=b"\0")
    talk.ack(SERVER, window=0)
    talk.wait(9 * MS)
    talk.ack(SERVER)
    talk.data(CLIENT, b"world")
    streams = only(talk.segments)
    assert streams.data(CLIENT) == b"helloworld"
    client, server = streams.facts.sides
    assert (client.keep_alives, client.retransmissions, client.disagreements) == (2, 0, ())
    assert (server.zero_windows, server.zero_window_ns) == (1, 10 * MS)


def test_data_on_the_syn_is_the_start_of_the_stream():
    talk = Conversation()
    talk.send(CLIENT, SYN, b"early")
    talk.send(SERVER, SYN | ACK)
    talk.data(CLIENT, b" late")
    assert only(talk.segments).frames(CLIENT) == [(1, b"early"), (3, b" late")]


def test_urgent_data_stays_in_the_stream():
    talk = Conversation().open()
    talk.data(CLIENT, b"a")
    talk.send(CLIENT, ACK | PSH | URG, b"!")
    talk.data(CLIENT, b"b")
    assert only(talk.segments).data(CLIENT) == b"a!b"


def test_segments_before_the_syn_are_put_behind_it():
    talk = Conversation().open()
    talk.data(CLIENT, b"hello")
    talk.data(SERVER, b"world")
    syn, syn_ack, ack, hello, world = talk.segments
    streams = only([hello, world, ack, syn_ack, syn])
    assert streams.data(CLIENT) == b"hello"
    assert streams.data(SERVER) == b"world"
    assert streams.facts.gaps == ()
    assert streams.facts.oriented_by == "syn"


def test_a_half_closed_connection_goes_on_in_the_other_direction():
    talk = Conversation().open()
    talk.fin(CLIENT, b"last words")
    talk.data(SERVER, b"answer")
    talk.wait(60_000 * MS)
    talk.data(SERVER, b" later")
    talk.fin(SERVER)
    streams = only(talk.segments)
    assert streams.data(CLIENT) == b"last words"
    assert streams.data(SERVER) == b"answer later"
    assert streams.facts.ended_by_side is CLIENT


def test_a_direction_may_come_as_a_whole_before_the_other():
    talk = Conversation().open()
    for number in range(100):
        talk.data(CLIENT, b"question %d" % number)
        talk.data(SERVER, b"answer %d" % number)
    talk.close()
    straight = only(talk.segments)
    one = [segment for segment in talk.segments if segment.key == talk.client_key]
    other = [segment for segment in talk.segments if segment.key == talk.server_key]
    for order in (one + other, other + one):
        streams = only(order)
        assert streams.of(CLIENT) == straight.of(CLIENT)
        assert streams.of(SERVER) == straight.of(SERVER)
        assert streams.facts.opening == "complete"


def test_a_missing_direction_is_a_gap_of_what_was_acknowledged():
    talk = Conversation().open()
    talk.data(CLIENT, b"question")
    talk.data(SERVER, bytes(1234))
    talk.ack(CLIENT)
    streams = only(s for s in talk.segments if s.key == talk.client_key)
    assert streams.data(CLIENT) == b"question"
    assert [(gap.size, gap.why) for gap in streams.gaps(SERVER)] == [(1234, "not captured")]


def test_a_capture_that_starts_later_says_so_first():
    talk = Conversation().open()
    talk.data(CLIENT, b"\x17\x03\x03question")
    talk.data(SERVER, b"\x17\x03\x03answer")
    streams = only(talk.segments[3:])
    for side in (CLIENT, SERVER):
        gap, chunk, _ = streams.of(side)
        assert (gap.size, gap.why) == (None, "not captured")
        assert chunk.data.startswith(b"\x17\x03\x03")
    assert streams.facts.opening == "unseen"
    assert streams.facts.oriented_by == "port"


def test_a_first_hello_is_the_start_even_without_a_syn():
    talk = Conversation(server=("10.0.0.2", 50000)).open()
    talk.data(CLIENT, CLIENT_HELLO[:7])
    talk.data(CLIENT, CLIENT_HELLO[7:])
    talk.data(SERVER, SERVER_HELLO)
    streams = only([talk.segments[5], talk.segments[4], talk.segments[3]])
    assert streams.facts.oriented_by == "content"
    assert streams.facts.client.port == 40000
    assert streams.data(CLIENT) == CLIENT_HELLO
    assert streams.data(SERVER) == SERVER_HELLO
    assert streams.facts.gaps == ()


def test_segments_out_of_order_by_thousands_come_out_in_order():
    talk = Conversation().open()
    opening = talk.segments[:]
    data = [talk.data(CLIENT, number.to_bytes(4, "big")) for number in range(8_000)]
    streams = only([*opening, *reversed(data)])
    assert streams.data(CLIENT) == b"".join(segment.payload for segment in data)
    assert streams.facts.gaps == ()
    assert streams.facts.sides[CLIENT].retransmissions == 0
