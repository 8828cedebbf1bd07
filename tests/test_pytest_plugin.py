"""A team's own suite asserts on recorded traffic by two fixtures."""

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


def run(suite, text: str) -> tuple[dict[str, int], str]:
    """The outcomes that pytest counts, and what it printed."""
    (suite / "test_traffic.py").write_text(text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rs", "-p", "analyzer.pytest_plugin"),
            *("-p", "no:cacheprovider", "--rootdir", suite, "test_traffic.py"),
        ],
        cwd=suite,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1]
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", last)}
    return counts, done.stdout


def documented() -> str:
    text = (ROOT / "docs" / "regression-checks.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return code


def test_the_documented_tests_pass_on_good_traffic(suite):
    counts, out = run(suite, documented())
    assert counts.get("passed") == 2, out


def test_they_fail_on_other_traffic_with_the_difference(suite):
    counts, out = run(suite, documented().replace("good.pcap", "other.pcap"))
    assert counts.get("failed") == 2, out
    assert re.search(r"! inner.version +expected TLS 1.3\n +observed TLS 1.2", out)
    assert "pytest_plugin.py" not in out.split("test_no_client")[0]


def test_what_cannot_be_told_fails_or_is_skipped_and_never_passes(suite):
    call = 'hsm_check("good.pcap", against="expect.toml"%s)'
    test = "def test_it(hsm_check):\n    "
    counts, out = run(suite, test + call % "")
    assert counts.get("failed") == 1
    assert "inconclusive" in out
    counts, out = run(suite, test + call % ", allow_inconclusive=True")
    assert counts.get("skipped") == 1
    assert "passed" not in counts


def test_several_captures_and_a_file_that_is_missing(suite):
    counts, out = run(
        suite,
        "def test_it(hsm_check):\n"
        '    hsm_check(["good.pcap", "other.pcap"], against="expect.toml", keys=["keys.log"])\n'
        "def test_gone(hsm_report):\n"
        '    hsm_report("gone.pcap")\n',
    )
    assert counts.get("failed") == 2, out
    assert "gone.pcap: No such file or directory" in out


def test_pytest_finds_the_fixtures_where_the_package_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"hsm_analyzer": "analyzer.pytest_plugin"}
