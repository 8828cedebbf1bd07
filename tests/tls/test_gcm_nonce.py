"""The nonce of an AES-GCM tag is computed from the key; what the library sealed is the oracle."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from analyzer.tls.gcm_nonce import NonceOfTag
from analyzer.tls.records import LARGEST_BODY

SIZES = [0, 1, 15, 16, 17, 255, 700, 1448, 1 << 14, LARGEST_BODY - 16]


@pytest.mark.parametrize("key_size", [16, 32])
@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_one_that_the_record_was_sealed_under(size: int, key_size: int):
    made = random.Random(size + key_size)
    key, nonce, header = (made.randbytes(length) for length in (key_size, 12, 5))
    sealed = AESGCM(key).encrypt(nonce, made.randbytes(size), header)
    asked = NonceOfTag(key)

    assert asked.find(sealed, header) == nonce
    assert asked.find(sealed, header) == nonce  # a second time, by what was kept of the first
    assert NonceOfTag(made.randbytes(key_size)).find(sealed, header) is None


def test_one_key_is_asked_of_records_of_every_size_in_turn():
    made = random.Random(0)
    key = made.randbytes(16)
    asked = NonceOfTag(key)
    for size in range(0, 600, 7):
        nonce, header = made.randbytes(12), made.randbytes(size % 40)
        assert asked.find(AESGCM(key).encrypt(nonce, bytes(size), header), header) == nonce


def test_a_changed_bit_anywhere_is_of_no_nonce():
    made = random.Random(1)
    key, nonce, header = made.randbytes(32), made.randbytes(12), made.randbytes(5)
    sealed = AESGCM(key).encrypt(nonce, made.randbytes(90), header)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        assert NonceOfTag(key).find(bytes(changed), header) != nonce
