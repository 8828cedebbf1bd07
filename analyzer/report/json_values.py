"""How single values stand in JSON reports: suites, sides, frames, times."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from analyzer.report.model import Connection
from analyzer.report.words import frame_numbers
from analyzer.stream import CLIENT, FRAME_MASK, SERVER, Side, Span, number_of
from analyzer.tls.suites import suite_name

Json: TypeAlias = dict[str, Any]

# Texts of each kind that are kept for the next connection.
KEPT = 1024

_MILLION = 1_000_000

# A value as JSON text: for what is rare, or is then kept.
encode = json.JSONEncoder(check_circular=False).encode


def suite_json(number: int) -> Json:
    """A cipher suite by number and name."""
    return {"id": f"0x{number:04x}", "name": suite_name(number)}


def by_side(pair: tuple[Any, Any]) -> Json:
    """One value a side."""
    return {CLIENT.word: pair[CLIENT], SERVER.word: pair[SERVER]}


def side_word(side: Side | None) -> str | None:
    """`client` or `server`, null for neither."""
    return None if side is None else side.word


def frame_json(at: Span) -> int:
    """The first frame of a span, counted within its file."""
    return number_of(at.first)


def milliseconds(nanoseconds: int | None) -> float | None:
    """Nanoseconds as milliseconds, null where there are none."""
    return None if nanoseconds is None else nanoseconds / _MILLION


def connection_json(connection: Connection) -> Json:
    """Which connection is meant, and what became of it."""
    told = connection.conversation
    return {
        "stream": told.stream,
        "client": {"address": told.tcp.client.address, "port": told.tcp.client.port},
        "server": {"address": told.tcp.server.address, "port": told.tcp.server.port},
        "outcome": told.outcome,
    }


@functools.lru_cache(maxsize=KEPT)
def word_text(word: str | None) -> str:
    """A word that comes again and again, e.g. a message's type, as JSON text."""
    return encode(word)


@functools.lru_cache(maxsize=KEPT)
def milliseconds_text(nanoseconds: int | None) -> str:
    """`milliseconds` as JSON text.

    Of a connection's fifty times every third is 0, and many stand there twice; captures count microseconds, so many
    come again in the next one too. A kept one takes 0.2 us instead of 0.6, a new one 0.8.
    """
    return "null" if nanoseconds is None else repr(nanoseconds / _MILLION)


def by_side_text(pair: tuple[int, int]) -> str:
    """`by_side` of two numbers as JSON text."""
    return f'{{"client": {pair[0]}, "server": {pair[1]}}}'


def list_text(items: Iterable[str]) -> str:
    """A list of what is JSON text already."""
    return f"[{', '.join(items)}]"


def rows_text(told: Sequence[Json]) -> str:
    """A list of what a connection seldom has."""
    return encode(told) if told else "[]"


@functools.lru_cache(maxsize=KEPT)
def words_text(words: tuple[str, ...]) -> str:
    """Words that come together again and again, e.g. a flight's messages, as JSON text."""
    return encode(words)


def frames_text(spans: Sequence[Span]) -> str:
    """`words.frame_numbers` as JSON text."""
    if len(spans) != 1:
        return encode(frame_numbers(spans))
    first, last, _, _ = spans[0]
    if first == last:
        return f"[{first & FRAME_MASK}]"
    return f"[{min(first, last) & FRAME_MASK}, {max(first, last) & FRAME_MASK}]"
