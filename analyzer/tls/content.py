"""What one side's records hold, once opened: messages, alerts and plaintext, and what they change."""

from __future__ import annotations

import struct

from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side, Span, new_tuple
from analyzer.tls.assembly import MessageReader
from analyzer.tls.constants import (
    ALERT,
    APPLICATION_DATA,
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    COMPRESSED_CERTIFICATE,
    ENCRYPTED_EXTENSIONS,
    END_OF_EARLY_DATA,
    FINISHED,
    HANDSHAKE,
    HANDSHAKE_TYPES,
    HEARTBEAT,
    KEY_UPDATE,
    SERVER_HELLO,
    TLS13,
    handshake_type_name,
)
from analyzer.tls.decompression import lacking
from analyzer.tls.events import Alert, CipherChange, Malformed, Message, TlsEvent
from analyzer.tls.handshake import Handshake, Handshakes, LateAuthentication
from analyzer.tls.messages import (
    Certificate,
    CertificateRequest,
    ClientHello,
    EncryptedExtensions,
    ServerHello,
)
from analyzer.tls.parsers import PARSERS, parse, sslv2_client_hello
from analyzer.tls.proofs import late_proofs, proofs
from analyzer.tls.protection import Protection
from analyzer.tls.psk_secrets import derive_traffic_secrets
from analyzer.tls.records import SSL2
from analyzer.tls.secrets import Secrets
from analyzer.tls.states import Disorder, Order
from analyzer.tls.transcript import Transcript

_CLOSE_NOTIFY = 0
_HEADER = 4
_TYPE_AND_SIZE = struct.Struct(">I").unpack_from
_SIZE_BITS, _SIZE = 24, (1 << 24) - 1
_HELLOS = frozenset({CLIENT_HELLO, SERVER_HELLO})
_CERTIFICATES = frozenset({CERTIFICATE, COMPRESSED_CERTIFICATE})
# Messages that change what follows them.
_CHANGING = frozenset({CLIENT_HELLO, ENCRYPTED_EXTENSIONS, FINISHED, END_OF_EARLY_DATA, KEY_UPDATE})


def _hindered(kind: int, body: bytes) -> str:
    """What cannot be done with a message, and why where it is not the message's fault."""
    package = lacking(int.from_bytes(body[:2])) if kind == COMPRESSED_CERTIFICATE else ""
    if not package:
        return "parsed"
    return f"unpacked: {package} is not installed (pip install 'hsm-analyzer[compression]')"


