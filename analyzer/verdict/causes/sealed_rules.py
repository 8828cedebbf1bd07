"""Rules for what stayed encrypted: sizes and order of records, and who closed first.

A record's length is its content's plus a constant, so an alert, an empty Certificate and a Finished show by
their sizes. That is never proof: nothing here is certain, and every reading names the secret that decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from analyzer.session.outcome import ESTABLISHED, FAILED
from analyzer.stream import CLIENT, SERVER, Span
from analyzer.tls.constants import APPLICATION_DATA, TLS13
from analyzer.tls.events import RecordSeen
from analyzer.verdict.causes.reading import (
    CLIENT_CERTIFICATE,
    LEVEL,
    SERVER_CERTIFICATE,
    Reading,
    duration,
    end,
    ending_words,
    keys_wanted,
    last_words,
    who,
)
from analyzer.verdict.causes.symptoms import PATIENCE_NS, HandshakeSymptoms, Symptoms
from analyzer.verdict.finding import Confidence


def _sizes(*contents: int) -> frozenset[int]:
    """Body sizes of TLS 1.3 records with so much content (RFC 8446 section 5.2).

    One byte of type and the tag are added (16, CCM_8: 8), and by Java 16 bytes of padding.
    """
    return frozenset(c + 1 + more for c in contents for more in (8, 16, 16 + 16))


ALERT_SIZES = _sizes(2)
_FINISHED_SIZES = _sizes(36, 52)
# An empty Certificate (4 + 1 + 3 bytes) alone, and with a Finished of 36 or 52 bytes in the same record.
_EMPTY_CERTIFICATE_SIZES = _sizes(8, 8 + 36, 8 + 52)
# Less than this holds no Finished, so the client's side of the handshake did not end.
_SMALLEST_FINISHED = 36 + 1 + 8

# What an inner handshake looks like from outside: an alert with its record header, a vendor's header
# around it and the outer record's own growth stay below the one, a flight with a certificate above the other.
_SMALL, _FLIGHT = 80, 600
_SMALLEST_HELLO = 100


def sealed_reading(h: HandshakeSymptoms) -> Reading | None:
    """A TLS 1.3 handshake whose encrypted part nobody can read: what its records' outsides say."""
    if not h.unread or h.alert is not None or h.holes or "client_hello" not in h.sent[CLIENT]:
        return None
    client, server = h.sealed
    said = [r for r in h.session.first_records[SERVER] if r.type == APPLICATION_DATA]
    if client and sum(r.length for r in client) < _SMALLEST_FINISHED:
        return _client_refused(h, client)
    silent = not client and not h.answered
    if silent and server and h.ended and h.ended.side is CLIENT and h.waited_ns < PATIENCE_NS:
        return _client_left(h)
    if client:
        return _server_refused(h, client, said)
    return None


def _client_refused(h: HandshakeSymptoms, client: Sequence[RecordSeen]) -> Reading | None:
    return Reading(
        f"{LEVEL[h.level]}-server-certificate-refused",
        f"The client answered the encrypted flight of {end(h.level, SERVER)} with nothing but a record of an "
        f"alert's size and left: it most likely refused {SERVER_CERTIFICATE[h.level]}.",
        Confidence.LIKELY,
        (client[0].at, *((h.ended.at,) if h.ended else ())),
        alternatives=("the client refused another part of that flight", "the client was stopped"),
        decide=(*keys_wanted(h), "the client's log at this time"),
    )


def _client_left(h: HandshakeSymptoms) -> Reading | None:
    ended = h.ended
    if ended is None:
        return None
    return Reading(
        f"{LEVEL[h.level]}-server-certificate-refused",
        f"The client {ending_words(ended)} {duration(h.waited_ns)} after the ServerHello, without an answer "
        f"to the encrypted flight that holds {SERVER_CERTIFICATE[h.level]}: perhaps it did not accept it.",
        Confidence.POSSIBLE,
        (*h.frame(SERVER, "server_hello"), ended.at),
        alternatives=("the client was stopped or crashed",),
        decide=(*keys_wanted(h), "the client's log at this time"),
    )


def _server_refused(
    h: HandshakeSymptoms, client: Sequence[RecordSeen], server: Sequence[RecordSeen]
) -> Reading | None:
    """TLS 1.3: the server judges the client's certificate when the client already thinks it is connected."""
    after = [r for r in server if r.at.began > client[0].at.began]
    by_tcp = h.cut
    if any(r.length not in ALERT_SIZES for r in after) or by_tcp is None:
        return None
    if client[-1].length in ALERT_SIZES and (not after or client[-1].at.began <= after[0].at.began):
        return None  # the client said goodbye first
    if by_tcp.side is CLIENT and not after:
        return None
    waited = by_tcp.at.began - client[-1].at.ended
    if not after and waited >= PATIENCE_NS:
        return None
    empty = client[0].length in _EMPTY_CERTIFICATE_SIZES
    said = "only a record of an alert's size" if after else "nothing"
    closed = "and the connection ended" if after else f"and {ending_words(by_tcp)}"
    showed = (
        "the client's flight begins with a record of an empty Certificate's size"
        if empty
        else "the client had answered the server's flight"
    )
    return Reading(
        f"{LEVEL[h.level]}-client-certificate-{'missing' if empty else 'refused'}",
        f"After {showed}, {end(h.level, SERVER)} sent {said} {closed}: it most likely "
        + ("got no client certificate." if empty else f"refused {CLIENT_CERTIFICATE[h.level]}."),
        Confidence.LIKELY if after else Confidence.POSSIBLE,
        (client[0].at, *(r.at for r in after[:1]), by_tcp.at),
        alternatives=(
            "the client sent no certificate"
            if not empty
            else "the client's certificate was refused",
            f"{end(h.level, SERVER)} ended for a reason of its own (restart, overload, a limit)",
        ),
        decide=(*keys_wanted(h), f"the log of {end(h.level, SERVER)}"),
    )


