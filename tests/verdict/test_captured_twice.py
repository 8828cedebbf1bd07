"""A second sighting of a packet is no new event: captured twice, every connection has the same cause.

Twice is: the file given under two names, packets that pass two interfaces (`-i any`), two captures of one time.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from analyzer.capture import Capture
from analyzer.capture.items import IcmpError, Segment
from analyzer.report.model import Connection
from analyzer.run.analysis import CLOUDHSM_PORTS, Analysis, Options
from analyzer.run.key_files import load_key_file
from analyzer.run.pipeline import analyze
from analyzer.stream import FILE_SHIFT
from analyzer.tls.secrets import Secrets
from analyzer.verdict import Expectations
from tests.makers.cases import Case, cases
from tests.verdict.causes import CAUSES

CASES = cases()
BY_NAME = {case.name: case for case in CASES}
US, MS = 1_000, 1_000_000

Packet = Segment | IcmpError
Way = Callable[[Sequence[Packet]], list[Packet]]


def sighted(packet: Packet, later_ns: int, file: int = 0, **changes: int) -> Packet:
    """The same packet, captured once more."""
    first, last, began, ended = packet.at
    place = file << FILE_SHIFT
    at = packet.at._replace(
        first=first | place, last=last | place, began=began + later_ns, ended=ended + later_ns
    )
    if isinstance(packet, Segment):
        return packet._replace(at=at, **changes)
    return replace(packet, at=at)


def in_order(*captures: Sequence[Packet]) -> list[Packet]:
    """As files are merged: by time."""
    both = [packet for capture in captures for packet in capture]
    return sorted(both, key=lambda packet: (packet.at.began, packet.at.first >> FILE_SHIFT))


def twice(later_ns: int, file: int = 0) -> Way:
    return lambda whole: in_order(whole, [sighted(each, later_ns, file) for each in whole])


def behind_a_router(whole: Sequence[Packet]) -> list[Packet]:
    return in_order(
        whole,
        [
            sighted(each, 20 * US, ttl=each.ttl - 1)
            if isinstance(each, Segment)
            else sighted(each, 20 * US)
            for each in whole
        ],
    )


def without_ip_id(way: Way) -> Way:
    """As in IPv6, which has none."""
    return lambda whole: way(
        [each._replace(ip_id=0) if isinstance(each, Segment) else each for each in whole]
    )


def overlapping(first_file: int) -> Way:
    """Two captures, one of which began while the other was running; given in either order."""

    def halves(whole: Sequence[Packet]) -> list[Packet]:
        one, other = whole[: len(whole) * 6 // 10], whole[len(whole) * 4 // 10 :]
        return in_order(
            [sighted(each, 0, first_file) for each in one],
            [sighted(each, 20 * US, 1 - first_file) for each in other],
        )

    return halves


WAYS: dict[str, Way] = {
    "twice in one file, 20 us later": twice(20 * US),
    "twice in one file, behind the answer": twice(300 * US),
    "three times": lambda whole: in_order(whole, twice(20 * US)(twice(40 * US)(whole))),
    "before and behind a router": behind_a_router,
    "without an IP identification": without_ip_id(twice(20 * US)),
    "in two files": twice(0, 1),
    "in two files, one clock 40 ms behind": twice(-40 * MS, 1),
    "in two files without an IP identification": without_ip_id(twice(300 * US, 1)),
    "in two files that overlap": overlapping(0),
    "in two files that overlap, the later one given first": overlapping(1),
}


@cache
def expectations(name: str) -> Expectations:
    return BY_NAME[name].expectations


@cache
def packets(name: str) -> tuple[Packet, ...]:
    with BY_NAME[name].capture.open("rb") as file:
        items = tuple(Capture(file, name=name, ports=CLOUDHSM_PORTS))
    return tuple(item for item in items if isinstance(item, Segment | IcmpError))


def told(case: Case, captured: Sequence[Packet]) -> list[Connection]:
    known = Secrets()
    if case.key_lines():
        load_key_file(known, case.directory / "keys.log")
    analysis = Analysis(Options(expected=expectations(case.name), contain_crashes=False), known)
    return sorted(analysis.connections(captured), key=lambda each: each.conversation.stream)


def in_short(connections: Sequence[Connection]) -> list[tuple]:
    """Outcome, stage, cause and the status of each check."""
    return [
        (
            each.conversation.outcome,
            each.conversation.stage,
            each.cause and (each.cause.code, each.cause.confidence),
            sorted((finding.code, finding.status) for finding in each.findings),
        )
        for each in connections
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_packets_captured_twice_change_no_cause_and_no_check(case):
    whole = packets(case.name)
    once = in_short(told(case, whole))
    for way, captured in WAYS.items():
        assert in_short(told(case, captured(whole))) == once, way


@pytest.mark.parametrize("case", [BY_NAME[name] for name in sorted(CAUSES)], ids=lambda c: c.name)
def test_a_capture_given_twice_says_what_it_says_once(case, tmp_path):
    copy = tmp_path / case.capture.name
    shutil.copy(case.capture, copy)
    keys = (case.directory / "keys.log",) if case.key_lines() else ()

    def causes(*files: Path) -> list[tuple[str, ...] | None]:
        options = Options(key_logs=keys, expected=expectations(case.name), contain_crashes=False)
        return [
            each.cause and (each.cause.code, each.cause.confidence, each.cause.summary)
            for each in analyze(files, options).connections
        ]

    assert causes(case.capture, copy) == causes(case.capture)


def test_a_syn_that_is_seen_again_behind_its_answer_is_counted_once():
    case = BY_NAME["causes/syn-ack-refused"]
    [connection] = told(case, twice(300 * US)(packets(case.name)))

    assert connection.conversation.tcp.syns == 4
