"""What the wire shows of a key exchange before TLS 1.3: all that its master secret depends on."""

from __future__ import annotations

from dataclasses import field

from analyzer.tls.schedule import SSL3, Prf
from analyzer.tls.suites import Suite
from analyzer.values import dataclass


@dataclass(frozen=True, slots=True)
class KeyExchange:
    """The public half of one handshake of SSL 3.0 to TLS 1.2.

    Attributes:
        suite: that the ServerHello chose.
        version: that the ServerHello chose, a wire number.
        client_random: of the ClientHello.
        server_random: of the ServerHello.
        client_version: of the ClientHello; a premaster secret under RSA begins with it.
        session_id: of the ServerHello; empty where it gave none.
        message: body of the ClientKeyExchange; empty where it was not seen.
        extended: the extended master secret was agreed on (RFC 7627).
        transcript: all handshake messages from ClientHello to ClientKeyExchange; needed if `extended`.
    """

    suite: Suite
    version: int
    client_random: bytes = field(repr=False)
    server_random: bytes = field(repr=False)
    client_version: int = 0
    session_id: bytes = field(default=b"", repr=False)
    message: bytes = field(default=b"", repr=False)
    extended: bool = False
    transcript: bytes = field(default=b"", repr=False)

    @property
    def derivable(self) -> bool:
        """A premaster secret would give the master secret: nothing that goes into it was missed."""
        return not self.extended or bool(self.transcript)

    def master_secret(self, premaster: bytes) -> bytes:
        """The master secret that a premaster secret gives."""
        prf = Prf(self.version, self.suite.prf)
        if self.extended:
            return prf.extended_master_secret(premaster, self.transcript)
        return prf.master_secret(premaster, self.client_random, self.server_random)

    @property
    def psk_identity(self) -> bytes | None:
        """The identity in the ClientKeyExchange of a PSK suite (RFC 4279 section 2), None in others."""
        if "PSK" not in self.suite.key_exchange or not self.message:
            return None
        return self.message[2 : 2 + int.from_bytes(self.message[:2], "big")]

    @property
    def encrypted_premaster(self) -> bytes:
        """The premaster secret under the server's RSA key (RFC 5246 section 7.4.7.1), empty if there is none.

        In a RSA_PSK suite it stands behind the identity (RFC 4279 section 4). SSL 3.0 gave it no length.
        """
        exchange, message = self.suite.key_exchange, self.message
        if exchange == "RSA_PSK":
            message = message[2 + int.from_bytes(message[:2], "big") :]
        elif exchange not in {"RSA", "RSA_EXPORT"}:
            return b""
        if self.version == SSL3 or int.from_bytes(message[:2], "big") != len(message) - 2:
            return message
        return message[2:]


def psk_premaster(key: bytes, other: bytes | None = None) -> bytes:
    """The premaster secret of a PSK and what else was exchanged; of zeros for a plain PSK (RFC 4279 section 2)."""
    other = bytes(len(key)) if other is None else other
    return b"%b%b%b%b" % (len(other).to_bytes(2, "big"), other, len(key).to_bytes(2, "big"), key)
