"""What `--help` says, as a user starts it."""

import pytest
from click.testing import CliRunner

from analyzer.cli import main
from tests.makers.program import run_program


def test_the_program_has_one_name_however_it_is_started():
    assert run_program("--help").stdout.startswith(b"Usage: hsm-analyzer [OPTIONS] COMMAND")
    missing = run_program("analyze")
    assert missing.stderr.endswith(b"(see 'hsm-analyzer analyze --help')\n")
    assert run_program("--version").stdout.startswith(b"hsm-analyzer, version ")


@pytest.mark.parametrize("name", ["", *main.list_commands(None)])
def test_help_is_readable(name):
    """No mark of the formatter is left, and every option says what it does."""
    told = CliRunner().invoke(main, [*name.split(), "--help"])
    assert told.exit_code == 0
    assert "\\b" not in told.output
    assert "\b" not in told.output
    lines = told.output.splitlines()
    options = [index for index, line in enumerate(lines) if line.startswith("  -")]
    silent = [
        lines[i]
        for i in options
        if len(lines[i].split("  ")) < 3 and not lines[i + 1].startswith(" " * 10)
    ]
    assert silent == []
