"""Markdown, CSV, JUnit and SARIF are read back by readers that are not ours."""

import csv
import io
import json
from dataclasses import replace

import junitparser
import pytest
from markdown_it import MarkdownIt
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from analyzer.capture.items import Damage
from analyzer.report import csv_report, junit, markdown, sarif
from analyzer.report.model import Connection, Input
from analyzer.report.rows import COLUMNS
from tests.makers import junit_form, told
from tests.makers.hostile import WORDS

MIXED = told.report(told.established(0), told.rejected(1), told.sealed(2), told.refused(3))


def hostile(words: str):
    """A report with `words` wherever the network or the user can put them."""
    outer = told.session(0, server_name=words, alpn=words)
    cause = replace(told.CAUSE, summary=words, advice=words, alternatives=(words,))
    finding = told.slot("outer-server-certificate", told.Status.FAIL, observed=words, message=words)
    conversation = replace(told.established().conversation, sessions=(outer,), broken=words)
    return told.report(
        Connection(conversation, (finding,), cause),
        Connection(told.rejected().conversation, (finding,), cause),
        inputs=(
            Input(words, "pcap", damage=(Damage(words, 1),)),
            Input(words, refused=words),
        ),
        reasons=(words,),
        findings=(replace(finding, code="whole-capture"),),
    )


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_csv_has_a_row_a_connection():
    rows = rows_of(csv_report.dumps(MIXED))
    assert [row["stream"] for row in rows] == ["0", "1", "2", "3"]
    assert [row["outcome"] for row in rows] == ["established", "failed", "unseen", "failed"]
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["inner_server_subject"] == 'CN="HSM:abc:PARTN:1, for FIPS mode"'
    assert rows[1]["outer_alerts"] == "client: unknown_ca"
    assert rows[1]["outer_server_certificate"] == "fail"
    assert rows[1]["inner_version"] == ""


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_no_csv_cell_is_a_formula(words):
    rows = rows_of(csv_report.dumps(hostile(words)))
    assert len(rows) == 2
    for cell in (cell for row in rows for cell in row.values()):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "|"))
        assert cell == "" or cell.isprintable()
        assert len(cell) < 32767


def test_junit_has_a_suite_a_capture_and_a_case_a_statement():
    told_of = junitparser.JUnitXml.fromstring(junit.dumps(MIXED).encode())
    (suite,) = told_of
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (11, 3, 0, 3)
    assert suite.name == "capture.pcap"
    results = {case.name: [type(r).__name__ for r in case.result] for case in suite}
    assert results["stream 0 from 10.0.0.1:40000: established"] == []
    assert results["stream 1 from 10.0.0.1:40001: established"] == ["Failure"]
    assert results["stream 2 from 10.0.0.1:40002: outer-client-certificate"] == ["Skipped"]
    failure = next(case for case in suite if "stream 1" in case.name).result[0]
    assert failure.message == "the client refused the host's certificate: unknown CA"
    assert "do: Put the host's certificate into /opt/cloudhsm/etc/certs." in failure.text


def test_junit_says_what_could_not_be_read():
    report = told.report(
        told.established(),
        inputs=(
            Input("a.pcap", "pcap", damage=(Damage("the file is cut", 9),)),
            Input("b.txt", refused="this is text"),
        ),
    )
    cut, refused = junitparser.JUnitXml.fromstring(junit.dumps(report).encode())
    assert (cut.errors, cut.skipped, refused.errors) == (0, 1, 1)
    assert next(iter(refused)).result[0].message == "this is text"


