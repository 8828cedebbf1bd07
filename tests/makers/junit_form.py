"""What a CI server takes as JUnit XML.

There is no standard. The table states what `junit-10.xsd` of Jenkins' xUnit plugin allows, which refuses a file with
anything else in it, less what only Surefire writes; `timestamp` is as the schema of Ant's report task wants it (no
time zone).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

_TEXT = re.compile(r".*", re.DOTALL)
_COUNT = re.compile(r"\d+")
_SECONDS = re.compile(r"(?:(?:\d{0,3},)*\d{3}|\d{0,3})*(?:\.\d*)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Element:
    """What an element must have, may have and may hold."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    text: bool = False


def _row(required: str = "", optional: str = "", children: str = "", *, text: bool = False):
    return Element(*(frozenset(words.split()) for words in (required, optional, children)), text)


_PRINTED = "system-out system-err"
ELEMENTS = {
    "testsuites": _row("", "name time tests failures errors", "testsuite"),
    "testsuite": _row(
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url",
        f"testsuite properties testcase {_PRINTED}",
    ),
    "properties": _row("", "", "property"),
    "property": _row("name value"),
    "testcase": _row("name", "time classname group", f"skipped error failure {_PRINTED}"),
    "failure": _row("", "type message", text=True),
    "error": _row("", "type message", text=True),
    "skipped": _row("", "type message", text=True),
    "system-out": _row(text=True),
    "system-err": _row(text=True),
}
_VALUES = {
    **dict.fromkeys(("tests", "failures", "errors", "skipped"), _COUNT),
    "time": _SECONDS,
    "timestamp": _TIME,
}


def mistakes(document: bytes) -> list[str]:
    """What a CI server would refuse in it."""
    root = etree.fromstring(document)
    wrong = [] if root.tag in {"testsuites", "testsuite"} else [f"the root is {root.tag}"]
    return [*wrong, *(mistake for each in root.iter() for mistake in _of(each))]


def _of(element: etree._Element) -> Iterator[str]:
    form = ELEMENTS.get(element.tag)
    if form is None:
        yield f"{element.tag}: no such element"
        return
    names = set(element.attrib)
    for name in sorted(form.required - names):
        yield f"{element.tag}: {name} is missing"
    for name in sorted(names - form.required - form.optional):
        yield f"{element.tag}: no attribute {name}"
    for name, value in element.attrib.items():
        if not _VALUES.get(name, _TEXT).fullmatch(value):
            yield f"{element.tag}: {name}={value!r}"
    for child in element:
        if child.tag not in form.children:
            yield f"{element.tag}: {child.tag} in it"
    texts = [element.text, *(child.tail for child in element)]
    if not form.text and any(text and text.strip() for text in texts):
        yield f"{element.tag}: text in it"
