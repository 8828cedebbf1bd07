"""Options that several commands share, and what they mean for the library."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analyzer.cli import files
from analyzer.cli.program import complain
from analyzer.errors import BadUsage, UnreadableInput

if TYPE_CHECKING:
    from analyzer.run.pipeline import Options
    from analyzer.transport import TransportLimits
    from analyzer.verdict import Expectations

Command = TypeVar("Command", bound=Callable[..., Any])

_PORT_LIMIT = 65535

_LONGEST_PASSWORD = 1 << 16

# Processes; all of them are started, so a slip of the finger must not bring the machine down.
MOST_JOBS = 512

# The options of `expected_set` that name files, as `load_expectations` takes them.
EXPECTED = (
    "etc",
    "server_certs",
    "client_cert",
    "customer_ca",
    "cluster",
    "cluster_cert",
    "mtls_anchors",
    "expect",
)


class Port(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic since click 8.4
    """A TCP port, or `any`."""

    name = "PORT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """The number, or the word `any`."""
        if value == "any":
            return "any"
        try:
            number = int(value)
        except ValueError:
            number = 0
        if not 0 < number <= _PORT_LIMIT:
            self.fail(f"{value!r} is neither a TCP port nor 'any'.", param, ctx)
        return number


class Moment(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A point in time: ISO 8601 (UTC where it names no offset) or `now`."""

    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment as an aware datetime."""
        if isinstance(value, datetime):
            return value
        if value == "now":
            return datetime.now(UTC)
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither an ISO 8601 time nor 'now'.", param, ctx)


def one_of(
    *names: str, words: Sequence[str], means: str, default: str | None = None
) -> Callable[[Command], Command]:
    """An option that takes one of `words`; not given, `default` or the first of them, which is shown."""
    return click.option(
        *names,
        type=click.Choice(words),
        default=default or words[0],
        show_default=True,
        help=means,
    )


def _stacked(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator of several; `--help` lists the options in this order."""
    return lambda command: functools.reduce(
        lambda done, each: each(done), reversed(options), command
    )


port = click.option(
    "-p",
    "--port",
    "ports",
    type=Port(),
    multiple=True,
    help="TCP port of the HSM, or 'any'; repeatable. Default: 2223, 2224, 2225.",
)

# The parameters are gathered by `analysis` below: the names are its keys.
reading = _stacked(
    click.option(
        "-k",
        "--keys",
        "key_logs",
        type=files.READ,
        multiple=True,
        metavar="FILE",
        help="Session keys for all levels: a key log (SSLKEYLOGFILE), a saved session, a private key; repeatable.",
    ),
    click.option(
        "--password-file",
        type=files.READ,
        metavar="FILE",
        help="Password of an encrypted private key given with --keys.",
    ),
    port,
    click.option(
        "--no-embedded-keys",
        is_flag=True,
        help="Ignore session keys that the capture itself carries.",
    ),
    click.option(
        "--inner-framing",
        "framing",
        metavar="NAME",
        help="How the inner TLS lies in the outer plaintext; found out where not given.",
    ),
    one_of(
        "--reader",
        words=["fast", "scapy"],
        means="Who reads packets; scapy is slow and knows more link layers.",
    ),
    click.option(
        "--max-connections",
        type=click.IntRange(min=1),
        metavar="N",
        help="Connections that may be open at once; beyond it the longest idle ones end. Default: 20000.",
    ),
    click.option(
        "--idle",
        type=click.IntRange(min=1),
        metavar="SECONDS",
        help="Silence in capture time after which an open connection has ended. Default: 3600.",
    ),
)

capture = _stacked(
    click.argument("captures", metavar="CAPTURE...", type=files.SOURCE, nargs=-1, required=True),
    reading,
)
two_captures = _stacked(
    click.argument("captures", metavar="A B", type=files.SOURCE, nargs=-1, required=True), reading
)
live_capture = _stacked(
    click.argument("captures", metavar="[-|CAPTURE]", type=files.SOURCE, nargs=-1), reading
)

