"""`live`: connections told while traffic is captured."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli import options, output
from analyzer.cli.notes import warn_of
from analyzer.cli.program import DONE, GATE, INCONCLUSIVE, complain
from analyzer.errors import BadUsage, UserError
from analyzer.report.text import safe_text

if TYPE_CHECKING:
    from analyzer.report.model import Connection, Input
    from analyzer.run.analysis import Options
    from analyzer.run.live import Tally


_LOOK = 0.5  # seconds between two looks at a silent interface


class _Stop(Exception):
    """What --exit-on waited for has come."""


@click.command()
@options.live_capture
@options.expected_set
@click.option("-i", "--interface", metavar="NAME", help="Capture here, through scapy (as root).")
@options.one_of(
    "-f",
    "--format",
    "form",
    words=["text", "jsonl"],
    means="A block for a failed connection and a line for others, or a JSON object a line.",
)
@click.option(
    "--exit-on",
    metavar="failure|N",
    help="Stop at the first failed connection, or after N connections.",
)
@options.one_of("--color", words=["auto", "always", "never"], means="Colour on the terminal.")
def command(
    *,
    captures: tuple[str, ...],
    interface: str | None,
    form: str,
    exit_on: str | None,
    color: str,
    **given: Any,
) -> int:
    """Tell each connection as it ends: `tcpdump -U -w - port 2223 | hsm-analyzer live -`.

    Key logs are followed while they grow, may appear later, and may be pipes. Ends at the end of the input, with
    Ctrl-C, or by --exit-on; then a summary goes to stderr.

    Exit codes: 0 no connection failed, 1 one did, 3 none was seen.
    """
    from analyzer.run.live import Watch

    if bool(captures) == bool(interface):
        raise BadUsage("name one source: '-', a capture file, or --interface")
    stop = _stop_condition(exit_on)
    tell = _teller(form, output.colored(color, sys.stdout))
    chosen = options.analysis(given)
    if interface:
        tally = _sniff(interface, chosen, tell, stop)
    else:
        watch = Watch(chosen)
        read: list[Input] = []
        tally = watch.tally
        with _status_on_signal(tally), contextlib.suppress(KeyboardInterrupt, _Stop):
            from analyzer.run.pipeline import items_of

            for connection in watch.follow(items_of(options.sources(captures), chosen, read)):
                tell(connection)
                stop(tally)
        for connection in watch.finish():
            tell(connection)
        warn_of(read)
    complain(_summary(tally), "summary")
    if tally.outcomes["failed"]:
        return GATE
    return DONE if tally.connections else INCONCLUSIVE


def _sniff(
    interface: str,
    chosen: Options,
    tell: Callable[[Connection], None],
    stop: Callable[[Tally], None],
) -> Tally:
    from scapy.sendrecv import AsyncSniffer

    from analyzer.run.scapy_session import HsmSession

    session = HsmSession(chosen, tell=tell)
    ports = " or ".join(f"port {port}" for port in sorted(chosen.ports or ()))
    sniffer = AsyncSniffer(
        iface=interface,
        filter=f"tcp and ({ports}) or icmp or icmp6" if ports else None,
        session=session,
        store=False,
    )
    with _status_on_signal(session.tally), contextlib.suppress(KeyboardInterrupt, _Stop):
        sniffer.start()
        while sniffer.thread is not None and sniffer.thread.is_alive():
            sniffer.thread.join(_LOOK)
            session.wait()
            stop(session.tally)
    if sniffer.thread is not None and sniffer.thread.is_alive():
        sniffer.stop(join=False)
    elif sniffer.exception is not None:
        raise UserError(f"{interface}: {sniffer.exception}") from sniffer.exception
    session.finish()
    return session.tally


def _stop_condition(exit_on: str | None) -> Callable[[Tally], None]:
    """What is asked after each connection; it raises `_Stop`."""
    if exit_on is None:
        return lambda _: None
    if exit_on == "failure":
        wanted = None
    elif exit_on.isdecimal() and int(exit_on):
        wanted = int(exit_on)
    else:
        raise BadUsage(f"--exit-on takes 'failure' or a number of connections, not {exit_on!r}")

    def stop(tally: Tally) -> None:
        if tally.outcomes["failed"] if wanted is None else tally.connections >= wanted:
            raise _Stop

    return stop


def _teller(form: str, colored: bool) -> Callable[[Connection], None]:
    if form == "jsonl":
        from analyzer.report.json_lines import connection_line

        def tell_line(connection: Connection) -> None:
            sys.stdout.write(connection_line(connection))
            sys.stdout.flush()

        return tell_line
    from analyzer.report.terminal import show_connection

    def tell(connection: Connection) -> None:
        if connection.conversation.outcome == "failed" or connection.cause is not None:
            show_connection(connection, sys.stdout, colored=colored)
        else:
            click.echo(safe_text(_line(connection)))
        sys.stdout.flush()

    return tell


def _line(connection: Connection) -> str:
    from analyzer.report.words import STAGE_WORDS, iso_time, slot_findings

    told = connection.conversation
    slots = ", ".join(
        f"{f.code.removesuffix('-certificate')} {f.status.value}" for f in slot_findings(connection)
    )
    return (
        f"{iso_time(told.tcp.span.began)} {told.tcp.client} -> {told.tcp.server} {told.outcome}: "
        f"{STAGE_WORDS[told.stage]}{f' ({slots})' if slots else ''}"
    )


def _summary(tally: Tally) -> str:
    if not tally.connections:
        return "no connection was seen"
    outcomes = ", ".join(f"{count} {word}" for word, count in sorted(tally.outcomes.items()))
    causes = ", ".join(f"{count} {code}" for code, count in tally.causes.most_common())
    verdict = tally.verdict.value if tally.verdict else "unknown"
    count = f"{tally.connections} connection{'s' * (tally.connections != 1)}"
    words = f"{count}: {outcomes}; verdict {verdict}"
    return f"{words}; causes: {causes}" if causes else words


@contextlib.contextmanager
def _status_on_signal(tally: Tally) -> Iterator[None]:
    """SIGUSR1 prints a status line, where there is such a signal."""
    usr1 = getattr(signal, "SIGUSR1", None)
    if usr1 is None:
        yield
        return
    before = signal.signal(usr1, lambda *_: complain(_summary(tally), "status"))
    try:
        yield
    finally:
        signal.signal(usr1, before)
