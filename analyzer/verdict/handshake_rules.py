"""Rules about one TLS handshake, the same for the outer and the inner one: who refused whom.

An alert's sender refused what the *other* side had sent. Its number alone proves little (stacks send wrong
ones, and some none): the messages before it, the certificates and who closed first are weighed with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.verdict.finding import Confidence, Finding, Status
from analyzer.verdict.published import PUBLISHED_SERVERS
from analyzer.verdict.reading import (
    CLIENT_CERTIFICATE,
    LEVEL,
    SERVER_CERTIFICATE,
    TRUST_FILES,
    Reading,
    alert_words,
    because,
    duration,
    end,
    ending_words,
    is_tls13,
    keys_wanted,
    shown_at,
    suites,
    versions,
    who,
)
from analyzer.verdict.sealed_rules import sealed_reading
from analyzer.verdict.symptoms import PATIENCE_NS, HandshakeSymptoms
from analyzer.verdict.validity import other_clock, outside_validity
from analyzer.verdict.words import capitalized

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE

# AlertDescription, RFC 8446 section 6 and RFC 5246 section 7.2.
_BAD_RECORD_MAC, _HANDSHAKE_FAILURE, _NO_CERTIFICATE = 20, 40, 41
_CERTIFICATE_EXPIRED, _UNKNOWN_CA, _DECRYPT_ERROR = 45, 48, 51
_PROTOCOL_VERSION, _INSUFFICIENT_SECURITY, _INAPPROPRIATE_FALLBACK = 70, 71, 86
_CERTIFICATE_REQUIRED = 116
_ABOUT_CERTIFICATES = frozenset({42, 43, 44, 45, 46, 48, 49})
_ABOUT_VERSIONS = frozenset({_PROTOCOL_VERSION, _INAPPROPRIATE_FALLBACK})
_ABOUT_SUITES = frozenset({_HANDSHAKE_FAILURE, _INSUFFICIENT_SECURITY})
_ABOUT_PROOFS = frozenset({_DECRYPT_ERROR, _BAD_RECORD_MAC, 21})


def read_handshake(h: HandshakeSymptoms) -> Reading | None:
    """What broke this handshake, by the most specific rule that fits."""
    rules = RULES if h.alert is None and h.unread else (*RULES, *READABLE_RULES)
    return next((told for rule in rules if (told := rule(h)) is not None), None)


# ---------------------------------------------------------------------- hellos


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
    if alert is None or alert.side is not SERVER or "server_hello" in h.sent[SERVER]:
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
    if alert is None or "server_hello" in h.sent[SERVER] or alert.side is not SERVER:
        return None
    return Reading(
        f"{LEVEL[h.level]}-refused",
        f"{capitalized(end(h.level, SERVER))} refused the ClientHello with {alert_words(alert)}; no certificate "
        "played a part yet.",
        LIKELY,
        (*h.frame(CLIENT, "client_hello"), alert.at),
    )


# ---------------------------------------------------------------------- the server's certificate


def _server_proof_refused(h: HandshakeSymptoms) -> Reading | None:
    """The server's certificate is one thing, the proof that it has the key another."""
    alert = h.alert
    kinds = {"server_key_exchange", "certificate_verify_server"}
    broken = [p for p in h.session.proofs if p.kind in kinds and p.result == "invalid"]
    refused = alert is not None and alert.side is CLIENT and alert.code in _ABOUT_PROOFS
    if not broken or not (refused or h.ended):
        return None
    return Reading(
        f"{LEVEL[h.level]}-server-key-mismatch",
        f"{capitalized(end(h.level, SERVER))} did not prove that it holds the key of {SERVER_CERTIFICATE[h.level]}: "
        "its signature does not verify"
        + (f", and the client refused it with {alert_words(alert)}." if alert and refused else "."),
        CERTAIN,
        (*shown_at(h, SERVER), *((alert.at,) if alert and refused else ())),
    )


