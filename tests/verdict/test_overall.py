"""The verdict over all connections: fail, pass or unknown, and why, told once for what is alike."""

from dataclasses import replace

import pytest

from analyzer.verdict import Expectations, brief_of, judge, overall
from analyzer.verdict.expectations import Role
from analyzer.verdict.finding import SLOTS, Status
from tests.verdict.recorded import CA_ITEM, SERVERS, USUAL, expectations, item, recorded

EXPECTED = expectations(*USUAL)


def judged(*told, expected=EXPECTED):
    """Connections numbered through, each with its findings, in brief."""
    numbered = [replace(each, stream=number) for number, each in enumerate(told)]
    return [brief_of(each, judge(each, expected), None) for each in numbered]


def one(case: str):
    return recorded(case)[0]


def test_all_shown_is_a_pass_without_reasons():
    assert overall(judged(one("tls12-in-tls12"), one("tls13-in-tls13"))) == (Status.PASS, ())


def test_no_connection_is_unknown():
    assert overall([]) == (Status.UNKNOWN, ("no connection was found",))


def test_one_failed_connection_fails_all():
    verdict, reasons = overall(judged(one("tls12-in-tls12"), one("refused-port")))

    assert verdict is Status.FAIL
    assert reasons == ("connection 1: failed before TCP was connected",)


def test_a_failed_slot_fails_an_established_connection():
    expected = expectations(*SERVERS[1:], *USUAL[2:])
    verdict, reasons = overall(judged(one("tls12-in-tls12"), expected=expected))

    assert one("tls12-in-tls12").outcome == "established"
    assert verdict is Status.FAIL
    [reason] = reasons
    assert reason.startswith("connection 0: outer server: the server presented ")


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        (expectations(*USUAL[2:]), "connection 0: outer server: the server presented a certificate that matches the published name and serial of 21a10654.0, not pinned"),
        (expectations(*SERVERS, CA_ITEM), "connection 0: outer client: the client presented a certificate that customerCA.crt did not issue; it may be the default client certificate, which is not among the files given"),
        (expectations(*USUAL[:3]), "connection 0: inner server: the HSM presented a certificate with the name of a cluster certificate, not pinned"),
    ],
)  # fmt: skip
def test_a_usual_slot_without_an_answer_leaves_it_unknown(expected, missing):
    assert overall(judged(one("tls12-in-tls12"), expected=expected)) == (
        Status.UNKNOWN,
        (missing,),
    )


def test_a_slot_that_nothing_was_presented_in_and_nothing_expected_for_is_named():
    told = one("tls12-in-tls12")
    outer = replace(told.sessions[0], certificates=(None, told.sessions[0].certificates[1]))
    told = replace(told, sessions=(outer, told.sessions[1]))
    only_servers = expectations(*SERVERS, item(Role.CLUSTER, "cluster.crt"))

    assert overall(judged(told, expected=only_servers)) == (
        Status.UNKNOWN,
        ("connection 0: outer client: nothing is expected for it",),
    )


def test_an_inner_client_that_is_expected_and_was_not_asked_for_is_no_pass():
    expected = expectations(*USUAL, item(Role.MTLS_ANCHOR, "mtls/mtls-root.crt"))
    verdict, reasons = overall(judged(one("tls12-in-tls12"), expected=expected))

    assert verdict is Status.UNKNOWN
    assert reasons == (
        "connection 0: inner client: the server did not ask for a client certificate",
    )


def test_an_unfinished_connection_is_unknown():
    verdict, reasons = overall(judged(one("outer-only")))

    assert verdict is Status.UNKNOWN
    assert reasons[0] == (
        "connection 0: stops without a refusal after the outer TLS was established"
    )


def test_a_connection_that_broke_the_program_is_never_a_pass():
    broken = replace(one("tls12-in-tls12"), broken="ValueError: no")
    verdict, reasons = overall(judged(broken))

    assert verdict is Status.UNKNOWN
    assert reasons == ("connection 0: the analyzer itself failed on this connection",)


def test_a_storm_of_equal_failures_is_one_reason():
    storm = [one("refused-port")] * 5000
    verdict, reasons = overall(judged(*storm))

    assert verdict is Status.FAIL
    assert reasons == ("5000 connections (0, 1, 2 and others): failed before TCP was connected",)


def test_many_different_reasons_are_bounded():
    told = one("outer-server-impostor-tls12")
    slot = next(f for f in judge(told, EXPECTED) if f.code == SLOTS[0])
    many = [
        brief_of(replace(told, stream=number), [replace(slot, message=f"reason {number}")], None)
        for number in range(100)
    ]
    _, reasons = overall(many)

    assert len(reasons) == 13
    assert reasons[-1] == "and 89 more reasons"


def test_with_nothing_expected_nothing_passes():
    verdict, reasons = overall(judged(one("tls12-in-tls12"), expected=Expectations.none()))

    assert verdict is Status.UNKNOWN
    assert len(reasons) == 3
