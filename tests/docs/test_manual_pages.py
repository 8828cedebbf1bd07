"""The manual pages are complete, and groff formats them without a warning."""

import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from analyzer.cli import main
from tests.makers.program import ROOT, environment


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    directory = tmp_path_factory.mktemp("man")
    script = ROOT / "scripts" / "man_pages.py"
    subprocess.run([sys.executable, script, directory], check=True, env=environment())
    return {path.name: path.read_text("utf-8") for path in directory.iterdir()}


def test_every_command_has_a_page(pages):
    names = {f"hsm-analyzer-{name}.1" for name in main.list_commands(None)}
    assert pages.keys() - names == {"hsm-analyzer.1", "hsm-analyzer-expect-show.1"}
    assert names <= pages.keys()


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_groff_has_nothing_to_say_and_shows_every_option(pages):
    for name, text in pages.items():
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-rHY=0", "-P-cbou"],
            input=text.encode(),
            capture_output=True,
            check=True,
        )
        assert done.stderr == b"", name
        words = name.removesuffix(".1").replace("hsm-analyzer", "").replace("-", " ").split()
        told = CliRunner().invoke(main, [*words, "--help"]).output
        options = {word for word in told.split() if word.startswith("--")}
        assert options - set(done.stdout.decode().split()) == set(), name
