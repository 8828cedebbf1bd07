"""Whatever part of the session keys is there: what is found with it is found with all of them too, and no surer."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from analyzer.report.model import Report
from analyzer.run.pipeline import Options, analyze
from analyzer.verdict import Expectations
from analyzer.verdict.finding import Status
from tests.makers.cases import Case, cases
from tests.verdict.causes import CAUSES
from tests.verdict.test_diagnosis import SURE, WEAKER

CASES = cases()
BY_NAME = {case.name: case for case in CASES}


def parts(case: Case) -> Iterator[list[str]]:
    """Lines of the key log: by level, by side, by kind, all but each, each alone, and every second one."""
    lines = case.key_lines()
    yield []
    yield case.key_lines("outer")
    yield case.key_lines("inner")
    for words in (
        ("CLIENT_HANDSHAKE", "CLIENT_TRAFFIC"),
        ("CLIENT_",),  # with CLIENT_RANDOM, which opens both sides of TLS <= 1.2
        ("SERVER_",),
        ("SERVER_", "CLIENT_RANDOM"),
        ("CLIENT_HANDSHAKE", "SERVER_HANDSHAKE"),
        ("CLIENT_TRAFFIC", "SERVER_TRAFFIC"),
    ):
        yield [line for line in lines if line.startswith(words)]
    yield lines[::2]
    yield lines[1::2]
    for number, line in enumerate(lines):
        yield [line]
        yield lines[:number] + lines[number + 1 :]


@cache
def expectations(name: str) -> Expectations:
    return BY_NAME[name].expectations


def analyzed(case: Case, lines: list[str], log: Path) -> Report:
    log.write_text("".join(f"{line}\n" for line in lines))
    options = Options(
        key_logs=(log,) if lines else (),  # an empty file is refused
        expected=expectations(case.name),
        embedded_keys=False,
        contain_crashes=False,
    )
    return analyze([case.capture], options)


def failing(report: Report) -> set[tuple[int | None, str]]:
    """Connection (None: the whole capture) and code of each check that failed."""
    of_connections = {
        (each.conversation.stream, finding.code)
        for each in report.connections
        for finding in each.findings
        if finding.status is Status.FAIL
    }
    return of_connections | {(None, f.code) for f in report.findings if f.status is Status.FAIL}


def failed_sessions(report: Report) -> set[tuple[int, int, int]]:
    """Connection, level and number of each handshake that is told to have failed."""
    return {
        (each.conversation.stream, session.level, session.handshake)
        for each in report.connections
        for session in each.conversation.sessions
        if session.outcome == "failed"
    }


def every_part(case: Case, log: Path) -> Iterator[tuple[list[str], Report]]:
    """Each part once, with the labels of its lines."""
    for lines in {tuple(part): part for part in parts(case)}.values():
        yield [line.split()[0] for line in lines], analyzed(case, lines, log)


def test_there_is_a_key_log_to_take_from():
    assert sum(len(case.key_lines()) >= 2 for case in CASES) >= 80


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name not in CAUSES], ids=lambda case: case.name
)
def test_any_part_of_the_keys_of_a_healthy_recording_gives_no_false_alarm(case, tmp_path):
    log = tmp_path / "keys.log"
    known = failing(analyzed(case, case.key_lines(), log))
    for labels, report in every_part(case, log):
        assert [each.cause for each in report.connections if each.cause] == [], labels
        assert failing(report) <= known, labels
        assert "failed" not in {each.conversation.outcome for each in report.connections}, labels
        if not known:
            assert report.verdict is not Status.FAIL, labels


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name in CAUSES], ids=lambda case: case.name
)
def test_any_part_of_the_keys_of_a_failure_gives_the_same_cause_or_a_weaker_one(case, tmp_path):
    log = tmp_path / "keys.log"
    whole = analyzed(case, case.key_lines(), log)
    fails = failing(whole)
    for labels, report in every_part(case, log):
        assert failing(report) <= fails, labels
        assert failed_sessions(report) <= failed_sessions(whole), labels
        for known, each in zip(whole.connections, report.connections, strict=True):
            if each.cause is None:
                continue
            assert known.cause is not None, labels
            assert each.cause.code in {known.cause.code, *WEAKER.get(known.cause.code, ())}, labels
            assert SURE[each.cause.confidence] <= SURE[known.cause.confidence], labels
