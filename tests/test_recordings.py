"""The recordings are what their maker says, and can be made again."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.makers.cases import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from recording import pki
from recording.cases import CASES
from recording.check import differences
from recording.recorder import FORMATS
from recording.running import record

CAPTURES = ROOT / "captures"
NAMED = {case.name: case for case in CASES}
# One of every vendor form, version and format; the whole set is `make_captures.py --check`.
READ_BY_TSHARK = (
    *("tls13-in-tls13", "header-per-record-little-endian", "header-per-message-big-endian"),
    *("inner-cut-into-seven-bytes", "three-hsms-one-of-another-ca", "inner-client-missing-tls13"),
    *("embedded-secrets", "cluster-certificate-of-another-ca-tls12"),
)


def may_make_namespaces() -> bool:
    words = ["unshare", "--net", "ip", "link", "add", "type", "veth"]
    if os.geteuid() or not shutil.which("unshare") or not shutil.which("ip"):
        return False
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def secrets(path) -> list[str]:
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def randoms(path) -> set[str]:
    return {line.split()[1] for line in secrets(path)}


def sessions(expected: dict, level: str) -> list[dict]:
    return [c[level] for c in expected["connections"] if c[level] is not None]


def test_every_recording_belongs_to_a_case_and_every_case_is_recorded():
    recorded = {
        path.parent.relative_to(CAPTURES).as_posix() for path in CAPTURES.rglob("expected.json")
    }
    assert recorded == set(NAMED)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_recording_has_its_files_and_no_other(case):
    folder = CAPTURES / case.name
    keys = ("keys.log", "outer-keys.log", "inner-keys.log")
    expected = {FORMATS[case.format], *keys, "expected.json", "README.md"}
    assert {path.name for path in folder.iterdir()} == expected
    assert (folder / FORMATS[case.format]).stat().st_size < 100_000
    readme = (folder / "README.md").read_text()
    assert readme.startswith(f"# {case.title}\n")
    assert f"captures/{case.name}/{FORMATS[case.format]}" in readme


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_key_log_is_split_between_the_levels(case):
    folder = CAPTURES / case.name
    outer, inner = folder / "outer-keys.log", folder / "inner-keys.log"
    assert sorted(secrets(folder / "keys.log")) == sorted(secrets(outer) + secrets(inner))
    assert not randoms(outer) & randoms(inner)
    expected = json.loads((folder / "expected.json").read_text())
    for level, log in (("outer", outer), ("inner", inner)):
        established = [s for s in sessions(expected, level) if s["outcome"] == "established"]
        assert len(randoms(log)) >= len(established)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_certificates_in_the_facts_are_those_that_the_case_gave_its_peers(case):
    expected = json.loads((CAPTURES / case.name / "expected.json").read_text())
    names = pki.names_by_sha256()
    assert len(expected["connections"]) == len(case.connections)
    for facts, plan in zip(expected["connections"], case.connections, strict=True):
        for level, given in (("outer", plan.outer), ("inner", plan.inner)):
            if facts[level] is None:
                continue
            shown = facts[level]["certificates"]
            assert [names[sha] for sha in shown["server"] or ()][:1] in ([], [given.server])
            assert [names[sha] for sha in shown["client"] or ()][:1] in ([], [given.client])


@pytest.mark.parametrize("name", READ_BY_TSHARK)
@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_tshark_reads_the_makers_facts_on_both_levels(name):
    assert list(differences(NAMED[name])) == []


@pytest.mark.parametrize("name", ["tls12-in-tls13", "outer-client-absent-tls13"])
@pytest.mark.skipif(not may_make_namespaces(), reason="network namespaces cannot be made here")
@pytest.mark.skipif(not shutil.which("tcpdump"), reason="tcpdump is not installed")
@pytest.mark.skipif(not shutil.which("dumpcap"), reason="dumpcap is not installed")
def test_a_case_recorded_again_gives_the_same_facts(name, tmp_path):
    folder = record(NAMED[name], tmp_path)
    made = json.loads((folder / "expected.json").read_text())
    assert made == json.loads((CAPTURES / name / "expected.json").read_text())
