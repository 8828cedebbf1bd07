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
    follow_noting,
    frames,
    inner,
    opened,
    pairs,
    secrets,
)
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


def test_noting_frames_and_times_changes_no_byte_and_notes_the_last_segment(storm):
    data = (storm / "storm.pcap").read_bytes()
    places = list(frames(data))
    known: dict[bytes, Half] = {}
    follow_noting(data, places, known)
    latest = max((half.latest for half in known.values() if half.latest), key=lambda s: s[2])
    told = analyze([storm / "storm.pcap"], Options()).connections
    assert latest[2] == len(places) - 1
    assert latest[3] == max(each.conversation.tcp.span.ended for each in told)
    assert pairs(known) == streams(storm)


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
