"""docs/json-report.md names every field of the schema, and none that it does not have."""

import re

import pytest

from analyzer.report import schema
from tests.makers.program import ROOT

TEXT = (ROOT / "docs" / "json-report.md").read_text("utf-8")
OBJECTS = {
    "Report": schema.SCHEMA,
    "Input": schema.INPUT,
    "Connection": schema.CONNECTION,
    "TCP": schema.TCP,
    "Session": schema.SESSION,
    "Certificate": schema.CERTIFICATE,
    "Finding": schema.FINDING,
    "Cause": schema.CAUSE,
    "Summary": schema.SUMMARY,
}


@pytest.mark.parametrize("title", OBJECTS)
def test_the_table_of_an_object_has_its_fields(title):
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    fields = [name for row in rows for name in re.findall(r"`([a-z_0-9]+)`", row)]
    assert sorted(fields) == sorted(OBJECTS[title]["properties"])
