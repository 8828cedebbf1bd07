"""What of a judged connection is held against the others: half a kilobyte instead of the 25 that its facts take.

A capture is told of at its end, a reconnect storm is thousands of connections, and most of what is known of one
has nothing to do with the next. What is alike in many connections is one value that they share; the rest can be put
away until then as plain values (`Brief.row`, `brief_of_row`).
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from analyzer.session.certificates import Certificate
from analyzer.session.facts import Conversation, Presented, Session
from analyzer.session.timing import slowing, timing
from analyzer.stream import SERVER, Span
from analyzer.transport.facts import Endpoint
from analyzer.values import dataclass
from analyzer.verdict.certificates.slots import SLOT_TABLE, Slot
from analyzer.verdict.finding import Cause, Finding, Status
from analyzer.verdict.overall import Said, doubts, failures

# Alerts by which a certificate is refused (RFC 8446 section 6.2, RFC 5246 section 7.2.2).
_CERTIFICATE_ALERTS = frozenset({40, 42, 43, 44, 45, 46, 48, 49, 51, 116})

# Kinds of connection that are shared; a capture has a handful, a hostile one any number.
_KINDS = 4096
# What is found of a connection is mostly what was found of one of the last ones.
_JUDGEMENTS = 256


class Leaf(NamedTuple):
    """The certificate that one slot showed first. `status`: what was said of it."""

    slot: Slot
    certificate: Certificate
    status: Status


class Level(NamedTuple):
    """One level's first handshake. `leaves`: per side the chain's first certificate, () for an empty one."""

    version: int | None
    suite: int | None
    outcome: str
    leaves: tuple[tuple[Certificate, ...] | None, ...]


class Kind(NamedTuple):
    """What many connections have in common.

    Attributes:
        cause: its code, "" for none. broken: see `Conversation`.
        failures, doubts: why the verdict is no pass, see `overall`.
        statuses: of each finding its code and status. levels: outer and inner. leaves: in the order of the slots.
        stages: which ones were timed. ttl: of the server's packets, None where none was seen.
    """

    outcome: str
    cause: str
    broken: str
    failures: tuple[str, ...]
    doubts: tuple[str, ...]
    statuses: tuple[tuple[str, Status], ...]
    levels: tuple[Level | None, Level | None]
    leaves: tuple[Leaf, ...]
    stages: tuple[str, ...]
    ttl: int | None


@dataclass(frozen=True, slots=True)
class Brief:
    """One connection beside others.

    Attributes:
        stream: its number. kind: what it shares with others.
        refused: per level, the server's alert by which it refuses a certificate.
        slowing: see `session.timing.slowing`.
        packed: times, which are different in each; see the properties.
    """

    stream: int
    client: Endpoint
    server: Endpoint
    kind: Kind
    refused: tuple[Span | None, Span | None]
    slowing: tuple[int, int] | None
    packed: bytes

    def numbered(self, stream: int) -> Brief:
        """The same under another number; what it shares with others it shares with those known here."""
        return replace(
            self, stream=stream, server=_same_end(self.server), kind=_same_kind(self.kind)
        )

    def row(self, kind: int) -> tuple[Any, ...]:
        """It as plain values, for `brief_of_row`; `kind` is a number for what it shares with others."""
        refused = self.refused
        if refused is not _NOT_REFUSED:
            refused = tuple([at and tuple(at) for at in refused])  # type: ignore[assignment]
        ends = *self.client, *self.server
        return self.stream, ends, kind, refused, self.slowing, self.packed

    @property
    def span(self) -> Span:
        """From its first to its last frame."""
        return Span(*_SPAN.unpack_from(self.packed))

    @property
    def silence_ns(self) -> int:
        """The longest time without any segment."""
        silence: int = _FIXED.unpack_from(self.packed)[4]
        return silence

    @property
    def rtt_ns(self) -> int | None:
        """SYN to SYN-ACK, None where not both were seen."""
        trip: int = _FIXED.unpack_from(self.packed)[5]
        return None if trip == _NO_TRIP else trip

    @property
    def took(self) -> tuple[tuple[str, int], ...]:
        """Nanoseconds of each stage that was timed."""
        stages = self.kind.stages
        return tuple(
            zip(stages, _times(len(stages)).unpack_from(self.packed, _FIXED.size), strict=True)
        )

    @property
    def shown_at(self) -> tuple[Span, ...]:
        """When each of `kind.leaves` was shown."""
        packed = self.packed[_FIXED.size + _times(len(self.kind.stages)).size :]
        return tuple([_span(*at) for at in _SPAN.iter_unpack(packed)])

    @property
    def fine(self) -> bool:
        """It was established and was not lost."""
        return self.kind.outcome == "established" and not self.kind.cause

    @property
    def failed(self) -> bool:
        """It certainly came to nothing, or was lost."""
        return self.kind.cause not in {"", "capture-ends"}


# A brief's times: span, silence and round trip; what each stage took; the spans in which certificates were shown.
_SPAN = struct.Struct("<4q")
_FIXED = struct.Struct("<6q")
_NO_TRIP = -1


def _span(first: int, last: int, began: int, ended: int) -> Span:
    """Of one frame, as nearly all are, with one number for both ends: the table of certificates keeps thousands."""
    if first == last and began == ended:
        return Span(first, first, began, began)
    return Span(first, last, began, ended)


@functools.cache
def _times(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}q")


def brief_of(told: Conversation, findings: Sequence[Finding], cause: Cause | None) -> Brief:
    """A connection with what was found about it, in brief."""
    tcp = told.tcp
    levels = told.at_level(0), told.at_level(1)
    stages = timing(told)
    said = tuple([(finding.code, finding.status, finding.message) for finding in findings])
    failed, unsure, statuses = _judged(told.outcome, told.stage, told.broken, said)
    leaves, shown_at = _leaves(told, dict(statuses))
    ttls = tcp.sides[SERVER].ttls
    kind = Kind(
        told.outcome,
        "" if cause is None else cause.code,
        told.broken,
        failed,
        unsure,
        statuses,
        (_level(levels[0]), _level(levels[1])),
        leaves,
        tuple([stage.stage for stage in stages]),
        ttls[0] if ttls else None,
    )
    refused = _refusal(levels[0]), _refusal(levels[1])
    trip = _NO_TRIP if tcp.rtt_ns is None else tcp.rtt_ns
    took = [stage.took_ns for stage in stages]
    times = (*tcp.span, tcp.longest_silence_ns, trip, *took, *chain.from_iterable(shown_at))
    return Brief(
        told.stream,
        tcp.client,
        _same_end(tcp.server),
        _same_kind(kind),
        refused if any(refused) else _NOT_REFUSED,
        slowing(told),
        _times(len(times)).pack(*times),
    )


def brief_of_row(row: tuple[Any, ...], kinds: Sequence[Kind]) -> Brief:
    """The one of which this is the row; `kinds`: by the numbers that rows have in their place."""
    stream, (client, client_port, server, server_port), kind, (one, other), slowing, packed = row
    return Brief(
        stream,
        Endpoint(client, client_port),
        _same_end(Endpoint(server, server_port)),
        kinds[kind],
        (one and Span(*one), other and Span(*other)) if one or other else _NOT_REFUSED,
        slowing,
        packed,
    )


_NOT_REFUSED = (None, None)


@functools.lru_cache(maxsize=_JUDGEMENTS)
def _judged(
    outcome: str, stage: str, broken: str, said: tuple[Said, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, Status], ...]]:
    """The failures, doubts and statuses of a kind."""
    return (
        tuple(failures(outcome, stage, said)),
        tuple(doubts(outcome, stage, broken, said)),
        tuple([(code, status) for code, status, _ in said]),
    )


@functools.lru_cache(maxsize=_KINDS)
def _same_kind(kind: Kind) -> Kind:
    """The first of equal kinds."""
    return kind


@functools.lru_cache(maxsize=_KINDS)
def _same_end(end: Endpoint) -> Endpoint:
    return end


def _leaves(told: Conversation, statuses: dict[str, Status]) -> tuple[tuple[Leaf, ...], list[Span]]:
    """The first presentation of a certificate in each slot, and where that was."""
    leaves, shown_at = [], []
    for slot, code, level, side in _SLOTS:
        for session in told.sessions:
            shown = session.certificates[side] if session.level == level else None
            if shown:
                first = shown[0]
                leaves.append(Leaf(slot, first.certificate, statuses.get(code, Status.UNKNOWN)))
                shown_at.append(first.at)
                break
    return tuple(leaves), shown_at


_SLOTS = tuple([(slot, slot.code, slot.level, slot.side) for slot in SLOT_TABLE])


def _level(session: Session | None) -> Level | None:
    if session is None:
        return None
    client, server = session.certificates
    return Level(session.version, session.suite, session.outcome, (_leaf(client), _leaf(server)))


def _leaf(chain: tuple[Presented, ...] | None) -> tuple[Certificate, ...] | None:
    """The first of a chain, () for an empty one."""
    if chain is None:
        return None
    return (chain[0].certificate,) if chain else ()


def _refusal(session: Session | None) -> Span | None:
    if session is None:
        return None
    for alert in session.alerts:
        if alert.code in _CERTIFICATE_ALERTS and alert.side is SERVER:
            return alert.at
    return None
