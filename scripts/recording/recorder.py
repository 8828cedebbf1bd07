"""tcpdump (pcap) or dumpcap (pcapng) on the client's interface."""

from __future__ import annotations

import contextlib
import gzip
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from recording.lab import Space

# ICMP belongs to a connection's story; neighbour discovery does not.
FILTER = "tcp or icmp or (icmp6 and ip6[40] < 128)"

# format -> file name
FORMATS = {
    "pcap": "capture.pcap",
    "pcap-ns": "capture.pcap",  # nanoseconds
    "pcap.gz": "capture.pcap.gz",
    "pcapng": "capture.pcapng",
    "pcapng-secrets": "capture.pcapng",  # with the key log inside
}
# In immediate mode every packet takes a place of `_SNAP` bytes, so many KiB are a few thousand packets.
_SNAP, _BUFFER = 20_000, 65_536
_DROPPED = re.compile(r"([1-9]\d*) packets? dropped by (?:kernel|interface)|: \d+/([1-9]\d*)")
# How long the last packets take to the file.
_SETTLE = 0.4


class Dropped(Exception):
    """Packets passed that the recorder could not keep up with."""


@contextlib.contextmanager
def recorded(folder: Path, kind: str, space: Space, interface: str = "eth0") -> Iterator[None]:
    """Everything on `interface` goes to the capture file in `folder` while this is open.

    Args:
        kind: one of `FORMATS`.
        interface: `any` gives link type LINUX_SLL2.

    Raises:
        Dropped: the capture has holes.
    """
    target = folder / FORMATS[kind]
    plain = target.with_suffix("") if target.suffix == ".gz" else target
    words = {
        "pcapng": ("dumpcap", "-q", "-i", interface, "-w", str(plain), "-f", FILTER),
    }.get(kind.removesuffix("-secrets")) or (
        *("tcpdump", "-Z", "root", "-U", "--immediate-mode", "-i", interface, "-w", str(plain)),
        *("-s", str(_SNAP), "-B", str(_BUFFER)),
        *(("--time-stamp-precision=nano",) if kind == "pcap-ns" else ()),
        FILTER,
    )
    process = subprocess.Popen(space.command(*words), stderr=subprocess.PIPE, text=True)
    try:
        _wait_until_it_listens(process)
        yield
        time.sleep(_SETTLE)
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    if _DROPPED.search(said):
        raise Dropped(said.strip().splitlines()[-1])
    if not plain.exists():
        raise RuntimeError(f"{words[0]} wrote nothing: {said}")
    if plain != target:
        target.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
        plain.unlink()


def _wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    """tcpdump says `listening on`, dumpcap names the file once the interface is open."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if "listening on" in line or line.startswith("File:"):
            return
    raise RuntimeError(f"no capture: {said}")


def embed(capture: Path, key_log: Path) -> None:
    """Put a key log into a pcapng as its decryption secrets block."""
    work = capture.with_suffix(".tmp")
    words = ["editcap", "--inject-secrets", f"tls,{key_log}", str(capture), str(work)]
    subprocess.run(words, check=True, capture_output=True, text=True)
    shutil.move(work, capture)
