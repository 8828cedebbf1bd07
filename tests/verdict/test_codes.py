"""The table of codes and kinds is whole, and the page shows it."""

import ast
from pathlib import Path

from analyzer.report.explanations import explain
from analyzer.verdict import judge
from analyzer.verdict.causes.catalogue import CATALOGUE
from analyzer.verdict.codes import CODES, KINDS
from analyzer.verdict.finding import SLOTS
from tests.verdict.examples import blocks
from tests.verdict.recorded import CAPTURES, USUAL, expectations, recorded

ROOT = Path(__file__).resolve().parents[2]
# Which argument of each call is a code or kind.
PLACES = {
    "Finding": ("code", 0),
    "Miss": ("kind", 0),
    "Absence": ("kind", 0),
    "Opinion": ("kind", 1),
}


def written(field: str) -> set[str]:
    """Every code or kind that the program can give, read from its source."""
    found = set()
    folders = [ROOT / "analyzer" / name for name in ("run", "verdict")]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in PLACES and PLACES[name][0] == field and len(node.args) > PLACES[name][1]:
                found |= strings(node.args[PLACES[name][1]])
            found |= {s for k in node.keywords if k.arg == field for s in strings(k.value)}
            if field == "kind" and name == "Opinion" and isinstance(node.args[1], ast.Name):
                found |= {"out-of-date", "chain"}  # the variable of `opinions.issued`
    return {code for code in found if code != "connection" and not code.startswith("crosscheck-")}


def strings(node: ast.expr) -> set[str]:
    return {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    } - {""}


def test_every_code_that_can_be_given_is_in_the_table():
    assert written("code") | set(SLOTS) == {row.code for row in CODES}


def test_every_kind_that_can_be_given_is_in_the_table():
    assert written("kind") == {row.code for row in KINDS}


def test_kinds_come_with_the_statuses_that_the_table_says():
    about = {row.code: row.about for row in KINDS}
    expected = expectations(*USUAL)
    seen = set()
    for case in sorted(p.parent.name for p in CAPTURES.glob("*/expected.json")):
        for told in recorded(case):
            for finding in judge(told, expected):
                if finding.code in SLOTS:
                    assert finding.status.value in about[finding.kind], (case, finding)
                    seen.add(finding.kind)
    assert {"as-expected", "issued", "out-of-date", "empty", "not-reached"} <= seen


def test_each_code_and_kind_is_explained():
    for row in (*CODES, *KINDS):
        assert row.meaning in explain(row.code)


def test_the_page_shows_every_row():
    page = (ROOT / "docs" / "findings.md").read_text().splitlines()

    for row in (*CODES, *KINDS):
        assert markdown(row) in page


def markdown(row) -> str:
    cells = (f"`{row.code}`", row.about, row.meaning, row.remedy, row.source)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def test_codes_are_unique_among_all_that_can_be_explained():
    codes = [row.code for row in (*CODES, *KINDS, *CATALOGUE)]
    assert len(codes) == len(set(codes))


def test_the_page_shows_what_the_program_says():
    page = (ROOT / "docs" / "findings.md").read_text()

    for block in blocks():
        assert block in page
