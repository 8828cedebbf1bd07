"""Compressed certificates unpack to what they claim, and to no byte more."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from analyzer.tls.decompression import decompressed


def zstd(data: bytes) -> bytes:
    return pytest.importorskip("zstandard").compress(data)


def brotli(data: bytes) -> bytes:
    return pytest.importorskip("brotli").compress(data, quality=4)


ALGORITHMS = {1: zlib.compress, 2: brotli, 3: zstd}
DATA = bytes(range(256)) * 300


@pytest.mark.parametrize("number", ALGORITHMS)
@pytest.mark.parametrize("size", [0, 1, 1000, len(DATA)])
def test_what_was_compressed_comes_out(number, size):
    compressed = ALGORITHMS[number](DATA[:size])
    assert decompressed(number, compressed, size) == DATA[:size]


@pytest.mark.parametrize("number", ALGORITHMS)
@pytest.mark.parametrize("off", [-1, 1])
def test_another_size_than_claimed_is_refused(number, off):
    with pytest.raises(ValueError):
        decompressed(number, ALGORITHMS[number](DATA), len(DATA) + off)


@pytest.mark.parametrize("number", ALGORITHMS)
def test_a_bomb_is_not_unpacked(number):
    bomb = ALGORITHMS[number](bytes(32 << 20))
    assert len(bomb) < 1 << 16
    tracemalloc.start()
    with pytest.raises(ValueError):
        decompressed(number, bomb, 1 << 20)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 << 20


@pytest.mark.parametrize("number", ALGORITHMS)
def test_damaged_and_cut_data_is_refused(number):
    compressed = ALGORITHMS[number](DATA)
    for changed in (compressed[: len(compressed) // 2], b"\xff" * 20, b""):
        with pytest.raises(ValueError):
            decompressed(number, changed, len(DATA))


def test_an_unknown_algorithm_and_a_claim_over_the_ceiling_are_refused():
    with pytest.raises(ValueError):
        decompressed(4, b"", 10)
    with pytest.raises(ValueError):
        decompressed(1, zlib.compress(bytes(2 << 20)), 2 << 20)
