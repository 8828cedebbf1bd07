"""Rules about the client's certificate: the server, or the HSM, misses or refuses it, in words or by leaving."""

from __future__ import annotations

from analyzer.stream import CLIENT, SERVER
from analyzer.verdict.causes.reading import (
    CLIENT_CERTIFICATE,
    LEVEL,
    Reading,
    alert_words,
    because,
    duration,
    end,
    ending_words,
    is_tls13,
    keys_wanted,
    shown_at,
    who,
)
from analyzer.verdict.causes.refusal import (
    ABOUT_CERTIFICATES,
    ABOUT_PROOFS,
    CERTAIN,
    CERTIFICATE_EXPIRED,
    CERTIFICATE_REQUIRED,
    DECRYPT_ERROR,
    LIKELY,
    POSSIBLE,
    expired,
    slot_advice,
)
from analyzer.verdict.causes.symptoms import PATIENCE_NS, HandshakeSymptoms
from analyzer.verdict.finding import Finding, Status
from analyzer.verdict.words import capitalized


def client_certificate_missing(h: HandshakeSymptoms) -> Reading | None:
    """Asked for a certificate, the client sends an empty Certificate message, or none, and the server ends it."""
    asked = h.session.certificate_request
    sent = h.session.certificates[CLIENT]
    empty = sent == () or (asked is True and sent is None and h.answered and not h.unread)
    alert, ended = h.alert, h.ended
    told = alert is not None and alert.side is SERVER
    if told and alert and alert.code == CERTIFICATE_REQUIRED and sent is None:
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


def client_certificate_refused(h: HandshakeSymptoms) -> Reading | None:
    """The server answers the client's certificate with an alert."""
    alert = h.alert
    chain = h.session.certificates[CLIENT]
    if alert is None or alert.side is not SERVER or chain == ():
        return None
    if h.finished[SERVER] and not is_tls13(h):
        return None
    if chain is None:
        return _unread_certificate_refused(h)
    slot = h.judged[CLIENT]
    judged_bad = slot is not None and slot.status is Status.FAIL
    evidence = (*shown_at(h, CLIENT), alert.at)
    refused = f"{capitalized(end(h.level, SERVER))} refused {CLIENT_CERTIFICATE[h.level]}: "
    mismatch = [
        p
        for p in h.session.proofs
        if p.kind == "certificate_verify_client" and p.result == "invalid"
    ]
    proof = h.frame(CLIENT, "certificate_verify")
    answered = bool(proof) and proof[0].began <= alert.at.began
    if answered and (mismatch or (alert.code == DECRYPT_ERROR and not judged_bad)):
        return Reading(
            f"{LEVEL[h.level]}-client-key-mismatch",
            f"The client's key does not belong to the certificate it showed: {end(h.level, SERVER)} answered "
            f"its CertificateVerify with {alert_words(alert)}"
            + (", and the signature does not verify here either." if mismatch else "."),
            LIKELY,
            (*shown_at(h, CLIENT), *proof, alert.at),
            alternatives=(
                "bytes of the handshake were altered on the way"
                if mismatch
                else "the client's Finished did not verify: something between altered the handshake",
            ),
            decide=(
                "on the client: do `openssl x509 -noout -pubkey -in CRT` and `openssl pkey -pubout -in KEY` print the "
                "same key",
            ),
        )
    if alert.code == CERTIFICATE_EXPIRED or (_out_of_date(slot) and alert.code != _UNKNOWN_CA):
        return expired(h, CLIENT, refused, evidence)
    if alert.code in ABOUT_PROOFS:
        return None
    about_certificates = alert.code in ABOUT_CERTIFICATES
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
        advice=slot_advice(slot) or _unknown_there(h, slot),
    )


def _unread_certificate_refused(h: HandshakeSymptoms) -> Reading | None:
    """The alert speaks of a certificate, and the client's is where nobody can read it."""
    alert = h.alert
    unread = bool(h.sealed[CLIENT]) or h.hidden
    if alert is None or not unread or alert.code not in ABOUT_CERTIFICATES:
        return None
    where = "in outer records that stayed encrypted" if h.hidden else "encrypted (TLS 1.3)"
    return Reading(
        f"{LEVEL[h.level]}-client-certificate-refused",
        f"{capitalized(end(h.level, SERVER))} refused {CLIENT_CERTIFICATE[h.level]}: {alert_words(alert)} from "
        f"{end(h.level, SERVER)}. The certificate itself is {where}.",
        LIKELY,
        (alert.at,),
        alternatives=("the client sent no certificate",),
        decide=keys_wanted(h),
    )


def _out_of_date(slot: Finding | None) -> bool:
    """Its date is all that is wrong with it."""
    return slot is not None and slot.status is Status.FAIL and slot.kind == "out-of-date"


_UNKNOWN_CA = 48


def left_at_client_certificate(h: HandshakeSymptoms) -> Reading | None:
    """The server closes without an alert when it has the client's flight."""
    ended, chain = h.ended, h.session.certificates[CLIENT]
    if h.alert or ended is None or ended.side is not SERVER or not chain:
        return None
    if (h.finished[SERVER] and not is_tls13(h)) or h.waited_ns >= PATIENCE_NS:
        return None
    slot = h.judged[CLIENT]
    judged_bad = slot is not None and slot.status is Status.FAIL
    what = "expired" if _out_of_date(slot) else "refused"
    return Reading(
        f"{LEVEL[h.level]}-client-certificate-{what}",
        f"{capitalized(who(ended))} {ending_words(ended)} {duration(h.waited_ns)} after it had got "
        f"{CLIENT_CERTIFICATE[h.level]}, without an alert: it did not accept it.{because(slot)}",
        LIKELY if judged_bad else POSSIBLE,
        (*shown_at(h, CLIENT), ended.at),
        alternatives=(
            f"{end(h.level, SERVER)} ended for a reason of its own (restart, overload, a limit)",
            "the client's key does not belong to its certificate",
        ),
        decide=(f"the log of {end(h.level, SERVER)}", "the same client against another HSM"),
        advice=slot_advice(slot) or _unknown_there(h, slot),
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
