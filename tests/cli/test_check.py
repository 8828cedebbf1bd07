"""Recorded traffic is a gate: what changed is named, what cannot be told is no pass."""

import hashlib
import json
import os
import shutil
import stat
import tomllib

import junitparser
import pytest

from tests.makers import junit_form
from tests.makers.program import ROOT, run_here, run_program

CAPTURES = ROOT / "captures"
GOOD = CAPTURES / "tls13-in-tls13"
OTHER = CAPTURES / "tls12-in-tls13"
FAILING = CAPTURES / "three-hsms-one-of-another-ca"
THREE = CAPTURES / "three-hsms"
EXPECTED_SET = ("--etc", CAPTURES / "pki" / "etc" / "sdk3")


def traffic(case):
    """The capture and its keys."""
    (capture,) = (path for path in case.iterdir() if path.name.startswith("capture.pcap"))
    return (capture, "--keys", case / "keys.log")


def lines(output: bytes) -> list[str]:
    return [line.rstrip() for line in output.decode().splitlines()]


@pytest.fixture
def expect(tmp_path):
    """A strict baseline of the good recording."""
    path = tmp_path / "expect.toml"
    done = run_here("baseline", *traffic(GOOD), *EXPECTED_SET, "--strict", "-o", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    return path


def test_what_is_as_expected_passes(expect):
    done = run_program("check", *traffic(GOOD), "--against", expect)
    assert (done.returncode, done.stderr) == (0, b"")
    assert lines(done.stdout) == [
        f"ok      {traffic(GOOD)[0]}",
        "  ok      every connection: 1 connection",
    ]


def test_a_mismatch_is_told_expected_above_observed_and_exits_1(expect):
    done = run_program("check", *traffic(OTHER), "--against", expect)
    assert done.returncode == 1
    told = lines(done.stdout)
    assert told[:2] == [
        f"FAIL    {traffic(OTHER)[0]}",
        "  FAIL    every connection: 1 connection",
    ]
    at = next(i for i, line in enumerate(told) if line.strip().startswith("! inner.version"))
    assert told[at].split() == ["!", "inner.version", "expected", "TLS", "1.3"]
    assert told[at + 1].split()[:4] == ["observed", "TLS", "1.2", "(frames"]


def test_without_keys_it_is_inconclusive_and_exits_3(expect):
    done = run_here("check", traffic(GOOD)[0], "--against", expect)
    assert done.returncode == 3
    assert lines(done.stdout)[0].startswith("unknown ")
    assert "observed the outer TLS is sealed: no key log was given" in done.stdout.decode()
    allowed = ("--against", expect, "--allow-inconclusive")
    assert run_here("check", traffic(GOOD)[0], *allowed).returncode == 0
    assert run_here("check", *traffic(OTHER), *allowed).returncode == 1


def test_every_capture_is_a_suite_and_every_rule_a_case(expect, tmp_path):
    junk = tmp_path / "junk.pcap"
    junk.write_text("no capture\n")
    xml = tmp_path / "check.xml"
    done = run_here(
        *("check", traffic(GOOD)[0], traffic(OTHER)[0], junk, "--keys", GOOD / "keys.log"),
        *("--keys", OTHER / "keys.log", "--against", expect, "--report", f"junit={xml}"),
    )
    assert done.returncode == 1
    assert junit_form.mistakes(xml.read_bytes()) == []
    good, other, bad = junitparser.JUnitXml.fromfile(str(xml))
    assert (good.tests, good.failures, good.errors, good.skipped) == (2, 0, 0, 0)
    assert (other.tests, other.failures, other.errors, other.skipped) == (2, 1, 0, 0)
    assert (bad.errors, bad.failures) == (1, 0)
    failure = next(case for case in other if case.name == "every connection").result[0]
    assert "inner.version: expected TLS 1.3, observed TLS 1.2 (frames 14-27)" in failure.text


def test_missing_keys_are_a_skipped_case(expect):
    done = run_here("check", traffic(GOOD)[0], "--against", expect, "-f", "junit")
    (suite,) = junitparser.JUnitXml.fromstring(done.stdout)
    assert (suite.skipped, suite.failures, suite.errors) == (1, 0, 0)
    digest = hashlib.sha256(traffic(GOOD)[0].read_bytes()).hexdigest()
    assert ("sha256", digest) in [(each.name, each.value) for each in suite.properties()]


def test_json_tells_the_same(expect):
    done = run_here("check", *traffic(OTHER), "--against", expect, "-f", "json")
    told = json.loads(done.stdout)
    assert (told["schema"], told["status"]) == ("hsm-analyzer/check/1", "fail")
    (rule,) = told["captures"][0]["rules"]
    differing = {d["key"]: d for d in rule["connections"][0]["differences"]}
    assert differing["inner.version"]["expected"] == "TLS 1.3"
    assert differing["inner.version"]["observed"] == "TLS 1.2"
    assert differing["inner.version"]["frames"] == [14, 27]


def test_servers_that_behave_differently_have_rules_of_their_own(tmp_path):
    path = tmp_path / "expect.toml"
    done = run_here("baseline", *traffic(FAILING), *EXPECTED_SET, "-o", path)
    assert done.returncode == 0
    assert b"the capture's own verdict is fail" in done.stderr
    rules = tomllib.loads(path.read_text())["connection"]
    assert [rule["match"]["server"] for rule in rules] == [
        *("10.0.2.21:2223", "10.0.2.22:2223", "10.0.2.23:2223")
    ]
    assert rules[1]["cause"] == "inner-server-certificate-refused"
    assert run_here("check", *traffic(FAILING), "--against", path).returncode == 0
    done = run_here("check", *traffic(THREE), "--against", path)
    assert done.returncode == 1
    failed = [line for line in lines(done.stdout) if line.startswith("  FAIL")]
    assert failed == ["  FAIL    10.0.2.22:2223: 1 connection"]


def test_ports_times_addresses_and_randomness_do_not_matter(tmp_path):
    path = tmp_path / "expect.toml"
    run_here("baseline", *traffic(GOOD), *EXPECTED_SET, "-o", path)
    text = path.read_text()
    assert "10.0." not in text.split("version = 1", 1)[1]
    again = CAPTURES / "inner-mutual-tls-tls13"
    done = run_here("check", *traffic(again), "--against", path, "-f", "json")
    rule = json.loads(done.stdout)["captures"][0]["rules"][0]
    keys = {d["key"] for d in rule["connections"][0]["differences"]}
    assert not keys & {"outcome", "outer.version", "inner.version", "outer.alerts"}


def test_update_takes_over_what_was_observed_and_keeps_comments(expect):
    text = expect.read_text().replace('version = "TLS 1.3"', 'version = "TLS 1.3"  # ours', 2)
    expect.write_text("# a note of the team\n" + text)
    done = run_program("check", *traffic(OTHER), "--against", expect, "--update")
    assert done.returncode == 0
    assert "updated: every connection: inner.version = 'TLS 1.2'" in done.stderr.decode()
    new = expect.read_text()
    assert new.startswith("# a note of the team\n")
    assert 'version = "TLS 1.2"  # ours' in new
    assert [line for line in new.splitlines() if line.startswith("#")] == [
        line for line in ("# a note of the team\n" + text).splitlines() if line.startswith("#")
    ]
    assert run_program("check", *traffic(OTHER), "--against", expect).returncode == 0
    assert run_program("check", *traffic(GOOD), "--against", expect).returncode == 1


def test_update_keeps_what_other_captures_still_meet(expect):
    both = (traffic(GOOD)[0], traffic(OTHER)[0])
    keys = ("--keys", GOOD / "keys.log", "--keys", OTHER / "keys.log")
    assert run_here("check", *both, *keys, "--against", expect, "--update").returncode == 0
    rule = tomllib.loads(expect.read_text())["connection"][0]
    assert rule["inner"]["version"] == ["TLS 1.3", "TLS 1.2"]
    assert run_here("check", *both, *keys, "--against", expect).returncode == 0


def test_update_leaves_what_only_a_person_can_decide(expect):
    done = run_here("check", *traffic(FAILING), "--against", expect, "--update")
    assert done.returncode == 0
    left = [line for line in lines(done.stderr) if "not updated" in line]
    assert any("findings: inner-server-certificate: fail" in line for line in left)
    assert run_here("check", *traffic(FAILING), "--against", expect).returncode == 1


def test_an_allowed_finding_is_counted_with_its_reason(tmp_path):
    path = tmp_path / "expect.toml"
    path.write_text(
        f"""version = 1
[certificates]
etc = "{EXPECTED_SET[1]}"
[defaults.findings]
worst = "pass"
allow = [
    {{ code = "inner-server-certificate", reason = "known, ticket 4711" }},
    {{ code = "tcp-refused", reason = "long gone" }},
]
"""
    )
    done = run_here("check", *traffic(FAILING), "--against", path)
    assert done.returncode == 0, done.stdout
    told = [line.strip() for line in lines(done.stdout)]
    assert "allowed: inner-server-certificate, met once (known, ticket 4711)" in told
    assert "allowed: tcp-refused, never met; the entry can go (long gone)" in told


def test_a_connection_without_a_rule_fails_unless_it_may_be_ignored(tmp_path):
    path = tmp_path / "expect.toml"
    rule = '[[connection]]\nmatch = { server = "10.0.2.21:2223" }\noutcome = "established"\n'
    path.write_text(f"version = 1\n{rule}")
    done = run_here("check", *traffic(THREE), "--against", path)
    assert done.returncode == 1
    assert "no rule is for connection 1, 10.0.1.10:" in done.stdout.decode()
    path.write_text(f'version = 1\nunmatched = "ignore"\n{rule}')
    assert run_here("check", *traffic(THREE), "--against", path).returncode == 0


def test_a_rule_that_no_connection_meets_is_a_mismatch(tmp_path):
    path = tmp_path / "expect.toml"
    path.write_text(
        'version = 1\nunmatched = "ignore"\n[[connection]]\nname = "the fourth HSM"\n'
        'match = { server = "10.0.2.24" }\n'
    )
    done = run_here("check", *traffic(THREE), "--against", path)
    assert done.returncode == 1
    assert lines(done.stdout)[1:] == [
        "  FAIL    the fourth HSM: 0 connections",
        "    ! count                  expected 1..",
        "                             observed 0 connections",
    ]


def test_a_capture_with_nothing_in_it_is_inconclusive(tmp_path, expect):
    whole = traffic(GOOD)[0].read_bytes()
    path = tmp_path / "empty.pcap"
    path.write_bytes(whole[:24])
    done = run_here("check", path, "--against", expect)
    assert done.returncode == 3
    assert "no connection to check was found" in done.stdout.decode()


def test_a_cut_capture_is_never_a_pass(tmp_path, expect):
    whole = traffic(GOOD)[0].read_bytes()
    path = tmp_path / "cut.pcap"
    path.write_bytes(whole[:-7])
    done = run_here("check", path, "--keys", GOOD / "keys.log", "--against", expect)
    assert done.returncode == 3
    # The length of its path decides where lines are broken.
    told = " ".join(done.stdout.decode().split())
    assert "can be read" in told


def test_nothing_readable_is_exit_2(tmp_path, expect):
    path = tmp_path / "junk"
    path.write_text("junk\n")
    done = run_here("check", path, "--against", expect)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"hsm-analyzer: error: {path}: ")


