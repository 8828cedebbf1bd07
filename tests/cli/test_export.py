"""`export`: what was inside, as a capture that tshark opens and decrypts without being told anything."""

import json
import shutil
import stat
import subprocess

import pytest

from tests.makers.cases import cases
from tests.makers.program import run_program

tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
NESTED = [case for case in cases() if any(c["inner"] for c in case.expected["connections"])]
CASE = next(case for case in NESTED if case.name == "tls12-in-tls12")
# One of each way in which the inner TLS may lie in the outer plaintext, and in which levels may be mixed.
READABLE = [
    case
    for case in NESTED
    if case.name
    in {
        *("tls12-in-tls12", "tls12-in-tls13", "tls13-in-tls12", "tls13-in-tls13"),
        *("vendor-exchange", "header-per-message-big-endian", "header-per-record-little-endian"),
        *("inner-cut-into-seven-bytes", "inner-mutual-tls-tls13", "ipv6", "three-hsms"),
    }
]


def export(case, target, *arguments: object):
    return run_program("export", case.capture, *case.keys("all"), "-o", target, *arguments)


def dissected(path, *fields: str) -> list[list[str]]:
    command = ["tshark", "-r", str(path), "-n", "-2", "-T", "fields", "-E", "separator=|"]
    command += [word for field in fields for word in ("-e", field)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)
    return [line.split("|") for line in done.stdout.splitlines()]


@tshark
@pytest.mark.parametrize("case", READABLE, ids=lambda case: case.name)
def test_tshark_reads_the_inner_handshake_without_any_preference(case, tmp_path):
    target = tmp_path / "inner.pcapng"
    done = export(case, target)
    assert done.returncode == 0, done.stderr
    sessions = len(case.expected["connections"])
    types = [
        kind for (cell,) in dissected(target, "tls.handshake.type") for kind in cell.split(",")
    ]
    assert types.count("1") == sessions
    assert types.count("20") == 2 * sessions  # Finished shows only where it was decrypted


@tshark
def test_the_plaintext_is_what_the_peers_exchanged(tmp_path):
    case = next(case for case in NESTED if case.name == "tls12-in-tls12")
    target = tmp_path / "plain.pcapng"
    assert export(case, target, "--what", "plaintext").returncode == 0
    payload = bytes.fromhex("".join(cell for (cell,) in dissected(target, "tcp.payload")))
    with_keys = subprocess.run(
        ["tshark", "-r", "-", "-q", "-z", "follow,tls,raw,0"],
        input=export(case, "-").stdout,
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout.decode()
    followed = [
        line.strip()
        for line in with_keys.splitlines()
        if set(line.strip()) <= set("0123456789abcdef")
    ]
    assert bytes.fromhex("".join(followed)) == payload
    assert payload


def test_the_file_is_for_its_owner_only_and_nothing_is_overwritten(tmp_path):
    target = tmp_path / "inner.pcapng"
    assert export(CASE, target).returncode == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    before = target.read_bytes()
    again = export(CASE, target)
    assert again.returncode == 2
    assert b"exists already; --force overwrites it" in again.stderr
    assert target.read_bytes() == before
    assert export(CASE, target, "--force").returncode == 0


def test_without_secrets_the_file_holds_no_key():
    case = CASE
    keys = [
        line.split()[2]
        for line in (case.directory / "keys.log").read_text().splitlines()
        if line[0] != "#"
    ]
    with_keys, without = (
        export(case, "-").stdout,
        export(case, "-", "--with-secrets", "none").stdout,
    )
    assert any(key.encode() in with_keys for key in keys)
    assert not any(key.encode() in without for key in keys)


def test_only_the_chosen_connection_is_written():
    assert export(CASE, "-", "--conn", "0").returncode == 0
    done = export(CASE, "-", "--conn", "99")
    assert done.returncode == 2
    assert b"there is no connection 99" in done.stderr


def test_without_keys_there_is_nothing_inside_to_write(tmp_path):
    target = tmp_path / "inner.pcapng"
    done = run_program("export", CASE.capture, "-o", target)
    assert done.returncode == 3
    warning, hint = done.stderr.decode().splitlines()
    assert warning.endswith("no connection shows records of the inner level; the file is empty")
    assert hint.startswith("hsm-analyzer: hint: needs a key-log line CLIENT_RANDOM ")


@pytest.mark.parametrize("name", ["three-hsms", "embedded-secrets", "any-interface", "nanoseconds"])
def test_the_frames_of_one_connection_tell_the_same_of_it(name, tmp_path):
    case = next(case for case in NESTED if case.name == name)
    target = tmp_path / "frames.pcapng"
    last = len(case.expected["connections"]) - 1
    assert export(case, target, "--what", "frames", "--conn", last).returncode == 0
    done = run_program("analyze", target, "--format", "json")
    (found,) = json.loads(done.stdout)["connections"]
    whole = run_program("analyze", case.capture, *case.keys("all"), "--format", "json")
    expected = json.loads(whole.stdout)["connections"][last]
    for key in ("client", "server", "start", "end", "outcome", "stage"):
        assert found[key] == expected[key]
    shown = [
        [c["sha256"] for c in session["certificates"]["server"]] for session in found["sessions"]
    ]
    assert shown == [
        [c["sha256"] for c in s["certificates"]["server"]] for s in expected["sessions"]
    ]
    assert found["tcp"]["gaps"] == []
