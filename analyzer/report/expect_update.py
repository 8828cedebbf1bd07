"""`check --update`: what was observed goes into the expectation file, whose comments and order stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from analyzer.report.check import Check, RuleResult
from analyzer.report.expect_write import rule_text, rules
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.check import Difference


def updated(text: str, checks: Sequence[Check]) -> tuple[str, list[str], list[str]]:
    """The file's text with every mismatch taken over that a file can say.

    A connection that still is as the file says keeps the old value as an alternative. What could not be
    told, and findings, which need a reason that only a person can give, are left.

    Returns:
        The text, what was changed and what was left, a line each.
    """
    document = tomlkit.parse(text)
    changes: list[str] = []
    left: list[str] = []
    tables = document.get("connection")
    for at in range(len(checks[0].rules) if checks else 0):
        results = [check.rules[at] for check in checks if check.rules]
        table = document["defaults"] if tables is None else tables[at]
        name = results[0].rule.name
        for key, found in _by_key(results).items():
            words = f"{name}: {key}"
            if key == "count":
                table["count"] = _count(results)
                changes.append(f"{words} = {table['count']!r}")
            elif any(d.value is None for d in found):
                left.append(f"{words}: {found[0].observed}")
            else:
                total = sum(len(result.checked) for result in results)
                value = _set(table, key, found, keep=len(found) < total)
                changes.append(f"{words} = {value!r}")
        left += [f"{name}: {d.key}: cannot be told: {d.observed}" for d in _untold(results)]
    strangers = [connection for check in checks for connection in check.unmatched]
    for rule in rules(strangers, strict=False):
        _append(document, rule_text(rule))
        changes.append(f"a new rule, {rule.name}: {len(strangers)} connections had none")
    return tomlkit.dumps(document), changes, left


def _by_key(results: Sequence[RuleResult]) -> dict[str, list[Difference]]:
    found: dict[str, list[Difference]] = {}
    for result in results:
        for difference in (*result.count, *(d for c in result.checked for d in c.differences)):
            if difference.status is Status.FAIL:
                found.setdefault(difference.key, []).append(difference)
    return found


def _untold(results: Sequence[RuleResult]) -> Iterator[Difference]:
    seen = set()
    for difference in (d for r in results for c in r.checked for d in c.differences):
        if difference.status is Status.UNKNOWN and difference.key not in seen:
            seen.add(difference.key)
            yield difference


def _count(results: Sequence[RuleResult]) -> int | str:
    numbers = [len(result.checked) for result in results]
    if min(numbers) == max(numbers):
        return numbers[0]
    return f"{min(numbers)}..{max(numbers)}"


def _set(table: Any, key: str, found: Sequence[Difference], *, keep: bool) -> Any:
    """Write what was observed; `keep` the alternatives that other connections still meet."""
    head, _, name = key.rpartition(".")
    if head:
        if head not in table:
            table[head] = tomlkit.table()
        table = table[head]
    if name == "alerts":
        value: Any = sorted({alert for difference in found for alert in difference.value})
    else:
        old = table.get(name, []) if keep else []
        old = [str(each) for each in old] if isinstance(old, list) else [old]
        values = list(dict.fromkeys([*old, *(difference.value for difference in found)]))
        value = values[0] if len(values) == 1 else values
    table[name] = value
    return value


def _append(document: tomlkit.TOMLDocument, text: str) -> None:
    new = tomlkit.parse(text)["connection"]
    assert isinstance(new, AoT)
    if "connection" not in document:
        document["connection"] = tomlkit.aot()
    tables = document["connection"]
    assert isinstance(tables, AoT)
    for table in new:
        assert isinstance(table, Table)
        table.comment("added by check --update")
        tables.append(table)
