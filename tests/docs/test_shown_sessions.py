"""Every session that a page shows is run: what the page shows is what the program prints."""

import shutil

import pytest

from tests.makers.program import ROOT
from tests.makers.sessions import Desk, Step, difference, sessions

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWING = {str(page.relative_to(ROOT)): sessions(page.read_text("utf-8")) for page in PAGES}


@pytest.mark.parametrize("page", [page for page, shown in SHOWING.items() if shown])
def test_a_page_shows_what_the_program_prints(tmp_path, page):
    commands = [step.command for steps in SHOWING[page] for step in steps]
    if any("tshark" in c or "crosscheck" in c for c in commands) and not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    desk = Desk(tmp_path)
    differences = [
        f"$ {step.command}\n{difference(step.shown, printed)}"
        for steps in SHOWING[page]
        for step, printed in zip(steps, desk.printed(steps), strict=True)
        if difference(step.shown, printed)
    ]
    assert "\n\n".join(differences) == ""


def test_the_pages_that_teach_show_sessions():
    teaching = {"README.md", "docs/user-guide.md", "docs/expected-set.md"}
    assert {page for page in teaching if not SHOWING[page]} == set()


SHOWN = "$ first \\\n    more\na\nb\n$ second\n..."


def test_a_session_is_steps():
    assert sessions(f"text\n```console\n{SHOWN}\n```\n") == [
        [Step("first \\\n    more", ("a", "b")), Step("second", ("...",))]
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["a"], ["a"], True),
        (["a"], ["b"], False),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a"], False),
        ([], ["a"], False),
        (["a", "..."], ["a", "b"], True),
        (["a", "..."], ["b", "a"], False),
        (["...", "b"], ["a", "b"], True),
        (["...", "a"], ["a", "b"], False),
        (["a", "...", "c", "...", "e"], ["a", "b", "c", "d", "e"], True),
        (["a", "...", "d", "...", "c", "...", "e"], ["a", "b", "c", "d", "e"], False),
        (["a", "...", "a"], ["a"], False),
        (["a long ..."], ["a long line"], True),
        (["a long ..."], ["a short line"], False),
    ],
)
def test_only_an_ellipsis_leaves_lines_out(shown, printed, same):
    assert (difference(shown, printed) == "") == same
