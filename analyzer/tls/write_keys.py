"""The keys of both directions under a master secret (RFC 5246 section 6.3), with those of export suites."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.tls.schedule import SSL3, Prf, digest, hash_size

if TYPE_CHECKING:
    from analyzer.tls.suites import Cipher, Suite


class WriteKeys(NamedTuple):
    """What one side seals its records with. A part that the suite has no use for is empty."""

    mac: bytes
    key: bytes
    iv: bytes

    def __repr__(self) -> str:
        """Without the keys."""
        return "WriteKeys()"


def write_keys(
    suite: Suite, cipher: Cipher, version: int, master: bytes, randoms: tuple[bytes, bytes]
) -> tuple[WriteKeys, WriteKeys]:
    """Client's and server's write keys.

    Args:
        suite: whose keys.
        cipher: the suite's; given so that it is known to be there.
        version: wire number, SSL 3.0 to TLS 1.2.
        master: the master secret.
        randoms: of ClientHello and ServerHello.
    """
    prf = Prf(version, suite.prf)
    mac = hash_size(suite.mac) if suite.mac else 0
    iv = cipher.fixed_iv or cipher.block
    key = cipher.material
    keys, ivs = (
        2 * mac,
        2 * (mac + key),
    )  # where they begin; the client's stands before the server's
    block = prf.key_block(master, *randoms, ivs + 2 * iv)
    client = WriteKeys(block[:mac], block[keys : keys + key], block[ivs : ivs + iv])
    server = WriteKeys(block[mac:keys], block[keys + key : ivs], block[ivs + iv :])
    if not suite.export:
        return client, server
    return _weakened(prf, cipher, client, randoms, 0), _weakened(prf, cipher, server, randoms, 1)


def _weakened(
    prf: Prf, cipher: Cipher, keys: WriteKeys, randoms: tuple[bytes, bytes], side: int
) -> WriteKeys:
    """The final keys of an export suite (RFC 2246 section 6.3.1, RFC 6101 section 6.2.2)."""
    client_random, server_random = randoms
    if prf.version == SSL3:
        first, second = (server_random, client_random) if side else randoms
        key = digest("MD5", keys.key + first + second)[: cipher.key]
        return WriteKeys(keys.mac, key, digest("MD5", first + second)[: cipher.block])
    seed = client_random + server_random
    label = b"server write key" if side else b"client write key"
    ivs = prf.expand(b"", b"IV block", seed, 2 * cipher.block)
    return WriteKeys(
        keys.mac,
        prf.expand(keys.key, label, seed, cipher.key),
        ivs[cipher.block :] if side else ivs[: cipher.block],
    )
