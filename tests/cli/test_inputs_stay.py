"""What a command reads it never writes over, whatever was asked for."""

import shutil

import pytest

from tests.makers.cases import cases
from tests.makers.program import run_here

CASE = next(case for case in cases() if case.name == "tls12-in-tls12")
# `{target}` is one of the files that are read, by its own name or through a link.
COMMANDS = (
    ("analyze", "{capture}", "-k", "{keys}", "-f", "json", "-o", "{target}", "--force"),
    ("analyze", "{capture}", "-k", "{keys}", "--report", "json={target}", "--force"),
    ("anonymize", "{capture}", "-o", "{target}", "--force"),
    ("baseline", "{capture}", "-k", "{keys}", "-o", "{target}", "--force"),
    ("export", "{capture}", "-k", "{keys}", "-o", "{target}", "--force"),
    ("keys", "{capture}", "-k", "{keys}", "--minimal", "{target}", "--force"),
    ("keys", "{capture}", "-k", "{keys}", "--inject", "{target}", "--force"),
)


@pytest.mark.parametrize("linked", [False, True], ids=["by-name", "by-link"])
@pytest.mark.parametrize(
    ("words", "overwritten"),
    [(words, name) for words in COMMANDS for name in ("capture", "keys") if f"{{{name}}}" in words],
)
def test_force_does_not_overwrite_an_input(words, overwritten, linked, tmp_path):
    paths = {"capture": tmp_path / "capture.pcap", "keys": tmp_path / "keys.log"}
    shutil.copy(CASE.capture, paths["capture"])
    shutil.copy(CASE.directory / "keys.log", paths["keys"])
    before = {name: path.read_bytes() for name, path in paths.items()}
    target = paths[overwritten]
    if linked:
        target = tmp_path / "link"
        target.symlink_to(paths[overwritten])

    done = run_here(*(word.format(**paths, target=target) for word in words))

    assert done.returncode == 2
    assert b"is an input of this command; write to another file" in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert {name: path.read_bytes() for name, path in paths.items()} == before
    assert target.is_symlink() is linked
