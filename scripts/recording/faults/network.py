"""What the network does to packets."""

from __future__ import annotations

from collections.abc import Callable

from recording.lab import Lab

Prepare = Callable[[Lab], None]

_NETWORK: list[Lab] = []


def ready(lab: Lab) -> None:
    """Prepare nothing; scripts reach the network by `network()`."""
    _NETWORK[:] = [lab]


def network() -> Lab:
    """The network of the case that runs."""
    return _NETWORK[-1]


def rules(space: str, chain: str, rule: str) -> Prepare:
    """One nftables rule in a namespace (`client`, `router`, `host`), in `forward`, `input` or `output`."""

    def prepare(lab: Lab) -> None:
        ready(lab)
        load(space, chain, rule)

    return prepare


def load(space: str, chain: str, rule: str) -> None:
    """Load the rule now."""
    hook = f"type filter hook {chain} priority 0;"
    getattr(network(), space).nft(f"table inet fault {{\nchain c {{\n{hook}\n{rule}\n}}\n}}\n")


def lift(space: str) -> None:
    """Take the rules of a namespace away."""
    getattr(network(), space).nft("delete table inet fault")


DROP_BOTH = "tcp dport 2223 drop; tcp sport 2223 drop;"


def small_path(lab: Lab) -> None:
    """The router sends at most 1000 bytes to the host, and says so to whoever sends more."""
    lab.router.run("ip", "route", "replace", "10.0.2.0/24", "dev", "tohost", "mtu", "lock", "1000")


def tracking(seconds: int) -> Prepare:
    """The router tracks connections, forgets one that was silent for so long, and drops what comes of none."""

    def prepare(lab: Lab) -> None:
        ready(lab)
        settings = "/proc/sys/net/netfilter/nf_conntrack_tcp_"
        lab.router.run("sh", "-c", f"echo {seconds} > {settings}timeout_established")
        lab.router.run("sh", "-c", f"echo 0 > {settings}loose")  # none begins in its middle
        load("router", "forward", f"ct state new,established accept; {DROP_BOTH}")

    return prepare
