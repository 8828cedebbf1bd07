"""Rules for what lies outside any one handshake: no TLS at all, none inside, and connections lost later."""

from __future__ import annotations

from analyzer.session.outcome import ESTABLISHED, FAILED, UNFINISHED, UNSEEN, is_fatal
from analyzer.stream import CLIENT, SERVER, Span
from analyzer.verdict.finding import Confidence
from analyzer.verdict.reading import (
    Reading,
    Rule,
    alert_words,
    duration,
    end,
    ending_words,
)
from analyzer.verdict.symptoms import PATIENCE_NS, SECOND, Ending, Symptoms

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE

# AWS: connection tracking of Nitro v6 instances forgets idle connections after 350 s, others after five days;
# NAT gateways and Network Load Balancers after 350 s (EC2 ConnectionTrackingConfiguration, VPC and ELB guides).
IDLE_PLATEAUS = (
    (350, "350 s: connection tracking on Nitro v6 instances, NAT gateways, load balancers"),
)
_IDLE_NS = 30 * SECOND


# ---------------------------------------------------------------------- no TLS


def not_tls(s: Symptoms) -> Reading | None:
    """One side speaks something else."""
    outer = s.outer
    broken = outer.session.malformed if outer else ()
    tcp = s.told.tcp
    if outer is not None and broken and "server_hello" not in outer.sent[SERVER]:
        what, at = broken[0]
        if "client_hello" in outer.sent[CLIENT]:
            return Reading(
                "not-tls",
                f"The server does not speak TLS on port {tcp.server.port}: it answered the ClientHello with "
                f"other bytes ({what}).",
                CERTAIN,
                (*outer.frame(CLIENT, "client_hello"), at),
            )
        return Reading(
            "not-tls",
            f"This is not TLS: {what}. Whatever the client is, it is not a CloudHSM client, or the port "
            "serves something else.",
            LIKELY,
            (at,),
        )
    return None


def nothing_said(s: Symptoms) -> Reading | None:
    """TCP is up and no TLS was seen."""
    tcp = s.told.tcp
    if s.told.sessions or s.told.outcome not in {FAILED, UNFINISHED}:
        return None
    sent = [side.payload_bytes for side in tcp.sides]
    ended = s.ended
    if any(sent):
        return Reading(
            "not-tls",
            f"This is not TLS: the client sent {sent[CLIENT]} bytes and the server {sent[SERVER]}, and neither "
            "begins with a TLS record.",
            LIKELY,
            (tcp.span,),
        )
    if ended is not None:
        code = "reset-before-tls" if ended.how == "reset" else "closed-before-tls"
        waited = ended.at.began - tcp.span.began
        return Reading(
            code,
            f"The {ended.side.word} {ending_words(ended)} {duration(waited)} after the TCP handshake began, "
            "before a byte of TLS was sent.",
            LIKELY,
            (ended.at,),
            alternatives=(
                "a health check or port scan that never meant to speak TLS",
                *(
                    ("a limit on connections, or a proxy whose own target is gone",)
                    if ended.side is SERVER
                    else (
                        "the client's program failed before its first message, e.g. on its key file",
                    )
                ),
            ),
            decide=(f"the log of the {ended.side.word} at this time",),
        )
    waited = tcp.span.ended - tcp.span.began
    if waited < PATIENCE_NS:
        return None
    return Reading(
        "client-never-spoke",
        f"The TCP connection was opened and the client sent no ClientHello for {duration(waited)}.",
        LIKELY,
        (tcp.span,),
        decide=("the client's log at this time",),
    )


# ---------------------------------------------------------------------- outer TLS without inner TLS


