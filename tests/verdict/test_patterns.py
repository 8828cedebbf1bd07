"""Failures over time and machines, on recordings and on series made of them."""

from dataclasses import replace
from typing import NamedTuple

from analyzer.report import terminal
from analyzer.report.model import Connection
from analyzer.run.expected_files import load_expectations
from analyzer.run.pipeline import Options, analyze, assembled
from analyzer.session.facts import Conversation
from analyzer.stream import Span
from analyzer.verdict import Expectations, brief_of, patterns, series
from analyzer.verdict.brief import Brief
from analyzer.verdict.finding import Cause
from tests.makers.cases import ROOT, cases, report

CASES = {case.name: case for case in cases()}
SECOND = 1_000_000_000


class Told(NamedTuple):
    """A connection and why it failed."""

    conversation: Conversation
    cause: Cause | None


def briefs(connections: list[Told]) -> list[Brief]:
    return [brief_of(each.conversation, (), each.cause) for each in connections]


def findings(name: str) -> dict[str, dict]:
    case = CASES[name]
    found = report(str(case.capture), *case.keys("all"), *case.arguments)
    return {finding["code"]: finding for finding in found["findings"]}


def told(name: str, *, keys: bool = True) -> Told:
    """One recorded connection."""
    case = CASES[name]
    options = Options(
        key_logs=(case.directory / "keys.log",) if keys else (),
        expected=load_expectations(etc=ROOT / "captures/pki/etc/sdk3"),
    )
    connection = analyze([str(case.capture)], options).connections[0]
    return Told(connection.conversation, connection.cause)


def at(one: Told, second: float, *, client: str = "", server: str = "") -> Told:
    """The same connection at another time, between other machines."""
    tcp = one.conversation.tcp
    began = int(second * SECOND)
    length = tcp.span.ended - tcp.span.began
    moved = replace(
        tcp,
        span=Span(tcp.span.first, tcp.span.last, began, began + length),
        client=tcp.client._replace(address=client or tcp.client.address),
        server=tcp.server._replace(address=server or tcp.server.address),
    )
    return Told(replace(one.conversation, tcp=moved), one.cause)


def codes(connections: list[Told]) -> list[str]:
    return [finding.code for finding in patterns(briefs(connections))]


def test_a_client_that_tries_again_every_three_seconds_is_one_entry_with_its_period():
    case = CASES["causes/reconnect-loop"]
    found = report(str(case.capture), *case.keys("all"), *case.arguments)
    [one] = found["summary"]["series"]

    assert (one["cause"], one["connections"]) == ("inner-server-certificate-refused", 4)
    assert 2900 < one["period_ms"] < 3500
    assert "a client of SDK 3" in findings("causes/reconnect-loop")["repeated-failure"]["message"]


def test_that_it_worked_until_the_certificate_changed_is_said_with_what_changed():
    message = findings("causes/fails-since-certificate-changed")["fails-since"]["message"]

    assert "2 failed" in message or "then 2" in message
    assert "changed with it: outer server certificate" in message


def test_the_one_hsm_that_refuses_is_named():
    found = findings("causes/one-hsm-refuses")

    assert "only 10.0.2.22:2223 fails" in found["hsm-stands-out"]["message"]


def test_a_thousand_equal_failures_are_one_entry_with_their_count():
    failed = told("reset-after-client-hello")
    storm = [at(failed, 3 * n) for n in range(1000)]

    [one] = series(briefs(storm))

    assert (one.count, one.period_ns) == (1000, 3 * SECOND)
    assert codes(storm) == ["repeated-failure"]

    connections = [Connection(each.conversation, cause=each.cause) for each in storm]
    text = terminal.dumps(assembled((), connections, (), Expectations.none()))

    assert text.count("Why") == 1
    assert "The same in 999 more connections" in text
    assert "the same failure 1000 times" in text


def test_the_idle_timeout_lies_between_the_silences_that_were_outlived_and_that_were_not():
    message = findings("causes/idle-timeout")["idle-timeout"]["message"]

    assert "outlive 6.0 s" in message
    assert "not 8.0 s" in message


def test_answers_that_take_ever_longer_are_told():
    message = findings("causes/answers-slow-down")["answers-slow-down"]["message"]

    assert "as under throttling or load" in message


def test_unread_connections_that_follow_each_other_like_clockwork_are_called_a_loop():
    unread = told("tls13-in-tls13", keys=False)
    [loop] = patterns(briefs([at(unread, 3 * n) for n in range(6)]))

    assert loop.code == "reconnect-loop"
    assert "every 3.0 s, 6 times" in loop.message
    assert codes([at(unread, second) for second in (0, 3, 11, 12, 40, 90)]) == []
    assert codes([at(told("tls13-in-tls13"), 3 * n) for n in range(6)]) == []


def test_irregular_failures_have_no_period():
    failed = told("reset-after-client-hello")

    [one] = series(briefs([at(failed, second) for second in (0, 1, 30, 31, 200, 500)]))

    assert one.period_ns is None


def test_a_failure_that_comes_and_goes_is_not_said_to_have_begun():
    fine, failed = told("tls12-in-tls12"), told("reset-after-client-hello")
    mixed = [at(one, n) for n, one in enumerate([fine, failed, fine, failed, fine, failed])]

    assert "fails-since" not in codes(mixed)
    assert "works-since" not in codes(mixed)


def test_a_client_that_fails_since_it_uses_another_address_is_told_so():
    fine, failed = told("tls12-in-tls12"), told("no-answer-to-syn")
    moved = [
        at(fine, 0, server="10.0.2.1"),
        at(fine, 5, server="10.0.2.1"),
        at(failed, 10, server="10.0.2.9"),
        at(failed, 15, server="10.0.2.9"),
    ]
    [since] = [f for f in patterns(briefs(moved)) if f.code == "fails-since"]

    assert (
        "changed with it: the address, 10.0.2.1:2223 before, 10.0.2.9:2223 since" in since.message
    )


def test_what_was_repaired_is_said_to_work_since():
    fine, failed = told("tls12-in-tls12"), told("reset-after-client-hello")
    mended = [at(one, n) for n, one in enumerate([failed, failed, fine, fine])]

    assert codes(mended) == ["works-since"]


def test_one_client_of_several_that_fails_is_named():
    fine, failed = told("tls12-in-tls12"), told("reset-after-client-hello")
    mixed = [
        at(fine, 0, client="10.0.1.1"),
        at(failed, 1, client="10.0.1.2"),
        at(fine, 2, client="10.0.1.3"),
    ]

    assert codes(mixed) == ["client-stands-out"]


def test_where_most_machines_fail_none_stands_out():
    fine, failed = told("tls12-in-tls12"), told("reset-after-client-hello")
    mixed = [
        at(failed, 0, server="10.0.2.1"),
        at(failed, 1, server="10.0.2.2"),
        at(fine, 2, server="10.0.2.3"),
    ]

    assert codes(mixed) == []


def test_healthy_connections_have_no_pattern():
    fine = told("tls12-in-tls12")

    assert codes([at(fine, n, server=f"10.0.2.{n}") for n in range(5)]) == []
