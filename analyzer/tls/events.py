"""What a TLS level tells: the values that `TlsLayer.feed` returns, in the order it found them.

The plaintext of application data records is told as `analyzer.stream` events, so the next level reads
it like TCP's. As there, what is told is a named tuple: a nested handshake tells some sixty events, and a
frozen dataclass of seven fields costs four times as much to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from analyzer.stream import Chunk, Closed, Gap, Side, Span
from analyzer.tls.constants import handshake_type_name


class Message(NamedTuple):
    """One whole handshake message.

    Attributes:
        type: HandshakeType number (RFC 8446 section 4, RFC 5246 section 7.4, IANA).
        body: the message body, without its 4-byte header; never shown in repr.
        value: the parsed body (a dataclass of `tls.messages`), None for types that are not parsed or a
            body that could not be.
        encrypted: it came in a protected record.
        handshake: 0 for the first handshake of the level, counted up by renegotiation (TLS <= 1.2).
            Post-handshake messages of TLS 1.3 belong to handshake 0.
    """

    side: Side
    type: int
    body: bytes
    value: object | None
    at: Span
    encrypted: bool
    handshake: int

    def __repr__(self) -> str:
        """Without what it holds, which may have been sealed."""
        name = handshake_type_name(self.type)
        return f"Message({self.side.word}, {name}, {len(self.body)} bytes, frames {self.at.first}-{self.at.last})"


class Alert(NamedTuple):
    """One alert (RFC 8446 section 6): level 1 warning, 2 fatal; both as sent."""

    side: Side
    level: int
    code: int
    at: Span
    encrypted: bool
    handshake: int


class CipherChange(NamedTuple):
    """A ChangeCipherSpec record (in TLS 1.3: the middlebox-compatibility dummy)."""

    side: Side
    at: Span
    handshake: int


class Keyed(NamedTuple):
    """From here on this side's records are opened.

    Attributes:
        epoch: `early`, `handshake`, `application` (TLS 1.3; a KeyUpdate begins no other) or `traffic`
            (TLS <= 1.2).
        source: the key-log label or other source the key came from, e.g. `CLIENT_RANDOM`.
    """

    side: Side
    epoch: str
    source: str
    at: Span
    handshake: int


class Sealed(NamedTuple):
    """From here on this side's records stay closed, and why.

    Attributes:
        why: a code of `tls.layer.SEALED_REASONS`, e.g. `no-keys`, `only-client-random`, `wrong-secret`,
            `suite-unsupported`, `bytes-missing`, `hello-missing`, `secret-missing`.
        detail: one plain clause, never a key byte, e.g. `no key log line for this client random`.
        remedy: what would open it, e.g. `a CLIENT_RANDOM line for 5f0c...` (full client random, hex); may be empty.
    """

    side: Side
    epoch: str
    why: str
    detail: str
    remedy: str
    at: Span
    handshake: int


class Malformed(NamedTuple):
    """Bytes that break the protocol: a record or message whose form cannot be, a wrong order.

    Attributes:
        what: in words.
        expected: of a wrong order: the messages that might have come, `a or b`. came: the one that did.
    """

    side: Side
    what: str
    at: Span
    handshake: int
    expected: str = ""
    came: str = ""


class Recovered(NamedTuple):
    """After a gap the layer found a record border again and goes on opening records.

    Attributes:
        skipped_bytes: bytes passed over before the border. lost_records: sequence numbers passed over, None if unknown.
    """

    side: Side
    skipped_bytes: int
    lost_records: int | None
    at: Span


class Tried(NamedTuple):
    """The hellos were not both seen; a secret of the key log opens this side's records all the same.

    Attributes:
        version: that of the secret. suite: its number.
        client_random: of the session, by the key log.
        sequence: number of the first record that was opened.
    """

    side: Side
    version: int
    suite: int
    client_random: bytes
    sequence: int
    at: Span
    handshake: int

    def __repr__(self) -> str:
        """Without the client random, by which a key log names the secret."""
        suite = f"suite=0x{self.suite:04x}, sequence={self.sequence}"
        return f"Tried({self.side.word}, version=0x{self.version:04x}, {suite}, at={self.at})"


class Proof(NamedTuple):
    """A cryptographic statement of the handshake, checked.

    Attributes:
        kind: `server_key_exchange`, `certificate_verify_server`, `certificate_verify_client`,
            `finished_client`, `finished_server`, `psk_binder`.
        result: `valid`, `invalid` or `unchecked`. why: for unchecked and invalid, one plain clause.
    """

    kind: str
    result: str
    why: str
    handshake: int


@dataclass(slots=True)
class RecordCounts:
    """Counted per side as records pass. Bytes are wire bytes of record bodies.

    Attributes:
        rejected_records: early data that the server did not take, and that the client sends again.
    """

    records: int = 0
    application_records: int = 0
    application_bytes: int = 0
    sealed_records: int = 0
    rejected_records: int = 0


class RecordSeen(NamedTuple):
    """The outside of one record: what is left to reason with where keys are missing."""

    side: Side
    type: int
    version: int
    length: int
    at: Span


TlsEvent: TypeAlias = (
    Message
    | Alert
    | CipherChange
    | Keyed
    | Sealed
    | Malformed
    | Recovered
    | Tried
    | Proof
    | Chunk
    | Gap
    | Closed
)
