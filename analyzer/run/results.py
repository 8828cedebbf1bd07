"""A batch's results directory: what of each file is done, readable while it grows, and whole after a kill.

    plan.json           the files, in order, and what they are analyzed with
    parts/000012.part   what file 12 came to, for `--resume` and `merge`
    files/000012.json   the same as a report on that file alone
    report.json         the report on all of them, at the end
    summary.json        who failed, and how often

Every file appears whole or not at all, and only for its owner. No secret is in any of them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from analyzer import __version__
from analyzer.errors import BadUsage, UnreadableInput
from analyzer.report.json_connection import connection_text
from analyzer.report.json_report import pieces, without_connections
from analyzer.report.model import Packed, Report
from analyzer.report.summary import summary
from analyzer.run.analysis import Options
from analyzer.run.kept import Kept
from analyzer.run.packing import Values
from analyzer.run.parts import Part
from analyzer.run.pipeline import assembled
from analyzer.run.private import replace_private
from analyzer.values import dataclass

_SCHEMA = "hsm-analyzer/batch/2"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch is to do.

    Attributes:
        sources: every file, in order. options: a digest of what they are analyzed with.
        shard: which of how many shares of the files is done here, counted from 1.
    """

    sources: tuple[str, ...]
    options: str
    shard: tuple[int, int] = (1, 1)

    @property
    def own(self) -> list[int]:
        """The places of the files that are done here."""
        share, of = self.shard
        return [place for place in range(len(self.sources)) if place % of == share - 1]


def digest(options: Options) -> str:
    """What tells whether two batches analyze in the same way; it gives nothing of a key or a password away."""
    key_logs = [
        (str(path), path.stat().st_size if path.exists() else 0) for path in options.key_logs
    ]
    told = replace(options, key_logs=(), password=None)
    return hashlib.sha256(repr((__version__, key_logs, told)).encode()).hexdigest()


class Results:
    """The directory of one batch.

    Args:
        directory: is made where it is not there.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._parts = directory / "parts"
        self._files = directory / "files"

    def begin(self, plan: Plan, *, resume: bool) -> None:
        """Take the directory for `plan`; with `resume` it may be of the same plan already.

        Raises:
            BadUsage: it holds another batch's results, or the same one's and `resume` is not given.
        """
        path = self.directory / "plan.json"
        if path.exists():
            if not resume:
                raise BadUsage(
                    f"{self.directory} holds results already; --resume goes on with them"
                )
            if self.plan() != plan:
                raise BadUsage(
                    f"{self.directory} holds the results of other files or other options"
                )
            return
        try:
            for directory in (self.directory, self._parts, self._files):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BadUsage(f"{self.directory}: {error.strerror}") from error
        replace_private(path, json.dumps({"schema": _SCHEMA, **dataclasses.asdict(plan)}, indent=2))

    def plan(self) -> Plan:
        """What the directory is of.

        Raises:
            UnreadableInput: it holds no batch's results.
        """
        path = self.directory / "plan.json"
        try:
            told = json.loads(path.read_bytes())
            plan = Plan(tuple(told["sources"]), told["options"], tuple(told["shard"]))
            known = told["schema"] == _SCHEMA
        except (OSError, ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise UnreadableInput(f"{self.directory}: holds no results of batch")
        return plan

    def add(self, place: int, part: Part, options: Options) -> Part:
        """Keep what a file came to, and its own report; gives the part, whose connections lie there now."""
        kept = self.kept()
        for connection in part.connections:
            kept.add(connection)
        report = assembled(list(part.inputs.values()), kept, (), options.expected)
        replace_private(self._files / f"{place:06}.json", _line(report, place))
        path = self._parts / f"{place:06}.part"
        bundle = part.connections
        told = pickle.dumps(replace(part, connections=replace(bundle, data=b"")), protocol=5)
        replace_private(path, (told, bundle.data))
        return replace(part, connections=bundle.on(_Behind(path), len(told)))

    def parts(self) -> dict[int, Part]:
        """What is done so far.

        Raises:
            UnreadableInput: a part is none.
        """
        return {int(path.stem): _read_part(path) for path in sorted(self._parts.glob("*.part"))}

    def kept(self) -> Kept:
        """What keeps of the connections what `finish` asks for."""
        return Kept({"json": connection_text}, whole=False)

    def finish(self, report: Report) -> Mapping[str, Any]:
        """Write the report on all files; gives the summary."""
        replace_private(self.directory / "report.json", map(str.encode, pieces(report)))
        told = summary(report)
        replace_private(self.directory / "summary.json", json.dumps(told, indent=2) + "\n")
        return told


def together(directories: Sequence[Results]) -> tuple[Plan, dict[int, Part]]:
    """The plan and the parts of several directories of one batch.

    Raises:
        UnreadableInput: a directory holds no results.
        BadUsage: they are of different batches.
    """
    plans = [replace(results.plan(), shard=(1, 1)) for results in directories]
    for results, plan in zip(directories, plans, strict=True):
        if plan != plans[0]:
            raise BadUsage(
                f"{results.directory} is of another batch than {directories[0].directory}"
            )
    return plans[0], {p: part for results in directories for p, part in results.parts().items()}


def _line(report: Report, place: int) -> Iterator[bytes]:
    """The report on one file as a line of JSON; in it that file is the first."""
    before, empty, after = json.dumps(without_connections(report)).partition('"connections": []')
    yield f"{before}{empty[:-1]}".encode()
    connections = report.connections
    assert isinstance(connections, Packed)
    own, first = f'"input": {place},', '"input": 0,'
    for number, text in enumerate(connections.written("json") or ()):
        yield f"{', ' if number else ''}{text.replace(own, first, 1)}".encode()
    yield f"]{after}\n".encode()


def _read_part(path: Path) -> Part:
    try:
        with path.open("rb") as file:
            part = Values(file).load()
            told = file.tell()
    except Exception as error:
        raise UnreadableInput(f"{path}: no result of batch, or of another version") from error
    # What is written holds bytes that only this program may have made (`Brief.packed`): none comes from a file.
    if not isinstance(part, Part) or any(row.is_written for row in part.connections.rows()):
        raise UnreadableInput(f"{path}: no result of batch")
    return replace(part, connections=part.connections.on(_Behind(path), told))


class _Behind:
    """What stands in a part's file behind the part itself: its connections, packed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, place: int, size: int) -> bytes:
        """Some of the file.

        Raises:
            UnreadableInput: it is not there any more.
        """
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(place)
                return file.read(size)
        except OSError as error:
            raise UnreadableInput(f"{self._path}: {error.strerror}") from error
