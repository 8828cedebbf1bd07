"""The group of commands: imported one by one, and every way to end has its exit code."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.exceptions import UsageError

from analyzer.errors import UserError, missing_package
from analyzer.report.text import safe_text

DONE = 0
GATE = 1
USAGE = 2
INCONCLUSIVE = 3
INTERNAL = 70
INTERRUPTED = 130
BROKEN_PIPE = 141

# What manual pages and the user guide say of them; errors.MissingTool is 4.
EXIT_CODES = {
    DONE: "Done; no gate tripped. Failed connections are a result, not an error.",
    GATE: "A gate tripped: --fail-on, a mismatch of check, a disagreement of crosscheck, a certificate "
    "that certs --compare does not find, a failed connection of live.",
    USAGE: "Wrong usage, or an input that cannot be read; with several captures: none of them.",
    INCONCLUSIVE: "Inconclusive: no connection found, a file of several not read, or something could not "
    "be told (keys missing, capture cut) where the command was asked to tell it.",
    4: "A tool or package is missing; the message names it.",
    INTERNAL: "Internal error; --debug shows where.",
    INTERRUPTED: "Interrupted (Ctrl-C).",
    BROKEN_PIPE: "The reader of standard output went away.",
}


# Room for the longest path (PATH_MAX of Linux) beside what is wrong with it.
_LONGEST_ERROR = 4096 + 600


def complain(text: str, kind: str = "error") -> None:
    """One line on stderr, whatever `text` holds."""
    click.echo(f"hsm-analyzer: {kind}: {safe_text(text)}", err=True)


def _complain_of(*lines: str) -> None:
    """What the user got wrong; of several problems each is told, a line each behind one that sums them up."""
    for line in lines:
        head = "hsm-analyzer: error: " if line is lines[0] else ""
        click.echo(head + safe_text(line, _LONGEST_ERROR), err=True)


class _ReaderLeft(Exception):
    """Nobody reads standard output any more."""


class Program(click.Group):
    """Commands by name, each imported when it is used; a command returns its exit code.

    Args:
        commands_from: name -> (module, one line of help). The module's `command` is the click command.

    Attributes:
        listed: the same, in the order in which users meet the commands.
    """

    def __init__(
        self, *args: Any, commands_from: Mapping[str, tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.listed = commands_from

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order in which users meet them."""
        return list(self.listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        if cmd_name not in self.listed:
            return None
        command: click.Command = importlib.import_module(self.listed[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list in `--help`, without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.listed.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click makes exit code 1 of a broken pipe, which here is a gate that tripped."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderLeft from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *rest: Any,
        **kwargs: Any,
    ) -> Any:
        """Run and exit; nothing but a chosen `--debug` ever shows a traceback."""
        # Nothing here leaves cycles behind; looking for them every 700 objects cost a storm a quarter of its time.
        gc.freeze()
        gc.set_threshold(100_000)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A terminal or a file that is not UTF-8 gets an escape for what it has no sign for.
            sys.stdout.reconfigure(errors="backslashreplace")
        kwargs["standalone_mode"] = False
        # Started as a module it would call itself `python -m analyzer`.
        try:
            code = super().main(args, prog_name or self.name, *rest, **kwargs)
            sys.stdout.flush()
        except UsageError as error:
            code = _usage(error)
        except click.ClickException as error:
            _complain_of(error.format_message())
            code = error.exit_code
        except UserError as error:
            _complain_of(*error.lines)
            code = error.exit_code
        except (KeyboardInterrupt, click.Abort):
            code = INTERRUPTED
        except (BrokenPipeError, _ReaderLeft):
            code = BROKEN_PIPE
            # Nobody reads: what the interpreter still flushes at its end must not complain either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as error:  # noqa: BLE001  the last net under all commands
            missing = missing_package(error)
            if missing is None:
                code = _crash(error, debug=_wants_debug(args))
            else:
                _complain_of(*missing.lines)
                code = missing.exit_code
        sys.exit(code if isinstance(code, int) else DONE)


def _usage(error: UsageError) -> int:
    """One line with the way to the help; asked without any command or argument, the help itself."""
    if type(error).__name__ == "NoArgsIsHelpError":  # click 8.2 and later
        error.show()
        return USAGE
    path = error.ctx.command_path if error.ctx else "hsm-analyzer"
    _complain_of(f"{error.format_message().rstrip('.')} (see '{path} --help')")
    return USAGE


def _crash(error: Exception, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    complain(
        f"internal error: {type(error).__name__} in {os.path.basename(place.filename)}:{place.lineno}; "  # noqa: PTH119
        "please report it with what --debug shows"
    )
    return INTERNAL


def _wants_debug(args: Sequence[str] | None) -> bool:
    words = sys.argv[1:] if args is None else args
    return "--debug" in words or bool(os.environ.get("HSM_ANALYZER_DEBUG"))
