"""The group of commands: imported one by one, and every way to end has its exit code."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from click.exceptions import UsageError

from analyzer.cli import streams
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
    INTERRUPTED: "Interrupted (Ctrl-C); 143 where SIGTERM ended it, 129 where its terminal went away.",
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


class _Ended(KeyboardInterrupt):
    """A signal asked the program to end: what it was writing is taken back, as for Ctrl-C.

    Args:
        signal_: which.
    """

    def __init__(self, signal_: signal.Signals) -> None:
        super().__init__(signal_)
        self.exit_code = 128 + signal_  # as a shell tells of a program that a signal ended


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
        """Run the command, with errors that click would take for its own kept from it.

        It makes exit code 1 of a broken pipe, which here is a gate that tripped, and an interrupt of the end of
        a file, which here is a bug.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderLeft from error
        except EOFError as error:
            raise RuntimeError("unexpected end of a file") from error

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
        streams.prepare()
        kwargs["standalone_mode"] = False
        # Started as a module it would call itself `python -m analyzer`.
        try:
            with _ended_by_signals():
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
        except (KeyboardInterrupt, click.Abort) as error:
            ended = error if isinstance(error, KeyboardInterrupt) else error.__cause__
            code = ended.exit_code if isinstance(ended, _Ended) else INTERRUPTED
        except (BrokenPipeError, _ReaderLeft):
            code = BROKEN_PIPE
            streams.give_up_output()
        except OSError as error:
            code = _refused(error, debug=_wants_debug(args))
        except Exception as error:  # noqa: BLE001  the last net under all commands
            missing = missing_package(error)
            if missing is None:
                code = _crash(error, debug=_wants_debug(args))
            else:
                _complain_of(*missing.lines)
                code = missing.exit_code
        gc.freeze()  # Python looks once more at all there is before it ends, a twentieth of what a small capture takes
        sys.exit(code if isinstance(code, int) else DONE)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the program as Ctrl-C does, unless whoever started it had them ignored (nohup)."""

    def end(number: int, _: object) -> None:
        raise _Ended(signal.Signals(number))

    here = threading.current_thread() is threading.main_thread()
    wanted = (signal.SIGTERM, signal.SIGHUP) if here else ()
    taken = [each for each in wanted if signal.getsignal(each) is signal.SIG_DFL]
    for each in taken:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)


def _refused(error: OSError, *, debug: bool) -> int:
    """The system refused something that no command expects it to refuse: a full disk, a process too many."""
    if debug:
        traceback.print_exception(error)
    streams.give_up_output()
    named = f"{error.filename}: " if error.filename else ""
    _complain_of(f"{named}{error.strerror or error}")
    return USAGE


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