def no_inner(s: Symptoms) -> Reading | None:
    """The outer TLS is established and readable, and there is no inner TLS."""
    outer = s.outer
    if outer is None or s.inner is not None or outer.session.outcome != ESTABLISHED:
        return None
    if s.told.outcome == UNSEEN and not _readable(s):
        return None
    passed = outer.session.application
    ended = s.ended
    if s.told.carved or any(n > _VENDOR_MOST for n in passed):
        return Reading(
            "inner-not-found",
            f"The outer TLS was established and opened ({passed[CLIENT]} bytes from the client, "
            f"{passed[SERVER]} from the server), but no TLS handshake could be recognised in it"
            + (", though certificates pass in it." if s.told.carved else "."),
            POSSIBLE,
            _span(s),
            alternatives=(
                "the client runs in limited-commands mode and never begins an inner handshake",
                "the inner handshake has a form that is not known",
            ),
            decide=("`hsm-analyzer export` of the outer plaintext, to look at by eye",),
        )
    if not any(passed):
        if ended is None:
            return _idle_between(s)
        return Reading(
            "closed-after-outer",
            f"The outer TLS was established, and {end(0, ended.side)} {ending_words(ended)} before a byte "
            "passed in it.",
            LIKELY,
            (ended.at,),
            alternatives=(
                "in TLS 1.3 a server that refuses the client's certificate may close without an alert",
            ),
            decide=(f"the log of {end(0, ended.side)} at this time",),
        )
    if ended is not None and ended.side is SERVER:
        return Reading(
            "closed-after-version-exchange",
            f"The outer TLS was established, {passed[CLIENT]} bytes from the client and {passed[SERVER]} from the "
            f"server passed in it (a version exchange is of that size), then the server {ending_words(ended)}: it "
            "does not serve this client.",
            LIKELY,
            (*_span(s), ended.at),
            alternatives=("the server was restarted", "a limit on connections"),
            decide=("the SDK version in the client's log against AWS's end-of-support list",),
        )
    return Reading(
        "no-inner-tls",
        f"The outer TLS was established and the client never began an inner TLS handshake: only "
        f"{passed[CLIENT]} bytes from the client and {passed[SERVER]} from the server passed in it. That is what "
        "a client without customerCA.crt does (limited-commands mode), or one whose cluster is not initialized.",
        LIKELY,
        _span(s),
        alternatives=(
            "the cluster is not initialized yet",
            "end-to-end encryption is switched off in the .cfg",
        ),
        decide=(
            "the client's log: `unencrypted mode ... limited commands mode`",
            "describe-clusters: State",
        ),
    )


# Version and SDK reports are a few dozen bytes; an inner handshake has more than a kilobyte on either side.
_VENDOR_MOST = 1200


def _readable(s: Symptoms) -> bool:
    outer = s.outer
    return outer is not None and not any(c.sealed_records for c in outer.session.counts)


def _idle_between(s: Symptoms) -> Reading | None:
    outer = s.outer
    if outer is None or outer.waited_ns < PATIENCE_NS:
        return None
    return Reading(
        "no-inner-tls",
        f"The outer TLS was established, and for {duration(outer.waited_ns)} nothing passed in it: the client "
        "never began the version exchange or an inner handshake.",
        LIKELY,
        _span(s),
        decide=("the client's log at this time",),
    )


def _span(s: Symptoms) -> tuple[Span, ...]:
    return (s.outer.session.span,) if s.outer and s.outer.session.span else ()


# ---------------------------------------------------------------------- lost after it was established


def lost(s: Symptoms) -> Reading | None:
    """An established connection that did not end as its two ends wanted."""
    return next((told for rule in LOST_RULES if (told := rule(s)) is not None), None)


def _alert_after(s: Symptoms) -> Reading | None:
    for h in (s.inner, s.outer):
        if h is None or h.alert is None:
            continue
        alert = h.alert
        if not is_fatal(alert, h.session.version):
            continue
        return Reading(
            "lost-by-alert",
            f"The established connection was ended by {end(h.level, alert.side)} with {alert_words(alert)} at the "
            f"{'inner' if h.level else 'outer'} level: it did not accept what {end(h.level, alert.side.peer)} had "
            "sent last.",
            LIKELY,
            (alert.at,),
            decide=(f"the log of {end(h.level, alert.side)} at this time",),
        )
    return None


def _said_goodbye(s: Symptoms, before: Ending) -> bool:
    """Somebody closed in order before: what follows is only how it was torn down."""
    return any(
        e.at.began <= before.at.began and e.how != "reset" for e in s.endings if e is not before
    )


def _reset_after(s: Symptoms) -> Reading | None:
    reset = next((e for e in s.endings if e.how == "reset"), None)
    if reset is None or _said_goodbye(s, reset) or _sealed_goodbye(s):
        return None
    tcp = s.told.tcp
    idle = tcp.longest_silence_ns
    late = tcp.silence_after is not None and idle >= _IDLE_NS
    if late and _shortly_after_silence(s, reset):
        return _idle(s, reset)
    if tcp.sides[reset.side].unacknowledged == 0 and reset.side is SERVER and _forgotten(s):
        return Reading(
            "half-open",
            f"The server no longer knows this connection: it answered the client's data with RST at once. Its "
            f"machine or the HSM was restarted or replaced while the connection was up"
            f" (it had been silent for {duration(idle)}).",
            LIKELY,
            (reset.at,),
            alternatives=("the server's program was stopped with this connection open",),
            decide=("the HSM's state changes at this time (CloudTrail, describe-clusters)",),
        )
    return Reading(
        "lost-by-reset",
        f"The established connection was reset (RST) by the {reset.side.word}, with nothing that announced it.",
        LIKELY,
        (reset.at,),
        alternatives=(
            f"the {reset.side.word}'s program ended without closing (killed, crashed)",
            "something between reset it",
        ),
        decide=(f"the log of the {reset.side.word} at this time",),
    )


