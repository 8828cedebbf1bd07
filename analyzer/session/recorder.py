"""Folds what one TLS level tells into one `Session` per handshake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from analyzer.session.certificates import parse_certificate
from analyzer.session.facts import MessageSeen, Presented, Session, SkippedBytes
from analyzer.session.origins import Issuer, Origins, Place, known_by
from analyzer.session.outcome import Seen, session_outcome
from analyzer.session.timeline import history, in_handshake_order
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side, Span
from analyzer.tls.constants import handshake_type_name
from analyzer.tls.events import (
    Alert,
    CipherChange,
    Keyed,
    Malformed,
    Message,
    Proof,
    RecordCounts,
    RecordSeen,
    Recovered,
    Sealed,
    TlsEvent,
    Tried,
)
from analyzer.tls.messages import (
    Certificate,
    CertificateRequest,
    ClientHello,
    EncryptedExtensions,
    NewSessionTicket,
    ServerHello,
)

_TLS13 = 0x0304
# With these a server's handshake is over as far as it asks for anything.
_LAST_OF_FLIGHT = frozenset({"server_hello_done", "finished"})
_WORSE = ("valid", "unchecked", "invalid")
_HEADER = 4  # bytes of a handshake message's header


@dataclass(slots=True)
class _Handshake:
    """What was told of one handshake; lists of two are `[client's, server's]`."""

    number: int
    client_hello: ClientHello | None = None
    server_hello: ServerHello | None = None
    encrypted_extensions: EncryptedExtensions | None = None
    request: CertificateRequest | None = None
    messages: tuple[list[MessageSeen], list[MessageSeen]] = field(default_factory=lambda: ([], []))
    chains: list[tuple[Presented, ...] | None] = field(default_factory=lambda: [None, None])
    keys: list[str] = field(default_factory=lambda: ["", ""])
    keyed: list[Keyed] = field(default_factory=list)
    application: list[int] = field(default_factory=lambda: [0, 0])
    sealed: list[Sealed] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    proofs: dict[str, Proof] = field(default_factory=dict)
    malformed: list[Malformed] = field(default_factory=list)
    recovered: list[str] = field(default_factory=list)
    issued: list[bytes] = field(default_factory=list)  # what to resume by, see `origins.known_by`
    tried: Tried | None = None
    data: list[bool] = field(default_factory=lambda: [False, False])  # behind a finished handshake
    span: Span | None = None

    @property
    def is_tls(self) -> bool:
        """More than bytes that no TLS record begins with."""
        return bool(any(self.messages) or self.sealed or any(self.keys))


class Recorder:
    """One level's events in, its sessions out.

    The two sides' events may be fed in any interleaving: each side's own order is all that counts.

    Args:
        level: 0 outer, 1 inner.
        stream: the connection's number.
        origins: learns the tickets and session IDs that pass, and tells whose a resumed session is.
    """

    def __init__(self, level: int, stream: int, origins: Origins) -> None:
        self._level = level
        self._stream = stream
        self._origins = origins
        self._handshakes: list[_Handshake] = []
        self._current = [0, 0]  # per side, the handshake its latest message belongs to
        self._closed = ["", ""]
        self._missing = [False, False]
        self._torn: set[tuple[int, Side]] = set()  # handshakes that lack bytes before a side's end
        self._epochs = ["", ""]

    def record(self, event: TlsEvent) -> None:
        """Take one event of this level, its application plaintext included."""
        match event:
            case Chunk():
                self._plaintext(event)
            case Message():
                self._message(event)
            case Closed():
                self._closed[event.side] = self._closed[event.side] or event.how
            case Gap():
                self._missing[event.side] = True
                self._tear(event.side)
            case Alert():
                self._handshake(event).alerts.append(event)
                self._note(event, "alert", 2, event.encrypted)
            case CipherChange():
                self._note(event, "change_cipher_spec", 1, encrypted=False)
            case Keyed():
                handshake = self._handshake(event)
                handshake.keys[event.side] = event.source
                handshake.keyed.append(event)
                self._epochs[event.side] = event.epoch
            case Sealed():
                self._handshake(event).sealed.append(event)
            case Malformed():
                self._handshake(event).malformed.append(event)
            case Recovered():
                self._recovered(event)
            case Tried():
                self._tried(event)
            case Proof():
                self._proof(event)

    def sessions(
        self,
        counts: tuple[RecordCounts, RecordCounts],
        first_records: tuple[Sequence[RecordSeen], Sequence[RecordSeen]],
        *,
        framing: str = "",
        skipped: Sequence[SkippedBytes] = (),
    ) -> tuple[Session, ...]:
        """One session a handshake, in order; none where the level carried no TLS.

        Args:
            counts: of the level's records, per side.
            first_records: the outside of the first ones, per side.
            framing: how the level lay in the one below.
            skipped: bytes of the one below that belong to no record of this level.
        """
        for handshake in self._handshakes:
            issuer = self._origin(handshake)
            for identity in handshake.issued:
                self._origins.settle(identity, issuer)
        return tuple(
            self._session(handshake, counts, first_records, framing, tuple(skipped))
            for handshake in self._handshakes
            if handshake.is_tls
        )

    # ------------------------------------------------------------------ taking events

    def _numbered(self, number: int) -> _Handshake:
        while len(self._handshakes) <= number:
            self._handshakes.append(_Handshake(len(self._handshakes)))
        return self._handshakes[number]

    def _handshake(
        self, event: Message | Alert | CipherChange | Keyed | Sealed | Malformed | Tried
    ) -> _Handshake:
        handshake = self._numbered(event.handshake)
        handshake.span = handshake.span.to(event.at) if handshake.span else event.at
        return handshake

    def _note(
        self, event: Message | Alert | CipherChange, name: str, size: int, encrypted: bool
    ) -> None:
        self._current[event.side] = event.handshake
        seen = MessageSeen(event.side, name, size, event.at, encrypted)
        self._handshake(event).messages[event.side].append(seen)

    def _plaintext(self, chunk: Chunk) -> None:
        handshake = self._numbered(self._current[chunk.side])
        if not handshake.application[chunk.side]:
            first = MessageSeen(
                chunk.side, "application_data", len(chunk.data), chunk.at, encrypted=True
            )
            handshake.messages[chunk.side].append(first)
        handshake.data[chunk.side] |= self._epochs[chunk.side] != "early"
        handshake.application[chunk.side] += len(chunk.data)

    def _tear(self, side: Side) -> None:
        """Bytes of the side are missing: where its handshake was not over, a message may be among them."""
        number = self._current[side]
        seen = _types(self._handshakes[number], side) if self._handshakes else ()
        if _LAST_OF_FLIGHT.isdisjoint(seen):
            self._torn.add((number, side))

    def _recovered(self, event: Recovered) -> None:
        self._tear(event.side)
        lost = "an unknown number of" if event.lost_records is None else str(event.lost_records)
        self._numbered(self._current[event.side]).recovered.append(
            f"{event.side.word}: {event.skipped_bytes} bytes and {lost} records passed over"
        )

    def _proof(self, event: Proof) -> None:
        """Of several of a kind (authentication behind the handshake may come again) the worst counts."""
        proofs = self._numbered(event.handshake).proofs
        known = proofs.get(event.kind)
        if known is None or _WORSE.index(event.result) > _WORSE.index(known.result):
            proofs[event.kind] = event

    def _tried(self, event: Tried) -> None:
        handshake = self._handshake(event)
        handshake.tried = handshake.tried or event
        self._missing[event.side] = True
        handshake.recovered.append(
            f"{event.side.word}: not both hellos could be read; a secret tried out of the key log"
            f" opens its records from number {event.sequence} on"
        )

    def _message(self, message: Message) -> None:
        handshake = self._handshake(message)
        name = handshake_type_name(message.type)
        match message.value:
            case ClientHello() as hello:
                handshake.client_hello = handshake.client_hello or hello
            case ServerHello(is_retry=True):
                name = "hello_retry_request"
            case ServerHello() as hello:
                handshake.server_hello = hello
                if hello.version != _TLS13:  # there it only echoes the client's
                    self._issue(handshake, hello.session_id)
            case EncryptedExtensions() as extensions:
                handshake.encrypted_extensions = extensions
            case CertificateRequest() as request:
                handshake.request = request
            case Certificate(chain=chain):
                handshake.chains[message.side] = tuple(
                    Presented(parse_certificate(der), message.at) for der in chain
                )
            case NewSessionTicket(ticket=ticket):
                self._issue(handshake, ticket)
        self._note(message, name, _HEADER + len(message.body), message.encrypted)

    # ------------------------------------------------------------------ giving sessions

    def _session(
        self,
        told: _Handshake,
        counts: tuple[RecordCounts, RecordCounts],
        first_records: tuple[Sequence[RecordSeen], Sequence[RecordSeen]],
        framing: str,
        skipped: tuple[SkippedBytes, ...],
    ) -> Session:
        client_hello, server_hello, tried = told.client_hello, told.server_hello, told.tried
        version = server_hello.version if server_hello else tried.version if tried else None
        messages = in_handshake_order(*told.messages)
        closed = (self._closed[CLIENT], self._closed[SERVER])
        sealed = {event.side for event in told.sealed}
        resumed = _resumed(told)
        seen = Seen(
            version=version,
            messages=told.messages,
            alerts=told.alerts,
            closed=closed,
            readable=(self._readable(CLIENT, sealed), self._readable(SERVER, sealed)),
            first_records=first_records,
            data=(told.data[CLIENT], told.data[SERVER]),
        )
        return Session(
            level=self._level,
            handshake=told.number,
            outcome=session_outcome(seen),
            version=version,
            offered_versions=client_hello.versions if client_hello else (),
            offered_suites=client_hello.suites if client_hello else (),
            suite=server_hello.suite if server_hello else tried.suite if tried else None,
            server_name=client_hello.server_name if client_hello else None,
            alpn=_alpn(told),
            client_random=_client_random(told),
            server_random=server_hello.random if server_hello else None,
            resumed=resumed,
            resumes=self._origins.find(_offered_identities(told)) if resumed else "",
            identities=_offered_identities(told) if resumed else (),
            history=history(messages),
            certificates=(told.chains[CLIENT], told.chains[SERVER]),
            certificate_request=_requested(told, torn=(told.number, SERVER) in self._torn),
            authorities=told.request.authorities if told.request else (),
            keys=(told.keys[CLIENT], told.keys[SERVER]),
            keyed=tuple(sorted(told.keyed, key=_when)),
            sealed=tuple(sorted(told.sealed, key=_when)),
            alerts=tuple(sorted(told.alerts, key=_when)),
            proofs=tuple(told.proofs.values()),
            messages=messages,
            malformed=tuple(sorted(told.malformed, key=lambda broken: broken.at.ended)),
            recovered=tuple(told.recovered),
            skipped=skipped,
            framing=framing,
            counts=counts,
            first_records=(tuple(first_records[CLIENT]), tuple(first_records[SERVER])),
            application=(told.application[CLIENT], told.application[SERVER]),
            closed=closed,
            span=told.span,
        )

    def _issue(self, handshake: _Handshake, ticket: bytes) -> None:
        identity = known_by(ticket)
        if self._origins.remember(identity, lambda: self._origin(handshake)):
            handshake.issued.append(identity)

    def _origin(self, told: _Handshake) -> Issuer:
        chain = told.chains[SERVER]
        if not chain:
            return None, _offered_identities(told)
        return Place(self._stream, self._level, chain[0].at.last), ()

    def _readable(self, side: Side, sealed: set[Side]) -> bool:
        return side not in sealed and not self._missing[side]


def _client_random(told: _Handshake) -> bytes | None:
    if told.client_hello:
        return told.client_hello.random
    return told.tried.client_random if told.tried else None


def _when(event: Alert | Sealed | Keyed) -> tuple[int, Side]:
    """Sorts both sides' events by capture time, in whatever order the directions came."""
    return event.at.ended, event.side


