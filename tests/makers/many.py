"""Many command lines in one process, started as someone who may not do everything: `run_many`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.makers.program import ROOT, environment, run_here


def powerless() -> tuple[str, ...]:
    """What stands before a program that is to obey the permissions of files, whoever runs the tests."""
    if os.geteuid():
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv (util-linux) takes root's powers away")
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


def on_a_full_disk(folder: Path, kept: bytes) -> tuple[str, ...]:
    """The same for a file system of one page at `folder`, which the file `kept` fills."""
    mount = f"mount -t tmpfs -o size=4k,mode=755 tmpfs {folder}"
    before = ("unshare", "-m", "sh", "-c")
    tried = subprocess.run([*before, mount], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"no file system can be mounted here: {tried.stderr.decode().strip()}")
    assert len(kept) == 4096
    (folder.parent / "kept").write_bytes(kept)
    return (*before, f'{mount} && cat {folder.parent}/kept > {folder}/kept && exec "$@"', "sh")


def run_many(
    commands: Iterable[Sequence[object]], before: Sequence[str] = (), watched: Path | None = None
) -> list[tuple[int, str, str, dict[str, str]]]:
    """Exit code, stdout and stderr of each, and the files of `watched` after it with what they hold."""
    request = {
        "commands": [list(map(str, words)) for words in commands],
        "watched": watched and str(watched),
    }
    done = subprocess.run(
        [*before, sys.executable, "-m", "tests.makers.many"],
        cwd=ROOT,
        env=environment(),
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    return [(code, out, err, left) for code, out, err, left in json.loads(done.stdout)]


def _main() -> None:
    request = json.load(sys.stdin)
    told = []
    for words in request["commands"]:
        done = run_here(*words)
        left = {}
        if request["watched"]:
            for path in sorted(Path(request["watched"]).rglob("*")):
                left[path.name] = "" if path.is_dir() else path.read_bytes().decode("latin-1")
        told.append((done.returncode, done.stdout.decode(), done.stderr.decode(), left))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    _main()
