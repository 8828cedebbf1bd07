"""The network of the recordings: a client, a router and the hosts of three HSMs, as namespaces.

    client 10.0.1.10, fd00:1::10 -- router -- host 10.0.2.21 to .23, fd00:2::21 to ::23

The capture is taken on the client's `eth0`. Faults go where they happen in life: nftables rules, routes
and MTUs in `client`, `router` or `host` (`Space.run`), before or while a case runs.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CLIENT, CLIENT_V6 = "10.0.1.10", "fd00:1::10"
HSMS = ("10.0.2.21", "10.0.2.22", "10.0.2.23")
HSMS_V6 = ("fd00:2::21", "fd00:2::22", "fd00:2::23")
NO_HSM = "10.0.2.99"  # in the HSMs' subnet, nobody's

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Space:
    """A network namespace."""

    name: str

    def run(self, *command: str) -> str:
        """Run a command in it, e.g. `run("nft", "add", "table", ...)`; what it printed.

        Raises:
            CalledProcessError: it failed.
        """
        words = self.command(*command)
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def nft(self, rules: str) -> None:
        """Load nftables rules, in the language of `nft -f`."""
        words = self.command("nft", "-f", "-")
        subprocess.run(words, check=True, capture_output=True, text=True, input=rules)

    def command(self, *command: str) -> list[str]:
        """The words that run `command` in it."""
        return ["ip", "netns", "exec", self.name, *command]

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread's new sockets are in this namespace."""
        here, there = Path("/proc/thread-self/ns/net"), Path("/run/netns", self.name)
        with here.open() as home, there.open() as new:
            _enter(new.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())


@dataclass(frozen=True)
class Lab:
    """The three namespaces of one case."""

    client: Space
    router: Space
    host: Space


@contextlib.contextmanager
def lab() -> Iterator[Lab]:
    """A fresh network, gone afterwards."""
    made = Lab(*(Space(f"rec{os.getpid()}-{role}") for role in ("client", "router", "host")))
    spaces = (made.client, made.router, made.host)
    try:
        for space in spaces:
            _ip("netns", "add", space.name)
            space.run("sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0")
            space.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
            space.run("ip", "link", "set", "lo", "up")
        for end, port in ((made.client, "toclient"), (made.host, "tohost")):
            here, there = ("netns", end.name), ("netns", made.router.name)
            _ip("link", "add", "eth0", *here, "type", "veth", "peer", "name", port, *there)
        _addresses(made.client, "eth0", f"{CLIENT}/24", f"{CLIENT_V6}/64")
        _addresses(made.router, "toclient", "10.0.1.1/24", "fd00:1::1/64")
        _addresses(made.router, "tohost", "10.0.2.1/24", "fd00:2::1/64")
        hosts = [f"{address}/24" for address in HSMS] + [f"{address}/64" for address in HSMS_V6]
        _addresses(made.host, "eth0", *hosts)
        for space, way in ((made.client, "1"), (made.host, "2")):
            space.run("ip", "route", "add", "default", "via", f"10.0.{way}.1")
            space.run("ip", "route", "add", "default", "via", f"fd00:{way}::1")
        for family in ("ipv4.ip_forward", "ipv6.conf.all.forwarding"):
            made.router.run("sysctl", "-qw", f"net.{family}=1")
        yield made
    finally:
        for space in spaces:
            subprocess.run(["ip", "netns", "del", space.name], check=False, capture_output=True)


def _addresses(space: Space, port: str, *addresses: str) -> None:
    for address in addresses:
        more = ("nodad",) if ":" in address else ()
        space.run("ip", "address", "add", address, "dev", port, *more)
    # One segment a packet, as on a wire: no segmentation offload.
    space.run("ip", "link", "set", port, "up", "gso_max_segs", "1")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
