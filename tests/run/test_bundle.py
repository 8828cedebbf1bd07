"""The connections of a part are the same when they come out of their bundle, wherever it lay meanwhile."""

import io
import pickle
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.errors import UnreadableInput
from analyzer.report.json_connection import connection_text
from analyzer.report.json_lines import connection_line
from analyzer.report.json_report import dumps
from analyzer.report.model import Connection
from analyzer.run.batch import plan_of
from analyzer.run.bundle import Bundle
from analyzer.run.joining import of_shares
from analyzer.run.kept import Kept
from analyzer.run.packing import Packing, Values, unpacked
from analyzer.run.parts import Chosen, Part, Task, analyzed, pair_of_connection, places
from analyzer.run.pipeline import analyze
from analyzer.run.results import Results
from analyzer.run.spool import Spool
from tests.makers.traffic import cut, traffic


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> str:
    return cut(traffic().records, [], tmp_path_factory.mktemp("bundle"))[0]


@pytest.fixture(scope="module")
def connections(capture: str) -> Sequence[Connection]:
    return analyze([capture], traffic().options).connections


@pytest.fixture(scope="module")
def part(capture: str) -> Part:
    return analyzed(Task(places([capture]), traffic().options))


def in_memory(part: Part, _: Path) -> Bundle:
    return part.connections


def sent(part: Part, _: Path) -> Bundle:
    told: Part = pickle.loads(pickle.dumps(part))
    return told.connections


def on_a_spool(part: Part, _: Path) -> Bundle:
    spool = Spool()
    spool.add(b"what another part left there")
    return part.put_away(spool).connections


def in_a_file(part: Part, directory: Path) -> Bundle:
    return results(part, directory).parts()[0].connections


def where_it_was_put(part: Part, directory: Path) -> Bundle:
    options = traffic().options
    return results(part, directory).add(0, part, options).connections


def results(part: Part, directory: Path) -> Results:
    options = traffic().options
    made = Results(directory)
    made.begin(plan_of(["capture.pcap"], options, (1, 1)), resume=False)
    made.add(0, part, options)
    return made


@pytest.mark.parametrize("way", [in_memory, sent, on_a_spool, in_a_file, where_it_was_put])
def test_connections_come_out_as_they_were(way, part, connections, tmp_path):
    bundle = way(part, tmp_path)

    assert tuple(bundle) == tuple(connections)
    assert len(bundle) == len(connections)


def test_a_row_says_what_is_asked_before_its_connection_is_taken_out(part, connections):
    told = [connection.conversation for connection in connections]

    rows = list(part.connections.rows())

    assert [row.stream for row in rows] == [each.stream for each in told]
    assert [row.pair for row in rows] == list(map(pair_of_connection, connections))
    assert [row.began for row in rows] == [each.tcp.span.began for each in told]
    assert [row.first for row in rows] == [each.tcp.span.first for each in told]
    assert [row.is_open for row in rows] == [each.tcp.ended_by == "open" for each in told]
    assert [row.is_sealed for row in rows] == [
        any(s.sealed for s in each.sessions) for each in told
    ]
    assert [row.resumes for row in rows] == [any(s.resumed for s in each.sessions) for each in told]
    assert [part.connections.row(number) for number in range(len(rows))] == rows


def test_without_keys_its_rows_say_that_connections_are_sealed(capture):
    sealed = analyzed(Task(places([capture]), replace(traffic().options, key_logs=())))

    assert all(row.is_sealed for row in sealed.connections.rows())
    assert not any(row.is_sealed for row in Bundle().rows())


def test_a_connection_takes_little_room(part):
    told = part.connections
    assert len(told.data) < 3_000 * len(told)
    assert len(told.index) < 50 * len(told)


@pytest.mark.parametrize("harm", [b"", b"\0" * 100, zlib.compress(b"harmless")])
def test_a_damaged_bundle_is_bad_input(part, harm):
    damaged = replace(part.connections, data=harm)

    with pytest.raises(UnreadableInput, match="damaged"):
        list(damaged)


def test_what_its_own_process_wrote_is_the_same_report(capture):
    options = traffic().options
    tasks = [
        Task(places([capture]), options, Chosen(None, share, 2), written=True) for share in range(2)
    ]
    parts = [analyzed(task).put_away(Spool()) for task in tasks]
    kept = Kept({"json": connection_text}, whole=False)

    told = of_shares(parts, [capture], options, kept)

    assert dumps(told) == dumps(analyze([capture], options))
    rows = [row for part in parts for row in part.connections.rows()]
    assert any(row.is_written for row in rows)
    assert [row.is_written for row in rows] == [not row.resumes for row in rows]


def test_a_connection_is_written_elsewhere_only_where_nothing_else_is_asked_of_it():
    writers = {"json": connection_text, "jsonl": connection_line}
    assert Kept({"json": connection_text}, whole=False).takes_written
    assert not Kept({"json": connection_text}).takes_written
    assert not Kept(writers, whole=False).takes_written
    assert not Kept(whole=False).takes_written


def test_what_was_written_is_not_taken_from_a_file(capture, tmp_path):
    written = analyzed(Task(places([capture]), traffic().options, written=True))
    made = results(analyzed(Task(places([capture]), traffic().options)), tmp_path)
    path = tmp_path / "parts" / "000000.part"
    path.write_bytes(pickle.dumps(written))

    with pytest.raises(UnreadableInput, match="no result of batch"):
        made.parts()


class Foreign:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("called",)


def test_nothing_is_called_for_what_is_packed(capsys):
    for harm in (Foreign(), print, Path("x")):
        with pytest.raises(pickle.UnpicklingError):
            Values(io.BytesIO(pickle.dumps(harm))).load()
    assert capsys.readouterr().out == ""


def test_what_is_no_connection_is_not_taken_for_one(connections):
    packing = Packing()
    assert (
        unpacked(packing.packed(connections[0]), packing.certificates, Connection) == connections[0]
    )
    with pytest.raises(pickle.UnpicklingError, match="no Connection"):
        unpacked(pickle.dumps(connections[0].conversation.tcp), (), Connection)
    with pytest.raises(IndexError):
        unpacked(packing.packed(connections[0]), (), Connection)


def test_connections_that_are_put_away_equal_those_at_hand_and_can_be_sent(connections):
    kept = Kept(at_hand=2)
    for connection in connections:
        kept.add(connection)

    assert kept == connections
    assert connections == kept
    assert kept[:3] == connections[:3]
    assert kept != connections[1:]
    assert kept != tuple(reversed(connections))
    assert kept.settled() is kept
    assert pickle.loads(pickle.dumps(kept)) == tuple(connections)


def test_a_program_gets_a_plain_tuple_of_few_connections(connections):
    assert isinstance(connections, tuple)
