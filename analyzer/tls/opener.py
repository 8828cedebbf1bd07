"""Openers: what turns the protected records of one direction back into plaintext.

All have one shape, `Opener`. Which class opens which suite is decided here; how, in `aead_openers`,
`block_openers` and `stream_openers`. An opener never shows its keys.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher as LibraryCipher

from analyzer.tls.aead_openers import (
    ExplicitNonceOpener,
    IntegrityOnly,
    SequenceNonceOpener,
    Tls13Opener,
)
from analyzer.tls.block_openers import CbcOpener, EncryptThenMacOpener
from analyzer.tls.ciphers import AEADS, BLOCK_CIPHERS, STREAM_CIPHERS
from analyzer.tls.gcm_nonce import NonceOfTag
from analyzer.tls.record_mac import Hmac, NoMac, Ssl3Mac
from analyzer.tls.schedule import HASHES, SSL3, TLS10, hash_size, traffic_keys
from analyzer.tls.stream_openers import NullOpener, StreamOpener
from analyzer.tls.write_keys import write_keys

if TYPE_CHECKING:
    from analyzer.tls.record_mac import RecordMac
    from analyzer.tls.suites import Cipher, Suite
    from analyzer.tls.write_keys import WriteKeys

_AES_GCM = {"AES_128_GCM", "AES_256_GCM"}
_RUNNABLE = {"NULL", *AEADS, *BLOCK_CIPHERS, *STREAM_CIPHERS}


class Opener(Protocol):
    """Opens the records of one direction under one set of keys, in their order.

    Attributes:
        sequence: number of the next record, from 0. It advances with every record that was opened, and
            may be set where records are known to be lost.
        overhead: bytes of a body beside its content; of openers that strip padding, the least.
    """

    sequence: int

    @property
    def overhead(self) -> int:
        """As above."""

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Content type and plaintext of a record; None, and nothing changed, if it does not verify.

        Args:
            record_type: as in the record's header.
            version: as in the record's header.
            body: the record without its header.
        """


def why_unsupported(suite: Suite) -> str:
    """One clause for what stands in the way of opening a suite's records; empty where nothing does."""
    why = _UNSUPPORTED.get(suite.number)
    if why is None:
        why = _UNSUPPORTED[suite.number] = _why_unsupported(suite)
    return why


_UNSUPPORTED: dict[int, str] = {}  # what was found out, by suite: every key of a side asks


def _why_unsupported(suite: Suite) -> str:
    cipher = suite.cipher
    if cipher is None:
        return f"{suite.name} is a signal, not a cipher suite"
    if cipher.name not in _RUNNABLE:
        return f"no library here carries the cipher {cipher.name} of {suite.name}"
    for name in (suite.mac, suite.prf):
        if name and HASHES.get(name) not in hashlib.algorithms_available:
            return f"no library here carries the hash {name} of {suite.name}"
    return ""


def tls13_opener(suite: Suite, traffic_secret: bytes) -> Tls13Opener | None:
    """The opener of a TLS 1.3 traffic secret, or None where `why_unsupported` has a reason."""
    cipher = suite.cipher
    if cipher is None or not suite.tls13 or why_unsupported(suite):
        return None
    if cipher.kind == "null":
        # Key and IV are as long as the hash (RFC 9150 section 7).
        size = hash_size(suite.mac)
        key, iv = traffic_keys(suite.prf, traffic_secret, size, size)
        return Tls13Opener(IntegrityOnly(suite.mac, key), iv, size)
    key, iv = traffic_keys(suite.prf, traffic_secret, cipher.key)
    nonces = NonceOfTag(key) if cipher.name in _AES_GCM else None
    return Tls13Opener(AEADS[cipher.name](key), iv, cipher.tag, nonces)


def tls12_openers(
    suite: Suite,
    version: int,
    master_secret: bytes,
    client_random: bytes,
    server_random: bytes,
    *,
    encrypt_then_mac: bool = False,
    truncated_hmac: bool = False,
) -> tuple[Opener, Opener] | None:
    """The openers of client's and server's records under a master secret, SSL 3.0 to TLS 1.2.

    Args:
        suite: the one that the ServerHello chose.
        version: the one that the ServerHello chose, a wire number.
        master_secret: 48 bytes.
        client_random: of the ClientHello, 32 bytes.
        server_random: of the ServerHello, 32 bytes.
        encrypt_then_mac: the extension was agreed on (RFC 7366); it counts for CBC suites only.
        truncated_hmac: the extension was agreed on (RFC 6066 section 7).

    Returns:
        None where `why_unsupported` has a reason, and for suites of TLS 1.3.
    """
    cipher = suite.cipher
    if cipher is None or suite.tls13 or why_unsupported(suite):
        return None
    keys = write_keys(suite, cipher, version, master_secret, (client_random, server_random))
    options = _Options(version, encrypt_then_mac, truncated_hmac)
    return _tls12_opener(suite, cipher, keys[0], options), _tls12_opener(
        suite, cipher, keys[1], options
    )


class _Options(NamedTuple):
    """What beside the suite decides how records are protected."""

    version: int
    encrypt_then_mac: bool
    truncated_hmac: bool


def _tls12_opener(suite: Suite, cipher: Cipher, keys: WriteKeys, options: _Options) -> Opener:
    if cipher.kind == "aead":
        kind = ExplicitNonceOpener if cipher.record_iv else SequenceNonceOpener
        return kind(AEADS[cipher.name](keys.key), keys.iv, cipher.tag)
    mac: RecordMac
    if not suite.mac:
        mac = NoMac()
    elif options.version == SSL3:
        mac = Ssl3Mac(suite.mac, keys.mac)
    else:
        mac = Hmac(suite.mac, keys.mac, truncated=options.truncated_hmac)
    if cipher.kind == "null":
        return NullOpener(mac)
    if cipher.kind == "stream":
        algorithm = STREAM_CIPHERS[cipher.name](keys.key)
        return StreamOpener(LibraryCipher(algorithm, None).decryptor(), mac)
    order = EncryptThenMacOpener if options.encrypt_then_mac else CbcOpener
    return order(
        BLOCK_CIPHERS[cipher.name](keys.key),
        mac,
        keys.iv if options.version <= TLS10 else b"",
        strict_padding=options.version != SSL3,
    )
