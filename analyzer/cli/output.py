"""Where a report goes, in which format and colour, and what the program exits with."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import click

from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, INTERNAL, complain
from analyzer.errors import BadUsage
from analyzer.report.model import Report
from analyzer.verdict.finding import Status

# What a pipe or a file gets: wide enough for the two levels side by side.
_PLAIN_WIDTH = 120


def render(report: Report, name: str) -> str:
    """The report in the format `name`, without colour; a format is imported when it is used."""
    return _RENDERERS[name](report)


def write(report: Report, *, name: str, target: Path | None, color: str, force: bool) -> None:
    """Write the report to `target`, None or `-` being stdout.

    Raises:
        BadUsage: the file is there already and `force` is not given, or it cannot be written.
    """
    if target is not None and str(target) != "-":
        _write_file(target, render(report, name), force=force)
    elif name == "terminal":
        _print(report, sys.stdout, color)
    else:
        click.echo(render(report, name), nl=False)


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
    "terminal": _terminal,
    "json": _json,
}

FORMATS = tuple(_RENDERERS)


def _write_file(target: Path, text: str, *, force: bool) -> None:
    try:
        with target.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadUsage(f"{target} exists already; --force overwrites it") from None
    except OSError as error:
        raise BadUsage(f"{target}: {error.strerror}") from None
