"""Links of the pages lead somewhere, and every command that they tell people to use is one."""

import re
import shlex

import click
import pytest

from analyzer.cli import main
from tests.makers.program import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
_LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
_BLOCK = re.compile(r"^```(?:sh|bash|console|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a shell ends a command with.
_END = re.compile(r"""\)"| ?[|>;&]| <""")


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_to_files(page):
    targets = _LINK.findall(page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def commands(text):
    """The arguments of every `hsm-analyzer` in a page's blocks of shell."""
    for block in _BLOCK.findall(text):
        one_line_each = re.sub(r"<\([^)]*\)", "FILE", re.sub(r"\\\n\s*", " ", block))
        for line in one_line_each.splitlines():
            for part in re.findall(r"(?:^|[|] |\$ |/|\()hsm-analyzer ([a-z-].*)", line.strip()):
                yield shlex.split(_END.split(part)[0], comments=True)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_parse(page):
    for words in commands(page.read_text("utf-8")):
        context = main.make_context("hsm-analyzer", list(words))
        name, command, rest = main.resolve_command(context, words)
        try:
            command.make_context(name, list(rest), parent=context)
        except click.exceptions.Exit:
            assert "--help" in words
        except click.BadParameter as error:
            # The reader's files; options and choices have been parsed before.
            assert "does not exist" in str(error)  # noqa: PT017