def test_junit_is_as_ci_servers_take_it():
    document = junit.dumps(MIXED).encode()
    assert junit_form.mistakes(document) == []
    for wrong, why in (
        (document.replace(b"<testsuites ", b'<testsuites skipped="3" '), "no attribute skipped"),
        (document.replace(b' tests="11"', b""), "tests is missing"),
        (document.replace(b'timestamp="2', b'timestamp="on 2'), "timestamp='on 2"),
        (document.replace(b"<properties>", b"<properties>words"), "text in it"),
        (document.replace(b"properties>", b"facts>"), "no such element"),
        (document.replace(b"skipped message", b"skipped reason"), "no attribute reason"),
    ):
        assert any(why in mistake for mistake in junit_form.mistakes(wrong)), why


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_junit_is_xml_whatever_the_words(words):
    text = junit.dumps(hostile(words)).encode()
    assert junit_form.mistakes(text) == []
    assert len(text) < 200_000


def test_sarif_is_what_its_schema_says():
    told_of = json.loads(sarif.dumps(MIXED))
    Sarif.model_validate(told_of)
    (run,) = told_of["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    kinds = [(result["ruleId"], result["kind"], result["level"]) for result in run["results"]]
    assert kinds == [
        ("outer-server-certificate-rejected", "fail", "error"),
        ("outer-server-certificate", "fail", "error"),
        ("outer-server-certificate", "open", "none"),
        ("outer-client-certificate", "open", "none"),
        ("tcp-refused", "fail", "error"),
    ]
    assert run["results"][0]["message"]["text"] == (
        "Connection 1, 10.0.0.1:40001 to 10.0.2.9:2223: the client refused the host's certificate: "
        "unknown CA (frame 6). Put the host's certificate into /opt/cloudhsm/etc/certs."
    )


def fingerprints(report) -> list[str]:
    results = sarif.as_sarif(report)["runs"][0]["results"]
    return [print_ for each in results for print_ in each["partialFingerprints"].values()]


def test_sarif_fingerprints_know_the_same_trouble_in_the_next_capture():
    today, tomorrow = told.rejected(1, 40001), told.rejected(7, 51234)
    assert fingerprints(told.report(today)) == fingerprints(told.report(tomorrow))
    assert fingerprints(told.report(today)) != fingerprints(told.report(told.refused()))


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_sarif_holds_whatever_the_words(words):
    text = sarif.dumps(hostile(words))
    assert text.replace("\n", "").isprintable()
    told_of = json.loads(text)
    Sarif.model_validate(told_of)
    for result in told_of["runs"][0]["results"]:
        unescaped = result["message"]["text"].replace("\\[", "").replace("\\]", "")
        assert "](" not in unescaped


def rendered(text: str):
    """Markdown's tokens by markdown-it with tables and every kind of linking switched on."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def flat(tokens):
    for token in tokens:
        yield token
        yield from flat(token.children or ())


def test_markdown_has_a_heading_a_connection_and_tables():
    tokens = list(flat(rendered(markdown.dumps(MIXED))))
    headings = [
        tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"
    ]
    assert headings == [
        "hsm-analyzer: FAIL",
        "Connection 0: established",
        "Connection 1: FAILED",
        "Connection 2: cannot be told from this capture",
        "Connection 3: FAILED",
    ]
    assert sum(token.type == "table_open" for token in tokens) == 8
    cells = [token.content for token in tokens if token.type in {"text", "code_inline"}]
    assert "client_hello" in cells
    assert "the client refused the host's certificate: unknown CA" in cells


def test_markdown_of_a_storm_is_short():
    storm = told.report(*(told.rejected(stream, 40000 + stream) for stream in range(3000)))
    assert len(markdown.dumps(storm).splitlines()) < 60


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_in_markdown_nothing_of_a_stranger_acts(words):
    text = markdown.dumps(hostile(words))
    plain = markdown.dumps(hostile("harmless"))
    kinds = {"inline", "text", "code_inline", "softbreak", "text_special"}
    found = [token.type for token in flat(rendered(text)) if token.type not in kinds]
    assert found == [token.type for token in flat(rendered(plain)) if token.type not in kinds]
    for token in flat(rendered(text)):
        if token.type == "text" and words in {WORDS["mention"], WORDS["markdown"]}:
            assert "@everyone" not in token.content
            assert "http" not in token.content
    assert text.replace("\n", "").isprintable()
