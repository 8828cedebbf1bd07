"""The traffic secrets of TLS 1.3 that a pre-shared key alone gives (RFC 8446 section 7.1).

Those of early data always; those of the whole session where the server chose a key exchange without
(EC)DHE, `psk_ke`. With (EC)DHE nothing but a key log gives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.stream import CLIENT, SERVER
from analyzer.tls.constants import CLIENT_HELLO, FINISHED, SERVER_HELLO, TLS13
from analyzer.tls.schedule import derive_secret, digest, early_secret, next_stage
from analyzer.tls.transcript import Transcript

if TYPE_CHECKING:
    from analyzer.tls.handshake import Handshake
    from analyzer.tls.secrets import Secrets

_KEY_SHARE = 51


def derive_traffic_secrets(handshake: Handshake, secrets: Secrets) -> None:
    """Adds to `handshake.derived` what can be derived from the messages seen so far, by key-log label."""
    hello, answer, suite = handshake.client_hello, handshake.server_hello, handshake.suite
    if hello is None or answer is None or suite is None or not hello.psk_identities:
        return
    chosen = answer.selected_psk
    known = (
        secrets.psk(hello.psk_identities[chosen or 0])
        if (chosen or 0) < len(hello.psk_identities)
        else None
    )
    if known is None:
        return
    prf, derived = suite.prf, handshake.derived
    transcript = Transcript(TLS13, prf, handshake.raw)
    early = early_secret(prf, known.secret)
    upto_hello = transcript.through(CLIENT, CLIENT_HELLO)
    if upto_hello is not None and handshake.retry is None and hello.offers_early_data:
        derived["CLIENT_EARLY_TRAFFIC_SECRET"] = derive_secret(
            prf, early, "c e traffic", digest(prf, upto_hello)
        )
    if chosen is None or _KEY_SHARE in answer.extensions:
        return
    stage = next_stage(prf, early, b"")
    for last, words in (
        (SERVER_HELLO, ("HANDSHAKE_TRAFFIC_SECRET", "hs traffic")),
        (FINISHED, ("TRAFFIC_SECRET_0", "ap traffic")),
    ):
        seen = transcript.through(SERVER, last)
        if seen is None:
            return
        hashed = digest(prf, seen)
        derived[f"CLIENT_{words[0]}"] = derive_secret(prf, stage, f"c {words[1]}", hashed)
        derived[f"SERVER_{words[0]}"] = derive_secret(prf, stage, f"s {words[1]}", hashed)
        stage = next_stage(prf, stage, b"")