def _sealed_goodbye(s: Symptoms) -> bool:
    """Without keys a goodbye is a record of an alert's size; the resetting side may only answer it."""
    for session in s.told.sessions:
        if session.level or not session.sealed:
            continue
        for side in (CLIENT, SERVER):
            records = session.first_records[side]
            if not records or session.counts[side].records != len(records):
                return True  # the last records were not kept: nothing can be said
            if records[-1].length <= _GOODBYE:
                return True
    return False


# Body of an alert record under any suite: 2 bytes of alert, at most 8 + 16 of nonce and tag, or a CBC block's worth.
_GOODBYE = 64


def _forgotten(s: Symptoms) -> bool:
    """A RST as a machine sends that has no such connection: it takes its number from the packet it answers."""
    facts = s.told.tcp.sides[SERVER]
    last = s.told.tcp.sides[CLIENT].last
    return (
        facts.reset is not None
        and last is not None
        and 0 <= facts.reset.began - last.ended < SECOND
        and s.told.tcp.longest_silence_ns >= PATIENCE_NS
    )


def _shortly_after_silence(s: Symptoms, ending: Ending) -> bool:
    tcp = s.told.tcp
    return tcp.silence_after is not None and ending.at.first - tcp.silence_after <= 40


def _idle(s: Symptoms, ending: Ending) -> Reading:
    idle = s.told.tcp.longest_silence_ns
    plateau = next((words for seconds, words in IDLE_PLATEAUS if idle >= seconds * SECOND), "")
    known = f" It is longer than a timeout that is known ({plateau})." if plateau else ""
    return Reading(
        "idle-dropped",
        f"The established connection was forgotten while idle: after {duration(idle)} of silence the next packet "
        f"was answered with RST by the {ending.side.word}'s side.{known}",
        LIKELY,
        (ending.at,),
        alternatives=("the server was restarted during the silence",),
        decide=("the tracking timeout of the client's network interface (TcpEstablishedTimeout)",),
    )


def _silence_after(s: Symptoms) -> Reading | None:
    tcp = s.told.tcp
    for side in (CLIENT, SERVER):
        facts = tcp.sides[side]
        if not facts.unacknowledged or facts.retransmissions < 2 or facts.unanswered_ns < SECOND:
            continue
        if any(e.side is side.peer for e in s.endings):
            continue
        idle = tcp.longest_silence_ns
        if idle >= _IDLE_NS:
            return Reading(
                "idle-dropped",
                f"The established connection was forgotten while idle: after {duration(idle)} of silence the "
                f"{side.word}'s packets were sent {facts.retransmissions} times again and never answered.",
                LIKELY,
                (facts.last or tcp.span,),
                alternatives=(f"the {side.peer.word}'s machine went down during the silence",),
                decide=(
                    "the tracking timeout of the client's network interface (TcpEstablishedTimeout)",
                ),
            )
        return Reading(
            "lost-in-silence",
            f"The established connection went dead: the last {facts.unacknowledged} bytes of the {side.word} were "
            f"sent {facts.retransmissions} times again within {duration(facts.unanswered_ns)} and never "
            "acknowledged.",
            LIKELY,
            (facts.last or tcp.span,),
            alternatives=(
                f"the {side.peer.word}'s machine went down",
                "the path, or a filter on it, began to drop this connection's packets",
            ),
            decide=(f"a capture on the {side.peer.word}'s side",),
        )
    return None


def _closed_unanswered(s: Symptoms) -> Reading | None:
    """The server closes while a request waits for its answer."""
    ended = s.ended
    inner = s.inner or s.outer
    if ended is None or ended.side is not SERVER or ended.how == "reset" or inner is None:
        return None
    records = inner.session.first_records
    kept = [inner.session.counts[x].records == len(records[x]) for x in (CLIENT, SERVER)]
    if not all(kept) or ended.how != "fin":
        return None
    asked = [r for r in records[CLIENT] if r.at.began < ended.at.began]
    said = [r for r in records[SERVER] if r.at.began < ended.at.began]
    if not asked or not said or asked[-1].at.began <= said[-1].at.began:
        return None
    return Reading(
        "lost-by-close",
        f"The server {ending_words(ended)} without a close_notify while the client's last request had no answer "
        "yet.",
        LIKELY,
        (asked[-1].at, ended.at),
        alternatives=("that message needs no answer, and the server stopped in order",),
        decide=("the log of the HSM or its host at this time",),
    )


LOST_RULES: tuple[Rule, ...] = (
    _alert_after,
    _reset_after,
    _silence_after,
    _closed_unanswered,
)
