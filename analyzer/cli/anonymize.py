"""`anonymize`: a capture to be shown to others."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import files, options
from analyzer.cli.notes import warn_of
from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, complain
from analyzer.report.text import safe_text

if TYPE_CHECKING:
    from analyzer.report.model import Input
    from analyzer.run.anonymize import Anonymized

_KEY_SIZE = 32


class HexKey(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A key of 16 bytes or more in hex."""

    name = "HEX"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """The bytes."""
        try:
            key = value if isinstance(value, bytes) else bytes.fromhex(value)
        except ValueError:
            key = b""
        if len(key) < _KEY_SIZE // 2:
            self.fail("a key has at least 32 hex digits.", param, ctx)
        return key


@click.command()
@click.argument("capture", metavar="CAPTURE", type=files.SOURCE)
@click.option(
    "-o",
    "--output",
    type=files.WRITTEN,
    required=True,
    metavar="FILE",
    help="The pcapng file to write.",
)
@options.port
@click.option(
    "--key", type=HexKey(), help="Give addresses the same pseudonyms as another run with this key."
)
@click.option(
    "--keep-secrets/--drop-secrets",
    default=False,
    show_default=True,
    help="Keep session keys that the capture carries.",
)
@click.option(
    "--truncate-data",
    type=click.IntRange(min=0),
    metavar="BYTES",
    help="Keep so many bytes of each direction: 16384 hold a handshake.",
)
@files.force
def command(
    *,
    capture: str,
    output: Path,
    ports: tuple[int | str, ...],
    key: bytes | None,
    keep_secrets: bool,
    truncate_data: int | None,
    force: bool,
) -> int:
    """Write the HSM connections of a capture under other addresses, and nothing else of it.

    The result is read again and refused if an original address, name or comment is left in it; the same
    search must find them in the input. What TLS itself says cannot be changed: server names and
    certificates stay, and are listed.

    Exit codes: 0 written, 1 refused, 3 there was nothing to write.
    """
    from analyzer.run.anonymize import Anonymized, Pseudonyms
    from analyzer.run.pipeline import CLOUDHSM_PORTS, Options, items_of

    files.check_target(output, (capture,), force=force)
    options.check_read_twice([capture])
    wanted = options.ports(ports)
    made = Anonymized(
        Pseudonyms(key or secrets.token_bytes(_KEY_SIZE)),
        wanted or CLOUDHSM_PORTS,
        keep_secrets,
        truncate_data,
    )
    read: list[Input] = []
    result = b"".join(made.blocks(items_of([capture], Options(ports=wanted), read)))
    warn_of(read)
    if not made.frames:
        complain(f"{capture}: no connection to anonymize", "warning")
        return INCONCLUSIVE
    left = _left(capture, made, result, wanted)
    if left:
        for what in left:
            complain(what)
        return GATE
    files.write_private(output, result, force=force)
    _tell(made, result, key)
    return DONE


def _left(capture: str, made: Anonymized, result: bytes, ports: frozenset[int] | None) -> list[str]:
    """Why the result may not be shown: what is left of the input's values."""
    from analyzer.run.anonymize import addresses_in, occurrences, visible_in

    originals = made.originals()
    headers = addresses_in(capture, ports)
    missed = set(made.pseudonyms.addresses) - headers
    if missed:
        return ["the search does not find the original addresses in the input: it proves nothing"]
    left = [
        f"an original value is left: {value.decode('utf-8', 'replace')}"
        for value in occurrences(originals, result)
    ]
    if addresses_in(result, ports) & set(made.pseudonyms.addresses):
        left.append("an original address is left in a packet's header")
    for words, data in visible_in(result, ports):
        left += [
            f"an original address stands in {words}"
            for address in made.pseudonyms.addresses
            if address in data
        ]
    return left


def _tell(made: Anonymized, result: bytes, key: bytes | None) -> None:
    from analyzer.run.anonymize import visible_in

    if key is None:
        digits = made.pseudonyms.key.hex()
        complain(f"--key {digits} gives the same pseudonyms again; it is shown only now", "key")
    complain(
        f"{made.frames} frames, {len(made.pseudonyms.addresses)} addresses renamed; ports, times and "
        "sizes are as they were",
        "done",
    )
    for words, _ in visible_in(result, None):
        complain(safe_text(f"cannot be hidden: {words}"), "note")
