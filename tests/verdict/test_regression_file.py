"""The rules of an expectation file are typed values; every mistake names the nearest valid key."""

from __future__ import annotations

import ipaddress
import json
import tomllib

import jsonschema
import pytest

from analyzer.errors import UnreadableInput
from analyzer.verdict.expectations import CertificatePaths
from analyzer.verdict.regression.file import SCHEMA, parse_expect_file
from analyzer.verdict.regression.rules import (
    Allowed,
    CertificateRule,
    ConnectionRule,
    Count,
    ExpectFile,
    LevelRule,
    Match,
    Place,
)
from tests.makers.program import run_program

EXAMPLE = """
version = 1
unmatched = "ignore"

[certificates]
etc = "etc"
server = ["certs", "more/21a10654.0"]
client = "client.crt"
cluster = "describe-clusters.json"

[defaults]
outer.outcome = "established"
outer.alerts = []
findings.worst = "unknown"

[[connection]]
name = "client to hsm-a"
match = { server = "10.0.2.9:2223", client = "10.1.0.0/16" }
count = "1.."
outcome = "established"
outer = { version = "TLS 1.2", cipher = ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "0xc02f"], history = "CsxkrnXGYIFtif", server_cert = "expected/hsm.pem", client_cert = "any" }
inner = { outcome = "established", server_cert_chain_to = "customerCA.crt" }
findings.allow = [{ code = "certificate-version-1", reason = "the guide's recipe has no extensions" }]

[[connection]]
match.server = "[fd00::1]:2223"
count = "0..2"
outcome = ["failed", "unfinished"]
cause = "inner-server-certificate-refused"
outer.client_cert = ["none", "sha256:{sha}"]
inner.alerts = "client:unknown_ca"
inner.resumed = false
""".replace("{sha}", ":".join(["AB"] * 32))

PARSED = ExpectFile(
    CertificatePaths(
        etc="etc",
        server=("certs", "more/21a10654.0"),
        client=("client.crt",),
        cluster="describe-clusters.json",
    ),
    (
        ConnectionRule(
            "client to hsm-a",
            Match(
                server=Place(ipaddress.ip_network("10.0.2.9"), 2223),
                client=Place(ipaddress.ip_network("10.1.0.0/16"), None),
            ),
            Count(1, None),
            outcome=("established",),
            outer=LevelRule(
                outcome=("established",),
                version=(0x0303,),
                cipher=(0xC030, 0xC02F),
                history=("CsxkrnXGYIFtif",),
                alerts=(),
                server_cert=CertificateRule(files=("expected/hsm.pem",)),
                client_cert=CertificateRule(any=True),
            ),
            inner=LevelRule(outcome=("established",), server_cert_chain_to=("customerCA.crt",)),
            findings="unknown",
            allow=(Allowed("certificate-version-1", "the guide's recipe has no extensions"),),
        ),
        ConnectionRule(
            "connection 2",
            Match(server=Place(ipaddress.ip_network("fd00::1"), 2223)),
            Count(0, 2),
            outcome=("failed", "unfinished"),
            cause=("inner-server-certificate-refused",),
            outer=LevelRule(
                outcome=("established",),
                alerts=(),
                client_cert=CertificateRule(none=True, sha256=("ab" * 32,)),
            ),
            inner=LevelRule(alerts=("client:unknown_ca",), resumed=False),
            findings="unknown",
        ),
    ),
    "ignore",
)


def parse(text: str) -> ExpectFile:
    return parse_expect_file(tomllib.loads(text), "expect.toml")


def mistakes(text: str) -> list[str]:
    with pytest.raises(UnreadableInput) as caught:
        parse("version = 1\n" + text)
    first, *lines = str(caught.value).splitlines()
    assert first.startswith("expect.toml: ")
    return [line.removeprefix("  ") for line in lines]


def test_every_table_becomes_its_value_with_the_defaults_merged_in():
    assert parse(EXAMPLE) == PARSED


def test_defaults_alone_are_one_rule_for_every_connection():
    (rule,) = parse('version = 1\n[defaults]\noutcome = "established"\n').rules
    assert rule == ConnectionRule("every connection", outcome=("established",))
    assert rule.count == Count(1, None)


