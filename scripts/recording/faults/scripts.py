"""What an end does, step by step, instead of its part."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable

from recording.faults.network import lift, load
from recording.peers import End, whole

Script = Callable[[End], None]

# Sockets that stay open until the program ends: their ends say nothing more.
_KEPT: list[socket.socket] = []


def in_turn(*steps: Script) -> Script:
    """The steps one after the other."""

    def does(end: End) -> None:
        for step in steps:
            step(end)

    return does


def waits(seconds: float) -> Script:
    """Nothing for a while."""
    return lambda _: time.sleep(seconds)


def keeps_open(end: End) -> None:
    """Say nothing more and leave everything open: no FIN before the capture is over."""
    held = end.tls or end.socket
    if held is not None:
        _KEPT.append(held)
    end.socket = end.tls = None


def patient(step: Script) -> Script:
    """The step; where the other end lets it wait too long, say nothing more and leave everything open."""

    def does(end: End) -> None:
        try:
            step(end)
        except TimeoutError:
            keeps_open(end)

    return does


def resets(end: End) -> None:
    end.reset()


def closes_tcp(end: End) -> None:
    """FIN without a close_notify on any level."""
    held = end.tls or end.socket
    if held is not None:
        held.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            socket.socket.settimeout(held, 2)
            while (
                socket.socket.recv(held, 1 << 16)
                if not isinstance(held, ssl.SSLSocket)
                else _raw(held)
            ):
                pass
        held.close()
    end.socket = end.tls = None


def _raw(held: ssl.SSLSocket) -> bytes:
    """Bytes of TCP below an SSLSocket."""
    with socket.socket(fileno=socket.dup(held.fileno())) as below:
        below.settimeout(2)
        return below.recv(1 << 16)


def takes(size: int = 1 << 14) -> Script:
    """Take what comes next on TCP and answer nothing."""

    def does(end: End) -> None:
        assert end.socket is not None
        end.socket.recv(size)

    return does


def says(data: bytes) -> Script:
    """These bytes on TCP, outside any TLS."""

    def does(end: End) -> None:
        assert end.socket is not None
        end.socket.sendall(data)

    return does


def outer(end: End) -> None:
    end.shake_outer()


def exchanges(end: End) -> None:
    end.exchange()


def inner(end: End) -> None:
    end.shake_inner()


def talks(end: End) -> None:
    end.talk()


def closes(end: End) -> None:
    end.close()


def closes_outer(end: End) -> None:
    end.close_outer()


def leaves(end: End) -> None:
    end.leave()


def inner_hello(end: End) -> None:
    """The client's inner ClientHello and no more."""
    nested = end.begin_inner()
    with contextlib.suppress(ssl.SSLWantReadError):
        nested.tls.do_handshake()
    nested.flush()


def takes_plaintext(size: int = 1 << 14) -> Script:
    """Take what comes next inside the outer TLS."""

    def does(end: End) -> None:
        assert end.tls is not None
        end.tls.recv(size)

    return does


def asks(end: End) -> None:
    """One inner request without waiting for its answer."""
    assert end.nested is not None
    end.nested.write(b"find all keys")


def hears(end: End) -> None:
    """That request."""
    assert end.nested is not None
    end.read_inner(len(b"find all keys"))


def answers(end: End) -> None:
    assert end.nested is not None
    end.nested.write(b"ok, and a list of keys")


def reads_answer(end: End) -> None:
    assert end.nested is not None
    end.read_inner(len(b"ok, and a list of keys"))


def followed_by_rest(seconds: float) -> Script:
    """The whole conversation, whatever comes of it, then nothing for a while before the next connection."""

    def does(end: End) -> None:
        try:
            whole(end)
        finally:
            end.leave()
            time.sleep(seconds)

    return does


def says_goodbye(end: End) -> None:
    """close_notify on both levels, without waiting for the other end's."""
    assert end.nested is not None
    assert end.tls is not None
    with contextlib.suppress(ssl.SSLError):
        end.nested.tls.unwrap()
    end.nested.flush()
    end.tls.settimeout(0)
    with contextlib.suppress(ssl.SSLError, OSError):
        end.tls.unwrap()
    time.sleep(0.1)


def hears_goodbye(end: End) -> None:
    """Read on until the other end is gone."""
    assert end.tls is not None
    with contextlib.suppress(OSError):
        while end.tls.recv(1 << 14):
            pass


def small_window(end: End) -> None:
    """A receive buffer that is soon full."""
    assert end.socket is not None
    end.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


_POURED = 120_000


def pours(end: End) -> None:
    """More than the other end's buffers take, while it does not read."""
    assert end.nested is not None
    for _ in range(_POURED // 12_000):
        end.nested.write(bytes(12_000))


def swallows(end: End) -> None:
    """All of it."""
    end.read_inner(_POURED)


def forgets(end: End) -> None:
    """The connection is gone, and the other end hears nothing of it."""
    load("host", "output", "tcp flags & rst == rst drop;")
    end.reset()
    time.sleep(0.2)
    lift("host")


def waits_for(event: threading.Event, seconds: float = 8) -> Script:
    """Until the other end is so far."""

    def does(_: End) -> None:
        event.wait(seconds)

    return does


def does(work: Callable[[], None]) -> Script:
    """Something that has nothing to do with this end."""
    return lambda _: work()


def raw_record(data: bytes) -> Script:
    """These bytes on TCP below the outer TLS."""

    def script(end: End) -> None:
        assert end.tls is not None
        with socket.socket(fileno=socket.dup(end.tls.fileno())) as below:
            below.sendall(data)

    return script
