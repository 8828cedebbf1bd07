"""`baseline`: an expectation file out of a good capture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import files, options, output, progress
from analyzer.cli.files import check_target, write_shared
from analyzer.cli.program import DONE, INCONCLUSIVE, INTERNAL, complain
from analyzer.verdict.finding import Status

if TYPE_CHECKING:
    from analyzer.report.model import Report
    from analyzer.verdict.expectations import CertificatePaths

# Options of the expected set and what the file calls them.
_PATHS = {
    "etc": "etc",
    "server_certs": "server",
    "client_cert": "client",
    "customer_ca": "customer_ca",
    "cluster": "cluster",
    "cluster_cert": "cluster_cert",
    "mtls_anchors": "mtls_anchors",
}


@click.command()
@options.capture
@options.expected_set
@progress.options
@click.option(
    "-o",
    "--output",
    "target",
    type=files.WRITTEN,
    metavar="FILE",
    help="The expectation file to write; default: standard output.",
)
@files.force
@click.option(
    "--strict/--loose",
    default=False,
    help="Strict also fixes cipher suites, the order of messages, the very certificates and the number "
    "of connections. Default: loose.",
)
def command(*, target: Path | None, force: bool, strict: bool, **given: Any) -> int:
    """Write what 'check' compares with, from a capture in which everything is as it should be.

    The file is meant to be edited; comments say why each key stands there. Several captures are one.

    Exit codes: 0 done, 2 usage or nothing readable, 3 no connection to write down, 70 internal error.
    """
    from analyzer.report.expect_write import baseline
    from analyzer.run.pipeline import analyze

    if target is not None and str(target) == "-":
        target = None
    if target is not None:
        check_target(target, (*given["captures"], *given["key_logs"]), force=force)
    paths = _paths(given, Path() if target is None else target.parent)
    ports, talk = options.ports(given["ports"]), progress.Talk.taken_from(given)
    captures, chosen = options.sources(given.pop("captures")), options.analysis(given)
    with talk.watched(captures) as sources:
        report = analyze(sources, chosen)
    output.warn(report, ports, quiet=talk.quiet)
    if not report.connections:
        return INCONCLUSIVE
    if report.verdict is not Status.PASS:
        reasons = f": {report.reasons[0]}" if report.reasons else ""
        complain(f"the capture's own verdict is {report.verdict.value}{reasons}", "warning")
    text = baseline(report, paths, strict=strict)
    if target is None:
        click.echo(text, nl=False)
    else:
        write_shared(target, text, force=force)
    return _proved(report, text)


def _proved(report: Report, text: str) -> int:
    """Say it where the file would not pass on the very capture that it comes from."""
    import tomllib

    from analyzer.report.check import check
    from analyzer.verdict.expectations import Expectations
    from analyzer.verdict.regression.file import parse_expect_file

    if report.broken:
        return INTERNAL
    wanted = parse_expect_file(tomllib.loads(text), "baseline")
    status = check(report, wanted, Expectations.none(), {}).status
    if status is not Status.PASS:
        complain(f"'check' of this very capture gives {status.value}; edit the file", "warning")
    return DONE


def _paths(given: dict[str, Any], base: Path) -> CertificatePaths:
    """The expected set as the file is to name it: relative to where the file will be."""
    from analyzer.run.expect_file import load_expect_file
    from analyzer.verdict.expectations import CertificatePaths

    named: dict[str, Any] = {}
    if given["expect"] is not None:
        old = load_expect_file(given["expect"]).certificates
        for name in CertificatePaths.__dataclass_fields__:
            named[name] = _moved(getattr(old, name), given["expect"].parent, base)
    for option, name in _PATHS.items():
        if given[option]:
            named[name] = _moved(given[option], Path(), base)
    return CertificatePaths(**named)


def _moved(value: Any, old: Path, new: Path) -> Any:
    if isinstance(value, tuple):
        return tuple(_moved(each, old, new) for each in value)
    return Path(os.path.relpath(old / value, new)).as_posix() if str(value) else ""
