"""One side of a TLS level: its bytes to records, its records to messages, alerts and plaintext."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side, Span, StreamEvent
from analyzer.tls.assembly import MessageReader, RawMessage
from analyzer.tls.constants import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    HEARTBEAT,
    TLS13,
    handshake_type_name,
)
from analyzer.tls.events import (
    Alert,
    CipherChange,
    Keyed,
    Malformed,
    Message,
    RecordCounts,
    RecordSeen,
    Recovered,
    Sealed,
    TlsEvent,
)
from analyzer.tls.keying import Found, Handshake, master_key, traffic_key, traffic_opener
from analyzer.tls.messages import (
    PARSERS,
    ClientHello,
    EncryptedExtensions,
    ServerHello,
    parse,
    sslv2_client_hello,
)
from analyzer.tls.missing_secret import Missing
from analyzer.tls.opener import Opener
from analyzer.tls.records import SSL2, Record, RecordReader
from analyzer.tls.schedule import next_traffic_secret
from analyzer.tls.secrets import Secrets

_CLOSE_NOTIFY = 0
_END_OF_EARLY_DATA, _FINISHED, _KEY_UPDATE = 5, 20, 24
_FIRST_RECORDS = 64
_HEADER = 4

_HELLO_MISSING = Missing(
    "hello-missing",
    "the other side's hello is not in the capture",
    "a capture that holds both hellos",
)
_NO_FIT = Missing(
    "wrong-secret",
    "the secret does not open this side's first record",
    "the key log of this very connection",
)
_TOO_MUCH_LOST = Missing("bytes-missing", "no record behind the missing bytes could be opened", "")
_BROKEN_SEAL = Missing(
    "does-not-verify", "a record does not verify under the keys of those before it", ""
)


@dataclass(frozen=True, slots=True)
class TlsLimits:
    """Ceilings of one level.

    Attributes:
        message: bytes of one handshake message; longer ones are passed over.
        hold: bytes of records per side that wait for a hello or a secret.
        lost_records: how many records a gap may have swallowed for the next ones still to be opened.
    """

    message: int = 1 << 20
    hold: int = 1 << 18
    lost_records: int = 4096


class Lane:
    """One side.

    Args:
        handshakes: shared by both lanes, by number.
        secrets: shared by all levels.

    Attributes:
        held_bytes: of the records that wait for a hello or a secret.
    """

    def __init__(
        self, side: Side, handshakes: list[Handshake], secrets: Secrets, limits: TlsLimits
    ) -> None:
        self.counts = RecordCounts()
        self.first_records: list[RecordSeen] = []
        self._side = side
        self._handshakes = handshakes
        self._secrets = secrets
        self._limits = limits
        self._records = RecordReader()
        self._messages = MessageReader(limits.message)
        self.held_bytes = 0
        self._held: deque[Record | Gap | Closed] = deque()
        self._tried: tuple[
            object, ...
        ] = ()  # what was known when the first held record was tried last
        self._number = 0  # of the handshake that this side is in
        self._protected = False
        self._epoch = ""
        self._update = 0
        self._opener: Opener | None = None
        self._secret = b""
        self._why: Missing | None = None  # this epoch stays sealed
        self._lost = False  # bytes are missing and no record was opened since
        self._closed = False
        self._events: list[TlsEvent] = []

    @property
    def waiting(self) -> bool:
        """Records are held."""
        return bool(self._held)

    def feed(self, event: StreamEvent) -> list[TlsEvent]:
        """Take the next event of this side's stream."""
        if isinstance(event, Chunk):
            broken = self._records.broken
            for record in self._records.feed(event):
                self._count(record)
                self._arrive(record)
            if self._records.broken and not broken:
                self._malformed(self._records.broken, event.at)
        elif isinstance(event, Gap):
            self._lose(event)
        else:
            self._close(event)
        return self._told()

    def resume(self) -> list[TlsEvent]:
        """Try what waits again, now that the other side or the secrets may tell more."""
        self._drain(last=False)
        return self._told()

    def finish(self) -> list[TlsEvent]:
        """No more bytes will come: what waits stays sealed."""
        self._drain(last=True)
        return self._told()

    # ------------------------------------------------------------------ records

    def _told(self) -> list[TlsEvent]:
        events, self._events = self._events, []
        return events

    def _count(self, record: Record) -> None:
        counts, size = self.counts, len(record.body)
        counts.records += 1
        if record.type == APPLICATION_DATA:
            counts.application_records += 1
            counts.application_bytes += size
        if len(self.first_records) < _FIRST_RECORDS:
            self.first_records.append(
                RecordSeen(self._side, record.type, record.version, size, record.at)
            )

    def _arrive(self, record: Record) -> None:
        if self._held or not self._process(record, last=False):
            self._held.append(record)
            self.held_bytes += len(record.body)
            self._drain(last=self.held_bytes > self._limits.hold)

    def _drain(self, *, last: bool) -> None:
        """Process held records until one has to wait on; with `last`, none waits any longer."""
        while self._held:
            known = self._known()
            if not last and known == self._tried:
                return
            waits = self._held[0]
            if isinstance(waits, Gap):
                self._pass_gap(waits)
            elif isinstance(waits, Closed):
                self._end(waits.how, waits.at)
            elif self._process(waits, last=last):
                self.held_bytes -= len(waits.body)
            else:
                self._tried = known
                return
            self._held.popleft()
            self._tried = ()

    def _known(self) -> tuple[object, ...]:
        """What decides whether a record that waits can be opened."""
        handshake = self._handshake
        return (
            self._secrets.revision,
            handshake.client_hello is None,
            handshake.server_hello is None,
            len(handshake.raw[CLIENT]),
            len(handshake.raw[SERVER]),
        )

    @property
    def _handshake(self) -> Handshake:
        while len(self._handshakes) <= self._number:
            self._handshakes.append(Handshake(len(self._handshakes)))
        return self._handshakes[self._number]

    def _process(self, record: Record, *, last: bool) -> bool:
        """Handle one record; False where it has to wait (never with `last`)."""
        version = self._handshake.version
        if self._protected:
            if version == TLS13 and record.type != APPLICATION_DATA:
                self._content(record.type, record.body, record, encrypted=False)
                return True
            return self._open(record, last=last)
        if record.type in {CHANGE_CIPHER_SPEC, APPLICATION_DATA}:
            # What these mean depends on the version.
            if version is None:
                return self._without_hello(record, last=last)
            if version == TLS13 and record.type == APPLICATION_DATA:
                self._protect("handshake")
                return self._process(record, last=last)
        self._content(record.type, record.body, record, encrypted=False)
        return True

    def _without_hello(self, record: Record, *, last: bool) -> bool:
        if last:
            self._protect("")
            self._seal(_HELLO_MISSING, record.at)
            self.counts.sealed_records += 1
        return last

    # ------------------------------------------------------------------ protected records

    def _protect(self, epoch: str) -> None:
        """From the next record on new keys are in effect."""
        self._protected = True
        self._epoch, self._update = epoch, 0
        self._opener, self._why, self._secret = None, None, b""
        early = epoch == "handshake" and self._side is CLIENT and self._handshake.client_hello
        if early and early.offers_early_data:
            self._epoch = "early"

    def _seal(self, missing: Missing, at: Span) -> None:
        self._why = missing
        self._events.append(
            Sealed(
                self._side,
                self._epoch,
                missing.why,
                missing.detail,
                missing.remedy,
                at,
                self._number,
            )
        )

    def _open(self, record: Record, *, last: bool) -> bool:
        if self._why:
            return self._open_later_epoch(record)
        opened = None
        if self._opener is None:
            found = self._key(record)
            if isinstance(found, Missing):
                if self._epoch == "early":
                    return self._skip_early(record, found, last=last)
                if not last:
                    return False
                self._seal(found, record.at)
                return self._open_later_epoch(record)
            opened = found.opened or self._try(found.opener, record)
            if opened is None:
                if self._epoch == "early":
                    return self._skip_early(record, _NO_FIT, last=last)
                if self._is_rejected_early_data(found):
                    self.counts.sealed_records += 1
                    return True
                self._seal(_TOO_MUCH_LOST if self._lost else _NO_FIT, record.at)
                return self._open_later_epoch(record)
            self._keyed(found, record.at)
        else:
            opened = self._try(self._opener, record)
            if opened is None:
                self._seal(_TOO_MUCH_LOST if self._lost else _BROKEN_SEAL, record.at)
                self.counts.sealed_records += 1
                return True
        self._content(*opened, record, encrypted=True)
        return True

    def _key(self, record: Record) -> Found | Missing:
        handshake = self._handshake
        if handshake.client_hello is None or handshake.server_hello is None:
            return _HELLO_MISSING
        if handshake.version == TLS13:
            return traffic_key(self._secrets, handshake, self._side, self._epoch)
        return master_key(self._secrets, handshake, self._side, record)

    def _keyed(self, found: Found, at: Span) -> None:
        self._opener, self._secret = found.opener, found.secret
        self._events.append(Keyed(self._side, self._epoch, found.source, at, self._number))

    def _try(self, opener: Opener, record: Record) -> tuple[int, bytes] | None:
        """Open a record; behind missing bytes, under each of the next sequence numbers."""
        opened = opener.open(record.type, record.version, record.body)
        if not self._lost:
            return opened
        if opened:
            self._recovered(0, record.at)
            return opened
        expected = opener.sequence
        for lost in range(1, self._limits.lost_records + 1):
            opener.sequence = expected + lost
            opened = opener.open(record.type, record.version, record.body)
            if opened:
                self._recovered(lost, record.at)
                return opened
        opener.sequence = expected
        return None

    def _recovered(self, lost: int, at: Span) -> None:
        self._lost = False
        self._events.append(Recovered(self._side, self._records.skipped, lost, at))

    def _open_later_epoch(self, record: Record) -> bool:
        """Where the handshake's secret is missing, the one of the application data may still be there."""
        self.counts.sealed_records += 1
        handshake = self._handshake
        if self._epoch != "handshake" or handshake.client_hello is None:
            return True
        found = traffic_key(self._secrets, handshake, self._side, "application")
        if isinstance(found, Found):
            opened = found.opener.open(record.type, record.version, record.body)
            if opened:
                self.counts.sealed_records -= 1
                self._protect("application")
                self._keyed(found, record.at)
                self._content(*opened, record, encrypted=True)
        return True

    def _skip_early(self, record: Record, missing: Missing, *, last: bool) -> bool:
        """Early data without a secret that fits ends where the handshake's secret opens a record."""
        self._epoch = "handshake"
        found = self._key(record)
        if isinstance(found, Found):
            opened = self._try(found.opener, record)
            if opened:
                self._keyed(found, record.at)
                self._content(*opened, record, encrypted=True)
                return True
        self._epoch = "early"
        if missing is _HELLO_MISSING and not last:
            return False
        self.counts.sealed_records += 1
        if last or isinstance(found, Missing):
            self._seal(missing, record.at)
        return True

    def _is_rejected_early_data(self, found: Found) -> bool:
        """A server that does not take early data passes over what it cannot open (RFC 8446 section 4.2.10)."""
        hello = self._handshake.client_hello
        return (
            self._side is CLIENT
            and self._epoch == "handshake"
            and hello is not None
            and hello.offers_early_data
            and found.opener.sequence == 0
        )

    # ------------------------------------------------------------------ content

    def _content(self, kind: int, data: bytes, record: Record, *, encrypted: bool) -> None:
        at = record.at
        if kind == APPLICATION_DATA:
            if data and encrypted:
                self._events.append(Chunk(self._side, data, at))
            elif not encrypted:
                self._malformed("application data before any keys", at)
        elif kind == HANDSHAKE:
            if record.version == SSL2:
                self._message(RawMessage(1, data, at), encrypted=False)
                return
            for message in self._messages.feed(data, at):
                self._message(message, encrypted=encrypted)
            while self._messages.too_long:
                size = self._messages.too_long.pop()
                self._malformed(f"a handshake message of {size} bytes is over the ceiling", at)
        elif kind == ALERT:
            self._alerts(data, at, encrypted=encrypted)
        elif kind == CHANGE_CIPHER_SPEC:
            self._events.append(CipherChange(self._side, at, self._number))
            if self._handshake.version != TLS13:
                self._protect("traffic")
        elif kind != HEARTBEAT:
            self._malformed(f"content type {kind} inside a record", at)

    def _alerts(self, data: bytes, at: Span, *, encrypted: bool) -> None:
        if len(data) % 2 or not data:
            self._malformed(f"an alert of {len(data)} bytes", at)
            return
        for level, code in zip(data[::2], data[1::2], strict=True):
            self._events.append(Alert(self._side, level, code, at, encrypted, self._number))
            if code == _CLOSE_NOTIFY:
                self._end("close_notify", at)

    def _message(self, message: RawMessage, *, encrypted: bool) -> None:
        kind, raw, at = message
        if kind in {1, 2} and encrypted and self._epoch == "traffic":
            self._number += 1  # renegotiation
        handshake = self._handshake
        if (
            raw[0] == kind
            and len(raw) >= _HEADER
            and int.from_bytes(raw[1:4], "big") == len(raw) - _HEADER
        ):
            body = raw[_HEADER:]
            value = parse(kind, body, handshake.version)
        else:
            body, value = raw, sslv2_client_hello(raw)
        if value is None and kind in PARSERS:
            self._malformed(f"{handshake_type_name(kind)} cannot be parsed", at)
        self._events.append(Message(self._side, kind, body, value, at, encrypted, self._number))
        if not any(sent[0] == _FINISHED for sent in handshake.raw[self._side][-1:]):
            handshake.raw[self._side].append(raw)
        self._follow(handshake, kind, value)

    def _follow(self, handshake: Handshake, kind: int, value: object) -> None:
        """What a message changes for the records behind it."""
        match value:
            case ClientHello():
                handshake.client_hello = handshake.client_hello or value
            case ServerHello(is_retry=False):
                handshake.server_hello = value
            case EncryptedExtensions():
                handshake.encrypted_extensions = value
        if handshake.version != TLS13:
            return
        if kind == _FINISHED and self._epoch == "handshake":
            self._protect("application")
        elif kind == _END_OF_EARLY_DATA:
            self._protect("handshake")
            self._epoch = "handshake"
        elif kind == _KEY_UPDATE and self._secret and handshake.suite:
            self._update += 1
            self._secret = next_traffic_secret(handshake.suite.prf, self._secret)
            self._opener = traffic_opener(handshake, self._secret)

    def _malformed(self, what: str, at: Span) -> None:
        self._events.append(Malformed(self._side, what, at, self._number))

    # ------------------------------------------------------------------ loss and end

    def _lose(self, gap: Gap) -> None:
        self._records.lose()
        if self._held:
            self._held.append(gap)
        else:
            self._pass_gap(gap)

    def _pass_gap(self, gap: Gap) -> None:
        self._messages.clear()
        self._lost = True
        self._events.append(Gap(self._side, None, gap.at, gap.why))

    def _close(self, closed: Closed) -> None:
        if self._held:
            self._held.append(closed)
        else:
            self._end(closed.how, closed.at)

    def _end(self, how: str, at: Span) -> None:
        if not self._closed:
            self._closed = True
            self._events.append(Closed(self._side, how, at))
