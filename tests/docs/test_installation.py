"""A fresh machine: the wheel is all that a user needs, and a checkout's script makes its own environment."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.makers.program import ROOT

CASE = ROOT / "captures" / "tls13-in-tls13"


def bare():
    """This process's environment without anything that leads Python to this checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def installing(*command, cwd=None):
    """Run what installs with pip; skip where the package index cannot be reached."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=bare(),
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    offline = ("NewConnectionError", "No matching distribution", "Name or service not known")
    if done.returncode and any(sign in done.stderr for sign in offline):
        pytest.skip("pip cannot reach the package index")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The directory of an environment with the wheel and nothing else of ours."""
    directory = tmp_path_factory.mktemp("wheel")
    installing(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", directory, ROOT)
    (wheel,) = directory.glob("hsm_analyzer-*.whl")
    environment = directory / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    installing(environment / "bin" / "python", "-m", "pip", "install", "-q", f"{wheel}[html]")
    return environment


def run(installed, *arguments):
    return subprocess.run(
        [installed / "bin" / "hsm-analyzer", *map(str, arguments)],
        cwd=installed,
        env=bare(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_installed_program_analyzes_a_recording(installed):
    (capture,) = CASE.glob("capture.pcap*")
    given = (capture, "--keys", CASE / "keys.log", "--etc", ROOT / "captures/pki/etc/sdk3")
    done = run(installed, "analyze", *given, "--report", "html=report.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith("Verdict: PASS   1 connection: 1 established")
    assert "<style>" in (installed / "report.html").read_text("utf-8")


def test_its_manual_pages_are_where_man_looks(installed):
    page = installed / "share" / "man" / "man1" / "hsm-analyzer-analyze.1"
    assert page.read_text("utf-8").startswith('.TH "HSM-ANALYZER-ANALYZE" 1')
    if shutil.which("man"):
        done = subprocess.run(
            ["man", "--warnings", page], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_a_checkout_needs_nothing_but_python(tmp_path):
    """README's first command, where nothing was ever installed."""
    for room in ("analyzer", "scripts", "captures/tls13-in-tls13", "captures/pki/etc"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / room, tmp_path / room, ignore=leave)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, tmp_path)
    case = "captures/tls13-in-tls13"
    given = (f"{case}/capture.pcap", "--keys", f"{case}/keys.log", "--etc", "captures/pki/etc/sdk3")
    told = installing("./scripts/hsm-analyzer", "analyze", *given, cwd=tmp_path)
    assert told.rstrip().endswith("Verdict: PASS   1 connection: 1 established")
    again = installing("./scripts/hsm-analyzer", "analyze", *given, cwd=tmp_path)
    assert again == told
