"""Make workloads: NAME.pcap (or a folder NAME), NAME.keys and the certificates, under one directory."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from scripts.workloads.files import write_captures
from scripts.workloads.pki import make_pki
from scripts.workloads.sessions import Maker
from scripts.workloads.shapes import SHAPES, Shape, files, frames


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1, required=True, type=click.Choice(list(SHAPES)))
@click.option("--scale", type=float, default=1.0, help="So many times the packets or connections.")
@click.option("--suffix", default="", help="Added to the names of the files.")
@click.option("--seed", type=int, default=1, show_default=True)
def main(*, directory: Path, names: tuple[str, ...], scale: float, suffix: str, seed: int) -> None:
    """Make the captures NAMES in DIRECTORY."""
    pki = make_pki(directory / "pki")
    for name in names:
        began = time.monotonic()
        maker = Maker(pki, key_log(directory, name + suffix))
        count = make(directory / f"{name}{suffix}", SHAPES[name].scaled(scale), maker, seed)
        print(
            f"{name}{suffix}: {count} packets in {time.monotonic() - began:.0f} s", file=sys.stderr
        )


def key_log(directory: Path, name: str) -> Path:
    """An empty one for a workload."""
    path = directory / f"{name}.keys"
    path.unlink(missing_ok=True)
    return path


def make(path: Path, shape: Shape, maker: Maker, seed: int = 1) -> int:
    """Write one workload to `path`, with suffixes or as a folder; returns its packets."""
    if shape.kind != "many":
        return write_captures(frames(shape, maker, seed), path, shape.formats)
    path.mkdir(exist_ok=True)
    return sum(
        write_captures(made, path / f"{number:05}")
        for number, made in enumerate(files(shape, maker, seed))
    )


if __name__ == "__main__":
    main()
