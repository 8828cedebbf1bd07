"""docs/expected-set.md says what the program does: its sessions are run, its file is parsed."""

from __future__ import annotations

import re
import shlex
import tomllib

import jsonschema
import pytest
from click.testing import CliRunner

from analyzer.cli import main
from analyzer.verdict.regression_file import SCHEMA, parse_expect_file
from tests.makers.cases import ROOT

TEXT = (ROOT / "docs" / "expected-set.md").read_text()
SESSIONS = re.findall(r"```console\n\$ hsm-analyzer (.*?)\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("command", "output"), SESSIONS, ids=[words for words, _ in SESSIONS])
def test_a_session_of_the_page_prints_what_the_page_shows(monkeypatch, command, output):
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, shlex.split(command))
    assert result.output == output


def test_the_page_has_sessions():
    assert len(SESSIONS) == 2


def test_the_expectation_file_of_the_page_is_valid():
    (text,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    document = tomllib.loads(text)
    assert [e.message for e in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)] == []
    rules = parse_expect_file(document, "expect.toml").rules
    assert [rule.name for rule in rules] == ["application to hsm-a", "the old client is refused"]
