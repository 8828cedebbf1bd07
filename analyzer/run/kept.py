"""The connections of a run until its report is written, put away.

A connection's facts take some 25 KB, and a report begins with the verdict over all of them. So each is turned into
what the report needs as soon as it ended: a brief, for that verdict, and its text, where the format can write one
connection by itself, or its values, packed. All hold what a report shows, no secret and no decrypted content.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import eq
from typing import Any, overload

from analyzer.report.json_connection import renumbered
from analyzer.report.model import Connection, Packed
from analyzer.run.packing import Packing, Written, unpacked
from analyzer.run.spool import Spool
from analyzer.verdict.brief import Brief, Kind, brief_of, brief_of_row

# So many stay as they are: most captures hold fewer, and packing takes time.
_AT_HAND = 64

# So many briefs are put away together, which takes half the time of one after another.
_TOGETHER = 64

# A program gets so many as they are: it may look at each again and again, and to take one out takes half a millisecond.
PLENTY = 1000

# Writes one connection in a format.
Writer = Callable[[Connection], str]


class Kept(Packed):
    """Connections as they end, in order of their numbers when they are read.

    Args:
        writers: formats for which each connection is written at once.
        whole: connections are asked for as values too; else only their briefs and texts are kept.
        at_hand: so many of them stay as they are.
    """

    def __init__(
        self,
        writers: Mapping[str, Writer] | None = None,
        *,
        whole: bool = True,
        at_hand: int | None = None,
    ) -> None:
        self._store = _Store(
            dict(writers or {}), whole=whole, at_hand=_AT_HAND if at_hand is None else at_hand
        )
        self._places: Sequence[int] | None = None  # which of the store's, None for all by number

    def add(self, connection: Connection) -> None:
        """Keep the connection that ended now."""
        self._store.add(connection)

    def add_written(self, written: Written, number: int) -> None:
        """Keep one that was written elsewhere; `number`: by which it is known here. See `takes_written`."""
        text = renumbered(written.text, number)
        self._store.add_written(written.brief.numbered(number), text)

    @property
    def takes_written(self) -> bool:
        """Whether nothing but their JSON is asked for."""
        return self._store.is_of_texts and tuple(self._store.writers) == ("json",)

    @property
    def briefs(self) -> Sequence[Brief]:
        """Of every connection, in order."""
        briefs = self._store.briefs()
        return [briefs[place] for place in self._order()]

    def written(self, form: str) -> Iterator[str] | None:
        """Each connection as that format writes it, None where that was not done."""
        if form not in self._store.writers:
            return None
        return (self._store.text(form, place) for place in self._order())

    def settled(self) -> Sequence[Connection]:
        """As a plain tuple where all of them are at hand, else as they are."""
        return tuple(self) if self._store.all_at_hand and self._places is None else self

    def at(self, places: Sequence[int]) -> Kept:
        """Those in these places, in this order; they stay put away."""
        order = self._order()
        return self._part([order[place] for place in places])

    def __len__(self) -> int:
        return self._store.count if self._places is None else len(self._places)

    @overload
    def __getitem__(self, index: int) -> Connection: ...

    @overload
    def __getitem__(self, index: slice) -> Kept: ...

    def __getitem__(self, index: int | slice) -> Connection | Kept:
        """One connection, or some of them still put away.

        Raises:
            IndexError: there are not so many, or they were kept as texts only.
        """
        places = self._order()
        if isinstance(index, slice):
            return self._part(places[index])
        return self._store.connection(places[index])

    def __iter__(self) -> Iterator[Connection]:
        return map(self._store.connection, self._order())

    def __eq__(self, other: object) -> bool:
        """Whether they are the same connections as those of any sequence."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy elsewhere has no part in what is put away here."""
        return tuple, (tuple(self),)

    def _part(self, places: Sequence[int]) -> Kept:
        part = Kept()
        part._store, part._places = self._store, places
        return part

    def _order(self) -> Sequence[int]:
        if self._places is not None:
            return self._places
        return self._store.by_number()


