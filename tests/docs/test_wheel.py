"""The wheel is all that a user needs: built, installed in a fresh environment, run on a recording."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.makers.program import ROOT

CASE = ROOT / "captures" / "tls13-in-tls13"


def pip(*arguments):
    """Run this interpreter's pip; skip where the package index cannot be reached."""
    done = subprocess.run(
        [*map(str, arguments)], capture_output=True, text=True, check=False, timeout=240
    )
    offline = ("NewConnectionError", "No matching distribution", "Name or service not known")
    if done.returncode and any(sign in done.stderr for sign in offline):
        pytest.skip("pip cannot reach the package index")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The directory of an environment with the wheel and nothing else of ours."""
    directory = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", directory, ROOT)
    (wheel,) = directory.glob("hsm_analyzer-*.whl")
    environment = directory / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip(environment / "bin" / "python", "-m", "pip", "install", "-q", f"{wheel}[html]")
    return environment


def run(installed, *arguments):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [installed / "bin" / "hsm-analyzer", *map(str, arguments)],
        cwd=installed,
        env=kept,
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
