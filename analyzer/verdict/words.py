"""How certificates, times and sides are written in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from analyzer.session.certificates import Certificate

_SHOWN_HEX = 16

# The largest unit that fits twice is used: `3 days`, not `71 hours`.
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def when(at: datetime) -> str:
    """`2026-11-24 03:00:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def time_of(nanoseconds: int) -> datetime:
    """A capture time as an aware datetime."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)


def distance(span: timedelta) -> str:
    """How long: `12 days`, `2 hours`, `1 second`."""
    seconds = int(abs(span.total_seconds()))
    size, unit = next((row for row in _UNITS if seconds >= 2 * row[0]), _UNITS[-1])
    count = seconds // size
    return f"{count} {unit}" + ("" if count == 1 else "s")


def short(certificate: Certificate) -> str:
    """One line that tells certificates apart: subject, serial and the beginning of the SHA-256."""
    if certificate.error:
        return f"unreadable certificate, SHA-256 {certificate.sha256[:_SHOWN_HEX]}..."
    return (
        f"{certificate.subject or '(empty subject)'}, serial {certificate.serial}, "
        f"SHA-256 {certificate.sha256[:_SHOWN_HEX]}..."
    )


def key_words(certificate: Certificate) -> str:
    """`RSA 2048 key 1f2e...`."""
    return f"{certificate.key} key {certificate.key_sha256[:_SHOWN_HEX]}..."


def validity(certificate: Certificate) -> str:
    """`valid 2016-01-01 to 2026-01-01`."""
    if certificate.not_before is None or certificate.not_after is None:
        return "validity unreadable"
    return f"valid {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"


def listing(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; "" of none."""
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def capitalized(sentence: str) -> str:
    """With a capital first letter, the rest untouched."""
    return sentence[:1].upper() + sentence[1:]


_COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def count_words(count: int) -> str:
    """`one`, `ten`, `11`."""
    return _COUNTS[count] if count < len(_COUNTS) else str(count)


def plural(count: int, noun: str) -> str:
    """`one connection`, `3 connections`."""
    return f"{count_words(count)} {noun}{'' if count == 1 else 's'}"
