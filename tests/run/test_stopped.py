"""A run in several processes that a signal stops: no process stays, what is finished is kept, nothing is half."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.makers.cases import cases
from tests.makers.program import command, environment, hears_signals, run_program

CASES = {case.name: case for case in cases()}
CAPTURES = [CASES[name].capture for name in ("tls12-in-tls12", "tls13-in-tls13")]
DEADLINE = 60
# As a shell tells of them (docs/user-guide.md).
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
# Who is told: the program alone, as by `kill`; or all its processes, as by a terminal or a supervisor.
TELL = {"alone": os.kill, "all": os.killpg}


@pytest.fixture
def begun() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Begins the program with a session of its own, by which its processes are known; none outlives the test."""
    programs: list[subprocess.Popen[bytes]] = []

    def begin(*words: object) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(
            command(*words),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=hears_signals,  # noqa: PLW1509  no other thread runs
        )
        programs.append(program)
        return program

    yield begin
    for program in programs:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        with suppress(ValueError):  # its pipes are closed: it was waited for
            program.communicate()


def processes(program: subprocess.Popen[bytes]) -> list[str]:
    """The command lines of those of its session that have not ended."""
    return [words for stat in Path("/proc").glob("[0-9]*/stat") for words in _of(stat, program.pid)]


def _of(stat: Path, session: int) -> list[str]:
    try:
        state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
        if int(its_session) != session or state in "ZX":
            return []
        words = (stat.parent / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [words.replace(b"\0", b" ").decode()]


def until(met: Callable[[], bool], why: str) -> None:
    late = time.monotonic() + DEADLINE
    while not met():
        assert time.monotonic() < late, why
        time.sleep(0.02)


def stopped(program: subprocess.Popen[bytes]) -> tuple[int, bytes, str]:
    """Exit code, stdout and stderr, once none of its processes is left."""
    out, err = program.communicate(timeout=DEADLINE)
    until(lambda: not processes(program), f"left behind: {processes(program)}")
    return program.returncode, out, err.decode()


@pytest.fixture
def pipe(tmp_path):
    """A capture that nobody writes: who opens it waits."""
    path = tmp_path / "3.pcap"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("told", TELL)
@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_a_batch_keeps_what_is_finished_and_goes_on_from_there(number, told, pipe, begun, tmp_path):
    results = tmp_path / "results"
    words = ("batch", *CAPTURES, pipe, "-o", results, "-j", 2)
    parts = results / "parts"
    program = begun(*words)
    until(lambda: len(list(parts.glob("*.part"))) == 2, "the first two are not finished")
    TELL[told](program.pid, number)
    assert stopped(program) == (CODES[number], b"", "\n")
    kept = {path: path.stat().st_mtime_ns for path in parts.iterdir()}
    assert [path.name for path in kept] == ["000000.part", "000001.part"]
    assert {path.name for path in results.iterdir()} == {"plan.json", "parts", "files"}

    pipe.unlink()
    pipe.write_bytes(CASES["three-hsms"].capture.read_bytes())
    resumed = run_program(*words, "--resume")
    assert (resumed.returncode, resumed.stderr) == (0, b"")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    whole = run_program("analyze", *CAPTURES, pipe, "-f", "json").stdout
    assert (results / "report.json").read_bytes() == whole


# The program, the tracker of its resources and the fork server; two workers besides.
@pytest.mark.parametrize("running", [3, 5], ids=["beginning", "at-work"])
@pytest.mark.parametrize("files", [1, 2])
@pytest.mark.parametrize("told", TELL)
@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_an_analysis_leaves_the_report_that_was_there(
    number, told, files, running, begun, tmp_path
):
    captures = [tmp_path / f"{place}.pcap" for place in range(files)]
    for path in captures:
        path.write_bytes(CAPTURES[0].read_bytes())
        os.truncate(path, 4 << 30)  # a hole of empty frames: nobody is through with them
    target = tmp_path / "report"
    target.write_text("mine")
    program = begun("analyze", *captures, "-j", 2, "-o", target, "--force")
    until(lambda: len(processes(program)) >= running, "they do not begin")
    TELL[told](program.pid, number)
    assert stopped(program) == (CODES[number], b"", "\n")
    assert {path.name for path in tmp_path.iterdir()} == {"report", *(p.name for p in captures)}
    assert target.read_text() == "mine"


def test_workers_end_with_a_parent_that_is_killed(tmp_path, pipe, begun):
    program = begun("batch", *CAPTURES, pipe, "-o", tmp_path / "results", "-j", 2)
    until(lambda: len(processes(program)) >= 5, "they do not begin")
    program.kill()
    assert stopped(program) == (-signal.SIGKILL, b"", "")
