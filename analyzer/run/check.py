"""Captures against an expectation file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        check(report, wanted, options.expected, files) for report in _reports(captures, options)
    ]


def _reports(captures: Sequence[Source], options: Options) -> Iterator[Report]:
    for capture in captures:
        name = str(getattr(capture, "name", capture))
        try:
            yield analyze([capture], options)
        except UnreadableCapture as error:
            refused = Input(name, refused=str(error).removeprefix(f"{name}: "))
            yield Report((refused,), (), (), Status.UNKNOWN, (str(error),))
