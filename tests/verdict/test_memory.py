"""A chain that is judged again for the next connection gets the same answer as if it were the first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.verdict import Expectations, judge
from analyzer.verdict.finding import SLOTS
from tests.verdict.recorded import CLUSTER_ITEM, SERVERS, USUAL, expectations, recorded

DAY = 86_400 * 10**9
SETS = (expectations(*USUAL), expectations(*USUAL, CLUSTER_ITEM), expectations(*SERVERS))


def at(told, days: int):
    """The same connection so many days later."""

    def later(presented):
        span = presented.at
        moved = span._replace(began=span.began + days * DAY, ended=span.ended + days * DAY)
        return replace(presented, at=moved)

    return replace(
        told,
        sessions=tuple(
            replace(
                session,
                certificates=tuple(
                    None if chain is None else tuple(map(later, chain))
                    for chain in session.certificates
                ),
            )
            for session in told.sessions
        ),
    )


def slots(told, expected: Expectations):
    return [finding for finding in judge(told, expected) if finding.code in SLOTS]


def afresh(told, expected: Expectations):
    """By an expected set that is equal, and of which nothing is remembered."""
    return slots(told, replace(expected))


def borders(told) -> set[int]:
    """The days, counted from the capture's, around which a certificate that was shown begins or ends."""
    found = {0}
    for session in told.sessions:
        for shown in (each for chain in session.certificates for each in chain or ()):
            for date in (shown.certificate.not_before, shown.certificate.not_after):
                for soon in (timedelta(0), timedelta(days=30)):
                    days = int((date - soon).timestamp() - shown.at.ended / 1e9) // 86_400
                    found |= {days - 1, days, days + 1, days + 2}
    return found


@pytest.mark.parametrize("expected", SETS, ids=["usual", "pinned", "servers"])
@pytest.mark.parametrize(
    "case",
    [
        "tls12-in-tls12",
        "tls13-in-tls13",
        "cluster-certificate-of-another-cluster",
        "cluster-certificate-expired-tls12",
        "outer-server-impostor-tls12",
    ],
)
def test_around_every_date_and_back_again(case, expected):
    told = recorded(case)[0]
    days = sorted(borders(told))
    for day in [*days, *reversed(days), *days]:
        moved = at(told, day)
        assert slots(moved, expected) == afresh(moved, expected)


def test_advice_names_the_machine_of_each_connection():
    told = recorded("cluster-certificate-expired-tls12")[0]
    other = replace(
        told,
        tcp=replace(
            told.tcp,
            client=told.tcp.client._replace(address="10.9.9.9"),
            server=told.tcp.server._replace(address="10.8.8.8"),
        ),
    )
    expected = SETS[0]
    assert [slots(each, expected) for each in (told, other, told)] == [
        afresh(each, expected) for each in (told, other, told)
    ]
    advice = [f.advice for f in slots(other, expected)]
    assert any("10.9.9.9" in words for words in advice)
    assert not any(told.tcp.client.address in words for words in advice)


def test_another_expected_set_remembers_nothing():
    told = recorded("tls12-in-tls12")[0]
    for expected in (*SETS, *SETS):
        assert slots(told, expected) == afresh(told, expected)
