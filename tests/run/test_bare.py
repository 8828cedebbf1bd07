"""The floor of docs/performance.md is one only if the bare reader opens what the program opens."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from analyzer.run.pipeline import Options, analyze
from analyzer.stream import CLIENT, SERVER, Chunk, Side
from scripts.benchmark.bare import (
    Half,
    follow,
    frames,
    inner,
    opened,
    pairs,
    secrets,
)
from scripts.benchmark.telling import TellingHalf, follow_telling
from scripts.workloads import shapes
from scripts.workloads.files import write_captures
from scripts.workloads.pki import make_pki
from scripts.workloads.sessions import Maker

CONNECTIONS = 8  # two of each pair of versions


@pytest.fixture(scope="module")
def storm(tmp_path_factory) -> Path:
    directory: Path = tmp_path_factory.mktemp("bare")
    shape = replace(
        shapes.SHAPES["storm"], connections=CONNECTIONS, distinct=CONNECTIONS, disorder=0.05
    )
    maker = Maker(make_pki(directory / "pki"), directory / "storm.keys")
    write_captures(shapes.frames(shape, maker), directory / "storm")
    return directory


def streams(storm: Path) -> list[tuple[bytes, bytes]]:
    data = (storm / "storm.pcap").read_bytes()
    known: dict[bytes, Half] = {}
    follow(data, frames(data), known)
    return pairs(known)


def test_the_bare_reader_opens_the_same_inner_plaintext_as_the_program(storm):
    keys = secrets((storm / "storm.keys").read_text())
    outers = [opened(pair, keys, prove=True) for pair in streams(storm)]
    inners = [opened(inner(level), keys, prove=True) for level in outers]
    options = Options(key_logs=(storm / "storm.keys",), kept=frozenset({(1, "plaintext")}))
    report = analyze([storm / "storm.pcap"], options)

    told = [connection.streams[1, "plaintext"] for connection in report.connections]
    expected = {tuple(plaintext(events, side) for side in Side) for events in told}
    assert {level.plain for level in inners} == expected
    assert len(outers) == len(told) == CONNECTIONS
    assert {level.proofs for level in (*outers, *inners)} == {4}


def test_bytes_that_follow_are_opened_as_if_they_had_come_at_once(storm):
    keys = secrets((storm / "storm.keys").read_text())
    for client, server in streams(storm):
        whole = opened((client, server), keys, prove=False)
        cut = len(server) - 9000  # in the middle of the data
        begun = opened((client, server[:cut]), keys, prove=False)
        _, rest = begun.more((b"", server[cut:]))
        assert begun.plain[SERVER] + rest == whole.plain[SERVER]
        assert begun.plain[CLIENT] == whole.plain[CLIENT]


def test_telling_changes_no_byte_and_tells_what_the_program_tells(storm):
    data = (storm / "storm.pcap").read_bytes()
    places = list(frames(data))
    known: dict[bytes, TellingHalf] = {}
    follow_telling(data, places, known)
    assert pairs(known) == streams(storm)

    halves = list(known.values())
    told = [each.conversation for each in analyze([storm / "storm.pcap"], Options()).connections]
    latest = max((half.latest for half in halves), key=lambda segment: segment[2])
    assert latest[2] == len(places) - 1
    assert latest[3] == max(each.tcp.span.ended for each in told)
    sides = [side for each in told for side in each.tcp.sides]
    assert sorted(half.segments for half in halves) == sorted(side.segments for side in sides)
    records = [count.records for each in told for count in each.sessions[0].counts]
    assert sum(len(half.records) for half in halves) == sum(records)


def test_a_record_is_told_with_its_frames_however_the_bytes_were_taken(storm):
    data = (storm / "storm.pcap").read_bytes()
    places = list(frames(data))
    at_once: dict[bytes, TellingHalf] = {}
    follow_telling(data, places, at_once)
    pairs(at_once)
    in_parts: dict[bytes, TellingHalf] = {}
    for begin in range(0, len(places), 7):
        follow_telling(data, places[begin : begin + 7], in_parts, begin)
        for half in in_parts.values():
            half.taken()
    assert any(record[2] != record[3] for half in at_once.values() for record in half.records)
    for key, half in at_once.items():
        assert in_parts[key].records == half.records


def test_a_hello_that_was_altered_breaks_the_proofs(storm):
    keys = secrets((storm / "storm.keys").read_text())
    for client, server in streams(storm):
        last = 5 + int.from_bytes(client[3:5]) - 1  # of the ClientHello
        altered = client[:last] + bytes([client[last] ^ 1]) + client[last + 1 :]
        with pytest.raises(InvalidSignature):
            opened((altered, server), keys, prove=True)


def plaintext(events, side: Side) -> bytes:
    return b"".join(
        event.data for event in events if isinstance(event, Chunk) and event.side is side
    )
