#!/usr/bin/env python3
"""Write the manual pages, one per command, from the commands themselves: `scripts/man_pages.py DIRECTORY`."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click

from analyzer import __version__
from analyzer.cli import main
from analyzer.cli.program import EXIT_CODES

NAME = "hsm-analyzer"


def pages() -> dict[str, str]:
    """File name -> manual page (roff, man(7) macros) of the program and of every command."""
    contexts = list(_contexts(click.Context(main, info_name=NAME, **main.context_settings)))
    names = [context.command_path.replace(" ", "-") for context in contexts]
    return {
        f"{name}.1": _page(name, context, [NAME] if context.parent else names[1:])
        for name, context in zip(names, contexts, strict=True)
    }


def _contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from _contexts(click.Context(command, info_name=name, parent=context))


def _page(name: str, context: click.Context, related: list[str]) -> str:
    command = context.command
    usage = " ".join(command.collect_usage_pieces(context))
    first, *more = re.split(r"\n{2,}", inspect.cleandoc(command.help or ""))
    lines = [
        f'.TH "{name.upper()}" 1 "" "{NAME} {__version__}" "{NAME}"',
        ".SH NAME",
        f"{_text(name)} \\- {_text(' '.join(first.split()).rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_text(context.command_path)}",
        _text(usage),
    ]
    if more:
        lines += [".SH DESCRIPTION", *_paragraphs(more)]
    lines += [".SH OPTIONS"]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            lines += [".TP", f".B {_text(record[0])}", _text(record[1])]
    if isinstance(command, click.Group):
        lines += [".SH COMMANDS"]
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            lines += [".TP", f".B {_text(each)}", _text(found.get_short_help_str(limit=200))]
    if context.parent is None:
        lines += [".SH EXIT STATUS"]
        for code, meaning in EXIT_CODES.items():
            lines += [".TP", f".B {code}", _text(meaning)]
    lines += [".SH SEE ALSO", *(f".BR {_text(other)} (1)" for other in related)]
    return "\n".join(lines) + "\n"


def _paragraphs(paragraphs: list[str]) -> Iterator[str]:
    for index, paragraph in enumerate(paragraphs):
        kept = paragraph.startswith("\b")
        if index:
            yield ".PP"
        if kept:
            yield from (".nf", *map(_text, paragraph.removeprefix("\b\n").splitlines()), ".fi")
        else:
            yield _text(" ".join(paragraph.split()))


def _text(text: str) -> str:
    """As roff text: backslashes and hyphens mean themselves, and no line is taken for a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^(?=[.'])", r"\\&", escaped)


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for file, page in pages().items():
        (directory / file).write_text(page, "utf-8")
