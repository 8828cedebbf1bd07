"""A real TLS session's bytes, and the ways a vendor may wrap them inside another TLS."""

from __future__ import annotations

import datetime as dt
import functools
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from analyzer.stream import CLIENT, SERVER, Chunk, Side, Span


@functools.cache
def self_signed(name: str = "inner.example", *, small: bool = False) -> tuple[bytes, bytes]:
    """A certificate (DER) and its key (PEM)."""
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if small
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.DER), pem


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a client that takes any certificate, and of a server that shows a self-signed one."""
    der, key = self_signed()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "server.pem"
        path.write_bytes(key + ssl.DER_cert_to_PEM_cert(der).encode())
        server.load_cert_chain(path)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    return client, server


@functools.cache
def tls_session(
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    *,
    refused: bool = False,
    requests: int = 3,
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """A session of Python's OpenSSL with itself: the client's flights and the server's.

    Args:
        refused: the server does not take any suite that the client offers, and says so in an alert.
        requests: application data exchanged after the handshake, of growing size.
    """
    client_context, server_context = contexts()
    other = {
        ssl.TLSVersion.TLSv1_2: ssl.TLSVersion.TLSv1_3,
        ssl.TLSVersion.TLSv1_3: ssl.TLSVersion.TLSv1_2,
    }
    client_context.minimum_version = client_context.maximum_version = version
    answered = other[version] if refused else version
    server_context.minimum_version = server_context.maximum_version = answered
    client_in, client_out, server_in, server_out = (ssl.MemoryBIO() for _ in range(4))
    client = client_context.wrap_bio(client_in, client_out, server_hostname="inner.example")
    server = server_context.wrap_bio(server_in, server_out, server_side=True)
    flights: tuple[list[bytes], list[bytes]] = ([], [])

    def carry(side: Side) -> None:
        source, target = ((client_out, server_in), (server_out, client_in))[side]
        if data := source.read():
            flights[side].append(data)
            target.write(data)

    for _ in range(3):
        for side, end in ((CLIENT, client), (SERVER, server)):
            with suppress(ssl.SSLWantReadError, *([ssl.SSLError] if refused else [])):
                end.do_handshake()
            carry(side)
        if refused:
            return tuple(flights[CLIENT]), tuple(flights[SERVER])
    for number in range(requests):
        client.write(b"request " * (4 << (3 * number)))
        carry(CLIENT)
        server.read(1 << 16)
        server.write(b"answer " * (5 << (3 * number)))
        carry(SERVER)
        client.read(1 << 16)
    return tuple(flights[CLIENT]), tuple(flights[SERVER])


@dataclass(frozen=True)
class Wrap:
    """A vendor's message form: a header before each record or message, with a length in it or none.

    Attributes:
        size, at, width, order, counts: as in `analyzer.session.forms.Form`.
        unit: `record`: each record is a message; `message`: each flight is one.
        longest: longer messages are cut into several.
    """

    size: int = 0
    at: int = 0
    width: int = 0
    order: str = "big"
    counts: int = 0
    unit: str = "record"
    longest: int = 1 << 20

    def message(self, payload: bytes, number: int = 0) -> bytes:
        """`payload` behind its header, whose other bytes are a number that counts up."""
        header = bytearray((0x40 + number) & 0x7F | 1 for _ in range(self.size))
        if self.width:
            length = (len(payload) + self.counts).to_bytes(self.width, self.order)
            header[self.at : self.at + self.width] = length
        return bytes(header) + payload

    def wrapped(self, flights: Sequence[bytes]) -> Iterator[tuple[bytes, list[tuple[int, int]]]]:
        """Each message with the places of its TLS bytes in it."""
        number = 0
        for flight in flights:
            for unit in records(flight) if self.unit == "record" else [flight]:
                for at in range(0, len(unit), self.longest):
                    part = unit[at : at + self.longest]
                    number += 1
                    yield self.message(part, number), [(self.size, self.size + len(part))]


def records(flight: bytes) -> list[bytes]:
    """The TLS records of a flight."""
    found = []
    while flight:
        size = 5 + int.from_bytes(flight[3:5])
        found.append(flight[:size])
        flight = flight[size:]
    return found


def chunks(side: Side, data: bytes, cuts: Sequence[int]) -> list[Chunk]:
    """`data` cut at `cuts`; every chunk in its own frame, numbered by side from 1 or 1001 on."""
    borders = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [
        Chunk(side, data[start:end], frame_span(1 + 1000 * side + number))
        for number, (start, end) in enumerate(pairwise(borders))
    ]


def frame_span(number: int) -> Span:
    """The span of frame `number`, captured at that many nanoseconds."""
    return Span(number, number, number, number)
