"""Reports go where the user says, in every format, and destroy nothing."""

import json
import os
import stat
import subprocess

import junitparser
import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from analyzer.cli.output import REPORTS
from tests.makers.program import ROOT, command, environment, run_program


@pytest.fixture
def capture(tmp_path):
    """One connection that is refused: SYN, RST."""
    there = Ether() / IP(src="10.0.0.1", dst="10.0.0.2")
    back = Ether() / IP(src="10.0.0.2", dst="10.0.0.1")
    packets = [
        there / TCP(sport=40000, dport=2223, flags="S", seq=1),
        back / TCP(sport=2223, dport=40000, flags="RA", ack=2),
    ]
    for number, packet in enumerate(packets):
        packet.time = 1_764_000_000 + number / 1000
    path = tmp_path / "capture.pcap"
    wrpcap(str(path), packets)
    return path


def test_standard_output_is_the_report_and_nothing_else(capture):
    done = run_program("analyze", capture, "-f", "json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["connections"][0]["tcp"]["handshake"] == "refused"


@pytest.mark.parametrize("name", REPORTS)
def test_every_format_goes_to_a_file_as_to_standard_output(capture, tmp_path, name):
    printed = run_program("analyze", capture, "-f", name)
    target = tmp_path / "report"
    written = run_program("analyze", capture, "-f", name, "-o", target)
    assert (printed.returncode, written.returncode, written.stdout) == (0, 0, b"")
    assert target.read_bytes() == printed.stdout
    assert printed.stdout.endswith(b"\n")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_one_run_writes_several_reports(capture, tmp_path):
    done = run_program(
        *("analyze", capture, "-f", "text"),
        *("--report", f"json={tmp_path / 'a.json'}", "--report", f"junit={tmp_path / 'b.xml'}"),
    )
    assert done.returncode == 0
    assert b"Verdict: FAIL" in done.stdout
    assert json.loads((tmp_path / "a.json").read_text())["verdict"] == "fail"
    assert junitparser.JUnitXml.fromfile(str(tmp_path / "b.xml")).failures == 1


def test_a_file_that_is_there_stays_as_it_is(capture, tmp_path):
    target = tmp_path / "report"
    target.write_text("mine")
    done = run_program("analyze", capture, "-o", target)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        f"hsm-analyzer: error: {target} exists already; --force overwrites it\n"
    )
    assert target.read_text() == "mine"


def test_with_force_it_is_replaced_and_not_written_through_a_link(capture, tmp_path):
    target, link = tmp_path / "report", tmp_path / "link"
    target.write_text("mine")
    link.symlink_to(target)
    done = run_program("analyze", capture, "-f", "json", "-o", link, "--force")
    assert done.returncode == 0
    assert target.read_text() == "mine"
    assert not link.is_symlink()
    assert json.loads(link.read_text())["verdict"] == "fail"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["capture.pcap", "link", "report"]


def test_a_device_is_written_to_without_force(capture):
    done = run_program("analyze", capture, "-o", "/dev/null", "--report", "json=-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"] == "fail"


def test_a_directory_that_is_not_there_is_the_users_mistake(capture, tmp_path):
    target = tmp_path / "none" / "report"
    done = run_program("analyze", capture, "-o", target)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        f"hsm-analyzer: error: {target}: there is no directory {target.parent}\n"
    )


@pytest.mark.parametrize("given", ["json", "json=", "yaml=x", "=x"])
def test_a_report_that_is_not_format_and_file_is_refused(capture, given):
    done = run_program("analyze", capture, "--report", given)
    assert done.returncode == 2
    assert f"{given!r} is not FORMAT=FILE; the formats are text, json," in done.stderr.decode()


def test_two_reports_to_one_place_are_refused(capture, tmp_path):
    done = run_program("analyze", capture, "--report", "json=-")
    assert done.returncode == 2
    assert b"two reports cannot both go to standard output" in done.stderr
    same = f"json={tmp_path / 'x'}"
    assert run_program("analyze", capture, "--report", same, "--report", same).returncode == 2


@pytest.mark.parametrize(
    ("options", "env", "colored"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"CLICOLOR_FORCE": "1"}, True),
        ((), {"CLICOLOR_FORCE": "0"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_the_options_then_the_environments(capture, options, env, colored):
    done = run_program("analyze", capture, *options, env=env)
    assert (b"\x1b[" in done.stdout) is colored


@pytest.mark.parametrize(("term", "colored"), [("xterm", True), ("dumb", False)])
def test_a_terminal_is_coloured_unless_it_is_dumb(capture, term, colored):
    master, slave = os.openpty()
    with subprocess.Popen(
        command("analyze", capture),
        env=environment({"TERM": term}),
        stdout=slave,
        stderr=subprocess.PIPE,
    ) as program:
        os.close(slave)
        told = b""
        while True:
            try:
                told += os.read(master, 65536)
            except OSError:
                break
        assert program.wait(60) == 0
    os.close(master)
    assert (b"\x1b[" in told) is colored
    assert b"FAILED" in told


def test_the_schema_is_printed():
    report = run_program("schema", "report")
    assert report.returncode == 0
    assert json.loads(report.stdout)["$schema"].endswith("2020-12/schema")
    assert json.loads(run_program("schema", "line").stdout)["oneOf"]
    assert json.loads(run_program("schema").stdout) == json.loads(report.stdout)


def test_every_format_is_the_same_bytes_in_every_process(tmp_path):
    case = ROOT / "captures" / "three-hsms-one-of-another-ca"
    words = ("analyze", case / "capture.pcap", "--keys", case / "keys.log")
    told = []
    for seed in "12":
        folder = tmp_path / seed
        folder.mkdir()
        reports = [f"--report={name}={folder / name}" for name in REPORTS]
        done = run_program(*words, *reports, env={"PYTHONHASHSEED": seed})
        assert done.returncode == 0
        told.append({name: (folder / name).read_bytes() for name in REPORTS})
    assert told[0] == told[1]


@pytest.mark.parametrize("name", ["text", "json", "jsonl"])
def test_a_reader_that_goes_away_is_no_gate_that_tripped(name):
    case = ROOT / "captures" / "three-hsms"
    with subprocess.Popen(
        command("analyze", case / "capture.pcap", "--keys", case / "keys.log", "-f", name),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        program.stdout.close()
        _, told = program.communicate(timeout=60)
        assert (program.returncode, told) == (141, b"")