def test_mistakes_in_the_file_are_exit_2_and_all_named(tmp_path):
    path = tmp_path / "expect.toml"
    path.write_text('version = 1\n[defaults]\noutcom = "x"\nstage = "y"\n')
    done = run_here("check", *traffic(GOOD), "--against", path)
    assert done.returncode == 2
    assert b"unknown key" in done.stderr
    assert b"defaults.stage" in done.stderr


def test_a_file_that_a_rule_names_and_is_not_there_is_exit_2(tmp_path):
    path = tmp_path / "expect.toml"
    path.write_text('version = 1\n[defaults.outer]\nserver_cert = "gone.pem"\n')
    done = run_here("check", *traffic(GOOD), "--against", path)
    assert done.returncode == 2
    assert b"gone.pem: No such file or directory" in done.stderr


def test_a_certificate_file_beside_the_expectation_file_pins(tmp_path):
    shutil.copy(CAPTURES / "pki" / "etc" / "sdk3" / "certs" / "21a10654.0", tmp_path / "host.pem")
    shutil.copy(CAPTURES / "pki" / "etc" / "sdk3" / "customerCA.crt", tmp_path / "ca.crt")
    path = tmp_path / "expect.toml"
    path.write_text(
        'version = 1\n[defaults]\nouter = { server_cert = "host.pem" }\n'
        'inner = { server_cert_chain_to = "ca.crt" }\n'
    )
    assert run_here("check", *traffic(GOOD), "--against", path).returncode == 0
    done = run_here("check", *traffic(FAILING), "--against", path)
    assert done.returncode == 1
    assert "inner.server_cert_chain_to" in done.stdout.decode()