# ---------------------------------------------------------------------- an inner handshake, from outside


def bounded(s: Symptoms) -> Reading | None:
    """The outer TLS stands but cannot be read: what sizes and order say about the inner handshake."""
    h = s.outer
    if h is None or s.inner is not None or h.holes or h.alert is not None:
        return None
    flights = _application(h)
    ended = h.cut
    if not flights or ended is None or len(flights) > 40:
        return None
    hello = next((i for i, r in enumerate(flights) if _sent(r, CLIENT, _SMALLEST_HELLO)), None)
    if hello is None:
        return None
    answer = [r for r in flights[hello + 1 :] if r.side is SERVER]
    if sum(r.length for r in answer) < _FLIGHT:
        return None
    steps = [*(r.at for r in flights[hello:]), ended.at]
    if any(later.began - earlier.ended >= PATIENCE_NS for earlier, later in pairwise(steps)):
        return None  # somebody waited: that is no refusal
    behind = flights[flights.index(answer[0]) + 1 :]
    by_client = [r for r in behind if r.side is CLIENT]
    if all(r.length <= _SMALL for r in by_client):
        what = (
            f"the HSM's side answered with {sum(r.length for r in answer)} bytes, as a server's flight with "
            "its certificate has, and the client left without answering it: perhaps it refused the cluster "
            "certificate"
        )
        return _bounded(h, what, (answer[0].at, ended.at))
    replies = [r for r in by_client if r.length > _SMALL]
    if replies:
        judged = [r for r in behind if r.side is SERVER and r.at.began > replies[0].at.began]
        # An HSM that accepts says at least Finished, and mostly a ticket.
        if all(r.length <= _SMALL for r in judged) and sum(r.length for r in replies) >= _FLIGHT:
            what = (
                "the client answered what looks like the HSM's flight, and the server's side then sent at most "
                "something of an alert's size and closed: perhaps the HSM refused the client's (mTLS) certificate"
            )
            return _bounded(h, what, (replies[0].at, ended.at))
    return None


def stopped_out_of_sight(s: Symptoms) -> Reading | None:
    """The inner handshake was not completed, and a part of it is in outer records that stayed closed."""
    h = s.inner
    if h is None or not h.hidden or h.alert is not None or s.told.outcome != FAILED:
        return None
    ended = h.ended
    if ended is None or h.around is None:
        return None
    hidden = " and ".join(end(h.level, side) for side in (CLIENT, SERVER) if h.around.hides(side))
    return Reading(
        "bounded-without-keys",
        f"The inner handshake stopped{last_words(h)}, and {duration(h.waited_ns)} later {who(ended)} "
        f"{ending_words(ended)}. What {hidden} sent there lies in outer records that stayed encrypted, so what was "
        "refused, and by whom, is not known.",
        Confidence.POSSIBLE,
        (*((h.last.at,) if h.last else ()), ended.at),
        alternatives=tuple(
            f"{end(h.level, side)} {why}"
            for side, why in (
                (CLIENT, "did not accept the cluster certificate"),
                (SERVER, "did not accept the client, or stopped"),
            )
        ),
        decide=keys_wanted(h),
    )


def _bounded(h: HandshakeSymptoms, what: str, evidence: tuple[Span, ...]) -> Reading:
    return Reading(
        "bounded-without-keys",
        f"The outer TLS was established; inside it, unreadable without its keys, {what}.",
        Confidence.POSSIBLE,
        evidence,
        alternatives=(
            "an ordinary request, a long answer and a client that had finished",
            "a vendor message was refused, not a certificate",
        ),
        decide=keys_wanted(h),
    )


def _application(h: HandshakeSymptoms) -> list[RecordSeen]:
    """The records of the outer level that hold what it carries, both sides', in capture order."""
    session = h.session
    client: Iterable[RecordSeen] = session.first_records[CLIENT]
    server: Iterable[RecordSeen] = session.first_records[SERVER]
    if session.version == TLS13:
        if not all(h.sealed):
            return []
        own = h.sealed[CLIENT]
        finished = next((i for i, r in enumerate(own) if r.length in _FINISHED_SIZES), None)
        if finished is None:
            return []
        client = own[finished + 1 :]
        server = [r for r in server if r.at.began >= own[finished].at.began]
    elif session.outcome != ESTABLISHED or not any(x.epoch == "traffic" for x in session.sealed):
        return []
    data = [r for r in (*client, *server) if r.type == APPLICATION_DATA]
    return sorted(data, key=lambda r: (r.at.began, r.at.first))


def _sent(record: RecordSeen, side: int, at_least: int) -> bool:
    return record.side == side and record.length >= at_least
