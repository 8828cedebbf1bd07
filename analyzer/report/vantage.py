"""The same traffic captured in two places: how far the clocks are apart, and what happened in between.

The clocks are compared as NTP does (RFC 5905 section 8): the fastest message of either direction took the
path's delay, and a clock's offset adds to one direction what it takes from the other. The path is taken to be as
slow in both directions, so the offset is right within half of what the directions differ by, at most the delay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from analyzer.report.model import Connection, Report
from analyzer.session.facts import Conversation, MessageSeen
from analyzer.stream import CLIENT, SERVER, Side
from analyzer.transport.facts import SideFacts
from analyzer.values import dataclass
from analyzer.verdict.words import short

_HOUR = 3_600_000_000_000
_MILLISECOND = 1_000_000


_Two: TypeAlias = tuple[Connection, Connection]
_Only: TypeAlias = tuple[tuple[Connection, ...], tuple[Connection, ...]]


@dataclass(frozen=True, slots=True)
class Clock:
    """How the second capture's clock stands to the first one's, in nanoseconds.

    Attributes:
        offset: what to take from the second capture's times.
        delay: from one place to the other, one way; the offset is uncertain by no more.
        samples: messages that both captures hold, from the client and from the server.
    """

    offset: int
    delay: int
    samples: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Between:
    """One thing that is not the same in both places.

    Attributes:
        key: `segments`, `ttl`, `mss`, `reset` ... side: who sent it, None where it is of neither.
        first, second: what either capture shows. means: what follows, "" where it speaks for itself.
    """

    key: str
    side: Side | None
    first: str
    second: str
    means: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One connection in both captures.

    Attributes:
        rewritten: its addresses or ports differ: an address translation in between.
    """

    first: Connection
    second: Connection
    rewritten: bool
    between: tuple[Between, ...]


@dataclass(frozen=True, slots=True)
class Vantage:
    """Two captures of the same traffic.

    Attributes:
        clock: None where no message of both directions is in both.
        near_client: the capture nearer to the client, 0 or 1; None where it cannot be told.
        only: connections that only the first, only the second capture has.
    """

    pairs: tuple[Pair, ...]
    clock: Clock | None
    near_client: int | None
    only: _Only


def same_traffic(first: Report, second: Report) -> bool:
    """Whether both captures hold a connection of the same hello, or of the same ends at the same time."""
    randoms = {_random(c) for c in first.connections} - {None}
    if any(_random(c) in randoms for c in second.connections):
        return True
    starts = {_ends(c): c.conversation.tcp.span.began for c in first.connections}
    return any(
        _ends(c) in starts and abs(c.conversation.tcp.span.began - starts[_ends(c)]) < _HOUR
        for c in second.connections
    )


def vantage(first: Report, second: Report) -> Vantage:
    """Pair the connections of both captures and tell what differs."""
    pairs, only = _paired(first, second)
    clock = _clock([(a.conversation, b.conversation) for a, b in pairs])
    near = _near_client(clock, [(a.conversation, b.conversation) for a, b in pairs])
    told = tuple(
        Pair(
            a,
            b,
            _ends(a) != _ends(b),
            tuple(_between(a.conversation, b.conversation, near)),
        )
        for a, b in pairs
    )
    return Vantage(told, clock, near, only)


def _random(connection: Connection) -> bytes | None:
    outer = connection.conversation.at_level(0)
    return None if outer is None else outer.client_random


def _ends(connection: Connection) -> tuple[str, str]:
    tcp = connection.conversation.tcp
    return str(tcp.client), str(tcp.server)


