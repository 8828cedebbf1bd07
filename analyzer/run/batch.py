"""Many captures: each by itself, in processes or on machines, then what crosses their borders; one report."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from analyzer.errors import BadUsage, UnreadableInput
from analyzer.report.model import Report
from analyzer.run.analysis import Options
from analyzer.run.joining import joined, runner
from analyzer.run.kept import Kept
from analyzer.run.parts import Part, Task, analyzed
from analyzer.run.pool import Lost, Workers, outcomes
from analyzer.run.results import Plan, Results, digest
from analyzer.run.urls import is_url, listed

# What is told of each file when it is done: its place, its name, and what it came to.
Progress = Callable[[int, str, "Part | Lost"], None]


def sources_of(words: Sequence[str]) -> tuple[str, ...]:
    """The captures that the words of a command line name: paths, directories, globs, URLs, `@` and a list.

    In the order of the words; what one word names is in the order of the names.

    Raises:
        UnreadableInput: a list cannot be read.
        BadUsage: a word names nothing, or a capture is named twice.
    """
    sources = [source for word in words for source in _named(word)]
    twice = [source for source, count in Counter(sources).items() if count > 1]
    if twice:
        raise BadUsage(f"named twice: {', '.join(twice[:3])}")
    return tuple(sources)


def plan_of(sources: Sequence[str], options: Options, shard: tuple[int, int]) -> Plan:
    """What a batch of these captures is to do."""
    return Plan(tuple(sources), digest(options), shard)


def run_batch(
    plan: Plan,
    results: Results,
    options: Options,
    workers: Workers | None,
    seconds: float | None,
    progress: Progress,
) -> dict[int, Part | Lost]:
    """Analyze the files of `plan` that are not done yet; gives all that are.

    Args:
        seconds: a file that takes longer is given up.

    Raises:
        UnreadableInput: a key file cannot be used.
    """
    told: dict[int, Part | Lost] = {**results.parts()}
    places = [place for place in plan.own if place not in told]
    tasks = [Task(((place, plan.sources[place]),), options) for place in places]
    for index, part in outcomes(analyzed, tasks, workers, seconds):
        place = places[index]
        if isinstance(part, Part):
            part = results.add(place, part, options)  # noqa: PLW2901  what is packed stays there
        told[place] = part
        progress(place, plan.sources[place], part)
    return dict(sorted(told.items()))


def whole(
    parts: dict[int, Part | Lost],
    plan: Plan,
    options: Options,
    workers: Workers | None,
    seconds: float | None = None,
    kept: Kept | None = None,
) -> Report:
    """The report on all files of `plan`; `kept` takes the connections."""
    shares = workers.count if workers else 1
    return joined(parts, plan.sources, options, runner(workers, seconds), shares, kept)


def _named(word: str) -> Iterator[str]:
    if word.startswith("@"):
        try:
            lines = Path(word[1:]).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableInput(f"{word}: cannot be read as a list of captures") from error
        for line in filter(None, map(str.strip, lines)):
            yield from _named(line)
    elif is_url(word):
        yield from listed(word)
    elif Path(word).is_dir():
        yield from (str(path) for path in sorted(Path(word).iterdir()) if path.is_file())
    elif glob.has_magic(word) and not Path(word).exists():
        found = sorted(glob.glob(word, recursive=True))  # noqa: PTH207  of a pattern with any path
        if not found:
            raise BadUsage(f"{word}: no such file")
        yield from (path for path in found if Path(path).is_file())
    else:
        yield word
