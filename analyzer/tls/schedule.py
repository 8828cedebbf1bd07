"""Key schedules: from a master or traffic secret to keys, IVs and Finished values, for SSL 3.0 to TLS 1.3.

Hashes are named as in `suites.Suite` (`SHA256`, `SHA384`); versions are wire numbers (0x0300 to 0x0304).
Everything is HMAC of a few bytes, twenty times a nested connection. `hmac.digest` spends most of its time on looking the hash
up and preparing the key: under a key that is `keyed` already a message takes a third of it.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from analyzer.stream import CLIENT, Side

SSL3 = 0x0300
TLS10 = 0x0301
TLS11 = 0x0302
TLS12 = 0x0303
TLS13 = 0x0304

# Names of suites' hashes for hashlib.
HASHES = {
    "MD5": "md5",
    "SHA": "sha1",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
    "SM3": "sm3",
}


# The same for the library's HMAC.
# ruff: noqa: S303  the old hashes are what old versions use
_LIBRARY_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "MD5": hashes.MD5(),
    "SHA": hashes.SHA1(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
    "SM3": hashes.SM3(),
}


@functools.cache
def hash_size(name: str) -> int:
    """The output length of a hash in bytes."""
    return _empty(name).digest_size


@functools.cache  # a copy costs two thirds of looking the hash up by its name
def _empty(name: str) -> hashlib._Hash:
    return hashlib.new(HASHES[name], usedforsecurity=False)


def new_hash(name: str) -> hashlib._Hash:
    """A hash of nothing yet."""
    return _empty(name).copy()


def digest(name: str, data: bytes) -> bytes:
    """The hash of `data`."""
    hashed = _empty(name).copy()
    hashed.update(data)
    return hashed.digest()


Keyed: TypeAlias = Callable[[bytes], bytes]


@functools.lru_cache(maxsize=64)  # a secret that gave keys is asked for Finished soon after
def keyed(name: str, key: bytes) -> Keyed:
    """HMAC under a key (RFC 2104), as a function of the message."""
    ready = HMAC(key, _LIBRARY_HASHES[name])

    def of(message: bytes) -> bytes:
        copy = ready.copy()
        copy.update(message)
        return copy.finalize()

    return of


# --- TLS 1.3 (RFC 8446 section 7) -------------------------------------------------------------------


def hkdf_extract(name: str, salt: bytes, key: bytes) -> bytes:
    """HKDF-Extract (RFC 5869 section 2.2)."""
    return keyed(name, salt)(key)


def hkdf_expand(name: str, secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869 section 2.3)."""
    return _expand(keyed(name, secret), info, length)


def _expand(of: Keyed, info: bytes, length: int) -> bytes:
    block = out = of(info + b"\x01")
    counter = 1
    while len(out) < length:
        counter += 1
        block = of(block + info + bytes((counter,)))
        out += block
    return out[:length]


