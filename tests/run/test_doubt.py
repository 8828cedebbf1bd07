"""Where every port is looked at: what speaks TLS is told as ever, what does not is told shortly, or counted."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from analyzer.capture.items import FIN, RST, SYN, Segment
from analyzer.report.model import Connection
from analyzer.run.analysis import CLOUDHSM_PORTS, Analysis, Options
from analyzer.run.doubt import PATIENCE, Doubt
from analyzer.run.key_files import load_key_file
from analyzer.run.pipeline import analyze
from analyzer.stream import CLIENT, SERVER, Chunk, Side
from analyzer.tls.secrets import Secrets
from tests.makers.cases import Case, cases
from tests.makers.files import pcap
from tests.makers.reading import capture_of, records_of
from tests.makers.segments import Conversation, span

ELSEWHERE = 9443
CASES = [each for each in cases() if not each.expected.get("embedded_keys")]


def moved(segment: Segment) -> Segment:
    """On another port than the HSM's."""
    ports = [segment.key[-4:-2], segment.key[-2:]]
    at = [int.from_bytes(port, "big") in CLOUDHSM_PORTS for port in ports].index(True)
    ports[at] = ELSEWHERE.to_bytes(2, "big")
    return segment._replace(key=segment.key[:-4] + b"".join(ports))


def segments_of(case: Case) -> list[Segment]:
    with case.capture.open("rb") as file:
        items = list(capture_of(file, ports=CLOUDHSM_PORTS))
    return [moved(item) for item in items if isinstance(item, Segment)]


def told(
    segments: Iterable[Segment], ports: frozenset[int] | None, case: Case | None = None
) -> list[Connection]:
    secrets = Secrets()
    if case and (case.directory / "keys.log").exists():
        load_key_file(secrets, case.directory / "keys.log")
    analysis = Analysis(Options(ports=ports, contain_crashes=False), secrets)
    return list(analysis.connections(segments))


def talk(number: int, *, size: int = 200, port: int = 80) -> list[Segment]:
    """A connection that speaks no TLS, `size` bytes of each side, begun and ended."""
    made = Conversation(client=("10.0.0.1", 20_000 + number), server=("10.0.0.2", port)).open()
    made.clock += number
    letters = random.Random(number)
    for side in (CLIENT, SERVER):
        for start in range(0, size, 1000):
            piece = bytes(letters.choices(range(32, 127), k=min(1000, size - start)))
            made.data(side, piece)
    made.send(CLIENT, FIN | 16)
    made.send(SERVER, FIN | 16)
    made.send(CLIENT, 16)
    return made.segments


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_what_is_told_of_a_connection_is_the_same_when_its_port_was_not_named(case: Case):
    segments = segments_of(case)
    named = told(segments, frozenset({ELSEWHERE}), case)
    assert told(segments, None, case) == named


@pytest.mark.parametrize("first", [1, 4, 6])
def test_a_recording_joined_in_its_middle_is_told_the_same(first: int):
    case = next(each for each in CASES if each.name == "tls13-in-tls13")
    segments = segments_of(case)[first:]
    assert told(segments, None, case) == told(segments, frozenset({ELSEWHERE}), case)


@pytest.mark.parametrize("size", [3, 40, 5_000])
@pytest.mark.parametrize("chop", [1, 7, 1_000_000])
def test_tls_behind_another_protocol_s_words_is_found(size: int, chop: int):
    case = next(each for each in CASES if each.name == "tls13-in-tls13")
    words = bytes(random.Random(size).choices(b"CONNECT hsm HTTP/1.1\r\n", k=size))
    made: list[Segment] = []
    shift = {}
    for each in segments_of(case):
        made.append(
            each._replace(
                seq=each.seq + (size if shift.get(each.key) else 0) & 0xFFFF_FFFF,
                ack=each.ack + (size if shift.get(_back(each.key)) and not each.flags & SYN else 0)
                & 0xFFFF_FFFF,
            )
        )
        if each.flags & SYN:
            made += _words(each, words, chop)
            shift[each.key] = True
    named = told(made, frozenset({ELSEWHERE}), case)
    assert [connection.conversation.outcome for connection in named] == ["established"]
    assert told(made, None, case) == named


def _back(key: bytes) -> bytes:
    return key[4:8] + key[:4] + key[10:12] + key[8:10]


