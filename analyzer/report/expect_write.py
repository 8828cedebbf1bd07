"""An expectation file out of a report: what a good capture shows, as rules that people edit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from analyzer import __version__
from analyzer.report.model import Connection, Report
from analyzer.report.text import safe_text
from analyzer.session.facts import Session
from analyzer.stream import CLIENT, SERVER, Side
from analyzer.tls.constants import alert_name, version_name
from analyzer.tls.suites import suite_name
from analyzer.values import dataclass
from analyzer.verdict.expectations import CertificatePaths
from analyzer.verdict.finding import SLOTS, Status
from analyzer.verdict.regression.check import comparable_history, hides
from analyzer.verdict.words import listing, short

# Facts by the file's key, e.g. `outer.version`; a fact that the capture does not show is not there.
Facts: TypeAlias = dict[str, Any]

_LEVELS = ("outer", "inner")
_CLOSE_NOTIFY = 0
_BADNESS = (Status.PASS, Status.UNKNOWN, Status.FAIL)
_BARE = re.compile(r"[A-Za-z0-9_-]+")

# Why a key stands in the file; the names are keys without their level.
_WHY = {
    "history": "messages of the handshake as letters, capitals from the client",
    "alerts": "alerts that may be sent besides close_notify",
}

_HEAD = """\
# What recorded traffic must look like: hsm-analyzer check CAPTURE --against THIS FILE
# Written by hsm-analyzer {version} baseline ({how}) from {names}.
#
# Edit it. A key that is taken out is no longer checked, a list holds alternatives, and a finding that is
# known and harmless is let through with its reason:
#     [connection.findings]
#     allow = [{{ code = "inner-server-certificate", reason = "replaced in May, ticket 4711" }}]
# Times, ports, addresses and random values are not compared unless a rule asks for them.
# hsm-analyzer schema expect says what every key means.
version = 1
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One [[connection]] to write.

    Attributes:
        server: `ADDRESS:PORT` where the rule is for one server only, "" for all.
        facts: alternatives by key, in the order of the file.
        notes: comments by key.
        why: comment above the rule.
    """

    name: str
    server: str
    count: int | str
    facts: Mapping[str, Sequence[Any]]
    notes: Mapping[str, str]
    why: str


def baseline(report: Report, paths: CertificatePaths, *, strict: bool) -> str:
    """The text of an expectation file that the report meets.

    Args:
        paths: the expected set, relative to the file.
        strict: also cipher suites, the order of messages, the very certificates and the number of
            connections; else what should hold for every good connection.
    """
    names = ", ".join(source.name for source in report.inputs)
    how = "strict" if strict else "loose"
    parts = [_HEAD.format(version=__version__, how=how, names=safe_text(names, 200))]
    parts.extend(_certificates(paths))
    parts.extend(rule_text(rule) for rule in rules(report.connections, strict=strict))
    return "\n".join(parts)


def rules(connections: Sequence[Connection], *, strict: bool) -> list[Rule]:
    """One rule for all connections where they went alike, else one for each server."""
    if not connections:
        return []
    failures = strict or any(c.conversation.outcome != "established" for c in connections)
    told = [(c, facts_of(c, strict=strict, failures=failures)) for c in connections]
    if all(facts == told[0][1] for _, facts in told):
        return [_rule("every connection", "", told, "", strict=strict)]
    servers: dict[str, list[tuple[Connection, Facts]]] = {}
    for connection, facts in told:
        servers.setdefault(str(connection.conversation.tcp.server), []).append((connection, facts))
    if len(servers) == 1:
        why = f"They differ in {_differing(facts for _, facts in told)}: lists hold what was seen."
        return [_rule("every connection", "", told, why, strict=strict)]
    why = f"The servers differ in {_differing(facts for _, facts in told)}, so addresses are asked for."
    return [_rule(name, name, own, why, strict=strict) for name, own in servers.items()]


def facts_of(connection: Connection, *, strict: bool, failures: bool) -> Facts:
    """What the file can say of one connection; with `failures` also how far it got, and why not further."""
    told, cause = connection.conversation, connection.cause
    facts: Facts = {"outcome": told.outcome}
    if failures:
        facts |= {"stage": told.stage, "cause": "none" if cause is None else cause.code}
    passed = {f.code for f in connection.findings if f.status is Status.PASS and f.code in SLOTS}
    for depth, name in enumerate(_LEVELS):
        session = told.at_level(depth)
        if session is not None:
            level = _level(session, name, passed, strict=strict)
            facts |= {f"{name}.{key}": value for key, value in level if value is not None}
        elif not hides(told):
            facts[f"{name}.outcome"] = "absent"
    worst = max((_BADNESS.index(f.status) for f in connection.findings), default=0)
    facts["findings.worst"] = _BADNESS[worst].value
    return facts


def rule_text(rule: Rule) -> str:
    """The rule as TOML, ending in an empty line."""
    lines = ["[[connection]]", f"name = {_value(rule.name)}"]
    if rule.why:
        lines.append(f"# {rule.why}")
    if rule.server:
        lines.append(f"match = {{ server = {_value(rule.server)} }}")
    lines.append(f"count = {_value(rule.count)}")
    table = ""
    for key, values in rule.facts.items():
        head, dot, name = key.rpartition(".")
        if dot and head != table:
            lines += ["", f"[connection.{head}]"]
            table = head
        if note := rule.notes.get(key) or _WHY.get(name, ""):
            lines.append(f"# {safe_text(note, 400)}")
        lines.append(f"{name} = {_value(list(values) if len(values) != 1 else values[0])}")
    return "\n".join([*lines, ""])


def _rule(
    name: str, server: str, told: Sequence[tuple[Connection, Facts]], why: str, *, strict: bool
) -> Rule:
    keys = dict.fromkeys(key for _, facts in told for key in facts)
    facts: dict[str, list[Any]] = {}
    for key in _in_order(keys):
        values = [facts_of_one[key] for _, facts_of_one in told if key in facts_of_one]
        if key.endswith(".alerts"):
            facts[key] = [sorted({name for value in values for name in value})]
        elif key == "findings.worst":
            facts[key] = [_BADNESS[max(_BADNESS.index(Status(value)) for value in values)].value]
        elif len(values) == len(told) - _without_level(key, told):
            different = list(dict.fromkeys(values))
            if set(different) != {True, False}:  # a flag that may be either leaves nothing to check
                facts[key] = different
    count = len(told) if strict else "1.."
    return Rule(name, server, count, facts, _notes(told, facts), why)


def _without_level(key: str, told: Sequence[tuple[Connection, Facts]]) -> int:
    """How many connections have no such level, so that nothing of it can be asked of them."""
    outcome = f"{key.rpartition('.')[0]}.outcome"
    return 0 if key == outcome else sum(facts.get(outcome) == "absent" for _, facts in told)


def _in_order(keys: Iterable[str]) -> list[str]:
    """The rule's own keys, then those of each table together."""
    order = ("", *_LEVELS, "findings")
    return sorted(keys, key=lambda key: order.index(key.rpartition(".")[0]))


