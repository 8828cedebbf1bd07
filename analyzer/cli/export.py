"""`export`: the inner stream, or any level's plaintext, as a capture for Wireshark."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from analyzer.cli import files, options
from analyzer.cli.notes import hint, warn_of
from analyzer.cli.program import DONE, INCONCLUSIVE, complain
from analyzer.errors import BadUsage


@click.command()
@options.capture
@click.option(
    "-o",
    "--output",
    type=files.WRITTEN,
    required=True,
    metavar="FILE",
    help="The pcapng file to write; '-' is standard output.",
)
@options.one_of("--level", words=["outer", "inner"], means="Which TLS level.", default="inner")
@options.one_of(
    "--what",
    words=["records", "plaintext", "frames"],
    means="The level's TLS records, what they open to, or the captured frames as they were.",
)
@click.option("--conn", "wanted", type=int, multiple=True, help="Only this connection; repeatable.")
@options.one_of(
    "--with-secrets",
    words=["minimal", "none"],
    means="Put the key-log lines that open the records in front of them.",
)
@files.force
def command(
    *,
    output: Path,
    level: str,
    what: str,
    wanted: tuple[int, ...],
    with_secrets: str,
    force: bool,
    **given: Any,
) -> int:
    """Write what was inside the connections as a pcapng of its own, which Wireshark opens by itself.

    With --what frames it is the connections' own frames, and nothing else of the capture.

    The file holds decrypted traffic, and session keys unless --with-secrets none: it is made readable
    for its owner only.

    Exit codes: 0 written, 2 usage or nothing readable, 3 no connection has what is asked for.
    """
    from analyzer.run.export import exported, key_lines
    from analyzer.run.pipeline import Run
    from analyzer.verdict import Expectations

    number = ["outer", "inner"].index(level)
    captures = options.sources(given.pop("captures"))
    if str(output) != "-":
        files.check_target(output, (*captures, *given["key_logs"]), force=force)
    if what == "frames":
        options.check_read_twice(captures)
    given |= dict.fromkeys(("at", *options.EXPECTED))
    chosen = replace(
        options.analysis(given),
        expected=Expectations.none(),
        kept=frozenset({(number, what)} if what != "frames" else ()),
    )
    with Run(captures, chosen) as run:
        found = sorted(run.connections(), key=lambda each: each.conversation.stream)
        warn_of(run.inputs)
        numbers = {each.conversation.stream for each in found}
        if unknown := sorted(set(wanted) - numbers):
            raise BadUsage(f"there is no connection {unknown[0]}; they are numbered from 0 on")
        found = [c for c in found if not wanted or c.conversation.stream in wanted]
        secrets = run.secrets if with_secrets == "minimal" and what != "plaintext" else None
        if what == "frames":
            from analyzer.run.frames import copied

            full = found
            lines = key_lines(full, 0, secrets) if secrets is not None else ()
            text = "".join(f"{line}\n" for line in lines).encode("ascii")
            made = b"".join(copied(captures, full, chosen, text))
        else:
            full = [c for c in found if c.streams.get((number, what))]
            made = b"".join(exported(full, number, what, secrets))
    if str(output) == "-":
        sys.stdout.buffer.write(made)
    else:
        files.write_private(output, made, force=force)
    if not full:
        complain(f"no connection shows {what} of the {level} level; the file is empty", "warning")
        hint(found)
        return INCONCLUSIVE
    return DONE
