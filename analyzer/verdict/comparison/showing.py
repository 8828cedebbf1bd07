"""One row of the table over the whole capture."""

from __future__ import annotations

from analyzer.session.certificates import Certificate
from analyzer.stream import Span
from analyzer.values import dataclass
from analyzer.verdict.finding import Status


@dataclass(frozen=True, slots=True)
class Showing:
    """One certificate as one address showed it in one slot, over all connections.

    Attributes:
        slot: its code. address: of the side that showed it.
        hsm: which HSM that address is, in words; "" where the expected set does not tell.
        cluster: the HSM's cluster, "" where unknown.
        status: the worst that was said of it in this slot.
        first, last: the first and the last time that it was shown.
        connections: how many showed it. streams: the first few of their numbers.
    """

    slot: str
    address: str
    hsm: str
    cluster: str
    certificate: Certificate
    status: Status
    first: Span
    last: Span
    connections: int
    streams: tuple[int, ...]
