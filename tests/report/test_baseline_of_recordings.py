"""Every recording meets the expectation file made of it, and fewer keys never make a mismatch or a pass."""

import tomllib
from pathlib import Path

import jsonschema
import pytest

from analyzer.report import json_report
from analyzer.report.check import check
from analyzer.report.expect_write import baseline
from analyzer.report.schema import SCHEMA as REPORT_SCHEMA
from analyzer.run.expected_files import load_expectations
from analyzer.run.pipeline import Options, analyze
from analyzer.verdict.expectations import CertificatePaths
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.file import SCHEMA, parse_expect_file
from tests.makers.cases import ROOT, cases

CASES = cases()
OPTIONS = ("etc", "server_certs", "client_cert", "customer_ca", "cluster", "cluster_cert")


def expected_set(case):
    """The expected set that the case's options name."""
    given: dict = {}
    words = list(case.arguments)
    while words:
        name = words.pop(0).removeprefix("--").replace("-", "_")
        if name not in (*OPTIONS, "mtls_anchors"):
            pytest.skip(f"the case asks for --{name}, which is no expected set")
        path = Path(words.pop(0))
        single = name in {"etc", "cluster"}
        given[name] = path if single else (*given.get(name, ()), path)
    return load_expectations(**given)


def analyzed(case, keys: str, expected):
    words = case.keys(keys)
    paths = tuple(ROOT / word for word in words if not word.startswith("--"))
    embedded = "--no-embedded-keys" not in words
    return analyze(
        [case.capture], Options(key_logs=paths, expected=expected, embedded_keys=embedded)
    )


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_recording_meets_its_own_baseline_and_without_keys_it_is_undecided(case):
    expected = expected_set(case)
    report = analyzed(case, "all", expected)
    bare = analyzed(case, "none", expected)
    for told_of in (report, bare):
        jsonschema.Draft202012Validator(REPORT_SCHEMA).validate(json_report.as_json(told_of))
    for strict in (False, True):
        text = baseline(report, CertificatePaths(etc="etc"), strict=strict)
        document = tomllib.loads(text)
        jsonschema.validate(document, SCHEMA)
        wanted = parse_expect_file(document, "expect.toml")
        told = check(report, wanted, expected, {})
        differences = [
            (c.connection.conversation.stream, d.key, d.observed)
            for result in told.rules
            for c in result.checked
            for d in c.differences
        ]
        assert differences == []
        assert told.status is (Status.UNKNOWN if told.whole else Status.PASS)
        without = check(bare, wanted, expected, {})
        decided = [
            (d.key, d.expected, d.observed)
            for result in without.rules
            for c in result.checked
            for d in c.differences
            if d.status is Status.FAIL
        ]
        assert decided == []
        if report.verdict is Status.PASS:
            assert without.status is Status.UNKNOWN