class _Store:
    """Everything that was kept, by places in order of the connections' ends."""

    def __init__(self, writers: Mapping[str, Writer], *, whole: bool, at_hand: int) -> None:
        self.writers = writers
        self._most_at_hand = at_hand
        self._streams = array("Q")
        self._briefs = _Briefs()
        self._whole = whole
        self._at_hand: list[Connection] = []
        self._packing = Packing()
        self._packed = _Rows()
        self._texts = {form: _Rows() for form in writers}
        self._sorted: Sequence[int] = ()

    def add(self, connection: Connection) -> None:
        self._note(brief_of(connection.conversation, connection.findings, connection.cause))
        for form, writer in self.writers.items():
            self._texts[form].add(writer(connection).encode())
        if self._whole and len(self._at_hand) < self._most_at_hand:
            self._at_hand.append(connection)
        elif self._whole:
            self._packed.add(self._packing.packed(connection))

    def add_written(self, brief: Brief, text: str) -> None:
        self._note(brief)
        self._texts["json"].add(text.encode())

    def _note(self, brief: Brief) -> None:
        self._streams.append(brief.stream)
        self._briefs.add(brief)

    @property
    def count(self) -> int:
        return len(self._streams)

    def briefs(self) -> Sequence[Brief]:
        return self._briefs.all()

    @property
    def is_of_texts(self) -> bool:
        """Whether connections cannot be had as values."""
        return not self._whole

    @property
    def all_at_hand(self) -> bool:
        """Whether none was put away."""
        return len(self._at_hand) == self.count

    def by_number(self) -> Sequence[int]:
        if len(self._sorted) != self.count:
            self._sorted = sorted(range(self.count), key=self._streams.__getitem__)
        return self._sorted

    def connection(self, place: int) -> Connection:
        if not self._whole:
            raise IndexError("these connections were kept as texts only")
        if place < len(self._at_hand):
            return self._at_hand[place]
        row = self._packed.row(place - len(self._at_hand))
        return unpacked(row, self._packing.certificates, Connection)

    def text(self, form: str, place: int) -> str:
        return self._texts[form].row(place).decode()


class _Briefs:
    """Put away until they are asked for: at the end, when little is left of the connections themselves."""

    def __init__(self) -> None:
        self._recent: list[Brief] = []
        self._blocks = _Rows()
        self._kinds: list[Kind] = []
        self._numbers: dict[int, int] = {}  # of `_kinds`, by identity: equal ones are one object
        self._taken: list[Brief] = []  # those that were asked for, of so many blocks
        self._taken_blocks = 0

    def add(self, brief: Brief) -> None:
        self._recent.append(brief)
        if len(self._recent) == _TOGETHER:
            self._blocks.add(marshal.dumps([each.row(self._kind(each)) for each in self._recent]))
            self._recent.clear()

    def all(self) -> list[Brief]:
        for number in range(self._taken_blocks, len(self._blocks)):
            rows = marshal.loads(self._blocks.row(number))  # noqa: S302  put away above
            self._taken += [brief_of_row(row, self._kinds) for row in rows]
        self._taken_blocks = len(self._blocks)
        return [*self._taken, *self._recent]

    def _kind(self, brief: Brief) -> int:
        number = self._numbers.setdefault(id(brief.kind), len(self._kinds))
        if number == len(self._kinds):
            self._kinds.append(brief.kind)
        return number


class _Rows:
    """Rows of a spool by their numbers."""

    def __init__(self) -> None:
        self._spool = Spool()
        self._places = array("Q")
        self._sizes = array("L")

    def add(self, row: bytes) -> None:
        place, size = self._spool.add(row)
        self._places.append(place)
        self._sizes.append(size)

    def __len__(self) -> int:
        return len(self._places)

    def row(self, number: int) -> bytes:
        return self._spool.read(self._places[number], self._sizes[number])
