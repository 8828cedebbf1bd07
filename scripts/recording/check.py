"""tshark reads both levels of a recording and is compared with its `expected.json`.

tshark does not read TLS inside TLS. So the outer plaintext (`follow,tls,raw`) is freed of what the vendor's
form puts around it and written as a TCP connection of its own, which tshark reads with the inner keys.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recording import vendor
from recording.case import Case, Plan
from recording.observed import suite_names
from recording.recorder import FORMATS
from recording.running import CAPTURES

Bytes = tuple[str, bytes]  # side, what it sent

_FIELDS = (
    *("tcp.stream", "tcp.dstport", "tls.handshake.type", "tls.handshake.version"),
    *("tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite"),
    *("tls.handshake.certificate", "tls.alert_message.desc"),
)
_VERSIONS = {0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
_PORTS = {"2223", "2224", "2225"}
_SERVER_HELLO = "2"


@dataclass
class Seen:
    """What tshark sees of one TLS level of a connection."""

    version: str | None = None
    suite: str | None = None
    certificates: dict[str, list[str]] = field(default_factory=lambda: {"server": [], "client": []})
    alerts: list[tuple[str, int]] = field(default_factory=list)


def differences(case: Case) -> Iterator[str]:
    """Where tshark and the maker's facts differ; none is right."""
    folder = CAPTURES / case.name
    capture = folder / FORMATS[case.format]
    outer_keys, inner_keys = folder / "outer-keys.log", folder / "inner-keys.log"
    outer = _dissected(capture, outer_keys)
    connections = json.loads((folder / "expected.json").read_text())["connections"]
    for stream, (facts, plan) in enumerate(zip(connections, case.connections, strict=True)):
        yield from _compared(f"{case.name}, outer", facts["outer"], outer[stream])
        if facts["inner"] is not None:
            with tempfile.TemporaryDirectory(prefix="inner-") as work:
                inner_capture = Path(work) / "inner.pcap"
                plaintext = _followed(capture, outer_keys, stream)
                _write(inner_capture, list(_unwrapped(plan, plaintext)))
                inner = _dissected(inner_capture, inner_keys)
            yield from _compared(f"{case.name}, inner", facts["inner"], inner[0])


def _compared(where: str, facts: dict[str, Any] | None, seen: Seen) -> Iterator[str]:
    told = Seen()
    if facts is not None:
        told = Seen(
            facts["version"],
            facts["suite"],
            {side: chain or [] for side, chain in facts["certificates"].items()},
            [(alert["side"], alert["code"]) for alert in facts["alerts"]],
        )
    if told != seen:
        yield f"{where}: the maker says {told}, tshark {seen}"


def _dissected(capture: Path, key_log: Path) -> dict[int, Seen]:
    """Per TCP stream what tshark sees with a key log."""
    command = [
        *("tshark", "-r", str(capture), "-2", "-o", f"tls.keylog_file:{key_log}"),
        *("-o", "tcp.reassemble_out_of_order:TRUE", "-d", "tcp.port==2223-2225,tls"),
        *("-Y", "tls", "-T", "fields", "-E", "separator=|", "-E", "occurrence=a"),
        *(word for name in _FIELDS for word in ("-e", name)),
    ]
    streams: dict[int, Seen] = defaultdict(Seen)
    for line in _run(command).splitlines():
        stream, target, types, version, supported, suite, certificates, alerts = line.split("|")
        seen = streams[int(stream)]
        side = "client" if target in _PORTS else "server"
        if side == "server" and _SERVER_HELLO in types.split(","):
            seen.version = _VERSIONS[int((supported or version).split(",")[-1], 0)]
            seen.suite = suite_names()[int(suite.split(",")[-1], 0)]
        seen.certificates[side] += [
            hashlib.sha256(bytes.fromhex(der.replace(":", ""))).hexdigest()
            for der in certificates.split(",")
            if der
        ]
        seen.alerts += [(side, int(code)) for code in alerts.split(",") if int(code or 0)]
    return streams


def _followed(capture: Path, key_log: Path, stream: int) -> Iterator[Bytes]:
    """The plaintext of one connection, in the order of time."""
    command = [
        *("tshark", "-r", str(capture), "-o", f"tls.keylog_file:{key_log}", "-q"),
        *("-d", "tcp.port==2223-2225,tls", "-z", f"follow,tls,raw,{stream}"),
    ]
    sides = ("client", "server")
    for line in _run(command).splitlines():
        if line.startswith("Node 0:") and line.rsplit(":", 1)[1] in _PORTS:
            sides = ("server", "client")
        digits = line.strip()
        if digits and all(digit in "0123456789abcdef" for digit in digits):
            yield sides[line.startswith("\t")], bytes.fromhex(digits)


def _unwrapped(plan: Plan, plaintext: Iterator[Bytes]) -> Iterator[Bytes]:
    """The inner TLS bytes, freed of vendor messages and headers."""
    held = {"client": b"", "server": b""}
    exchanged = [sender for sender, _, _ in vendor.VERSION_EXCHANGE if plan.exchange]
    waiting = {side: exchanged.count(side) for side in held}
    notice = vendor.vendor_message(*vendor.UNASKED)
    for side, data in plaintext:
        held[side] = (held[side] + data).removeprefix(notice)
        while True:
            reader = _Reader(held[side])
            try:
                if waiting[side]:
                    vendor.take_vendor_message(reader.receive)
                    waiting[side] -= 1
                else:
                    yield side, plan.form.take(reader.receive)
            except EOFError:
                break
            held[side] = held[side][reader.at :]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def receive(self, size: int) -> bytes:
        if self.at + size > len(self._data):
            raise EOFError
        self.at += size
        return self._data[self.at - size : self.at]


def _write(path: Path, messages: list[Bytes]) -> None:
    """A capture of one TCP connection that carries `messages`."""
    from scapy.layers.inet import IP, TCP
    from scapy.utils import wrpcap

    sent = {"client": 1, "server": 1}
    packets = []
    for side, data in messages:
        for at in range(0, len(data), 1400):
            part = data[at : at + 1400]
            other = "server" if side == "client" else "client"
            ports = (40000, 2223) if side == "client" else (2223, 40000)
            hosts = ("10.0.1.10", "10.0.2.21")[:: 1 if side == "client" else -1]
            segment = TCP(
                sport=ports[0], dport=ports[1], seq=sent[side], ack=sent[other], flags="PA"
            )
            packets.append(IP(src=hosts[0], dst=hosts[1]) / segment / part)
            sent[side] += len(part)
    wrpcap(str(path), packets)


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
