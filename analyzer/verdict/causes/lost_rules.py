"""Rules for connections that were up and did not end as their two ends wanted.

Without keys it is not known that a connection was up: then the same signs count only where the outer TLS
evidently carried data both ways, and they are possible at most.
"""

from __future__ import annotations

from dataclasses import replace

from analyzer.session.facts import Session
from analyzer.session.outcome import ESTABLISHED, UNSEEN, is_fatal
from analyzer.stream import CLIENT, SERVER, Side
from analyzer.tls.constants import ALERT, APPLICATION_DATA, TLS13
from analyzer.tls.events import RecordSeen
from analyzer.verdict.causes.reading import (
    Reading,
    Rule,
    alert_words,
    duration,
    end,
    ending_words,
    keys_wanted,
)
from analyzer.verdict.causes.sealed_rules import ALERT_SIZES
from analyzer.verdict.causes.symptoms import PATIENCE_NS, SECOND, Ending, Symptoms
from analyzer.verdict.finding import Confidence

LIKELY, POSSIBLE = Confidence.LIKELY, Confidence.POSSIBLE

# Seconds of silence after which somebody on the way is known to forget a connection, and who. EC2's own can be
# set from 60 s on (ConnectionTrackingConfiguration, VPC and ELB guides); less than that may be anything.
_PLATEAUS = (
    (432_000, "the connection tracking of most EC2 instances, and of Linux"),
    (3_600, "many firewalls"),
    (350, "the connection tracking of Nitro v6 instances, NAT gateways and load balancers of AWS"),
)
_SHORTEST_TIMEOUT_NS = 60 * SECOND
_IDLE_NS = 5 * SECOND

_FEW_RECORDS = 3


def _was_up(s: Symptoms) -> bool:
    """The connection carried what it was made for, as far as can be seen."""
    if s.told.outcome == ESTABLISHED:
        return True
    outer = s.outer
    if s.told.outcome != UNSEEN or outer is None or outer.alert is not None:
        return False
    counts = [
        sum(r.type == APPLICATION_DATA for r in outer.session.first_records[side])
        for side in (CLIENT, SERVER)
    ]
    if s.told.tcp.opening == "unseen" and "client_hello" not in outer.sent[CLIENT]:
        return any(counts)  # the capture starts on a connection that was in use
    return all(count > _FEW_RECORDS for count in counts)


def idle(s: Symptoms) -> Reading | None:
    """A long silence, and then nobody knows the connection any more."""
    tcp = s.told.tcp
    silence = tcp.longest_silence_ns
    if silence < _IDLE_NS or tcp.silence_after is None or not _was_up(s):
        return None
    reset = next((e for e in s.endings if e.how == "reset"), None)
    side = _unanswered(s)
    if side is not None and tcp.sides[side].unanswered_ns < 2 * silence:
        facts = tcp.sides[side]
        what = f"the {side.word}'s next packets were sent {facts.retransmissions} times again and never answered"
        at = facts.last or tcp.span
    elif (
        reset is not None
        and reset.at.began >= tcp.silence_ended_ns
        and not _goodbye_before(s, reset)
    ):
        if reset.side is SERVER and s.foreign_reset is None:
            return None  # the machine itself answered: `half_open`
        if reset.at.began - tcp.span.began < silence:
            return None
        what = f"the next packet was answered with RST in the {reset.side.word}'s name"
        if s.foreign_reset is reset.side:
            what += ", by something between: its TTL is not that of the other packets"
        at = reset.at
    else:
        return None
    passed = next((row for row in _PLATEAUS if silence >= row[0] * SECOND), None)
    known = f" That is longer than the {passed[0]} s of {passed[1]}." if passed else ""
    return Reading(
        "idle-dropped",
        f"The connection was forgotten while idle: after {duration(silence)} of silence {what}.{known}",
        LIKELY if silence >= _SHORTEST_TIMEOUT_NS or s.foreign_reset is not None else POSSIBLE,
        (at,),
        alternatives=("the other machine went down or was restarted during the silence",),
        decide=(
            "the idle timeouts on the path (TcpEstablishedTimeout of the client's network interface, NAT gateways, "
            "firewalls) against that silence",
        ),
    )


def _unanswered(s: Symptoms) -> Side | None:
    """Whose last bytes were sent again and never acknowledged, by a peer that sent no more."""
    for side in (CLIENT, SERVER):
        facts = s.told.tcp.sides[side]
        if not facts.unacknowledged or facts.retransmissions < 2 or facts.unanswered_ns < SECOND:
            continue
        if s.silent_since_ns(side.peer) is None:
            continue
        if not any(e.side is side.peer for e in s.endings):
            return side
    return None


def ended_by_alert(s: Symptoms) -> Reading | None:
    """A fatal alert in mid-session."""
    for h in (s.inner, s.outer):
        if h is None or h.alert is None or not is_fatal(h.alert, h.session.version):
            continue
        if s.told.outcome != ESTABLISHED and not h.data_before_alert:
            continue
        alert = h.alert
        return Reading(
            "lost-by-alert",
            f"The established connection was ended by {end(h.level, alert.side)} with {alert_words(alert)} at the "
            f"{'inner' if h.level else 'outer'} level: it did not accept what {end(h.level, alert.side.peer)} had "
            "sent last.",
            LIKELY,
            (alert.at,),
            alternatives=("bytes were altered on the way",)
            if alert.code == _BAD_RECORD_MAC
            else (),
            decide=(f"the log of {end(h.level, alert.side)} at this time",),
        )
    return None


_BAD_RECORD_MAC = 20