def _level(
    session: Session, name: str, passed: set[str], *, strict: bool
) -> Iterator[tuple[str, Any]]:
    """Keys and values in the file's order; None where the capture does not show it."""
    yield "outcome", session.outcome
    yield "version", None if session.version is None else version_name(session.version)
    if strict:
        yield "cipher", None if session.suite is None else suite_name(session.suite)
        yield "history", None if session.sealed else comparable_history(session.history) or None
        yield "server_name", session.server_name or None
        yield "alpn", session.alpn or None
        yield "resumed", session.resumed
        yield "certificate_request", session.certificate_request
    if not session.sealed:
        yield (
            "alerts",
            sorted(
                {
                    f"{a.side.word}:{alert_name(a.code)}"
                    for a in session.alerts
                    if a.code != _CLOSE_NOTIFY
                }
            ),
        )
    for side in (SERVER, CLIENT):
        slot = f"{name}-{side.word}-certificate"
        yield f"{side.word}_cert", _certificate(session, side, slot in passed, strict=strict)


def _certificate(session: Session, side: Side, passed: bool, *, strict: bool) -> str | None:
    chain = session.certificates[side]
    if chain is None:
        return None
    if not chain:
        return "none"
    if strict:
        return f"sha256:{chain[0].certificate.sha256}"
    return "expected" if passed else None


def _notes(
    told: Sequence[tuple[Connection, Facts]], facts: Mapping[str, Sequence[Any]]
) -> dict[str, str]:
    first = told[0][0]
    notes = {"findings.worst": _worst_note(told, str(facts.get("findings.worst", [""])[0]))}
    if first.cause is not None:
        notes["cause"] = f"the same failure is expected again: {first.cause.summary}"
    for depth, name in enumerate(_LEVELS):
        session = first.conversation.at_level(depth)
        for side in (SERVER, CLIENT):
            chain = None if session is None else session.certificates[side]
            if chain:
                notes[f"{name}.{side.word}_cert"] = f"seen: {short(chain[0].certificate)}"
    return notes


def _worst_note(told: Sequence[tuple[Connection, Facts]], worst: str) -> str:
    if worst == Status.PASS.value:
        return "no certificate slot, and nothing else, may fail or be unknown"
    codes = dict.fromkeys(f.code for c, _ in told for f in c.findings if f.status.value == worst)
    return f"{worst} in the recording: {listing(codes)}; set it to 'pass' once they are mended"


def _differing(facts: Iterable[Facts]) -> str:
    told = list(facts)
    keys = dict.fromkeys(key for each in told for key in each)
    different = [key for key in keys if any(each.get(key) != told[0].get(key) for each in told)]
    return listing(different)


def _certificates(paths: CertificatePaths) -> Iterator[str]:
    rows = [(name, getattr(paths, name)) for name in CertificatePaths.__dataclass_fields__]
    given = [(name, value) for name, value in rows if value]
    if not given:
        yield (
            '# No expected set was given, so no rule can say "expected": name its files here.\n'
            '# [certificates]\n# etc = "etc"\n'
        )
        return
    lines = ["# The expected set; paths are relative to this file.", "[certificates]"]
    for name, value in given:
        one = value if isinstance(value, str) else value[0] if len(value) == 1 else list(value)
        lines.append(f"{name} = {_value(one)}")
    yield "\n".join([*lines, ""])


def _value(value: Any) -> str:
    """A value as TOML writes it (1.0.0): all our values are strings, flags, and lists of them."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f'"{"".join(map(_character, value))}"'
    return f"[{', '.join(map(_value, value))}]"


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    number = ord(character)
    if 0xD800 <= number <= 0xDFFF:  # no TOML string can hold half a surrogate pair
        return "\\uFFFD"
    return f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
