"""Where a report goes, in which format and colour, and what the program exits with."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO, TypeVar

import click

from analyzer.cli import files
from analyzer.cli.notes import warn_of
from analyzer.cli.options import one_of
from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, INTERNAL, complain
from analyzer.errors import BadUsage, MissingTool
from analyzer.report.model import Connection, Report
from analyzer.report.words import PLAIN_WIDTH
from analyzer.values import dataclass
from analyzer.verdict.certificates.remarks import by_now
from analyzer.verdict.finding import Status

Command = TypeVar("Command", bound=Callable[..., Any])


class ReportFile(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """`FORMAT=FILE`: one more report of the same run, in one of these formats."""

    name = "FORMAT=FILE"

    def __init__(self, formats: Mapping[str, str]) -> None:
        self._formats = formats

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """The format's name and the path."""
        if isinstance(value, tuple):
            return value
        name, _, path = str(value).partition("=")
        if not path or name not in self._formats:
            formats = ", ".join(self._formats)
            self.fail(f"{value!r} is not FORMAT=FILE; the formats are {formats}.", param, ctx)
        return name, Path(path)


def options_of(formats: Mapping[str, str]) -> Callable[[Command], Command]:
    """The options of a command that writes in these formats; `Target.taken_from` reads them.

    Args:
        formats: name -> module with `dumps(what) -> str`; that of `text` has `show` as well.
    """

    def decorated(command: Command) -> Command:
        for option in reversed(_options(formats)):
            command = option(command)
        return command

    return decorated


@dataclass(frozen=True, slots=True)
class Target:
    """Where the report goes, and how it looks there.

    Attributes:
        formats: see `options_of`.
        format: one of these. path: None for stdout.
        color: `auto`, `always` or `never`.
        force: overwrite files that are there.
        reports: further reports of the same run: format and file, None being stdout.
    """

    formats: Mapping[str, str]
    format: str = "text"
    path: Path | None = None
    color: str = "auto"
    force: bool = False
    reports: tuple[tuple[str, Path | None], ...] = ()

    @classmethod
    def taken_from(cls, given: dict[str, Any], formats: Mapping[str, str] | None = None) -> Target:
        """The target that the options of `options_of` name, which are taken out of `given`.

        Raises:
            BadUsage: a file is there already and may not be overwritten, an input never, or two reports
                go to one place.
            MissingTool: a format needs a package that is not installed.
        """
        target = cls(
            formats or REPORTS,
            given.pop("format"),
            _file(given.pop("output")),
            given.pop("color"),
            given.pop("force"),
            tuple((name, _file(path)) for name, path in given.pop("reports")),
        )
        for name, _ in target.all:
            _renderer(target.formats, name)
        paths = [path for _, path in target.all]
        if paths.count(None) > 1:
            raise BadUsage("two reports cannot both go to standard output")
        sources = (*given.get("captures", ()), *given.get("key_logs", ()))
        files.check_targets(filter(None, paths), sources, force=target.force)
        return target

    @property
    def all(self) -> tuple[tuple[str, Path | None], ...]:
        """Every report to write: format and file, None being stdout."""
        return ((self.format, self.path), *self.reports)

    @property
    def streams(self) -> bool:
        """Whether connections are to be told as they end: as JSON lines on standard output."""
        return self.format == "jsonl" and self.path is None

    @property
    def writers(self) -> dict[str, Callable[[Connection], str]]:
        """Of the formats asked for those that write each connection by itself, for when it ends."""
        return {
            name: _writer(self.formats[name], _WRITERS[name])
            for name, path in self.all
            if name in _WRITERS and not (self.streams and (name, path) == ("jsonl", None))
        }

    @property
    def wants_whole(self) -> bool:
        """Whether a format asked for takes whole connections."""
        return any(name not in _WRITERS for name, _ in self.all)

    def tell(self, connection: Connection) -> None:
        """Write one connection, where `streams`; `write` then adds what is left to say."""
        from analyzer.report.json_lines import connection_line

        click.echo(connection_line(connection), nl=False)
        sys.stdout.flush()

    def write(self, what: Any, *, told: bool = False) -> None:
        """Write what there is to say, in every way that was asked for.

        Args:
            what: the report, or what else the command has found.
            told: its connections went through `tell`.

        Raises:
            BadUsage: a file cannot be written.
        """
        for name, path in self.all:
            if told and (name, path) == ("jsonl", None):
                from analyzer.report.json_lines import end_line

                click.echo(end_line(what), nl=False)
            elif path is not None:
                files.write_private(path, self._render(what, name), force=self.force)
            elif name == "text":
                self._print(what, sys.stdout)
            else:
                for piece in self._render(what, name):
                    click.echo(piece, nl=False)

    def _render(self, told: Any, name: str) -> Iterable[str]:
        """The text in pieces, where the format gives it so: a report of thousands is long."""
        module = _renderer(self.formats, name)
        pieces: Callable[[Any], Iterable[str]] | None = getattr(module, "pieces", None)
        return pieces(told) if pieces else [module.dumps(told)]

    def _print(self, told: Any, stream: TextIO) -> None:
        wide = None if stream.isatty() or "COLUMNS" in os.environ else PLAIN_WIDTH
        module = _renderer(self.formats, "text")
        module.show(told, stream, colored=colored(self.color, stream), width=wide)


