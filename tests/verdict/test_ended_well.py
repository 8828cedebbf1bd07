"""A connection that ended well is told from its facts alone: never one of which a rule would say anything."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.stream import CLIENT, SERVER, Gap, Span
from analyzer.tls.events import Alert
from analyzer.verdict import Expectations
from analyzer.verdict.causes.diagnosis import by_rules, ended_well
from tests.makers.cases import cases
from tests.verdict.recorded import recorded

NOTHING = Expectations.none()
NAMES = [case.name for case in cases()]
HEALTHY = ("tls12-in-tls12", "tls13-in-tls13", "inner-mutual-tls")
SECOND = 1_000_000_000


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_speaks_of_a_recorded_connection_that_ended_well(name):
    for told in recorded(name):
        if ended_well(told):
            assert by_rules(told, (), NOTHING) is None


def test_healthy_recordings_end_well():
    told = [each for name in HEALTHY for each in recorded(name)]
    assert [ended_well(each) for each in told] == [True] * len(told)


# What each side and the whole may show besides, every one by itself enough for some rule.
SIDE_CHANGES = (
    {"segments": 0},
    {"unacknowledged": 1400, "retransmissions": 4, "unanswered_ns": 5 * SECOND},
    {
        "largest_unacknowledged": 1400,
        "largest_acknowledged": 500,
        "retransmissions": 4,
        "unanswered_ns": 5 * SECOND,
    },
    {"window_closed_ns": 60 * SECOND},
    {"reset": True},
    {"reset": True, "reset_ttl": 255, "reset_ttl_new": True},
    {"fin": True},
    {"fin": None},
)


@st.composite
def disturbed(draw):
    """A healthy connection with one to three changes."""
    told = draw(st.sampled_from(recorded(draw(st.sampled_from(HEALTHY)))))
    for _ in range(draw(st.integers(1, 3))):
        told = draw(st.sampled_from(CHANGES))(draw, told)
    return told


def some_frame(draw, told):
    span = told.tcp.span
    at = draw(st.sampled_from((span.began, (span.began + span.ended) // 2, span.ended)))
    return Span(span.last, span.last, at, at)


def side_changed(draw, told):
    changes = dict(draw(st.sampled_from(SIDE_CHANGES)))
    for name in {"fin", "reset"} & changes.keys():
        changes[name] = changes[name] and some_frame(draw, told)
    if changes.get("reset_ttl"):
        changes["ttls"] = (64, 255)
    sides = list(told.tcp.sides)
    place = draw(st.sampled_from((CLIENT, SERVER)))
    sides[place] = replace(sides[place], **changes)
    return replace(told, tcp=replace(told.tcp, sides=tuple(sides)))


def silenced(draw, told):
    """What one side sent last was never answered, and nobody said goodbye."""
    side = draw(st.sampled_from((CLIENT, SERVER)))
    sides = list(told.tcp.sides)
    end = told.tcp.span._replace(began=told.tcp.span.ended + 60 * SECOND)
    sides[side] = replace(
        sides[side],
        fin=None,
        last=end._replace(ended=end.began),
        unacknowledged=draw(st.sampled_from((0, 1400))),
        retransmissions=4,
        unanswered_ns=59 * SECOND,
    )
    sides[side.peer] = replace(sides[side.peer], fin=None)
    return without_goodbye(draw, replace(told, tcp=replace(told.tcp, sides=tuple(sides))))


def left_waiting(draw, told):
    """The server closed when the client had asked, with or without a goodbye."""
    inner = told.sessions[1]
    asked = inner.first_records[CLIENT][-1].at
    said = tuple(r for r in inner.first_records[SERVER] if r.at.began < asked.began)
    sessions = list(told.sessions)
    records = (inner.first_records[CLIENT], said)
    counts = tuple(replace(c, records=len(r)) for c, r in zip(inner.counts, records, strict=True))
    sessions[1] = replace(inner, first_records=records, counts=counts)
    client, server = told.tcp.sides
    fin = asked._replace(began=asked.ended + 1, ended=asked.ended + 1)
    after = draw(st.sampled_from((-10, 10))) + fin.ended
    sides = (
        replace(client, fin=draw(st.sampled_from((None, fin._replace(began=after, ended=after))))),
        replace(server, fin=fin),
    )
    told = replace(told, tcp=replace(told.tcp, sides=sides), sessions=tuple(sessions))
    return without_goodbye(draw, told) if draw(st.booleans()) else told


def without_goodbye(draw, told):  # noqa: ARG001
    return replace(told, sessions=tuple(replace(each, alerts=()) for each in told.sessions))


def alerted(draw, told):
    alert = Alert(
        draw(st.sampled_from((CLIENT, SERVER))),
        draw(st.sampled_from((1, 2))),
        draw(st.sampled_from((0, 20))),
        some_frame(draw, told),
        True,
        0,
    )
    place = draw(st.integers(0, len(told.sessions) - 1))
    sessions = list(told.sessions)
    sessions[place] = replace(sessions[place], alerts=(alert,))
    return replace(told, sessions=tuple(sessions))


def gapped(draw, told):
    gap = Gap(
        draw(st.sampled_from((CLIENT, SERVER))), 1400, some_frame(draw, told), "never arrived"
    )
    return replace(
        told,
        stage="inner-hello",
        tcp=replace(told.tcp, gaps=(gap,), watched_until_ns=told.tcp.span.ended + 60 * SECOND),
    )


CHANGES = (side_changed, silenced, left_waiting, without_goodbye, alerted, gapped)


@given(disturbed())
@settings(
    max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
def test_no_rule_speaks_of_any_connection_that_ended_well(told):
    if ended_well(told):
        assert by_rules(told, (), NOTHING) is None
