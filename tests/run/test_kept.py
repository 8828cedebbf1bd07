"""Connections that are put away until the report is written are the same when they are taken out."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from analyzer.report import html, json_lines, json_report, junit, markdown, terminal
from analyzer.report.model import Connection, Report
from analyzer.run import kept as keeping
from analyzer.run import spool
from analyzer.run.kept import Kept
from analyzer.run.pipeline import Run
from tests.makers.traffic import cut, traffic

FACES = (json_report, json_lines, terminal, markdown, html, junit)
WRITERS = {"json": json_report.connection_text, "jsonl": json_lines.connection_line}


@pytest.fixture(scope="module")
def capture(tmp_path_factory) -> str:
    directory: Path = tmp_path_factory.mktemp("kept")
    return cut(traffic().records, [], directory)[0]


def report(capture: str, kept: Kept | None) -> Report:
    """The report on it, of connections that are all at hand where nothing is given to keep them."""
    with Run([capture], traffic().options) as run:
        if kept is None:
            return run.report(list(run.connections()))
        for connection in run.connections():
            kept.add(connection)
        return run.report(kept)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little is held, so nearly all of it goes through the temporary file."""
    monkeypatch.setattr(keeping, "_AT_HAND", 2)
    monkeypatch.setattr(spool, "_HELD", 5_000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("writers", [{}, WRITERS], ids=["packed", "packed and written"])
def test_every_face_says_the_same_of_connections_that_were_put_away(capture, writers):
    at_hand, away = report(capture, None), report(capture, Kept(writers))

    assert list(away.connections) == list(at_hand.connections)
    assert {face.__name__: face.dumps(away) for face in FACES} == {
        face.__name__: face.dumps(at_hand) for face in FACES
    }


@pytest.mark.usefixtures("small")
def test_texts_alone_are_the_same_report_and_no_connection_can_be_had_of_them(capture):
    at_hand, away = report(capture, None), report(capture, Kept(WRITERS, whole=False))

    assert json_report.dumps(away) == json_report.dumps(at_hand)
    assert json_lines.dumps(away) == json_lines.dumps(at_hand)
    with pytest.raises(IndexError, match="texts only"):
        away.connections[0]


@pytest.mark.usefixtures("small")
def test_some_of_them_stay_put_away(capture):
    at_hand, away = report(capture, None).connections, report(capture, Kept()).connections

    assert isinstance(away, Kept)
    assert list(away[3:7]) == list(at_hand[3:7])
    assert list(away.at([8, 2])) == [at_hand[8], at_hand[2]]
    assert away[-1] == at_hand[-1]
    clients = {each.conversation.tcp.client for each in at_hand[5:]}
    assert list(away.chosen(lambda brief: brief.client in clients)) == list(at_hand[5:])


@pytest.mark.usefixtures("small")
def test_without_room_for_a_temporary_file_they_stay_in_memory(capture, monkeypatch):
    written = os.pwrite

    def full(descriptor: int, data: memoryview, place: int) -> int:
        """A disk with room for 20,000 bytes."""
        if place + len(data) > 20_000:
            raise OSError(errno.ENOSPC, "no space")
        return written(descriptor, data, place)

    monkeypatch.setattr(os, "pwrite", full)

    assert list(report(capture, Kept()).connections) == list(report(capture, None).connections)


def test_the_temporary_file_has_no_name(capture, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(spool, "_HELD", 0)
    kept = Kept(WRITERS)
    report(capture, kept)

    targets = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]  # noqa: PTH115

    assert list(tmp_path.iterdir()) == []
    assert [target for target in targets if target.startswith(str(tmp_path))]


def test_equal_certificates_are_one_value_again(capture):
    kept = report(capture, Kept()).connections
    leaves = [leaf(connection) for connection in kept if connection.conversation.sessions]

    assert len(leaves) > 5
    assert len({id(each) for each in leaves}) == len(set(leaves))


def leaf(connection: Connection) -> object:
    """What the server shows at the outer level."""
    return connection.conversation.sessions[0].certificates[1][0].certificate
