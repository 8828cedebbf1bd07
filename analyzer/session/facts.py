"""What was observed of one connection, level by level: facts only, no judgement.

`verdict` compares these with the expected set, `report` writes them down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import NamedTuple

from analyzer.session.certificates import Certificate
from analyzer.stream import Side, Span
from analyzer.tls.events import Alert, Keyed, Malformed, Proof, RecordCounts, RecordSeen, Sealed
from analyzer.transport.facts import TcpFacts
from analyzer.values import dataclass

# The furthest point a connection reached, in order.
STAGES = (
    "none",
    "tcp",
    "outer-hello",
    "outer-certificates",
    "outer-established",
    "inner-hello",
    "inner-certificates",
    "inner-established",
)

# The keys that application data comes under.
_DATA_EPOCHS = frozenset({"application", "traffic"})


@dataclass(frozen=True, slots=True)
class Presented:
    """A certificate as one side showed it. `at`: the frames of its Certificate message."""

    certificate: Certificate
    at: Span


class MessageSeen(NamedTuple):
    """A handshake message, alert or ChangeCipherSpec of the handshake, for the timeline.

    Attributes:
        type: its name in RFC words, e.g. `client_hello`, `certificate`, `change_cipher_spec`.
        size: bytes of the message with its header.
    """

    side: Side
    type: str
    size: int
    at: Span
    encrypted: bool


@dataclass(frozen=True, slots=True)
class SkippedBytes:
    """Bytes between two levels that belong to no TLS record: vendor messages and headers.

    Attributes:
        offset: in this side's plaintext of the level below, from 0.
    """

    side: Side
    offset: int
    length: int
    at: Span


@dataclass(frozen=True, slots=True)
class Carved:
    """A certificate found in plaintext outside any handshake that could be recognised. Never a pass."""

    side: Side
    level: int
    offset: int
    certificate: Certificate
    at: Span


@dataclass(frozen=True, slots=True)
class Session:
    """One TLS handshake of one level and what followed it.

    Attributes:
        level: 0 outer, 1 inner, more if the wire shows more. handshake: 0, counted up by renegotiation.
        outcome: `established`, `failed`, `unfinished` (it stops without a refusal) or `unseen` (what is
            visible cannot tell).
        version: the negotiated version number (0x0303, 0x0304 ...), None before a ServerHello.
        offered_versions, offered_suites: from the ClientHello.
        suite: the chosen cipher suite number, None before a ServerHello.
        client_random, server_random: 32 bytes, None where the hello was not seen. They are public.
        resumed: an abbreviated handshake or PSK; None where it cannot be told.
        resumes: where the certificates of the resumed session were shown, in words; empty where unknown.
        identities: what the client asked to resume by, where the session was resumed, by `origins.known_by`.
        history: Zeek's letters, client's capital.
        certificates: per side the chain as presented, leaf first; None = not seen (`sealed` says why, or
            the handshake never got there), () = an empty Certificate message.
        certificate_request: the server asked for a client certificate; None where it cannot be told.
        authorities: DER names of the CertificateRequest.
        keys: per side the source of the traffic key, "" where none. keyed: per side and epoch.
        proofs: one per kind that the handshake has.
        skipped, framing: how this level lay in the level below (level >= 1 only).
        counts, first_records: the outside of its records, per side.
        application: per side, the number of application plaintext bytes opened.
        closed: per side, how this level's stream ended (`close_notify`, `fin`, ...), "" while open.
        malformed: what broke the protocol, in order. recovered: gaps overcome, in words.
    """

    level: int
    handshake: int
    outcome: str
    version: int | None
    offered_versions: tuple[int, ...]
    offered_suites: tuple[int, ...]
    suite: int | None
    server_name: str | None
    alpn: str | None
    client_random: bytes | None
    server_random: bytes | None
    resumed: bool | None
    resumes: str
    history: str
    certificates: tuple[tuple[Presented, ...] | None, tuple[Presented, ...] | None]
    certificate_request: bool | None
    authorities: tuple[bytes, ...]
    keys: tuple[str, str]
    sealed: tuple[Sealed, ...]
    alerts: tuple[Alert, ...]
    proofs: tuple[Proof, ...]
    messages: Sequence[MessageSeen]
    malformed: tuple[Malformed, ...]
    recovered: tuple[str, ...]
    skipped: tuple[SkippedBytes, ...]
    framing: str
    counts: tuple[RecordCounts, RecordCounts]
    first_records: tuple[Sequence[RecordSeen], Sequence[RecordSeen]]
    application: tuple[int, int]
    closed: tuple[str, str]
    span: Span | None
    identities: tuple[bytes, ...] = field(default=(), repr=False)
    keyed: tuple[Keyed, ...] = ()

    def hides(self, side: Side) -> Sealed | None:
        """Why application data of `side`, and with it a level inside, may have stayed closed; None where none did.

        Handshake messages of TLS 1.3 have a secret of their own: where only that one is missing, nothing is hidden.
        """
        if not self.counts[side].sealed_records:
            return None
        closed = [sealed for sealed in self.sealed if sealed.side is side]
        opened = any(k.side is side and k.epoch in _DATA_EPOCHS for k in self.keyed)
        hiding = (s for s in closed if not opened or s.epoch in _DATA_EPOCHS)
        return next(hiding, None)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One TCP connection and every TLS session found in it.

    Attributes:
        stream: numbered in order of the first frame, from 0.
        outcome: `established` (the inner session is), `failed`, `unfinished`, `unseen`.
        stage: the furthest of `STAGES`.
        vendor_bytes: per side, plaintext bytes of the outer level that belong to no inner TLS, listed in `skipped` or not.
        broken: set where the program itself failed on this connection: the crash's one-line summary.
    """

    stream: int
    tcp: TcpFacts
    outcome: str
    stage: str
    sessions: tuple[Session, ...]
    carved: tuple[Carved, ...] = ()
    vendor_bytes: tuple[int, int] = (0, 0)
    broken: str = field(default="")

    def at_level(self, level: int) -> Session | None:
        """The first session of `level`, None where no such level was found."""
        for session in self.sessions:
            if session.level == level and session.handshake == 0:
                return session
        return None
