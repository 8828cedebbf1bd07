"""Certificate dates against the capture's time, as a refusal would see them."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.session.facts import Presented
from analyzer.verdict.words import distance, time_of, validity


def outside_validity(chain: Sequence[Presented]) -> str:
    """Which certificate of the chain was not valid when it was shown, "" where all were."""
    for shown in chain:
        told, at = shown.certificate, time_of(shown.at.began)
        if told.not_before is None or told.not_after is None:
            continue
        name = told.subject or "a certificate without subject"
        if at > told.not_after:
            return f"{name} had expired {distance(at - told.not_after)} before ({validity(told)})"
        if at < told.not_before:
            return f"{name} was to become valid {distance(told.not_before - at)} later ({validity(told)})"
    return ""


def other_clock(chain: Sequence[Presented]) -> str:
    """The validity of the leaf, for a clock that sees it otherwise."""
    return validity(chain[0].certificate) if chain else "validity unknown"
