"""The catalogue is whole: every cause that can be given has a row, and every row is explained and on the page."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.tls.constants import ALERTS as ALERT_NUMBERS
from analyzer.verdict.causes.catalogue import CATALOGUE, ENTRIES
from analyzer.verdict.causes.glossary import ALERTS, LOG_MESSAGES
from tests.makers.cases import run

ROOT = Path(__file__).resolve().parents[2]
PHASES = {"network", "outer", "between", "inner", "after", "capture"}


def written() -> set[str]:
    """Every code that the rules write down in full, read from their source."""
    found = set()
    for path in (ROOT / "analyzer" / "verdict").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reading":
                first = node.args[0]
                parts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                found |= {p.value for p in parts if isinstance(p, ast.Constant)}
    return found


def test_codes_are_unique():
    assert len(ENTRIES) == len(CATALOGUE)


def test_every_code_that_a_rule_gives_has_a_row():
    assert written() <= ENTRIES.keys()
    assert len(written()) > 20


def test_outer_and_inner_handshakes_can_fail_in_the_same_ways():
    outer = {e.code.removeprefix("outer-") for e in CATALOGUE if e.code.startswith("outer-")}
    inner = {e.code.removeprefix("inner-") for e in CATALOGUE if e.code.startswith("inner-")}

    assert outer == inner - {"not-found"}


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
def test_each_row_is_filled_and_explained(entry):
    assert entry.phase in PHASES
    assert all(entry)

    code, out, _ = run("explain", entry.code)

    assert code == 0
    assert entry.title in out
    assert entry.remedy in out


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.code)
def test_each_alert_is_explained_by_name_and_by_number(alert):
    name = ALERT_NUMBERS[alert.code]
    by_number = run("explain", str(alert.code))

    assert by_number[0] == 0
    assert alert.means in by_number[1]
    assert run("explain", name) == by_number
    assert run("explain", f"alert {alert.code}") == by_number
    assert set(alert.causes) <= ENTRIES.keys()


@pytest.mark.parametrize("line", LOG_MESSAGES, ids=lambda line: line.text[:30])
def test_each_log_line_is_found_as_it_stands_in_a_log(line):
    pasted = f"2026-11-24T02:00:00 ERROR [12] ThreadId(1) [cloudhsm] {line.text}"

    code, out, _ = run("explain", pasted)

    assert code == 0
    assert line.means in out
    assert set(line.causes) <= ENTRIES.keys()


def test_part_of_a_log_line_is_enough():
    _, out, _ = run("explain", "certificate signature failure")

    assert "inner-server-certificate-refused" in out


def test_an_unknown_term_is_a_usage_error_with_the_nearest_ones():
    code, out, err = run("explain", "outer-server-certifcate-refused")

    assert (code, out) == (2, "")
    assert "outer-server-certificate-refused" in err


def test_asked_nothing_it_lists_all_terms():
    code, out, _ = run("explain")

    assert code == 0
    assert all(entry.code in out for entry in CATALOGUE)


def test_the_page_is_the_table():
    script = [sys.executable, str(ROOT / "scripts" / "causes_page.py")]
    made = subprocess.run(script, check=True, capture_output=True, text=True).stdout

    assert (ROOT / "docs" / "causes.md").read_text() == made
