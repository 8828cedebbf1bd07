"""The documentation builds without a warning, and holds every page."""

import re
import subprocess
import sys

import pytest

from tests.makers.program import ROOT, environment

DOCS = ROOT / "docs"


def test_every_page_is_in_the_table_of_contents():
    index = (DOCS / "index.md").read_text("utf-8")
    listed = re.findall(
        r"^([a-z-]+)$", "".join(re.findall(r"```{toctree}(.*?)```", index, re.DOTALL)), re.MULTILINE
    )
    pages = {page.stem for page in DOCS.glob("*.md")} - {"index"}
    assert (pages - set(listed), set(listed) - pages) == (set(), set())


def test_sphinx_builds_the_pages_without_a_warning(tmp_path):
    pytest.importorskip("sphinx", reason="sphinx is not installed")
    pytest.importorskip("myst_parser", reason="myst-parser is not installed")
    build = ["-q", "-W", "--keep-going", "-d", tmp_path / "doctrees", "-b", "html", DOCS, tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *build],
        capture_output=True,
        text=True,
        env=environment({"PYTHONWARNINGS": "ignore"}),  # its own deprecations
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
