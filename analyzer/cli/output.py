"""Where a report goes, in which format and colour, and what the program exits with."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO, TypeVar

import click

from analyzer.cli.files import is_file, write_private
from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, INTERNAL, complain
from analyzer.errors import BadUsage, MissingTool
from analyzer.report.model import Report
from analyzer.verdict.finding import Status

Command = TypeVar("Command", bound=Callable[..., Any])


class ReportFile(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """`FORMAT=FILE`: one more report of the same run."""

    name = "FORMAT=FILE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """The format's name and the path."""
        if isinstance(value, tuple):
            return value
        name, _, path = str(value).partition("=")
        if not path or name not in FORMATS:
            formats = ", ".join(FORMATS)
            self.fail(f"{value!r} is not FORMAT=FILE; the formats are {formats}.", param, ctx)
        return name, Path(path)


def options(command: Command) -> Command:
    """The options of every command that writes a report; `Target.taken_from` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Target:
    """Where the report goes, and how it looks there.

    Attributes:
        format: one of `FORMATS`. path: None for stdout.
        color: `auto`, `always` or `never`.
        force: overwrite files that are there.
        reports: further reports of the same run: format and file, None being stdout.
    """

    format: str = "text"
    path: Path | None = None
    color: str = "auto"
    force: bool = False
    reports: tuple[tuple[str, Path | None], ...] = ()

    @classmethod
    def taken_from(cls, given: dict[str, Any]) -> Target:
        """The target that the options of `options` name, which are taken out of `given`.

        Raises:
            BadUsage: a file is there already and may not be overwritten, or two reports go to one place.
            MissingTool: a format needs a package that is not installed.
        """
        target = cls(
            given.pop("format"),
            _file(given.pop("output")),
            given.pop("color"),
            given.pop("force"),
            tuple((name, _file(path)) for name, path in given.pop("reports")),
        )
        for name, _ in target.all:
            _renderer(name)
        paths = [path for _, path in target.all]
        for path in paths:
            if paths.count(path) > 1:
                raise BadUsage(f"two reports cannot both go to {path or 'standard output'}")
            if path is not None and is_file(path) and not target.force:
                raise BadUsage(f"{path} exists already; --force overwrites it")
        return target

    @property
    def all(self) -> tuple[tuple[str, Path | None], ...]:
        """Every report to write: format and file, None being stdout."""
        return ((self.format, self.path), *self.reports)

    def write(self, report: Report) -> None:
        """Write every report that was asked for.

        Raises:
            BadUsage: a file cannot be written.
        """
        for name, path in self.all:
            if path is not None:
                write_private(path, render(report, name), force=self.force)
            elif name == "text":
                _print(report, sys.stdout, self.color)
            else:
                click.echo(render(report, name), nl=False)


def render(report: Report, name: str) -> str:
    """The report in the format `name`, without colour; a format is imported when it is used."""
    dumps: Callable[[Report], str] = _renderer(name).dumps
    return dumps(report)


def _renderer(name: str) -> ModuleType:
    try:
        return importlib.import_module(_RENDERERS[name])
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


def warn(report: Report, ports: frozenset[int] | None) -> None:
    """What a reader must know even where stdout goes to a file: one line each on stderr."""
    for source in report.inputs:
        if source.refused:
            complain(f"{source.name}: {source.refused}", "warning")
        for damage in source.damage:
            complain(f"{source.name}: {damage.why} (at byte {damage.offset})", "warning")
    for finding in report.findings:
        if finding.status is not Status.PASS:
            complain(finding.message, "warning")
    for connection in report.broken:
        told = connection.conversation
        complain(f"connection {told.stream} could not be analyzed: {told.broken}", "internal error")
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


def _print(report: Report, stream: TextIO, color: str) -> None:
    from analyzer.report import terminal

    wide = None if stream.isatty() or "COLUMNS" in os.environ else terminal.PLAIN_WIDTH
    terminal.show(report, stream, colored=colored(color, stream), width=wide)


def _file(path: Path | None) -> Path | None:
    return None if path is None or str(path) == "-" else path


# Every module has `dumps(report) -> str`.
_RENDERERS = {
    "text": "analyzer.report.terminal",
    "json": "analyzer.report.json_report",
    "jsonl": "analyzer.report.json_lines",
    "markdown": "analyzer.report.markdown",
    "html": "analyzer.report.html",
    "junit": "analyzer.report.junit",
    "sarif": "analyzer.report.sarif",
    "csv": "analyzer.report.csv_report",
}

FORMATS = tuple(_RENDERERS)

# What a format may need, and the extra that brings it.
_PACKAGES = {"jinja2": "html"}

_OPTIONS = (
    click.option(
        "-f",
        "--format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How to write the report.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Where to write it; default: standard output.",
    ),
    click.option(
        "--report",
        "reports",
        type=ReportFile(),
        multiple=True,
        metavar="FORMAT=FILE",
        help="One more report of the same run; repeatable.",
    ),
    click.option("--force", is_flag=True, help="Overwrite files that are there already."),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour on the terminal.",
    ),
)