def _server_certificate_refused(h: HandshakeSymptoms) -> Reading | None:
    alert = h.alert
    if alert is None or alert.side is not CLIENT or "server_hello" not in h.sent[SERVER]:
        return None
    if h.finished[CLIENT]:
        return None
    chain = h.session.certificates[SERVER]
    slot = h.judged[SERVER]
    judged_bad = slot is not None and slot.status is Status.FAIL
    # OpenSSL calls a certificate whose signature does not verify decrypt_error.
    signature = alert.code == _DECRYPT_ERROR and (judged_bad or _server_proved(h))
    about_certificates = alert.code in _ABOUT_CERTIFICATES or signature
    if not about_certificates and not (judged_bad and chain):
        return None
    evidence = (*shown_at(h, SERVER), alert.at)
    refused = (
        f"The client refused {SERVER_CERTIFICATE[h.level]} that {end(h.level, SERVER)} showed: "
    )
    if chain and alert.code == _CERTIFICATE_EXPIRED:
        return _expired(h, SERVER, refused, evidence)
    if chain:
        sure = CERTAIN if about_certificates and (judged_bad or not signature) else LIKELY
        return Reading(
            _refused_server_code(h),
            f"{refused}{alert_words(alert)} from the client.{because(slot)}",
            sure,
            evidence,
            alternatives=() if sure is CERTAIN else (f"what {alert_words(alert)} says literally",),
            advice=_trust_advice(h),
        )
    return Reading(
        f"{LEVEL[h.level]}-server-certificate-refused",
        f"{refused}{alert_words(alert)} from the client. The certificate itself is encrypted (TLS 1.3).",
        LIKELY,
        evidence,
        alternatives=("the client misjudged another part of the encrypted server flight",),
        decide=keys_wanted(h),
    )


def _left_at_server_certificate(h: HandshakeSymptoms) -> Reading | None:
    """The client closes, without an alert, when it has the server's certificate: the vendor's way."""
    ended = h.ended
    if h.alert or ended is None or ended.side is not CLIENT or h.answered:
        return None
    if not h.session.certificates[SERVER] or h.waited_ns >= PATIENCE_NS:
        return None
    slot = h.judged[SERVER]
    judged_bad = slot is not None and slot.status is Status.FAIL
    judged_good = slot is not None and slot.status is Status.PASS
    return Reading(
        _refused_server_code(h),
        f"The client {ending_words(ended)} {duration(h.waited_ns)} after {end(h.level, SERVER)} had shown "
        f"{SERVER_CERTIFICATE[h.level]}, without an alert and without an answer: it did not accept that "
        f"certificate.{because(slot)}",
        LIKELY if judged_bad or (h.level and not judged_good) else POSSIBLE,
        (*shown_at(h, SERVER), ended.at),
        alternatives=(
            "the client ended for a reason of its own (stopped, crashed, its key could not be read)",
        ),
        decide=("the client's log at this time",),
        advice=_trust_advice(h),
    )


def _server_proved(h: HandshakeSymptoms) -> bool:
    """The server's own signature is fine, so a signature that did not verify is that on its certificate."""
    kinds = {"server_key_exchange", "certificate_verify_server"}
    return any(p.kind in kinds and p.result == "valid" for p in h.session.proofs)


def _refused_server_code(h: HandshakeSymptoms) -> str:
    """At the outer level a certificate of another name altogether is somebody else's: a middlebox's."""
    chain, slot = h.session.certificates[SERVER], h.judged[SERVER]
    if h.level == 0 and chain and slot is not None and slot.status is Status.FAIL:
        leaf = chain[0].certificate
        known = {published.subject for published in PUBLISHED_SERVERS}
        if leaf.subject not in known and not leaf.error:
            return "middlebox-certificate"
    return f"{LEVEL[h.level]}-server-certificate-refused"


def _trust_advice(h: HandshakeSymptoms) -> str:
    """Where the certificate is the expected one, it is the client's own file that differs."""
    slot = h.judged[SERVER]
    if slot is None or slot.status is not Status.PASS:
        return _slot_advice(slot)
    return (
        f"on the client: compare {TRUST_FILES[h.level]} (or the path that the .cfg names) with the files given "
        "here, which the presented certificate fits: they differ, or the client's clock is wrong"
    )


def _slot_advice(slot: Finding | None) -> str:
    """What the judgement of the slot advises, where that is closer than the catalogue's remedy."""
    near = slot is not None and slot.status is Status.FAIL and slot.kind in _CLOSER
    return slot.advice if near and slot else ""


