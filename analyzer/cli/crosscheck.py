"""`crosscheck`: our facts beside tshark's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import options
from analyzer.cli.notes import warn_of
from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, complain
from analyzer.report.text import safe_text

if TYPE_CHECKING:
    from analyzer.verdict import Finding


@click.command()
@options.capture
@options.one_of("--engine", words=["tshark", "pyshark"], means="Whose second opinion.")
@click.option("--tshark", metavar="PATH", help="The tshark to run; default: the one on PATH.")
@click.option(
    "--deadline",
    type=click.FloatRange(min=1),
    default=120.0,
    show_default=True,
    help="Seconds that it may take for one file.",
)
@options.one_of("-f", "--format", "form", words=["text", "json"], means="How to write the result.")
def command(*, engine: str, tshark: str | None, deadline: float, form: str, **given: Any) -> int:
    """Compare our facts with tshark's: outer level on the capture, inner level on our export of it.

    Exit codes: 0 they agree, 1 they differ, 3 nothing could be compared, 4 tshark is missing.
    """
    from analyzer.run.tshark import tshark_path

    path = tshark_path(tshark)
    captures = given.pop("captures")
    options.check_read_twice(captures)
    if len(captures) > 1:
        options.check_read_twice(given["key_logs"])
    findings: list[Finding] = []
    for capture in captures:
        findings += _of_file(capture, given, engine, path, deadline)
    _print(findings, form)
    if any(finding.status == "fail" for finding in findings):
        return GATE
    return DONE if any(finding.status == "pass" for finding in findings) else INCONCLUSIVE


def _of_file(
    capture: str, given: dict[str, Any], engine: str, path: str, deadline: float
) -> list[Finding]:
    from analyzer.run import pyshark_rows, tshark
    from analyzer.run.crosscheck import by_connection, compare
    from analyzer.run.export import exported, key_lines
    from analyzer.run.pipeline import Run
    from analyzer.verdict import Expectations

    plain = {**given, **dict.fromkeys(("at", *options.EXPECTED))}
    chosen = replace(
        options.analysis(plain), expected=Expectations.none(), kept=frozenset({(1, "records")})
    )
    with Run([capture], chosen) as run:
        found = sorted(run.connections(), key=lambda each: each.conversation.stream)
        warn_of(run.inputs)
        keys = "".join(f"{line}\n" for line in key_lines(found, 0, run.secrets)).encode()
        inner = [each for each in found if each.streams[1, "records"]]
        inside = b"".join(exported(inner, 1, "records", run.secrets)) if inner else b""
    ports = sorted({each.conversation.tcp.server.port for each in found})
    dissect = pyshark_rows.dissect if engine == "pyshark" else tshark.dissect
    findings: list[Finding] = []
    with tshark.in_memory(keys) as key_log, tshark.in_memory(inside) as inner_capture:
        for level, source, log, connections in (
            (0, capture, key_log, found),
            (1, inner_capture, "", inner),
        ):
            if not connections:
                continue
            told = dissect(path, source, log, ports, deadline)
            for note in told.notes:
                complain(f"{capture}: {note}", "warning")
            name = told.version if engine == "pyshark" else f"tshark {told.version}"
            findings += compare(connections, level, by_connection(told.rows), name)
    return findings


def _print(findings: Sequence[Finding], form: str) -> None:
    if form == "json":
        from analyzer.report.json_connection import finding_json

        told = [finding_json(finding) for finding in findings]
        click.echo(json.dumps({"findings": told}, indent=2))
        return
    for finding in findings:
        click.echo(safe_text(f"{finding.status.value:<8} level {finding.level}: {finding.message}"))
        if finding.observed:
            click.echo(safe_text(f"         ours:   {finding.observed}", limit=4000))
            click.echo(safe_text(f"         theirs: {finding.expected}", limit=4000))
