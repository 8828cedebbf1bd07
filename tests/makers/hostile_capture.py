"""A capture in which everything that can be named has a name that tries to act.

Connection 0 is real TLS in TLS (OpenSSL over memory BIOs) with hostile certificates on both levels, one of
them with a 64 KB name. Connection 1 is written by hand, because no stack sends such a server name or ALPN.
Comments, interface and host names of the file are hostile, and so is its own name.
"""

from __future__ import annotations

import ssl
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from tests.makers.hostile import WORDS

_UNSENDABLE = ("surrogate", "long")  # no UTF-8, and too long to stand with others
SAYABLE = {kind: words for kind, words in WORDS.items() if kind not in _UNSENDABLE}

# A file name holds anything but a slash and NUL, in 255 bytes.
FILE_NAME = (
    "=cmd<script>window.acted=1</script>\x1b]0;owned\x07\x1b[31m\u202e]]>\n`id`[x](javascript:1)"
).replace("/", "\u2215")

_CLIENT, _SERVER = ("10.0.0.1", "10.0.0.2")


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as OpenSSL loads them."""

    certificate: x509.Certificate
    path: Path

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


def identity(directory: Path, label: str, *, long: bool = False) -> Identity:
    """A self-signed certificate whose subject says everything, one attribute each."""
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, words, _validate=False)
        for words in SAYABLE.values()
    ]
    if long:
        attributes.append(
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, WORDS["long"], _validate=False)
        )
    attributes.append(
        x509.NameAttribute(NameOID.COMMON_NAME, f"=1+1 {label}\x1b[2J\x00", _validate=False)
    )
    name = x509.Name(attributes)
    # OpenSSL takes 100 KB of certificates, so the long name stands in it once.
    issuer = x509.Name(attributes[:3]) if long else name
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(0x3D2B)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{label}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return Identity(certificate, path)


class _End:
    """One end of a TLS session over memory."""

    def __init__(self, context: ssl.SSLContext, *, server: bool) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=server)

    def step(self) -> None:
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()


def _contexts(client: Identity, server: Identity, keys: Path, *, mutual: bool) -> tuple[_End, _End]:
    ends = []
    for own, other, protocol in (
        (client, server, ssl.PROTOCOL_TLS_CLIENT),
        (server, client, ssl.PROTOCOL_TLS_SERVER),
    ):
        context = ssl.SSLContext(protocol)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED if mutual else ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(own.path)
        context.load_verify_locations(own.path.parent / f"{other.path.stem}.pem")
        context.keylog_filename = str(keys)
        ends.append(_End(context, server=protocol == ssl.PROTOCOL_TLS_SERVER))
    return ends[0], ends[1]


def _nested(directory: Path, keys: Path) -> Iterator[tuple[bool, bytes]]:
    """What goes over TCP, (from the server?, bytes) in order."""
    outer = _contexts(identity(directory, "client"), identity(directory, "host"), keys, mutual=True)
    inner = _contexts(
        identity(directory, "application"),
        identity(directory, "hsm", long=True),
        keys,
        mutual=False,
    )
    for _ in range(6):
        for end in outer:
            end.step()
            yield from _moved(outer, end)
    for _ in range(6):
        for at, end in enumerate(inner):
            end.step()
            data = end.outgoing.read()
            if data:
                for piece in range(0, len(data), 16000):
                    outer[at].tls.write(data[piece : piece + 16000])
                yield from _moved(outer, outer[at])
                other, got = outer[1 - at], b""
                while len(got) < len(data):
                    got += other.tls.read(1 << 16)
                inner[1 - at].incoming.write(got)
    assert inner[0].tls.version() == inner[1].tls.version() == "TLSv1.2"


def _moved(ends: tuple[_End, _End], sender: _End) -> Iterator[tuple[bool, bytes]]:
    data = sender.outgoing.read()
    if data:
        receiver = ends[1] if sender is ends[0] else ends[0]
        receiver.incoming.write(data)
        yield sender is ends[1], data


def _vector(size: int, body: bytes) -> bytes:
    return len(body).to_bytes(size, "big") + body


def _extension(number: int, body: bytes) -> bytes:
    return struct.pack("!H", number) + _vector(2, body)


def _handshake(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _vector(3, body)


def _records(content: int, data: bytes) -> bytes:
    pieces = (data[at : at + 16000] for at in range(0, len(data), 16000))
    return b"".join(bytes([content, 3, 3]) + _vector(2, piece) for piece in pieces)


def _by_hand(server: Identity) -> Iterator[tuple[bool, bytes]]:
    """A handshake in the clear with hostile names where no stack would put them, refused by the client."""
    name = "".join(SAYABLE.values()).encode()
    alpn = SAYABLE["title"].encode() + b"<b>=1\x00"
    extensions = _extension(0, _vector(2, b"\0" + _vector(2, name)))
    extensions += _extension(16, _vector(2, _vector(1, alpn)))
    hello = b"\x03\x03" + bytes(range(32)) + b"\0" + _vector(2, b"\xc0\x30\xc0\x2f") + b"\1\0"
    yield False, _records(22, _handshake(1, hello + _vector(2, extensions)))
    chosen = _extension(16, _vector(2, _vector(1, alpn)))
    answer = b"\x03\x03" + bytes(range(32, 64)) + b"\0\xc0\x30\0" + _vector(2, chosen)
    shown = _vector(3, _vector(3, server.der) + _vector(3, b"\x30\x03\x1b]0"))
    yield (
        True,
        _records(22, _handshake(2, answer) + _handshake(11, shown) + _handshake(14, b"")),
    )
    yield False, _records(21, bytes([2, 48]))


def _packets(flow: Iterable[tuple[bool, bytes]], port: int, began: float) -> Iterator[tuple]:
    """TCP around it: (time, frame)."""
    seq = [1000, 5000]
    ends = [(_CLIENT, _SERVER, port, 2223), (_SERVER, _CLIENT, 2223, port)]

    def packet(side: int, flags: str, data: bytes = b"") -> bytes:
        source, target, sport, dport = ends[side]
        ack = 0 if flags == "S" else seq[1 - side]
        frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src=source, dst=target)
        frame = frame / TCP(sport=sport, dport=dport, flags=flags, seq=seq[side], ack=ack) / data
        seq[side] += len(data) + (flags in {"S", "SA", "FA"})
        return bytes(frame)

    made = [packet(0, "S"), packet(1, "SA"), packet(0, "A")]
    for from_server, data in flow:
        pieces = (data[at : at + 1400] for at in range(0, len(data), 1400))
        made += [packet(int(from_server), "PA", piece) for piece in pieces]
    made += [packet(0, "FA"), packet(1, "FA"), packet(0, "A")]
    for number, frame in enumerate(made):
        yield began + number / 1000, frame


def _block(kind: int, body: bytes) -> bytes:
    size = 12 + len(body) + -len(body) % 4
    return struct.pack("<II", kind, size) + body + bytes(-len(body) % 4) + struct.pack("<I", size)


def _options(*pairs: tuple[int, str]) -> bytes:
    made = b""
    for code, text in pairs:
        data = text.encode("utf-8", "surrogatepass")[:60000]
        made += struct.pack("<HH", code, len(data)) + data + bytes(-len(data) % 4)
    return made + bytes(4)


def _pcapng(packets: Iterable[tuple[float, bytes]], keys: bytes) -> bytes:
    comments = [(1, words) for words in WORDS.values()]
    made = _block(
        0x0A0D0D0A,
        struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
        + _options(*comments[:8], (2, SAYABLE["title"]), (3, SAYABLE["script"])),
    )
    made += _block(1, struct.pack("<HHI", 1, 0, 0) + _options((2, SAYABLE["link"]), *comments[8:]))
    made += _block(0x0A, struct.pack("<II", 0x544C534B, len(keys)) + keys)
    names = "".join(SAYABLE.values()).replace("\0", "").encode()[:2000]
    record = bytes([10, 0, 0, 2]) + names + b"\0"
    made += _block(4, struct.pack("<HH", 1, len(record)) + record + bytes(-len(record) % 4 + 4))
    for number, (at, frame) in enumerate(packets):
        ticks = int(at * 1_000_000)
        head = struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
        padded = frame + bytes(-len(frame) % 4)
        comment = _options(comments[number % len(comments)])
        made += _block(6, head + padded + comment)
    return made


@dataclass(frozen=True)
class Hostile:
    """The files; `certificates` holds the four identities by label."""

    capture: Path
    keys: Path
    certificates: Path


def hostile_capture(directory: Path) -> Hostile:
    """Make the capture, its key log and the certificates in `directory`."""
    keys = directory / f"{FILE_NAME}.keys"
    certificates = directory / "certificates"
    certificates.mkdir()
    plain = directory / "keys.log"
    frames = list(_packets(_nested(certificates, plain), 40000, 1_764_000_000))
    by_hand = identity(certificates, "by-hand", long=True)
    frames += _packets(_by_hand(by_hand), 40001, 1_764_000_100)
    # Lines that are none, between those that are: their words must not act either.
    keys.write_bytes(
        "\n".join([*SAYABLE.values(), ""]).encode()
        + plain.read_bytes()
        + b"CLIENT_RANDOM \x1b[31m\n"
    )
    capture = directory / f"{FILE_NAME}.pcapng"
    capture.write_bytes(_pcapng(frames, plain.read_bytes()))
    return Hostile(capture, keys, certificates)
