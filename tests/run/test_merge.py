"""Several files become one capture, in capture time."""

from __future__ import annotations

import io
import itertools

from analyzer.capture import Capture
from analyzer.capture.items import Comment, KeyLogBlock, Segment
from analyzer.run.merge import merged
from analyzer.stream import CLIENT, SERVER, file_of, number_of
from tests.makers.files import Pcapng, Record, pcap
from tests.makers.packets import frame
from tests.makers.segments import Conversation
from tests.makers.streams import PORTS, only


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
