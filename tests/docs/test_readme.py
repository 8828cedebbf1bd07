"""What README.md and the user guide say of the program is so; their sessions are run in test_shown_sessions.py."""

import os
import re

from analyzer.cli import main
from analyzer.cli.program import EXIT_CODES
from tests.makers.program import ROOT

TEXT = (ROOT / "README.md").read_text("utf-8")


def test_the_command_table_is_the_program_s_own_list():
    rows = re.findall(r"^\| `([a-z]+)` \| (.*) \|$", TEXT, re.MULTILINE)
    assert rows == [(name, line) for name, (_, line) in main.listed.items()]


def test_the_scripts_that_it_names_can_be_run():
    scripts = set(re.findall(r"\./(scripts/[a-z-]+)", TEXT))
    assert scripts == {"scripts/hsm-analyzer", "scripts/test"}
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)


def test_the_guide_s_exit_codes_are_the_program_s():
    guide = (ROOT / "docs" / "user-guide.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", guide, re.MULTILINE)
    assert [(int(code), text.replace("`", "")) for code, text in rows] == [*EXIT_CODES.items()]


def test_the_guide_goes_through_every_command():
    guide = (ROOT / "docs" / "user-guide.md").read_text("utf-8")
    headings = " ".join(re.findall(r"^## (.*?)(?::|$)", guide, re.MULTILINE))
    assert {name for name in main.listed if not re.search(rf"\b{name}\b", headings)} == set()


def test_nothing_is_left_to_fill_in():
    assert "@@" not in TEXT
