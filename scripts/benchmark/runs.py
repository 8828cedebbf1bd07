"""Processes run in turn, A B C A B C: on a machine that others use, only ratios within a round can be trusted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Entrant:
    """One command that takes part.

    Attributes:
        name: in the table. command: its arguments.
        rounds: in how many rounds it runs; None for all.
        note: what it does not do, or on how much of the input.
        part: what share of the workload it gets: its time is told as it is, its rate is comparable.
    """

    name: str
    command: Sequence[str]
    rounds: int | None = None
    note: str = ""
    part: float = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took: seconds on the clock and of the processor, MiB of memory at most."""

    wall: float
    cpu: float
    peak: float


@dataclass(slots=True)
class Figures:
    """All runs of one entrant."""

    entrant: Entrant
    runs: list[Run] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """The median."""
        return median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """The median."""
        return median(run.cpu for run in self.runs)

    @property
    def peak(self) -> float:
        """The largest."""
        return max(run.peak for run in self.runs)


def measured(entrants: Sequence[Entrant], rounds: int) -> list[Figures]:
    """Run every entrant once in each round, after one round that is not counted (files come into the cache)."""
    figures = [Figures(entrant) for entrant in entrants]
    for each in figures:
        if each.entrant.rounds is None:
            run(each.entrant.command)
    for number in range(rounds):
        for each in figures:
            if each.entrant.rounds is None or number < each.entrant.rounds:
                each.runs.append(run(each.entrant.command))
    return figures


def ratios(one: Figures, other: Figures) -> list[float]:
    """Processor time of `one` by that of `other`, round by round, for equal inputs."""
    scale = other.entrant.part / one.entrant.part
    return [a.cpu / b.cpu * scale for a, b in zip(one.runs, other.runs, strict=False)]


# A process's peak memory is never told as less than its parent's: so a small parent starts it.
_LAUNCHER = """
import os, sys, time
began = time.monotonic()
pid = os.fork()
if not pid:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(pid, 0)
told = time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
os.write(int(sys.argv[1]), " ".join(map(str, (*told, os.waitstatus_to_exitcode(status)))).encode())
"""


# The program's exit code for a capture without a connection.
NOTHING = 3


def run(command: Sequence[str], code: int = 0) -> Run:
    """Run a command to its end, its output thrown away.

    Raises:
        SystemExit: its exit code is not `code`; its time says nothing then.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    reader, writer = os.pipe()
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(writer), *command]
    with os.fdopen(reader) as told:
        subprocess.run(launcher, pass_fds=(writer,), env=environment, check=True)
        os.close(writer)
        wall, cpu, peak, ended = told.read().split()
    if int(ended) != code:
        raise SystemExit(f"exit code {ended}: {' '.join(map(str, command))[:300]}")
    return Run(float(wall), float(cpu), float(peak))


def each_run(figures: Figures) -> Iterator[str]:
    """Every run's figures: seconds on the clock / of the processor."""
    for one in figures.runs:
        yield f"{one.wall:.2f}/{one.cpu:.2f}"
