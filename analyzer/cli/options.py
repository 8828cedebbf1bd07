"""Options that several commands share, and what they mean for the library."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)
_PORT_LIMIT = 65535


class Port(click.ParamType):
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


class Moment(click.ParamType):
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
        except ValueError:
            self.fail(f"{value!r} is neither an ISO 8601 time nor 'now'.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _stacked(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator of several; `--help` lists the options in this order."""
    return lambda command: functools.reduce(
        lambda done, each: each(done), reversed(options), command
    )


# The parameters are gathered by `capture_options` below: the names are its keys.
capture = _stacked(
    click.argument("captures", metavar="CAPTURE...", nargs=-1, required=True),
    click.option(
        "-k",
        "--keys",
        "key_logs",
        type=_FILE,
        multiple=True,
        metavar="FILE",
        help="Session keys (SSLKEYLOGFILE format) for all levels; repeatable.",
    ),
    click.option(
        "-p",
        "--port",
        "ports",
        type=Port(),
        multiple=True,
        help="TCP port of the HSM, or 'any'; repeatable. Default: 2223, 2224, 2225.",
    ),
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
    click.option(
        "--reader",
        type=click.Choice(["fast", "scapy"]),
        default="fast",
        show_default=True,
        help="Who reads packets; scapy is slow and knows more link layers.",
    ),
)

expected_set = _stacked(
    click.option(
        "--etc", type=_FILE, metavar="DIR", help="A copy of the client's /opt/cloudhsm/etc."
    ),
    click.option(
        "--server-certs",
        type=_FILE,
        multiple=True,
        metavar="FILE|DIR",
        help="The host's certificates: exactly one of them is expected.",
    ),
    click.option(
        "--client-cert",
        type=_FILE,
        multiple=True,
        metavar="FILE",
        help="The client certificate of the outer TLS.",
    ),
    click.option(
        "--customer-ca",
        type=_FILE,
        multiple=True,
        metavar="FILE",
        help="customerCA.crt: issues the cluster certificate.",
    ),
    click.option(
        "--cluster",
        type=_FILE,
        metavar="FILE",
        help="Output of 'aws cloudhsmv2 describe-clusters'.",
    ),
    click.option(
        "--cluster-cert",
        type=_FILE,
        multiple=True,
        metavar="FILE",
        help="The cluster certificate: no other is expected.",
    ),
    click.option(
        "--mtls-anchors",
        type=_FILE,
        multiple=True,
        metavar="FILE",
        help="Trust anchors of the inner client certificate.",
    ),
    click.option(
        "--expect", type=_FILE, metavar="FILE", help="One TOML file that names all of these."
    ),
    click.option(
        "--at",
        type=Moment(),
        help="Judge certificates at this time; default: the time of the capture.",
    ),
)