def hkdf_expand_label(name: str, secret: bytes, label: str, context: bytes, length: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446 section 7.1); `label` without its `tls13 ` prefix."""
    return _expand(keyed(name, secret), _label_info(label, length, context), length)


def _label_info(label: str, length: int, context: bytes = b"") -> bytes:
    """HkdfLabel."""
    full = b"tls13 " + label.encode("ascii")
    return b"%b%c%b%c%b" % (length.to_bytes(2, "big"), len(full), full, len(context), context)


_plain_info = functools.cache(
    _label_info
)  # without a context: of one label and the lengths of hashes


def derive_secret(name: str, secret: bytes, label: str, transcript_hash: bytes) -> bytes:
    """Derive-Secret (RFC 8446 section 7.1) over messages that are already hashed."""
    return hkdf_expand_label(name, secret, label, transcript_hash, len(transcript_hash))


def early_secret(name: str, psk: bytes) -> bytes:
    """The Early Secret of a pre-shared key; of no key (all zeros) where `psk` is empty."""
    return hkdf_extract(name, b"", psk or bytes(hash_size(name)))


def next_stage(name: str, secret: bytes, key: bytes) -> bytes:
    """Handshake Secret from Early Secret and shared key, Main Secret from it and none (section 7.1)."""
    salt = derive_secret(name, secret, "derived", digest(name, b""))
    return hkdf_extract(name, salt, key or bytes(hash_size(name)))


def traffic_keys(
    name: str, secret: bytes, key_length: int, iv_length: int = 12
) -> tuple[bytes, bytes]:
    """Write key and IV of a traffic secret (RFC 8446 section 7.3), neither longer than the hash."""
    of = keyed(name, secret)
    key_block, iv_block = _key_and_iv_blocks(key_length, iv_length)
    return of(key_block)[:key_length], of(iv_block)[:iv_length]


@functools.cache
def _key_and_iv_blocks(key_length: int, iv_length: int) -> tuple[bytes, bytes]:
    """What HKDF-Expand hashes for the two: each needs one block only, the first."""
    return _label_info("key", key_length) + b"\x01", _label_info("iv", iv_length) + b"\x01"


def next_traffic_secret(name: str, secret: bytes) -> bytes:
    """The traffic secret after a KeyUpdate (RFC 8446 section 7.2)."""
    return hkdf_expand_label(name, secret, "traffic upd", b"", len(secret))


def finished13(name: str, base_secret: bytes, transcript_hash: bytes) -> bytes:
    """verify_data of a TLS 1.3 Finished (RFC 8446 section 4.4.4); with a binder key, a PSK binder."""
    size = hash_size(name)
    key = _expand(keyed(name, base_secret), _plain_info("finished", size), size)
    mac = HMAC(key, _LIBRARY_HASHES[name])
    mac.update(transcript_hash)
    return mac.finalize()


def binder_secret(name: str, psk: bytes, *, external: bool) -> bytes:
    """binder_key of a PSK (RFC 8446 section 7.1), for `finished13` over the truncated ClientHello."""
    label = "ext binder" if external else "res binder"
    return derive_secret(name, early_secret(name, psk), label, digest(name, b""))


# --- TLS 1.0 to 1.2 (RFC 2246 section 5, RFC 5246 section 5) and SSL 3.0 (RFC 6101 section 6) --------


class Prf(NamedTuple):
    """The pseudorandom function of a version before TLS 1.3, and all that is derived with it.

    Attributes:
        version: wire number, 0x0300 to 0x0303.
        hash: the suite's PRF hash; it counts in TLS 1.2 only.
    """

    version: int
    hash: str

    def expand(self, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        """`length` bytes of the PRF. SSL 3.0 has no labels; its derivation takes the seed as it is."""
        if self.version >= TLS12:
            return _p_hash(self.hash, secret, label + seed, length)
        if self.version == SSL3:
            return _ssl3_prf(secret, seed, length)
        half = (len(secret) + 1) // 2
        left = _p_hash("MD5", secret[:half], label + seed, length)
        right = _p_hash("SHA", secret[len(secret) - half :], label + seed, length)
        return bytes(a ^ b for a, b in zip(left, right, strict=True))

    def master_secret(self, premaster: bytes, client_random: bytes, server_random: bytes) -> bytes:
        """The master secret of a premaster secret (RFC 5246 section 8.1)."""
        return self.expand(premaster, b"master secret", client_random + server_random, 48)

    def extended_master_secret(self, premaster: bytes, transcript: bytes) -> bytes:
        """The extended master secret (RFC 7627 section 4).

        `transcript` is all handshake messages from ClientHello to ClientKeyExchange, both included.
        """
        return self.expand(
            premaster, b"extended master secret", self._transcript_hash(transcript), 48
        )

    def key_block(
        self, master: bytes, client_random: bytes, server_random: bytes, length: int
    ) -> bytes:
        """The key block (RFC 5246 section 6.3): here the server's random is the first of the two."""
        return self.expand(master, b"key expansion", server_random + client_random, length)

    def finished(self, master: bytes, side: Side, transcript: bytes) -> bytes:
        """verify_data of the Finished that `side` sends (RFC 5246 section 7.4.9, RFC 6101 section 5.6.9).

        `transcript` is all handshake messages before it, without HelloRequests.
        """
        if self.version == SSL3:
            sender = b"CLNT" if side is CLIENT else b"SRVR"
            return ssl3_handshake_hash(master, transcript + sender)
        return self.finished_of_hash(master, side, self._transcript_hash(transcript))

    def finished_of_hash(self, master: bytes, side: Side, hashed: bytes) -> bytes:
        """As `finished`, by the hash of those messages; not for SSL 3.0."""
        label = b"client finished" if side is CLIENT else b"server finished"
        return self.expand(master, label, hashed, 12)

    def _transcript_hash(self, transcript: bytes) -> bytes:
        if self.version >= TLS12:
            return digest(self.hash, transcript)
        return digest("MD5", transcript) + digest("SHA", transcript)


def ssl3_handshake_hash(master: bytes, transcript: bytes) -> bytes:
    """SSL 3.0's MD5 and SHA over transcript and master secret, for Finished and CertificateVerify."""
    return b"".join(
        digest(name, master + b"\x5c" * pad + digest(name, transcript + master + b"\x36" * pad))
        for name, pad in (("MD5", 48), ("SHA", 40))
    )


def _p_hash(name: str, secret: bytes, seed: bytes, length: int) -> bytes:
    """P_hash (RFC 5246 section 5)."""
    of = keyed(name, secret)
    out = b""
    a = seed
    while len(out) < length:
        a = of(a)
        out += of(a + seed)
    return out[:length]


def _ssl3_prf(secret: bytes, seed: bytes, length: int) -> bytes:
    """MD5(secret + SHA('A' + secret + seed)) + MD5(secret + SHA('BB' ...)) ... (RFC 6101 section 6.2.2)."""
    out = b""
    count = 1
    while len(out) < length:
        salt = bytes((64 + count,)) * count
        out += digest("MD5", secret + digest("SHA", salt + secret + seed))
        count += 1
    return out[:length]
