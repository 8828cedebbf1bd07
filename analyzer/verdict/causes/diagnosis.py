"""Why a connection failed: rules over symptoms, in the order of how much they explain.

What comes first on the wire comes first here: a connection that was never opened has no certificates to
blame. Within one stage the rule that needs the most evidence is asked first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.session.facts import Conversation
from analyzer.session.outcome import ESTABLISHED, FAILED, UNFINISHED
from analyzer.stream import CLIENT, SERVER
from analyzer.tls.constants import TLS13
from analyzer.verdict.causes.between_rules import no_inner, not_tls, nothing_said
from analyzer.verdict.causes.catalogue import ENTRIES
from analyzer.verdict.causes.handshake_rules import read_handshake
from analyzer.verdict.causes.lost_rules import LOST_RULES, idle
from analyzer.verdict.causes.network_rules import OPENING_RULES, PATH_RULES, unanswered_data
from analyzer.verdict.causes.reading import Reading, Rule, duration
from analyzer.verdict.causes.sealed_rules import bounded, stopped_out_of_sight
from analyzer.verdict.causes.symptoms import Symptoms, symptoms
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Cause, Confidence, Finding


def diagnose(
    told: Conversation, findings: Sequence[Finding], expected: Expectations
) -> Cause | None:
    """Why the connection failed, or was lost.

    None where nothing failed: it is established and was not lost, it is still under way, or the capture
    shows too little of it to say that anything went wrong. An established connection that was lost later
    (reset, silence, an alert) has a cause too: its outcome stays `established`.
    """
    if told.broken or ended_well(told):
        return None
    return by_rules(told, findings, expected)


def ended_well(told: Conversation) -> bool:
    """Whether nothing in an established connection's facts could make any of the rules speak.

    Most connections are like that, and finding it out takes a fortieth of the time of the symptoms (1.5 us of 55).
    """
    if told.outcome != ESTABLISHED:
        return False
    tcp = told.tcp
    if tcp.icmp or tcp.gaps:
        return False
    for side in tcp.sides:
        troubled = side.unacknowledged or side.largest_unacknowledged or side.window_closed_ns
        if troubled or side.reset is not None or not side.segments:
            return False
    client, server = tcp.sides
    server_first = server.fin is not None
    for session in told.sessions:
        for alert in session.alerts:
            if alert.code or alert.level != _WARNING:
                return False
            if server.fin is not None and alert.at.began < server.fin.began:
                server_first = False
    if server.fin is not None and client.fin is not None and client.fin.began < server.fin.began:
        server_first = False
    return not server_first  # who closes in the middle of a request does it without announcing it


_WARNING = 1


def by_rules(
    told: Conversation, findings: Sequence[Finding], expected: Expectations
) -> Cause | None:
    """What the first rule that speaks says."""
    s = symptoms(told, findings, expected)
    rules = _LOST if told.outcome == ESTABLISHED else _FAILED
    if s.one_sided:
        rules = (_outer, _inner)
    reading = next((r for rule in rules if (r := rule(s)) is not None), None)
    if reading is None:
        return None
    limits = tuple(_limitations(s))
    return Cause(
        code=reading.code,
        summary=reading.summary,
        confidence=reading.confidence,
        advice=_addressed(reading.advice or ENTRIES[reading.code].remedy, told),
        evidence=reading.evidence,
        alternatives=reading.alternatives,
        decide=reading.decide,
        limitations=limits,
    )


def _addressed(advice: str, told: Conversation) -> str:
    """Which client: a capture may hold several."""
    return advice.replace("on the client:", f"on the client {told.tcp.client.address}:")


def _inner(s: Symptoms) -> Reading | None:
    if s.inner is None or s.inner.session.outcome == ESTABLISHED:
        return None
    if s.one_sided and s.inner.alert is None:
        return None
    return read_handshake(s.inner)


def _outer(s: Symptoms) -> Reading | None:
    """Asked before the inner one: a TLS 1.3 client may begin that before its certificate is refused."""
    if s.outer is None or s.outer.session.outcome == ESTABLISHED:
        return None
    if (s.inner is not None or s.one_sided) and s.outer.alert is None:
        return None
    return read_handshake(s.outer)


def _capture_ends(s: Symptoms) -> Reading | None:
    """Nothing went wrong yet: the capture, or the client, stopped too early to tell."""
    if s.told.outcome not in {FAILED, UNFINISHED}:
        return None
    h = s.inner or s.outer
    waited = h.waited_ns if h else s.told.tcp.span.ended - s.told.tcp.span.began
    by_then = "nothing had gone wrong by then"
    if h is not None and h.hidden:
        by_then = (
            "part of it stayed encrypted, so whether anything had gone wrong by then is not known"
        )
    return Reading(
        "capture-ends",
        f"The capture ends while the connection is being set up, {duration(waited)} after the last message "
        f"that was seen; {by_then}.",
        Confidence.POSSIBLE,
        (s.told.tcp.span,),
        decide=("a capture that runs on until the client reports its failure",),
    )


def _limitations(s: Symptoms) -> Iterator[str]:
    """What this capture cannot show of this connection."""
    tcp = s.told.tcp
    if tcp.opening == "unseen":
        yield "the capture starts after the connection was opened"
    for side in (CLIENT, SERVER):
        answers = tcp.opening not in {"syn-only", "refused"}
        if answers and not tcp.sides[side].segments:
            yield f"no packet of the {side.word} was captured: this is one direction only"
    reasons = {gap.why for gap in tcp.gaps}
    if "snapped" in reasons:
        yield "packets were cut by the snap length (capture with -s 0)"
    if "not captured" in reasons:
        yield "the capture lost packets that arrived"
    unread = {
        ("inner" if session.level else "outer")
        for session in s.told.sessions
        if session.sealed
        and (session.version == TLS13 or any(c.application_records for c in session.counts))
    }
    for level in sorted(unread, reverse=True):
        yield f"part of the {level} TLS stayed encrypted: its session keys are missing"


_FAILED: tuple[Rule, ...] = (
    *OPENING_RULES,
    idle,
    *PATH_RULES,
    unanswered_data,
    not_tls,
    _outer,
    _inner,
    no_inner,
    bounded,
    stopped_out_of_sight,
    *LOST_RULES,
    nothing_said,
    _capture_ends,
)

_LOST: tuple[Rule, ...] = (
    idle,
    *PATH_RULES,
    *LOST_RULES,
)
