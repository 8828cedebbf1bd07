"""Compressed certificates unpacked (RFC 8879), never to more than they claim to be."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Mapping

_LARGEST = 1 << 20  # bytes of a Certificate message


def decompressed(algorithm: int, data: bytes, size: int) -> bytes:
    """The `size` bytes that `data` unpacks to.

    Args:
        algorithm: CertificateCompressionAlgorithm (IANA).
        data: compressed.
        size: that the message claims.

    Raises:
        ValueError: an unknown algorithm or one whose package is not installed, too large, or not that size.
    """
    inflate = _ALGORITHMS.get(algorithm)
    if inflate is None or size > _LARGEST:
        raise ValueError("unknown compression or too large")
    try:
        unpacked = inflate(data, size + 1)
    except Exception as error:  # each library has an error of its own
        raise ValueError(str(error)) from error
    if len(unpacked) != size:
        raise ValueError("decompressed size differs")
    return unpacked


def lacking(algorithm: int) -> str:
    """The package that this algorithm needs and that is not installed, "" where nothing is missing."""
    package = {2: "brotli", 3: _zstd_module()}.get(algorithm, "")
    try:
        if package:
            importlib.import_module(package)
    except ImportError:
        return package
    return ""


def _zlib(data: bytes, most: int) -> bytes:
    return zlib.decompressobj().decompress(data, most)


def _brotli(data: bytes, most: int) -> bytes:
    unpacker = importlib.import_module("brotli").Decompressor()
    unpacked: bytes = unpacker.process(data, output_buffer_limit=most)
    # What was asked for may come in pieces; nothing more is asked for than what is left.
    while 0 < len(unpacked) < most and not unpacker.is_finished():
        piece = unpacker.process(b"", output_buffer_limit=most - len(unpacked))
        if not piece:
            break
        unpacked += piece
    return unpacked


def _zstd(data: bytes, most: int) -> bytes:
    unpacker = importlib.import_module(_zstd_module()).ZstdDecompressor()
    unpacked: bytes = unpacker.decompress(data, max_length=most)
    return unpacked


def _zstd_module() -> str:
    """Python's own since 3.14, else the same code as a package."""
    try:
        importlib.import_module("compression.zstd")
    except ImportError:
        return "backports.zstd"
    return "compression.zstd"


_ALGORITHMS: Mapping[int, Callable[[bytes, int], bytes]] = {1: _zlib, 2: _brotli, 3: _zstd}
