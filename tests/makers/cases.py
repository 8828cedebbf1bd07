"""The recorded cases of `captures/` and the program run on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from analyzer.cli import main
from analyzer.run.expected_files import load_expectations
from analyzer.verdict import Expectations

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Case:
    """One recording with the facts that its maker wrote down."""

    name: str
    directory: Path
    expected: dict[str, Any]

    @property
    def capture(self) -> Path:
        return next(
            path
            for path in sorted(self.directory.iterdir())
            if path.name.startswith("capture.pcap")
        )

    def keys(self, which: str) -> list[str]:
        """Options that hand over `all`, `outer`, `inner` or `none` of the session keys.

        A capture that carries its keys hands over all of them by itself.
        """
        files = {
            "all": ["keys.log"],
            "outer": ["outer-keys.log"],
            "inner": ["inner-keys.log"],
            "none": [],
        }
        present = [
            self.directory / name for name in files[which] if (self.directory / name).exists()
        ]
        words = [word for path in present for word in ("--keys", str(path))]
        if self.expected.get("embedded_keys"):
            return [] if which == "all" else [*words, "--no-embedded-keys"]
        return words

    @property
    def arguments(self) -> list[str]:
        """The expected set's options; paths from the repository's root."""
        words = self.expected["arguments"]
        return [str(ROOT / word) if word.startswith("captures/") else word for word in words]

    def key_lines(self, which: str = "all") -> list[str]:
        """The lines of the key log of `all` levels, of the `outer` or the `inner` one."""
        path = self.directory / ("keys.log" if which == "all" else f"{which}-keys.log")
        return [line for line in path.read_text().splitlines() if line] if path.exists() else []

    @property
    def expectations(self) -> Expectations:
        """The same, read from its files."""
        given: dict[str, Any] = {}
        words = self.arguments
        for option, word in zip(words[::2], words[1::2], strict=True):
            role = option.removeprefix("--").replace("-", "_")
            path = Path(word)
            if role in {"etc", "cluster", "expect"}:
                given[role] = path
            else:
                given.setdefault(role, []).append(path)
        return load_expectations(**given)


def cases() -> list[Case]:
    """Every recording, in the order of its name."""
    found = sorted((ROOT / "captures").rglob("expected.json"))
    return [
        Case(
            path.parent.relative_to(ROOT / "captures").as_posix(),
            path.parent,
            json.loads(path.read_text()),
        )
        for path in found
    ]


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the program."""
    result = CliRunner().invoke(main, ["--debug", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def report(*arguments: str) -> dict[str, Any]:
    """The JSON report of `analyze`."""
    code, out, err = run("analyze", "--format", "json", *arguments)
    assert code in {0, 3}, err
    return json.loads(out)
