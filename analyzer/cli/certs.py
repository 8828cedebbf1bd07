"""`certs`: the certificates of captures, listed, written to files, compared with a directory."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import files, options
from analyzer.cli.notes import hint, warn_of
from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, complain
from analyzer.errors import BadUsage

if TYPE_CHECKING:
    from analyzer.report.certificates import Comparison, Presented

_LEVELS = {"outer": 0, "inner": 1, "all": None}

# OpenSSL tries .0, .1, ... until a name is missing.
_MOST_LINKS = 1000


@click.command()
@options.capture
@options.one_of("--level", words=list(_LEVELS), means="Of which TLS level.", default="all")
@options.one_of(
    "--side", words=["server", "client", "both"], means="Presented by whom.", default="both"
)
@options.one_of(
    "-f",
    "--format",
    "form",
    words=["text", "json", "csv", "pem", "der"],
    means="How to print them; pem and der are also the form of the files.",
)
@click.option(
    "-d",
    "--directory",
    type=files.FILLED,
    metavar="DIR",
    help="Write each to a file named by its SHA-256.",
)
@click.option(
    "--hash-links",
    is_flag=True,
    help="Also link each by its subject hash, as OpenSSL's -CApath and CloudHSM's certs/ need it.",
)
@click.option(
    "--compare",
    "known",
    type=files.READ,
    metavar="FILE|DIR",
    help="Say which are in these files; exit with 1 where one is in none.",
)
@files.force
def command(
    *,
    level: str,
    side: str,
    form: str,
    directory: Path | None,
    hash_links: bool,
    known: Path | None,
    force: bool,
    **given: Any,
) -> int:
    """Extract the certificates that were presented: the outer ones as they are, the inner ones with keys.

    Exit codes: 0 done, 1 --compare found one that is in no file, 3 no certificate was found.
    """
    from analyzer.report.certificates import compared, presented
    from analyzer.run.expected_files import load_certificates
    from analyzer.run.pipeline import analyze
    from analyzer.stream import CLIENT, SERVER
    from analyzer.verdict import Expectations

    if hash_links and (directory is None or form == "der"):
        raise BadUsage("--hash-links needs -d DIR, and PEM files in it")
    references = load_certificates(known) if known is not None else None
    captures = options.sources(given.pop("captures"))
    plain = {**given, **dict.fromkeys(("at", *options.EXPECTED))}
    chosen = replace(options.analysis(plain), expected=Expectations.none())
    report = analyze(captures, chosen)
    warn_of(report.inputs)
    shown = presented(
        report, _LEVELS[level], {"server": SERVER, "client": CLIENT, "both": None}[side]
    )
    comparison = compared(shown, references) if references is not None else None
    if directory is not None:
        _write(shown, directory, der=form == "der", links=hash_links, force=force)
    _print(shown, comparison, form, to_files=directory is not None)
    if not shown:
        complain(f"no certificate in {len(report.connections)} connections", "warning")
        hint(report.connections)
        return INCONCLUSIVE
    return GATE if comparison is not None and comparison.missing else DONE


def _print(
    shown: Sequence[Presented], comparison: Comparison | None, form: str, *, to_files: bool
) -> None:
    from analyzer.report import certificate_list

    if form == "json":
        click.echo(certificate_list.dumps(shown, comparison), nl=False)
    elif form == "csv":
        click.echo(certificate_list.table(shown, comparison), nl=False)
    elif form == "text" or to_files:
        for line in certificate_list.lines(shown, comparison):
            click.echo(line)
    elif form == "pem":
        for item in shown:
            click.echo(certificate_list.pem(item.certificate), nl=False)
    elif len(shown) > 1:
        raise BadUsage(
            f"{len(shown)} certificates do not fit into one DER file; -d DIR writes a file each"
        )
    elif sys.stdout.isatty():
        raise BadUsage("standard output is a terminal; send DER to a file or a program")
    else:
        sys.stdout.buffer.write(b"".join(item.certificate.der for item in shown))


def _write(
    shown: Sequence[Presented], directory: Path, *, der: bool, links: bool, force: bool
) -> None:
    """A file each; what is there already with the same bytes stays.

    Raises:
        BadUsage: a file is there with other bytes, or cannot be written.
    """
    from analyzer.report.certificate_list import pem
    from analyzer.report.certificates import hash_stem

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadUsage(f"{directory}: {error.strerror}") from None
    for item in shown:
        data = item.certificate.der if der else pem(item.certificate).encode()
        path = directory / f"{item.file_stem}.{'der' if der else 'pem'}"
        if not _holds(path, data):
            files.write_shared(path, data, force=force)
        stem = hash_stem(item.certificate)
        if links and stem is None:
            complain(f"{path}: its name cannot be read, so it has no hash", "warning")
        elif links:
            _link(directory, str(stem), path, data)


def _link(directory: Path, stem: str, path: Path, data: bytes) -> None:
    """The first free `<hash>.N`; one that leads to these bytes already is left as it is."""
    for number in range(_MOST_LINKS):
        link = directory / f"{stem}.{number}"
        if _holds(link, data):
            return
        if not os.path.lexists(link):
            try:
                link.symlink_to(path.name)
            except OSError:  # a file system without links
                files.write_shared(link, data, force=False)
            return
    raise BadUsage(f"{directory}: {_MOST_LINKS} certificates of one name")


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False
