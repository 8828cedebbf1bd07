"""What the *user* got wrong; each is one clear line on stderr and an exit code.

What the wire did is data and never raises; anything else that raises is a bug.
"""

from __future__ import annotations


class UserError(Exception):
    """A mistake in what the user handed over; `str()` is what to tell.

    Args:
        lines: one line, whatever a file's name in it holds; of several problems a line that sums them up,
            then a line each.
    """

    exit_code = 2

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines

    def __str__(self) -> str:
        return "\n".join(self.lines)


class UnreadableCapture(UserError):
    """The input is not a capture that can be read: empty, text, or a format that is named where it is known."""


class UnreadableInput(UserError):
    """A file handed over beside the capture (key log, certificate, cluster description) cannot be used."""


class BadUsage(UserError):
    """Options that do not go together, or a value that no option takes."""


class MissingTool(UserError):
    """A program or package is not installed; the message says how to get it."""

    exit_code = 4


# What this program always needs: the name that is imported, and the one that pip installs.
_REQUIRED = {
    "click": "click",
    "cryptography": "cryptography",
    "rich": "rich",
    "scapy": "scapy",
    "tomlkit": "tomlkit",
    "yaml": "pyyaml",
}


def missing_package(error: Exception) -> MissingTool | None:
    """What to tell where a package that always comes along is not installed; None for any other error."""
    package = _REQUIRED.get(error.name or "") if isinstance(error, ModuleNotFoundError) else None
    if package is None:
        return None
    return MissingTool(f"package {package} is not installed: pip install {package}")
