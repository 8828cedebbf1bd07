"""Openers: what turns the protected records of one direction back into plaintext.

All have one shape, `Opener`. Which class opens which suite is decided here; how, in `aead_openers`,
`block_openers` and `stream_openers`. An opener never shows its keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from analyzer.tls.aead_openers import ExplicitNonceOpener, SequenceNonceOpener, Tls13Opener
from analyzer.tls.ciphers import AEADS
from analyzer.tls.schedule import Prf, traffic_keys

if TYPE_CHECKING:
    from analyzer.tls.suites import Suite


class Opener(Protocol):
    """Opens the records of one direction under one set of keys, in their order.

    Attributes:
        sequence: number of the next record, from 0. It advances with every record that was opened, and
            may be set where records are known to be lost.
    """

    sequence: int

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Content type and plaintext of a record; None, and nothing changed, if it does not verify.

        Args:
            record_type: as in the record's header.
            version: as in the record's header.
            body: the record without its header.
        """


def tls13_opener(suite: Suite, traffic_secret: bytes) -> Opener | None:
    """The opener of a TLS 1.3 traffic secret, or None for a suite that cannot be opened."""
    cipher = suite.cipher
    make = AEADS.get(cipher.name) if cipher else None
    if cipher is None or make is None:
        return None
    key, iv = traffic_keys(suite.prf, traffic_secret, cipher.key)
    return Tls13Opener(make(key), iv, cipher.tag)


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
        encrypt_then_mac: the extension was agreed on (RFC 7366).
        truncated_hmac: the extension was agreed on (RFC 6066 section 7).

    Returns:
        None for a suite that cannot be opened; `why_unsupported` says why.
    """
    cipher = suite.cipher
    make = AEADS.get(cipher.name) if cipher else None
    if cipher is None or make is None:
        return None
    key, salt = cipher.key, cipher.fixed_iv
    block = Prf(version, suite.prf).key_block(
        master_secret, client_random, server_random, 2 * (key + salt)
    )
    keys = block[:key], block[key : 2 * key]
    salts = block[2 * key : 2 * key + salt], block[2 * key + salt :]
    kind = ExplicitNonceOpener if cipher.record_iv else SequenceNonceOpener
    client, server = (kind(make(keys[side]), salts[side], cipher.tag) for side in (0, 1))
    return client, server
