"""All the secrets that the user handed over, and the questions that a TLS level asks of them.

For TLS 1.3 `Secrets.lookup` gives the traffic secrets of a client random; before it,
`Secrets.master_secrets` gives what may be the master secret of a key exchange, whichever source it
comes from. Nothing here shows a key: no repr, no summary, no message holds a byte of one.
"""

from __future__ import annotations

import re
from dataclasses import field
from itertools import islice
from typing import TYPE_CHECKING, Any

from analyzer.errors import UnreadableInput
from analyzer.tls.key_exchange import psk_premaster
from analyzer.tls.key_log import KeyLog
from analyzer.tls.rsa_keys import looks_like_private_key, premaster_secret, rsa_keys
from analyzer.tls.saved_session import saved_sessions
from analyzer.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from analyzer.tls.key_exchange import KeyExchange
    from analyzer.tls.key_log import KeyLogSummary

# Key logs below this size are put together, so that a log that is followed line by line stays one index.
_SMALL = 1 << 16
# Traffic secrets that are kept side by side to be tried one after the other.
_FEW = 4096

# Master secrets of saved sessions whose session ID is not the wire's are tried, but not without end.
_TRIED_SESSIONS = 64

_TRIALS = 1 << 18

# Sessions whose lines are remembered.
_REMEMBERED = 256

# GnuTLS's password file: a line is `identity:hex`.
_PSK_FILE = re.compile(rb"(?:[^\s:#]+:(?:[0-9A-Fa-f]{2})+[ \t]*(?:[\r\n]+|\Z))+")
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")  # what Windows PowerShell's `>` writes


