"""Rules about handshakes that end or stop without an alert: somebody waits, gives up or leaves."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.stream import CLIENT, SERVER, Side
from analyzer.verdict.causes.reading import (
    LEVEL,
    Reading,
    duration,
    end,
    ending_words,
    last_words,
    who,
)
from analyzer.verdict.causes.refusal import (
    LIKELY,
    POSSIBLE,
)
from analyzer.verdict.causes.symptoms import PATIENCE_NS, HandshakeSymptoms
from analyzer.verdict.words import capitalized


def gave_up(h: HandshakeSymptoms) -> Reading | None:
    """Ended after a wait: by its own timeout, not by a judgement."""
    ended = h.ended
    if h.alert or ended is None or h.waited_ns < PATIENCE_NS or h.last is None:
        return None
    waited_for = h.last.side.peer
    if ended.side is waited_for:
        what = f"{end(h.level, ended.side)} never answered, and {who(ended)} {ending_words(ended)}"
    else:
        what = (
            f"{end(h.level, waited_for)} never answered, and {who(ended)} gave up: it "
            f"{ending_words(ended)}"
        )
    return Reading(
        "client-gave-up" if ended.side is CLIENT else "server-gave-up",
        f"The {LEVEL[h.level]} handshake stalled{last_words(h)}: for {duration(h.waited_ns)} {what}.",
        LIKELY,
        (h.last.at, ended.at),
        alternatives=_stall_reasons(h, waited_for),
        decide=_stall_steps(h, waited_for),
        advice=_OTHER_HSM if waited_for is SERVER else "",
    )


def broken_off(h: HandshakeSymptoms) -> Reading | None:
    """One end closes or resets at once, and nothing says why."""
    ended = h.ended
    if h.alert or ended is None:
        return None
    code = f"{LEVEL[h.level]}-{'reset' if ended.how == 'reset' else 'closed'}"
    return Reading(
        code,
        f"{capitalized(who(ended))} {ending_words(ended)} in the middle of the {LEVEL[h.level]} handshake"
        f"{last_words(h)}, {duration(h.waited_ns)} later and without an alert.",
        POSSIBLE,
        (*((h.last.at,) if h.last else ()), ended.at),
        alternatives=tuple(_broken_off_reasons(h)),
        decide=(f"the log of {end(h.level, ended.side)} at this time",),
    )


def _broken_off_reasons(h: HandshakeSymptoms) -> Iterator[str]:
    ended = h.ended
    if ended and ended.side is SERVER and "server_hello" not in h.sent[SERVER]:
        yield "no common TLS version or cipher suite, refused without an alert"
    yield f"{end(h.level, ended.side) if ended else 'one end'} was stopped or restarted"
    yield "something between the two ended the connection"


def stalled(h: HandshakeSymptoms) -> Reading | None:
    """Nobody ended it: somebody owes the next message."""
    if h.alert or h.ended or h.last is None or h.waited_ns < PATIENCE_NS:
        return None
    owes = h.last.side.peer
    return Reading(
        f"{LEVEL[h.level]}-stalled",
        f"The {LEVEL[h.level]} handshake stalls{last_words(h)}: {end(h.level, owes)} owes the next message "
        f"and sends none for {duration(h.waited_ns)}, until the capture ends.",
        LIKELY,
        (h.last.at,),
        alternatives=_stall_reasons(h, owes),
        decide=_stall_steps(h, owes),
        advice=_OTHER_HSM if owes is SERVER else "",
    )


_OTHER_HSM = (
    "connect to another HSM of the cluster; if only this one stays silent look at its state in describe-clusters and "
    "open a case with AWS; if all do, look at what lies between (firewalls that let the handshake of TCP through and "
    "drop the rest)"
)


def _stall_reasons(h: HandshakeSymptoms, owes: Side) -> tuple[str, ...]:
    if owes is CLIENT and h.level and h.session.certificate_request:
        return (
            "the client's mTLS key has a passphrase and its program waits for somebody to type it",
        )
    if owes is CLIENT:
        return ("the client's program hangs or waits for input",)
    return (f"{end(h.level, SERVER)} is overloaded or hangs", "the path loses what it answers")


def _stall_steps(h: HandshakeSymptoms, owes: Side) -> tuple[str, ...]:
    return (f"a capture on the machine of {end(0, owes)}", f"the log of {end(h.level, owes)}")
