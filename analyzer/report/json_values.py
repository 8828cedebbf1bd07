"""How single values stand in JSON reports: suites, sides, frames, times."""

from __future__ import annotations

from typing import Any, TypeAlias

from analyzer.stream import CLIENT, SERVER, Side, Span, number_of
from analyzer.tls.suites import suite_name
from analyzer.transport.facts import Endpoint

Json: TypeAlias = dict[str, Any]


def suite_json(number: int) -> Json:
    """A cipher suite by number and name."""
    return {"id": f"0x{number:04x}", "name": suite_name(number)}


def endpoint_json(endpoint: Endpoint) -> Json:
    """An address and port."""
    return {"address": endpoint.address, "port": endpoint.port}


def by_side(pair: tuple[Any, Any]) -> Json:
    """One value a side."""
    return {CLIENT.word: pair[CLIENT], SERVER.word: pair[SERVER]}


def side_word(side: Side | None) -> str | None:
    """`client` or `server`, null for neither."""
    return None if side is None else side.word


def frame_json(at: Span) -> int:
    """The first frame of a span, counted within its file."""
    return number_of(at.first)


def hexadecimal(octets: bytes | None) -> str | None:
    """Bytes as lower-case hex, null where there are none."""
    return None if octets is None else octets.hex()


def milliseconds(nanoseconds: int | None) -> float | None:
    """Nanoseconds as milliseconds, null where there are none."""
    return None if nanoseconds is None else nanoseconds / 1_000_000