# Kinds of a slot's finding that know which file or address is wrong.
_CLOSER = frozenset(
    {"chain", "not-first", "other-client-certificate", "other-cluster", "wrong-slot"}
)


# ---------------------------------------------------------------------- the client's certificate


def _client_certificate_missing(h: HandshakeSymptoms) -> Reading | None:
    asked = h.session.certificate_request
    sent = h.session.certificates[CLIENT]
    empty = sent == () or (asked is True and sent is None and h.answered and not h.unread)
    alert, ended = h.alert, h.ended
    told = alert is not None and alert.side is SERVER
    if told and alert and alert.code == _CERTIFICATE_REQUIRED and sent is None:
        return Reading(
            f"{LEVEL[h.level]}-client-certificate-missing",
            f"{capitalized(end(h.level, SERVER))} demanded a client certificate and got none: "
            f"{alert_words(alert)}. The client's Certificate message is encrypted (TLS 1.3).",
            LIKELY,
            (alert.at,),
            decide=keys_wanted(h),
        )
    if not empty or (h.finished[SERVER] and not is_tls13(h)):
        return None
    left = alert is None and ended is not None and ended.side is SERVER
    if not told and not left:
        return None
    how = "an empty Certificate message" if sent == () else "no Certificate message"
    refusal = alert_words(alert) if alert and told else ending_words(ended) if ended else ""
    sure = CERTAIN if told else LIKELY
    return Reading(
        f"{LEVEL[h.level]}-client-certificate-missing",
        f"{capitalized(end(h.level, SERVER))} demanded a client certificate, the client sent {how}, and "
        f"{end(h.level, SERVER)} "
        + (f"refused it with {refusal}." if told else f"{refusal} without an alert."),
        sure,
        (
            *h.frame(SERVER, "certificate_request"),
            *h.frame(CLIENT, "certificate"),
            *((alert.at,) if alert and told else (ended.at,) if ended else ()),
        ),
    )


def _client_certificate_refused(h: HandshakeSymptoms) -> Reading | None:
    alert = h.alert
    chain = h.session.certificates[CLIENT]
    if alert is None or alert.side is not SERVER or not chain:
        return None
    if h.finished[SERVER] and not is_tls13(h):
        return None
    slot = h.judged[CLIENT]
    judged_bad = slot is not None and slot.status is Status.FAIL
    evidence = (*shown_at(h, CLIENT), alert.at)
    shown = CLIENT_CERTIFICATE[h.level].replace("its", "the")
    refused = f"{capitalized(end(h.level, SERVER))} refused {shown} that the client showed: "
    mismatch = [
        p
        for p in h.session.proofs
        if p.kind == "certificate_verify_client" and p.result == "invalid"
    ]
    proof = h.frame(CLIENT, "certificate_verify")
    answered = bool(proof) and proof[0].began <= alert.at.began
    if answered and (mismatch or (alert.code == _DECRYPT_ERROR and not judged_bad)):
        return Reading(
            f"{LEVEL[h.level]}-client-key-mismatch",
            f"The client's key does not belong to the certificate it showed: {end(h.level, SERVER)} answered "
            f"its CertificateVerify with {alert_words(alert)}"
            + (", and the signature does not verify here either." if mismatch else "."),
            CERTAIN if mismatch else LIKELY,
            (*shown_at(h, CLIENT), *proof, alert.at),
            alternatives=()
            if mismatch
            else ("the client's Finished did not verify: something between altered the handshake",),
        )
    if alert.code == _CERTIFICATE_EXPIRED or (judged_bad and outside_validity(chain)):
        return _expired(h, CLIENT, refused, evidence)
    if alert.code in _ABOUT_PROOFS:
        return None
    about_certificates = alert.code in _ABOUT_CERTIFICATES
    return Reading(
        f"{LEVEL[h.level]}-client-certificate-refused",
        f"{refused}{alert_words(alert)} from {end(h.level, SERVER)}.{because(slot)}",
        CERTAIN if about_certificates else LIKELY,
        evidence,
        alternatives=()
        if about_certificates
        else (
            f"what {alert_words(alert)} says literally, for a reason of {end(h.level, SERVER)}'s own",
        ),
        advice=_slot_advice(slot) or _unknown_there(h, slot),
    )


