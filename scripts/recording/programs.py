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

from recording.faults import Script, network, witnessed
from recording.peers import End

_JSSE = Path(__file__).with_name("JsseClient.java")
_START_S = 8


def gnutls(*options: str) -> Script:
    """`gnutls-cli` with these options."""
    words = ("gnutls-cli", "--disable-sni", *options)
    return _program(lambda port: (*words, f"--port={port}", "127.0.0.1"))


def jsse(protocol: str, trust: str) -> Script:
    """Java's JSSE; see JsseClient.java."""
    return _program(lambda port: ("java", str(_JSSE), str(port), protocol, trust))


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
