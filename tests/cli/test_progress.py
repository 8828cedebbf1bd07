"""Long work says how far it is, on a terminal and there only; connections are told as they end."""

import contextlib
import fcntl
import io
import json
import os
import struct
import subprocess
import threading
import time

import pytest

from analyzer.cli.progress import Meter
from tests.makers.program import ROOT, command, environment, run_program

THREE = ROOT / "captures" / "three-hsms"


def meter(seconds: list[float]):
    """A meter whose clock shows these seconds, one a look."""
    stream = io.StringIO()
    clock = iter(seconds)
    return Meter(stream, lambda: next(clock)), stream


def test_a_second_passes_before_anything_is_said():
    told, stream = meter([0, 0.5, 0.99])
    told.advance("a.pcap", 10)
    told.advance("a.pcap", 10)
    told.clear()
    assert stream.getvalue() == ""


def test_the_line_says_how_far_how_fast_and_how_long(tmp_path):
    path = tmp_path / "a.pcap"
    path.write_bytes(bytes(40_000_000))
    told, stream = meter([0, 2.0])
    with contextlib.ExitStack() as files:
        source = told.opened(str(path), files)
        assert source.readinto(bytearray(10_000_000)) == 10_000_000
    assert stream.getvalue() == "\r\x1b[Ka.pcap    25 %   5 MB/s   0:06 left"


def test_the_line_is_not_renewed_all_the_time():
    told, stream = meter([0, 1.0, 1.1, 1.19, 1.21])
    for _ in range(4):
        told.advance("a.pcap", 10)
    assert stream.getvalue().count("\r") == 2
    told.clear()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_pipe_has_no_end_to_tell():
    told, _ = meter([0])
    told._endless = True
    told._read = 3_000_000
    assert told.line("-", 2.0) == "-   3 MB   2 MB/s"


def test_a_name_that_acts_does_not():
    told, _ = meter([0])
    assert told.line("\x1b]0;x\x07.pcap", 1.0).isprintable()


def slowly(arguments, data: bytes):
    """Feed `data` by and by; what came on stdout, and on stderr, which is a terminal.

    The pipe holds one piece, so a piece is taken only when the program has read the one before: however late it
    starts, it reads for more than a second.
    """
    master, slave = os.openpty()
    with subprocess.Popen(
        command(*arguments),
        env=environment({"TERM": "xterm"}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=slave,
        bufsize=0,
    ) as program:
        os.close(slave)
        piece = fcntl.fcntl(program.stdin, fcntl.F_SETPIPE_SZ, 4096)

        def feed():
            for at in range(0, len(data), piece):
                program.stdin.write(data[at : at + piece])
                time.sleep(0.3)
            program.stdin.close()

        assert len(data) > 6 * piece
        feeder = threading.Thread(target=feed)
        feeder.start()
        out = program.stdout.read()
        feeder.join()
        assert program.wait(60) == 0
    told = b""
    with contextlib.suppress(OSError):  # the terminal is gone
        while read := os.read(master, 65536):
            told += read
    os.close(master)
    return out, told


def an_hour_later(data: bytes) -> bytes:
    """The packets of a little-endian pcap file, without its header, an hour later."""
    at, later = 24, bytearray(data)
    while at < len(data):
        seconds, _, captured, _ = struct.unpack_from("<IIII", data, at)
        struct.pack_into("<I", later, at, seconds + 3600)
        at += 16 + captured
    return bytes(later[24:])


def test_on_a_terminal_progress_is_shown_and_taken_away():
    data = (THREE / "capture.pcap").read_bytes()
    out, told = slowly(("analyze", "-", "-f", "json"), data)
    assert json.loads(out)["summary"]["connections"] == 3
    assert b"MB/s" in told
    assert told.rstrip().endswith(b"\x1b[K")


@pytest.mark.parametrize("option", ["-q", "--progress=never"])
def test_who_wants_silence_has_it(option):
    data = (THREE / "capture.pcap").read_bytes()
    out, told = slowly(("analyze", "-", "-f", "json", option), data)
    assert json.loads(out)["summary"]["connections"] == 3
    assert b"MB/s" not in told


def test_into_a_file_there_is_no_progress_and_quiet_takes_the_warnings_too(tmp_path):
    cut = tmp_path / "cut.pcap"
    cut.write_bytes((THREE / "capture.pcap").read_bytes()[:-5])
    loud = run_program("analyze", cut)
    quiet = run_program("analyze", cut, "--quiet")
    assert b"warning: " in loud.stderr
    assert quiet.stderr == b""
    assert quiet.stdout == loud.stdout
    assert quiet.returncode == loud.returncode


def test_json_lines_come_while_the_capture_still_does():
    data = (THREE / "capture.pcap").read_bytes()
    with subprocess.Popen(
        command("analyze", "-", "-f", "jsonl"),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as program:
        program.stdin.write(data + an_hour_later(data))
        program.stdin.flush()
        first = json.loads(program.stdout.readline())  # the pipe is open: the capture may go on
        assert (first["kind"], first["stream"]) == ("connection", 0)
        program.stdin.close()
        rest = [json.loads(line) for line in program.stdout]
        assert [line["kind"] for line in rest] == ["connection"] * 5 + ["end"]
        assert program.wait(60) == 0


def test_streamed_lines_are_those_of_a_file(tmp_path):
    capture = THREE / "capture.pcap"
    printed = run_program("analyze", capture, "-k", THREE / "keys.log", "-f", "jsonl")
    written = tmp_path / "lines"
    run_program("analyze", capture, "-k", THREE / "keys.log", "-f", "jsonl", "-o", written)
    assert sorted(printed.stdout.splitlines()) == sorted(written.read_bytes().splitlines())


def test_only_the_failed_ones_are_streamed_where_that_is_asked_for():
    case = ROOT / "captures" / "three-hsms-one-of-another-ca"
    done = run_program(
        *("analyze", case / "capture.pcap", "-k", case / "keys.log", "-f", "jsonl"),
        *("--only", "failed"),
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("outcome") for line in lines] == ["failed", None]
