"""Everything below in a row: captures and options in, a `Report` out.

capture items -> flows (two streams each) -> stack of TLS levels -> conversation
              -> findings and a cause (against the expected set) -> report
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Self, TypeAlias, cast

from analyzer.capture import Capture
from analyzer.capture.items import Item
from analyzer.errors import MissingTool, UnreadableCapture
from analyzer.report.model import Connection, Input, Packed, Report, briefs_of
from analyzer.run.analysis import CLOUDHSM_PORTS, Analysis, Options
from analyzer.run.kept import PLENTY, Kept
from analyzer.run.key_files import broken_lines, load_key_file
from analyzer.run.merge import merged
from analyzer.run.urls import open_url
from analyzer.session.timing import usual
from analyzer.tls.secrets import Secrets
from analyzer.verdict import (
    Expectations,
    Finding,
    across,
    overall,
    patterns,
    series,
    showings,
    traffic,
)

__all__ = ["CLOUDHSM_PORTS", "Options", "Run", "Source", "analyze"]

# Open files that are no captures: standard streams, key files, pipes to workers.
_OTHER_FILES = 64

Source: TypeAlias = str | Path | BinaryIO


def analyze(
    sources: Sequence[Source], options: Options | None = None, kept: Kept | None = None
) -> Report:
    """Read captures (several files are one capture) and say what happened in them.

    Args:
        sources: paths, `-` for standard input, or open binary files.
        options: see `Options`.
        kept: takes the connections; else the first thousand stay at hand, and what comes behind is packed.

    Raises:
        UnreadableCapture: no source could be read as a capture.
        UnreadableInput: a key file cannot be used.
        MissingTool: a package is needed that is not installed.

    Example:
        >>> report = analyze(["captures/no-answer-to-syn/capture.pcap"])
        >>> report.connections[0].cause.code
        'syn-unanswered'
    """
    options = options or Options()
    with Run(sources, options) as run:
        if options.kept:  # what was decrypted is put into no file
            return run.report(list(run.connections()))
        told = Kept(at_hand=PLENTY) if kept is None else kept
        for connection in run.connections():
            told.add(connection)
        return run.report(told.settled() if kept is None else told)


class Run:
    """Captures opened, their connections told one by one, the report at the end.

    Args:
        sources, options: see `analyze`.

    Attributes:
        secrets: of the key files, and of the captures as far as they were read.

    Raises:
        UnreadableCapture, UnreadableInput, MissingTool: see `analyze`.
    """

    def __init__(self, sources: Sequence[Source], options: Options) -> None:
        self._findings: list[Finding] = []
        self._expected = options.expected
        self.secrets = Secrets()
        for path in options.key_logs:
            finding = broken_lines(load_key_file(self.secrets, path, options.password))
            if finding is not None:
                self._findings.append(finding)
        with ExitStack() as files:
            self._captures, self._refused = open_captures(enumerate(sources), options, files)
            self._files = files.pop_all()
        late_keys = any(capture.format.startswith("pcapng") for capture in self._captures)
        self.analysis = Analysis(options, self.secrets, late_keys=late_keys)
        for capture in self._captures:
            capture.ignore(self.analysis.transport.ignored)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What was read so far of each source, in the order given."""
        return inputs_of(self._captures, self._refused)

    def connections(self) -> Iterator[Connection]:
        """Each connection as soon as it can be told."""
        return self.analysis.connections(merged(self._captures))

    def report(self, connections: Sequence[Connection]) -> Report:
        """What all of it comes to, once `connections()` is through.

        Args:
            connections: in any order, or `kept.Kept`.
        """
        ordered = connections
        if not isinstance(connections, Packed):
            ordered = sorted(connections, key=lambda each: each.conversation.stream)
        inputs = self.inputs
        names = [each.name for each in inputs]
        findings = (*self._findings, *traffic(self.analysis.transport.summary, names))
        return assembled(inputs, ordered, findings, self._expected)


def assembled(
    inputs: Sequence[Input],
    connections: Sequence[Connection],
    findings: Sequence[Finding],
    expected: Expectations,
) -> Report:
    """The report on judged connections, which stand in the order of their numbers.

    Args:
        findings: about the whole capture, beside those that comparing the connections gives.
    """
    briefs = briefs_of(connections)
    verdict, reasons = overall(briefs)
    shown = showings(briefs, expected)
    return Report(
        tuple(inputs),
        connections if isinstance(connections, Packed) else tuple(connections),
        (*findings, *across(briefs, expected, shown), *patterns(briefs)),
        verdict,
        reasons,
        shown,
        series(briefs),
        usual(each.took for each in briefs),
    )


def items_of(
    sources: Sequence[Source], options: Options, read: list[Input] | None = None
) -> Iterator[Item]:
    """The items of captures, for whoever takes them one by one.

    Args:
        read: at the end it is given what was read of each source.

    Raises:
        UnreadableCapture, MissingTool: see `analyze`.
    """
    with ExitStack() as files:
        captures, refused = open_captures(enumerate(sources), options, files)
        yield from merged(captures)
        if read is not None:
            read += inputs_of(captures, refused)


def open_captures(
    sources: Iterable[tuple[int, Source]], options: Options, files: ExitStack
) -> tuple[list[Capture], dict[int, Input]]:
    """The captures that can be read, and why the others cannot, by their places.

    Args:
        sources: each with its place among all inputs, which is what its frame numbers begin with.

    Raises:
        UnreadableCapture, MissingTool: none can be read; the first one's reason.
    """
    captures: list[Capture] = []
    refused: dict[int, Input] = {}
    sources = list(sources)
    _allow_open_files(len(sources))
    first: UnreadableCapture | MissingTool | None = None
    for place, source in sources:
        given = isinstance(source, str | Path)
        name = str(source if given else getattr(source, "name", source))
        try:
            captures.append(
                Capture(
                    _opened(source, name, files),
                    name=name,
                    ports=options.ports,
                    index=place,
                    reader=options.reader,
                )
            )
        except (UnreadableCapture, MissingTool) as error:
            first = first or error
            refused[place] = Input(name, refused=str(error).removeprefix(f"{name}: "))
    if not captures:
        raise first or UnreadableCapture("no capture was given")
    return captures, refused


def _allow_open_files(count: int) -> None:
    """Captures are open side by side; many systems allow a thousand files where nobody asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _opened(source: Source, name: str, files: ExitStack) -> BinaryIO:
    if source == "-":
        # Without the buffer: a thread that waits in it would stop the program from ending (`live`).
        return getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    if not isinstance(source, str | Path):
        return source
    if "://" in name:
        return files.enter_context(open_url(name))
    try:
        # The capture has a buffer of its own. `open` asks about files what nobody needs here.
        return cast("BinaryIO", files.enter_context(FileIO(name)))
    except OSError as error:
        raise UnreadableCapture(f"{name}: {error.strerror}") from error


def inputs_of(captures: Iterable[Capture], refused: Mapping[int, Input]) -> tuple[Input, ...]:
    """What was read so far of each source, and the refused ones, in the order of their places."""
    inputs = dict(refused)
    for capture in captures:
        inputs[capture.index] = _input(capture)
    return tuple(inputs[place] for place in sorted(inputs))


def _input(capture: Capture) -> Input:
    return Input(
        name=capture.name,
        format=capture.format,
        frames=capture.frames,
        bytes=capture.bytes,
        skipped=dict(capture.skipped),
        damage=tuple(capture.damage),
        names=tuple(capture.names),
        comments=tuple(capture.comments),
    )
