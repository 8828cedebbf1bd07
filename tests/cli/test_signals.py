"""A signal ends the program with a shell's exit code, nothing half-written, and what was found told."""

import signal
import subprocess
import time

import pytest

from tests.makers.cases import cases
from tests.makers.program import command, environment, hears_signals

CASE = next(case for case in cases() if case.name == "tls12-in-tls12")


def started(*words, before=()):
    return subprocess.Popen(
        [*before, *command(*words)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hears_signals,  # noqa: PLW1509  no other thread runs
    )


def fed(program, data: bytes) -> None:
    """The program has taken these bytes from its standard input."""
    program.stdin.write(data)
    program.stdin.flush()
    while _waiting(program.stdin.fileno()):
        time.sleep(0.01)


def _waiting(pipe: int) -> int:
    import array
    import fcntl
    import termios

    size = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, size)
    return size[0]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_in_the_middle_leaves_what_was_there(number, code, tmp_path):
    target = tmp_path / "report"
    target.write_text("mine")
    with started("analyze", "-", "-f", "json", "-o", target, "--force") as program:
        fed(program, CASE.capture.read_bytes()[:2000])
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert (program.returncode, out) == (code, b"")
    assert err.strip() == b""
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert target.read_text() == "mine"


def test_a_signal_that_the_starter_ignores_stays_ignored():
    nohup = ("sh", "-c", 'trap "" HUP && exec "$@"', "sh")
    with started("analyze", "-", "-f", "csv", before=nohup) as program:
        data = CASE.capture.read_bytes()
        fed(program, data[:2000])
        program.send_signal(signal.SIGHUP)
        out, err = program.communicate(data[2000:], timeout=60)
    assert (program.returncode, err) == (0, b"")
    assert out.count(b"\n") > 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_live_tells_what_it_has_when_it_is_ended(number):
    with started("live", "-", "-k", CASE.directory / "keys.log") as program:
        fed(program, CASE.capture.read_bytes())
        line = program.stdout.readline()
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert b" established: " in line + out
    assert program.returncode == 0
    assert err.startswith(b"hsm-analyzer: summary: 1 connection: 1 established")
