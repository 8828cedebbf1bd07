"""How far a TLS session and a connection got.

A session is `established` only on what was seen: both Finished messages, or their sealed outsides.
`failed` needs an act of refusal or an end; silence is `unfinished`; what cannot be told is `unseen`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.session.facts import Carved, MessageSeen, Session
from analyzer.stream import CLIENT, SERVER, Side
from analyzer.tls.events import Alert, RecordSeen
from analyzer.transport.facts import TcpFacts

ESTABLISHED, FAILED, UNFINISHED, UNSEEN = "established", "failed", "unfinished", "unseen"

_TLS13 = 0x0304
_CHANGE_CIPHER_SPEC, _HANDSHAKE = 20, 22
_FATAL = 2
# RFC 8446 section 6.1: the alerts of TLS 1.3 that do not end the connection in error.
_CLOSURE_ALERTS = frozenset({0, 90})  # close_notify, user_canceled

# A host repeats a SYN after a second (RFC 6298 section 2).
_ANSWER_NS = 1_000_000_000

# TCP openings after which no byte of TLS can have passed.
_UNOPENED = frozenset({"syn-only", "refused", "no-final-ack"})


def is_fatal(alert: Alert, version: int | None) -> bool:
    """Whether the alert ends the session in error.

    TLS 1.3 keeps the level byte without meaning (RFC 8446 section 6): there every error alert is fatal.
    """
    if version == _TLS13:
        return alert.code not in _CLOSURE_ALERTS
    return alert.level == _FATAL


class Seen(NamedTuple):
    """What the outcome of one handshake rests on; pairs are `(client's, server's)`.

    Attributes:
        messages: each side's messages, alerts and application data, in its own order. types: theirs.
        alerts: in no particular order.
        closed: how each side's stream ended, "" while open.
        readable: no record of this side stayed sealed and no byte of it is missing.
        data: application data of this side was opened, under keys of a finished handshake.
    """

    version: int | None
    messages: tuple[Sequence[MessageSeen], Sequence[MessageSeen]]
    types: tuple[Sequence[str], Sequence[str]]
    alerts: Sequence[Alert]
    closed: tuple[str, str]
    readable: tuple[bool, bool]
    first_records: tuple[Sequence[RecordSeen], Sequence[RecordSeen]]
    data: tuple[bool, bool]


def session_outcome(seen: Seen) -> str:
    """`established`, `failed`, `unfinished` or `unseen` for one handshake."""
    if _is_finished(seen, CLIENT) and _is_finished(seen, SERVER):
        return FAILED if _refused_after_finished(seen) else ESTABLISHED
    if _finished_unread(seen) and not _fatal_before_data(seen):
        return ESTABLISHED
    fatal = any(is_fatal(alert, seen.version) for alert in seen.alerts)
    if fatal and (all(seen.readable) or _fatal_before_data(seen)):
        return FAILED
    if not all(seen.readable):
        return UNSEEN  # its sender had gone on to application data: the handshake may well have come to its end
    if any(how in {"fin", "reset", "close_notify"} for how in seen.closed):
        return FAILED
    return UNFINISHED


def _is_finished(seen: Seen, side: Side) -> bool:
    """Its Finished was read; or it was missed, and what comes only behind it was read."""
    if "finished" in seen.types[side]:
        return True
    return seen.data[side] and not seen.readable[side]


def _refused_after_finished(seen: Seen) -> bool:
    """TLS 1.3: the server finishes first, so its verdict on the client's flight comes as its next record.

    A fatal alert there refuses the client's certificate (or Finished). A bare end of the stream by the
    server where nothing followed is the same without words.
    """
    if seen.version != _TLS13:
        return False
    messages, types = seen.messages[SERVER], seen.types[SERVER]
    behind = types.index("finished") + 1 if "finished" in types else len(types)
    if behind < len(types):
        return types[behind] == "alert" and any(
            alert.side is SERVER and alert.at == messages[behind].at and is_fatal(alert, _TLS13)
            for alert in seen.alerts
        )
    return seen.readable[SERVER] and seen.closed[SERVER] == "reset" and not seen.closed[CLIENT]


def _finished_unread(seen: Seen) -> bool:
    """TLS <= 1.2 without keys: after ChangeCipherSpec each side's Finished shows as a sealed record."""
    if seen.version is None or seen.version >= _TLS13:
        return False
    return all(_has_sealed_finished(records) for records in seen.first_records)


def _has_sealed_finished(records: Sequence[RecordSeen]) -> bool:
    types = [record.type for record in records]
    if _CHANGE_CIPHER_SPEC not in types:
        return False
    return _HANDSHAKE in types[types.index(_CHANGE_CIPHER_SPEC) :]


def _fatal_before_data(seen: Seen) -> bool:
    """A fatal alert that could be read and that no application data of its sender precedes."""
    return any(
        is_fatal(alert, seen.version)
        and not any(
            message.type == "application_data"
            and (message.at.began, message.at.first) <= (alert.at.began, alert.at.first)
            for message in seen.messages[alert.side]
        )
        for alert in seen.alerts
    )


def stage(tcp: TcpFacts, sessions: Sequence[Session]) -> str:
    """The furthest of `STAGES` that was reached."""
    for level, word in ((1, "inner"), (0, "outer")):
        of_level = [session for session in sessions if session.level == level]
        if any(session.outcome == ESTABLISHED for session in of_level):
            return f"{word}-established"
        if any(chain for session in of_level for chain in session.certificates):
            return f"{word}-certificates"
        if any(session.client_random is not None for session in of_level):
            return f"{word}-hello"
        if level == 1 and of_level:
            return "outer-established"  # a level inside needs the one around it
    return "none" if tcp.opening in _UNOPENED and not sessions else "tcp"


def connection_outcome(
    tcp: TcpFacts, sessions: Sequence[Session], carved: Sequence[Carved] = ()
) -> str:
    """The connection's outcome: the inner session's, or why there is none."""
    if tcp.opening in {"syn-only", "refused"} and not sessions:
        return FAILED if tcp.opening == "refused" or _waited_in_vain(tcp) else UNFINISHED
    by_level = {session.level: session for session in sessions if session.handshake == 0}
    if inner := by_level.get(1):
        return inner.outcome
    outer = by_level.get(0)
    if outer is None:
        return _without_tls(tcp)
    if outer.outcome != ESTABLISHED:
        return outer.outcome
    # Certificates in plaintext of which no TLS could be made: an inner session in a form of its own.
    return UNFINISHED if not carved and _nothing_hidden(tcp, outer) else UNSEEN


def _waited_in_vain(tcp: TcpFacts) -> bool:
    """Whether an answer to the SYN had the time it needs; a capture may end right behind it."""
    waited = max(tcp.span.ended, tcp.watched_until_ns) - tcp.span.began
    return tcp.syns > 1 or bool(tcp.icmp) or waited >= _ANSWER_NS


def _nothing_hidden(tcp: TcpFacts, outer: Session) -> bool:
    """An established outer session in which an inner one would have been seen."""
    if tcp.gaps:
        return False
    if not any(side.sealed_records for side in outer.counts):
        return True
    return outer.version != _TLS13 and not any(side.application_records for side in outer.counts)


def _without_tls(tcp: TcpFacts) -> str:
    if tcp.gaps or tcp.opening == "unseen":
        return UNSEEN
    return FAILED if tcp.ended_by in {"fin", "reset"} else UNFINISHED
