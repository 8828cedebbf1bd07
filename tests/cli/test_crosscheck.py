"""`crosscheck`: tshark and pyshark beside us, on both levels."""

import json
import shutil

import pytest

from tests.makers.cases import cases
from tests.makers.program import run_program

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
NAMES = ("tls12-in-tls12", "tls13-in-tls13", "vendor-exchange")
CASES = {case.name: case for case in cases()}


def crosscheck(name: str, *arguments: object):
    case = CASES[name]
    return run_program("crosscheck", case.capture, *case.keys("all"), *arguments)


@pytest.mark.parametrize("engine", ["tshark", "pyshark"])
@pytest.mark.parametrize("name", NAMES)
def test_both_levels_agree(name, engine):
    done = crosscheck(name, "--engine", engine, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["findings"]
    assert [(f["level"], f["status"]) for f in found] == [(0, "pass"), (1, "pass")]


@pytest.fixture
def other_tshark(tmp_path):
    """A tshark that takes one cipher suite for another."""
    script = tmp_path / "other-tshark"
    script.write_text(f'#!/bin/sh\n{shutil.which("tshark")} "$@" | sed "s/0xc030/0xc02f/g"\n')
    script.chmod(0o755)
    return script


def test_a_disagreement_is_told_side_by_side_and_trips_the_gate(other_tshark):
    done = crosscheck("tls12-in-tls12", "--tshark", other_tshark)
    assert done.returncode == 1
    text = done.stdout.decode()
    assert "says otherwise about cipher suite" in text
    assert "ours:   cipher suite: TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" in text
    assert "theirs: cipher suite: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" in text


def test_a_tshark_that_hangs_is_ended_at_the_deadline(tmp_path):
    script = tmp_path / "hanging"
    script.write_text("#!/bin/sh\nsleep 60\n")
    script.chmod(0o755)
    done = crosscheck("tls12-in-tls12", "--tshark", script, "--deadline", "1")
    assert done.returncode == 3
    assert b"did not end within 1 seconds" in done.stderr


def test_a_missing_tshark_is_named(tmp_path):
    done = crosscheck("tls12-in-tls12", "--tshark", tmp_path / "gone")
    assert done.returncode == 4
    assert b"is not installed" in done.stderr


def test_users_preferences_change_nothing(tmp_path):
    config = tmp_path / ".config" / "wireshark"
    config.mkdir(parents=True)
    (config / "disabled_protos").write_text("tls\n")
    case = CASES["tls12-in-tls12"]
    done = run_program(
        "crosscheck", case.capture, *case.keys("all"), env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
