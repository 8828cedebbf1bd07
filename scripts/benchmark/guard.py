"""Instructions, counted by valgrind: the one cost that is the same on a busy machine and a quiet one.

    python -m scripts.benchmark.guard [--write]

Two small workloads are analyzed and the start-up is taken off. The ceilings in guard.json are some per cent above
what was counted when they were written; a change that goes through one of them has to be wanted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from scripts.benchmark.tables import ours
from scripts.workloads.files import write_captures
from scripts.workloads.pki import make_pki
from scripts.workloads.sessions import Maker
from scripts.workloads.shapes import SHAPES, frames

CEILINGS = Path(__file__).with_name("guard.json")
_ROOM = 1.25
# Name of a workload -> its scale, and what its cost is told for.
_COUNTED = {"storm": (0.012, "connection"), "mixed": (0.05, "packet")}


def counted(directory: Path) -> dict[str, float]:
    """Millions of instructions: to start and end, for each connection of a storm, each packet of a busy host."""
    pki = make_pki(directory / "pki")
    write_captures([], directory / "nothing")
    (directory / "nothing.keys").write_bytes(b"")
    figures: dict[str, float] = {}
    for name, (scale, unit) in _COUNTED.items():
        shape = SHAPES[name].scaled(scale)
        write_captures(frames(shape, Maker(pki, directory / f"{name}.keys")), directory / name)
        start = figures.setdefault("start", _instructions(directory, "nothing", name))
        units = shape.connections or shape.packets
        figures[unit] = (_instructions(directory, name, name) - start) / units
    return figures


def _instructions(directory: Path, capture: str, keys: str) -> float:
    command = ours(directory, f"{capture}.pcap", f"{keys}.keys")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": str(directory / "bytecode")}
    # Run once uncounted: compiling the sources costs more than starting, and happens only once.
    subprocess.run(command, env=environment, capture_output=True, check=False)
    done = subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *command],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    match = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if match is None:
        raise SystemExit(f"valgrind counted nothing:\n{done.stderr}")
    return int(match[1].replace(",", "")) / 1e6


def _python() -> str:
    return ".".join(map(str, sys.version_info[:2]))


@click.command()
@click.option("--write", is_flag=True, help="Write the ceilings anew.")
def main(*, write: bool) -> None:
    """Count, and compare with the ceilings; exits with 1 where one is passed."""
    ceilings = json.loads(CEILINGS.read_text(encoding="utf-8"))
    if not shutil.which("valgrind"):
        print("instructions are not counted: valgrind is not installed")
        return
    if not write and ceilings["python"] != _python():
        print(
            f"instructions are not counted: the ceilings are those of Python {ceilings['python']}"
        )
        return
    with tempfile.TemporaryDirectory() as directory:
        figures = counted(Path(directory))
    if write:
        told = {"python": _python(), **{n: float(f"{f * _ROOM:.3g}") for n, f in figures.items()}}
        CEILINGS.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        ceilings = told
    passed = False
    for name, figure in figures.items():
        passed |= figure > ceilings[name]
        print(f"{name}: {figure:.4g} million instructions (at most {ceilings[name]:.4g})")
    sys.exit(passed)


if __name__ == "__main__":
    main()
