"""Failures over time and over machines: the same one again and again, since when, and who stands out.

One connection cannot tell that it is the thousandth that ended so, three seconds after the one before, or that the
connections to the other HSMs are fine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from analyzer.session.outcome import FAILED
from analyzer.stream import CLIENT, SERVER
from analyzer.tls.constants import version_name
from analyzer.tls.suites import suite_name
from analyzer.verdict.brief import Brief, Level
from analyzer.verdict.causes.reading import duration
from analyzer.verdict.comparison.series import (
    SERIES,
    STREAMS,
    end_of,
    pair,
    reconnects,
    repeated,
    series,
    start,
)
from analyzer.verdict.finding import Finding, Status
from analyzer.verdict.words import count_words, listing, plural, short, time_of, when

# A round trip that is so many times another one is another path.
_OTHER_PATH = 5


_MILLISECOND = 1_000_000


def patterns(told: Sequence[Brief]) -> tuple[Finding, ...]:
    """What the failures of a capture have in common."""
    return (
        *(repeated(one) for one in series(told) if one.count >= SERIES),
        *reconnects(told),
        *_since(told),
        *_idle_timeout(told),
        *_slower_answers(told),
        *_standing_out(told, "HSM", lambda each: str(each.server), code="hsm-stands-out"),
        *_standing_out(told, "client", lambda each: each.client.address, code="client-stands-out"),
    )


def _since(told: Sequence[Brief]) -> Iterator[Finding]:
    """Between the same two machines it worked until a moment, and never again; or the other way round."""
    clear = [each for each in told if _is_clear(each)]
    unclear = [each for each in told if not _is_clear(each)]
    yield from _moved(clear, unclear)
    for (client, server), group in groupby(sorted(clear, key=pair), key=pair):
        ordered = sorted(group, key=start)
        turns = _turns(ordered)
        if len(turns) != 1:
            continue
        before, after = turns[0]
        if _between((u for u in unclear if pair(u) == (client, server)), after, ordered[-1]):
            continue
        if before.fine and sum(each.failed for each in ordered) >= SERIES - 1:
            yield _failing_since(client, server, ordered, before, after)
        elif after.fine and sum(each.failed for each in ordered) >= SERIES - 1:
            yield Finding(
                "works-since",
                Status.PASS,
                f"{client} could not connect to {server} until {when(time_of(end_of(before)))}, and can since "
                f"{when(time_of(start(after)))}{_changes(before, after)}",
                evidence=(before.span, after.span),
            )


def _is_clear(told: Brief) -> bool:
    return told.fine or told.failed


def _between(unclear: Iterable[Brief], first: Brief, last: Brief) -> bool:
    """Whether some came between that may have gone the other way: then "since" is more than is known."""
    return any(start(first) < start(each) < start(last) for each in unclear)


def _turns(ordered: Sequence[Brief]) -> list[tuple[Brief, Brief]]:
    """The neighbours of which one is fine and the other is not."""
    return [turn for turn in pairwise(ordered) if turn[0].fine != turn[1].fine]


def _moved(clear: Sequence[Brief], unclear: Sequence[Brief]) -> Iterator[Finding]:
    """A client that connected to one address until a moment, and since then fails with another one only."""
    by_client: Callable[[Brief], str] = lambda each: each.client.address  # noqa: E731
    for client, group in groupby(sorted(clear, key=by_client), key=by_client):
        ordered = sorted(group, key=start)
        turns = _turns(ordered)
        if len(turns) != 1 or not turns[0][0].fine:
            continue
        before, after = turns[0]
        if _between((u for u in unclear if by_client(u) == client), after, ordered[-1]):
            continue
        worked = {str(each.server) for each in ordered if each.fine}
        fails = {str(each.server) for each in ordered if not each.fine}
        failed = sum(each.failed for each in ordered)
        if worked & fails or failed < SERIES - 1:
            continue
        yield Finding(
            "fails-since",
            Status.FAIL if after.kind.outcome == FAILED else Status.UNKNOWN,
            f"{client} connected until {when(time_of(end_of(before)))} and fails since {when(time_of(start(after)))} "
            f"({plural(failed, 'connection')}: {after.kind.cause or 'unknown'}); changed with it: the "
            f"address, {listing(sorted(worked))} before, {listing(sorted(fails))} since",
            evidence=(before.span, after.span),
            advice="find out why the client uses the other address: its configuration, or HSMs that were replaced",
        )


def _failing_since(
    client: str, server: str, ordered: Sequence[Brief], before: Brief, after: Brief
) -> Finding:
    failed = sum(each.failed for each in ordered)
    return Finding(
        "fails-since",
        Status.FAIL if after.kind.outcome == FAILED else Status.UNKNOWN,
        f"{client} to {server} worked until {when(time_of(end_of(before)))} and fails since "
        f"{when(time_of(start(after)))} ({plural(len(ordered) - failed, 'connection')} fine, then {failed} failed: "
        f"{after.kind.cause or 'unknown'}){_changes(before, after)}",
        evidence=(before.span, after.span),
        advice="find out what was changed between those two times, on the client and on the HSM's side",
    )


def _changes(before: Brief, after: Brief) -> str:
    """What differs between the last connection of the one kind and the first of the other, as a clause."""
    found = list(_differences(before, after))
    if not found:
        return "; nothing else that can be seen changed with it"
    return "; changed with it: " + "; ".join(found)


def _differences(old: Brief, new: Brief) -> Iterator[str]:
    for word, was, now in zip(("outer", "inner"), old.kind.levels, new.kind.levels, strict=True):
        if was is not None and now is not None:
            yield from _level_differences(word, was, now)
    trip, now_trip = old.rtt_ns or 0, new.rtt_ns or 0
    slower, faster = max(trip, now_trip), min(trip, now_trip)
    if faster and slower >= _OTHER_PATH * faster and slower >= _MILLISECOND:
        yield f"round trip {duration(trip)}, now {duration(now_trip)}"
    ttls = old.kind.ttl, new.kind.ttl
    if None not in ttls and ttls[0] != ttls[1]:
        yield f"TTL of the server's packets {ttls[0]}, now {ttls[1]}: another path or another machine"


def _level_differences(word: str, was: Level, now: Level) -> Iterator[str]:
    if was.version is not None and now.version is not None and was.version != now.version:
        yield f"{word} version {version_name(was.version)}, now {version_name(now.version)}"
    elif was.suite is not None and now.suite is not None and was.suite != now.suite:
        yield f"{word} suite {suite_name(was.suite)}, now {suite_name(now.suite)}"
    for side in (SERVER, CLIENT):
        shown, shows = was.leaves[side], now.leaves[side]
        if shown and shows and shown != shows:
            yield f"{word} {side.word} certificate {short(shown[0])}, now {short(shows[0])}"
        elif shown and shows == ():
            yield f"the client shows no certificate any more at the {word} level"


def _idle_timeout(told: Sequence[Brief]) -> Iterator[Finding]:
    """The longest silence that a connection outlived, and the shortest that cost one."""
    lost = [each for each in told if each.kind.cause == "idle-dropped"]
    if not lost:
        return
    worst = min(lost, key=_silence)
    lived = [each for each in told if each.fine and _silence(each) < _silence(worst)]
    best = max(lived, key=_silence, default=None)
    if best is None or _silence(best) < _IDLE_NS:
        return
    yield Finding(
        "idle-timeout",
        Status.UNKNOWN,
        f"connections outlive {duration(_silence(best))} of silence (connection {best.stream}) and not "
        f"{duration(_silence(worst))} (connection {worst.stream}): the idle timeout lies between",
        evidence=(best.span, worst.span),
        advice="look for a timeout of that length on the path: TcpEstablishedTimeout of the client's network interface, "
        "NAT gateways, firewalls",
    )


# Shorter pauses say nothing about timeouts.
_IDLE_NS = 5_000_000_000


def _silence(told: Brief) -> int:
    return told.silence_ns


def _slower_answers(told: Sequence[Brief]) -> Iterator[Finding]:
    """Connections on which the HSM's side takes ever longer to answer, as it does when it is throttling."""
    slow = [each for each in told if each.slowing is not None]
    if not slow:
        return
    first = slow[0]
    before, now = first.slowing or (0, 0)
    yield Finding(
        "answers-slow-down",
        Status.UNKNOWN,
        f"answers from {first.server} take ever longer on {plural(len(slow), 'connection')}: "
        f"{duration(before)} at first, {duration(now)} later (connection {first.stream}), as under "
        "throttling or load",
        evidence=tuple(each.span for each in slow[:STREAMS]),
        advice="look in the client's log for `Response Code: 187` (throttling); spread the load over more HSMs and retry "
        "with back-off",
        limitations=("what was asked is encrypted: some requests take longer than others",),
    )


