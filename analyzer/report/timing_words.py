"""Where the time went, in a line a stage, for faces that are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.session.facts import Conversation
from analyzer.session.timing import StageTime
from analyzer.stream import CLIENT, SERVER

_MILLISECOND = 1_000_000
_SECOND = 1_000_000_000

_TITLES = {"tcp": "TCP", "outer": "outer", "between": "between", "inner": "inner"}

# A stage is called slow from so many times the usual on, and not for a few milliseconds.
_SLOW, _WORTH_TELLING = 5, 50 * _MILLISECOND
# A part of a stage is named from this share on.
_SHARE = 0.1


def timing_line(told: Conversation, stages: Sequence[StageTime], usual: Mapping[str, int]) -> str:
    """`TCP 1 ms; outer 12 ms (client 3 ms, server 9 ms); ...`; "" where nothing was timed."""
    parts = [_stage(stage, usual.get(stage.stage, 0)) for stage in stages]
    again = ", ".join(
        f"{told.tcp.sides[side].retransmissions} by the {side.word}"
        for side in (CLIENT, SERVER)
        if told.tcp.sides[side].retransmissions
    )
    if parts and again:
        parts.append(f"packets were sent again ({again}), so part of this is the network's")
    return "; ".join(parts)


def _stage(stage: StageTime, usual: int) -> str:
    words = f"{_TITLES[stage.stage]} {span_words(stage.took_ns)}"
    shares = ", ".join(_shares(stage))
    if usual and stage.took_ns >= _SLOW * usual and stage.took_ns - usual >= _WORTH_TELLING:
        times = stage.took_ns / usual
        shares += f"{', ' if shares else ''}{times:.0f} times the usual {span_words(usual)}"
    return words + (f" ({shares})" if shares else "")


def _shares(stage: StageTime) -> Iterator[str]:
    if not stage.flights:
        return
    for who, took in (
        ("client", stage.client_ns),
        ("server", stage.server_ns),
        ("network", stage.network_ns),
    ):
        if took >= _SHARE * stage.took_ns and took:
            yield f"{who} {span_words(took)}"


def span_words(nanoseconds: int) -> str:
    """`0.05 ms`, `12 ms`, `1.3 s`."""
    if nanoseconds >= _SECOND:
        return f"{nanoseconds / _SECOND:.1f} s"
    return (
        f"{nanoseconds / _MILLISECOND:.2g} ms"
        if nanoseconds < 100 * _MILLISECOND
        else f"{nanoseconds / _MILLISECOND:.0f} ms"
    )
