"""`keys`: which key opens what; the lines themselves are written only where that was asked for."""

import json
import shutil
import stat
import subprocess

import pytest

from tests.makers.cases import cases
from tests.makers.program import run_program

CASES = {case.name: case for case in cases()}
tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")


def keys(name: str, which: str, *arguments: object):
    case = CASES[name]
    return run_program("keys", case.capture, *case.keys(which), *arguments)


def opened(done) -> list[tuple]:
    uses = json.loads(done.stdout)["uses"]
    return [(use["level"], use["side"], use["epoch"], use["source"]) for use in uses]


def test_every_epoch_of_both_levels_is_told():
    done = keys("tls13-in-tls12", "all", "--format", "json")
    assert done.returncode == 0
    assert opened(done) == [
        (0, "client", "traffic", "CLIENT_RANDOM"),
        (0, "server", "traffic", "CLIENT_RANDOM"),
        (1, "client", "handshake", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
        (1, "client", "application", "CLIENT_TRAFFIC_SECRET_0"),
        (1, "server", "handshake", "SERVER_HANDSHAKE_TRAFFIC_SECRET"),
        (1, "server", "application", "SERVER_TRAFFIC_SECRET_0"),
    ]


def test_what_stays_sealed_names_the_line_that_would_open_it():
    done = keys("tls13-in-tls12", "outer", "--format", "json")
    assert done.returncode == 3
    sealed = [use for use in json.loads(done.stdout)["uses"] if not use["source"]]
    assert [(use["level"], use["side"], use["epoch"]) for use in sealed] == [
        (1, "client", "handshake"),
        (1, "server", "handshake"),
    ]
    assert sealed[0]["remedy"].startswith(
        f"a key-log line CLIENT_HANDSHAKE_TRAFFIC_SECRET {sealed[0]['client_random']}"
    )


def test_lines_of_other_sessions_are_unused():
    other = CASES["tls12-in-tls12"].directory / "keys.log"
    done = keys("tls13-in-tls13", "all", "--keys", other, "--unused", "--format", "json")
    unused = json.loads(done.stdout)["unused"]
    randoms = [line.split()[1] for line in other.read_text().splitlines() if line[:1] == "C"]
    assert sorted(line["client_random"] for line in unused) == sorted(randoms)
    assert {line["file"] for line in unused} == {str(other)}


def test_hellos_inside_closed_records_are_not_said_to_be_missing_from_the_capture(tmp_path):
    """With the keys of one side the other side's inner hello is captured, and sealed."""
    case = CASES["tls13-in-tls13"]
    log = tmp_path / "client.log"
    log.write_text("".join(f"{line}\n" for line in case.key_lines() if line.startswith("CLIENT_")))

    listed = run_program("keys", case.capture, "--keys", log).stdout.decode()
    shown = run_program("analyze", case.capture, "--keys", log).stdout.decode()

    assert "level 1, client (from frame 19): sealed: not both hellos could be read" in listed
    assert "the outer keys that open them" in listed
    assert "client: not both hellos could be read" in " ".join(shown.split())
    for text in (listed, shown):
        assert ", :" not in text
        assert "hello is not in the capture" not in text


def test_no_output_shows_a_secret():
    case = CASES["tls13-in-tls13"]
    secrets = [
        line.split()[2]
        for line in (case.directory / "keys.log").read_text().splitlines()
        if line[0] != "#"
    ]
    for form in ("text", "json"):
        done = keys(case.name, "all", "--unused", "--format", form)
        assert not any(secret.encode() in done.stdout + done.stderr for secret in secrets)


@tshark
@pytest.mark.parametrize("name", ["tls12-in-tls12", "tls13-in-tls12"])
def test_a_capture_with_injected_keys_is_decrypted_by_tshark(name, tmp_path):
    target = tmp_path / "with-keys.pcapng"
    assert keys(name, "all", "--inject", target).returncode == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    command = [
        "tshark",
        "-r",
        str(target),
        "-d",
        "tcp.port==2223,tls",
        "-Y",
        "tls.app_data",
        "-T",
        "fields",
    ]
    shown = subprocess.run(
        [*command, "-e", "tls.handshake.type", "-e", "data.data"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert shown.stdout.strip()  # the decrypted bytes of the outer application data
    again = run_program("analyze", target, "--format", "json")
    assert json.loads(again.stdout)["connections"][0]["stage"] == "inner-established"


def test_the_minimal_key_log_opens_as_much(tmp_path):
    target = tmp_path / "minimal.log"
    other = CASES["tls12-in-tls12"].directory / "keys.log"
    assert keys("tls13-in-tls13", "all", "--keys", other, "--minimal", target).returncode == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    done = run_program(
        "keys", CASES["tls13-in-tls13"].capture, "--keys", target, "--unused", "--format", "json"
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["unused"] == []


def test_nothing_is_overwritten(tmp_path):
    target = tmp_path / "minimal.log"
    target.write_text("mine")
    done = keys("tls12-in-tls12", "all", "--minimal", target)
    assert done.returncode == 2
    assert target.read_text() == "mine"
