"""Several files become one capture, in capture time."""

from __future__ import annotations

import io
import itertools

import pytest

from analyzer.capture import Capture
from analyzer.capture.items import Comment, KeyLogBlock, Segment
from analyzer.run.merge import merged
from analyzer.stream import CLIENT, SERVER, file_of, number_of
from analyzer.transport import Flows
from tests.makers.files import Pcapng, Record, pcap
from tests.makers.packets import frame
from tests.makers.segments import START, Conversation
from tests.makers.streams import PORTS, collect, only


def talk() -> Conversation:
    """A conversation of both sides, 40 data segments long."""
    conversation = Conversation().open()
    for number in range(40):
        conversation.data((CLIENT, SERVER)[number % 2], bytes([number]) * 100)
    return conversation.close()


def records(conversation: Conversation) -> list[Record]:
    return [(segment.at.began, frame(segment)) for segment in conversation.segments]


def opened(*files: bytes) -> list[Capture]:
    return [
        Capture(io.BytesIO(file), name=f"file{index}", ports=PORTS, index=index)
        for index, file in enumerate(files)
    ]


def times(captures: list[Capture]) -> list[int]:
    return [item.at.began for item in merged(captures) if isinstance(item, Segment)]


def test_ring_buffer_files_in_any_order_are_one_connection():
    whole = records(talk())
    parts = [pcap(whole[:15]), pcap(whole[15:16]), pcap(whole[16:])]
    expected = [time for time, _ in whole]
    for order in itertools.permutations(parts):
        assert times(opened(*order)) == expected
        streams = only(merged(opened(*order)))
        assert streams.data(CLIENT) == b"".join(bytes([n]) * 100 for n in range(0, 40, 2))
        assert streams.facts.gaps == ()
        assert streams.facts.ended_by == "fin"


def test_files_of_one_direction_each_are_interleaved_by_time():
    conversation = talk()
    from_client = [s for s in conversation.segments if s.key == conversation.client_key]
    from_server = [s for s in conversation.segments if s.key == conversation.server_key]
    files = [pcap([(s.at.began, frame(s)) for s in side]) for side in (from_server, from_client)]
    assert times(opened(*files)) == [s.at.began for s in conversation.segments]


def test_frames_keep_their_file_and_their_number_in_it():
    whole = records(talk())
    captures = opened(pcap(whole[10:]), pcap(whole[:10]))
    places = [(file_of(item.at.first), number_of(item.at.first)) for item in merged(captures)]
    assert places == [(1, n + 1) for n in range(10)] + [(0, n + 1) for n in range(len(whole) - 10)]


def test_what_has_no_time_comes_where_it_stands_in_its_file():
    whole = records(talk())
    early, late = Pcapng().secrets(b"first").interface(), Pcapng()
    for time, data in whole[:3]:
        early.packet(time // 1000, data)
    early.secrets(b"behind the packets")
    late.interface(options=late.option(1, b"a comment"))
    for time, data in whole[3:6]:
        late.packet(time // 1000, data)
    kinds = [
        item.text if isinstance(item, KeyLogBlock | Comment) else item.at.first
        for item in merged(opened(bytes(early), bytes(late)))
    ]
    second = 1 << 40
    assert kinds == [
        b"first",
        "a comment",
        1,
        2,
        3,
        b"behind the packets",
        *(second + number for number in (1, 2, 3)),
    ]


def test_equal_times_keep_the_order_of_the_files_and_a_file_keeps_its_own():
    whole = records(talk())
    same = [(whole[0][0], data) for _, data in whole[:4]]
    backwards = [(whole[0][0] - number, data) for number, (_, data) in enumerate(whole[4:8])]
    found = [item.at.first for item in merged(opened(pcap(same), pcap(backwards)))]
    second = 1 << 40
    assert found == [1, 2, 3, 4, *(second + number for number in (1, 2, 3, 4))]


def test_one_file_passes_straight_through():
    capture = opened(pcap(records(talk())))[0]
    items = merged([capture])
    assert type(items) is type(iter(capture))
    assert sum(1 for _ in items) == capture.frames


def test_no_file_at_all_and_files_without_packets_give_nothing():
    assert list(merged([])) == []
    assert list(merged(opened(pcap([]), pcap([])))) == []


SECOND = 1_000_000_000


@pytest.mark.parametrize("skew", [200_000, 3_000_000, -40_000_000, 300 * SECOND, -7200 * SECOND])
def test_two_points_of_capture_are_recognised_whatever_their_clocks_say(skew: int):
    conversation = talk()
    near = records(conversation)
    behind_a_router = [
        (s.at.began + skew, frame(s._replace(ttl=s.ttl - 1))) for s in conversation.segments
    ]
    flows = Flows(PORTS)
    [streams] = collect(flows, merged(opened(pcap(near), pcap(behind_a_router))))
    assert streams.data(CLIENT) == b"".join(bytes([n]) * 100 for n in range(0, 40, 2))
    assert streams.data(SERVER) == b"".join(bytes([n]) * 100 for n in range(1, 40, 2))
    assert [side.retransmissions for side in streams.facts.sides] == [0, 0]
    assert [side.disagreements for side in streams.facts.sides] == [(), ()]
    assert streams.facts.ended_by == "fin"
    assert flows.summary.copied == {(0, 1): 1}


def test_ring_buffer_files_that_share_a_connection_are_no_two_points():
    whole = records(talk())
    flows = Flows(PORTS)
    collect(flows, merged(opened(pcap(whole[:20]), pcap(whole[20:]))))
    assert flows.summary.copied == {}


def test_a_port_used_again_in_the_next_file_is_another_connection():
    first, second = talk(), Conversation(client_isn=77_000, server_isn=9, clock=START + 9 * SECOND)
    second.open().data(CLIENT, b"again")
    flows = Flows(PORTS)
    found = collect(flows, merged(opened(pcap(records(first)), pcap(records(second.close())))))
    assert [streams.data(CLIENT)[-5:] for streams in found] == [bytes([38]) * 5, b"again"]
    assert flows.summary.copied == {}
