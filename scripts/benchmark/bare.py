"""The least that Python can do with the workloads: the program's work without its care.

A whole file in memory, only TCP over IPv4, only AES-256-GCM with SHA-384, no loss that the peers did not mend, no
times, no frames' numbers, no facts, no rules. What it costs is a floor under any program in Python for this work. The
loops of the two versions are written out: a step that they shared would be a call for each record in what is measured.
`telling` adds what a report must tell.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha384
from mmap import mmap
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509 import load_der_x509_certificate

CLIENT, SERVER = 0, 1
_FRAME = struct.Struct("<8xI4x12xHB19xHH").unpack_from  # captured, EtherType, version, two ports
_SEGMENT = struct.Struct(">2xH8x12sI4xBB").unpack_from  # from the IP header on
_RECORD = struct.Struct(">BHH").unpack_from
_COVERED = struct.Struct(">QBHH").pack
_PORT_BYTES = (2223).to_bytes(2, "big")
_PORT, _IPV4 = int.from_bytes(_PORT_BYTES, "little"), 0x0008
_NO_OPTIONS, _TCP = 0x45, 6
_WRAP = 1 << 32
# RSA-PSS, the only schemes that both ends of the workloads choose (RFC 8446 section 4.2.3).
_SCHEMES = {0x0804: SHA256(), 0x0805: SHA384(), 0x0806: SHA512()}
_LABELS = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
           "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")  # fmt: skip
_PADS = (b" " * 64 + b"TLS 1.3, client CertificateVerify\0", b" " * 64 + b"TLS 1.3, server CertificateVerify\0")  # fmt: skip

_Decrypt = Callable[[bytes, bytes, bytes | None], bytes]
Pair = tuple[bytes, bytes]  # the client's, the server's
Keys = dict[bytes, dict[str, bytes]]  # client random -> label -> secret


class Level(NamedTuple):
    """What a level came to: plaintext, messages, number of proofs that hold, and what opens the bytes that follow."""

    plain: Pair
    messages: tuple[list[bytes], list[bytes]]
    proofs: int
    sides: tuple[Side12 | Side13, Side12 | Side13]

    def more(self, pair: Pair) -> Pair:
        """The plaintext of the next bytes."""
        client, server = self.sides
        return client.open(pair[CLIENT])[1], server.open(pair[SERVER])[1]


class Half:
    """One direction of a connection: next sequence number, bytes in order, segments that came too early."""

    __slots__ = ("early", "next", "parts")

    def __init__(self, expected: int) -> None:
        self.next = expected
        self.parts: list[bytes] = []
        self.early: dict[int, bytes] = {}

    def taken(self) -> bytes:
        """The bytes in order since this was asked last."""
        data = b"".join(self.parts)
        self.parts.clear()
        return data


def frames(data: bytes | mmap) -> Iterator[int]:
    """Where the IP headers of the frames of port 2223 begin."""
    at, end = 24, len(data) - 54
    while at < end:
        captured, kind, version, one, other = _FRAME(data, at)
        # No tuple or set to look in, which would cost more than the rest of the loop.
        if (one == _PORT or other == _PORT) and kind == _IPV4 and version == _NO_OPTIONS:  # noqa: PLR1714
            yield at + 30
        at += 16 + captured


def all_frames(data: bytes) -> Iterator[int]:
    """Where the IP headers of the frames of TCP over IPv4 begin, whatever their ports."""
    at, end = 24, len(data) - 54
    while at < end:
        captured, kind, version, _, _ = _FRAME(data, at)
        if kind == _IPV4 and version == _NO_OPTIONS and data[at + 39] == _TCP:
            yield at + 30
        at += 16 + captured


def follow(data: bytes, places: Iterable[int], known: dict[bytes, Half]) -> None:
    """Put the segments at some places in order."""
    for at in places:
        total, key, seq, offset, flags = _SEGMENT(data, at)
        payload = data[at + 20 + (offset >> 4) * 4 : at + total]
        half = known.get(key)
        if half is None:
            half = known[key] = Half(seq + 1 if flags & 2 else seq)
        if not payload:
            continue
        if seq == half.next:
            half.parts.append(payload)
            seq = (seq + len(payload)) % _WRAP
            while half.early and seq in half.early:
                payload = half.early.pop(seq)
                half.parts.append(payload)
                seq = (seq + len(payload)) % _WRAP
            half.next = seq
        elif (seq - half.next) % _WRAP < _WRAP >> 1:
            half.early[seq] = payload


def pairs(known: Mapping[bytes, Half]) -> list[Pair]:
    """The bytes of both sides of each connection of port 2223 that came since they were asked for last."""
    return [
        (half.taken(), known[key[4:8] + key[:4] + key[10:] + key[8:10]].taken())
        for key, half in known.items()
        if key[10:] == _PORT_BYTES
    ]


def secrets(text: str) -> Keys:
    """A key log."""
    keys: Keys = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            label, random, secret = line.split()
            keys.setdefault(bytes.fromhex(random), {})[label] = bytes.fromhex(secret)
    return keys


def inner(level: Level) -> Pair:
    """The inner TLS: behind what client and HSM tell each other before it."""
    client, server = level.plain
    return client[client.index(b"\x16\x03\x01") :], server[server.index(b"\x16\x03\x03") :]


def opened(pair: Pair, keys: Keys, *, prove: bool) -> Level:
    """Both sides of one level from their beginning, opened, and what its handshake proves."""
    randoms = pair[CLIENT][11:43], pair[SERVER][11:43]
    log = keys[randoms[CLIENT]]
    master = log.get("CLIENT_RANDOM")
    sides: tuple[Side12 | Side13, Side12 | Side13]
    if master is not None:
        block = _prf(master, b"key expansion" + randoms[SERVER] + randoms[CLIENT], 72)
        sides = Side12(block[:32], block[64:68]), Side12(block[32:64], block[68:])
    else:
        sides = Side13(log[_LABELS[0]], log[_LABELS[2]]), Side13(log[_LABELS[1]], log[_LABELS[3]])
    (first, plain), (second, answer) = (
        sides[CLIENT].open(pair[CLIENT]),
        sides[SERVER].open(pair[SERVER]),
    )
    messages = _messages(first), _messages(second)
    proofs = 0
    if prove:
        proofs = (
            _proved13(*messages, log) if master is None else _proved12(*messages, master, randoms)
        )
    return Level((plain, answer), messages, proofs, sides)


class Side12:
    """One side's records under TLS 1.2."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._decrypt = AESGCM(key).decrypt
        self._salt = salt
        self._sequence = -1
        self._rest = b""

    def open(self, stream: bytes) -> tuple[bytes, bytes]:
        """Handshake and application data of the records in the next bytes."""
        if self._rest:
            stream = self._rest + stream
        decrypt, salt, sequence = self._decrypt, self._salt, self._sequence
        handshake, plain = [], []
        at, end = 0, len(stream) - 5
        while at <= end:
            kind, version, size = _RECORD(stream, at)
            if at + size > end:
                break
            at += 5
            if sequence >= 0:
                covered = _COVERED(sequence, kind, version, size - 24)
                body = decrypt(salt + stream[at : at + 8], stream[at + 8 : at + size], covered)
                sequence += 1
            else:
                body = stream[at : at + size]
            at += size
            if kind == 23:
                plain.append(body)
            elif kind == 22:
                handshake.append(body)
            elif kind == 20:
                sequence = 0
        self._sequence, self._rest = sequence, stream[at:]
        return b"".join(handshake), b"".join(plain)