@dataclass(frozen=True, slots=True)
class Added:
    """What a file of secrets turned out to be. It holds no key bytes.

    Attributes:
        name: as the caller named it.
        kind: `key log`, `OpenSSL session`, `RSA private key` or `PSK file`.
        used: how many secrets it gave.
        key_log: the count of its lines, for a key log.
    """

    name: str
    kind: str
    used: int
    key_log: KeyLogSummary | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A secret that may fit, and where it is from. That it fits shows when it opens a record.

    Attributes:
        source: key-log label, or e.g. `RSA private key`.
        sure: it was handed over for this very handshake or identity.
    """

    secret: bytes = field(repr=False)
    source: str
    sure: bool = field(default=True, repr=False)


class Secrets:
    """Secrets of every source, for all levels and connections.

    Attributes:
        revision: counts additions, so that a level that lacked a secret knows when to ask again.
        trials: how many tags may still be tried to find the secret of a session whose hellos were missed;
            at first 2**18, some seconds of work.
        tried: what was made of a secret to try it, for whoever tries it again.
    """

    __slots__ = (
        "_found",
        "_logs",
        "_psks",
        "_rsa_keys",
        "_sessions",
        "_shared",
        "_traffic",
        "revision",
        "trials",
        "tried",
    )

    def __init__(self) -> None:
        self._logs: list[KeyLog] = []
        self._rsa_keys: list[RSAPrivateKey] = []
        self._sessions: dict[bytes, bytes] = {}
        self._psks: dict[bytes, bytes] = {}
        self.revision = 0
        self.trials = _TRIALS
        self.tried: dict[tuple[int, bytes], Any] = {}
        # The first ones, of a revision: a log of a busy host has a million, which are read again each time.
        self._traffic: tuple[int, tuple[tuple[bytes, str, bytes], ...]] = (0, ())
        self._shared = 0  # logs that belong to others too: nothing is added to them
        # By client random, until lines are added. Every level asks eight times, and connections come interleaved.
        self._found: dict[bytes, Mapping[str, bytes]] = {}

    def __bool__(self) -> bool:
        """Any secret was added."""
        return bool(self._logs or self._rsa_keys or self._sessions or self._psks)

    @property
    def has_psks(self) -> bool:
        """Pre-shared keys are at hand, or saved sessions of TLS 1.3, which hold one."""
        return bool(self._psks)

    @property
    def has_rsa_keys(self) -> bool:
        """RSA private keys are at hand; they open handshakes with RSA key exchange only."""
        return bool(self._rsa_keys)

    def fork(self) -> Secrets:
        """The same secrets, to which others can be added without these seeing them; the logs are shared."""
        twin = Secrets()
        twin._logs = list(self._logs)
        twin._shared = len(self._logs)
        twin._rsa_keys = list(self._rsa_keys)
        twin._sessions = dict(self._sessions)
        twin._psks = dict(self._psks)
        twin.revision = self.revision
        return twin

    # --- adding -------------------------------------------------------------------------------------

    def add(self, data: bytes, name: str, password: bytes | None = None) -> Added:
        """Takes a file of secrets, whatever it is; what it is shows in its content.

        Args:
            data: a key log, an OpenSSL session (PEM, DER or text), RSA private keys (PEM, DER,
                PKCS #12) or pre-shared keys (`identity:hex` a line).
            name: of the file, for messages.
            password: of an encrypted private key or PKCS #12 container.

        Raises:
            UnreadableInput: it is none of these, or the password does not open it.
        """
        sessions = list(saved_sessions(data))
        if sessions:
            for session in sessions:
                if session.tls13:
                    self.add_psk(session.secret, session.ticket)
                else:
                    self._sessions[session.session_id] = session.secret
            self.revision += 1
            return Added(name, "OpenSSL session", len(sessions))
        if looks_like_private_key(data):
            keys = rsa_keys(data, name, password)
            self._rsa_keys += keys
            self.revision += 1
            return Added(name, "RSA private key", len(keys))
        text = _decoded(data)
        if _PSK_FILE.fullmatch(text):
            lines = text.split()
            for line in lines:
                identity, _, key = line.rpartition(b":")
                self.add_psk(bytes.fromhex(key.decode("ascii")), identity)
            return Added(name, "PSK file", len(lines))
        summary = self.add_key_log(text, name)
        if not summary.used and (summary.broken or not data):
            raise UnreadableInput(_not_secrets(data, name, summary))
        return Added(name, "key log", summary.used, summary)

    def add_key_log(self, text: bytes, name: str = "") -> KeyLogSummary:
        """Takes the lines of a key log (RFC 9850). Broken lines are counted, never an error."""
        full = not self._logs or len(self._logs[-1]) + len(text) > _SMALL
        if full or len(self._logs) == self._shared:
            self._logs.append(KeyLog())
        summary = self._logs[-1].add(text, name)
        if summary.used:
            self.revision += 1
            self._found.clear()
        return summary

    def add_psk(self, key: bytes, identity: bytes = b"") -> None:
        """Takes a pre-shared key; without identity it is tried where no other fits."""
        self._psks[identity] = key
        self.revision += 1

    # --- asking -------------------------------------------------------------------------------------

    def lookup(self, client_random: bytes) -> Mapping[str, bytes]:
        """Label -> secret of the key-log lines for a client random; of repeated labels the last counts."""
        found = self._found.get(client_random)
        if found is None:
            found = {
                label: secret for log in self._logs for label, secret in log.lookup(client_random)
            }
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[client_random] = found
        return found

    def lines(self, client_random: bytes) -> list[str]:
        """The key-log lines for a client random, each once, as RFC 9850 writes them.

        This is the one place where secrets leave as text: for a user who asked for a capture with keys.
        """
        digits = client_random.hex()
        return [
            f"{label} {digits} {secret.hex()}"
            for label, secret in sorted(self.lookup(client_random).items())
        ]

    def master_secrets(self, exchange: KeyExchange) -> Iterator[Candidate]:
        """What may be the master secret of a key exchange, the surest first."""
        lines = self.lookup(exchange.client_random)
        if "CLIENT_RANDOM" in lines:
            yield Candidate(lines["CLIENT_RANDOM"], "CLIENT_RANDOM")
        if exchange.session_id:
            for log in self._logs:
                if exchange.session_id in log.masters:
                    yield Candidate(log.masters[exchange.session_id], "RSA Session-ID")
            if exchange.session_id in self._sessions:
                yield Candidate(self._sessions[exchange.session_id], "OpenSSL session")
        if exchange.derivable:
            for premaster in self._premasters(exchange, lines):
                yield Candidate(exchange.master_secret(premaster.secret), premaster.source)
        # With a ticket the wire has no session ID, and OpenSSL makes one up.
        for secret in islice(reversed(self._sessions.values()), _TRIED_SESSIONS):
            yield Candidate(secret, "OpenSSL session")

    def psk(self, identity: bytes) -> Candidate | None:
        """The pre-shared key of an identity; of a ticket, if its session was handed over."""
        for known in (identity, b""):
            if known in self._psks:
                return Candidate(self._psks[known], "PSK", sure=known == identity)
        return None

    def traffic_secrets(self) -> Iterable[tuple[bytes, str, bytes]]:
        """(client random, label, secret) of all TLS 1.3 traffic secrets, for a reader that missed the hellos."""
        revision, found = self._traffic
        if revision != self.revision:
            found = tuple(islice(self._each_traffic_secret(), _FEW + 1))
            self._traffic = self.revision, found
        return found if len(found) <= _FEW else self._each_traffic_secret()

    def _each_traffic_secret(self) -> Iterator[tuple[bytes, str, bytes]]:
        for log in self._logs:
            for label, client_random, secret in log:
                if "_TRAFFIC_SECRET" in label:
                    yield client_random, label, secret

    def _premasters(self, exchange: KeyExchange, lines: Mapping[str, bytes]) -> Iterator[Candidate]:
        """What may be the premaster secret (RFC 5246 section 8.1, RFC 4279)."""
        if "PMS_CLIENT_RANDOM" in lines:
            yield Candidate(lines["PMS_CLIENT_RANDOM"], "PMS_CLIENT_RANDOM")
        by_rsa = self._premasters_by_rsa(exchange)
        psk = None
        if exchange.psk_identity is not None:
            psk = self.psk(exchange.psk_identity)
        if exchange.suite.key_exchange == "PSK" and psk:
            yield Candidate(psk_premaster(psk.secret), psk.source)
        elif exchange.suite.key_exchange == "RSA_PSK" and psk:
            for half in by_rsa:
                yield Candidate(
                    psk_premaster(psk.secret, half.secret), f"{psk.source} and {half.source}"
                )
        else:
            yield from by_rsa

    def _premasters_by_rsa(self, exchange: KeyExchange) -> Iterator[Candidate]:
        encrypted = exchange.encrypted_premaster
        if not encrypted:
            return
        for log in self._logs:
            if encrypted[:8] in log.premasters:
                yield Candidate(log.premasters[encrypted[:8]], "RSA")
        versions = {exchange.client_version, exchange.version}
        premaster = premaster_secret(self._rsa_keys, encrypted, versions)
        if premaster:
            yield Candidate(premaster, "RSA private key")


def _decoded(data: bytes) -> bytes:
    """Text without a byte-order mark, and not in UTF-16."""
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", "replace").encode("utf-8")
    return data.removeprefix(_UTF8_MARK)


def _not_secrets(data: bytes, name: str, summary: KeyLogSummary) -> str:
    if not data:
        return f"{name}: the file is empty"
    if b"-----BEGIN CERTIFICATE-----" in data:
        return f"{name}: holds certificates, but no key and no key-log line"
    numbers = ", ".join(map(str, summary.broken_lines[:3]))
    return f"{name}: no line is of a key log (first bad lines: {numbers}), and it is no session and no private key"
