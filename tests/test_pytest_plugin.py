"""A team's own suite asserts on recorded traffic by two fixtures."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.makers.program import ROOT, environment, run_program

CAPTURES = ROOT / "captures"


@pytest.fixture
def suite(tmp_path):
    """A team's directory: captures, keys, certificates, an expectation file."""
    shutil.copy(CAPTURES / "tls13-in-tls13" / "capture.pcap", tmp_path / "good.pcap")
    shutil.copy(CAPTURES / "tls13-in-tls13" / "keys.log", tmp_path)
    (other,) = (CAPTURES / "tls12-in-tls12").glob("capture.pcap*")
    shutil.copy(other, tmp_path / "other.pcap")
    shutil.copytree(CAPTURES / "pki" / "etc" / "sdk3", tmp_path / "etc")
    keys = (CAPTURES / "tls12-in-tls12" / "keys.log").read_text()
    with (tmp_path / "keys.log").open("a") as file:
        file.write(keys)
    done = run_program(
        *("baseline", "good.pcap", "--keys", "keys.log", "--etc", "etc", "-o", "expect.toml"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    return tmp_path


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """What an installation leaves behind, as far as pytest looks at it: the entry points."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    folder = tmp_path_factory.mktemp("site")
    made = folder / "hsm_analyzer-0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: hsm-analyzer\nVersion: 0\n")
    rows = [f"{name} = {module}" for name, module in project["entry-points"]["pytest11"].items()]
    (made / "entry_points.txt").write_text("\n".join(["[pytest11]", *rows, ""]))
    return folder


@pytest.fixture
def run(suite, site):
    """pytest on a file of that text: the outcomes that it counts, and what it printed."""

    def called(text: str) -> tuple[dict[str, int], str]:
        (suite / "test_traffic.py").write_text(text)
        path = os.pathsep.join((str(site), environment()["PYTHONPATH"]))
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"),
                *("--rootdir", suite, "test_traffic.py"),
            ],
            cwd=suite,
            env=environment({"PYTHONPATH": path}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        last = (done.stdout.strip().splitlines() or [done.stderr])[-1]
        counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", last)}
        return counts, done.stdout

    return called


def documented() -> str:
    text = (ROOT / "docs" / "regression-checks.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return code


def test_the_documented_tests_pass_on_good_traffic(run):
    counts, out = run(documented())
    assert counts.get("passed") == 2, out


def test_they_fail_on_other_traffic_with_the_difference(run):
    counts, out = run(documented().replace("good.pcap", "other.pcap"))
    assert counts.get("failed") == 2, out
    assert re.search(r"! inner.version +expected TLS 1.3\n +observed TLS 1.2", out)
    assert "pytest_plugin.py" not in out.split("test_no_client")[0]


def test_what_cannot_be_told_fails_or_is_skipped_and_never_passes(run):
    call = 'hsm_check("good.pcap", against="expect.toml"%s)'
    test = "def test_it(hsm_check):\n    "
    counts, out = run(test + call % "")
    assert counts.get("failed") == 1
    assert "inconclusive" in out
    counts, out = run(test + call % ", allow_inconclusive=True")
    assert counts.get("skipped") == 1
    assert "passed" not in counts


def test_several_captures_and_a_file_that_is_missing(run):
    counts, out = run(
        "def test_it(hsm_check):\n"
        '    hsm_check(["good.pcap", "other.pcap"], against="expect.toml", keys=["keys.log"])\n'
        "def test_gone(hsm_report):\n"
        '    hsm_report("gone.pcap")\n',
    )
    assert counts.get("failed") == 2, out
    assert "gone.pcap: No such file or directory" in out