def _paired(first: Report, second: Report) -> tuple[list[_Two], _Only]:
    """By the client's random, which nothing on the way can change unseen; then by the ends."""
    left, right = list(first.connections), list(second.connections)
    pairs: list[_Two] = []
    for key in (_random, _ends):
        waiting: dict[object, list[Connection]] = {}
        for connection in right:
            waiting.setdefault(key(connection), []).append(connection)
        waiting.pop(None, None)
        rest = []
        for connection in left:
            found = waiting.get(key(connection))
            if found:
                pairs.append((connection, found.pop(0)))
            else:
                rest.append(connection)
        taken = {id(b) for _, b in pairs}
        left, right = rest, [connection for connection in right if id(connection) not in taken]
    pairs.sort(key=lambda pair: pair[0].conversation.stream)
    return pairs, (tuple(left), tuple(right))


def _clock(pairs: list[tuple[Conversation, Conversation]]) -> Clock | None:
    """From the messages that both hold: the smallest difference of each direction."""
    differences: tuple[list[int], list[int]] = ([], [])
    for a, b in pairs:
        for one, other in _shared_messages(a, b):
            differences[one.side].append(other.at.ended - one.at.ended)
    if not all(differences):
        return None
    # On the way from the first place to the second a message is late by the delay, on the way back it is
    # early by it: whichever place is nearer to the client, the sign comes out of the difference.
    outward, homeward = min(differences[CLIENT]), max(differences[SERVER])
    if sum(differences[CLIENT]) / len(differences[CLIENT]) < (
        sum(differences[SERVER]) / len(differences[SERVER])
    ):
        outward, homeward = max(differences[CLIENT]), min(differences[SERVER])
    return Clock(
        (outward + homeward) // 2,
        abs(outward - homeward) // 2,
        (len(differences[CLIENT]), len(differences[SERVER])),
    )


def _shared_messages(a: Conversation, b: Conversation) -> Iterator[tuple[MessageSeen, MessageSeen]]:
    for one in a.sessions:
        other = next(
            (
                s
                for s in b.sessions
                if (s.level, s.handshake) == (one.level, one.handshake)
                and s.client_random == one.client_random
            ),
            None,
        )
        if other is None or one.level:
            continue
        for side in (CLIENT, SERVER):
            own = [m for m in one.messages if m.side is side]
            theirs = [m for m in other.messages if m.side is side]
            for mine, yours in zip(own, theirs, strict=False):
                if (mine.type, mine.size) == (yours.type, yours.size):
                    yield mine, yours


def _near_client(clock: Clock | None, pairs: list[tuple[Conversation, Conversation]]) -> int | None:
    """The longer a SYN waits for its answer, the nearer the place is to the client; else the larger TTL tells."""
    for a, b in pairs:
        first, second = a.tcp.rtt_ns, b.tcp.rtt_ns
        if (
            first is not None
            and second is not None
            and clock is not None
            and (abs(first - second) > clock.delay)
        ):
            return int(first < second)
    for a, b in pairs:
        for side in (CLIENT, SERVER):
            one, other = a.tcp.sides[side].ttls, b.tcp.sides[side].ttls
            if one and other and one[0] != other[0]:
                return int((one[0] < other[0]) == (side is CLIENT))
    return None


def _between(a: Conversation, b: Conversation, near: int | None) -> Iterator[Between]:
    for side in (CLIENT, SERVER):
        one, other = a.tcp.sides[side], b.tcp.sides[side]
        for key, value, means in _SIDE_FACTS:
            first, second = value(one), value(other)
            if first != second:
                yield Between(key, side, first, second, means(one, other))
        yield from _reset(a, b, side, near)
        yield from _lost(one, other, side, near)
    yield from _sessions(a, b)
    ends = [told.tcp.ended_by for told in (a, b)]
    if ends[0] != ends[1]:
        stopped = (
            "one of the captures may have stopped first: what it lacks then was not lost on the way"
        )
        yield Between("ended by", None, ends[0], ends[1], stopped if "open" in ends else "")
    icmp = [sorted({e.description for e in told.tcp.icmp}) for told in (a, b)]
    if icmp[0] != icmp[1]:
        yield Between(
            "icmp",
            None,
            ", ".join(icmp[0]) or "none",
            ", ".join(icmp[1]) or "none",
            "an ICMP error was made, or dropped, between the two places",
        )