def _standing_out(
    told: Sequence[Brief], noun: str, machine: Callable[[Brief], str], *, code: str
) -> Iterator[Finding]:
    """One of several machines with which every connection fails, while with all others every one is fine."""
    clear = [each for each in told if _is_clear(each)]
    by_machine: dict[str, list[Brief]] = {}
    for each in clear:
        by_machine.setdefault(machine(each), []).append(each)
    if len(by_machine) < 2:
        return
    bad = {name for name, group in by_machine.items() if all(each.failed for each in group)}
    good = {name for name, group in by_machine.items() if all(each.fine for each in group)}
    if not bad or bad | good != by_machine.keys() or len(bad) >= len(good) + (len(by_machine) == 2):
        return
    failed = [each for name in by_machine if name in bad for each in by_machine[name]]
    causes = dict.fromkeys(each.kind.cause for each in failed)
    fine = sum(len(by_machine[name]) for name in good)
    yield Finding(
        code,
        Status.FAIL if any(e.kind.outcome == FAILED for e in failed) else Status.UNKNOWN,
        f"only {listing(n for n in by_machine if n in bad)} {'fails' if len(bad) == 1 else 'fail'} "
        f"({plural(len(failed), 'connection')}: {', '.join(causes)}); with the {_others(noun, len(good))} "
        f"{'all' if fine > 1 else 'the one'} of {plural(fine, 'connection')} {'are' if fine > 1 else 'is'} fine",
        evidence=tuple(each.span for each in failed[:STREAMS]),
        advice=f"compare that {noun} with the others: its configuration, its certificates, its path",
    )


def _others(noun: str, count: int) -> str:
    return f"other {noun}" if count == 1 else f"{count_words(count)} other {noun}s"
