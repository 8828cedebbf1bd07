"""The sessions that pages show: run as a reader would run them, and compared with what is shown.

A fenced block of `console` holds commands behind `$ ` and what they print on either stream. A line of
`...` stands for any number of lines; where a page should not show the end of a line, it ends in ` ...`.
The commands of a page run in order in one directory that has the repository's files, so that a session
may go on with a file that an earlier one wrote.

    python -m tests.makers.sessions PAGE...      rewrites what pages show; look at the difference
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.makers.program import ROOT, environment

ELLIPSIS = "..."
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "--- 6d1f: end of a step ---"
# What a reader finds in a checkout; everything that a session writes stays in its own directory.
_FILES = ("README.md", "captures", "docs")


@dataclass(frozen=True, slots=True)
class Step:
    """One command as it is shown, with its continuation lines, and the lines shown behind it."""

    command: str
    shown: tuple[str, ...]


def sessions(text: str) -> list[list[Step]]:
    """The steps of every session of a page."""
    return [list(_steps(block.group(1))) for block in _BLOCK.finditer(text)]


def _steps(block: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        end = next(i for i, line in enumerate(lines, 1) if not line.endswith("\\"))
        yield Step("\n".join(lines[:end]), tuple(line.rstrip() for line in lines[end:]))


class Desk:
    """A directory as a reader's: the repository's files, and `hsm-analyzer` on PATH and in scripts/."""

    def __init__(self, directory: Path) -> None:
        self.work = directory / "work"
        self._bin = directory / "bin"
        for place in (self._bin, self.work / "scripts"):
            place.mkdir(parents=True)
            program = place / "hsm-analyzer"
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m analyzer "$@"\n')
            program.chmod(0o755)
        for name in _FILES:
            (self.work / name).symlink_to(ROOT / name)

    def printed(self, steps: Sequence[Step]) -> list[list[str]]:
        """What each step of a session prints on either stream, line by line."""
        script = "".join(
            f"{step.command}\ncode=$?\necho '{_MARK}'\n(exit $code)\n" for step in steps
        )
        done = subprocess.run(
            ["bash", "-c", f"exec 2>&1\n{script}"],
            cwd=self.work,
            env=environment({"PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}"}),
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
        )
        parts = done.stdout.split(f"{_MARK}\n")[:-1]
        return [[line.rstrip() for line in part.splitlines()] for part in parts]


def difference(shown: Sequence[str], printed: Sequence[str]) -> str:
    """Where the lines shown are not those printed; empty where they are."""
    at = 0
    runs = _runs(shown)
    for index, run in enumerate(runs):
        last = len(printed) - len(run)
        if index == 0:
            places = range(min(1, last + 1))
        elif index == len(runs) - 1:
            places = range(max(at, last), last + 1)
        else:
            places = range(at, last + 1)
        found = next((p for p in places if _same(run, printed[p : p + len(run)])), None)
        if found is None or (len(runs) == 1 and len(printed) != len(run)):
            return "\n".join(difflib.unified_diff(shown, printed, "shown", "printed", lineterm=""))
        at = found + len(run)
    return ""


def _runs(shown: Sequence[str]) -> list[list[str]]:
    """The lines between ellipses: the first stands at the start, the last at the end."""
    runs: list[list[str]] = [[]]
    for line in shown:
        if line.strip() == ELLIPSIS:
            runs.append([])
        else:
            runs[-1].append(line)
    return runs


def _same(run: Sequence[str], printed: Sequence[str]) -> bool:
    return len(run) == len(printed) and all(
        told == line or (line.endswith(" " + ELLIPSIS) and told.startswith(line[: -len(ELLIPSIS)]))
        for line, told in zip(run, printed, strict=True)
    )


def refreshed(text: str, desk: Desk) -> str:
    """The page with what its commands print now; elided lines stay elided, where they are found again."""

    def rewritten(block: re.Match[str]) -> str:
        lines = ["```console"]
        steps = list(_steps(block.group(1)))
        for step, printed in zip(steps, desk.printed(steps), strict=True):
            lines.append(f"$ {step.command}")
            lines += step.shown if not difference(step.shown, printed) else _nearest(step, printed)
        return "\n".join([*lines, "```"])

    return _BLOCK.sub(rewritten, text)


def _nearest(step: Step, printed: list[str]) -> list[str]:
    """What is printed, cut where the page cuts it: from the line most like the one before an ellipsis."""
    runs = _runs(step.shown)
    lines: list[str] = []
    at = 0
    for index, run in enumerate(runs):
        if index:
            lines.append(ELLIPSIS)
        if not run:
            continue
        first = at if index == 0 else _like(run[0], printed, at)
        end = len(printed) if index == len(runs) - 1 else _like(run[-1], printed, first) + 1
        lines += [_cut(line, run) for line in printed[first:end]]
        at = end
    return lines


def _cut(line: str, run: Sequence[str]) -> str:
    """The line as the page cuts it, where it still begins like that."""
    return next((told for told in run if _same([told], [line])), line)


def _like(line: str, printed: Sequence[str], start: int) -> int:
    near = difflib.get_close_matches(line, printed[start:], n=1, cutoff=0.5)
    return start if not near else start + printed[start:].index(near[0])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as directory:
            page = Path(name)
            page.write_text(refreshed(page.read_text("utf-8"), Desk(Path(directory))), "utf-8")