def _reset(a: Conversation, b: Conversation, side: Side, near: int | None) -> Iterator[Between]:
    resets = [told.tcp.sides[side].reset for told in (a, b)]
    if (resets[0] is None) == (resets[1] is None):
        return
    words = ["no RST" if reset is None else f"RST in frame {reset.first}" for reset in resets]
    seen = int(resets[0] is None)  # the capture that has it
    means = f"the {side.word}'s RST was made, or lost, between the two places"
    if near is not None:
        sender = near if side is CLIENT else 1 - near  # the capture nearer to this side
        means = (
            f"the {side.word} sent it and it was lost on the way"
            if seen == sender
            else f"the {side.word} did not send it: something between the two places did"
        )
    yield Between("reset", side, words[0], words[1], means)


def _lost(one: SideFacts, other: SideFacts, side: Side, near: int | None) -> Iterator[Between]:
    counts = [facts.segments - facts.duplicates for facts in (one, other)]
    if counts[0] == counts[1]:
        return
    means = "segments were lost, or sent by something else, between the two places"
    if near is not None:
        sender = near if side is CLIENT else 1 - near
        sent, came = counts[sender], counts[1 - sender]
        means = (
            f"{_segments(sent - came)} of the {side.word}'s lost between the two places"
            if came < sent
            else f"{_segments(came - sent)} more than the {side.word} sent: split, or sent by something "
            "between the two places"
        )
    yield Between("segments", side, str(counts[0]), str(counts[1]), means)


def _sessions(a: Conversation, b: Conversation) -> Iterator[Between]:
    one, other = a.at_level(0), b.at_level(0)
    if one is None or other is None:
        if one is not other:
            words = ["no TLS" if session is None else "TLS" for session in (one, other)]
            yield Between("tls", None, words[0], words[1], "the handshake did not get through")
        return
    randoms = [(s.client_random or b"").hex()[:16] for s in (one, other)]
    if all(randoms) and randoms[0] != randoms[1]:
        yield Between(
            "tls",
            None,
            f"client random {randoms[0]}...",
            f"client random {randoms[1]}...",
            "something between the two places ends TLS and begins another one of its own",
        )
    for side in (CLIENT, SERVER):
        shown = [
            short(chain[0].certificate) if (chain := s.certificates[side]) else None
            for s in (one, other)
        ]
        if None not in shown and shown[0] != shown[1]:
            yield Between(
                "certificate",
                side,
                str(shown[0]),
                str(shown[1]),
                f"the {side.word}'s certificate was replaced between the two places",
            )


def _hops(one: SideFacts, other: SideFacts) -> str:
    hops = abs(one.ttls[0] - other.ttls[0]) if one.ttls and other.ttls else 0
    return f"{hops} router{'' if hops == 1 else 's'} in between" if hops else ""


def _clamped(one: SideFacts, other: SideFacts) -> str:
    return "" if None in (one.mss, other.mss) else "something in between rewrites the MSS"


def _rewritten(_one: SideFacts, _other: SideFacts) -> str:
    return "something in between rewrites TCP options"


def _segments(count: int) -> str:
    return f"{count} segment{'' if count == 1 else 's'}"


def _number(value: int | None) -> str:
    return "not seen" if value is None else str(value)


_SIDE_FACTS: tuple[
    tuple[str, Callable[[SideFacts], str], Callable[[SideFacts, SideFacts], str]], ...
] = (
    ("ttl", lambda s: ", ".join(map(str, s.ttls)) or "not seen", _hops),
    ("mss", lambda s: _number(s.mss), _clamped),
    ("window scale", lambda s: _number(s.window_scale), _rewritten),
    ("bytes", lambda s: str(s.payload_bytes), lambda *_: ""),
    ("retransmissions", lambda s: str(s.retransmissions), lambda *_: ""),
)
