"""Whether the handshake was what TLS allows, and the same at both ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analyzer.session.facts import Conversation, Session
from analyzer.stream import CLIENT, SERVER
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding, Status

# proof -> who made it over the messages of both sides, and in which message
_OVER_ALL = {
    "psk_binder": (CLIENT, "client_hello"),
    "finished_client": (CLIENT, "finished"),
    "finished_server": (SERVER, "finished"),
    "finished_late": (CLIENT, "finished"),
}


def check(told: Conversation, whole: Expectations, at: datetime | None) -> Iterator[Finding]:  # noqa: ARG001
    """A failure for each side whose messages come in an order that cannot be, or that saw another handshake."""
    for session in told.sessions:
        yield from _orders(session)
        yield from _differences(session)


def _orders(session: Session) -> Iterator[Finding]:
    for broken in session.malformed:
        if broken.expected:
            yield Finding(
                "message-order",
                Status.FAIL,
                f"the {broken.side.word} breaks the order of the handshake: {broken.what}",
                session.level,
                broken.side,
                expected=broken.expected,
                observed=broken.came,
                evidence=(broken.at,),
                advice=f"look at the TLS stack of the {broken.side.word}, and at what lies between the two",
            )


def _differences(session: Session) -> Iterator[Finding]:
    for proof in session.proofs:
        if proof.result == "invalid" and proof.kind in _OVER_ALL:
            side, message = _OVER_ALL[proof.kind]
            yield Finding(
                "handshake-altered",
                Status.FAIL,
                f"the {side.word}'s {message} does not fit the messages in this capture: {proof.why}",
                session.level,
                side,
                evidence=tuple(
                    m.at for m in session.messages if m.side is side and m.type == message
                ),
                advice="compare with a capture at the other end: the two ends saw different messages, or "
                "hold different keys",
            )
