"""Clients that are programs of their own: GnuTLS's and Java's.

The program connects to a port of the client's namespace; what it says there is carried to the recorded connection
byte by byte. What it sent is told by the server's OpenSSL (`faults.witness`).
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from recording.faults.network import network
from recording.faults.scripts import Script
from recording.faults.tls import witnessed
from recording.peers import End
from recording.pki import certificate_file, key_file

_JSSE = Path(__file__).with_name("JsseClient.java")
_START_S = 8


def gnutls(*options: str) -> Script:
    """`gnutls-cli` with these options."""
    words = ("gnutls-cli", "--disable-sni", *options)
    return _program(lambda port: (*words, f"--port={port}", "127.0.0.1"))


def jsse(protocol: str, trust: str) -> Script:
    """Java's JSSE; see JsseClient.java."""
    return _program(lambda port: ("java", str(_JSSE), str(port), protocol, trust))


def gnutls_server(certificate: str, *options: str) -> Script:
    """`gnutls-serv` with this certificate and these options; the client's OpenSSL tells what it said."""

    def does(end: End) -> None:
        space = network().host
        with space.entered():
            probe, far = socket.socket(), socket.socket()
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        words = space.command(
            *("gnutls-serv", "--quiet", "--echo", f"--port={port}", *options),
            f"--x509certfile={certificate_file(certificate)}",
            f"--x509keyfile={key_file(certificate)}",
        )
        quiet = subprocess.DEVNULL
        with subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet) as process:
            try:
                _connect(far, port)
                assert end.socket is not None
                _carry(end.socket, far)
            finally:
                process.kill()

    return does


def _connect(far: socket.socket, port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):
            return far.connect(("127.0.0.1", port))
        time.sleep(0.05)
    raise RuntimeError("the server does not start")


def _program(command: Callable[[int], Sequence[str]]) -> Script:
    def does(end: End) -> None:
        space = network().client
        with space.entered():
            listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        listener.settimeout(_START_S)
        words = space.command(*command(listener.getsockname()[1]))
        quiet = subprocess.DEVNULL
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet) as process:
            try:
                near, _ = listener.accept()
                assert end.socket is not None
                _carry(near, end.socket)
            finally:
                process.kill()
        time.sleep(0.3)
        heard = witnessed(end).outer
        end.outer.messages += [replace(m, written=True) for m in heard.messages if not m.written]
        end.outer.alerts += [replace(a, written=True) for a in heard.alerts if not a.written]

    return does


def _carry(near: socket.socket, far: socket.socket) -> None:
    """Bytes both ways until both sides have ended; an end is carried as one."""
    other = {near: far, far: near}
    open_ends = {near, far}
    while open_ends:
        readable = select.select(list(open_ends), [], [], 4)[0]
        if not readable:
            return
        for one in readable:
            with contextlib.suppress(OSError):
                if data := one.recv(1 << 14):
                    other[one].sendall(data)
                    continue
            open_ends.discard(one)
            with contextlib.suppress(OSError):
                other[one].shutdown(socket.SHUT_WR)
