"""A unit of work that crashes, is killed or hangs costs itself and nothing else."""

import os
import tempfile
from pathlib import Path

import pytest

from analyzer.errors import BadUsage, UnreadableInput
from analyzer.run.pool import Lost, Processes, outcomes, workers
from tests.makers import units
from tests.makers.cases import cases
from tests.makers.program import run_program

OTHERS = {place: 2 * place for place in (0, 1, 2, 4, 5)}


def test_every_unit_has_its_result() -> None:
    assert dict(outcomes(units.twice, range(9), Processes(2))) == {n: 2 * n for n in range(9)}


def test_without_workers_the_work_is_done_here() -> None:
    assert dict(outcomes(units.twice, range(3), None)) == {0: 0, 1: 2, 2: 4}


def test_a_killed_worker_costs_its_unit() -> None:
    told = dict(outcomes(units.killed_at_three, range(6), Processes(2)))

    assert told == {**OTHERS, 3: Lost("its worker died")}


def test_a_hanging_worker_costs_its_unit() -> None:
    told = dict(outcomes(units.hanging_at_three, range(6), Processes(2), seconds=3))

    assert told == {**OTHERS, 3: Lost("no result within 3 seconds")}


@pytest.mark.parametrize("hands", [None, Processes(2)], ids=["here", "processes"])
def test_a_bug_costs_its_unit_and_shows_nothing_of_the_capture(hands: Processes | None) -> None:
    told = dict(outcomes(units.broken_at_three, range(6), hands))

    assert told == {**OTHERS, 3: Lost("ZeroDivisionError in the analyzer")}


def test_what_the_user_got_wrong_ends_the_run() -> None:
    with pytest.raises(UnreadableInput, match="three: cannot be read"):
        dict(outcomes(units.refused_at_three, range(6), Processes(2)))


def test_one_job_is_this_process() -> None:
    assert workers("process", 1) is None


def test_where_the_system_does_not_tell_the_cores_of_a_process_all_are_taken(monkeypatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    hands = workers("process", None)
    assert isinstance(hands, Processes)
    assert hands.count == 3


def test_an_unknown_executor_is_the_users_mistake() -> None:
    with pytest.raises(BadUsage, match="no executor 'threads'"):
        workers("threads", 2)


# 76 bytes are one more than the fork server's socket can have.
@pytest.mark.parametrize("length", [75, 76, 200])
def test_a_directory_for_temporary_files_may_have_a_long_name(length) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        temporary = Path(short, "t" * (length - len(short) - 1))
        temporary.mkdir()
        capture = cases()[0].capture
        done = run_program("analyze", capture, "-j", 2, env={"TMPDIR": str(temporary)})
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == run_program("analyze", capture).stdout
