"""The same traffic recorded at both ends of a path with a router that meddles: real kernels, real TCP.

client 10.77.1.2 -- 10.77.1.1 router 10.77.2.1 -- 10.77.2.2 server, three network namespaces.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = ("ip", "nft", "tcpdump")
MISSING = next((f"{name} is not installed" for name in PROGRAMS if not shutil.which(name)), "")

CLIENT, SERVER = "10.77.1.2", "10.77.2.2"
ALIAS = "10.77.9.9"  # rewritten to the server's address by the router

# What the router does: smaller segments for all, an RST into 2224, one lost data packet on 2225.
RULES = f"""
table inet meddling {{
    chain forward {{
        type filter hook forward priority 0;
        tcp flags & (syn | rst) == syn tcp option maxseg size set 1200
        tcp dport 2224 tcp flags & (psh | ack) == psh | ack reject with tcp reset
        tcp sport 2225 tcp flags & (psh | ack) == psh | ack quota until 2500 bytes drop
    }}
}}
table ip rewriting {{
    chain before {{
        type nat hook prerouting priority -100;
        ip daddr {ALIAS} dnat to {SERVER}
    }}
}}
"""

_SERVER = """
    import selectors, socket, ssl, sys, threading
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    waiting = selectors.DefaultSelector()
    for port in (2223, 2224, 2225):
        waiting.register(socket.create_server(("0.0.0.0", port)), selectors.EVENT_READ)
    def serve(plain):
        try:
            with context.wrap_socket(plain, server_side=True) as tls:
                while data := tls.recv(100):
                    tls.sendall(data)
        except OSError:
            pass
    print("ready", flush=True)
    while True:
        for key, _ in waiting.select():
            plain, _ = key.fileobj.accept()
            threading.Thread(target=serve, args=(plain,), daemon=True).start()
"""
_CLIENT = """
    import socket, ssl, sys
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        plain = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
        with context.wrap_socket(plain) as tls:
            tls.sendall(b"hello")
            tls.recv(5)
            tls.unwrap()
    except OSError:
        pass
"""


@dataclass
class TwoPlaces:
    """A path that stands while it is used.

    Attributes:
        directory: where the captures are written: client.pcap and server.pcap.
    """

    directory: Path
    prefix: str = field(default_factory=lambda: f"two{uuid.uuid4().hex[:5]}")

    def connect(self, port: int, address: str = SERVER) -> None:
        """One connection from the client's namespace, to its end."""
        self._in("c", sys.executable, "-c", textwrap.dedent(_CLIENT), address, str(port))

    def _in(self, name: str, *command: str) -> None:
        subprocess.run(
            ["ip", "netns", "exec", f"{self.prefix}{name}", *command],
            check=True,
            capture_output=True,
            timeout=60,
        )

    def _start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["ip", "netns", "exec", f"{self.prefix}{name}", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @contextlib.contextmanager
    def running(self, certificate: Path) -> Iterator[TwoPlaces]:
        """Build the path, start the server and both recorders; take all of it down in the end."""
        started: list[subprocess.Popen[bytes]] = []
        try:
            self._build()
            server = self._start(
                "s", sys.executable, "-u", "-c", textwrap.dedent(_SERVER), str(certificate)
            )
            started.append(server)
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            for name in ("client", "server"):
                path = str(self.directory / f"{name}.pcap")
                recorder = self._start(
                    name[0],
                    "tcpdump",
                    "-i",
                    "eth0",
                    "--immediate-mode",
                    "-U",
                    "-Z",
                    "root",
                    "-w",
                    path,
                    "tcp",
                )
                started.append(recorder)
                assert recorder.stderr is not None
                while b"listening" not in recorder.stderr.readline():
                    assert recorder.poll() is None
            yield self
            time.sleep(0.5)  # the recorders read their rings
        finally:
            for process in reversed(started):
                process.terminate()
                process.communicate(timeout=20)
            for name in "crs":
                subprocess.run(
                    ["ip", "netns", "del", f"{self.prefix}{name}"], check=False, capture_output=True
                )

    def _build(self) -> None:
        spaces = {name: f"{self.prefix}{name}" for name in "crs"}
        for space in spaces.values():
            _ip("netns", "add", space)
            _ip("-n", space, "link", "set", "lo", "up")
        for name, number in (("c", 1), ("s", 2)):
            _ip(
                *("-n", spaces["r"], "link", "add", f"to{name}", "type", "veth"),
                *("peer", "name", "eth0", "netns", spaces[name]),
            )
            _ip("-n", spaces["r"], "addr", "add", f"10.77.{number}.1/24", "dev", f"to{name}")
            _ip("-n", spaces[name], "addr", "add", f"10.77.{number}.2/24", "dev", "eth0")
            _ip("-n", spaces["r"], "link", "set", f"to{name}", "up")
            _ip("-n", spaces[name], "link", "set", "eth0", "up")
            _ip("-n", spaces[name], "route", "add", "default", "via", f"10.77.{number}.1")
        self._in("r", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        subprocess.run(
            ["ip", "netns", "exec", spaces["r"], "nft", "-f", "-"],
            input=RULES.encode(),
            check=True,
            capture_output=True,
            timeout=20,
        )


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)
