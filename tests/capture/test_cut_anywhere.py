"""A recording cut anywhere gives a report, and never a better verdict than the whole."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.makers.cases import cases, run
from tests.makers.rewrites import recorded
from tests.makers.rewrites_of_files import FILES

BY_NAME = {case.name: case for case in cases()}
STEP = 64

# What came about at most; a prefix may tell less.
STAGES = (
    *("none", "tcp", "outer-hello", "outer-certificates", "outer-established"),
    *("inner-hello", "inner-certificates", "inner-established"),
)


def outcome(path: Path, name: str) -> tuple[int, dict]:
    """Exit code and report; a crash is not caught."""
    case = BY_NAME[name]
    code, out, err = run(
        *("analyze", "--format", "json", "--fail-on", "fail", str(path)),
        *case.keys("all"),
        *case.arguments,
    )
    assert "Traceback" not in err
    return code, json.loads(out)


def told(report: dict) -> tuple[str, int, set[str]]:
    """The verdict, the furthest stage, the slots that passed."""
    connections = report["connections"]
    stage = max((STAGES.index(c["stage"]) for c in connections), default=0)
    passed = {
        finding["code"]
        for connection in connections
        for finding in connection["findings"]
        if finding["status"] == "pass"
    }
    return report["verdict"], stage, passed


def assert_no_prefix_is_better(whole: bytes, name: str, folder: Path, start: int = 64) -> None:
    path = folder / "it"
    path.write_bytes(whole)
    code, report = outcome(path, name)
    assert code in {0, 1, 3}
    verdict, furthest, passes = told(report)
    assert verdict == BY_NAME[name].expected["verdict"]
    for size in range(start, len(whole), STEP):
        path.write_bytes(whole[:size])
        code, report = outcome(path, name)
        found, stage, passed = told(report)
        assert code in {0, 1, 3}, size
        assert found in {"unknown", verdict}, size
        assert found != "pass" or stage == furthest
        assert stage <= furthest
        assert passed <= passes, size
        if code == 1:
            assert found == "fail"


@pytest.mark.parametrize(
    "name",
    [
        "tls12-in-tls12",  # passes
        "cluster-certificate-of-another-ca-tls13",  # fails in the inner handshake
        "outer-client-stranger-tls12",  # fails in the outer one
        "outer-only",  # cannot be told
    ],
)
def test_no_prefix_of_a_recording_is_better_than_the_whole(name: str, tmp_path: Path):
    assert_no_prefix_is_better(BY_NAME[name].capture.read_bytes(), name, tmp_path)


def test_no_prefix_of_a_pcapng_with_its_own_keys_is_better_than_the_whole(tmp_path: Path):
    name = "cluster-certificate-expired-tls12"
    case = BY_NAME[name]
    [variant] = [each for each in FILES if each.name == "pcapng-secrets-last"]
    keys = (case.directory / "keys.log").read_bytes()
    [whole] = variant.make(recorded(case.capture), keys)
    assert_no_prefix_is_better(whole, name, tmp_path)


def test_no_prefix_of_a_compressed_recording_is_better_than_the_whole(tmp_path: Path):
    name = "outer-client-stranger-tls12"
    whole = gzip.compress(BY_NAME[name].capture.read_bytes())
    # Before, not even a file header comes out of the decompressor.
    assert_no_prefix_is_better(whole, name, tmp_path, start=192)