class Content:
    """The content of one side.

    Args:
        side: whose.
        handshakes: of both sides.
        protection: of this side; messages change its keys.
        secrets: of all levels, for what a handshake proves.
        events: takes what is found.
        ceiling: bytes of one message.

    Attributes:
        agreed: application data may come.
    """

    __slots__ = (
        "_ceiling",
        "_closed",
        "_cut",
        "_events",
        "_handshakes",
        "_late",
        "_order",
        "_protection",
        "_reader",
        "_secrets",
        "_side",
        "agreed",
    )

    def __init__(
        self,
        side: Side,
        handshakes: Handshakes,
        protection: Protection,
        secrets: Secrets,
        *,
        events: list[TlsEvent],
        ceiling: int,
    ) -> None:
        self._side = side
        self._handshakes = handshakes
        self._protection = protection
        self._secrets = secrets
        self._events = events
        self._ceiling = ceiling
        # Of a message that goes on in the next record, or whose beginning is lost; None where the next one begins a message.
        self._reader: MessageReader | None = None
        self._order = Order(side)
        self.agreed = False
        self._cut = False  # that plaintext stays sealed was told
        self._late: LateAuthentication | None = None  # under way
        self._closed = False

    # Here and in `messages` no argument goes by its name: these are called for every record but those of application data.
    def take(self, kind: int, data: bytes, version: int, at: Span, encrypted: bool) -> None:
        """The content of the next record.

        Args:
            kind: ContentType, of the plaintext.
            data: the plaintext.
            version: as in the record's header.
            at: the record's frames.
            encrypted: it was sealed.
        """
        if kind == HANDSHAKE:
            self.messages(data, version, at, encrypted)
        elif kind == APPLICATION_DATA:
            if not self.agreed:
                self._check_agreed(at, encrypted=encrypted)
            if data and encrypted:
                self._events.append(new_tuple(Chunk, (self._side, data, at)))
        elif kind == ALERT:
            self._alerts(data, at, encrypted=encrypted)
        elif kind == CHANGE_CIPHER_SPEC:
            side = self._side
            handshake = self._handshakes.current[side]
            self._events.append(new_tuple(CipherChange, (side, at, handshake.number)))
            if handshake.version != TLS13:
                wrong = self._order.see("change_cipher_spec", at, handshake.version)
                if wrong:
                    self._tell_disorder(handshake, wrong)
                self._protection.begin("traffic")
        elif kind != HEARTBEAT:
            self.malformed(f"content type {kind} inside a record", at)

    def lose(self) -> None:
        """Bytes are missing before the next record."""
        self._reader = self._reader or MessageReader(self._ceiling)
        self._reader.lose()
        self._order.lose()
        handshake = self._handshakes.current[self._side]
        handshake.miss(self._side, handshake.lost)

    def join(self) -> None:
        """The next record's secret was tried out: what came before it was not all seen."""
        self._order.lose()

    def pass_over(self, at: Span) -> None:
        """A record stayed sealed: it may have held messages, or what follows the plaintext so far."""
        self._order.lose()
        if self.agreed and not self._cut:
            self._cut = True
            self._events.append(Gap(self._side, None, at, "sealed"))

    def finish(self) -> None:
        """No more records will come."""
        handshake = self._handshakes.current[self._side]
        self._tell_disorder(handshake, self._order.judge(handshake.version))

    def end(self, how: str, at: Span) -> None:
        """This side's stream ends; the first end counts."""
        if not self._closed:
            self._closed = True
            self._events.append(new_tuple(Closed, (self._side, how, at)))

    def malformed(self, what: str, at: Span) -> None:
        """Tell what breaks the protocol."""
        number = self._handshakes.current[self._side].number
        self._events.append(Malformed(self._side, what, at, number))

    # ------------------------------------------------------------------ by content type

    def messages(self, data: bytes, version: int, at: Span, encrypted: bool) -> None:
        """The content of the next record, one of handshake messages; as `take`."""
        if version == SSL2:
            self._message(CLIENT_HELLO, data, at, False, True)
            return
        reader = self._reader
        if reader is None:
            start, size = 0, len(data)
            while size - start >= _HEADER:
                (head,) = _TYPE_AND_SIZE(data, start)
                end = start + _HEADER + (head & _SIZE)
                if end > size or end - start > self._ceiling:
                    break
                self._message(head >> _SIZE_BITS, data[start:end], at, encrypted)
                if end == size:
                    return
                start = end
            data = data[start:]
            reader = self._reader = MessageReader(self._ceiling)
        for kind, raw, span in reader.feed(data, at):
            self._message(kind, raw, span, encrypted)
        while reader.too_long:
            size = reader.too_long.pop()
            self.malformed(f"a handshake message of {size} bytes is over the ceiling", at)
            handshake = self._handshakes.current[self._side]
            handshake.miss(self._side, handshake.lost)
        if reader.between:
            self._reader = None

    def _alerts(self, data: bytes, at: Span, *, encrypted: bool) -> None:
        if len(data) % 2 or not data:
            self.malformed(f"an alert of {len(data)} bytes", at)
            return
        side = self._side
        number = self._handshakes.current[side].number
        for place in range(0, len(data), 2):
            level, code = data[place], data[place + 1]
            self._events.append(new_tuple(Alert, (side, level, code, at, encrypted, number)))
            if code == _CLOSE_NOTIFY:
                self.end("close_notify", at)

    # ------------------------------------------------------------------ messages

    def _message(
        self,
        kind: int,
        raw: bytes,
        at: Span,
        encrypted: bool,
        sslv2: bool = False,
    ) -> None:
        side, epoch = self._side, self._protection.epoch
        handshake = self._handshakes.current[side]
        if epoch == "traffic" and kind in _HELLOS:
            handshake = self._handshakes.begin(side)
        value: object | None
        if sslv2:
            body, value = raw, sslv2_client_hello(raw)
        else:
            body = raw[_HEADER:]
            value = parse(kind, body, handshake.version)
        if value is None and kind in PARSERS:
            self.malformed(f"{handshake_type_name(kind)} cannot be {_hindered(kind, body)}", at)
        told = side, kind, body, value, at, encrypted, handshake.number
        self._events.append(new_tuple(Message, told))
        name = HANDSHAKE_TYPES.get(kind) or handshake_type_name(kind)
        if type(value) is ServerHello:
            handshake.answer(value)
            if value.is_retry:
                name = "hello_retry_request"
        wrong = self._order.see(name, at, handshake.version)
        if wrong:
            self._tell_disorder(handshake, wrong)
        if epoch == "application" or handshake.finished[side]:
            self._after_finished(handshake, kind, raw, value)
        else:
            handshake.raw[side].append(raw)
            if kind in _CERTIFICATES and handshake.shown[side] is None:
                handshake.shown[side] = raw, value, handshake.version
        if kind in _CHANGING:
            self._follow(handshake, kind, value)

    def _follow(self, handshake: Handshake, kind: int, value: object) -> None:
        """What a message changes for the records behind it."""
        tls13 = handshake.version == TLS13
        if kind == CLIENT_HELLO:
            if isinstance(value, ClientHello):
                handshake.client_hello = handshake.client_hello or value
        elif kind == ENCRYPTED_EXTENSIONS:
            if isinstance(value, EncryptedExtensions):
                handshake.encrypted_extensions = value
        elif kind == FINISHED:
            handshake.finished[self._side] = True
            if tls13 and self._protection.epoch == "handshake":
                self._protection.begin("application")
            if all(handshake.finished) and not handshake.proved:
                self.prove(handshake)
        elif tls13 and kind == END_OF_EARLY_DATA:
            self._protection.end_early_data()
        elif tls13 and kind == KEY_UPDATE:
            self._protection.update()

    def _tell_disorder(self, handshake: Handshake, wrong: Disorder | None) -> None:
        if wrong:
            came, at, before, expected = wrong
            what = f"{came} after {before}, expected {expected}"
            self._events.append(Malformed(self._side, what, at, handshake.number, expected, came))

    def _check_agreed(self, at: Span, *, encrypted: bool) -> None:
        """Application data comes behind this side's Finished, or early under keys of its own."""
        handshake = self._handshakes.current[self._side]
        if not encrypted:
            self.malformed("application data before any keys", at)
        elif self._protection.epoch == "early":
            return
        elif not (
            handshake.finished[self._side]
            or handshake.tried
            or handshake.lost[self._side]
            or handshake.sealed[self._side]
        ):
            self.malformed("application_data before finished", at)
        self.agreed = True

    # ------------------------------------------------------------------ proofs

    def prove(self, handshake: Handshake) -> None:
        """Tell what the handshake proves; its messages are not needed any longer."""
        handshake.proved = True
        if self._secrets.has_psks and handshake.version == TLS13:
            derive_traffic_secrets(handshake, self._secrets)
        self._events += proofs(handshake, self._secrets)
        hello, suite = handshake.client_hello, handshake.suite
        if hello and hello.takes_late_requests and suite and handshake.version == TLS13:
            whole = Transcript(TLS13, suite.prf, handshake.raw).through(CLIENT, FINISHED)
            handshake.context = whole or b""
        for messages in handshake.raw:
            messages.clear()

    def prove_late(self, handshake: Handshake, *, last: bool = False) -> None:
        """Tell what clients' answers to late requests prove, as far as the requests were seen."""
        waiting: list[LateAuthentication] = []
        for late in handshake.late:
            if last or late.context in handshake.requests:
                self._events += late_proofs(handshake, late)
            else:
                waiting.append(late)
        handshake.late = waiting

    def _after_finished(self, handshake: Handshake, kind: int, raw: bytes, value: object) -> None:
        """Post-handshake authentication (RFC 8446 section 4.6.2)."""
        if handshake.version != TLS13:
            return
        if self._side is SERVER and kind == CERTIFICATE_REQUEST:
            if isinstance(value, CertificateRequest):
                handshake.requests[value.context] = raw
                self.prove_late(handshake)
        elif self._side is CLIENT and kind in _CERTIFICATES:
            if isinstance(value, Certificate):
                self._late = LateAuthentication(value.context, [raw], self._protection.secret)
        elif self._side is CLIENT and self._late:
            self._late.messages.append(raw)
            if kind == FINISHED:
                handshake.late.append(self._late)
                self._late = None
                self.prove_late(handshake)
