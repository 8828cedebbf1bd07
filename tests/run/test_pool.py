"""A unit of work that crashes, is killed or hangs costs itself and nothing else."""

import pytest

from analyzer.errors import BadUsage, UnreadableInput
from analyzer.run.pool import Lost, Processes, outcomes, workers
from tests.makers import units

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


def test_an_unknown_executor_is_the_users_mistake() -> None:
    with pytest.raises(BadUsage, match="no executor 'threads'"):
        workers("threads", 2)