class Side13:
    """One side's records under TLS 1.3."""

    def __init__(self, first: bytes, second: bytes) -> None:
        self._decrypt, self._iv = _keys13(first)
        self._second = second
        self._sequence = 0
        self._rest = b""

    def open(self, stream: bytes) -> tuple[bytes, bytes]:
        """As of `Side12`."""
        if self._rest:
            stream = self._rest + stream
        decrypt, iv, sequence = self._decrypt, self._iv, self._sequence
        handshake, plain = [], []
        at, end = 0, len(stream) - 5
        while at <= end:
            kind, _, size = _RECORD(stream, at)
            if at + size > end:
                break
            begin = at + 5
            if kind == 23:
                nonce = (iv ^ sequence).to_bytes(12, "big")
                text = decrypt(nonce, stream[begin : begin + size], stream[at:begin])
                sequence += 1
                if text[-1] == 23:
                    plain.append(text[:-1])
                elif text[-1] == 22:
                    handshake.append(text[:-1])
                    # Finished comes last in its record here.
                    if self._second and text[-53:-49] == b"\x14\x00\x00\x30":
                        (decrypt, iv), sequence, self._second = _keys13(self._second), 0, b""
            elif kind == 22:
                handshake.append(stream[begin : begin + size])
            at = begin + size
        self._decrypt, self._iv, self._sequence, self._rest = decrypt, iv, sequence, stream[at:]
        return b"".join(handshake), b"".join(plain)