def _types(told: _Handshake, side: Side) -> list[str]:
    return [message.type for message in told.messages[side]]


def _alpn(told: _Handshake) -> str | None:
    if told.encrypted_extensions and told.encrypted_extensions.alpn:
        return told.encrypted_extensions.alpn
    return told.server_hello.alpn if told.server_hello else None


def _resumed(told: _Handshake) -> bool | None:
    """TLS 1.3: a chosen PSK. Before: ChangeCipherSpec with nothing of a full handshake before it."""
    if told.server_hello is None:
        return None
    if told.server_hello.version == _TLS13:
        return told.server_hello.selected_psk is not None
    types = _types(told, SERVER)
    if not {"certificate", "server_key_exchange", "server_hello_done"}.isdisjoint(types):
        return False
    return True if "change_cipher_spec" in types else None


def _requested(told: _Handshake, *, torn: bool) -> bool | None:
    """Whether the server asked for a client certificate; None while its flight is not whole."""
    if told.request is not None:
        return True
    types = _types(told, SERVER)
    whole = not (torn or _LAST_OF_FLIGHT.isdisjoint(types)) or _resumed(told)
    return False if whole else None


def _offered_identities(told: _Handshake) -> tuple[bytes, ...]:
    """What the client asked to resume by: PSK identities (TLS 1.3), its ticket, its session ID."""
    hello = told.client_hello
    if hello is None:
        return ()
    offered = (*hello.psk_identities, hello.session_ticket, hello.session_id)
    return tuple([known_by(identity) for identity in offered if identity])
