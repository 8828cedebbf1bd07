"""A rule is met, broken or undecided, key by key; what cannot be told is never a match."""

import tomllib
from dataclasses import replace

import pytest

from analyzer.stream import CLIENT, SERVER, Gap
from analyzer.tls.events import Alert
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.check import comparable_history, differences
from analyzer.verdict.regression.file import parse_expect_file
from tests.makers import told

HASH = told.certificate("CloudHSM").sha256


def found(connection, text: str, files=None):
    """Key, status and observed words of every difference."""
    (rule,) = parse_expect_file(
        tomllib.loads(f"version = 1\n[[connection]]\n{text}"), "rules"
    ).rules
    differ = differences(
        connection.conversation, connection.findings, connection.cause, rule, files or {}
    )
    return [(d.key, d.status.value, d.observed) for d in differ]


def with_outer(connection, **changes):
    outer, *rest = connection.conversation.sessions
    sessions = (replace(outer, **changes), *rest)
    return replace(connection, conversation=replace(connection.conversation, sessions=sessions))


MET = [
    'outcome = "established"',
    'outcome = ["failed", "established"]',
    'stage = "inner-established"',
    'cause = "none"',
    'outer = { version = "TLS 1.2", cipher = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" }',
    'outer = { cipher = "0xc030" }',
    'outer = { history = "CsxkrnXGYIFif" }',
    "outer = { resumed = false, certificate_request = true, alerts = [] }",
    'outer = { server_cert = "expected", client_cert = "any" }',
    f'outer = {{ server_cert = "sha256:{HASH}" }}',
    'inner = { outcome = "established", version = ["TLS 1.3", "TLS 1.2"] }',
    'findings = { worst = "pass" }',
]


# Numbered: certificates are made anew in every process, and their hashes stand in the texts.
@pytest.mark.parametrize("text", MET, ids=map(str, range(len(MET))))
def test_what_holds_is_no_difference(text):
    assert found(told.established(), text) == []


