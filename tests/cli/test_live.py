"""`live`: connections are told while the traffic goes on, from a pipe and from an interface."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time

import pytest
from scapy.sendrecv import sniff

from analyzer.run.pipeline import Options, analyze
from analyzer.run.scapy_session import HsmSession
from tests.makers.cases import cases
from tests.makers.loopback import talking
from tests.makers.program import command, environment, run_program

CASES = {case.name: case for case in cases()}
ETC = CASES["tls12-in-tls12"].arguments
DEADLINE = 60


def live(*arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        command("live", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )


def line_of(process: subprocess.Popen) -> str:
    """The next line of its output; the test's deadline guards against none."""
    return process.stdout.readline().decode()


def unread(process: subprocess.Popen) -> int:
    """Bytes of its input that it has not read."""
    return int.from_bytes(fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)), sys.byteorder)


def ended(process: subprocess.Popen) -> tuple[int, str]:
    _, err = process.communicate(timeout=DEADLINE)
    return process.returncode, err.decode()


def test_a_connection_is_told_while_the_pipe_stays_open():
    case = CASES["tls12-in-tls12"]
    process = live("-", *case.keys("all"), *ETC)
    process.stdin.write(case.capture.read_bytes())
    process.stdin.flush()
    line = line_of(process)  # nothing more comes: the clock alone releases it
    assert "established: inner TLS established" in line
    assert "inner-server pass" in line
    assert process.poll() is None
    code, err = ended(process)
    assert code == 0
    assert err.endswith("1 connection: 1 established; verdict pass\n")


def test_a_key_log_that_appears_later_is_read(tmp_path):
    case = CASES["tls12-in-tls12"]
    keys = tmp_path / "keys.log"
    data = case.capture.read_bytes()
    process = live("-", "--keys", keys, *ETC)
    process.stdin.write(data[: len(data) // 2])
    process.stdin.flush()
    keys.write_bytes((case.directory / "keys.log").read_bytes())
    process.stdin.write(data[len(data) // 2 :])
    process.stdin.flush()
    assert "inner TLS established" in line_of(process)
    assert ended(process)[0] == 0


def test_a_key_log_may_be_a_pipe(tmp_path):
    case = CASES["tls12-in-tls12"]
    data, text = case.capture.read_bytes(), (case.directory / "keys.log").read_bytes()
    pipe = tmp_path / "keys"
    os.mkfifo(pipe)
    process = live("-", "--keys", pipe, *ETC)
    with pipe.open("wb", buffering=0) as keys:
        for place, piece in enumerate((text[:100], text[100:-1], text[-1:]), 1):
            process.stdin.write(data[len(data) * (place - 1) // 3 : len(data) * place // 3])
            process.stdin.flush()
            keys.write(piece)
        assert "inner TLS established" in line_of(process)
    assert ended(process)[0] == 0


def test_a_failed_connection_is_told_in_full_and_trips_the_gate():
    case = CASES["cluster-certificate-expired-tls12"]
    done = run_program("live", case.capture, *case.keys("all"), *case.arguments)
    assert done.returncode == 1
    assert b"Why: " in done.stdout
    assert b"Timeline" in done.stdout


def test_json_lines_hold_what_analyze_says():
    case = CASES["three-hsms"]
    done = run_program(
        "live", "-", *case.keys("all"), *case.arguments, "--format", "jsonl", stdin=case.capture.read_bytes()
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    report = run_program(
        "analyze", case.capture, *case.keys("all"), *case.arguments, "--format", "json"
    )
    assert [line["sessions"] for line in lines] == [
        connection["sessions"] for connection in json.loads(report.stdout)["connections"]
    ]


def test_it_stops_at_the_wanted_number_of_connections():
    case = CASES["three-hsms"]
    done = run_program("live", case.capture, "--exit-on", "1")
    assert done.stderr.decode().count("connections:") == 1
    refused = run_program("live", case.capture, "--exit-on", "sometimes")
    assert refused.returncode == 2


def test_interrupted_it_tells_what_is_open_and_sums_up():
    case = CASES["tls12-in-tls12"]
    data = case.capture.read_bytes()
    process = live("-", *case.keys("all"))
    process.stdin.write(data[: len(data) * 2 // 3])
    process.stdin.flush()
    while unread(process):
        time.sleep(0.05)
    time.sleep(0.5)  # what was read is taken in
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert b"10.0.2.21:2223" in out
    assert b"Traceback" not in err
    assert b"summary: 1 connection" in err


def test_a_signal_asks_for_the_status():
    process = live("-")
    process.stdin.write(CASES["tls12-in-tls12"].capture.read_bytes())
    process.stdin.flush()
    line_of(process)
    process.send_signal(signal.SIGUSR1)
    assert b"status: 1 connection" in process.stderr.readline()
    ended(process)


def test_one_source_has_to_be_named():
    assert run_program("live").returncode == 2
    assert run_program("live", "-", "--interface", "lo").returncode == 2
    missing = run_program("live", "--interface", "no-such-interface")
    assert missing.returncode == 2
    assert b"Traceback" not in missing.stderr


def test_scapys_own_sniffer_takes_the_session_class():
    case = CASES["tls13-in-tls13"]
    told = []
    session = HsmSession(Options(key_logs=(case.directory / "keys.log",)), tell=told.append)
    sniff(offline=str(case.capture), session=session, store=False)
    session.finish()
    (direct,) = analyze(
        [case.capture], Options(key_logs=(case.directory / "keys.log",))
    ).connections
    (sniffed,) = told
    assert sniffed.conversation.sessions[1].certificates[1][0].certificate == (
        direct.conversation.sessions[1].certificates[1][0].certificate
    )
    assert sniffed.conversation.stage == direct.conversation.stage == "inner-established"


@pytest.mark.skipif(os.geteuid() != 0, reason="capturing on an interface needs root")
def test_an_interface_is_watched():
    with talking() as port:
        process = live("--interface", "lo", "--port", port, "--exit-on", "1")
        assert f"127.0.0.1:{port}" in line_of(process)
    assert "verdict unknown" in ended(process)[1]
