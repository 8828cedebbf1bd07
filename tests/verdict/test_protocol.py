"""What cannot be in a handshake, and what differs at its two ends, is a finding: once, with its side."""

from __future__ import annotations

import pytest

from analyzer.session.origins import Origins
from analyzer.session.stack import Stack
from analyzer.stream import CLIENT, SERVER
from analyzer.tls.secrets import Secrets
from analyzer.verdict import Expectations, judge
from tests.makers.tls_writer import TLS12, TLS12_MUTUAL, TLS13, written
from tests.makers.told import tcp

OURS = {"key-not-proven", "handshake-altered", "message-order"}


def findings(session):
    secrets = Secrets()
    secrets.add_key_log(session.key_log)
    stack = Stack(0, secrets, Origins())
    for event in session.events:
        stack.feed(event)
    found = judge(stack.conversation(tcp()), Expectations.none())
    return [finding for finding in found if finding.code in OURS]


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize(
    ("damaged", "code", "side"),
    [
        ("client finished", "handshake-altered", CLIENT),
        ("server finished", "handshake-altered", SERVER),
        ("client certificate_verify", "key-not-proven", CLIENT),
        ("server key", "key-not-proven", SERVER),
    ],
)
def test_a_proof_that_fails_is_one_finding(version, damaged, code, side):
    [finding] = findings(written(version, damaged=damaged))
    assert (finding.code, finding.status.value, finding.side) == (code, "fail", side)
    assert finding.evidence


def test_an_impossible_order_is_one_finding_with_what_came_and_what_was_expected():
    left_out = [step for step in TLS12_MUTUAL if step != (CLIENT, "client_key_exchange")]
    [finding] = findings(written(TLS12, left_out))
    assert finding.code == "message-order"
    assert (finding.side, finding.level) == (CLIENT, 0)
    assert finding.expected == "client_key_exchange"
    assert finding.observed == "certificate_verify"
    assert "certificate_verify after certificate" in finding.message


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_a_sound_handshake_has_no_such_finding(version):
    assert findings(written(version)) == []
