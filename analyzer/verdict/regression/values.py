"""The values of an expectation file, one reader a kind: the value, or ValueError with a clause."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analyzer.tls.constants import ALERTS, VERSIONS
from analyzer.tls.suites import SUITES
from analyzer.verdict.regression.rules import Allowed, CertificateRule, Count, Place

# What people write who think of another tool, and what it is called here.
_OTHER_NAMES = {
    "result": "outcome",
    "status": "outcome",
    "suite": "cipher",
    "ciphers": "cipher",
    "cipher_suite": "cipher",
    "sni": "server_name",
    "index": "stream",
    "rule": "code",
    "alert": "alerts",
    "ca": "customer_ca",
    "server_certs": "server",
    "client_cert": "client",
    "connections": "connection",
    "default": "defaults",
    "certs": "certificates",
}


def text(value: Any) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a string that is not empty")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004  the one error of all readers
    return value


def number(value: Any) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("must be a whole number, 0 or more")
    return value


def list_of(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """One value, or a list of them."""

    def each(value: Any) -> tuple[Any, ...]:
        return tuple(read(item) for item in (value if isinstance(value, list) else [value]))

    return each


def some_of(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """As `list_of`, but an empty list is a mistake: it would check nothing."""
    listed = list_of(read)

    def each(value: Any) -> tuple[Any, ...]:
        if value == []:
            raise ValueError("must not be an empty list: leave the key out to check nothing")
        return listed(value)

    return each


def one_of(*words: str) -> Callable[[Any], str]:
    """One of these words."""

    def chosen(value: Any) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}{nearest(value, words)}")
        return str(value)

    return chosen


def version(value: Any) -> int:
    """The number of a protocol version: `TLS 1.2`."""
    names = {name: number for number, name in VERSIONS.items()}
    if value not in names:
        raise ValueError(f"{value!r} is no version{nearest(value, names)}")
    return names[value]


def cipher(value: Any) -> int:
    """The number of a cipher suite: IANA's name, or `0xc030`."""
    word = text(value)
    names = {suite.name: number for number, suite in SUITES.items()}
    if re.fullmatch("0x[0-9a-fA-F]{4}", word):
        return int(word, 16)
    if word not in names:
        raise ValueError(f"{word!r} is no cipher suite of IANA's registry{nearest(word, names)}")
    return names[word]


def alert(value: Any) -> str:
    """An alert by its name, with or without who sent it: `unknown_ca`, `client:unknown_ca`."""
    side, colon, name = text(value).rpartition(":")
    names = (*ALERTS.values(),)
    if (colon and side not in ("client", "server")) or (
        name not in names and not re.fullmatch(r"alert_\d{1,3}", name)
    ):
        raise ValueError(
            f"{value!r} is no alert{nearest(name, names)}; `SIDE:` may stand before it"
        )
    return f"{side}{colon}{name}"


def place(value: Any) -> Place:
    """`10.0.2.9`, `10.0.2.9:2223`, `10.0.0.0/16`, `[fd00::1]:2223`, `fd00::/8`, `*:2223`."""
    match = re.fullmatch(
        r"(?:(?P<any>\*)|\[(?P<six>[0-9a-fA-F:.]+)\](?P<bits6>/\d+)?|(?P<address>[^\[\]*]+?))"
        r"(?P<port>:\d+)?",
        text(value),
    )
    if match is None:
        raise ValueError(f"{value!r} is no ADDRESS, ADDRESS:PORT, NETWORK/BITS or *:PORT")
    port = int(match["port"][1:]) if match["port"] else None
    network = match["six"] + (match["bits6"] or "") if match["six"] else match["address"]
    if match["address"] and value.count(":") > 1:  # IPv6 without brackets has no port
        network, port = value, None
    if port is not None and not 0 < port < 65536:
        raise ValueError(f"{port} is no TCP port")
    if match["any"]:
        if port is None:
            raise ValueError("'*' needs a port: leave the key out to match everything")
        return Place(None, port)
    try:
        return Place(ipaddress.ip_network(network), port)
    except ValueError as error:
        raise ValueError(f"{value!r}: {error}") from None


def count(value: Any) -> Count:
    """A number, or `1..`, `..5`, `2..4`."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Count(value, value)
    match = re.fullmatch(r"(\d+)?(\.\.)?(\d+)?", value) if isinstance(value, str) else None
    if match is None or not (match[1] or match[3]) or (match[3] and not match[2]):
        raise ValueError(f"{value!r} is no number and no range like '1..', '..5' or '2..4'")
    least = int(match[1] or 0)
    most = int(match[3]) if match[3] else None if match[2] else least
    if most is not None and most < least:
        raise ValueError(f"{value!r}: the range ends before it begins")
    return Count(least, most)


def sha256(value: Any) -> str:
    """64 hex digits, with or without colons."""
    digest = text(value).replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(f"{value!r} is no SHA-256 (64 hex digits)")
    return digest


def certificate(value: Any) -> CertificateRule:
    """`any`, `none`, `expected`, `sha256:HEX` or the name of a file; or a list of these."""
    words = some_of(text)(value)
    pinned = [word for word in words if word.startswith("sha256:")]
    named = {"any", "none", "expected"}
    return CertificateRule(
        any="any" in words,
        none="none" in words,
        expected="expected" in words,
        sha256=tuple(sha256(word.removeprefix("sha256:")) for word in pinned),
        files=tuple(word for word in words if word not in named and word not in pinned),
    )


def allowed(value: Any) -> tuple[Allowed, ...]:
    """A list of `{ code = ..., reason = ... }`."""
    if not isinstance(value, list):
        raise ValueError("must be a list of { code = ..., reason = ... }")  # noqa: TRY004
    rows = []
    for item in value:
        if not isinstance(item, Mapping) or set(item) != {"code", "reason"}:
            raise ValueError("each must have exactly the keys code and reason")
        rows.append(Allowed(text(item["code"]), text(item["reason"])))
    return tuple(rows)


def nearest(word: Any, known: Iterable[str]) -> str:
    """`; did you mean 'cipher'?`, or nothing where none is near."""
    names = list(known)
    meant = _OTHER_NAMES.get(str(word))
    near = [meant] if meant in names else difflib.get_close_matches(str(word), names, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
