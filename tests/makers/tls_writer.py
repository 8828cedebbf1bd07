"""A handshake written step by step with keys of our own: for what no real peer can be made to send.

Both peers sign, hash and seal by the rules, over what they really send; `damaged` names what a peer then
gets wrong. Secrets are not agreed on but chosen, as a key log hands them over all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Side, StreamEvent
from analyzer.tls.schedule import (
    Prf,
    finished13,
    next_traffic_secret,
    traffic_keys,
)
from tests.makers.tls_identities import identity
from tests.makers.tls_levels import at

TLS12, TLS13 = 0x0303, 0x0304
RANDOMS = (b"C" * 32, b"S" * 32)
MASTER = b"M" * 48
Step = tuple[Side, str]

_TYPES = {
    "client_hello": 1,
    "server_hello": 2,
    "new_session_ticket": 4,
    "end_of_early_data": 5,
    "encrypted_extensions": 8,
    "certificate": 11,
    "server_key_exchange": 12,
    "certificate_request": 13,
    "server_hello_done": 14,
    "certificate_verify": 15,
    "client_key_exchange": 16,
    "finished": 20,
    "key_update": 24,
}
_CONTENTS = {"change_cipher_spec": 20, "alert": 21, "application_data": 23}
_SUITES = {TLS12: 0xC02F, TLS13: 0x1301}  # ECDHE_RSA with AES_128_GCM_SHA256


def steps(text: str) -> list[Step]:
    """`C client_hello, S server_hello, ...`"""
    return [
        (CLIENT if step.split()[0] == "C" else SERVER, step.split()[1]) for step in text.split(",")
    ]


TLS12_MUTUAL = steps(
    "C client_hello, S server_hello, S certificate, S server_key_exchange, S certificate_request,"
    " S server_hello_done, C certificate, C client_key_exchange, C certificate_verify,"
    " C change_cipher_spec, C finished, S change_cipher_spec, S finished,"
    " C application_data, S application_data"
)
TLS13_MUTUAL = steps(
    "C client_hello, S server_hello, S encrypted_extensions, S certificate_request, S certificate,"
    " S certificate_verify, S finished, C certificate, C certificate_verify, C finished,"
    " C application_data, S application_data"
)


def vector(size: int, data: bytes) -> bytes:
    return len(data).to_bytes(size, "big") + data


def flipped(data: bytes, place: int, bit: int = 1) -> bytes:
    changed = bytearray(data)
    changed[place] ^= bit
    return bytes(changed)


@dataclass
class Written:
    """A session as it went over the wire, and its key log."""

    events: list[StreamEvent] = field(default_factory=list)
    key_log: bytes = b""


class Writer:
    """Both peers.

    Args:
        version: TLS12 or TLS13.
        damaged: what is wrong, e.g. `server certificate_verify`: side and message; a bit of its
            signature or value is flipped. `server key`: of the public key in the certificate.
    """

    def __init__(self, version: int, damaged: str = "") -> None:
        self._version = version
        self._damaged = damaged
        self._transcript = b""
        self._sequence = [0, 0]
        self._on = [False, False]
        self._secrets = [b"c" * 32, b"s" * 32]
        self.written = Written(key_log=self._key_log())

    def write(self, session: Sequence[Step]) -> Written:
        for side, name in session:
            self.step(side, name)
        for side in Side:
            self._put(Closed(side, "fin", at(len(self.written.events) + 1)))
        return self.written

    def step(self, side: Side, name: str) -> None:
        if name in _CONTENTS:
            body = {"change_cipher_spec": b"\1", "alert": b"\1\0"}.get(name, b"data of a side")
            self._record(side, _CONTENTS[name], body)
            if name == "change_cipher_spec" and self._version == TLS12:
                self._on[side] = True
            return
        make: Callable[[Side], bytes] = getattr(self, f"_{name}")
        message = bytes((_TYPES[name],)) + vector(3, make(side))
        self._record(side, 22, message)
        self._transcript += message
        if self._version == TLS13:
            self._after(side, name)

    def _after(self, side: Side, name: str) -> None:
        if name in {"client_hello", "server_hello"}:
            self._on[side] = True
        elif name == "finished":
            self._secrets[side] = b"CS"[side : side + 1] * 32
            self._sequence[side] = 0
        elif name == "key_update":
            self._secrets[side] = next_traffic_secret("SHA256", self._secrets[side])
            self._sequence[side] = 0

    # --- messages ---------------------------------------------------------------------------------

    def _client_hello(self, _side: Side) -> bytes:
        versions = b"\0\x2b" + vector(2, vector(1, self._version.to_bytes(2, "big")))
        suites = vector(2, _SUITES[self._version].to_bytes(2, "big"))
        return b"\3\3" + RANDOMS[CLIENT] + b"\0" + suites + b"\1\0" + vector(2, versions)

    def _server_hello(self, _side: Side) -> bytes:
        hello = (
            b"\3\3" + RANDOMS[SERVER] + b"\0" + _SUITES[self._version].to_bytes(2, "big") + b"\0"
        )
        return hello + (vector(2, b"\0\x2b\0\2\3\4") if self._version == TLS13 else b"")

    def _certificate(self, side: Side) -> bytes:
        der = load_pem_x509_certificate(identity("rsa")[0].read_bytes()).public_bytes(Encoding.DER)
        if self._damaged == f"{side.word} key":
            key = self._key().public_key().public_numbers().n.to_bytes(256, "big")
            der = flipped(der, der.index(key) + 100)
        elif self._damaged == f"{side.word} certificate":
            der = flipped(der, -10)  # in the signature that its issuer made
        if self._version == TLS13:
            return b"\0" + vector(3, vector(3, der) + b"\0\0")
        return vector(3, vector(3, der))

    def _server_key_exchange(self, side: Side) -> bytes:
        point = ec.derive_private_key(5, ec.SECP256R1()).public_key().public_numbers()
        share = b"\4" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
        parameters = b"\3\0\x17" + vector(1, share)
        signature = self._key().sign(
            b"".join((*RANDOMS, parameters)), padding.PKCS1v15(), hashes.SHA256()
        )
        if self._damaged == "server parameters":
            parameters = flipped(parameters, 20)
        return (
            parameters + b"\4\1" + vector(2, self._spoiled(side, "server_key_exchange", signature))
        )

    def _certificate_request(self, _side: Side) -> bytes:
        if self._version == TLS13:
            return b"\0" + vector(2, b"\0\x0d" + vector(2, vector(2, b"\x08\x04")))
        return vector(1, b"\1") + vector(2, b"\4\1") + vector(2, b"")

    def _certificate_verify(self, side: Side) -> bytes:
        if self._version == TLS13:
            label = f"TLS 1.3, {side.word} CertificateVerify".encode()
            content = b" " * 64 + label + b"\0" + hashlib.sha256(self._transcript).digest()
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            signature, scheme = self._key().sign(content, pss, hashes.SHA256()), b"\x08\x04"
        else:
            pkcs1 = padding.PKCS1v15()
            signature = self._key().sign(self._transcript, pkcs1, hashes.SHA256())
            scheme = b"\4\1"
        return scheme + vector(2, self._spoiled(side, "certificate_verify", signature))

    def _finished(self, side: Side) -> bytes:
        if self._version == TLS13:
            hashed = hashlib.sha256(self._transcript).digest()
            value = finished13("SHA256", self._secrets[side], hashed)
        else:
            value = Prf(TLS12, "SHA256").finished(MASTER, side, self._transcript)
        return self._spoiled(side, "finished", value)

    def _server_hello_done(self, _side: Side) -> bytes:
        return b""

    def _client_key_exchange(self, _side: Side) -> bytes:
        return vector(1, b"\4" + b"x" * 64)

    def _encrypted_extensions(self, _side: Side) -> bytes:
        return b"\0\0"

    def _new_session_ticket(self, _side: Side) -> bytes:
        ticket = vector(2, b"ticket")
        return (
            bytes(8) + vector(1, b"n") + ticket + b"\0\0"
            if self._version == TLS13
            else bytes(4) + ticket
        )

    def _end_of_early_data(self, _side: Side) -> bytes:
        return b""

    def _key_update(self, _side: Side) -> bytes:
        return b"\0"

    def _spoiled(self, side: Side, name: str, value: bytes) -> bytes:
        return flipped(value, 3) if self._damaged == f"{side.word} {name}" else value

    @staticmethod
    def _key() -> rsa.RSAPrivateKey:
        return load_pem_private_key(identity("rsa")[1].read_bytes(), None)

    # --- records ----------------------------------------------------------------------------------

    def _record(self, side: Side, kind: int, body: bytes) -> None:
        if self._on[side] and not (kind == 20 and self._version == TLS13):
            kind, body = self._sealed(side, kind, body)
        record = bytes((kind, 3, 3)) + vector(2, body)
        self._put(Chunk(side, record, at(len(self.written.events) + 1)))

    def _sealed(self, side: Side, kind: int, body: bytes) -> tuple[int, bytes]:
        number = self._sequence[side]
        self._sequence[side] += 1
        if self._version == TLS13:
            key, iv = traffic_keys("SHA256", self._secrets[side], 16)
            nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
            header = b"\x17\3\3" + (len(body) + 17).to_bytes(2, "big")
            return 23, AESGCM(key).encrypt(nonce, body + bytes((kind,)), header)
        block = Prf(TLS12, "SHA256").key_block(MASTER, *RANDOMS, 40)
        key, salt = block[16 * side : 16 * side + 16], block[32 + 4 * side : 36 + 4 * side]
        header = number.to_bytes(8, "big") + bytes((kind, 3, 3)) + len(body).to_bytes(2, "big")
        nonce = number.to_bytes(8, "big")
        return kind, nonce + AESGCM(key).encrypt(salt + nonce, body, header)

    def _put(self, event: StreamEvent) -> None:
        self.written.events.append(event)

    def _key_log(self) -> bytes:
        random = RANDOMS[CLIENT].hex()
        if self._version == TLS12:
            return f"CLIENT_RANDOM {random} {MASTER.hex()}\n".encode()
        secrets = {
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET": b"c",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET": b"s",
            "CLIENT_TRAFFIC_SECRET_0": b"C",
            "SERVER_TRAFFIC_SECRET_0": b"S",
        }
        lines = (f"{label} {random} {(one * 32).hex()}\n" for label, one in secrets.items())
        return "".join(lines).encode()


def written(version: int, session: Sequence[Step] | None = None, damaged: str = "") -> Written:
    """A session; without steps a whole mutual one."""
    whole = TLS13_MUTUAL if version == TLS13 else TLS12_MUTUAL
    return Writer(version, damaged).write(whole if session is None else session)
