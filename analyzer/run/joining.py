"""Parts of a capture put together: the report is that of the whole, however it was divided.

What a file alone cannot tell is told again from all the files that have to do with it, and only for those
connections: they cross a border between files, may have ended by silence, or need keys or tickets that
another file carries. The packets are read again rather than kept, so memory does not grow with what lies
on the borders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from analyzer.report.model import Connection, Input, Report
from analyzer.run.analysis import Options, judged
from analyzer.run.kept import PLENTY, Kept
from analyzer.run.key_files import broken_lines, load_key_file
from analyzer.run.parts import Chosen, Part, Task, analyzed
from analyzer.run.pipeline import Source, assembled
from analyzer.run.pool import Lost, Workers, outcomes
from analyzer.run.spool import Spool
from analyzer.session.origins import Issuer, Origins
from analyzer.tls.secrets import Secrets
from analyzer.transport import Summary
from analyzer.verdict import traffic
from analyzer.verdict.finding import Finding, Status

# Runs tasks somewhere and gives their results in the order of the tasks.
Runner: TypeAlias = Callable[[Sequence[Task]], Sequence[Part | Lost]]


# Where a connection was told: its part, and its row there.
_Own: TypeAlias = tuple[int, int]


def runner(workers: Workers | None, seconds: float | None = None) -> Runner:
    """Runs tasks on workers, each for at most so many seconds; the connections are put away as they come."""
    spool = Spool()

    def run(tasks: Sequence[Task]) -> list[Part | Lost]:
        told = {
            index: part.put_away(spool) if isinstance(part, Part) else part
            for index, part in outcomes(analyzed, tasks, workers, seconds)
        }
        return [told[index] for index in range(len(tasks))]

    return run


def joined(
    parts: Mapping[int, Part | Lost],
    sources: Sequence[Source],
    options: Options,
    run: Runner,
    shares: int = 1,
    kept: Kept | None = None,
) -> Report:
    """The report on all sources.

    Args:
        parts: of each source by itself, by its place.
        run: analyzes the parts that have to be told again.
        shares: into how many tasks these are divided.
        kept: takes the connections.
    """
    there = {place: part for place, part in parts.items() if isinstance(part, Part)}
    torn = _torn(there)
    tasks = list(_tasks(torn, there, sources, options, shares))
    again = run(tasks)
    whole = [*there.values(), *(part for part in again if isinstance(part, Part))]
    findings = [
        *_key_findings(options),
        *(
            _lost_file(sources[place], part)
            for place, part in parts.items()
            if isinstance(part, Lost)
        ),
        *(_lost_share(part) for part in again if isinstance(part, Lost)),
    ]
    told = (
        (index, number)
        for index, part in enumerate(whole)
        for number, row in enumerate(part.connections.rows())
        if index >= len(there) or row.pair not in torn
    )
    inputs = [
        there[place].inputs[place] if place in there else _unread(source, parts.get(place))
        for place, source in enumerate(sources)
    ]
    names = [each.name for each in inputs]
    # What is counted only was counted in every file; that two files overlap shows where they meet.
    counts = _sum(part.summary for part in there.values())
    meeting = _sum(part.summary for part in whole)
    # What one file shows from its middle on may be told from the files before.
    passed = {pair for part in whole for pair in part.passed}
    for part in whole[len(there) :] if passed else ():
        passed.difference_update(row.pair for row in part.connections.rows())
    counts = replace(counts, copied=meeting.copied, joined_late=len(passed))
    findings += traffic(counts, names)
    connections = _numbered(told, whole, options, kept)
    return assembled(inputs, connections, findings, options.expected)


def of_shares(
    parts: Sequence[Part | Lost],
    sources: Sequence[Source],
    options: Options,
    kept: Kept | None = None,
) -> Report:
    """The report on all sources, of parts that each read all of them for a share of the connections."""
    there = [part for part in parts if isinstance(part, Part)]
    findings = [*_key_findings(options), *(_lost_share(p) for p in parts if isinstance(p, Lost))]
    told = (
        (index, number)
        for index, part in enumerate(there)
        for number in range(len(part.connections))
    )
    # A file that was still being written is longer for who read it last.
    inputs = [
        max((part.inputs[place] for part in there), key=_frames)
        if there
        else _unread(source, parts[0])
        for place, source in enumerate(sources)
    ]
    findings += traffic(_sum(part.summary for part in there), [each.name for each in inputs])
    connections = _numbered(told, there, options, kept)
    return assembled(inputs, connections, findings, options.expected)


def _frames(source: Input) -> int:
    return source.frames


def _sum(summaries: Iterable[Summary]) -> Summary:
    total = Summary()
    for each in summaries:
        total += each
    return total


def _torn(parts: Mapping[int, Part]) -> frozenset[int]:
    """The pairs of which no file alone can tell."""
    in_files = Counter(pair for part in parts.values() for pair in part.seen)
    torn = {pair for pair, files in in_files.items() if files > 1}
    end = max((part.end for part in parts.values()), default=0)
    keys_in = {place for place, part in parts.items() if part.has_keys}
    for place, part in parts.items():
        others_have_keys = bool(keys_in - {place})
        for row in part.connections.rows():
            # What was open at a file's end may have ended by silence since.
            is_open = row.is_open and end > part.end
            if is_open or (others_have_keys and row.is_sealed):
                torn.add(row.pair)
    return frozenset(torn)


def _tasks(
    torn: frozenset[int],
    parts: Mapping[int, Part],
    sources: Sequence[Source],
    options: Options,
    shares: int,
) -> Iterator[Task]:
    """What has to be told again: each share of the torn pairs, from the files in which they occur."""
    until = max((part.end for part in parts.values()), default=0)
    for share in range(shares):
        chosen = Chosen(torn, share, shares)
        pairs = frozenset(pair for pair in torn if chosen.holds(pair))
        if pairs:
            files = tuple(
                (place, sources[place])
                for place, part in sorted(parts.items())
                if part.has_keys or not pairs.isdisjoint(part.seen)
            )
            yield Task(files, options, Chosen(pairs), until)


def _numbered(
    told: Iterable[_Own], parts: Sequence[Part], options: Options, kept: Kept | None
) -> Sequence[Connection]:
    """The connections in order of their first frames, each with its number and with whose session it resumes."""
    several = any(len(part.inputs) > 1 for part in parts) or len(parts) > 1
    ordered = sorted(_first(parts, own, by_time=several) for own in told)
    numbers = {
        (index, parts[index].connections.row(place).stream): number
        for number, (*_, index, place) in enumerate(ordered)
    }
    origins = Origins(_issued(parts, numbers))
    taken = Kept(at_hand=PLENTY) if kept is None else kept
    for number, (*_, index, place) in enumerate(ordered):
        bundle = parts[index].connections
        row = bundle.row(place)
        if row.is_written:
            taken.add_written(bundle.written(row), number)
            continue
        taken.add(_told(bundle.connection(row), number, origins if row.resumes else None, options))
    return taken.settled() if kept is None else taken


def _told(
    connection: Connection, number: int, origins: Origins | None, options: Options
) -> Connection:
    """A connection with its number among all, and, by `origins`, with whose session it resumes."""
    here = connection.conversation
    sessions = here.sessions
    if origins is not None:
        sessions = tuple(
            replace(session, resumes=origins.find(session.identities))
            if session.resumed
            else session
            for session in sessions
        )
    conversation = replace(here, stream=number, sessions=sessions)
    if sessions != here.sessions and not here.broken:
        return judged(conversation, options, connection.streams)
    return replace(connection, conversation=conversation)


def _first(parts: Sequence[Part], own: _Own, *, by_time: bool) -> tuple[int, int, int, int]:
    """What a connection is put in order by, and where it was told."""
    index, place = own
    row = parts[index].connections.row(place)
    return (row.began if by_time else 0, row.first, index, place)


def _issued(
    parts: Sequence[Part], numbers: Mapping[tuple[int, int], int]
) -> Mapping[bytes, Issuer]:
    """Who issued each ticket, by final numbers: the earliest of those that showed certificates."""
    issued: dict[bytes, Issuer] = {}
    for index, part in enumerate(parts):
        for identity, (place, identities) in part.issued.items():
            if place is not None:
                number = numbers.get((index, place.stream))
                if number is None:
                    continue  # told again elsewhere
                place = place._replace(stream=number)  # noqa: PLW2901
            known = issued.get(identity)
            if known is None or _rank(place) < _rank(known[0]):
                issued[identity] = place, identities
    return issued


def _rank(place: object | None) -> tuple[bool, object]:
    return (place is None, place or 0)


def _key_findings(options: Options) -> Iterator[Finding]:
    for path in options.key_logs:
        finding = broken_lines(load_key_file(Secrets(), path, options.password))
        if finding is not None:
            yield finding


def _unread(source: Source, part: Part | Lost | None) -> Input:
    why = part.why if isinstance(part, Lost) else "it was not analyzed"
    return Input(str(source), refused=why)


def _lost_file(source: Source, lost: Lost) -> Finding:
    return Finding(
        "file-not-analyzed",
        Status.UNKNOWN,
        f"{source}: not analyzed, {lost.why}",
        advice="Analyze this file alone; if that fails too, please report it.",
        limitations=("What happened in this file is not in the report.",),
    )


def _lost_share(lost: Lost) -> Finding:
    return Finding(
        "connections-not-analyzed",
        Status.UNKNOWN,
        f"a share of the connections was not analyzed, {lost.why}",
        advice="Analyze with --jobs 1; if that fails too, please report it.",
        limitations=("Some connections are not in the report.",),
    )
