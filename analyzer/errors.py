"""What the *user* got wrong; each is one clear line on stderr and an exit code.

What the wire did is data and never raises; anything else that raises is a bug.
"""

from __future__ import annotations


class UserError(Exception):
    """A mistake in what the user handed over; `str()` is the line to print."""

    exit_code = 2


class UnreadableCapture(UserError):
    """The input is not a capture that can be read: empty, text, or a format that is named where it is known."""


class UnreadableInput(UserError):
    """A file handed over beside the capture (key log, certificate, cluster description) cannot be used."""


class BadUsage(UserError):
    """Options that do not go together, or a value that no option takes."""


class MissingTool(UserError):
    """An optional program or package is not installed; the message says how to get it."""

    exit_code = 4