def _words(syn: Segment, words: bytes, chop: int) -> list[Segment]:
    return [
        syn._replace(
            seq=syn.seq + 1 + at & 0xFFFF_FFFF,
            flags=16,
            options=b"",
            ip_id=50_000 + at,
            payload=words[at : at + chop],
        )
        for at in range(0, len(words), chop)
    ]


def test_the_first_hundred_connections_without_tls_are_told_and_the_others_counted(tmp_path):
    segments = [each for number in range(130) for each in talk(number)]
    path = tmp_path / "any.pcap"
    path.write_bytes(pcap(records_of(segments)))

    report = analyze([path], Options(ports=None, contain_crashes=False))

    assert [each.conversation.stream for each in report.connections] == list(range(100))
    [finding] = [each for each in report.findings if each.code == "connections-without-tls"]
    assert finding.observed == "30"
    assert report.connections == analyze([path], Options(ports=frozenset({80}))).connections[:100]


def test_packets_of_a_counted_connection_are_passed_over_until_the_next_begins(tmp_path):
    before = [each for number in range(100) for each in talk(number, size=PATIENCE + 2000)]
    long = talk(100, size=40 * PATIENCE)
    again = talk(100)
    later = [
        each._replace(at=span(0, long[-1].at.ended + each.at.began - again[0].at.began + 1))
        for each in again
    ]
    path = tmp_path / "any.pcap"
    path.write_bytes(pcap(records_of([*before, *long, *later])))
    capture = capture_of(path.read_bytes(), ports=None)
    analysis = Analysis(Options(ports=None, contain_crashes=False), Secrets())
    capture.ignore(analysis.transport.ignored)

    seen = [
        item for item in capture if isinstance(item, Segment) and not list(analysis.feed([item]))
    ]
    list(analysis.finish())

    assert capture.frames == len(before) + len(long) + len(later)
    assert len(seen) < len(before) + len(long) // 8
    assert analysis.transport.summary.without_tls == 2
    assert analysis.transport.summary.connections == 102


def test_a_connection_to_an_hsm_s_port_is_always_told():
    segments = [each for number in range(130) for each in talk(number)]
    silent = talk(200, size=0, port=2223)
    assert [each.conversation.tcp.server.port for each in told([*segments, *silent], None)][
        -1
    ] == 2223


def test_a_record_longer_than_patience_does_not_exist():
    """TLS joined anywhere is seen in time: nothing but a record's body comes before the next header."""
    body = bytes(PATIENCE - 10)
    doubt = Doubt()
    assert doubt.remains(Chunk(CLIENT, body, span(1)))
    assert not doubt.over
    assert not doubt.remains(Chunk(CLIENT, b"\x17\x03\x03\x40\x00", span(2)))


@pytest.mark.parametrize("cut", range(6))
def test_a_header_cut_in_two_is_seen(cut: int):
    header = b"\x16\x03\x01\x00\xc8"
    doubt = Doubt()
    stays = [
        doubt.remains(Chunk(SERVER, piece, span(number)))
        for number, piece in enumerate([b"hello" + header[:cut], header[cut:]])
        if piece
    ]
    assert stays[-1] is False


def test_what_is_handed_on_has_the_length_and_the_ends_of_what_came():
    for sizes in ([1], [2, 2], [4, 1, 3], [1] * 12, [700, 800], [3, 2000]):
        pieces = [bytes(random.Random(size).choices(range(32, 127), k=size)) for size in sizes]
        doubt = Doubt()
        assert all(
            doubt.remains(Chunk(Side.SERVER, piece, span(n))) for n, piece in enumerate(pieces)
        )
        [made] = doubt.events()
        whole = b"".join(pieces)
        assert (made.side, len(made.data)) == (SERVER, len(whole))
        assert made.data[:5] == whole[:5]
        assert made.data[-4:] == whole[-4:]
        assert (made.at.first, made.at.last) == (0, len(sizes) - 1)


def test_a_reset_of_a_counted_connection_is_not_passed_over():
    ignored = {talk(0)[0].key}
    segments = [each for each in talk(0) if not each.flags & (SYN | FIN)]
    reset = segments[-1]._replace(flags=RST)
    capture = capture_of(pcap(records_of([*segments, reset])), ports=None)
    capture.ignore(ignored)
    found = [item for item in capture if isinstance(item, Segment)]
    assert [each.flags & RST for each in found if each.key in ignored] == [RST]