def reset(s: Symptoms) -> Reading | None:
    """RST, and nothing that announced it."""
    first = next((e for e in s.endings if e.how == "reset"), None)
    if first is None or not _was_up(s) or _goodbye_before(s, first):
        return None
    if first.side is SERVER and _forgotten(s):
        quiet = s.told.tcp.longest_silence_ns
        return Reading(
            "half-open",
            "The server no longer knows this connection: after "
            f"{duration(quiet)} of silence its own machine answered the client's data with RST at once. That machine "
            "or its program was restarted, or the HSM replaced, while the connection was up.",
            LIKELY,
            (first.at,),
            alternatives=(
                "something between forgot the idle connection and answers in the server's name",
            ),
            decide=("state changes of the HSM at this time (CloudTrail, describe-clusters)",),
        )
    return Reading(
        "lost-by-reset",
        f"The established connection was reset (RST) by the {first.side.word}, with nothing that announced it.",
        LIKELY,
        (first.at,),
        alternatives=(
            f"the {first.side.word}'s program ended without closing (killed, crashed)",
            "something between reset it",
        ),
        decide=(f"the log of the {first.side.word} at this time",),
    )


def _goodbye_before(s: Symptoms, end_: Ending) -> bool:
    """Somebody closed in order before: what follows is only how it was torn down."""
    if any(e.how != "reset" and e.at.began <= end_.at.began for e in s.endings):
        return True
    return s.told.outcome != ESTABLISHED and _sealed_goodbye(s)


def _sealed_goodbye(s: Symptoms) -> bool:
    """Without keys a TLS 1.3 goodbye is a last record of an alert's size (before, its type shows: `endings`).

    Where the last records were not kept, there may have been one.
    """
    if s.outer is None:
        return True
    session = s.outer.session
    for side in (CLIENT, SERVER):
        records = session.first_records[side]
        if session.counts[side].records != len(records):
            if 0 < s.told.tcp.sides[side].last_payload <= _GOODBYE:
                return True
        elif records and (records[-1].type == ALERT or _may_be_alert(session, records[-1])):
            return True
    return False


def _may_be_alert(session: Session, record: RecordSeen) -> bool:
    """TLS 1.3 calls every record application data; without a hello the version is not known."""
    return session.version in (None, TLS13) and record.length in ALERT_SIZES


# Bytes of a record that holds an alert, under any suite.
_GOODBYE = 64


def _forgotten(s: Symptoms) -> bool:
    """RST from the server's own machine, at once, to data behind a pause: as without memory of the connection."""
    facts = s.told.tcp.sides[SERVER]
    return (
        facts.reset_after_ns is not None
        and 0 <= facts.reset_after_ns < SECOND
        and s.told.tcp.longest_silence_ns >= PATIENCE_NS
        and s.foreign_reset is None
    )


def silence(s: Symptoms) -> Reading | None:
    """Data in mid-session that nobody answers."""
    side = _unanswered(s)
    if side is None or s.told.outcome != ESTABLISHED:
        return None
    facts = s.told.tcp.sides[side]
    return Reading(
        "lost-in-silence",
        f"The established connection went dead: the last {facts.unacknowledged} bytes of the {side.word} were sent "
        f"{facts.retransmissions} times again within {duration(facts.unanswered_ns)} and never acknowledged.",
        LIKELY,
        (facts.last or s.told.tcp.span,),
        alternatives=(
            f"the {side.peer.word}'s machine went down",
            "the path, or a filter on it, began to drop this connection's packets",
        ),
        decide=(f"a capture on the {side.peer.word}'s side",),
    )


def closed_unanswered(s: Symptoms) -> Reading | None:
    """The server closes TCP while a request waits for its answer."""
    ended = s.ended
    h = s.inner or s.outer
    if (
        ended is None
        or ended.side is not SERVER
        or ended.how != "fin"
        or h is None
        or not _was_up(s)
    ):
        return None
    if s.told.tcp.gaps or (s.told.outcome != ESTABLISHED and _sealed_goodbye(s)):
        return None
    records = h.session.first_records
    if any(h.session.counts[side].records != len(records[side]) for side in (CLIENT, SERVER)):
        return _closed_first(s, ended)
    asked = [r for r in records[CLIENT] if r.at.began < ended.at.began]
    said = [r for r in records[SERVER] if r.at.began < ended.at.began]
    if not asked or not said or asked[-1].at.began <= said[-1].at.began:
        return None
    return Reading(
        "lost-by-close",
        f"The server {ending_words(ended)} without a close_notify while the client's last request had no answer yet.",
        LIKELY,
        (asked[-1].at, ended.at),
        alternatives=("that message needs no answer, and the server stopped in order",),
        decide=("the log of the HSM or its host at this time",),
    )


def _closed_first(s: Symptoms, ended: Ending) -> Reading | None:
    """Of a long connection, whose last records are not known one by one."""
    if s.told.outcome != ESTABLISHED:
        return None
    return Reading(
        "lost-by-close",
        f"The server {ending_words(ended)} first and without a close_notify, as nobody does who is done.",
        POSSIBLE,
        (ended.at,),
        alternatives=("a server that always closes like this, and had nothing left to say",),
        decide=("the log of the HSM or its host at this time", "how other connections to it end"),
    )


def _weaker(rule: Rule) -> Rule:
    """The same where it is not known that the connection was up."""

    def told(s: Symptoms) -> Reading | None:
        reading = rule(s)
        if reading is None or s.told.outcome == ESTABLISHED:
            return reading
        return replace(
            reading,
            summary=reading.summary.replace("The established connection", "The connection"),
            confidence=POSSIBLE,
            decide=(*(keys_wanted(s.outer) if s.outer else ()), *reading.decide),
        )

    return told


LOST_RULES: tuple[Rule, ...] = (
    ended_by_alert,
    silence,
    _weaker(reset),
    _weaker(closed_unanswered),
)
