"""Where every port is looked at: TLS that was joined in its middle and that nothing opens is told a hundred times, then counted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from analyzer.capture.items import SYN, Segment
from analyzer.report.model import Connection, Report
from analyzer.run.analysis import CLOUDHSM_PORTS, Analysis, Options
from analyzer.run.batch import plan_of, whole
from analyzer.run.key_files import load_key_file
from analyzer.run.parts import Task, analyzed, places
from analyzer.run.pipeline import analyze
from analyzer.stream import CLIENT, SERVER
from analyzer.tls.secrets import Secrets
from tests.makers.cases import Case, cases
from tests.makers.files import Pcapng, pcap
from tests.makers.reading import capture_of, records_of
from tests.makers.segments import Conversation

TOLD = 100
ANY = Options(ports=None, contain_crashes=False)


def sealed(number: int, *, port: int = 443, sends: int = 3) -> list[Segment]:
    """A connection under way: one record of application data a segment, of both sides in turn."""
    made = Conversation(client=("10.0.1.1", 20_000 + number), server=("10.0.1.2", port))
    made.clock += number
    letters = random.Random(number)
    for _ in range(sends):
        for side in (CLIENT, SERVER):
            made.data(side, b"\x17\x03\x03\x00\x64" + letters.randbytes(100))
    return made.segments


def many(count: int = TOLD, *, sends: int = 3) -> list[Segment]:
    return [each for number in range(count) for each in sealed(number, sends=sends)]


def case_named(name: str) -> Case:
    return next(each for each in cases() if each.name == name)


def segments_of(case: Case, port: int = 9443) -> list[Segment]:
    """The case's connection, on another port than the HSM's."""
    with case.capture.open("rb") as file:
        items = list(capture_of(file, ports=CLOUDHSM_PORTS))
    made = [each for each in items if isinstance(each, Segment)]
    end = made[0].key[-2:]
    return [each._replace(key=each.key.replace(end, port.to_bytes(2))) for each in made]


def behind(segments: Sequence[Segment], last: Segment) -> list[Segment]:
    """The same at a later time."""
    by = last.at.ended - segments[0].at.began + 1
    return [
        each._replace(at=each.at._replace(began=each.at.began + by, ended=each.at.ended + by))
        for each in segments
    ]


def told(segments: Sequence[Segment], case: Case | None = None) -> tuple[list[Connection], int]:
    """The connections, and how many were only counted."""
    secrets = Secrets()
    if case:
        load_key_file(secrets, case.directory / "keys.log")
    analysis = Analysis(ANY, secrets)
    return list(analysis.connections(segments)), analysis.transport.summary.joined_late


def test_the_first_hundred_are_told_and_the_others_counted(tmp_path):
    path = tmp_path / "late.pcap"
    path.write_bytes(pcap(records_of(many(130))))

    report = analyze([path], ANY)

    assert [each.conversation.stream for each in report.connections] == list(range(TOLD))
    [finding] = [each for each in report.findings if each.code == "connections-joined-late"]
    assert finding.observed == "30"
    named = analyze([path], Options(ports=frozenset({443})))
    assert report.connections == named.connections[:TOLD]
    assert len(named.connections) == 130


def test_where_keys_may_stand_behind_the_packets_they_are_counted_at_the_end(tmp_path):
    """A pcapng, of which nothing is let go before its last block was read."""
    made = Pcapng().interface()
    for time, frame in records_of(many(103)):
        made.packet(time // 1000, frame)
    path = tmp_path / "late.pcapng"
    path.write_bytes(bytes(made))

    report = analyze([path], ANY)

    assert len(report.connections) == TOLD
    [finding] = [each for each in report.findings if each.code == "connections-joined-late"]
    assert finding.observed == "3"


def test_a_key_behind_the_packets_opens_one_of_them(tmp_path):
    case = case_named("tls13-in-tls13")
    segments = segments_of(case)
    start = next(
        index for index, each in enumerate(segments) if each.payload[:1] == b"\x17" and index > 8
    )
    made = Pcapng().interface()
    before = many()
    for time, frame in records_of([*before, *behind(segments[start:], before[-1])]):
        made.packet(time // 1000, frame)
    made.secrets((case.directory / "keys.log").read_bytes())
    path = tmp_path / "late.pcapng"
    path.write_bytes(bytes(made))

    report = analyze([path], ANY)

    assert len(report.connections) == TOLD + 1
    assert report.connections[-1].conversation.sessions[0].recovered


def test_packets_of_a_counted_one_are_passed_over():
    before = many(sends=20)
    segments = [*before, *sealed(TOLD, sends=1000)]
    capture = capture_of(pcap(records_of(segments)), ports=None)
    analysis = Analysis(ANY, Secrets())
    capture.ignore(analysis.transport.ignored)

    seen = [
        each for each in capture if isinstance(each, Segment) and not list(analysis.feed([each]))
    ]

    assert analysis.transport.summary.joined_late == 1
    assert len(seen) < len(before) + 2000 // 8


def test_one_to_an_hsm_s_port_is_told():
    connections, counted = told([*many(), *sealed(200, port=2223)])

    assert (len(connections), counted) == (TOLD + 1, 0)
    assert connections[-1].conversation.tcp.server.port == 2223


def test_one_that_a_secret_opens_is_told():
    case = case_named("tls13-in-tls13")
    before = many()
    segments = segments_of(case)
    # Behind the outer handshake, so that nothing but the key log can tell whose it is.
    start = next(
        index for index, each in enumerate(segments) if each.payload[:1] == b"\x17" and index > 8
    )
    late = behind(segments[start:], before[-1])

    connections, counted = told([*before, *late], case)

    assert (len(connections), counted) == (TOLD + 1, 0)
    assert connections[-1].conversation.sessions[0].recovered
    assert told([*before, *late]) == (connections[:TOLD], 1)


def test_one_that_was_joined_before_the_server_s_hello_is_told():
    before = many()
    segments = segments_of(case_named("tls12-in-tls12"))
    hello = next(index for index, each in enumerate(segments) if each.payload[5:6] == b"\x02")
    late = behind(segments[hello:], before[-1])

    connections, counted = told([*before, *late])

    assert (len(connections), counted) == (TOLD + 1, 0)
    assert connections[-1].conversation.sessions[0].certificates[SERVER]


def test_one_whose_syn_alone_is_missing_is_opened_though_one_side_comes_late():
    case = case_named("tls13-in-tls13")
    segments = [each for each in segments_of(case) if not each.flags & SYN]
    times = [each.at for each in segments]
    for first in (CLIENT, SERVER):
        by_side = sorted(segments, key=lambda each: (each.key == segments[0].key) == bool(first))
        late = [each._replace(at=at) for each, at in zip(by_side, times, strict=True)]
        connections, counted = told(late, case)

        assert [each.conversation.outcome for each in connections] == ["established"]
        assert counted == 0


def divided(paths: Sequence[Path], options: Options) -> Report:
    sources = [str(path) for path in paths]
    parts = {place: analyzed(Task((each,), options)) for place, each in enumerate(places(sources))}
    return whole(parts, plan_of(sources, options, (1, 1)), options, None)


def test_one_whose_beginning_is_in_an_earlier_file_is_not_counted(tmp_path):
    case = case_named("tls13-in-tls13")
    segments = segments_of(case)
    cut = next(
        index for index, each in enumerate(segments) if each.payload[:1] == b"\x17" and index > 8
    )
    others = behind(many(), segments[cut - 1])
    pieces = [segments[:cut], [*others, *behind(segments[cut:], others[-1])]]
    paths = [tmp_path / "0.pcap", tmp_path / "1.pcap"]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(pcap(records_of(piece)))
    options = replace(ANY, key_logs=())

    report = divided(paths, options)

    assert analyzed(Task(((1, str(paths[1])),), options)).summary.joined_late == 1
    assert not [each for each in report.findings if each.code == "connections-joined-late"]
    assert len(report.connections) == TOLD + 1
    randoms = [
        session.client_random
        for each in report.connections
        for session in each.conversation.sessions
        if session.client_random
    ]
    assert len(randoms) == 1
