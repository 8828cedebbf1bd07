"""Why a certificate slot of a connection is empty: not asked for, not seen, resumed, or never reached.

An empty slot is never a pass. What would fill it is told as the next step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from analyzer.session.facts import Conversation, Session
from analyzer.stream import CLIENT, Side, Span
from analyzer.tls.constants import TLS13
from analyzer.tls.events import Sealed
from analyzer.verdict.words import listing

_UNOPENED_TCP = {
    "syn-only": "no answer to the TCP SYN, so nothing was presented",
    "refused": "the TCP connection was refused, so nothing was presented",
    "no-final-ack": "the TCP connection was never opened, so nothing was presented",
}

# The messages of a side that come behind its Certificate: where they were read, none was sent.
_BEHIND_CERTIFICATE = {"server_hello_done", "client_key_exchange", "finished"}


class Absence(NamedTuple):
    """Why nothing was presented.

    Attributes:
        kind: `not-asked`, `resumed`, `sealed`, `missing`, `not-reached` or `no-level`.
        message: one clause. advice: what would show it, "" where nothing would.
    """

    kind: str
    message: str
    advice: str = ""
    evidence: tuple[Span, ...] = ()


def absence(told: Conversation, level: int, side: Side) -> Absence:
    """Why no certificate of `side` was seen at `level`; asked only where none was."""
    sessions = [session for session in told.sessions if session.level == level]
    if not sessions:
        return _no_outer(told) if level == 0 else _no_inner(told, level)
    session = sessions[0]
    for reason in _REASONS:
        if (found := reason(told, session, side)) is not None:
            return found
    return _not_reached(session, side)


def _resumed(told: Conversation, session: Session, side: Side) -> Absence | None:  # noqa: ARG001
    if not session.resumed:
        return None
    shown = f"; the certificates were shown in {session.resumes}" if session.resumes else ""
    advice = (
        "" if session.resumes else "capture from the start of the client, so that it cannot resume"
    )
    return Absence(
        "resumed",
        f"the session was resumed, which presents no certificates{shown}",
        advice,
        _hello(session),
    )


def _not_asked(told: Conversation, session: Session, side: Side) -> Absence | None:  # noqa: ARG001
    if side is not CLIENT or session.certificate_request is not False:
        return None
    return Absence(
        "not-asked", "the server did not ask for a client certificate", "", _hello(session)
    )


def _sealed(told: Conversation, session: Session, side: Side) -> Absence | None:  # noqa: ARG001
    closed = [sealed for sealed in session.sealed if sealed.side is side]
    if not closed:
        return None
    # A TLS 1.2 side whose Finished stays closed still shows its certificates in clear.
    if any(m.side is side and m.type in _BEHIND_CERTIFICATE for m in session.messages):
        return None
    first = closed[0]
    return Absence(
        "sealed",
        f"the {side.word}'s certificate was not seen, as its records stay closed: {first.detail}",
        f"add {first.remedy}" if first.remedy else "",
        (first.at,),
    )


def _hidden(told: Conversation, session: Session, side: Side) -> Absence | None:
    around = told.at_level(session.level - 1)
    closed = around.hides(side) if around else None
    if around is None or closed is None:
        return None
    if any(m.side is side and m.type in _BEHIND_CERTIFICATE for m in session.messages):
        return None
    return Absence(
        "sealed",
        f"the {side.word}'s certificate was not seen, as records around it stay closed: {closed.detail}",
        _how_to_open(around, closed),
        (closed.at,),
    )


def _missing(told: Conversation, session: Session, side: Side) -> Absence | None:
    gaps = [gap for gap in told.tcp.gaps if gap.side is side]
    if not gaps or any(m.side is side and m.type == "finished" for m in session.messages):
        return None
    size = "an unknown number of" if gaps[0].size is None else str(gaps[0].size)
    return Absence(
        "missing",
        f"the {side.word}'s certificate was not seen: {size} bytes of this side are missing in the capture",
        "capture again without loss (whole packets, larger buffer)",
        (gaps[0].at,),
    )


_REASONS: tuple[Callable[[Conversation, Session, Side], Absence | None], ...] = (
    _resumed,
    _not_asked,
    _hidden,
    _sealed,
    _missing,
)


def _not_reached(session: Session, side: Side) -> Absence:
    if side is CLIENT and session.certificate_request:
        asked = tuple(m.at for m in session.messages if m.type == "certificate_request")
        return Absence(
            "not-reached",
            "the server asked for a client certificate; the handshake ended before the client sent one",
            "",
            asked,
        )
    return Absence(
        "not-reached",
        f"the handshake ended before the {side.word} presented a certificate",
        "",
        (session.span,) if session.span else (),
    )


def _no_outer(told: Conversation) -> Absence:
    message = _UNOPENED_TCP.get(told.tcp.opening)
    if message:
        return Absence("no-level", message, "", (told.tcp.span,))
    if told.tcp.opening == "unseen":
        return Absence(
            "missing",
            "the capture begins after the handshake, so no certificate was seen",
            "restart the client while capturing",
            (told.tcp.span,),
        )
    return Absence("no-level", "no TLS was seen in this connection", "", (told.tcp.span,))


def _no_inner(told: Conversation, level: int) -> Absence:
    below = [session for session in told.sessions if session.level == level - 1]
    if not below:
        outer = _no_outer(told) if level == 1 else None
        return outer or Absence("no-level", "the inner TLS was never reached")
    session = below[0]
    closed = [
        sealed for sealed in session.sealed if not session.keys[sealed.side]
    ] or session.sealed
    if closed and session.outcome != "failed":
        first = closed[0]
        return Absence(
            "sealed",
            f"the inner TLS was not seen, as the outer records stay closed: {first.detail}",
            _how_to_open(session, first),
            (first.at,),
        )
    if session.outcome != "established":
        return Absence(
            "not-reached",
            "the outer TLS was not established, so the inner one was never reached",
            "",
            (session.span,) if session.span else (),
        )
    vendor = sum(told.vendor_bytes)
    return Absence(
        "no-level",
        f"no inner TLS was found in the outer plaintext ({vendor} bytes of vendor messages)"
        if vendor
        else "nothing was sent inside the outer TLS",
        "",
        (session.span,) if session.span else (),
    )


def _how_to_open(session: Session, sealed: Sealed) -> str:
    """What opens the application data, in which the inner TLS lies: in TLS 1.3 not the first secret."""
    if not sealed.remedy:
        return ""
    if session.version != TLS13 or session.client_random is None:
        return f"add {sealed.remedy}"
    labels = listing(
        f"{side}_{secret}" for secret in _TLS13_SECRETS for side in ("CLIENT", "SERVER")
    )
    return f"add the key-log lines {labels} of {session.client_random.hex()}"


_TLS13_SECRETS = ("HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0")


def _hello(session: Session) -> tuple[Span, ...]:
    return tuple(m.at for m in session.messages if m.type == "server_hello")[:1]