def _left_at_client_certificate(h: HandshakeSymptoms) -> Reading | None:
    """The server closes without an alert when it has the client's flight."""
    ended, chain = h.ended, h.session.certificates[CLIENT]
    if h.alert or ended is None or ended.side is not SERVER or not chain:
        return None
    if (h.finished[SERVER] and not is_tls13(h)) or h.waited_ns >= PATIENCE_NS:
        return None
    slot = h.judged[CLIENT]
    judged_bad = slot is not None and slot.status is Status.FAIL
    expired = judged_bad and outside_validity(chain)
    what = "expired" if expired else "refused"
    return Reading(
        f"{LEVEL[h.level]}-client-certificate-{what}",
        f"{capitalized(who(ended))} {ending_words(ended)} {duration(h.waited_ns)} after the client had "
        f"shown {CLIENT_CERTIFICATE[h.level]}, without an alert: it did not accept it.{because(slot)}",
        LIKELY if judged_bad else POSSIBLE,
        (*shown_at(h, CLIENT), ended.at),
        alternatives=(
            f"{end(h.level, SERVER)} ended for a reason of its own (restart, overload, a limit)",
            "the client's key does not belong to its certificate",
        ),
        decide=(f"the log of {end(h.level, SERVER)}", "the same client against another HSM"),
        advice=_slot_advice(slot) or _unknown_there(h, slot),
    )


def _unknown_there(h: HandshakeSymptoms, slot: Finding | None) -> str:
    """A certificate that is the expected one is refused for what the other end trusts."""
    if slot is None or slot.status is not Status.PASS:
        return ""
    if h.level:
        return (
            "the certificate is the expected one, so its trust anchor is missing on this HSM: as an mTLS admin "
            "`cluster mtls list-trust-anchors` (cluster-coverage: full?), and register the anchor again"
        )
    return (
        "the certificate is the expected one, so this server does not accept its issuer: check that the address is an "
        "HSM of this cluster, and that the cluster was initialized with the customer CA that issued the certificate"
    )


# ---------------------------------------------------------------------- dates


def _expired(
    h: HandshakeSymptoms,
    side: Side,
    refused: str,
    evidence: tuple[Span, ...],
) -> Reading:
    """certificate_expired: by the capture's time it is, or it is not and a clock is wrong."""
    chain = h.session.certificates[side] or ()
    alert = h.alert
    said = alert_words(alert) if alert else "no alert"
    checker = end(h.level, side.peer)
    if words := outside_validity(chain):
        return Reading(
            f"{LEVEL[h.level]}-{side.word}-certificate-expired",
            f"{refused}{said} from {checker}. By the capture's time {words}.",
            CERTAIN,
            evidence,
        )
    return Reading(
        "clock-skew",
        f"{refused}{said} from {checker}, yet by the capture's time every certificate of that chain is "
        f"valid ({other_clock(chain)}): the clock of {checker} and that of the capture disagree.",
        LIKELY,
        evidence,
        alternatives=("a CA certificate that was not sent and has expired",),
        decide=(f"the date on the machine of {checker}",),
        advice="on the client: set the clock (chrony with 169.254.169.123 on EC2), then restart the client"
        if side is SERVER
        else f"check the clock of the machine that captured, and the dates of every CA of that chain; if both are "
        f"fine it is the clock of {checker}: use another HSM and open a case with AWS",
    )


# ---------------------------------------------------------------------- the rest


def _altered(h: HandshakeSymptoms) -> Reading | None:
    alert = h.alert
    broken = [
        p for p in h.session.proofs if p.result == "invalid" and p.kind.startswith("finished")
    ]
    if alert is None or (alert.code not in _ABOUT_PROOFS and not broken):
        return None
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
        f"last{_last_words(h)}.",
        LIKELY,
        (alert.at,),
        decide=(f"the log of {end(h.level, alert.side)}",),
    )


