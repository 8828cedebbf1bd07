"""Folds what one TLS level tells into one `Session` per handshake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

from analyzer.session.certificates import parse_certificate
from analyzer.session.columns import messages_by_column, records_by_column
from analyzer.session.facts import MessageSeen, Presented, Session, SkippedBytes
from analyzer.session.handshake import LAST_OF_FLIGHT, Handshake
from analyzer.session.origins import Issuer, Origins, Place, known_by
from analyzer.session.outcome import Seen, session_outcome
from analyzer.session.timeline import in_handshake_order
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side, new_tuple
from analyzer.tls.constants import HANDSHAKE_TYPES, handshake_type_name
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
_WORSE = ("valid", "unchecked", "invalid")
_HEADER = 4  # bytes of a handshake message's header


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
        self._handshakes: list[Handshake] = []
        self._current = [0, 0]  # per side, the handshake its latest message belongs to
        self._closed = ["", ""]
        self._missing = [False, False]
        self._torn: set[tuple[int, Side]] = set()  # handshakes that lack bytes before a side's end
        self._epochs = ["", ""]
        # Per side, where the plaintext that comes next is counted; None: as the first after a message or a new key.
        self._counted: list[list[int] | None] = [None, None]

    def record(self, event: TlsEvent) -> None:
        """Take one event of this level, its application plaintext included."""
        self.TAKEN[type(event)](self, event)

    @property
    def read_any(self) -> bool:
        """Whether any message was read."""
        return any(any(handshake.messages) for handshake in self._handshakes)

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
            if handshake.issued:
                self._origins.settle(handshake.issued, self._origin(handshake))
        return tuple(
            self._session(handshake, counts, first_records, framing, tuple(skipped))
            for handshake in self._handshakes
            if handshake.is_tls
        )

    # ------------------------------------------------------------------ taking events

    def _numbered(self, number: int) -> Handshake:
        while len(self._handshakes) <= number:
            self._handshakes.append(Handshake(len(self._handshakes)))
        return self._handshakes[number]

    def _handshake(
        self, event: Alert | CipherChange | Keyed | Sealed | Malformed | Tried
    ) -> Handshake:
        try:
            handshake = self._handshakes[event.handshake]
        except IndexError:
            handshake = self._numbered(event.handshake)
        handshake.reach(event.at)
        return handshake

    # A nested handshake tells two dozen messages and as many chunks: these two methods do without further calls.

    def _message(self, message: Message) -> None:
        side, kind, body, value, at, encrypted, number = message
        handshakes = self._handshakes
        handshake = handshakes[number] if number < len(handshakes) else self._numbered(number)
        if at is not handshake.last:
            handshake.reach(at)
        name = HANDSHAKE_TYPES.get(kind) or handshake_type_name(kind)
        keep = self._KEPT.get(type(value))
        if keep:
            name = keep(self, handshake, value, message) or name
        self._current[side] = number
        self._counted[side] = None
        seen = new_tuple(MessageSeen, (side, name, _HEADER + len(body), at, encrypted))
        handshake.messages[side].append(seen)

    def _plaintext(self, chunk: Chunk) -> None:
        counted = self._counted[chunk[0]] or self._begin_counting(chunk)
        counted[chunk[0]] += len(chunk[1])

    def _begin_counting(self, chunk: Chunk) -> list[int]:
        side, data, at = chunk
        handshake = self._numbered(self._current[side])
        if not handshake.application[side]:
            first = MessageSeen(side, "application_data", len(data), at, encrypted=True)
            handshake.messages[side].append(first)
        if self._epochs[side] != "early":
            handshake.data[side] = True
        self._counted[side] = handshake.application
        return handshake.application

    def _note(
        self,
        handshake: Handshake,
        event: Alert | CipherChange,
        name: str,
        size: int,
        encrypted: bool,
    ) -> None:
        side = event.side
        self._current[side] = event.handshake
        self._counted[side] = None
        seen = new_tuple(MessageSeen, (side, name, size, event.at, encrypted))
        handshake.messages[side].append(seen)

    def _closed_by(self, event: Closed) -> None:
        self._closed[event.side] = self._closed[event.side] or event.how

    def _gap(self, event: Gap) -> None:
        self._missing[event.side] = True
        self._tear(event.side)

    def _alert(self, event: Alert) -> None:
        handshake = self._handshake(event)
        handshake.alerts.append(event)
        self._note(handshake, event, "alert", 2, event.encrypted)

    def _cipher_change(self, event: CipherChange) -> None:
        self._note(self._handshake(event), event, "change_cipher_spec", 1, encrypted=False)

    def _keyed(self, event: Keyed) -> None:
        handshake = self._handshake(event)
        handshake.keys[event.side] = event.source
        handshake.keyed.append(event)
        self._epochs[event.side] = event.epoch
        self._counted[event.side] = None

    def _sealed(self, event: Sealed) -> None:
        self._handshake(event).sealed.append(event)

    def _malformed(self, event: Malformed) -> None:
        self._handshake(event).malformed.append(event)

    def _tear(self, side: Side) -> None:
        """Bytes of the side are missing: where its handshake was not over, a message may be among them."""
        number = self._current[side]
        seen = self._handshakes[number].types(side) if self._handshakes else ()
        if LAST_OF_FLIGHT.isdisjoint(seen):
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

    # What a message holds is kept; each gives its name where that is not the one of its type.

    def _client_hello(self, handshake: Handshake, hello: ClientHello, _: Message) -> str:
        handshake.client_hello = handshake.client_hello or hello
        return ""

    def _server_hello(self, handshake: Handshake, hello: ServerHello, _: Message) -> str:
        if hello.is_retry:
            return "hello_retry_request"
        handshake.server_hello = hello
        if hello.version != _TLS13:  # there it only echoes the client's
            self._issue(handshake, hello.session_id)
        return ""

    def _encrypted_extensions(
        self, handshake: Handshake, extensions: EncryptedExtensions, _: Message
    ) -> str:
        handshake.encrypted_extensions = extensions
        return ""

    def _request(self, handshake: Handshake, request: CertificateRequest, _: Message) -> str:
        handshake.request = request
        return ""

    def _certificate(self, handshake: Handshake, shown: Certificate, message: Message) -> str:
        chain = [Presented(parse_certificate(der), message.at) for der in shown.chain]
        handshake.chains[message.side] = tuple(chain)
        return ""

    def _ticket(self, handshake: Handshake, issued: NewSessionTicket, _: Message) -> str:
        self._issue(handshake, issued.ticket)
        return ""

    # By what a message holds; the other half of all messages is only named.
    _KEPT: ClassVar[dict[type, Callable[[Any, Handshake, Any, Message], str]]] = {
        ClientHello: _client_hello,
        ServerHello: _server_hello,
        EncryptedExtensions: _encrypted_extensions,
        CertificateRequest: _request,
        Certificate: _certificate,
        NewSessionTicket: _ticket,
    }

    # By what an event is: a nested handshake tells some seventy of them, and most would be tried last in a row.
    TAKEN: ClassVar[dict[type, Callable[[Any, Any], None]]] = {
        Chunk: _plaintext,
        Message: _message,
        Closed: _closed_by,
        Gap: _gap,
        Alert: _alert,
        CipherChange: _cipher_change,
        Keyed: _keyed,
        Sealed: _sealed,
        Malformed: _malformed,
        Recovered: _recovered,
        Tried: _tried,
        Proof: _proof,
    }

    # ------------------------------------------------------------------ giving sessions

    def _session(
        self,
        told: Handshake,
        counts: tuple[RecordCounts, RecordCounts],
        first_records: tuple[Sequence[RecordSeen], Sequence[RecordSeen]],
        framing: str,
        skipped: tuple[SkippedBytes, ...],
    ) -> Session:
        client_hello, server_hello, tried = told.client_hello, told.server_hello, told.tried
        version = server_hello.version if server_hello else tried.version if tried else None
        types = told.types(CLIENT), told.types(SERVER)
        ordered = in_handshake_order(*told.messages, types)
        messages = messages_by_column(ordered) if ordered else None
        closed = (self._closed[CLIENT], self._closed[SERVER])
        sealed = {event.side for event in told.sealed} if told.sealed else frozenset()
        resumed = told.resumed
        seen = Seen(
            version=version,
            messages=told.messages,
            types=types,
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
            alpn=told.alpn,
            client_random=told.client_random,
            server_random=server_hello.random if server_hello else None,
            resumed=resumed,
            resumes=self._origins.find(told.offered_identities) if resumed else "",
            identities=told.offered_identities if resumed else (),
            history=messages.history if messages else "",
            certificates=(told.chains[CLIENT], told.chains[SERVER]),
            certificate_request=told.requested(torn=(told.number, SERVER) in self._torn),
            authorities=told.request.authorities if told.request else (),
            keys=(told.keys[CLIENT], told.keys[SERVER]),
            keyed=_in_time(told.keyed),
            sealed=_in_time(told.sealed),
            alerts=_in_time(told.alerts),
            proofs=tuple(told.proofs.values()),
            messages=messages or (),
            malformed=_in_time(told.malformed),
            recovered=tuple(told.recovered),
            skipped=skipped,
            framing=framing,
            counts=counts,
            first_records=(
                records_by_column(first_records[CLIENT]),
                records_by_column(first_records[SERVER]),
            ),
            application=(told.application[CLIENT], told.application[SERVER]),
            closed=closed,
            span=told.span,
        )

    def _issue(self, handshake: Handshake, ticket: bytes) -> None:
        identity = known_by(ticket)
        if self._origins.remember(identity, lambda: self._origin(handshake)):
            handshake.issued.append(identity)

    def _origin(self, told: Handshake) -> Issuer:
        chain = told.chains[SERVER]
        if not chain:
            return None, told.offered_identities
        return Place(self._stream, self._level, chain[0].at.last), ()

    def _readable(self, side: Side, sealed: AbstractSet[Side]) -> bool:
        return side not in sealed and not self._missing[side]


_T = TypeVar("_T", Alert, Sealed, Keyed, Malformed)
_WHEN = attrgetter("at.ended", "side")


def _in_time(events: list[_T]) -> tuple[_T, ...]:
    """Both sides' events by capture time, in whatever order the directions came."""
    return tuple(sorted(events, key=_WHEN) if len(events) > 1 else events)
