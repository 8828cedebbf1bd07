"""What a connection leaves behind when it has been told, measured on whole processes."""

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.benchmark.runs import run
from scripts.benchmark.tables import ours
from scripts.workloads.files import write_captures
from scripts.workloads.pki import Pki, make_pki
from scripts.workloads.sessions import Maker
from scripts.workloads.shapes import SHAPES, frames

# With fewer the connections that linger for late segments are not all there yet, which is memory too.
FEW, MANY = 400, 1200
# Kilobytes for each more of them; a hundred times less than its packets, a tenth of its facts.
MOST = 4.0
# What a process sends of a connection, 2.3 KB, is there twice while it is received; it sends all of its share at once.
TWICE_SENT = 4.6


def storm(directory: Path, pki: Pki, connections: int) -> None:
    """Nested sessions, few of them different, so that the key log does not grow with them."""
    shape = replace(SHAPES["storm"], connections=connections, distinct=20, data=1000)
    name = f"storm{connections}"
    write_captures(frames(shape, Maker(pki, directory / f"{name}.keys")), directory / name)


@pytest.fixture(scope="module")
def storms(tmp_path_factory) -> Path:
    directory: Path = tmp_path_factory.mktemp("storms")
    pki = make_pki(directory / "pki")
    for connections in (FEW, MANY):
        storm(directory, pki, connections)
    return directory


@pytest.mark.parametrize("form", ["json", "text"])
def test_each_further_connection_costs_less_than_four_kilobytes(storms, form):
    few, many = (peak(storms, count, form, 1) for count in (FEW, MANY))

    assert (many - few) * 1024 / (MANY - FEW) < MOST


def test_with_two_processes_it_costs_the_joining_one_what_comes_from_the_others_besides(storms):
    few, many = (peak(storms, count, "json", 2) for count in (FEW, MANY))

    assert (many - few) * 1024 / (MANY - FEW) < MOST + TWICE_SENT


def peak(storms: Path, connections: int, form: str, jobs: int) -> float:
    """MiB at most in memory, of the process that writes the report on so many connections."""
    command = ours(storms, f"storm{connections}.pcap", f"storm{connections}.keys")
    command[command.index("json")] = form
    return run([*command, "--jobs", str(jobs)]).peak
