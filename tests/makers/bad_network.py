"""Two hosts with a network between them that loses, doubles and reorders packets: namespaces, TUN, real TCP.

Each host is a network namespace with a TUN device; what the kernels send is carried from one to the other
by a thread here, which decides by a seed what becomes of each packet, and remembers it.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import os
import random
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.makers.cases import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from recording import key_logs
from recording.case import Plan
from recording.lab import Space
from recording.peers import End, act

ADDRESSES = ("10.78.0.1", "10.78.1.1")  # the client's, the server's
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 1, 0x1000


def missing() -> str:
    """Why this cannot run here, "" where it can."""
    absent = [name for name in ("ip", "tcpdump") if not shutil.which(name)]
    if absent:
        return f"{absent[0]} is not installed"
    if os.geteuid():
        return "namespaces need root"
    return "" if os.access("/dev/net/tun", os.R_OK | os.W_OK) else "there is no /dev/net/tun"


@dataclass(frozen=True)
class Faults:
    """What happens to packets of one direction; all by chance but `lose_data`.

    Attributes:
        lose_data: of segments with data every so many-th is lost, the first one not; 0 for none.
        lose, double, hold: probabilities; what is held comes some packets later.
    """

    lose_data: int = 0
    lose: float = 0
    double: float = 0
    hold: float = 0


@dataclass
class Direction:
    """One direction of the network, and what it did.

    Attributes:
        lost: sequence numbers and payload lengths of lost segments with data.
        doubled, held: how many packets were.
    """

    faults: Faults
    chance: random.Random
    lost: list[tuple[int, int]] = field(default_factory=list)
    doubled: int = 0
    held: int = 0
    _data: int = 0

    def fate(self, packet: bytes) -> list[float]:
        """After how many seconds each copy of the packet arrives; none where it is lost."""
        header = (packet[0] & 15) * 4
        payload = len(packet) - header - (packet[header + 12] >> 4) * 4
        self._data += payload > 0
        faults = self.faults
        by_turn = payload > 0 and faults.lose_data and self._data % faults.lose_data == 0
        if by_turn or self.chance.random() < faults.lose:
            if payload:
                self.lost.append((int.from_bytes(packet[header + 4 : header + 8], "big"), payload))
            return []
        delays = [0.001]
        if self.chance.random() < faults.hold:
            self.held += 1
            delays = [0.012]
        if self.chance.random() < faults.double:
            self.doubled += 1
            delays.append(delays[0] + 0.004)
        return delays


class BadNetwork:
    """The network, while it stands.

    Args:
        folder: for the captures, `client.pcap` and `server.pcap`, and `keys.log`.
        faults: of the client's and of the server's packets.
    """

    def __init__(self, folder: Path, faults: tuple[Faults, Faults], seed: int = 1) -> None:
        self.folder = folder
        self.directions = tuple(
            Direction(each, random.Random(f"{seed} {side}")) for side, each in enumerate(faults)
        )
        name = uuid.uuid4().hex[:6]
        self.spaces = (Space(f"bad{name}c"), Space(f"bad{name}s"))
        self._stopping = threading.Event()

    @contextlib.contextmanager
    def standing(self) -> Iterator[BadNetwork]:
        """Set up, capture on both hosts, tear down."""
        with contextlib.ExitStack() as stack:
            tuns = [self._host(side, stack) for side in (0, 1)]
            carrier = threading.Thread(target=self._carry, args=(tuns,), daemon=True)
            carrier.start()
            stack.callback(carrier.join)
            stack.callback(self._stopping.set)
            for side, host in enumerate(("client", "server")):
                stack.enter_context(_captured(self.spaces[side], self.folder / f"{host}.pcap"))
            yield self

    def connect(self, plan: Plan) -> tuple[End, End]:
        """One connection of the plan's two ends, to its end; its keys are in `keys.log`."""
        keys = self.folder / "keys"
        keys.mkdir(exist_ok=True)
        client, server = End("client", plan, keys), End("server", plan, keys)
        with self.spaces[1].entered():
            listener = socket.create_server((plan.server, plan.port))
        listener.settimeout(20)

        def serve() -> None:
            server.socket, _ = listener.accept()
            server.socket.settimeout(20)
            act(server)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        with self.spaces[0].entered():
            client.socket = socket.socket()
        client.socket.settimeout(20)
        client.socket.connect((plan.server, plan.port))
        act(client)
        serving.join(30)
        listener.close()
        key_logs.write(self.folder, [keys])
        return client, server

    def _host(self, side: int, stack: contextlib.ExitStack) -> int:
        space = self.spaces[side]
        subprocess.run(["ip", "netns", "add", space.name], check=True)
        stack.callback(subprocess.run, ["ip", "netns", "del", space.name], check=False)
        with space.entered():
            tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH", b"tun0", _IFF_TUN | _IFF_NO_PI))
        stack.callback(os.close, tun)
        space.run("sysctl", "-qw", "net.ipv6.conf.tun0.disable_ipv6=1")
        space.run("ip", "addr", "add", f"{ADDRESSES[side]}/32", "dev", "tun0")
        space.run("ip", "link", "set", "tun0", "mtu", "600", "up")
        # A retransmission timer of a real path would make the test wait.
        space.run("ip", "route", "add", "default", "dev", "tun0", "rto_min", "40ms")
        return tun

    def _carry(self, tuns: list[int]) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        count = 0
        with selectors.DefaultSelector() as selector:
            for side, tun in enumerate(tuns):
                selector.register(tun, selectors.EVENT_READ, side)
            while not self._stopping.is_set():
                pause = max(0, waiting[0][0] - time.monotonic()) if waiting else 0.05
                for key, _ in selector.select(pause):
                    packet = os.read(key.fd, 4096)
                    for delay in self.directions[key.data].fate(packet):
                        count += 1
                        due = time.monotonic() + delay
                        heapq.heappush(waiting, (due, count, 1 - key.data, packet))
                while waiting and waiting[0][0] <= time.monotonic():
                    _, _, to, packet = heapq.heappop(waiting)
                    os.write(tuns[to], packet)


@contextlib.contextmanager
def _captured(space: Space, path: Path) -> Iterator[None]:
    # In immediate mode each packet takes a place of the snap length in the ring.
    words = ["tcpdump", "-i", "tun0", "-Z", "root", "-U", "--immediate-mode"]
    words += ["-s", "2000", "-B", "16384", "-w", str(path), "tcp"]
    process = subprocess.Popen(space.command(*words), stderr=subprocess.PIPE)
    assert process.stderr is not None
    while b"listening" not in process.stderr.readline():
        assert process.poll() is None
    try:
        yield
        time.sleep(0.4)  # the last packets reach the file
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert b"\n0 packets dropped by kernel" in said, said
