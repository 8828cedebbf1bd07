"""A file's name may hold anything: every error names it on one line, and nothing in it acts."""

import os
import shutil

import pytest

from tests.makers.command_lines import (
    CAPTURE,
    CASE,
    FILLING,
    KEYS,
    READING,
    WRITING,
    filled,
    named,
)
from tests.makers.program import run_here, run_program

# What a name may hold, and how it is shown.
ODD = {
    "line-break": ("a\nb", r"a\x0ab"),
    "return": ("a\rb", r"a\x0db"),
    "escape": ("a\x1b[31mb", r"a\x1b[31mb"),
    "form-feed": ("a\x0cb", r"a\x0cb"),
    "next-line": ("a\x85b", r"a\x85b"),
    "line-separator": ("a\u2028b", r"a\u{2028}b"),
    "right-to-left": ("a\u202eb", r"a\u{202e}b"),
    "no-utf-8": (os.fsdecode(b"a\xffb"), r"a\u{dcff}b"),
}


def told(done) -> str:
    """The one line on stderr, of characters that can be printed only."""
    text = done.stderr.decode()
    assert text.endswith("\n"), text
    line = text[:-1]
    assert line.isprintable(), line
    assert line.startswith("hsm-analyzer: error: "), line
    return line


@pytest.mark.parametrize("row", READING, ids=named)
@pytest.mark.parametrize("kind", ["line-break", "escape"])
def test_a_missing_file_is_named_on_one_line(row, kind, tmp_path):
    name, shown = ODD[kind]
    done = run_here(*filled(row, tmp_path, source=tmp_path / name))
    assert done.returncode == 2
    assert f"{tmp_path}/{shown}" in told(done)


@pytest.mark.parametrize("row", [*WRITING, *FILLING], ids=named)
@pytest.mark.parametrize("kind", ["line-break", "escape"])
def test_a_file_that_cannot_be_written_is_named_on_one_line(row, kind, tmp_path):
    name, shown = ODD[kind]
    (tmp_path / "file").touch()
    done = run_here(*filled(row, tmp_path, target=tmp_path / "file" / name))
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"{tmp_path}/file/{shown}" in told(done)


def test_batch_names_a_missing_file_on_one_line_and_a_results_directory_too(tmp_path):
    name, shown = ODD["line-break"]
    done = run_here("batch", tmp_path / name, "-o", tmp_path / f"x{name}", "-j", 1)
    assert done.returncode == 2
    assert done.stderr.decode() == (
        f"hsm-analyzer: warning: {tmp_path}/{shown}: No such file or directory\n"
    )
    assert done.stdout.decode().splitlines() == [
        "unknown: 0 connections in 1 files",
        f"none; see {tmp_path}/x{shown}/report.json and {tmp_path}/x{shown}/summary.json",
    ]
    shutil.rmtree(tmp_path / f"x{name}")
    words = ("batch", CAPTURE, tmp_path / name, "-o", tmp_path / f"x{name}", "-j", 1)
    shard = run_here(*words, "--shard", "1/2")
    assert shard.stdout.decode().splitlines() == [
        f"1 of 2 files are in {tmp_path}/x{shown}; 'merge' puts the shares together"
    ]


@pytest.mark.parametrize("kind", ODD)
def test_no_character_of_a_name_acts(kind, tmp_path):
    name, shown = ODD[kind]
    done = run_program("analyze", tmp_path / name)
    assert done.returncode == 2
    assert told(done) == (f"hsm-analyzer: error: {tmp_path}/{shown}: No such file or directory")


def test_of_several_problems_each_is_one_line(tmp_path):
    words = [("--customer-ca", tmp_path / name) for name, _ in list(ODD.values())[:3]]
    done = run_here("expect", "show", *(word for pair in words for word in pair))
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "hsm-analyzer: error: the expected set cannot be read: 3 problems",
        *(
            f"  {tmp_path}/{shown}: No such file or directory"
            for _, shown in list(ODD.values())[:3]
        ),
    ]


def test_of_several_problems_of_an_expectation_file_each_is_one_line(tmp_path):
    path = tmp_path / "a\nb.toml"
    path.write_text("version = 1\nfirst = 1\nsecond = 2\n")
    done = run_here("expect", "show", "--expect", path)
    assert done.returncode == 2
    first, *mistakes = done.stderr.decode().splitlines()
    assert first == "hsm-analyzer: error: the expected set cannot be read: 2 problems"
    assert [line.split(": ")[0] for line in mistakes] == [rf"  {tmp_path}/a\x0ab.toml"] * 2


@pytest.mark.parametrize("row", READING, ids=named)
def test_the_empty_name_names_no_file(row, tmp_path):
    done = run_here(*filled(row, tmp_path, source=""))
    assert (done.returncode, done.stdout) == (2, b"")
    if row[1] == "@{source}":
        assert "@: cannot be read as a list of captures" in told(done)
    else:
        assert "an empty name names no file" in told(done)
    assert [path.name for path in tmp_path.iterdir()] == ["expect.toml"]


def test_a_name_as_long_as_there_may_be_does_not_hide_what_is_wrong():
    long = "/".join([*["d" * 250] * 15, "x" * 255])
    done = run_program("analyze", long)
    assert done.returncode == 2
    assert told(done) == f"hsm-analyzer: error: {long}: No such file or directory"
    done = run_program("analyze", "x" * 256)
    assert told(done) == f"hsm-analyzer: error: {'x' * 256}: File name too long"


@pytest.mark.parametrize("kind", ODD)
def test_a_capture_of_any_name_is_read_and_its_reports_are_whole(kind, tmp_path):
    name, shown = ODD[kind]
    capture, keys = tmp_path / f"{name}.pcap", tmp_path / f"{name}.log"
    shutil.copy(CAPTURE, capture)
    shutil.copy(KEYS, keys)
    wide = {"COLUMNS": "1000"}  # the command for Wireshark, which names the file, is one line
    done = run_program("analyze", capture, "-k", keys, *CASE.arguments, env=wide)
    assert (done.returncode, done.stderr) == (0, b"")
    plain = run_program("analyze", CAPTURE, "-k", KEYS, *CASE.arguments, env=wide)
    told, expected = (ran.stdout.decode().splitlines() for ran in (done, plain))
    differing = [line for line in told if line not in expected]
    assert len(told) == len(expected)
    assert len(differing) == 2
    assert all(f"{tmp_path}/{shown}.pcap" in line for line in differing)
