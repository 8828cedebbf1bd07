"""Openers for what no stack at hand offers any more.

The records here are not recorded but assembled: sealed by the few lines below, which share nothing with
the product but the table of suites. Keys are derived by tlslite-ng's PRF.
"""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, IDEA, RC2, SEED, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.tls.gcm import Gcm
from analyzer.tls.opener import tls12_openers, tls13_opener
from analyzer.tls.suites import SUITES

mathtls = pytest.importorskip("tlslite.mathtls")

MASTER, CLIENT_RANDOM, SERVER_RANDOM = bytes(range(48)), b"\xc1" * 32, b"\x5e" * 32
SSL3, TLS10, TLS11, TLS12 = 0x0300, 0x0301, 0x0302, 0x0303
PLAIN = [b"GET / HTTP/1.0\r\n\r\n", b"", b"x" * 500]


def derive(version: int, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    arguments = [bytearray(part) for part in (secret, label, seed)]
    if version == SSL3:
        return bytes(mathtls.PRF_SSL(arguments[0], arguments[2], length))
    return bytes((mathtls.PRF_1_2 if version == TLS12 else mathtls.PRF)(*arguments, length))


class Keys:
    """MAC key, key and IV of the client; `material` below `key` makes them those of an export suite."""

    def __init__(self, version: int, *, mac: int, key: int, iv: int, material: int | None) -> None:
        size = key if material is None else material
        block = derive(
            version, MASTER, b"key expansion", SERVER_RANDOM + CLIENT_RANDOM, 2 * (mac + size + iv)
        )
        self.mac = block[:mac]
        self.key = block[2 * mac : 2 * mac + size]
        self.iv = block[2 * (mac + size) : 2 * (mac + size) + iv]
        if material is not None:
            randoms = CLIENT_RANDOM + SERVER_RANDOM
            if version == SSL3:
                self.key = hashlib.md5(self.key + randoms).digest()[:key]
                self.iv = hashlib.md5(randoms).digest()[:iv]
            else:
                self.key = derive(version, self.key, b"client write key", randoms, key)
                self.iv = derive(version, b"", b"IV block", randoms, 2 * iv)[:iv]


def mac_of(version: int, name: str, keys: Keys, sequence: int, content: bytes) -> bytes:
    head = sequence.to_bytes(8, "big") + b"\x17"
    size = len(content).to_bytes(2, "big")
    if version == SSL3:
        pad = 48 if name == "md5" else 40
        inner = hashlib.new(name, keys.mac + b"\x36" * pad + head + size + content).digest()
        return hashlib.new(name, keys.mac + b"\x5c" * pad + inner).digest()
    covered = head + version.to_bytes(2, "big") + size + content
    return hmac.new(keys.mac, covered, name).digest()


def padded(data: bytes, block: int) -> bytes:
    count = block - len(data) % block
    return data + bytes((count - 1,)) * count


def openers(number: int, version: int, **options: bool):
    return tls12_openers(SUITES[number], version, MASTER, CLIENT_RANDOM, SERVER_RANDOM, **options)


BLOCK = [
    # suite, algorithm, MAC, key, material (export)
    (0x0007, IDEA, "sha1", 16, None),
    (0x0096, SEED, "sha1", 16, None),
    (0x0006, RC2, "md5", 16, 5),
    (0x0061, RC2, "md5", 16, 7),
    (0x0062, lambda key: TripleDES(key * 3), "sha1", 8, 8),
    (0x0008, lambda key: TripleDES(key * 3), "sha1", 8, 5),
]


@pytest.mark.parametrize("version", [SSL3, TLS10, TLS11, TLS12])
@pytest.mark.parametrize("row", BLOCK, ids=lambda row: SUITES[row[0]].name)
def test_block_ciphers_open(version, row):
    number, algorithm, mac, key, material = row
    block = SUITES[number].cipher.block
    keys = Keys(version, mac=hashlib.new(mac).digest_size, key=key, iv=block, material=material)
    client, _ = openers(number, version)
    iv = keys.iv
    for sequence, plain in enumerate(PLAIN):
        if version >= TLS11:
            iv = bytes((sequence + 1,)) * block
        sealed = padded(plain + mac_of(version, mac, keys, sequence, plain), block)
        encryptor = Cipher(algorithm(keys.key), modes.CBC(iv)).encryptor()
        body = encryptor.update(sealed)
        iv_next = body[-block:]
        assert client.open(23, version, iv + body if version >= TLS11 else body) == (23, plain)
        iv = iv_next


@pytest.mark.parametrize("version", [SSL3, TLS10, TLS12])
@pytest.mark.parametrize(
    ("number", "mac", "material"), [(0x0003, "md5", 5), (0x0060, "md5", 7), (0x0064, "sha1", 7)]
)
def test_export_stream_ciphers_open(version, number, mac, material):
    keys = Keys(version, mac=hashlib.new(mac).digest_size, key=16, iv=0, material=material)
    client, _ = openers(number, version)
    encryptor = Cipher(ARC4(keys.key), None).encryptor()
    for sequence, plain in enumerate(PLAIN):
        body = encryptor.update(plain + mac_of(version, mac, keys, sequence, plain))
        assert client.open(23, version, body) == (23, plain)


@pytest.mark.parametrize(("number", "mac"), [(0x002F, "sha1"), (0x003C, "sha256")])
def test_a_truncated_mac_has_ten_bytes_and_a_key_of_full_length(number, mac):
    keys = Keys(TLS12, mac=hashlib.new(mac).digest_size, key=16, iv=16, material=None)
    client, _ = openers(number, TLS12, truncated_hmac=True)
    for sequence, plain in enumerate(PLAIN):
        iv = bytes((sequence,)) * 16
        sealed = padded(plain + mac_of(TLS12, mac, keys, sequence, plain)[:10], 16)
        body = iv + Cipher(AES(keys.key), modes.CBC(iv)).encryptor().update(sealed)
        assert client.open(23, TLS12, body) == (23, plain)


def test_the_null_suite_is_open_and_unprotected():
    client, _ = openers(0x0000, TLS12)
    assert client.open(22, TLS12, b"hello") == (22, b"hello")


def expand_label(name: str, secret: bytes, label: bytes, length: int) -> bytes:
    info = length.to_bytes(2, "big") + bytes((6 + len(label),)) + b"tls13 " + label + b"\0"
    return hmac.new(secret, info + b"\x01", name).digest()[:length]


@pytest.mark.parametrize(("number", "name"), [(0xC0B4, "sha256"), (0xC0B5, "sha384")])
def test_the_integrity_suites_of_tls13_open(number, name):
    size = hashlib.new(name).digest_size
    secret = bytes(range(size))
    key, iv = (expand_label(name, secret, label, size) for label in (b"key", b"iv"))
    opener = tls13_opener(SUITES[number], secret)
    for sequence in range(2):
        inner = b"hello" + b"\x17" + bytes(3)
        header = b"\x17\x03\x03" + (len(inner) + size).to_bytes(2, "big")
        nonce = (int.from_bytes(iv, "big") ^ sequence).to_bytes(size, "big")
        body = inner + hmac.new(key, nonce + header + inner, name).digest()
        assert opener.open(23, TLS12, b"J" + body[1:]) is None
        assert opener.open(23, TLS12, body) == (23, b"hello")


@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="hashlib has no SM3")
def test_sm4_gcm_of_tls13_opens():
    secret = bytes(range(32))
    key, iv = expand_label("sm3", secret, b"key", 16), expand_label("sm3", secret, b"iv", 12)
    inner = b"hello" * 100 + b"\x17"
    encryptor = Cipher(SM4(key), modes.GCM(iv)).encryptor()
    encryptor.authenticate_additional_data(b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big"))
    body = encryptor.update(inner) + encryptor.finalize() + encryptor.tag
    assert tls13_opener(SUITES[0x00C6], secret).open(23, TLS12, body) == (23, b"hello" * 100)


@settings(max_examples=40, deadline=None)
@given(
    key=st.binary(min_size=16, max_size=16),
    nonce=st.binary(min_size=12, max_size=12),
    data=st.binary(max_size=100),
    header=st.binary(max_size=40),
)
def test_gcm_over_a_block_cipher_is_the_gcm_of_the_library(key, nonce, data, header):
    sealed = AESGCM(key).encrypt(nonce, data, header)
    gcm = Gcm(AES(key))
    assert gcm.decrypt(nonce, sealed, header) == data
    with pytest.raises(InvalidTag):
        gcm.decrypt(nonce, sealed[:-1] + bytes((sealed[-1] ^ 1,)), header)
    with pytest.raises(InvalidTag):
        gcm.decrypt(nonce, sealed[:15], header)


def test_padding_of_tls13_is_taken_off():
    secret = bytes(32)
    key, iv = expand_label("sha256", secret, b"key", 16), expand_label("sha256", secret, b"iv", 12)
    opener = tls13_opener(SUITES[0x1301], secret)

    def sealed(inner: bytes, sequence: int) -> bytes:
        header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
        nonce = (int.from_bytes(iv, "big") ^ sequence).to_bytes(12, "big")
        return AESGCM(key).encrypt(nonce, inner, header)

    assert opener.open(23, TLS12, sealed(b"hello\x17" + bytes(200), 0)) == (23, b"hello")
    assert opener.open(23, TLS12, sealed(b"\x15", 1)) == (21, b"")
    # Nothing but padding: no peer may send that, but its tag verifies.
    assert opener.open(23, TLS12, sealed(bytes(20), 2)) == (0, b"")
    assert opener.sequence == 3
