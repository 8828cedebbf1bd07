"""Which commands are compared on which workload, and the ratios that are wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmark.runs import Entrant, Figures, ratios

PYTHON = sys.executable
# Capture and transport of a file, nothing behind them.
WALK = [PYTHON, "-c", "import sys; from scripts.benchmark.walk import main; main(*sys.argv[1:])"]
OURS = "hsm-analyzer"
# Of this entrant the keys are made by `outer_keys`.
COUNTED = f"{OURS}, inner records counted"
_BEFORE_TLS = "capture and transport"
_ONE_FILE = f"{OURS}, one small file"
_MANY_FILES = f"{OURS}, many small files"


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio that is wanted: `one`'s processor time by `other`'s, at most `most`."""

    one: str
    other: str
    most: float

    def line(self, figures: dict[str, Figures]) -> str:
        """What was reached."""
        found = sorted(ratios(figures[self.one], figures[self.other]))
        if not found:
            return f"| {self.one} / {self.other} | {self.most:.3g} | not measured | |"
        middle = found[len(found) // 2]
        span = f"{found[0]:.3g} to {found[-1]:.3g}"
        return f"| {self.one} / {self.other} | {self.most:.3g} | {middle:.3g} ({span}) | {'yes' if middle <= self.most else 'no'} |"


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure of one entrant that is wanted: at most `most`.

    Attributes:
        figure: `peak`, in MiB, or `cpu`, in seconds.
        unit: what is told. per: one of `Units`, for a figure of each of them, with `times` of its unit.
    """

    one: str
    figure: str
    unit: str
    most: float
    per: str = ""
    times: float = 1.0

    def line(self, figures: dict[str, Figures], units: Units) -> str:
        """What was reached."""
        found: float = getattr(figures[self.one], self.figure) * self.times
        if self.per:
            found /= getattr(units, self.per)
        reached = "yes" if found <= self.most else "no"
        told = f"{found:,.0f}" if found >= 100 else f"{found:.3g}"
        return f"| {self.one}: {self.unit} | {self.most:.3g} | {told} | {reached} |"


@dataclass(frozen=True, slots=True)
class Units:
    """How much there is in the first workload of a table: connections (files, where each has one), gigabytes."""

    connections: int
    gigabytes: float


@dataclass(frozen=True, slots=True)
class Table:
    """One comparison.

    Attributes:
        workloads: name and scale of each that is made for it.
        entrants: from the directory of the workloads.
    """

    name: str
    title: str
    workloads: tuple[tuple[str, float], ...]
    entrants: Callable[[Path], Sequence[Entrant]]
    targets: tuple[Target, ...] = ()
    bounds: tuple[Bound, ...] = ()


def ours(data: Path, capture: str, keys: str, *more: str) -> list[str]:
    """The program with everything on: keys, the expected set, the whole report as JSON."""
    etc = data / "pki" / "etc"
    return [
        *(PYTHON, "-m", "analyzer", "analyze", str(data / capture), "--keys", str(data / keys)),
        *("--etc", str(etc), "--mtls-anchors", str(etc / "mtls-anchor.crt")),
        *("-f", "json", "-o", "/dev/null", *more),
    ]


def tcpdump(data: Path, capture: str) -> list[str]:
    """Filter and write: the least that any tool can do with a capture."""
    return ["tcpdump", "-r", str(data / capture), "tcp port 2223", "-w", "/dev/null"]


def tshark(data: Path, capture: str, keys: str) -> list[str]:
    """Certificates as fields, with the key log; it sees the outer level only."""
    return [
        *("tshark", "-r", str(data / capture), "-o", f"tls.keylog_file:{data / keys}"),
        *("-Y", "tls.handshake.certificate", "-T", "fields", "-e", "frame.number"),
        *(
            "-e",
            "x509sat.uTF8String",
            "-e",
            "x509af.serialNumber",
            "-e",
            "tls.handshake.certificate",
        ),
    ]


def ssldump(data: Path, capture: str) -> list[str]:
    """The outer handshake as far as it is clear text."""
    return ["ssldump", "-n", "-r", str(data / capture), "tcp port 2223"]


def pyshark(data: Path, capture: str, keys: str) -> list[str]:
    """The outer certificates by pyshark."""
    code = (
        "import pyshark,sys\n"
        f"c=pyshark.FileCapture({str(data / capture)!r},display_filter='tls.handshake.certificate',"
        f"override_prefs={{'tls.keylog_file':{str(data / keys)!r}}})\n"
        "for p in c: p.tls\nc.close()\n"
    )
    return [PYTHON, "-c", code]


def scapy(data: Path, capture: str) -> list[str]:
    """The outer certificates by scapy's TCPSession and TLS layer."""
    code = (
        "from scapy.all import sniff, TCPSession, load_layer, bind_layers, TCP\n"
        "load_layer('tls')\nfrom scapy.layers.tls.all import TLS\n"
        "bind_layers(TCP,TLS,dport=2223)\nbind_layers(TCP,TLS,sport=2223)\n"
        f"sniff(offline={str(data / capture)!r},session=TCPSession,store=False,prn=lambda p: None)\n"
    )
    return [PYTHON, "-c", code]


def _mixed(data: Path) -> Sequence[Entrant]:
    return (
        Entrant("tcpdump", tcpdump(data, "mixed.pcap"), note="filters and writes"),
        Entrant(OURS, ours(data, "mixed.pcap", "mixed.keys"), note="both levels, all checks"),
        Entrant(f"{OURS}, pcapng", ours(data, "mixed.pcapng", "mixed.keys")),
        Entrant(f"{OURS} --port any", ours(data, "mixed.pcap", "mixed.keys", "--port", "any"), 1),
        Entrant("ssldump", ssldump(data, "mixed.pcap"), note="outer clear text only"),
        Entrant("tshark", tshark(data, "mixed.pcap", "mixed.keys"), 1, note="outer level only"),
    )


def _walk(data: Path) -> Sequence[Entrant]:
    return (
        Entrant("tcpdump", tcpdump(data, "mixed.pcap"), note="filters and writes"),
        Entrant(_BEFORE_TLS, [*WALK, str(data / "mixed.pcap")], note="streams in order, no TLS"),
        Entrant("tcpdump, pcapng", tcpdump(data, "mixed.pcapng")),
        Entrant(f"{_BEFORE_TLS}, pcapng", [*WALK, str(data / "mixed.pcapng")]),
    )


def _tiny(data: Path) -> Sequence[Entrant]:
    return (
        Entrant("tcpdump", tcpdump(data, "tiny.pcap")),
        Entrant(OURS, ours(data, "tiny.pcap", "tiny.keys")),
    )


def _vxlan(data: Path) -> Sequence[Entrant]:
    return (
        Entrant(f"{OURS}, plain", ours(data, "mixed.pcap", "mixed.keys")),
        Entrant(f"{OURS}, in VXLAN", ours(data, "vxlan.pcap", "vxlan.keys")),
    )


def _storm(data: Path) -> Sequence[Entrant]:
    return (
        Entrant(OURS, ours(data, "storm.pcap", "storm.keys"), note="both levels, all checks"),
        Entrant(
            f"{OURS} --jobs 2",
            ours(data, "storm.pcap", "storm.keys", "--jobs", "2"),
            note="by the clock: the cpu of its workers is not counted",
        ),
        Entrant("tshark", tshark(data, "storm.pcap", "storm.keys"), note="outer level only"),
        Entrant("ssldump", ssldump(data, "storm.pcap"), note="outer clear text only"),
        Entrant("tcpdump", tcpdump(data, "storm.pcap"), note="copies"),
    )


def _bulk(data: Path) -> Sequence[Entrant]:
    return (
        Entrant(OURS, ours(data, "bulk.pcap", "bulk.keys"), note="both levels opened"),
        Entrant(COUNTED, ours(data, "bulk.pcap", "bulk-outer.keys"), note="without the inner keys"),
        Entrant(f"{OURS}, jumbo frames", ours(data, "jumbo.pcap", "jumbo.keys")),
        Entrant("tshark", tshark(data, "bulk.pcap", "bulk.keys"), 1, note="outer level only"),
        Entrant("ssldump", ssldump(data, "bulk.pcap"), 1, note="no decryption"),
        Entrant("tcpdump", tcpdump(data, "bulk.pcap"), note="copies"),
    )


def _slow(data: Path) -> Sequence[Entrant]:
    return (
        Entrant(OURS, ours(data, "storm.pcap", "storm.keys")),
        Entrant("pyshark", pyshark(data, "storm.pcap", "storm.keys"), 1, note="outer level only"),
        Entrant("scapy", scapy(data, "storm.pcap"), 1, note="outer level, no keys"),
    )


def _start(data: Path) -> Sequence[Entrant]:
    files = sorted(map(str, (data / "many").glob("*.pcap")))
    many = [*ours(data, "many/00000.pcap", "many.keys"), *files[1:]]
    return (
        Entrant("python -c pass", [PYTHON, "-c", "pass"]),
        Entrant("python -c 'import click'", [PYTHON, "-c", "import click"]),
        Entrant(f"{OURS} --version", [PYTHON, "-m", "analyzer", "--version"]),
        Entrant(_ONE_FILE, ours(data, "many/00000.pcap", "many.keys")),
        Entrant("tshark, one small file", tshark(data, "many/00000.pcap", "many.keys")),
        Entrant(_MANY_FILES, many, note=f"{len(files)}"),
    )


TABLES = (
    Table(
        "mixed",
        "A busy host: 2 % of the packets on port 2223",
        (("mixed", 1.0),),
        _mixed,
        (
            Target(OURS, "tcpdump", 1.5),
            Target(f"{OURS}, pcapng", "tcpdump", 1.5),
            Target(f"{OURS} --port any", "tcpdump", 6),
            Target(OURS, "tshark", 1 / 40),
        ),
        (
            Bound(OURS, "peak", "MiB", 80),
            Bound(f"{OURS}, pcapng", "peak", "MiB", 80),
            Bound(f"{OURS} --port any", "peak", "MiB", 100),
        ),
    ),
    Table(
        "walk",
        "What comes before TLS, on the busy host",
        (("mixed", 1.0),),
        _walk,
        (
            Target(_BEFORE_TLS, "tcpdump", 2.5),
            Target(f"{_BEFORE_TLS}, pcapng", "tcpdump, pcapng", 2.5),
        ),
    ),
    Table("tiny", "Packets of a hundred bytes", (("tiny", 1.0),), _tiny, (Target(OURS, "tcpdump", 3),)),
    Table(
        "vxlan",
        "The busy host, all in VXLAN",
        (("mixed", 1.0), ("vxlan", 1.0)),
        _vxlan,
        (Target(f"{OURS}, in VXLAN", f"{OURS}, plain", 2.5),),
    ),
    Table(
        "storm",
        "A reconnect storm",
        (("storm", 1.0),),
        _storm,
        (Target(OURS, "tshark", 1 / 3),),
        (
            Bound(OURS, "cpu", "us for each connection", 400, "connections", 1e6),
            Bound(OURS, "peak", "MiB (40, and 2 KiB for each of 5,000 connections)", 49.8),
        ),
    ),
    Table(
        "bulk",
        "Three connections with much data",
        (("bulk", 1.0), ("jumbo", 1.0)),
        _bulk,
        (Target(OURS, "tshark", 1 / 8),),
        (
            Bound(OURS, "cpu", "s for each gigabyte", 1 / 0.6, "gigabytes"),
            Bound(COUNTED, "cpu", "s for each gigabyte", 1 / 0.75, "gigabytes"),
            Bound(OURS, "peak", "MiB", 80),
        ),
    ),
    Table("slow", "The slow peers, on a small storm", (("storm", 0.1),), _slow),
    Table(
        "start",
        "Start-up and small files",
        (("many", 1.0),),
        _start,
        (Target(f"{OURS} --version", "python -c 'import click'", 3),),
        (
            Bound(_ONE_FILE, "cpu", "s", 0.35),
            Bound(_MANY_FILES, "cpu", "ms for each file", 1.5, "connections", 1e3),
        ),
    ),
)  # fmt: skip