def test_a_file_that_names_the_set_only_has_no_rules():
    assert parse('version = 1\n[certificates]\netc = "etc"\n') == ExpectFile(
        CertificatePaths(etc="etc")
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("versoin = 2", "versoin: unknown key; did you mean 'version'?"),
        ("[certificate]", "certificate: unknown key; did you mean 'certificates'?"),
        (
            "[certificates]\ncustomerca = 'x'",
            "certificates.customerca: unknown key; did you mean 'customer_ca'?",
        ),
        ("[defaults]\nzebra = 1", "defaults.zebra: unknown key"),
        ("[defaults]\nname = 'x'", "defaults.name: unknown key"),
        (
            "[[connection]]\nouter.result = 'established'",
            "connection[1].outer.result: unknown key; did you mean 'outcome'?",
        ),
        (
            "[[connection]]\n[[connection]]\nmatch.sni = 'x'",
            "connection[2].match.sni: unknown key; did you mean 'server_name'?",
        ),
        (
            "[defaults]\nouter.version = 'TLS1.2'",
            "defaults.outer.version: 'TLS1.2' is no version; did you mean 'TLS 1.2'?",
        ),
        (
            "[defaults]\ninner.cipher = 'ECDHE-RSA-AES256-GCM-SHA384'",
            "defaults.inner.cipher: 'ECDHE-RSA-AES256-GCM-SHA384' is no cipher suite of IANA's "
            "registry; did you mean 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'?",
        ),
        (
            "[defaults]\nouter.alerts = 'unknown-ca'",
            "defaults.outer.alerts: 'unknown-ca' is no alert; did you mean 'unknown_ca'?; `SIDE:` may "
            "stand before it",
        ),
        (
            "[defaults]\nstage = 'inner-establish'",
            "defaults.stage: 'inner-establish' is none of none, tcp, outer-hello, outer-certificates, "
            "outer-established, inner-hello, inner-certificates, inner-established; did you mean "
            "'inner-established'?",
        ),
        (
            "[defaults]\noutcome = []",
            "defaults.outcome: must not be an empty list: leave the key out to check nothing",
        ),
        ("[defaults]\nouter.resumed = 'no'", "defaults.outer.resumed: must be true or false"),
        (
            "[defaults]\nouter.server_cert = 'sha256:12'",
            "defaults.outer.server_cert: '12' is no SHA-256 (64 hex digits)",
        ),
        (
            "[[connection]]\ncount = 'many'",
            "connection[1].count: 'many' is no number and no range like '1..', '..5' or '2..4'",
        ),
        (
            "[[connection]]\ncount = '5..2'",
            "connection[1].count: '5..2': the range ends before it begins",
        ),
        (
            "[[connection]]\nmatch.server = '10.0.0.1/16'",
            "connection[1].match.server: '10.0.0.1/16': 10.0.0.1/16 has host bits set",
        ),
        (
            "[[connection]]\nmatch.server = '*'",
            "connection[1].match.server: '*' needs a port: leave the key out to match everything",
        ),
        (
            "[[connection]]\nmatch.server = '1.2.3.4:0'",
            "connection[1].match.server: 0 is no TCP port",
        ),
        (
            "[[connection]]\nmatch.stream = -1",
            "connection[1].match.stream: must be a whole number, 0 or more",
        ),
        (
            "[defaults]\nfindings.allow = [{ code = 'x' }]",
            "defaults.findings.allow: each must have exactly the keys code and reason",
        ),
        ("connection = 3", "connection: must be a list of tables: [[connection]]"),
        ("defaults = 3", "defaults: must be a table"),
        ("[defaults]\nouter = 'established'", "defaults.outer: must be a table"),
    ],
)
def test_a_mistake_is_named_by_its_key(text, says):
    assert mistakes(text) == [says]


def test_the_version_must_be_given():
    with pytest.raises(UnreadableInput, match="version: must be 1, it is missing"):
        parse("")


def test_all_mistakes_are_told_at_once():
    told = mistakes("foo = 1\n[defaults]\nbar = 2\noutcome = 'fine'\n[[connection]]\ncount = 'x'\n")
    assert len(told) == 4


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("10.0.2.9", [("10.0.2.9", 1)], [("10.0.2.8", 1)]),
        ("10.0.2.9:2223", [("10.0.2.9", 2223)], [("10.0.2.9", 2225)]),
        ("10.0.0.0/16:2223", [("10.0.2.9", 2223)], [("10.1.2.9", 2223), ("10.0.2.9", 1)]),
        ("fd00::1", [("fd00::1", 2223)], [("fd00::2", 2223), ("10.0.0.1", 2223)]),
        ("[fd00::1]:2223", [("fd00::1", 2223)], [("fd00::1", 2224)]),
        ("[fd00::]/8:2223", [("fd99::1", 2223)], [("fe80::1", 2223)]),
        ("*:2225", [("10.0.0.1", 2225), ("fd00::1", 2225)], [("10.0.0.1", 2223)]),
    ],
)
def test_a_place_covers_what_it_says(text, inside, outside):
    match = parse(f"version = 1\n[[connection]]\nmatch.server = '{text}'").rules[0].match
    assert match.server is not None
    assert [match.server.covers(*end) for end in inside] == [True] * len(inside)
    assert [match.server.covers(*end) for end in outside] == [False] * len(outside)
    assert str(match.server) == text


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("3", [3], [2, 4]),
        ('"1.."', [1, 99], [0]),
        ('"..2"', [0, 2], [3]),
        ('"2..4"', [2, 4], [1, 5]),
    ],
)
def test_a_count_admits_what_it_says(text, right, wrong):
    count = parse(f"version = 1\n[[connection]]\ncount = {text}").rules[0].count
    assert [count.admits(number) for number in right] == [True] * len(right)
    assert [count.admits(number) for number in wrong] == [False] * len(wrong)


def test_the_program_prints_the_schema_which_accepts_what_the_parser_accepts():
    printed = json.loads(run_program("schema", "expect").stdout)
    assert printed == SCHEMA
    validator = jsonschema.Draft202012Validator(printed)
    validator.check_schema(printed)
    assert [error.message for error in validator.iter_errors(tomllib.loads(EXAMPLE))] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 2",
        "version = 1\nfoo = 1",
        "version = 1\n[certificates]\nca = 'x'",
        "version = 1\n[defaults]\nname = 'x'",
        "version = 1\n[defaults]\noutcome = 'fine'",
        "version = 1\n[defaults]\noutcome = []",
        "version = 1\n[defaults]\nouter.version = 'TLS1.2'",
        "version = 1\n[[connection]]\ncount = 'many'",
        "version = 1\n[[connection]]\nmatch.foo = 'x'",
        "version = 1\n[[connection]]\nmatch.server_cert_sha256 = 'x'",
        "version = 1\n[defaults]\nfindings.allow = [{ code = 'x' }]",
        "version = 1\nconnection = 3",
    ],
)
def test_schema_and_parser_refuse_the_same(text):
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(tomllib.loads(text)))
    with pytest.raises(UnreadableInput):
        parse(text)
