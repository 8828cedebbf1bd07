"""Clocks are compared as NTP does, and what two places saw differently is named."""

from dataclasses import replace

import pytest

from analyzer.report.vantage import same_traffic, vantage
from analyzer.session.facts import Presented
from analyzer.stream import SERVER, Span
from tests.makers import told

DELAY = 4_000_000


def seen_there(connection, *, offset: int, delay: int = DELAY, jitter: int = 0):
    """The connection as a place `delay` nearer to the server sees it, with a clock that is off."""

    def moved(at: Span, side) -> Span:
        late = offset + (delay if side is told.CLIENT else -delay) + jitter * (at.first % 3)
        return Span(at.first, at.last, at.began + late, at.ended + late)

    sessions = tuple(
        replace(
            session,
            messages=tuple(m._replace(at=moved(m.at, m.side)) for m in session.messages),
        )
        for session in connection.conversation.sessions
    )
    facts = replace(
        connection.conversation.tcp, rtt_ns=connection.conversation.tcp.rtt_ns - 2 * delay
    )
    conversation = replace(connection.conversation, sessions=sessions, tcp=facts)
    return replace(connection, conversation=conversation)


def here(connection):
    facts = replace(connection.conversation.tcp, rtt_ns=20_000_000)
    return replace(connection, conversation=replace(connection.conversation, tcp=facts))


@pytest.mark.parametrize("offset", [0, 1_500_000_000, -90_000_000_000])
def test_offset_and_delay_are_exact_where_the_path_is_even(offset):
    a = here(told.established())
    b = seen_there(a, offset=offset)
    found = vantage(told.report(a), told.report(b))
    assert (found.clock.offset, found.clock.delay, found.near_client) == (offset, DELAY, 0)
    back = vantage(told.report(b), told.report(a))
    assert (back.clock.offset, back.clock.delay, back.near_client) == (-offset, DELAY, 1)


def test_a_slow_message_does_not_move_the_clock():
    a = here(told.established())
    found = vantage(told.report(a), told.report(seen_there(a, offset=7_000, jitter=900_000)))
    assert abs(found.clock.offset - 7_000) <= 900_000


def test_without_messages_of_both_sides_there_is_no_clock():
    found = vantage(told.report(told.refused()), told.report(told.refused()))
    assert found.clock is None
    assert found.near_client is None
    assert found.pairs[0].between == ()


def test_the_same_hello_is_the_same_traffic_behind_an_address_translation():
    a, b = told.established(0, 40000), told.established(0, 51111)
    assert same_traffic(told.report(a), told.report(b))
    (pair,) = vantage(told.report(a), told.report(b)).pairs
    assert pair.rewritten


def test_another_day_is_other_traffic():
    a = told.refused()
    span = a.conversation.tcp.span
    day = 86_400_000_000_000
    facts = replace(
        a.conversation.tcp, span=Span(span.first, span.last, span.began + day, span.ended + day)
    )
    b = replace(a, conversation=replace(a.conversation, tcp=facts))
    assert same_traffic(told.report(a), told.report(a))
    assert not same_traffic(told.report(a), told.report(b))


def test_tls_that_is_ended_in_between_is_named():
    a = told.established()
    outer, *rest = a.conversation.sessions
    other = replace(
        outer,
        client_random=bytes(32),
        certificates=(
            outer.certificates[0],
            (Presented(told.certificate("proxy"), told.span(5)),),
        ),
    )
    b = replace(a, conversation=replace(a.conversation, sessions=(other, *rest)))
    (pair,) = vantage(told.report(a), told.report(b)).pairs
    means = {each.key: each.means for each in pair.between}
    assert means["tls"] == (
        "something between the two places ends TLS and begins another one of its own"
    )
    assert means["certificate"] == ("the server's certificate was replaced between the two places")


def test_a_reset_that_only_the_far_place_saw_was_lost_or_made_on_the_way():
    a = here(told.established())
    b = seen_there(a, offset=0)
    sides = b.conversation.tcp.sides
    facts = replace(
        b.conversation.tcp, sides=(sides[0], replace(sides[SERVER], reset=told.span(9)))
    )
    b = replace(b, conversation=replace(b.conversation, tcp=facts))
    (pair,) = vantage(told.report(a), told.report(b)).pairs
    (reset,) = [each for each in pair.between if each.key == "reset"]
    assert (reset.first, reset.second) == ("no RST", "RST in frame 9")
    assert reset.means == "the server sent it and it was lost on the way"


def test_a_connection_in_one_capture_only_is_told():
    found = vantage(
        told.report(told.established(0), told.refused(1)), told.report(told.established(0))
    )
    assert [c.conversation.stream for c in found.only[0]] == [1]
    assert found.only[1] == ()
