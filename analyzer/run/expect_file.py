"""Reading an expectation file (`expect.toml`)."""

from __future__ import annotations

import tomllib
from pathlib import Path

from analyzer.errors import UnreadableInput
from analyzer.run.expected.contents import text_of
from analyzer.run.expected.reading import read_bytes
from analyzer.verdict.regression.file import parse_expect_file
from analyzer.verdict.regression.rules import ExpectFile


def load_expect_file(path: Path) -> ExpectFile:
    """The expected set's paths and the rules in an expectation file; paths are relative to its directory.

    Raises:
        UnreadableInput: it cannot be read, is no TOML, or has mistakes; all of these are named.
    """
    text = text_of(read_bytes(path))
    if text is None:
        raise UnreadableInput(f"{path}: not a text file")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableInput(f"{path}: not valid TOML: {error}") from error
    return parse_expect_file(document, str(path))
