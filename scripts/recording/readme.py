"""The README of a recording: what it is, how it was made, what to look for, and the facts."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from typing import Any

from recording import pki
from recording.case import Case
from recording.peers import End
from recording.recorder import FORMATS

Json = dict[str, Any]

_RECORDERS = {
    "pcap": "tcpdump, pcap",
    "pcap-ns": "tcpdump, pcap with nanoseconds",
    "pcap.gz": "tcpdump, pcap, then gzip",
    "pcapng": "dumpcap, pcapng",
    "pcapng-secrets": "dumpcap, pcapng; `editcap --inject-secrets` put the key log inside",
}
_ALERTS = {
    40: "handshake_failure",
    42: "bad_certificate",
    45: "certificate_expired",
    48: "unknown_ca",
    51: "decrypt_error",
    70: "protocol_version",
    116: "certificate_required",
}


def readme(case: Case, expected: Json, pairs: Sequence[tuple[End, End]]) -> str:
    """The text of `README.md`."""
    command = " ".join(
        [
            f"./scripts/hsm-analyzer analyze captures/{case.name}/{FORMATS[case.format]}",
            *([] if expected.get("embedded_keys") else [f"--keys captures/{case.name}/keys.log"]),
            *case.arguments,
        ]
    )
    return "\n".join(
        [
            f"# {case.title}",
            "",
            case.what,
            "",
            "## What to look for",
            "",
            case.look,
            "",
            "```",
            command,
            "```",
            "",
            f"The report's verdict is **{expected['verdict']}**.",
            "",
            *_connections(expected, pairs),
            "## How it was made",
            "",
            f"`scripts/make_captures.py {case.name}`: Python's ssl ({ssl.OPENSSL_VERSION.rsplit(' ', 3)[0]}) on "
            "both ends over TCP between network namespaces, the inner TLS through memory BIOs inside the "
            f"outer one; recorded on the client's `{case.interface}` ({_RECORDERS[case.format]}). "
            "The keys are those that the client's OpenSSL logged.",
            *([case.made] if case.made else []),
            "",
        ]
    )


def _connections(expected: Json, pairs: Sequence[tuple[End, End]]) -> Iterator[str]:
    names = pki.names_by_sha256()
    for number, (facts, (client, server)) in enumerate(
        zip(expected["connections"], pairs, strict=True), 1
    ):
        yield f"## Connection {number}: to {facts['server']}"
        yield ""
        yield f"Outcome **{facts['outcome']}**, it got as far as `{facts['stage']}`."
        yield ""
        yield "| | outer | inner |"
        yield "|---|---|---|"
        sessions = (facts["outer"], facts["inner"])
        yield _row("outcome", [s and s["outcome"] for s in sessions])
        yield _row("version", [s and s["version"] for s in sessions])
        yield _row("suite", [s and s["suite"] for s in sessions])
        for side in ("server", "client"):
            shown = [s and _chain(s["certificates"][side], names) for s in sessions]
            yield _row(f"{side}'s certificates", shown)
        yield _row("alerts", [s and _alerts(s["alerts"]) for s in sessions])
        yield ""
        if facts.get("framing"):
            yield f"The inner TLS travels as: {facts['framing']}."
            yield ""
        if facts.get("carved"):
            yield f"Carved: {_chain(facts['carved'], names)}."
            yield ""
        yield "| slot | status |"
        yield "|---|---|"
        for slot, status in facts["slots"].items():
            yield f"| {slot} | {status} |"
        yield ""
        for end in (client, server):
            if end.error:
                yield f"The {end.role}'s error: `{end.error}`"
                yield ""


def _row(title: str, cells: Sequence[str | None]) -> str:
    return f"| {title} | {' | '.join(cell or '-' for cell in cells)} |"


def _chain(shown: Sequence[str] | None, names: dict[str, str]) -> str:
    if shown is None:
        return "-"
    return ", ".join(f"`{names[sha]}`" for sha in shown) or "none (an empty message)"


def _alerts(alerts: Sequence[Json]) -> str:
    return ", ".join(
        f"{a['side']}: {_ALERTS.get(a['code'], '')} ({a['code']})" for a in alerts if a["code"]
    )
