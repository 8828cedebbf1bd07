"""What a rule of diagnosis makes of the symptoms, and the words that the rules share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from analyzer.stream import Side, Span
from analyzer.tls.constants import TLS13, alert_name, version_name
from analyzer.tls.events import Alert
from analyzer.tls.suites import suite_name
from analyzer.values import dataclass
from analyzer.verdict.causes.symptoms import Ending, HandshakeSymptoms, Symptoms
from analyzer.verdict.finding import Confidence, Finding

SECOND = 1_000_000_000
_MILLISECOND = 1_000_000
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """A cause before its limits are known.

    Attributes:
        code: an entry of the catalogue.
        advice: where this case knows better than the catalogue's remedy; "" takes that.
        alternatives: what the capture cannot exclude. decide: what would tell them apart.
    """

    code: str
    summary: str
    confidence: Confidence
    evidence: tuple[Span, ...] = ()
    alternatives: tuple[str, ...] = ()
    decide: tuple[str, ...] = ()
    advice: str = ""


Rule: TypeAlias = Callable[[Symptoms], Reading | None]

# Who and what is meant at each level.
PEER = ("the server that hosts the HSM", "the HSM")
ENDS = (("the client", "the server"), ("the client", "the HSM"))
SERVER_CERTIFICATE = ("the server certificate", "the cluster certificate")
CLIENT_CERTIFICATE = ("the client's certificate", "the client's mTLS certificate")
# Against what the client checks, and what it shows: which files on the client's machine.
TRUST_FILES = (
    "the server certificates 21a10654.0 and 712ff948.0 in /opt/cloudhsm/etc/certs",
    "/opt/cloudhsm/etc/customerCA.crt",
)
CLIENT_FILES = (
    "/opt/cloudhsm/etc/client.crt and client.key (or the ssl-client pair that the configuration names)",
    "the chain and key that `configure --client-cert-hsm-tls-file` and `--client-key-hsm-tls-file` name",
)
LEVEL = ("outer", "inner")


def end(level: int, side: Side) -> str:
    """`the client`, `the server`, or `the HSM` at the inner level."""
    return ENDS[min(level, 1)][side]


def who(ending: Ending) -> str:
    """Who ended it: at the inner level the server's side is the HSM."""
    return end(ending.level or 0, ending.side)


def alert_words(alert: Alert) -> str:
    """`alert unknown_ca (48)`."""
    return f"alert {alert_name(alert.code)} ({alert.code})"


def because(finding: Finding | None) -> str:
    """The judgement of a slot as a sentence to append, "" where there is none."""
    if finding is None or not finding.message:
        return ""
    text = finding.message[:1].upper() + finding.message[1:]
    return " " + (text if text.endswith(".") else f"{text}.")


def ending_words(ending: Ending) -> str:
    """`closed cleanly (close_notify)` ..."""
    return {
        "close_notify": "closed cleanly (close_notify)",
        "sealed-alert": "sent an alert that cannot be read (close_notify, or a refusal)",
        "fin": "closed the connection (FIN)",
        "reset": "reset the connection (RST)",
    }[ending.how]


def duration(nanoseconds: int) -> str:
    """`3 ms`, `1.5 s`, `120 s`, `6 minutes`."""
    if nanoseconds < SECOND:
        return f"{nanoseconds / _MILLISECOND:.3g} ms"
    seconds = nanoseconds / SECOND
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} minutes"


def versions(numbers: tuple[int, ...]) -> str:
    """`TLS 1.2, TLS 1.3`, without what GREASE (RFC 8701) adds."""
    named = [version_name(n) for n in sorted(numbers) if (n & 0x0F0F) != 0x0A0A]
    return ", ".join(named) or "no version that is known"


def suites(numbers: tuple[int, ...]) -> str:
    """The first few by name, and how many more there are."""
    known = [n for n in numbers if (n & 0x0F0F) != 0x0A0A and n != 0x00FF]
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(suite_name(n) for n in known[:_SHOWN]) + more


def keys_wanted(h: HandshakeSymptoms) -> tuple[str, ...]:
    """What would open the sealed records of this level, and of the one around that hide it, as steps to a decision."""
    around = h.around.sealed if h.hidden and h.around else ()
    remedies = (x.remedy for x in (*around, *h.session.sealed) if x.remedy)
    return tuple(dict.fromkeys(remedies))


def shown_at(h: HandshakeSymptoms, side: Side) -> tuple[Span, ...]:
    """The frames in which this side's certificate was shown."""
    chain = h.session.certificates[side]
    return (chain[0].at,) if chain else h.frame(side, "certificate")


def is_tls13(h: HandshakeSymptoms) -> bool:
    """Whether TLS 1.3 was negotiated."""
    return h.session.version == TLS13


def last_words(h: HandshakeSymptoms) -> str:
    """` after the client's client_hello`: the last message that was read, "" where none was."""
    if h.last is None:
        return ""
    return f" after {end(h.level, h.last.side)}'s {h.last.type}"