def _keys13(secret: bytes) -> tuple[_Decrypt, int]:
    key = hmac.digest(secret, b"\x00\x20\x09tls13 key\x00\x01", "sha384")[:32]
    iv = hmac.digest(secret, b"\x00\x0c\x08tls13 iv\x00\x01", "sha384")[:12]
    return AESGCM(key).decrypt, int.from_bytes(iv, "big")


def _messages(handshake: bytes) -> list[bytes]:
    messages = []
    at, end = 0, len(handshake)
    while at < end:
        size = 4 + int.from_bytes(handshake[at + 1 : at + 4], "big")
        messages.append(handshake[at : at + size])
        at += size
    return messages


def _prf(secret: bytes, seed: bytes, size: int) -> bytes:
    """RFC 5246 section 5."""
    a, out = seed, b""
    while len(out) < size:
        a = hmac.digest(secret, a, "sha384")
        out += hmac.digest(secret, a + seed, "sha384")
    return out[:size]


_KEYS: dict[bytes, RSAPublicKey] = {}


def _key(certificates: bytes) -> RSAPublicKey:
    """Of the first certificate of a list whose entries begin with three bytes of length."""
    der = certificates[3 : 3 + int.from_bytes(certificates[:3], "big")]
    key = _KEYS.get(der)
    if key is None:
        key = _KEYS[der] = load_der_x509_certificate(der).public_key()  # type: ignore[assignment]
    return key  # type: ignore[return-value]


def _verify(key: RSAPublicKey, signed: bytes, data: bytes) -> None:
    algorithm = _SCHEMES[int.from_bytes(signed[:2], "big")]
    key.verify(signed[4:], data, PSS(MGF1(algorithm), algorithm.digest_size), algorithm)


def _proved12(
    client: list[bytes], server: list[bytes], master: bytes, randoms: tuple[bytes, bytes]
) -> int:
    by_type = {m[0]: m for m in server}
    exchange = by_type[12]
    point = 4 + 4 + exchange[7]
    _verify(_key(by_type[11][7:]), exchange[point:], b"".join(randoms) + exchange[4:point])
    _, certificate, _, verify, finished = client[:5]
    before = b"".join([client[0], *server[: [m[0] for m in server].index(14) + 1], *client[1:3]])
    _verify(_key(certificate[7:]), verify[4:], before)
    hashed = sha384(before + verify)
    proved = 2 + (_prf(master, b"client finished" + hashed.digest(), 12) == finished[4:])
    for message in (finished, *server[[m[0] for m in server].index(14) + 1 :]):
        if message[0] == 20 and message is not finished:
            proved += _prf(master, b"server finished" + hashed.digest(), 12) == message[4:]
        hashed.update(message)
    return proved


def _proved13(client: list[bytes], server: list[bytes], log: dict[str, bytes]) -> int:
    hashed = sha384(client[0])
    key, proved = None, 0
    flights = ((SERVER, server), (CLIENT, client[1:]))
    for side, flight in flights:
        for message in flight:
            if message[0] == 11:
                key = _key(message[8:])
            elif message[0] == 15 and key is not None:
                _verify(key, message[4:], _PADS[side] + hashed.digest())
                proved += 1
            elif message[0] == 20:
                secret = hmac.digest(
                    log[_LABELS[side]], b"\x00\x30\x0etls13 finished\x00\x01", "sha384"
                )
                proved += hmac.digest(secret, hashed.digest(), "sha384") == message[4:]
                hashed.update(message)
                break
            hashed.update(message)
    return proved
