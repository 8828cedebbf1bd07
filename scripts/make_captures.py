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
from recording.check import differences
from recording.facts import NotAsPlanned
from recording.index import write_index
from recording.recorder import Dropped
from recording.running import record


@click.command(help=__doc__)
@click.argument("names", metavar="[CASE]...", nargs=-1)
@click.option("--list", "listing", is_flag=True, help="List the cases.")
@click.option("--new-pki", is_flag=True, help="Make new certificates, and so all cases anew.")
@click.option("--only-pki", is_flag=True, help="Make what is missing of the PKI, and no case.")
@click.option("--check", is_flag=True, help="Record nothing: compare the recordings with tshark.")
def main(
    names: tuple[str, ...], *, listing: bool, new_pki: bool, only_pki: bool, check: bool
) -> None:
    if listing:
        for case in CASES:
            print(f"{case.name:45} {case.title}")
        return
    if unknown := set(names) - {case.name for case in CASES}:
        raise click.UsageError(f"no such case: {', '.join(unknown)} (--list lists them)")
    wanted = [case for case in CASES if not names or new_pki or case.name in names]
    if check:
        problems = [problem for case in wanted for problem in differences(case)]
        print("\n".join(problems) or f"tshark agrees on {len(wanted)} recordings")
        sys.exit(bool(problems))
    pki.make(anew=new_pki)
    material.make()
    if only_pki:
        return
    failed = []
    for case in wanted:
        try:
            folder = record(case)
        except (NotAsPlanned, Dropped) as error:
            failed.append(case.name)
            print(f"{case.name}: {type(error).__name__}: {error}", file=sys.stderr)
        else:
            print(folder.relative_to(pki.ROOT))
    write_index(CASES)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
