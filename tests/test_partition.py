"""However a recording is divided, by files, by connections, among processes, the report is one and the same."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.report.json_report import dumps
from analyzer.report.model import Report
from analyzer.run.batch import plan_of, whole
from analyzer.run.jobs import analyze_with
from analyzer.run.joining import joined, of_shares
from analyzer.run.parts import Chosen, Part, Task, analyzed, places
from analyzer.run.pipeline import Options, analyze
from analyzer.run.pool import Processes
from tests.makers.cases import cases
from tests.makers.files import Pcapng
from tests.makers.traffic import (
    Traffic,
    counted_through,
    cut,
    evenly,
    places_of_syns,
    records_of,
    traffic,
)

SETTINGS = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def divided(sources: Sequence[str], options: Options) -> Report:
    """File by file, then what crosses the borders: what batch does, in this process."""
    parts = {place: analyzed(Task((each,), options)) for place, each in enumerate(places(sources))}
    return whole(parts, plan_of(sources, options, (1, 1)), options, None)


@pytest.fixture(scope="module")
def recorded() -> Traffic:
    return traffic()


@pytest.fixture(scope="module")
def expected(recorded: Traffic, tmp_path_factory: pytest.TempPathFactory) -> Report:
    (path,) = cut(recorded.records, (), tmp_path_factory.mktemp("whole"))
    return analyze([path], recorded.options)


def test_the_traffic_shows_what_it_should(expected: Report) -> None:
    outcomes = [connection.conversation.outcome for connection in expected.connections]

    assert outcomes == ["established"] * 12
    ended = {connection.conversation.tcp.ended_by for connection in expected.connections}
    assert ended == {"fin", "open"}


@pytest.mark.parametrize("pieces", [1, 2, 7, 50])
def test_cut_into_any_number_of_files_the_report_is_the_same(
    pieces: int, recorded: Traffic, expected: Report, tmp_path
) -> None:
    sources = cut(recorded.records, evenly(len(recorded.records), pieces), tmp_path)

    assert counted_through(divided(sources, recorded.options)) == counted_through(expected)


@SETTINGS
@given(data=st.data())
def test_wherever_the_cuts_are_the_report_is_the_same(
    data: st.DataObject, recorded: Traffic, expected: Report, tmp_path_factory
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(recorded.records)), max_size=5))
    sources = cut(recorded.records, cuts, tmp_path_factory.mktemp("cut"))

    assert counted_through(divided(sources, recorded.options)) == counted_through(expected)


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_two_processes_write_the_same_bytes_as_one(
    pieces: int, recorded: Traffic, tmp_path
) -> None:
    sources = cut(recorded.records, evenly(len(recorded.records), pieces), tmp_path)
    alone = analyze(sources, recorded.options)

    assert dumps(analyze_with(sources, recorded.options, Processes(2))) == dumps(alone)


@pytest.mark.parametrize("shares", [2, 5])
def test_shares_of_the_connections_are_the_whole(
    shares: int, recorded: Traffic, expected: Report, tmp_path
) -> None:
    (path,) = cut(recorded.records, (), tmp_path)
    parts = [
        analyzed(Task(((0, path),), recorded.options, Chosen(None, share, shares)))
        for share in range(shares)
    ]

    counts = [len(part.connections) for part in parts]
    assert sum(counts) == 12
    assert max(counts) < 12
    told = json.loads(dumps(of_shares(parts, [path], recorded.options)))
    wanted = json.loads(dumps(expected))
    told.pop("inputs"), wanted.pop("inputs")
    assert told == wanted


def test_what_lies_on_a_border_is_told_again_and_nothing_else(recorded: Traffic, tmp_path) -> None:
    sources = cut(recorded.records, evenly(len(recorded.records), 3), tmp_path)
    parts = {
        place: analyzed(Task((each,), recorded.options))
        for place, each in enumerate(places(sources))
    }
    tasks: list[Task] = []

    def run(given: Sequence[Task]) -> list[Part]:
        tasks.extend(given)
        return [analyzed(task) for task in given]

    report = joined(parts, sources, recorded.options, run)

    in_several = {
        pair
        for one in parts.values()
        for other in parts.values()
        if one is not other
        for pair in one.seen & other.seen
    }
    assert [task.chosen.pairs for task in tasks] == [frozenset(in_several)]
    assert len(report.connections) == 12


def test_keys_that_another_file_carries_open_what_this_one_holds(tmp_path) -> None:
    """A pcapng's secrets block opens connections in whatever file they are."""
    recorded = traffic()
    half = len(recorded.records) // 2
    keys = recorded.options.key_logs[0].read_bytes()
    paths = []
    for number, (records, secrets) in enumerate(
        ((recorded.records[:half], b""), (recorded.records[half:], keys))
    ):
        made = Pcapng().interface()
        for time, frame in records:
            made.packet(time // 1000, frame)
        if secrets:
            made.secrets(secrets)
        path = tmp_path / f"{number}.pcapng"
        path.write_bytes(bytes(made))
        paths.append(str(path))
    options = replace(recorded.options, key_logs=())

    apart = divided(paths, options)

    assert counted_through(apart) == counted_through(analyze(paths, options))
    assert {c.conversation.outcome for c in apart.connections} == {"established"}


@pytest.mark.parametrize("name", ["inner-resumed", "outer-resumed-tls12", "outer-resumed-tls13"])
def test_a_session_resumed_in_a_later_file_names_the_connection_of_an_earlier_one(
    name: str, tmp_path
) -> None:
    """Whose certificates a resumed session goes by is known only where its first handshake is."""
    case = next(case for case in cases() if case.name == name)
    options = Options(key_logs=(case.directory / "keys.log",))
    records = tuple(records_of(case.capture))
    sources = cut(records, places_of_syns(records)[1:], tmp_path)

    told = divided(sources, options)

    resumes = [s.resumes for c in told.connections for s in c.conversation.sessions if s.resumed]
    assert resumes
    assert {words.split(",")[0] for words in resumes} == {"connection 0"}
