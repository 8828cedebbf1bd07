"""`--only failed` shows every connection that failed, was lost or makes the verdict a fail, and says what it leaves out."""

import json

import pytest

from tests.makers.cases import ROOT, cases
from tests.makers.program import run_here

CASES = {case.name: case for case in cases()}
CUSTOM = ("--etc", ROOT / "captures" / "pki" / "etc" / "sdk3-custom-client")


def told(name, *more, form="text"):
    case = CASES[name]
    words = ("analyze", case.capture, *case.keys("all"), *(more or case.arguments))
    done = run_here(*words, "--only", "failed", "-q", "-f", form)
    assert done.returncode == 0
    return done.stdout.decode()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("name", "more", "streams", "verdict"),
    [
        ("three-hsms", (), [], "PASS   3 connections, no failure seen"),
        (
            *("three-hsms-one-of-another-ca", (), [1]),
            "FAIL   1 connection: 1 failed; 2 more not shown",
        ),
        ("causes/lost-by-reset", (), [0], "PASS   1 connection: 1 established"),  # and then lost
        (
            "tls12-in-tls12",
            CUSTOM,
            [0],
            "FAIL   1 connection: 1 established",
        ),  # a wrong certificate
        ("causes/outer-stalled", (), [0], "UNKNOWN   1 connection: 1 unfinished; 1 more not shown"),
        ("causes/capture-ends", (), [], "UNKNOWN   1 connection, no failure seen"),
    ],
)
def test_what_is_wrong_is_shown_and_the_rest_is_counted(name, more, streams, verdict, jobs):
    options = (*(more or CASES[name].arguments), "-j", jobs)
    lines = told(name, *options).splitlines()
    assert [int(line.split()[1]) for line in lines if line.startswith("Connection ")] == streams
    assert f"Verdict: {verdict}" in lines
    if jobs == 1:  # told one by one, as they end
        whole = [json.loads(line) for line in told(name, *options, form="jsonl").splitlines()]
        assert [each["stream"] for each in whole if each["kind"] == "connection"] == streams


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_every_headline_counts_what_is_left_out(form):
    text = told("three-hsms-one-of-another-ca", form=form)
    assert "1 connection: 1 failed; 2 more not shown" in text