BROKEN = [
    ('outcome = "failed"', ("outcome", "fail", "established")),
    ('stage = "tcp"', ("stage", "fail", "inner-established")),
    ('cause = "tcp-refused"', ("cause", "fail", "none")),
    ('outer = { version = "TLS 1.3" }', ("outer.version", "fail", "TLS 1.2")),
    (
        'outer = { cipher = ["TLS_AES_128_GCM_SHA256"] }',
        ("outer.cipher", "fail", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    ),
    ('outer = { history = "CsxF" }', ("outer.history", "fail", "CsxkrnXGYIFif")),
    ('outer = { server_name = "hsm" }', ("outer.server_name", "fail", "none")),
    ('outer = { alpn = "h2" }', ("outer.alpn", "fail", "none")),
    ("outer = { resumed = true }", ("outer.resumed", "fail", "no")),
    (
        "outer = { certificate_request = false }",
        ("outer.certificate_request", "fail", "yes"),
    ),
    ('inner = { outcome = "absent" }', ("inner.outcome", "fail", "established")),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN)
def test_what_does_not_hold_is_a_mismatch(text, expected):
    assert found(told.established(), text) == [expected]


def test_another_certificate_is_a_mismatch():
    ((key, status, observed),) = found(
        told.established(), f'outer = {{ server_cert = "sha256:{"00" * 32}" }}'
    )
    assert (key, status) == ("outer.server_cert", "fail")
    assert observed.startswith("CN=CloudHSM, serial B7FA7A40976CBE82, SHA-256 ")


def test_no_certificate_is_what_none_means():
    empty = with_outer(told.established(), certificates=((), told.session(0).certificates[SERVER]))
    assert found(empty, 'outer = { client_cert = "none" }') == []
    assert found(empty, 'outer = { client_cert = "any" }') == [
        ("outer.client_cert", "fail", "no certificate")
    ]


def test_a_certificate_file_pins_its_first_certificate():
    files = {"a.pem": (told.certificate("CloudHSM"),), "b.pem": (told.certificate("other"),)}
    assert found(told.established(), 'outer = { server_cert = ["b.pem", "a.pem"] }', files) == []
    ((key, status, _),) = found(told.established(), 'outer = { server_cert = "b.pem" }', files)
    assert (key, status) == ("outer.server_cert", "fail")


def test_a_chain_must_end_in_the_file():
    files = {"ca.pem": (told.certificate("CloudHSM"),), "other.pem": (told.certificate("other"),)}
    wanted = 'outer = { server_cert_chain_to = "%s" }'
    assert found(told.established(), wanted % "ca.pem", files) == []
    ((key, status, _),) = found(told.established(), wanted % "other.pem", files)
    assert (key, status) == ("outer.server_cert_chain_to", "fail")


def test_alerts_are_named_with_their_side():
    assert found(told.rejected(), 'outer = { alerts = ["client:unknown_ca"] }') == []
    assert found(told.rejected(), 'outer = { alerts = ["unknown_ca"] }') == []
    assert found(told.rejected(), "outer = { alerts = [] }") == [
        ("outer.alerts", "fail", "client:unknown_ca")
    ]
    assert found(told.rejected(), 'outer = { alerts = ["server:unknown_ca"] }') == [
        ("outer.alerts", "fail", "client:unknown_ca")
    ]


def test_close_notify_is_no_alert_to_speak_of():
    closing = Alert(CLIENT, 1, 0, told.span(18), encrypted=True, handshake=0)
    assert found(with_outer(told.established(), alerts=(closing,)), "outer = { alerts = [] }") == []


SEALED = [
    ('outcome = "established"', "outcome"),
    ('stage = "inner-established"', "stage"),
    ('cause = "tcp-refused"', "cause"),
    ('outer = { outcome = "established" }', "outer.outcome"),
    ('outer = { history = "CsiorxyfIXYF" }', "outer.history"),
    ('outer = { alpn = "h2" }', "outer.alpn"),
    ("outer = { resumed = false }", "outer.resumed"),
    ("outer = { certificate_request = true }", "outer.certificate_request"),
    ("outer = { alerts = [] }", "outer.alerts"),
    ('outer = { server_cert = "any" }', "outer.server_cert"),
    ('outer = { client_cert = "none" }', "outer.client_cert"),
    ('outer = { server_cert_chain_to = "ca.pem" }', "outer.server_cert_chain_to"),
    ('inner = { outcome = "established" }', "inner.outcome"),
    ('inner = { outcome = "absent" }', "inner.outcome"),
    ('inner = { version = "TLS 1.2" }', "inner.outcome"),
    ('findings = { worst = "pass" }', "findings"),
]


@pytest.mark.parametrize(("text", "key"), SEALED)
def test_what_is_sealed_is_undecided(text, key):
    files = {"ca.pem": (told.certificate("CloudHSM"),)}
    differ = found(told.sealed(), text, files)
    assert differ != []
    assert {(each, status) for each, status, _ in differ} == {(key, "unknown")}


def test_what_can_be_told_of_a_sealed_session_is_decided():
    assert found(told.sealed(), 'outer = { version = "TLS 1.3" }') == []
    assert found(told.sealed(), 'outer = { version = "TLS 1.2" }') == [
        ("outer.version", "fail", "TLS 1.3")
    ]


def test_a_level_that_is_not_there_is_a_mismatch_and_absent_where_that_is_wanted():
    assert found(told.refused(), 'outer = { outcome = "absent" }') == []
    assert found(told.refused(), 'outer = { version = "TLS 1.2" }') == [
        ("outer.outcome", "fail", "no outer TLS")
    ]


def test_a_level_that_may_lie_in_a_gap_is_undecided():
    facts = told.tcp(gaps=(Gap(SERVER, 100, told.span(5), "not captured"),))
    lost = replace(told.refused(), conversation=replace(told.refused().conversation, tcp=facts))
    ((key, status, _),) = found(lost, 'outer = { outcome = "absent" }')
    assert (key, status) == ("outer.outcome", "unknown")


def test_a_resumed_session_shows_no_certificate():
    resumed = with_outer(told.established(), certificates=(None, None), resumed=True)
    assert found(resumed, 'outer = { server_cert = "any" }') == [
        ("outer.server_cert", "unknown", "a resumed session shows no certificates")
    ]


def test_a_connection_that_the_capture_cuts_off_is_undecided():
    open_end = replace(
        told.established(),
        conversation=replace(
            told.established().conversation, outcome="unfinished", tcp=told.tcp(ended_by="open")
        ),
    )
    assert found(open_end, 'outcome = "established"') == [("outcome", "unknown", "unfinished")]


def test_findings_beyond_the_limit_are_named_unless_allowed():
    limits = 'findings = { worst = "pass" }'
    ((key, status, observed),) = found(told.rejected(), limits)
    assert (key, status) == ("findings", "fail")
    assert observed.startswith("outer-server-certificate: fail: ")
    allowed = 'findings = { worst = "pass", allow = [{ code = "outer-server-certificate", reason = "x" }] }'
    assert found(told.rejected(), allowed) == []
    assert found(told.rejected(), 'findings = { worst = "fail" }') == []


def test_expected_follows_the_slots_finding():
    rule = 'outer = { server_cert = "expected" }'
    ((key, status, _),) = found(told.rejected(), rule)
    assert (key, status) == ("outer.server_cert", "fail")
    nothing = replace(told.established(), findings=())
    ((_, status, observed),) = found(nothing, rule)
    assert status == "unknown"
    assert observed.endswith("nothing is expected of this slot")
    unsure = replace(
        told.established(), findings=(told.slot("outer-server-certificate", Status.UNKNOWN),)
    )
    assert found(unsure, rule)[0][1] == "unknown"


@pytest.mark.parametrize(
    ("history", "compared"),
    [
        ("CsiorxyfIXYFttDdLl", "CsiorxyfIXYF"),
        ("CsiorxyfIXYFDttdLl", "CsiorxyfIXYF"),
        ("CsxknGIFtifDdLl", "CsxknGIFtif"),
        ("CsxkrnL", "CsxkrnL"),
        ("Cl", "Cl"),
        ("", ""),
    ],
)
def test_histories_are_compared_without_what_the_clock_orders(history, compared):
    assert comparable_history(history) == compared
