"""`--jobs`: one analysis in several processes, by file first, by connection second; the same report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analyzer.errors import UnreadableCapture
from analyzer.report.model import Report
from analyzer.run.analysis import Options
from analyzer.run.joining import joined, of_shares, runner
from analyzer.run.kept import Kept
from analyzer.run.parts import Chosen, Task, places
from analyzer.run.pipeline import analyze
from analyzer.run.pool import Workers
from analyzer.run.sources import is_read_once


def analyze_with(
    sources: Sequence[str], options: Options, workers: Workers | None, kept: Kept | None = None
) -> Report:
    """As `pipeline.analyze`, by several workers; `kept` takes the connections.

    A single file is read by each of them, for its share of the connections, and so are the key files; what can be
    read only once by none.

    Raises:
        UnreadableCapture, UnreadableInput, MissingTool: as `pipeline.analyze`.
    """
    files: list[str | Path] = [*sources, *options.key_logs]
    if workers is None or any(map(is_read_once, files)):
        return analyze(sources, options, kept)
    run = runner(workers)
    written = kept is not None and kept.takes_written
    if len(sources) == 1:
        shares = workers.count
        tasks = [
            Task(places(sources), options, Chosen(None, n, shares), written=written)
            for n in range(shares)
        ]
        report = of_shares(run(tasks), sources, options, kept)
    else:
        parts = run([Task((each,), options, written=written) for each in places(sources)])
        report = joined(dict(enumerate(parts)), sources, options, run, workers.count, kept)
    if all(source.refused for source in report.inputs):
        first = report.inputs[0]
        raise UnreadableCapture(f"{first.name}: {first.refused}")
    return report
