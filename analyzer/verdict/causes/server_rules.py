"""Rules about the server's certificate: the client refuses it, in words or by leaving."""

from __future__ import annotations

from analyzer.stream import CLIENT, SERVER
from analyzer.tls.constants import TLS13
from analyzer.verdict.causes.reading import (
    LEVEL,
    SERVER_CERTIFICATE,
    TRUST_FILES,
    Reading,
    alert_words,
    because,
    duration,
    end,
    ending_words,
    keys_wanted,
    shown_at,
)
from analyzer.verdict.causes.refusal import (
    ABOUT_CERTIFICATES,
    ABOUT_PROOFS,
    CERTAIN,
    CERTIFICATE_EXPIRED,
    DECRYPT_ERROR,
    LIKELY,
    POSSIBLE,
    expired,
    slot_advice,
)
from analyzer.verdict.causes.symptoms import PATIENCE_NS, HandshakeSymptoms
from analyzer.verdict.certificates.published import PUBLISHED_SERVERS
from analyzer.verdict.finding import Status
from analyzer.verdict.words import capitalized


def server_proof_refused(h: HandshakeSymptoms) -> Reading | None:
    """The server's certificate is one thing, the proof that it has the key another."""
    alert = h.alert
    kinds = {"server_key_exchange", "certificate_verify_server"}
    broken = [p for p in h.session.proofs if p.kind in kinds and p.result == "invalid"]
    refused = alert is not None and alert.side is CLIENT and alert.code in ABOUT_PROOFS
    if not broken or not (refused or h.ended):
        return None
    return Reading(
        f"{LEVEL[h.level]}-server-key-mismatch",
        f"{capitalized(end(h.level, SERVER))} did not prove that it holds the key of {SERVER_CERTIFICATE[h.level]}: "
        "its signature does not verify"
        + (f", and the client refused it with {alert_words(alert)}." if alert and refused else "."),
        LIKELY,
        (*shown_at(h, SERVER), *((alert.at,) if alert and refused else ())),
        alternatives=("bytes of the handshake were altered on the way",),
        decide=(
            "a capture at the other end, compared with this one",
            "whether it happens every time",
        ),
    )


def server_certificate_refused(h: HandshakeSymptoms) -> Reading | None:
    """The client answers the server's certificate with an alert."""
    alert = h.alert
    if alert is None or alert.side is not CLIENT:
        return None
    # Its sender saw the server's flight, whether that can be read here or not.
    out_of_sight = h.hidden and "server_hello" not in h.sent[SERVER]
    if out_of_sight and alert.code not in ABOUT_CERTIFICATES:
        return None
    if "server_hello" not in h.sent[SERVER] and not out_of_sight:
        return None
    if h.finished[CLIENT]:
        return None
    chain = h.session.certificates[SERVER]
    slot = h.judged[SERVER]
    judged_bad = slot is not None and slot.status is Status.FAIL
    # OpenSSL calls a certificate whose signature does not verify decrypt_error.
    signature = alert.code == DECRYPT_ERROR and (judged_bad or not chain or _server_proved(h))
    about_certificates = alert.code in ABOUT_CERTIFICATES or signature
    if not about_certificates and not (judged_bad and chain):
        return None
    evidence = (*shown_at(h, SERVER), alert.at)
    refused = (
        f"The client refused {SERVER_CERTIFICATE[h.level]} that {end(h.level, SERVER)} showed: "
    )
    if chain and alert.code == CERTIFICATE_EXPIRED:
        return expired(h, SERVER, refused, evidence)
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
    unseen = "is encrypted (TLS 1.3)" if h.session.version == TLS13 else "was not captured"
    if h.hidden:
        unseen = "lies in outer records that stayed encrypted"
    return Reading(
        f"{LEVEL[h.level]}-server-certificate-refused",
        f"{refused}{alert_words(alert)} from the client. The certificate itself {unseen}.",
        LIKELY,
        evidence,
        alternatives=("the client misjudged another part of the encrypted server flight",),
        decide=keys_wanted(h),
    )


def left_at_server_certificate(h: HandshakeSymptoms) -> Reading | None:
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
        return slot_advice(slot)
    return (
        f"on the client: compare {TRUST_FILES[h.level]} (or the path that the .cfg names) with the files given "
        "here, which the presented certificate fits: they differ, or the client's clock is wrong"
    )
