"""Every face for people shows who showed which certificate when, and only what differs in a near miss."""

import io
import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from analyzer.report import html, json_report, markdown, terminal
from analyzer.report.schema import SCHEMA
from analyzer.report.shown import shown_lines
from analyzer.run.pipeline import Options, analyze
from analyzer.verdict.finding import Status
from tests.verdict.recorded import CAPTURES, USUAL, expectations


def report(case: str):
    folder = CAPTURES / case
    [capture] = folder.glob("capture.pcap*")
    return analyze(
        [capture], Options(key_logs=(folder / "keys.log",), expected=expectations(*USUAL))
    )


@pytest.fixture(scope="module")
def three():
    return report("three-hsms-one-of-another-ca")


def on_a_terminal(told) -> str:
    out = io.StringIO()
    terminal.show(told, out, colored=False, width=160)
    return out.getvalue()


FACES = {"terminal": on_a_terminal, "markdown": markdown.dumps, "html": html.dumps}


def test_the_lines_name_a_slot_once(three):
    lines = [
        (line.slot, line.status, line.address, line.connections) for line in shown_lines(three)
    ]

    assert lines == [
        ("outer server", Status.PASS, "10.0.2.21", 1),
        ("", Status.PASS, "10.0.2.22", 1),
        ("", Status.PASS, "10.0.2.23", 1),
        ("outer client", Status.PASS, "10.0.1.10", 3),
        ("inner server", Status.PASS, "10.0.2.21", 1),
        ("", Status.FAIL, "10.0.2.22", 1),
        ("", Status.PASS, "10.0.2.23", 1),
    ]
    assert shown_lines(three)[5].certificate.endswith(" HSM:2a0be3d1904f:PARTN:7, for FIPS mode")


@pytest.mark.parametrize("face", FACES)
def test_each_face_shows_the_table(face, three):
    said = FACES[face](three)

    for line in shown_lines(three):
        assert line.certificate.split()[0] in said


@pytest.mark.parametrize("face", FACES)
def test_each_face_shows_what_differs(face):
    said = FACES[face](report("outer-server-impostor-tls12"))

    assert "key: RSA 2048 key " in said
    assert " instead of RSA 2048 key " in said


def test_one_connection_has_no_table():
    assert shown_lines(report("tls12-in-tls12")) == []


def test_json_carries_rows_kinds_and_differences(three):
    told = json.loads(json_report.dumps(three))

    Draft202012Validator(SCHEMA).validate(told)
    rows = told["summary"]["shown"]
    assert [row["status"] for row in rows if row["slot"] == "inner-server-certificate"] == [
        "pass",
        "fail",
        "pass",
    ]
    impostor = json.loads(json_report.dumps(report("outer-server-impostor-tls12")))
    slot = impostor["connections"][0]["findings"][0]
    assert slot["kind"] == "same-name-and-serial"
    assert [row["field"] for row in slot["differences"]] == ["key", "SHA-256"]


def test_a_thousand_clients_are_twenty_rows_with_the_failed_ones_first(three):
    [client] = [row for row in three.shown if row.slot == "outer-client-certificate"]
    many = [
        replace(client, address=f"10.1.{n // 250}.{n % 250}", status=STATUSES[n % 100 == 99])
        for n in range(1000)
    ]
    lines = shown_lines(replace(three, shown=tuple(many)))

    assert len(lines) == 21
    assert [line.status for line in lines].count(Status.FAIL) == 10
    assert (lines[-1].address, lines[-1].connections) == ("and 980 more, the worst of them", 2940)
    assert lines[-1].status is Status.PASS


STATUSES = {True: Status.FAIL, False: Status.PASS}
