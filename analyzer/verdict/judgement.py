"""All checks of one connection, in the order in which a report tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from analyzer.session.facts import Conversation
from analyzer.verdict import addresses, delivery, protocol
from analyzer.verdict.certificates import authorities, carved, possession, slots
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding


class Check(NamedTuple):
    """One question put to a connection.

    Attributes:
        name: what is asked.
        run: gives the answers; the last argument is the time to judge at, None for the capture's.
    """

    name: str
    run: Callable[[Conversation, Expectations, datetime | None], Iterator[Finding]]


CHECKS = (
    Check("the four certificate slots", slots.check),
    Check("who presents a certificate has its key", possession.check),
    Check("the handshake is whole and the same at both ends", protocol.check),
    Check("the client's certificate is of a CA that was asked for", authorities.check),
    Check("certificates outside any handshake", carved.check),
    Check("the HSM at the server's address", addresses.check),
    Check("the bytes of both sides, once and undisputed", delivery.check),
)  # fmt: skip


def judge(
    told: Conversation, expected: Expectations, at: datetime | None = None
) -> tuple[Finding, ...]:
    """What the facts of one connection come to against the expected set.

    Args:
        told: the facts.
        expected: of all clusters; a connection is judged by its own one's, told by the server's address.
        at: judge dates at this time; None takes the time at which each certificate was shown.
    """
    findings: list[Finding] = []
    for _, run in CHECKS:
        findings += run(told, expected, at)
    return tuple(findings)
