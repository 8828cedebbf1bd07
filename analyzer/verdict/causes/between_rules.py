"""Rules for what lies outside any one handshake: no TLS at all, and an outer TLS with none inside."""

from __future__ import annotations

from analyzer.session.outcome import ESTABLISHED, FAILED, UNFINISHED, UNSEEN
from analyzer.stream import CLIENT, SERVER, Span
from analyzer.verdict.causes.reading import (
    Reading,
    duration,
    ending_words,
    who,
)
from analyzer.verdict.causes.symptoms import PATIENCE_NS, Symptoms
from analyzer.verdict.finding import Confidence

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE


# ---------------------------------------------------------------------- no TLS


def not_tls(s: Symptoms) -> Reading | None:
    """One side speaks something else."""
    outer = s.outer
    broken = outer.session.malformed if outer else ()
    tcp = s.told.tcp
    if tcp.gaps or tcp.opening == "unseen":
        return None
    if outer is not None and broken and "server_hello" not in outer.sent[SERVER]:
        what, at = broken[0].what, broken[0].at
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
            alternatives=("the capture misses the beginning of the connection",),
            decide=("the first bytes of the connection, by eye",),
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
            decide=("the first bytes of the connection, by eye",),
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
    waited = max(tcp.span.ended, tcp.watched_until_ns) - tcp.span.began
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
    if ended is None and s.quiet_ns < PATIENCE_NS:
        return None  # it may still come
    if s.told.tcp.gaps or "client_hello" not in outer.sent[CLIENT]:
        return None  # it may have passed unseen
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
            f"The outer TLS was established, and {who(ended)} {ending_words(ended)} before a byte "
            "passed in it.",
            LIKELY,
            (ended.at,),
            alternatives=(
                "in TLS 1.3 a server that refuses the client's certificate may close without an alert",
            ),
            decide=(f"the log of {who(ended)} at this time",),
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
