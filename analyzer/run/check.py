"""Captures against an expectation file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from analyzer.errors import UnreadableCapture
from analyzer.report.check import Check, check
from analyzer.report.model import Input, Report
from analyzer.run.expect_file import load_expect_file
from analyzer.run.pipeline import Options, Source, analyze
from analyzer.run.rule_files import load_rule_files
from analyzer.verdict.finding import Status


def check_captures(captures: Sequence[Source], against: Path, options: Options) -> list[Check]:
    """Check every capture for itself; one that cannot be read is a check that failed to run.

    Args:
        options: `expected` should be what `against` names (`load_expectations(expect=against)`).

    Raises:
        UnreadableInput: the expectation file, or a file that it names, cannot be used.
        MissingTool: see `analyze`.
    """
    wanted = load_expect_file(against)
    files = load_rule_files(wanted, against.parent)
    return [
        replace(check(report, wanted, options.expected, files), sha256=_sha256(capture))
        for capture, report in zip(captures, _reports(captures, options), strict=True)
    ]


def _name(capture: Source) -> str:
    """As the user gave it; a path's own `name` would lack its directory."""
    return str(capture if isinstance(capture, str | Path) else getattr(capture, "name", "-"))


def _sha256(capture: Source) -> str:
    """Of a plain file, "" for a pipe and for what cannot be read."""
    path = Path(_name(capture))
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _reports(captures: Sequence[Source], options: Options) -> Iterator[Report]:
    for capture in captures:
        name = _name(capture)
        try:
            yield analyze([capture], options)
        except UnreadableCapture as error:
            refused = Input(name, refused=str(error).removeprefix(f"{name}: "))
            yield Report((refused,), (), (), Status.UNKNOWN, (str(error),))
