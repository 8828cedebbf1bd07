"""Recordings of one make, taken at another time with other ports, framing and files, meet each other's baseline.

What the makers of the recordings wrote down says which are of one make: the same versions, suites,
certificates and outcome. Nothing else is the same in them.
"""

import json
import tomllib

import pytest

from analyzer.report.check import check
from analyzer.report.expect_write import baseline
from analyzer.run.expected_files import load_expectations
from analyzer.run.pipeline import Options, analyze
from analyzer.verdict.expectations import CertificatePaths
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.file import parse_expect_file
from tests.makers.cases import ROOT, cases

EXPECTED = load_expectations(etc=ROOT / "captures" / "pki" / "etc" / "sdk3")
SDK3 = ["--etc", "captures/pki/etc/sdk3"]


def makes() -> dict[str, list]:
    """The cases of one good connection by what their makers say of it."""
    found: dict[str, list] = {}
    for case in cases():
        facts = case.expected
        # Under causes/ each has its own trouble, and that is a difference.
        if len(facts["connections"]) != 1 or facts["arguments"] != SDK3 or "causes/" in case.name:
            continue
        (told,) = facts["connections"]
        if facts["verdict"] == "pass":
            key = json.dumps([told["outer"], told["inner"], told["slots"]], sort_keys=True)
            found.setdefault(key, []).append(case)
    return {key: group for key, group in found.items() if len(group) > 1}


MAKES = list(makes().values())


def report_of(case):
    words = case.keys("all")
    keys = tuple(ROOT / word for word in words if not word.startswith("--"))
    return analyze([case.capture], Options(key_logs=keys, expected=EXPECTED))


def wanted_of(case):
    text = baseline(report_of(case), CertificatePaths(), strict=True)
    return parse_expect_file(tomllib.loads(text), case.name)


def test_there_are_several_makes_with_several_recordings():
    assert len(MAKES) >= 2
    assert max(map(len, MAKES)) >= 3


@pytest.mark.parametrize("group", MAKES, ids=[group[0].name for group in MAKES])
def test_a_strict_baseline_holds_for_the_others_of_its_make(group):
    first, *others = group
    wanted = wanted_of(first)
    for other in others:
        told = check(report_of(other), wanted, EXPECTED, {})
        differences = [
            (d.key, d.expected, d.observed)
            for result in told.rules
            for each in result.checked
            for d in each.differences
        ]
        # One of them lost bytes to a full buffer of the recorder: that is undecided, and told.
        lost = [each for each in differences if "bytes-lost-by-the-capture" in each[2]]
        assert differences == lost, other.name
        assert told.status is (Status.UNKNOWN if lost else Status.PASS), other.name


def test_a_strict_baseline_holds_for_no_other_make():
    first, second, *_ = (group[0] for group in MAKES)
    assert check(report_of(second), wanted_of(first), EXPECTED, {}).status is Status.FAIL
    assert check(report_of(first), wanted_of(second), EXPECTED, {}).status is Status.FAIL
