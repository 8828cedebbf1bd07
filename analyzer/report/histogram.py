"""When connections began and how they ended, as bars over time: the shape of a storm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.report.model import Connection, Packed
from analyzer.report.words import iso_time
from analyzer.values import dataclass

WIDTH = 960
HEIGHT = 90
_BINS = 80

# Fewer connections than this are better read in the table.
_FROM = 9

# From the bottom up; the order in which an eye looks for trouble.
_STACK = ("failed", "unfinished", "unseen", "established")


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a bar: connections of one outcome that began within the same stretch of time."""

    outcome: str
    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars from the first to the last beginning."""

    bars: tuple[Bar, ...]
    began: str
    ended: str
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def histogram(connections: Sequence[Connection]) -> Histogram | None:
    """The bars, None where there is too little to see."""
    told = list(_told(connections))
    starts = [start for start, _ in told]
    if len(starts) < _FROM or min(starts) == max(starts):
        return None
    first, length = min(starts), max(starts) - min(starts) + 1
    counts: dict[tuple[int, str], int] = {}
    for start, outcome in told:
        place = ((start - first) * _BINS // length, outcome)
        counts[place] = counts.get(place, 0) + 1
    most = max(sum(counts.get((at, o), 0) for o in _STACK) for at in range(_BINS))
    bars = []
    for at in range(_BINS):
        y = float(HEIGHT)
        for outcome in _STACK:
            count = counts.get((at, outcome), 0)
            if not count:
                continue
            height = HEIGHT * count / most
            y -= height
            when = iso_time(first + at * length // _BINS)
            words = f"{count} {outcome} from {when}"
            bars.append(Bar(outcome, at * WIDTH / _BINS, y, WIDTH / _BINS - 1.5, height, words))
    return Histogram(tuple(bars), iso_time(first), iso_time(max(starts)), most)


def _told(connections: Sequence[Connection]) -> Iterator[tuple[int, str]]:
    """When each began, and its outcome."""
    if isinstance(connections, Packed):
        yield from ((each.span.began, each.kind.outcome) for each in connections.briefs)
    else:
        for told in (each.conversation for each in connections):
            yield told.tcp.span.began, told.outcome
