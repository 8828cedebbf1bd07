"""Ceilings on what is followed, and for how long, are the user's."""

from __future__ import annotations

import json
from pathlib import Path

from analyzer.stream import CLIENT
from tests.makers.files import pcap
from tests.makers.program import run_program
from tests.makers.reading import records_of
from tests.makers.segments import MS, START, Conversation

HELLO = bytes.fromhex("1603010005") + bytes(5)


def written(path: Path, *silences: int) -> Path:
    """One connection, with so many seconds of silence before each of its further segments."""
    made = Conversation().open()
    made.data(CLIENT, HELLO)
    for seconds in silences:
        made.clock += seconds * 1000 * MS
        made.data(CLIENT, HELLO)
    path.write_bytes(pcap(records_of(made.segments)))
    return path


def report(*arguments: object) -> dict:
    return json.loads(run_program("analyze", *arguments, "-f", "json", "-q").stdout)


def test_a_connection_ends_after_the_silence_that_was_given(tmp_path):
    path = written(tmp_path / "silent.pcap", 100, 2)

    usual = report(path)
    short = report(path, "--idle", 60)

    assert [each["tcp"]["ended_by"] for each in usual["connections"]] == ["open"]
    assert [each["tcp"]["ended_by"] for each in short["connections"]] == ["timeout", "open"]


def test_more_connections_than_were_given_end_early_and_are_told_of(tmp_path):
    segments = []
    for number in range(4):
        clock = START + number * 1000 * MS
        made = Conversation(client=("10.0.0.1", 40_000 + number), clock=clock).open()
        made.data(CLIENT, HELLO)
        segments += made.segments
    path = tmp_path / "four.pcap"
    path.write_bytes(pcap(records_of(segments)))

    found = report(path, "--max-connections", 2)

    [finding] = [each for each in found["findings"] if each["code"] == "connections-given-up"]
    assert finding["observed"] == "2"
    assert len(found["connections"]) == 4
    assert not [f for f in report(path)["findings"] if f["code"] == "connections-given-up"]


def test_a_ceiling_of_none_is_refused():
    for option in ("--max-connections", "--idle"):
        done = run_program("analyze", "any.pcap", option, 0)
        assert done.returncode == 2
        assert b"0 is not in the range x>=1" in done.stderr
