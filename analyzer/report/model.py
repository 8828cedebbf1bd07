"""The report as values: what was read, what was found, what it comes to."""

from __future__ import annotations

import importlib
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple

from analyzer.capture.items import Comment, Damage, NameRecord
from analyzer.session.facts import Conversation
from analyzer.stream import StreamEvent
from analyzer.values import dataclass
from analyzer.verdict.brief import Brief, brief_of
from analyzer.verdict.comparison.series import Series
from analyzer.verdict.comparison.showing import Showing
from analyzer.verdict.finding import Cause, Finding, Status


@dataclass(frozen=True, slots=True)
class Input:
    """One capture file.

    Attributes:
        name: as the user gave it; `-` for standard input.
        format: `pcap`, `pcapng`, `pcapng+gzip` ...; "" for a file that could not be read.
        frames: frames read. bytes: size of the file as far as it was read, decompressed.
        skipped: frames passed over although their link or network layer was asked for, by reason.
        damage: where the file ends early or stops making sense.
        names, comments: what the file says besides its packets (pcapng).
        refused: why it is no capture that can be read, "" if it could be.
    """

    name: str
    format: str = ""
    frames: int = 0
    bytes: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    damage: tuple[Damage, ...] = ()
    names: tuple[NameRecord, ...] = ()
    comments: tuple[Comment, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection: its facts, the findings about it, and why it failed (None where it did not).

    Attributes:
        streams: byte streams that were asked for, by level and kind (see `session.stack.StackOptions.kept`).
    """

    conversation: Conversation
    findings: tuple[Finding, ...] = ()
    cause: Cause | None = None
    streams: Mapping[tuple[int, str], Sequence[StreamEvent]] = field(
        default_factory=dict, repr=False
    )


class Packed(Sequence[Connection]):
    """Connections that are put away, each taken out when it is asked for; what is at hand are their briefs."""

    @property
    @abstractmethod
    def briefs(self) -> Sequence[Brief]:
        """Of every connection, in order."""

    @abstractmethod
    def written(self, form: str) -> Iterator[str] | None:
        """Each connection as that format writes it, where that was done when it ended."""

    @abstractmethod
    def at(self, places: Sequence[int]) -> Packed:
        """Those in these places, in this order; they stay put away."""

    def chosen(self, wanted: Callable[[Brief], bool]) -> Packed:
        """Those of which that is true."""
        return self.at([place for place, each in enumerate(self.briefs) if wanted(each)])


def briefs_of(connections: Sequence[Connection]) -> Sequence[Brief]:
    """Connections in brief."""
    if isinstance(connections, Packed):
        return connections.briefs
    return [brief_of(each.conversation, each.findings, each.cause) for each in connections]


def numbers_of(connections: Sequence[Connection]) -> list[int]:
    """By which numbers connections are known."""
    if isinstance(connections, Packed):
        return [each.stream for each in connections.briefs]
    return [each.conversation.stream for each in connections]


class Broken(NamedTuple):
    """A connection on which the program itself failed, by its number, and how."""

    stream: int
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run has to say.

    Attributes:
        inputs: in the order given; a frame's `stream.file_of` is an index into them.
        connections: in order of their first frames. Of many, those further back may be `Packed`.
        findings: about the whole capture, not about one connection.
        verdict: over all connections; unknown is never a pass.
        reasons: why the verdict is not a pass, one clause each; empty for a pass.
        shown: which address showed which certificate when, over all connections.
        series: the failures, each cause between two machines once, with its count and times.
        usual: nanoseconds that a stage took in the median connection (`session.timing`).
        left_out: how many connections are not among `connections` because nobody wanted to be told of them.
    """

    inputs: tuple[Input, ...]
    connections: Sequence[Connection]
    findings: tuple[Finding, ...]
    verdict: Status
    reasons: tuple[str, ...] = ()
    shown: tuple[Showing, ...] = ()
    series: tuple[Series, ...] = ()
    usual: Mapping[str, int] = field(default_factory=dict)
    left_out: int = 0

    @property
    def broken(self) -> tuple[Broken, ...]:
        """The connections on which the program itself failed."""
        if isinstance(self.connections, Packed):
            told = ((each.stream, each.kind.broken) for each in self.connections.briefs)
        else:
            told = ((c.conversation.stream, c.conversation.broken) for c in self.connections)
        return tuple(Broken(stream, what) for stream, what in told if what)

    def __or__(self, other: Report) -> Report:
        """Both as one; see `report.union`."""
        united: Report = _face("union").united(self, other)
        return united

    def __repr__(self) -> str:
        """What it comes to, in a line."""
        names = ", ".join(source.name for source in self.inputs)
        count = len(self.connections)
        told = f"{count} connection{'s' * (count != 1)}"
        return f"<Report of {names}: {self.verdict.value}, {told}>"

    def _repr_html_(self) -> str:
        """The HTML report in a frame, for notebooks; the text where jinja2 is not installed."""
        # The faces know the model, so it can know them only when it is asked to show itself.
        try:
            return str(_face("html").frame(self))
        except ModuleNotFoundError:
            from html import escape  # noqa: PLC0415  for this alone

            return f"<pre>{escape(_face('terminal').dumps(self))}</pre>"


def _face(name: str) -> Any:
    return importlib.import_module(f"analyzer.report.{name}")
