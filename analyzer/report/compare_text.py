"""Two captures compared, for a reader at a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby
from typing import TextIO

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analyzer.report.compare import Change, Comparison, Counted, Timing
from analyzer.report.console import console
from analyzer.report.model import Report
from analyzer.report.text import safe_text
from analyzer.report.vantage import Pair, Vantage
from analyzer.report.words import OUTCOME_WORDS, PLAIN_WIDTH, headline

_MILLISECOND = 1_000_000
_LABELS = {"change": ("before", "after"), "vantage": ("first", "second")}

# So many values, pairs and lone connections are told, the rest is counted.
_VALUES = 6
_SHOWN = 20


def dumps(comparison: Comparison) -> str:
    """The comparison as plain text."""
    text = io.StringIO()
    show(comparison, text, colored=False, width=PLAIN_WIDTH)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def show(
    comparison: Comparison, stream: TextIO, *, colored: bool, width: int | None = None
) -> None:
    """Write the comparison to `stream`; `width` None takes the terminal's."""
    out = console(stream, colored=colored, width=width)
    for part in _parts(comparison):
        out.print(part)


def _parts(comparison: Comparison) -> Iterator[RenderableType]:
    labels = _LABELS[comparison.kind]
    reports = (comparison.first, comparison.second)
    for label, report in zip(labels, reports, strict=True):
        yield _text(f"{label:<7} {_names(report)}: {headline(report)}", "bold")
    if comparison.vantage is not None:
        yield _text("the same traffic, captured in two places")
        yield from _vantage(comparison.vantage)
        return
    yield Text()
    if not comparison.changes:
        yield _text("nothing changed in what the connections show")
    for about, changes in groupby(comparison.changes, key=lambda change: change.about):
        yield _text(about, "bold")
        yield from map(_change, changes)
    if comparison.timings:
        yield Text()
        yield _text("Times in milliseconds, medians", "bold")
        yield _timings(comparison.timings)


def _text(words: str, style: str = "") -> Text:
    return Text(safe_text(words, 2000), style=style)


def _names(report: Report) -> str:
    return ", ".join(source.name for source in report.inputs)


def _change(change: Change) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for style in ("bold", "dim", ""):
        table.add_column(style=style, no_wrap=style != "", overflow="fold")
    key = safe_text(change.key)
    table.add_row(f"{key:<26}", "before", _counted(change.before))
    table.add_row("", "after", _counted(change.after))
    return Padding(table, (0, 0, 0, 2))


def _counted(values: Counted) -> Text:
    if not values:
        return Text("-")
    several = len(values) > 1 or values[0][1] > 1
    told = [f"{value} ({count} times)" if several else value for value, count in values[:_VALUES]]
    if len(values) > _VALUES:
        told.append(f"{len(values) - _VALUES} more values")
    return _text("; ".join(told))


def _timings(timings: tuple[Timing, ...]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for _ in range(2):
        table.add_column(justify="right")
    table.add_column(style="bold yellow")
    table.add_row("", "before", "after", "")
    for timing in timings:
        table.add_row(
            timing.key,
            "-" if timing.before is None else f"{timing.before:.3f}",
            "-" if timing.after is None else f"{timing.after:.3f}",
            "much slower" if _slower(timing) else "much faster" if timing.notable else "",
        )
    return Padding(table, (0, 0, 0, 2))


def _slower(timing: Timing) -> bool:
    return timing.notable and (timing.after or 0) > (timing.before or 0)


def _vantage(told: Vantage) -> Iterator[RenderableType]:
    clock = told.clock
    if clock is None:
        yield _text(
            "clocks: no message of both directions is in both captures, so times do not compare"
        )
    else:
        yield _text(
            f"clocks: the second is {abs(clock.offset) / _MILLISECOND:.3f} ms "
            f"{'ahead' if clock.offset > 0 else 'behind'}, within {clock.delay / _MILLISECOND:.3f} ms; "
            f"one way between the places: {clock.delay / _MILLISECOND:.3f} ms"
        )
    if told.near_client is not None:
        yield _text(f"nearer to the client: the {('first', 'second')[told.near_client]} capture")
    same = [pair for pair in told.pairs if not pair.between]
    differing = [pair for pair in told.pairs if pair.between]
    yield Text()
    yield _text(
        f"{len(told.pairs)} connections are in both, {len(same)} of them without a difference"
    )
    for pair in differing[:_SHOWN]:
        yield from _pair(pair)
    if len(differing) > _SHOWN:
        yield _text(f"{len(differing) - _SHOWN} more connections differ", "dim")
    for name, lone in zip(("first", "second"), told.only, strict=True):
        for connection in lone[:_SHOWN]:
            conversation = connection.conversation
            yield _text(
                f"only in the {name} capture: connection {conversation.stream}, "
                f"{conversation.tcp.client} -> {conversation.tcp.server}, "
                f"{OUTCOME_WORDS[conversation.outcome]}",
                "bold yellow",
            )
        if len(lone) > _SHOWN:
            yield _text(f"only in the {name} capture: {len(lone) - _SHOWN} more connections")


def _pair(pair: Pair) -> Iterator[RenderableType]:
    one, other = pair.first.conversation, pair.second.conversation
    words = f"connection {one.stream} / {other.stream}, {one.tcp.client} -> {one.tcp.server}"
    if pair.rewritten:
        words += f", in the second capture {other.tcp.client} -> {other.tcp.server}"
    yield _text(words, "bold")
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column(overflow="fold")
    table.add_row("", Text("first", "dim"), Text("second", "dim"), "")
    for each in pair.between:
        key = each.key if each.side is None else f"{each.side.word}'s {each.key}"
        table.add_row(_text(key), _text(each.first), _text(each.second), _text(each.means, "bold"))
    yield Padding(table, (0, 0, 0, 2))
