"""Rules about one TLS handshake, the same for the outer and the inner one: who refused whom.

An alert's sender refused what the *other* side had sent. Its number alone proves little (stacks send wrong
ones, and some none): the messages before it, the certificates and who closed first are weighed with it.
"""

from __future__ import annotations

from analyzer.stream import CLIENT, SERVER
from analyzer.verdict.causes.client_rules import (
    client_certificate_missing,
    client_certificate_refused,
    left_at_client_certificate,
)
from analyzer.verdict.causes.reading import (
    LEVEL,
    Reading,
    alert_words,
    end,
    is_tls13,
    keys_wanted,
    last_words,
    suites,
    versions,
)
from analyzer.verdict.causes.refusal import (
    ABOUT_PROOFS,
    CERTAIN,
    LIKELY,
)
from analyzer.verdict.causes.sealed_rules import sealed_reading
from analyzer.verdict.causes.server_rules import (
    left_at_server_certificate,
    server_certificate_refused,
    server_proof_refused,
)
from analyzer.verdict.causes.silent_rules import broken_off, gave_up, stalled
from analyzer.verdict.causes.symptoms import HandshakeSymptoms
from analyzer.verdict.words import capitalized

# AlertDescription, RFC 8446 section 6 and RFC 5246 section 7.2.
_ABOUT_VERSIONS = frozenset({70, 86})  # protocol_version, inappropriate_fallback
_ABOUT_SUITES = frozenset({40, 71})  # handshake_failure, insufficient_security


def read_handshake(h: HandshakeSymptoms) -> Reading | None:
    """What broke this handshake, by the most specific rule that fits."""
    if h.data_before_alert:
        return None  # it ended a connection that was up: `lost_rules`
    seen_whole = "client_hello" in h.sent[CLIENT] and not h.holes
    readable = seen_whole and not (h.alert is None and h.unread)
    rules = (*RULES, *READABLE_RULES) if readable else RULES
    return next((told for rule in rules if (told := rule(h)) is not None), None)


def _no_common_version(h: HandshakeSymptoms) -> Reading | None:
    alert = h.alert
    if alert is None or alert.code not in _ABOUT_VERSIONS:
        return None
    offered = versions(h.session.offered_versions)
    if "server_hello" in h.sent[SERVER] and alert.side is CLIENT:
        what = f"does not take the version that {end(h.level, SERVER)} chose"
    else:
        what = (
            f"takes none of the versions that {end(h.level, alert.side.peer)} offered ({offered})"
        )
    return Reading(
        f"{LEVEL[h.level]}-version-mismatch",
        f"No common TLS version: {end(h.level, alert.side)} {what} and said so with "
        f"{alert_words(alert)}.",
        CERTAIN,
        (*h.frame(CLIENT, "client_hello"), alert.at),
    )


def _no_common_suite(h: HandshakeSymptoms) -> Reading | None:
    alert = h.alert
    if alert is None or alert.side is not SERVER or not h.only_hello:
        return None
    if alert.code not in _ABOUT_SUITES:
        return None
    return Reading(
        f"{LEVEL[h.level]}-suite-mismatch",
        f"No common cipher suite: {end(h.level, SERVER)} answered the ClientHello with "
        f"{alert_words(alert)} and no ServerHello, so no certificate played a part yet. Offered: "
        f"{versions(h.session.offered_versions)}; {suites(h.session.offered_suites)}.",
        LIKELY,
        (*h.frame(CLIENT, "client_hello"), alert.at),
        alternatives=(
            "no common key exchange group, signature algorithm or TLS version (some stacks answer all "
            "of them with this alert)",
        ),
        decide=(
            f"the log or TLS settings of {end(h.level, SERVER)}",
            "a ClientHello that succeeds",
        ),
    )


def _refused_hello(h: HandshakeSymptoms) -> Reading | None:
    alert = h.alert
    if alert is None or not h.only_hello or alert.side is not SERVER:
        return None
    return Reading(
        f"{LEVEL[h.level]}-refused",
        f"{capitalized(end(h.level, SERVER))} refused the ClientHello with {alert_words(alert)}; no certificate "
        "played a part yet.",
        LIKELY,
        (*h.frame(CLIENT, "client_hello"), alert.at),
        decide=(f"the log of {end(h.level, SERVER)}",),
    )


def _altered(h: HandshakeSymptoms) -> Reading | None:
    alert = h.alert
    broken = [
        p for p in h.session.proofs if p.result == "invalid" and p.kind.startswith("finished")
    ]
    if alert is None or (alert.code not in ABOUT_PROOFS and not broken):
        return None
    if h.hidden and not broken:
        return None  # it may speak of a certificate, or of a signature, that cannot be read
    return Reading(
        f"{LEVEL[h.level]}-altered",
        f"{capitalized(end(h.level, alert.side))} could not verify what {end(h.level, alert.side.peer)} sent "
        f"({alert_words(alert)}): bytes were altered on the way, or the two ends derive different keys.",
        LIKELY,
        (alert.at,),
        alternatives=("a defect in one of the two TLS stacks",),
        decide=("a capture at the other end, compared with this one",),
    )


def _refused(h: HandshakeSymptoms) -> Reading | None:
    alert = h.alert
    if alert is None or (all(h.finished) and not is_tls13(h)):
        return None
    return Reading(
        f"{LEVEL[h.level]}-refused",
        f"{capitalized(end(h.level, alert.side))} broke off the {LEVEL[h.level]} handshake with "
        f"{alert_words(alert)}; its sender did not accept what {end(h.level, alert.side.peer)} had sent "
        f"last{last_words(h)}.",
        LIKELY,
        (alert.at,),
        decide=(*keys_wanted(h), f"the log of {end(h.level, alert.side)}"),
    )


RULES = (
    _no_common_version,
    _no_common_suite,
    server_proof_refused,
    server_certificate_refused,
    client_certificate_missing,
    client_certificate_refused,
    sealed_reading,
    _refused_hello,
    _altered,
    _refused,
)


# These read silence: that a message did not come is known only where every message can be read.
READABLE_RULES = (
    left_at_server_certificate,
    left_at_client_certificate,
    gave_up,
    broken_off,
    stalled,
)
