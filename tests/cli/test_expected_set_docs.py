"""docs/expected-set.md says what the program does: its file is parsed."""

from __future__ import annotations

import re
import tomllib

import jsonschema

from analyzer.verdict.regression.file import SCHEMA, parse_expect_file
from tests.makers.cases import ROOT

TEXT = (ROOT / "docs" / "expected-set.md").read_text()


def test_the_expectation_file_of_the_page_is_valid():
    strict, text = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    rules = parse_expect_file(tomllib.loads(strict), "page").rules
    assert [rule.outer.client_cert.files for rule in rules] == [("ssl-client.crt",)]
    document = tomllib.loads(text)
    assert [e.message for e in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)] == []
    rules = parse_expect_file(document, "expect.toml").rules
    assert [rule.name for rule in rules] == ["application to hsm-a", "the old client is refused"]
