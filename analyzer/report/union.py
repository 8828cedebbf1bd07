"""Two reports as one: of captures that have no connection in common.

Captures that follow each other are better analyzed together (`batch`), which joins what crosses from one to the
next; this puts together what was told already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from analyzer.report.model import Connection, Report, briefs_of
from analyzer.session.timing import usual
from analyzer.stream import FILE_SHIFT, Span
from analyzer.verdict import overall
from analyzer.verdict.comparison.series import series
from analyzer.verdict.comparison.showing import Showing

Value = TypeVar("Value")


def united(one: Report, other: Report) -> Report:
    """The inputs of both, `other`'s behind; its frames are told by their new places among the inputs.

    Connections are numbered anew, in order of their first packets. Verdict, reasons and series are reckoned
    over all; findings about a whole capture stay as they were told of each.
    """
    shifted = _shifted(other, len(one.inputs) << FILE_SHIFT)
    both = sorted((*one.connections, *shifted.connections), key=_first)
    connections = tuple(
        replace(each, conversation=replace(each.conversation, stream=number))
        for number, each in enumerate(both)
    )
    briefs = briefs_of(connections)
    verdict, reasons = overall(briefs)
    return Report(
        inputs=(*one.inputs, *other.inputs),
        connections=connections,
        findings=tuple(dict.fromkeys((*one.findings, *shifted.findings))),
        verdict=verdict,
        reasons=reasons,
        shown=_showings((*one.shown, *shifted.shown)),
        series=series(briefs),
        usual=usual(each.took for each in briefs),
        left_out=one.left_out + other.left_out,
    )


def _first(connection: Connection) -> tuple[int, int]:
    span = connection.conversation.tcp.span
    return span.began, span.first


def _showings(rows: tuple[Showing, ...]) -> tuple[Showing, ...]:
    """A row for each certificate at each address; which connections showed it is no longer numbered."""
    merged: dict[tuple[str, str, bytes], Showing] = {}
    for row in rows:
        key = row.slot, row.address, row.certificate.der
        known = merged.get(key)
        merged[key] = replace(row, streams=()) if known is None else _both(known, row)
    return tuple(merged.values())


def _both(one: Showing, other: Showing) -> Showing:
    first = min(one.first, other.first, key=_began)
    last = max(one.last, other.last, key=_began)
    worse = min(one, other, key=lambda row: _WORST_FIRST.index(row.status.value))
    return replace(
        worse, first=first, last=last, connections=one.connections + other.connections, streams=()
    )


_WORST_FIRST = ("fail", "unknown", "pass")


def _began(span: Span) -> int:
    return span.began


def _shifted(value: Value, by: int) -> Value:
    """A value with every frame in it moved."""
    moved: Any = value
    if isinstance(value, Span):
        moved = value._replace(first=value.first + by, last=value.last + by)
    elif isinstance(value, tuple):
        items = tuple(_shifted(item, by) for item in value)
        moved = value._make(items) if hasattr(value, "_make") else items
    elif isinstance(value, Mapping):
        moved = {key: _shifted(item, by) for key, item in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _shifted(getattr(value, f.name), by) for f in fields(value) if f.init}
        if changed.get("silence_after") is not None:  # the one frame that is told without a span
            changed["silence_after"] += by
        moved = replace(value, **changed)
    return moved  # type: ignore[no-any-return]
