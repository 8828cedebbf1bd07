"""No command shows a byte of a key unless it was asked for that very output."""

import pytest

from tests.makers.cases import cases
from tests.makers.program import run_here

CASES = {case.name: case for case in cases()}
NAMES = ("tls12-in-tls12", "tls13-in-tls13", "cluster-certificate-of-another-ca-tls13")
COMMANDS = (
    *(("analyze", "-f", form) for form in ("text", "json", "jsonl", "markdown", "html", "junit", "csv")),
    ("analyze", "-f", "sarif"),
    ("keys", "--unused"),
    ("certs",),
    ("live",),
    ("live", "-f", "jsonl"),
    ("export", "--with-secrets", "none", "-o", "-"),
)  # fmt: skip


def secrets_of(case) -> list[bytes]:
    """Each secret in every spelling in which it could show."""
    lines = (case.directory / "keys.log").read_text().splitlines()
    digits = [line.split()[-1] for line in lines if line and not line.startswith("#")]
    return [
        spelled
        for each in digits
        for spelled in (each.encode(), each.upper().encode(), bytes.fromhex(each))
    ]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", NAMES)
def test_no_output_holds_a_secret(name, words):
    case = CASES[name]
    done = run_here(words[0], case.capture, *case.keys("all"), *words[1:])
    assert done.returncode in {0, 1, 3}
    assert done.stdout
    shown = done.stdout + done.stderr
    assert [secret for secret in secrets_of(case) if secret in shown] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_search_finds_them_where_they_were_asked_for(name):
    case = CASES[name]
    done = run_here("export", case.capture, *case.keys("all"), "-o", "-")
    assert any(secret in done.stdout for secret in secrets_of(case))
