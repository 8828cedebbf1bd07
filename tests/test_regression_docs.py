"""The file, the pipeline and the tests on docs/regression-checks.md are what the page says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import jsonschema
import junitparser
import pytest
import yaml

from analyzer.verdict.regression.file import SCHEMA, parse_expect_file
from tests.makers.program import ROOT, environment

CAPTURES = ROOT / "captures"
DOCUMENT = (ROOT / "docs" / "regression-checks.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def directory(tmp_path):
    """Where a user stands: captures, keys and the client's directory; the program on PATH."""
    program = tmp_path / "bin" / "hsm-analyzer"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m analyzer "$@"\n')
    program.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(CAPTURES / "tls13-in-tls13" / "capture.pcap", work / "good.pcap")
    (other,) = (CAPTURES / "tls12-in-tls13").glob("capture.pcap*")
    shutil.copy(other, work / "new.pcap")
    keys = [
        (CAPTURES / case / "keys.log").read_text() for case in ("tls13-in-tls13", "tls12-in-tls13")
    ]
    (work / "keys.log").write_text("".join(keys))
    shutil.copytree(CAPTURES / "pki" / "etc" / "sdk3", work / "etc")
    return work


def shell(directory, script: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(directory.parent / "bin"), os.environ["PATH"]))
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=directory,
        env=environment({"PATH": path}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_file_on_the_page_is_one(directory):
    (text,) = blocks("toml")
    document = tomllib.loads(text)
    jsonschema.validate(document, SCHEMA)
    (rule,) = parse_expect_file(document, "page").rules
    assert (rule.name, rule.inner.alerts) == ("the daemon", ())
    (directory / "expect.toml").write_text(text)
    done = shell(directory, "hsm-analyzer check good.pcap --keys keys.log --against expect.toml")
    assert done.returncode == 0, done.stdout + done.stderr


def steps() -> list[dict]:
    (text,) = blocks("yaml")
    (job,) = yaml.safe_load(text)["jobs"].values()
    return [step for step in job["steps"] if "run" in step and "pip" not in step["run"]]


@pytest.mark.parametrize(("capture", "code"), [("good.pcap", 0), ("new.pcap", 1)])
def test_the_pipeline_on_the_page_is_a_gate(directory, capture, code):
    traffic = directory / "traffic"
    traffic.mkdir()
    for name in ("keys.log", "etc", capture):
        shutil.move(directory / name, traffic / name)
    if code:
        shutil.move(directory / "good.pcap", traffic)
    base = "hsm-analyzer baseline good.pcap --keys keys.log --etc etc -o expect.toml"
    assert shell(directory, f"cd traffic && {base}").returncode == 0
    gate, mourn = steps()
    done = shell(directory, gate["run"])
    assert done.returncode == code, done.stderr
    suites = {
        suite.name: suite for suite in junitparser.JUnitXml.fromfile(str(directory / "traffic.xml"))
    }
    assert suites["traffic/good.pcap"].failures == 0
    assert sum(suite.failures for suite in suites.values()) == code
    if code:
        assert shell(directory, mourn["run"]).returncode == 0
        assert "<title>" in (directory / "traffic.html").read_text()
