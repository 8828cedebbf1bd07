"""Why there is no secret for a session, and what would help: facts for the report, never a key byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.tls.opener import why_unsupported

if TYPE_CHECKING:
    from analyzer.tls.key_exchange import KeyExchange
    from analyzer.tls.secrets import Secrets
    from analyzer.tls.suites import Suite


class Missing(NamedTuple):
    """The reason, as `events.Sealed` tells it.

    Attributes:
        why: `suite-unsupported`, `no-keys` (none at all were given), `other-leg` (the key logs know
            other sessions, not this one), `only-client-random`, `secret-missing` (lines of this session
            are there, but not this one) or `key-exchange` (the given key does not open this key exchange).
        detail: one clause.
        remedy: what would open it; empty where nothing would.
    """

    why: str
    detail: str
    remedy: str


def missing_traffic_secret(
    secrets: Secrets, suite: Suite, client_random: bytes, label: str
) -> Missing:
    """Why a TLS 1.3 traffic secret, named by its key-log label, is not at hand or of no use."""
    unsupported = why_unsupported(suite)
    if unsupported:
        return Missing("suite-unsupported", unsupported, "")
    remedy = _line(label, client_random)
    lines = secrets.lookup(client_random)
    if not lines:
        return _no_line(secrets, remedy)
    if lines.keys() <= {"CLIENT_RANDOM", "PMS_CLIENT_RANDOM"}:
        return Missing(
            "only-client-random",
            "the key log has only a CLIENT_RANDOM line for this session, which is TLS 1.3",
            remedy,
        )
    return Missing(
        "secret-missing", f"the key log has other lines for this session, but no {label}", remedy
    )


def missing_master_secret(secrets: Secrets, exchange: KeyExchange) -> Missing:
    """Why no master secret is at hand for a key exchange before TLS 1.3."""
    suite = exchange.suite
    unsupported = why_unsupported(suite)
    if unsupported:
        return Missing("suite-unsupported", unsupported, "")
    remedy = _line("CLIENT_RANDOM", exchange.client_random)
    lines = secrets.lookup(exchange.client_random)
    if "CLIENT_RANDOM" in lines:
        return Missing(
            "wrong-secret", "the secret of the CLIENT_RANDOM line opens no record", remedy
        )
    if lines:
        return Missing(
            "secret-missing",
            f"the key log has lines for this client random, but no CLIENT_RANDOM: {', '.join(sorted(lines))}",
            remedy,
        )
    if secrets.has_rsa_keys:
        if not exchange.suite.key_exchange.startswith("RSA"):
            return Missing(
                "key-exchange",
                f"an RSA private key cannot open {suite.key_exchange} key exchange ({suite.name})",
                remedy,
            )
        if exchange.message:
            return Missing(
                "key-exchange",
                "none of the RSA private keys decrypts the premaster secret",
                f"the private key of the server's certificate, or {remedy}",
            )
        return Missing(
            "key-exchange",
            "the ClientKeyExchange was not seen, which the RSA private key opens",
            remedy,
        )
    return _no_line(secrets, remedy)


def _no_line(secrets: Secrets, remedy: str) -> Missing:
    if not secrets:
        return Missing("no-keys", "no key log was given", remedy)
    return Missing(
        "other-leg",
        "the key logs have no line for this client random; they were written on another leg or at another time",
        remedy,
    )


def _line(label: str, client_random: bytes) -> str:
    return f"a key-log line {label} {client_random.hex()} ..."
