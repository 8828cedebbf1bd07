"""The JSON report holds what its schema promises, exactly as it was on the wire."""

import json
from dataclasses import replace

import jsonschema
import pytest

from analyzer.capture.items import Damage, IcmpError
from analyzer.report import json_lines, json_report
from analyzer.report.model import Connection, Input
from analyzer.report.schema import LINE, SCHEMA
from analyzer.run.analysis import Options, judged
from analyzer.stream import SERVER, Gap
from tests.makers import told
from tests.makers.cases import cases
from tests.makers.hostile import EVERYTHING
from tests.verdict.recorded import recorded

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

FULL = told.report(
    told.established(0),
    told.rejected(1),
    told.sealed(2),
    told.refused(3),
    Connection(
        replace(
            told.established(4).conversation,
            broken="KeyError in somewhere.py:1",
            tcp=told.tcp(
                gaps=(Gap(SERVER, None, told.span(3), "never arrived"),),
                icmp=(IcmpError(b"", "10.0.0.254", 3, 13, 4, "prohibited", None, told.span(2)),),
            ),
        )
    ),
    inputs=(
        Input(
            "capture.pcap", "pcap", 20, 4000, {"no IP packet": 3}, (Damage("the file is cut", 99),)
        ),
        Input("junk.txt", refused="this is text, not a pcap or pcapng capture"),
    ),
    findings=(told.slot("outer-server-certificate", told.Status.UNKNOWN),),
)


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(LINE)


@pytest.mark.parametrize("der", [False, True])
def test_a_report_with_everything_is_valid(der):
    VALIDATOR.validate(json.loads(json_report.dumps(FULL, der=der)))


def test_a_report_of_nothing_is_valid():
    VALIDATOR.validate(json.loads(json_report.dumps(told.report())))


def objects(schema, value, at=""):
    """Every object of `value` beside the schema that describes it."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    for each in schema.get("anyOf", ()):
        if each != {"type": "null"} and value is not None:
            yield from objects(each, value, at)
    if isinstance(value, dict) and "properties" in schema:
        yield at, schema, value
        for key, child in value.items():
            if key in schema["properties"]:
                yield from objects(schema["properties"][key], child, f"{at}.{key}")
    if isinstance(value, list):
        for child in value:
            yield from objects(schema.get("items", {}), child, at)


def test_every_key_of_the_report_stands_in_the_schema():
    seen = list(objects(SCHEMA, json_report.as_json(FULL)))
    assert len(seen) > 50
    for at, schema, value in seen:
        assert set(value) <= set(schema["properties"]), at


@pytest.mark.parametrize("key", ["verdict", "connections", "inputs", "summary", "schema"])
def test_a_report_without_a_key_is_not_valid(key):
    broken = json_report.as_json(FULL)
    del broken[key]
    assert not VALIDATOR.is_valid(broken)


def test_the_same_report_is_the_same_bytes():
    assert json_report.dumps(FULL) == json_report.dumps(replace(FULL))
    assert json_report.dumps(FULL).isascii()


def test_a_strangers_words_are_kept_exactly():
    outer = told.session(0, server_name=EVERYTHING)
    connection = Connection(replace(told.established().conversation, sessions=(outer,)))
    text = json_report.dumps(told.report(connection))
    assert json.loads(text)["connections"][0]["sessions"][0]["server_name"] == EVERYTHING
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("der", [False, True])
@pytest.mark.parametrize("connection", FULL.connections, ids=lambda each: each.conversation.stage)
def test_a_connection_is_the_text_that_the_encoder_makes_of_its_values(connection, der):
    text = json_report.connection_text(connection, der=der)
    assert json.dumps(json.loads(text)) == text


@pytest.mark.parametrize("name", [case.name for case in cases()])
def test_a_recorded_connection_is_the_text_that_the_encoder_makes_of_its_values(name):
    for told_of in recorded(name):
        text = json_report.connection_text(judged(told_of, Options()))
        assert json.dumps(json.loads(text)) == text


def test_facts_stand_where_the_schema_says():
    told_of = json_report.as_json(FULL)
    assert told_of["verdict"] == "fail"
    first, second, third, fourth, _ = told_of["connections"]
    assert first["sessions"][1]["cipher_suite"] == {
        "id": "0xc030",
        "name": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    }
    assert second["cause"]["frames"] == [6]
    assert second["sessions"][0]["alerts"] == [
        {
            "side": "client",
            "level": "fatal",
            "code": 48,
            "description": "unknown_ca",
            "frame": 6,
            "encrypted": False,
        }
    ]
    assert third["sessions"][0]["certificates"] == {"server": None, "client": None}
    assert (fourth["stage"], fourth["tcp"]["handshake"]) == ("none", "refused")
    assert told_of["summary"]["outcomes"] == {"established": 2, "failed": 2, "unseen": 1}


def test_lines_are_connections_and_one_end():
    lines = [json.loads(line) for line in json_lines.dumps(FULL).splitlines()]
    assert [line.pop("kind") for line in lines] == ["connection"] * 5 + ["end"]
    assert {line.pop("schema") for line in lines} == {"hsm-analyzer/report/1"}
    whole = json_report.as_json(FULL)
    assert lines[:-1] == whole.pop("connections")
    del whole["schema"]
    assert lines[-1] == whole


def test_every_line_is_valid_by_the_schema_of_lines():
    validator = jsonschema.Draft202012Validator(LINE)
    for line in json_lines.pieces(FULL):
        validator.validate(json.loads(line))
    end = json.loads(json_lines.end_line(FULL))
    assert not validator.is_valid({**end, "kind": "connection"})
