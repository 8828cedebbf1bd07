"""Where a report goes, in which format and colour, and what the program exits with."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, INTERNAL, complain
from analyzer.errors import BadUsage
from analyzer.report.model import Report
from analyzer.verdict.finding import Status

Command = TypeVar("Command", bound=Callable[..., Any])

# What a pipe or a file gets: wide enough for the two levels side by side.
_PLAIN_WIDTH = 120


def options(command: Command) -> Command:
    """The options `--format`, `--output`, `--force` and `--color`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Target:
    """Where the report goes, and how it looks there.

    Attributes:
        format: one of `FORMATS`. path: None for stdout.
        color: `auto`, `always` or `never`.
        force: overwrite a file that is there.
    """

    format: str
    path: Path | None
    color: str
    force: bool

    @classmethod
    def taken_from(cls, given: dict[str, Any]) -> Target:
        """The target that the options of `options` name, which are taken out of `given`.

        Raises:
            BadUsage: the file is there already and may not be overwritten.
        """
        path = given.pop("output")
        target = cls(
            given.pop("format"),
            None if path is None or str(path) == "-" else path,
            given.pop("color"),
            given.pop("force"),
        )
        if target.path is not None and target.path.exists() and not target.force:
            raise BadUsage(f"{target.path} exists already; --force overwrites it")
        return target

    def write(self, report: Report) -> None:
        """Write the report.

        Raises:
            BadUsage: the file cannot be written.
        """
        if self.path is not None:
            _write_file(self.path, render(report, self.format), force=self.force)
        elif self.format == "text":
            _print(report, sys.stdout, self.color)
        else:
            click.echo(render(report, self.format), nl=False)


def render(report: Report, name: str) -> str:
    """The report in the format `name`, without colour; a format is imported when it is used."""
    return _RENDERERS[name](report)


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

    wide = None if stream.isatty() or "COLUMNS" in os.environ else _PLAIN_WIDTH
    terminal.show(report, stream, colored=colored(color, stream), width=wide)


def _terminal(report: Report) -> str:
    from analyzer.report import terminal

    text = io.StringIO()
    terminal.show(report, text, colored=False, width=_PLAIN_WIDTH)
    return text.getvalue()


def _json(report: Report) -> str:
    from analyzer.report import json_report

    return json_report.dumps(report)


_RENDERERS: dict[str, Callable[[Report], str]] = {
    "text": _terminal,
    "json": _json,
}

FORMATS = tuple(_RENDERERS)

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
    click.option("--force", is_flag=True, help="Overwrite a file that is there already."),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour on the terminal.",
    ),
)


def _write_file(target: Path, text: str, *, force: bool) -> None:
    try:
        with target.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadUsage(f"{target} exists already; --force overwrites it") from None
    except OSError as error:
        raise BadUsage(f"{target}: {error.strerror}") from None