def _writer(module: str, name: str) -> Callable[[Connection], str]:
    writer: Callable[[Connection], str] = getattr(importlib.import_module(module), name)
    return writer


def _renderer(formats: Mapping[str, str], name: str) -> ModuleType:
    try:
        return importlib.import_module(formats[name])
    except ModuleNotFoundError as error:
        if error.name not in _PACKAGES:
            raise
        raise MissingTool(
            f"--format {name} needs {error.name}: pip install 'hsm-analyzer[{_PACKAGES[error.name]}]'"
        ) from None


def exit_code(report: Report, fail_on: str) -> int:
    """What the run exits with; where several apply, the worst news first."""
    gates = {"never": (), "fail": (Status.FAIL,), "unknown": (Status.FAIL, Status.UNKNOWN)}
    if report.broken:
        return INTERNAL
    if report.verdict in gates[fail_on]:
        return GATE
    if not report.connections or any(source.refused for source in report.inputs):
        return INCONCLUSIVE
    if fail_on != "never" and report.verdict is Status.UNKNOWN:
        return INCONCLUSIVE
    return DONE


def warn(report: Report, ports: frozenset[int] | None, *, quiet: bool = False) -> None:
    """What a reader must know even where stdout goes to a file: one line each on stderr.

    With `quiet` only what is the program's own fault.
    """
    for broken in report.broken:
        complain(
            f"connection {broken.stream} could not be analyzed: {broken.what}", "internal error"
        )
    if quiet:
        return
    warn_of(report.inputs)
    for finding in report.findings:
        if finding.status is not Status.PASS:
            complain(finding.message, "warning")
    for remark in by_now(report.shown, datetime.now(UTC)):
        complain(remark, "note")
    if not report.connections:
        frames = sum(source.frames for source in report.inputs)
        where = "" if ports is None else f" with port {_either(ports)}"
        more = "" if ports is None else "; --port N or --port any looks elsewhere"
        complain(f"no TCP connection{where} in {frames} frames{more}", "warning")


def colored(choice: str, stream: TextIO) -> bool:
    """Whether to colour: the option, then NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE, then the terminal."""
    environment = os.environ
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def _either(ports: frozenset[int]) -> str:
    *most, last = map(str, sorted(ports))
    return f"{', '.join(most)} or {last}" if most else last


def _file(path: Path | None) -> Path | None:
    return None if path is None or str(path) == "-" else path


# The formats of a report.
REPORTS = {
    "text": "analyzer.report.terminal",
    "json": "analyzer.report.json_report",
    "jsonl": "analyzer.report.json_lines",
    "markdown": "analyzer.report.markdown",
    "html": "analyzer.report.html",
    "junit": "analyzer.report.junit",
    "sarif": "analyzer.report.sarif",
    "csv": "analyzer.report.csv_report",
}

# Formats that write a connection by itself, and what in their modules does.
_WRITERS = {"json": "connection_text", "jsonl": "connection_line"}

# What a format may need, and the extra that brings it.
_PACKAGES = {"jinja2": "html"}


def _options(formats: Mapping[str, str]) -> tuple[Callable[[Command], Command], ...]:
    return (
        one_of("-f", "--format", words=tuple(formats), means="How to write the report."),
        click.option(
            "-o",
            "--output",
            type=files.WRITTEN,
            metavar="FILE",
            help="Where to write it; default: standard output.",
        ),
        click.option(
            "--report",
            "reports",
            type=ReportFile(formats),
            multiple=True,
            metavar="FORMAT=FILE",
            help="One more report of the same run; repeatable.",
        ),
        files.force,
        one_of("--color", words=["auto", "always", "never"], means="Colour on the terminal."),
    )


options = options_of(REPORTS)
