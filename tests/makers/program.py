"""The program as a user runs it: a process, real files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from analyzer.cli import main

ROOT = Path(__file__).resolve().parents[2]

# What a user's shell may have set and would change what is printed.
_PRINTING = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM", "HSM_ANALYZER_DEBUG")


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment for the program: importable from anywhere, nothing that colours."""
    kept = {name: value for name, value in os.environ.items() if name not in _PRINTING}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | dict(changes or {})


def command(*arguments: object) -> list[str]:
    """The command line of the program."""
    return [sys.executable, "-m", "analyzer", *map(str, arguments)]


def hears_signals() -> None:
    """For a process that is begun: SIGINT is not ignored in it, as a shell has it for all it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def without(package: str, folder: Path) -> dict[str, str]:
    """Changes to `environment` for a program that does not find `package`; `folder` is used up for it."""
    (folder / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "found = PathFinder.find_spec\n"
        "PathFinder.find_spec = staticmethod(\n"
        f"    lambda name, *rest: None if name == {package!r} else found(name, *rest)\n"
        ")\n"
    )
    return {"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}


def run_program(
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float = 60,
) -> subprocess.CompletedProcess[bytes]:
    """Run the program to its end; `env` is added to the environment."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(env),
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


def run_here(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The same in this process: a tenth of the time, for the many ways that one command goes."""
    words = list(map(str, arguments))
    done = CliRunner(env=dict.fromkeys(_PRINTING)).invoke(main, words, input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout_bytes, done.stderr_bytes)
