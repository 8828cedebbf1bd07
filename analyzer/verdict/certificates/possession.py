"""Whether who presented a certificate has its private key: the signatures over the handshake.

A certificate is public. Where the signature that goes with it is not made with its key, its sender merely
repeats what someone else showed (or has the wrong key file beside it): never a pass, whatever the slot says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analyzer.session.facts import Conversation
from analyzer.stream import CLIENT, SERVER
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding, Status
from analyzer.verdict.words import short

# proof -> whose key, and the message that carries the signature
_SIGNATURES = {
    "server_key_exchange": (SERVER, "server_key_exchange"),
    "certificate_verify_server": (SERVER, "certificate_verify"),
    "certificate_verify_client": (CLIENT, "certificate_verify"),
    "certificate_verify_late": (CLIENT, "certificate_verify"),
}


def check(told: Conversation, whole: Expectations, at: datetime | None) -> Iterator[Finding]:  # noqa: ARG001
    """A failure for each signature that is not made with the key of the certificate presented."""
    for session in told.sessions:
        for proof in session.proofs:
            if proof.result != "invalid" or proof.kind not in _SIGNATURES:
                continue
            side, message = _SIGNATURES[proof.kind]
            chain = session.certificates[side]
            yield Finding(
                "key-not-proven",
                Status.FAIL,
                f"the {side.word}'s signature over the handshake is not made with the key of the "
                f"certificate that it presented: {proof.why}",
                session.level,
                side,
                observed=short(chain[0].certificate) if chain else "",
                evidence=tuple(
                    m.at
                    for m in session.messages
                    if m.side is side and m.type in {"certificate", message}
                ),
                advice=f"on the {side.word}: check that the private key that is configured belongs to the "
                "certificate (`openssl x509 -pubkey` and `openssl pkey -pubout` print the same)",
            )
