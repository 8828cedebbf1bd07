"""The ladder of a connection as a drawing: where every arrow, box and word of the SVG stands.

Time goes down, a row a flight; the client's line is on the left, the server's on the right. A TLS level is a
box, the inner level's inside the outer level's, both inside that of TCP, and an arrow goes from edge to edge
of the box that it belongs to.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from analyzer.report.ladder import Flight, shortened, with_sealed
from analyzer.report.words import OUTCOME_WORDS, frames_text, level_title
from analyzer.session.facts import Conversation
from analyzer.stream import CLIENT
from analyzer.tls.constants import version_name
from analyzer.values import dataclass

WIDTH = 960
_LEFT = 190  # the client's line; times and frames stand left of it
_RIGHT = WIDTH - 20
_INSET = 22  # how far the box of a level stands inside the one around it
_LINE = 16  # a line of text
_GAP = 12  # between a row's arrow and the next row's first line
_HEADING = 24  # the title of a box
_FOOT = 12  # below the last row of a box
_LETTER = 7.6  # a character of the words above an arrow
_DEEPEST = 4  # deeper levels are drawn at this inset

# Silence from here on is worth a row of its own.
_SILENCE_NS = 1_000_000_000
_SECOND = 1_000_000_000

_ALARMS = ("refused", "no answer", "never acknowledged")


@dataclass(frozen=True, slots=True)
class Box:
    """A level: `kind` is `tcp`, `outer`, `inner` or `deeper`; `outcome` is of `OUTCOME_WORDS` or ""."""

    kind: str
    outcome: str
    title: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A flight from `x1` to `x2` with the words above it.

    Attributes:
        alarming: an alert or a reset. exchange: both sides spoke (the TCP handshake).
        sealed: records that stayed closed.
    """

    kind: str
    sealed: bool
    alarming: bool
    exchange: bool
    time: str
    frames: str
    x1: float
    x2: float
    y: float
    words: tuple[tuple[float, str], ...]

    @property
    def middle(self) -> float:
        """Where the words are centred."""
        return (self.x1 + self.x2) / 2

    @property
    def heads(self) -> tuple[str, ...]:
        """The points of the arrow's head; of both where the flight stands for an exchange."""
        ends = [(self.x2, self.x1), (self.x1, self.x2)][: 2 if self.exchange else 1]
        return tuple(_head(to, origin, self.y) for to, origin in ends)


@dataclass(frozen=True, slots=True)
class Note:
    """A row that is no flight: silence, or flights left out."""

    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything to draw, and the same in words for those who do not see it."""

    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    notes: tuple[Note, ...]
    description: str
    left: float = _LEFT
    right: float = _RIGHT
    width: float = WIDTH


def drawing(told: Conversation) -> Drawing:
    """The ladder of one connection."""
    rows = shortened(with_sealed(told))
    top, y = 34.0, 34.0 + _HEADING
    arrows: list[Arrow] = []
    notes: list[Note] = []
    reach: dict[int, tuple[float, float]] = {}  # level -> top and bottom of its box
    previous: int | None = None
    deepest = -1  # the level of the row above
    for flight in rows:
        if flight is None:
            y += _LINE + _GAP
            notes.append(Note(y - _GAP, "... flights left out here, the timeline counts them ..."))
            previous = None
            continue
        silence = 0 if previous is None else (flight.since_ns or flight.at.began) - previous
        if silence >= _SILENCE_NS:
            y += _LINE + _GAP + (_FOOT if deepest >= 0 else 0)
            notes.append(Note(y - _GAP, f"{silence / _SECOND:.1f} s of silence"))
        previous = flight.at.ended
        level = -1 if flight.level is None else flight.level
        if level < deepest:
            y += _FOOT
        deepest = level
        y = _opened(reach, level, y)
        arrow = _arrow(flight, told, y)
        arrows.append(arrow)
        y = arrow.y + _GAP
        for each in range(level + 1):
            reach[each] = (reach[each][0], y)
    boxes = tuple(_boxes(told, reach, top, y + 8))
    return Drawing(y + 20, boxes, tuple(arrows), tuple(notes), _description(told, rows))


def _opened(reach: dict[int, tuple[float, float]], level: int, y: float) -> float:
    """Room for the titles of the boxes that begin with this row."""
    for each in range(level + 1):
        if each not in reach:
            reach[each] = (y, y + _HEADING)
            y += _HEADING
    return y


def _arrow(flight: Flight, told: Conversation, y: float) -> Arrow:
    inset = 0 if flight.level is None else (min(flight.level, _DEEPEST) + 1) * _INSET
    left, right = _LEFT + inset, _RIGHT - inset
    columns = max(20, int((right - left - 24) / _LETTER))
    lines = textwrap.wrap(", ".join(flight.what), columns, break_on_hyphens=False) or [""]
    words = tuple((y + _LINE * (at + 1) - 3, line) for at, line in enumerate(lines))
    from_client = flight.side is CLIENT
    return Arrow(
        kind=_kind(flight.level),
        sealed=flight.sealed,
        alarming=any(_alarms(word) for word in flight.what),
        exchange=flight.level is None and any("SYN-ACK" in word for word in flight.what),
        time=f"+{(flight.at.began - told.tcp.span.began) / _SECOND:.6f}",
        frames=frames_text((flight.at,)),
        x1=left if from_client else right,
        x2=right if from_client else left,
        y=y + _LINE * len(lines) + 4,
        words=words,
    )


def _head(to: float, origin: float, y: float) -> str:
    back = -9 if to > origin else 9
    return f"{to},{y} {to + back},{y - 5} {to + back},{y + 5}"


def _alarms(word: str) -> bool:
    if word.startswith("alert "):
        return "close_notify" not in word
    return word == "RST" or any(sign in word for sign in _ALARMS)


def _kind(level: int | None) -> str:
    return "tcp" if level is None else {0: "outer", 1: "inner"}.get(level, "deeper")


def _boxes(
    told: Conversation, reach: dict[int, tuple[float, float]], top: float, bottom: float
) -> Iterator[Box]:
    # TCP's own outcome is that of its opening; the connection's stands in the heading above.
    yield Box(
        "tcp", "", f"TCP {told.tcp.server}", _LEFT, top, _RIGHT - _LEFT, max(bottom - top, 30)
    )
    for level, (began, ended) in sorted(reach.items()):
        inset = (min(level, _DEEPEST) + 1) * _INSET
        session = told.at_level(level)
        outcome = "" if session is None else session.outcome
        version = (
            ""
            if session is None or session.version is None
            else f" {version_name(session.version)}"
        )
        state = f": {OUTCOME_WORDS[outcome]}" if outcome else ""
        deeper = sum(1 for other in reach if other > level)
        yield Box(
            _kind(level),
            outcome,
            f"{level_title(level)} TLS{version.removeprefix(' TLS')}{state}",
            _LEFT + inset,
            began,
            _RIGHT - _LEFT - 2 * inset,
            ended - began + 4 * deeper,
        )


def _description(told: Conversation, rows: Sequence[Flight | None]) -> str:
    count = sum(row is not None for row in rows)
    levels = sorted({session.level for session in told.sessions})
    named = ", ".join(f"{level_title(level)} TLS" for level in levels) or "no TLS"
    return (
        f"Connection {told.stream} from {told.tcp.client} to {told.tcp.server}: {count} flights of "
        f"TCP and {named} in order of time; the table below says the same in words."
    )
