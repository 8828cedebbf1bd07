"""YAML as AWS's tools write it: plain values, no aliases, not too deep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

_DEEPEST = 40
_LOADER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader


def documents_of(text: str) -> list[Any]:
    """The documents in a text, every scalar as its string.

    Raises:
        ValueError: it is no YAML, or none that is read here; the message is one line.
    """
    try:
        return list(_documents(text))
    except (yaml.YAMLError, ValueError) as error:
        why = " ".join(str(error).split())
        # libyaml 0.2.6 and later may stop before `_documents` counts so far.
        why = "nested too deep" if "maximum nesting depth" in why else why
        raise ValueError(why) from error


def _documents(text: str) -> Iterator[Any]:
    """Every scalar as its string: `0123` is no 83, `NO` no False."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        # A few lines of aliases make gigabytes; AWS's tools write none.
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError("nested too deep")
    yield from yaml.load_all(text, Loader=_LOADER)