def test_the_expected_set_is_named_by_one_file_only(expect):
    done = run_here("check", *traffic(GOOD), "--against", expect, "--expect", expect)
    assert done.returncode == 2
    assert b"leave --expect out" in done.stderr


def test_a_baseline_without_connections_is_not_written(tmp_path):
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(traffic(GOOD)[0].read_bytes()[:24])
    done = run_here("baseline", empty, "-o", tmp_path / "expect.toml")
    assert done.returncode == 3
    assert not (tmp_path / "expect.toml").exists()


def test_a_baseline_is_a_file_to_commit_as_others_are(expect):
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(expect.stat().st_mode) == 0o666 & ~mask


def test_a_baseline_does_not_overwrite(expect):
    before = expect.read_text()
    done = run_here("baseline", *traffic(OTHER), "-o", expect)
    assert done.returncode == 2
    assert expect.read_text() == before


def test_a_baseline_without_keys_says_that_it_would_not_pass(tmp_path):
    done = run_here("baseline", traffic(GOOD)[0], "-o", tmp_path / "expect.toml")
    assert done.returncode == 0
    assert b"verdict is unknown" in done.stderr


def test_what_no_rule_asks_for_is_a_note(tmp_path):
    path = tmp_path / "expect.toml"
    run_here("baseline", *traffic(FAILING), *EXPECTED_SET, "-o", path)
    words = "one of three HSMs presents another inner server certificate than the others: 10.0.2.22"
    done = run_here("check", *traffic(FAILING), "--against", path)
    assert done.returncode == 0
    assert f"  note: {words}" in lines(done.stdout)
    done = run_here("check", *traffic(FAILING), "--against", path, "-f", "json")
    assert words in json.loads(done.stdout)["captures"][0]["notes"]
    done = run_here("check", *traffic(FAILING), "--against", path, "-f", "junit")
    assert junit_form.mistakes(done.stdout) == []
    (suite,) = junitparser.JUnitXml.fromstring(done.stdout)
    assert f"note: {words}" in next(iter(suite)).system_out


