"""What the rules about refused certificates share: alerts by what they speak of, dates, advice."""

from __future__ import annotations

from analyzer.stream import SERVER, Side, Span
from analyzer.verdict.causes.reading import LEVEL, Reading, alert_words, end
from analyzer.verdict.causes.symptoms import HandshakeSymptoms
from analyzer.verdict.certificates.validity import other_clock, outside_validity
from analyzer.verdict.finding import Confidence, Finding, Status

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE

# AlertDescription, RFC 8446 section 6 and RFC 5246 section 7.2.
CERTIFICATE_EXPIRED, DECRYPT_ERROR, CERTIFICATE_REQUIRED = 45, 51, 116
ABOUT_CERTIFICATES = frozenset({42, 43, 44, 45, 46, 48, 49})
ABOUT_PROOFS = frozenset({20, 21, 51})  # bad_record_mac, decryption_failed, decrypt_error


def expired(
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
            CERTAIN if alert and alert.code == CERTIFICATE_EXPIRED else LIKELY,
            evidence,
            alternatives=()
            if alert and alert.code == CERTIFICATE_EXPIRED
            else (f"what {said} says literally",),
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


def slot_advice(slot: Finding | None) -> str:
    """What the judgement of the slot advises, where that is closer than the catalogue's remedy."""
    near = slot is not None and slot.status is Status.FAIL and slot.kind in _CLOSER
    return slot.advice if near and slot else ""


# Kinds of a slot's finding that know which file or address is wrong.
_CLOSER = frozenset(
    {"chain", "not-first", "other-client-certificate", "other-cluster", "wrong-slot"}
)
