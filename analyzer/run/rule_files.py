"""The certificate files that the rules of an expectation file name."""

from __future__ import annotations

from pathlib import Path

from analyzer.errors import UnreadableInput
from analyzer.run.expected.contents import contents_of
from analyzer.run.expected.reading import read_bytes
from analyzer.session.certificates import Certificate
from analyzer.verdict.regression.check import RuleFiles
from analyzer.verdict.regression.rules import ConnectionRule, ExpectFile


def load_rule_files(wanted: ExpectFile, base: Path) -> RuleFiles:
    """The certificates of every file that a rule names, by the path as written.

    Args:
        base: the expectation file's directory.

    Raises:
        UnreadableInput: a file cannot be read, or holds no certificate; all of them are told.
    """
    problems: list[str] = []
    found: dict[str, tuple[Certificate, ...]] = {}
    for name in dict.fromkeys(name for rule in wanted.rules for name in _named(rule)):
        try:
            found[name] = contents_of(read_bytes(base / name)).certificates
        except UnreadableInput as error:
            problems.append(str(error))
            continue
        if not found[name]:
            problems.append(f"{base / name}: no certificate in it")
    if problems:
        raise UnreadableInput(*problems)
    return found


def _named(rule: ConnectionRule) -> list[str]:
    names: list[str] = []
    for level in (rule.outer, rule.inner):
        for pinned in (level.server_cert, level.client_cert):
            names += () if pinned is None else pinned.files
        names += (*level.server_cert_chain_to, *level.client_cert_chain_to)
    return names