def test_a_match_on_what_was_not_seen_is_undecided(tmp_path):
    path = tmp_path / "expect.toml"
    digest = "1f5c6b7791f0a590f05cddc61d0fc988393b4a8035d65b04bf5743eacd8a2b8b"
    path.write_text(
        f'version = 1\n[[connection]]\nmatch = {{ server_cert_sha256 = "{digest}" }}\n'
        'outcome = "established"\n'
    )
    assert run_here("check", *traffic(GOOD), "--against", path).returncode == 0
    done = run_here("check", traffic(GOOD)[0], "--against", path)
    assert done.returncode == 3
    assert "what a match asks for was not seen" in " ".join(done.stdout.decode().split())
    other = path.read_text().replace(digest, "00" * 32)
    path.write_text(other)
    assert run_here("check", *traffic(GOOD), "--against", path).returncode == 1
    assert run_here("check", traffic(GOOD)[0], "--against", path).returncode == 3


@pytest.mark.parametrize(
    ("named", "code", "told"),
    [
        ("expected", 0, "ok"),  # the customer CA issued what was presented, and that is enough
        ("{pki}/ssl-client.crt", 0, "ok"),
        ("{pki}/client.crt", 1, "FAIL"),
    ],
)
def test_a_rule_allows_the_named_client_certificate_only(named, code, told, tmp_path):
    pki = CAPTURES / "pki"
    against = tmp_path / "expect.toml"
    against.write_text(
        "version = 1\n"
        f"[certificates]\netc = '{pki}/etc/sdk3'\n"
        f"[[connection]]\nouter.client_cert = '{named.format(pki=pki)}'\n"
    )
    done = run_here("check", *traffic(CAPTURES / "custom-client-certificate"), "--against", against)
    assert done.returncode == code
    assert lines(done.stdout)[0].startswith(told)
    assert ("outer.client_cert" in done.stdout.decode()) is bool(code)