def _gave_up(h: HandshakeSymptoms) -> Reading | None:
    """Ended after a wait: by its own timeout, not by a judgement."""
    ended = h.ended
    if h.alert or ended is None or h.waited_ns < PATIENCE_NS or h.last is None:
        return None
    waited_for = h.last.side.peer
    if ended.side is waited_for:
        what = f"{end(h.level, ended.side)} never answered, and {who(ended)} {ending_words(ended)}"
    else:
        what = (
            f"{end(h.level, waited_for)} never answered, and {who(ended)} gave up: it "
            f"{ending_words(ended)}"
        )
    return Reading(
        "client-gave-up" if ended.side is CLIENT else "server-gave-up",
        f"The {LEVEL[h.level]} handshake stalled{_last_words(h)}: for {duration(h.waited_ns)} {what}.",
        LIKELY,
        (h.last.at, ended.at),
        alternatives=_stall_reasons(h, waited_for),
        decide=_stall_steps(h, waited_for),
        advice=_OTHER_HSM if waited_for is SERVER else "",
    )


def _broken_off(h: HandshakeSymptoms) -> Reading | None:
    ended = h.ended
    if h.alert or ended is None:
        return None
    code = f"{LEVEL[h.level]}-{'reset' if ended.how == 'reset' else 'closed'}"
    return Reading(
        code,
        f"{capitalized(who(ended))} {ending_words(ended)} in the middle of the {LEVEL[h.level]} handshake"
        f"{_last_words(h)}, {duration(h.waited_ns)} later and without an alert.",
        POSSIBLE,
        (*((h.last.at,) if h.last else ()), ended.at),
        alternatives=tuple(_broken_off_reasons(h)),
        decide=(f"the log of {end(h.level, ended.side)} at this time",),
    )


def _broken_off_reasons(h: HandshakeSymptoms) -> Iterator[str]:
    ended = h.ended
    if ended and ended.side is SERVER and "server_hello" not in h.sent[SERVER]:
        yield "no common TLS version or cipher suite, refused without an alert"
    yield f"{end(h.level, ended.side) if ended else 'one end'} was stopped or restarted"
    yield "something between the two ended the connection"


def _stalled(h: HandshakeSymptoms) -> Reading | None:
    """Nobody ended it: somebody owes the next message."""
    if h.alert or h.ended or h.last is None or h.waited_ns < PATIENCE_NS:
        return None
    owes = h.last.side.peer
    return Reading(
        f"{LEVEL[h.level]}-stalled",
        f"The {LEVEL[h.level]} handshake stalls{_last_words(h)}: {end(h.level, owes)} owes the next message "
        f"and sends none for {duration(h.waited_ns)}, until the capture ends.",
        LIKELY,
        (h.last.at,),
        alternatives=_stall_reasons(h, owes),
        decide=_stall_steps(h, owes),
        advice=_OTHER_HSM if owes is SERVER else "",
    )


_OTHER_HSM = (
    "connect to another HSM of the cluster; if only this one stays silent look at its state in describe-clusters and "
    "open a case with AWS; if all do, look at what lies between (firewalls that let the handshake of TCP through and "
    "drop the rest)"
)


def _stall_reasons(h: HandshakeSymptoms, owes: Side) -> tuple[str, ...]:
    if owes is CLIENT and h.level and h.session.certificate_request:
        return (
            "the client's mTLS key has a passphrase and its program waits for somebody to type it",
        )
    if owes is CLIENT:
        return ("the client's program hangs or waits for input",)
    return (f"{end(h.level, SERVER)} is overloaded or hangs", "the path loses what it answers")


def _stall_steps(h: HandshakeSymptoms, owes: Side) -> tuple[str, ...]:
    return (f"a capture on the machine of {end(0, owes)}", f"the log of {end(h.level, owes)}")


def _last_words(h: HandshakeSymptoms) -> str:
    if h.last is None:
        return ""
    return f" after {end(h.level, h.last.side)}'s {h.last.type}"


RULES = (
    _no_common_version,
    _no_common_suite,
    _server_proof_refused,
    _server_certificate_refused,
    _client_certificate_missing,
    _client_certificate_refused,
    sealed_reading,
    _refused_hello,
    _altered,
    _refused,
)

# These read silence: that a message did not come is known only where every message can be read.
READABLE_RULES = (
    _left_at_server_certificate,
    _left_at_client_certificate,
    _gave_up,
    _broken_off,
    _stalled,
)
