"""Workloads for the benchmark, each made once."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.workloads.__main__ import key_log, make
from scripts.workloads.pki import make_pki
from scripts.workloads.sessions import Maker
from scripts.workloads.shapes import SHAPES


def workload(where: Path, name: str, scale: float) -> Path:
    """Made in the directory `where` if it is not there; gives the file, or the folder of a workload of many files."""
    shape = SHAPES[name].scaled(scale)
    path = where / name
    made = path if shape.kind == "many" else path.with_suffix(".pcap")
    if not made.exists():
        where.mkdir(parents=True, exist_ok=True)
        print(f"making {made}", file=sys.stderr)
        make(path, shape, Maker(make_pki(where / "pki"), key_log(where, name)))
    return made
