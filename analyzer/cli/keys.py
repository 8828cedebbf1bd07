"""`keys`: which key opens what, what stays sealed and why, which lines nobody uses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import files, options
from analyzer.cli.notes import warn_of
from analyzer.cli.program import DONE, INCONCLUSIVE
from analyzer.errors import BadUsage
from analyzer.report.text import safe_text

if TYPE_CHECKING:
    from analyzer.run.key_use import Line, Use

_SHOWN = 16  # hex digits of a client random


@click.command()
@options.capture
@click.option("--unused", is_flag=True, help="List the key-log lines that no session needs.")
@click.option(
    "--minimal",
    type=files.WRITTEN,
    metavar="FILE",
    help="Write a key log of only the lines that these captures need.",
)
@click.option(
    "--inject",
    type=files.WRITTEN,
    metavar="FILE",
    help="Write the capture as a pcapng that carries these lines.",
)
@files.force
@options.one_of("-f", "--format", "form", words=["text", "json"], means="How to write the list.")
def command(
    *,
    unused: bool,
    minimal: Path | None,
    inject: Path | None,
    force: bool,
    form: str,
    **given: Any,
) -> int:
    """Say which key opens which records: per connection, level, direction and epoch.

    Keys themselves are never shown; --minimal and --inject write them, for their owner only.

    Exit codes: 0 everything opens, 3 something stays sealed or there is nothing to open.
    """
    from analyzer.run import key_use
    from analyzer.run.export import key_lines
    from analyzer.run.inject import with_key_log
    from analyzer.run.pipeline import Run
    from analyzer.verdict import Expectations

    captures = options.sources(given.pop("captures"))
    targets = filter(None, (minimal, inject))
    files.check_targets(targets, (*captures, *given["key_logs"]), force=force)
    if inject is not None:
        options.check_read_twice(captures)
        if len(captures) != 1:
            raise BadUsage("--inject takes one capture file")
    logs = list(given["key_logs"])
    if unused:
        options.check_read_twice(logs)
    plain = {**given, **dict.fromkeys(("at", *options.EXPECTED))}
    with Run(captures, replace(options.analysis(plain), expected=Expectations.none())) as run:
        found = sorted(run.connections(), key=lambda each: each.conversation.stream)
        warn_of(run.inputs)
        wanted = [f"{line}\n" for line in key_lines(found, 0, run.secrets)]
    told = list(key_use.uses(found))
    lines = key_use.unused(list(key_use.lines_of(logs)), found) if unused else []
    if form == "json":
        click.echo(json.dumps(_as_json(told, lines if unused else None), indent=2))
    else:
        _print(told, lines if unused else None)
    text = "".join(wanted).encode("ascii")
    if minimal is not None:
        files.write_private(minimal, text, force=force)
    if inject is not None:
        files.write_private(inject, with_key_log(Path(captures[0]), text), force=force)
    return DONE if told and all(use.source for use in told) else INCONCLUSIVE


def _as_json(told: Sequence[Use], lines: Sequence[Line] | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "uses": [
            {
                "stream": use.stream,
                "level": use.level,
                "handshake": use.handshake,
                "side": use.side.word,
                "epoch": use.epoch,
                "client_random": use.client_random.hex(),
                "source": use.source or None,
                "why": use.why or None,
                "remedy": use.remedy or None,
                "frame": use.frame,
            }
            for use in told
        ]
    }
    if lines is not None:
        result["unused"] = [
            {"file": line.file, "label": line.label, "client_random": line.client_random.hex()}
            for line in lines
        ]
    return result


def _print(told: Sequence[Use], lines: Sequence[Line] | None) -> None:
    from analyzer.report.words import direction

    for use in told:
        where = f"connection {use.stream}, level {use.level}, {direction(use.side, use.epoch)}"
        answer = f"opens with {use.source}" if use.source else f"sealed: {use.why}"
        click.echo(safe_text(f"{where} (from frame {use.frame}): {answer}"))
        if use.remedy:
            click.echo(safe_text(f"    needs {use.remedy}"))
    if not told:
        click.echo("no protected record was found")
    for line in lines or ():
        digits = line.client_random.hex()[:_SHOWN]
        click.echo(safe_text(f"unused: {line.label} {digits}... in {line.file}"))
    if lines is not None and not lines:
        click.echo("every key-log line belongs to a session of these captures")
