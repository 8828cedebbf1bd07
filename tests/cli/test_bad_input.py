"""Bad input gets one clear line on stderr and the right exit code; never a traceback."""

import struct
from typing import NamedTuple

import pytest

from tests.makers.cases import cases
from tests.makers.program import run_program

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
KEY_LINE = f"CLIENT_RANDOM {'ab' * 32} {'cd' * 48}"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def hsm_analyzer(*arguments: object, stdin: bytes = b"") -> Ran:
    done = run_program(*arguments, stdin=stdin)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def quiet(tmp_path):
    """A capture without any frame."""
    path = tmp_path / "quiet.pcap"
    path.write_bytes(PCAP_HEADER)
    return path


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text
    return lines[0]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"just some notes\n" * 20, "this is text, not a pcap or pcapng capture"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n", "this is a PEM file, not a pcap or pcapng capture"),
        (b"GMBU" + bytes(100), "this is a Microsoft Network Monitor capture"),
        (b"snoop\0\0\0" + bytes(100), "this is a snoop capture"),
        (bytes(range(256)), "not a pcap or pcapng capture"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_capture_is_refused_by_name(tmp_path, content, complaint):
    path = tmp_path / "input"
    path.write_bytes(content)
    ran = hsm_analyzer("analyze", path)
    assert (ran.code, ran.out) == (2, "")
    assert complaint in one_line(ran.err)
    assert str(path) in ran.err


def test_a_missing_file_is_named(tmp_path):
    ran = hsm_analyzer("analyze", tmp_path / "gone.pcap")
    assert ran.code == 2
    assert one_line(ran.err).endswith("gone.pcap: No such file or directory")


def test_a_directory_is_no_capture(tmp_path):
    ran = hsm_analyzer("analyze", tmp_path)
    assert ran.code == 2
    assert "Is a directory" in one_line(ran.err)


def test_a_capture_without_the_port_is_inconclusive(quiet):
    ran = hsm_analyzer("analyze", quiet, "--format", "json")
    assert ran.code == 3
    assert "no TCP connection with port 2223, 2224 or 2225 in 0 frames" in one_line(ran.err)
    assert '"verdict": "unknown"' in ran.out


def test_one_unreadable_file_of_two_is_told_and_the_other_is_read(quiet, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("nothing here\n" * 10)
    ran = hsm_analyzer("analyze", text, quiet)
    assert ran.code == 3
    assert "notes.txt: this is text" in ran.err.splitlines()[0]


def test_broken_lines_of_a_key_log_are_counted_and_the_rest_is_used(quiet, tmp_path):
    keys = tmp_path / "keys.log"
    keys.write_text(f"CLIENT_RANDOM 12 34\n{KEY_LINE}\nnonsense\n")
    ran = hsm_analyzer("analyze", quiet, "--keys", keys)
    assert ran.code == 3
    assert "2 broken lines passed over (1, 3)" in ran.err.splitlines()[0]
    assert "cdcd" not in ran.err + ran.out


def test_a_key_log_without_any_key_is_an_error(quiet, tmp_path):
    keys = tmp_path / "keys.log"
    keys.write_text("nonsense\n")
    ran = hsm_analyzer("analyze", quiet, "--keys", keys)
    assert (ran.code, ran.out) == (2, "")
    assert "keys.log" in one_line(ran.err)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--keys", "gone.log"], "gone.log: No such file or directory"),
        (["--port", "0"], "'0' is neither a TCP port nor 'any'"),
        (["--at", "tomorrow"], "'tomorrow' is neither an ISO 8601 time nor 'now'"),
        (["--at", "0001-01-01T00:00:00+14:00"], "is neither an ISO 8601 time nor 'now'"),
        (["--jobs", "100000"], "100000 is not in the range 1<=x<=512"),
        (["-", "-"], "standard input can be read only once"),
        (["--inner-framing", "telepathy"], "telepathy"),
        (["--no-such-option"], "No such option"),
        (["--password-file", "gone.txt"], "gone.txt: No such file or directory"),
    ],
)
def test_a_wrong_option_is_one_line(quiet, arguments, complaint):
    ran = hsm_analyzer("analyze", quiet, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert complaint in one_line(ran.err)


def test_an_output_file_is_not_overwritten(quiet, tmp_path):
    target = tmp_path / "report.json"
    target.write_text("mine")
    ran = hsm_analyzer("analyze", quiet, "--format", "json", "--output", target)
    assert ran.code == 2
    assert "exists already; --force overwrites it" in one_line(ran.err)
    assert target.read_text() == "mine"
    ran = hsm_analyzer("analyze", quiet, "--format", "json", "--output", target, "--force")
    assert ran.code == 3
    assert target.read_text().startswith("{")


def test_a_pipe_is_read_like_a_file(quiet):
    ran = hsm_analyzer("analyze", "-", stdin=quiet.read_bytes())
    assert ran.code == 3
    assert "in 0 frames" in one_line(ran.err)


def test_version_and_help_name_the_program():
    assert hsm_analyzer("--version").out.startswith("hsm-analyzer, version ")
    shown = hsm_analyzer("--help")
    assert shown.code == 0
    assert "analyze" in shown.out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_output_of_any_encoding_takes_the_report(encoding):
    capture = cases()[0].capture
    done = run_program("analyze", capture, env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding).splitlines()[-1]


@pytest.mark.parametrize("columns", ["0", "1", "10", "abc", ""])
def test_a_terminal_too_narrow_for_columns_loses_nothing(columns):
    capture = cases()[0].capture
    whole = run_program("analyze", capture, env={"COLUMNS": "40"})
    done = run_program("analyze", capture, env={"COLUMNS": columns})
    assert (done.returncode, done.stderr) == (whole.returncode, whole.stderr)
    told, expected = ("".join(ran.stdout.decode().split()) for ran in (done, whole))
    assert "Verdict:" in told
    if columns in {"0", "1", "10"}:
        assert told == expected


@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31T23:59:59"])
def test_the_first_and_the_last_time_there_is_can_be_judged_at(moment):
    case = next(case for case in cases() if case.name == "tls12-in-tls12")
    ran = hsm_analyzer("analyze", case.capture, "--at", moment, *case.arguments)
    assert (ran.code, ran.err) == (0, "")
    assert "Verdict: FAIL" in ran.out