expected_set = _stacked(
    click.option(
        "--etc", type=files.READ, metavar="DIR", help="A copy of the client's /opt/cloudhsm/etc."
    ),
    click.option(
        "--server-certs",
        type=files.READ,
        multiple=True,
        metavar="FILE|DIR",
        help="The host's certificates: exactly one of them is expected; repeatable.",
    ),
    click.option(
        "--client-cert",
        type=files.READ,
        multiple=True,
        metavar="FILE",
        help="The client certificate of the outer TLS; repeatable.",
    ),
    click.option(
        "--customer-ca",
        type=files.READ,
        multiple=True,
        metavar="FILE",
        help="customerCA.crt: issues the cluster certificate; repeatable.",
    ),
    click.option(
        "--cluster",
        type=files.READ,
        metavar="FILE|DIR",
        help="Output of 'aws cloudhsmv2 describe-clusters', or the files of AWS's guide.",
    ),
    click.option(
        "--cluster-cert",
        type=files.READ,
        multiple=True,
        metavar="FILE",
        help="The cluster certificate: no other is expected; repeatable.",
    ),
    click.option(
        "--mtls-anchors",
        type=files.READ,
        multiple=True,
        metavar="FILE",
        help="Trust anchors of the inner client certificate; repeatable.",
    ),
    click.option(
        "--expect", type=files.READ, metavar="FILE", help="One TOML file that names all of these."
    ),
    click.option(
        "--at",
        type=Moment(),
        help="Judge certificates at this time; default: the time of the capture.",
    ),
)

workers = _stacked(
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(1, MOST_JOBS),
        help="Processes at once; default: one for each core.",
    ),
    click.option(
        "--executor",
        default="process",
        show_default=True,
        metavar="process|dask://HOST:PORT",
        help="Who does the work: processes of this machine, or the workers of a Dask cluster.",
    ),
    click.option(
        "--timeout-per-file",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help="Give a file up that takes longer.",
    ),
)


def sources(captures: Sequence[str]) -> list[str]:
    """The captures as the library takes them.

    Raises:
        BadUsage: standard input is a terminal, or named twice.
    """
    if captures.count("-") > 1:
        raise BadUsage("standard input can be read only once")
    if "-" in captures and sys.stdin.isatty():
        raise BadUsage("standard input is a terminal; pipe a capture in, or name a file")
    return list(captures)


def check_read_twice(files: Sequence[str | Path]) -> None:
    """Refuse what can be read only once.

    Raises:
        BadUsage: one of these is standard input, a pipe or a device.
    """
    from analyzer.run.sources import is_read_once

    for name in filter(is_read_once, files):
        words = "standard input" if name == "-" else name
        raise BadUsage(f"{words} cannot be read twice; name a file")


def ports(chosen: Sequence[int | str]) -> frozenset[int] | None:
    """The wanted ports: the default ones where none is chosen, None for `any`."""
    from analyzer.run.pipeline import CLOUDHSM_PORTS

    if "any" in chosen:
        return None
    return frozenset(port for port in chosen if isinstance(port, int)) or CLOUDHSM_PORTS


def expected(given: dict[str, Any]) -> Expectations:
    """The expected set of the options of `expected_set`, which are taken out of `given`.

    Raises:
        UnreadableInput: files cannot be used; every problem is named.
    """
    from analyzer.verdict import Expectations

    named = {name: given.pop(name) for name in EXPECTED}
    if not any(named.values()):
        return Expectations.none()
    from analyzer.run.expected_files import load_expectations

    return load_expectations(**named)


def _expected_aloud(given: dict[str, Any]) -> Expectations:
    """The expected set; what was odd about its files is told on stderr."""
    found = expected(given)
    for note in found.notes:
        complain(note, "note")
    return found


def analysis(given: dict[str, Any]) -> Options:
    """What the options of `capture` and `expected_set` mean for the library.

    Raises:
        UnreadableInput: files of the expected set cannot be used.
        BadUsage: a framing that there is none of.
    """
    from analyzer.run.pipeline import Options
    from analyzer.session.framing import parse_framing

    if given["framing"] is not None:
        parse_framing(given["framing"])
    return Options(
        ports=ports(given["ports"]),
        key_logs=tuple(given["key_logs"]),
        password=_password(given["password_file"]),
        expected=_expected_aloud(given),
        at=given["at"],
        framing=given["framing"],
        reader=given["reader"],
        embedded_keys=not given["no_embedded_keys"],
        limits=_limits(given["max_connections"], given["idle"]),
        contain_crashes=not click.get_current_context().find_root().params.get("debug"),
    )


def _limits(connections: int | None, idle: int | None) -> TransportLimits:
    """The ceilings of transport, those that were not given as they are."""
    from analyzer.transport.limits import SECOND, TransportLimits

    usual = TransportLimits()
    return replace(
        usual,
        connections=connections or usual.connections,
        idle_ns=idle * SECOND if idle else usual.idle_ns,
    )


def _password(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_PASSWORD).rstrip(b"\r\n")
    except OSError as error:
        raise UnreadableInput(f"{path}: {error.strerror}") from error
