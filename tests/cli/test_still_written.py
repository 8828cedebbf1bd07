"""A capture that is still being written gives what is there, and every command says where it ends."""

import json
import os
import shutil
import subprocess
import time

import pytest

from analyzer.capture.items import Segment
from analyzer.report.model import Input
from analyzer.run.joining import of_shares
from analyzer.run.parts import Chosen, Task, analyzed
from analyzer.run.pipeline import Options, analyze, items_of
from tests.makers.cases import cases
from tests.makers.loopback import talking
from tests.makers.program import command, environment, run_here

CASES = {case.name: case for case in cases()}
CASE = CASES["tls12-in-tls12"]
KEYS = CASE.keys("all")
DEADLINE = 60

# What reads a capture, and the exit code for one of which the end is missing (docs/user-guide.md): a result is
# there, so 0, unless the command was asked for what cannot be told then.
READING = (
    (("analyze", "{cut}", *KEYS), 0),
    (("analyze", "{cut}", *KEYS, "-j", "2"), 0),
    (("analyze", "{cut}", *KEYS, "--fail-on", "unknown"), 1),
    (("check", "{cut}", *KEYS, "--against", "{folder}/expect.toml"), 3),
    (("baseline", "{cut}", *KEYS), 0),
    (("compare", CASE.capture, "{cut}", *KEYS), 0),
    (("live", "{cut}", *KEYS), 0),
    (("export", "{cut}", *KEYS, "-o", "{folder}/x"), 0),
    (("export", "{cut}", *KEYS, "--what", "frames", "-o", "{folder}/x"), 0),
    (("keys", "{cut}", *KEYS), 0),
    (("batch", "{cut}", *KEYS, "-j", "1", "-o", "{folder}/x"), 0),
    (("anonymize", "{cut}", "-o", "{folder}/x"), 0),
    (("certs", "{cut}", *KEYS), 0),
    pytest.param(
        ("crosscheck", "{cut}", *KEYS),
        0,
        marks=pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed"),
    ),
)


@pytest.mark.parametrize(("words", "code"), READING)
def test_every_command_says_where_a_capture_ends(words, code, tmp_path):
    cut = tmp_path / "cut"
    cut.write_bytes(
        CASE.capture.read_bytes()[:-30]
    )  # within the last frame, which ends the connection
    report = analyze([cut])
    [damage] = report.inputs[0].damage
    assert damage.why == f"the file ends within frame {report.inputs[0].frames + 1}"
    (tmp_path / "expect.toml").write_text('version = 1\n[[connection]]\noutcome = "established"\n')
    done = run_here(*(str(word).format(cut=cut, folder=tmp_path) for word in words))
    assert done.returncode == code, done.stderr
    told = done.stdout if words[0] == "check" else done.stderr
    assert f"{damage.why} (at byte {damage.offset})" in told.decode()


@pytest.mark.parametrize("reader", ["fast", "scapy"])
def test_what_is_appended_while_a_file_is_read_is_read_too(reader, tmp_path):
    """Cut within a packet: where the reader comes to the end before the rest does, it says so."""
    data = CASES["three-hsms"].capture.read_bytes()
    path = tmp_path / "growing"
    path.write_bytes(data[:20_000])
    read: list[Input] = []
    items = items_of([path], Options(reader=reader), read)
    found = [next(items)]
    with path.open("ab") as file:
        file.write(data[20_000:])
    found += items
    whole = list(items_of([CASES["three-hsms"].capture], Options(reader=reader)))
    segments = [item for item in found if isinstance(item, Segment)]
    assert segments == [item for item in whole if isinstance(item, Segment)][: len(segments)]
    if len(found) < len(whole):
        assert [damage.why for damage in read[0].damage] == ["the file ends within frame 50"]
    else:
        assert read[0].damage == ()


def test_of_shares_that_met_the_file_at_different_lengths_the_longest_is_told(tmp_path):
    data = CASES["three-hsms"].capture.read_bytes()
    path = tmp_path / "growing"
    parts = []
    for share, size in enumerate((20_000, len(data))):
        path.write_bytes(data[:size])
        parts.append(analyzed(Task(((0, path),), Options(), Chosen(None, share, 2))))
    report = of_shares(parts, [path], Options())
    whole = analyze([path])
    assert report.inputs == whole.inputs
    last = max(connection.conversation.tcp.span.last for connection in report.connections)
    assert last <= report.inputs[0].frames


@pytest.fixture
def recording(tmp_path):
    """A file that tcpdump writes in blocks of its own size, which end within a packet."""
    if os.geteuid() or shutil.which("tcpdump") is None:
        pytest.skip("recording needs tcpdump and root")
    path = tmp_path / "recording.pcap"
    with talking() as port:
        words = ("tcpdump", "-i", "lo", "-Z", "root", "-w", path, "tcp", "port", str(port))
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as tcpdump:
            try:
                yield path, port, tcpdump
            finally:
                tcpdump.terminate()


def test_what_tcpdump_has_written_is_analyzed_while_it_goes_on(recording):
    path, port, tcpdump = recording
    told, damaged = [], []
    until = time.monotonic() + DEADLINE
    while len(damaged) < 2:
        assert time.monotonic() < until, "no cut file was met"
        time.sleep(0.5)
        done = run_here("analyze", path, "-p", port, "-f", "json")
        if done.returncode:  # nothing was written yet, or no connection
            assert done.returncode in {2, 3}, done.stderr
            continue
        report = json.loads(done.stdout)
        told.append([each["client"]["port"] for each in report["connections"]])
        damaged += report["inputs"][0]["damage"]
    tcpdump.terminate()
    tcpdump.wait()
    done = run_here("analyze", path, "-p", port, "-f", "json")
    assert done.returncode == 0
    whole = json.loads(done.stdout)
    ports = [each["client"]["port"] for each in whole["connections"]]
    assert whole["inputs"][0]["damage"] == []
    assert told[-1]
    assert all(some == ports[: len(some)] for some in told)
    assert all(each["why"].startswith("the file ends within frame ") for each in damaged)


def test_live_goes_on_with_the_file_that_tcpdump_writes(recording):
    path, port, _ = recording
    with (
        subprocess.Popen(
            ["tail", "-c", "+1", "-F", "-s", "0.1", path],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as tail,
        subprocess.Popen(
            command("live", "-", "-p", port, "--exit-on", 3),
            stdin=tail.stdout,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        ) as program,
    ):
        out, err = program.communicate(timeout=DEADLINE)
        tail.terminate()
    assert program.returncode == 0
    told = [line for line in out.decode().splitlines() if f" -> 127.0.0.1:{port} unseen: " in line]
    assert len(told) >= 3
    assert err.startswith(b"hsm-analyzer: summary: ")
