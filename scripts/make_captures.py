#!/usr/bin/env python3
"""Make the recordings in captures/: all of them, or the cases named.

Needs Linux, root (network namespaces, tcpdump), tcpdump, dumpcap and editcap (Wireshark), nft and openssl.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parent))

from recording import material, pki
from recording.cases import CASES
from recording.facts import NotAsPlanned
from recording.index import write_index
from recording.running import record


@click.command(help=__doc__)
@click.argument("names", metavar="[CASE]...", nargs=-1)
@click.option("--list", "listing", is_flag=True, help="List the cases.")
@click.option("--new-pki", is_flag=True, help="Make new certificates, and so all cases anew.")
@click.option("--only-pki", is_flag=True, help="Make what is missing of the PKI, and no case.")
def main(names: tuple[str, ...], *, listing: bool, new_pki: bool, only_pki: bool) -> None:
    if listing:
        for case in CASES:
            print(f"{case.name:45} {case.title}")
        return
    known = {case.name: case for case in CASES}
    if unknown := [name for name in names if name not in known]:
        raise click.UsageError(f"no such case: {', '.join(unknown)} (--list lists them)")
    pki.make(anew=new_pki)
    material.make()
    if only_pki:
        return
    failed = []
    for case in CASES if new_pki or not names else [known[name] for name in names]:
        try:
            folder = record(case)
        except NotAsPlanned as error:
            failed.append(case.name)
            print(f"{case.name}: {error}", file=sys.stderr)
        else:
            print(folder.relative_to(pki.ROOT))
    write_index(CASES)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
