"""Faults that a case sets up: what the network does to packets, and what an end does instead of its part.

A network fault is `prepare` of a case, or is switched on from an end's script (`network()`); an end's fault is a
script for `Plan.client_does` or `Plan.server_does`.
"""

from __future__ import annotations

import contextlib
import ctypes
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from recording import pki
from recording.case import Level
from recording.lab import Lab
from recording.observed import CLIENT_HELLO, Observed
from recording.peers import End, whole

Script = Callable[[End], None]
Prepare = Callable[[Lab], None]

_NETWORK: list[Lab] = []
# Sockets that stay open until the program ends: their ends say nothing more.
_KEPT: list[socket.socket] = []


# --- network ------------------------------------------------------------------------------------------


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


# --- what ends do -------------------------------------------------------------------------------------


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


def reads_inner_flight(end: End) -> None:
    """The client reads the HSM's whole flight, and keeps its own to itself."""
    _adapt(end, _takes_any)
    inner_hello(end)
    nested = end.nested
    assert nested is not None
    while True:
        with contextlib.suppress(ssl.SSLWantReadError):
            nested.tls.do_handshake()
        if nested.drop():
            break
        nested.take()
    kept = [m for m in end.inner.messages if not m.written or m.type == CLIENT_HELLO]
    end.inner.messages[:] = kept  # the rest was never sent


def _takes_any(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_NONE


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


# --- other TLS ends -----------------------------------------------------------------------------------


def clock(seconds: int) -> Script:
    """The whole conversation on a machine whose clock says it is another time (seconds since 1970)."""

    def does(end: End) -> None:
        _adapt(end, lambda context: _set_clock(context, seconds))
        whole(end)

    return does


def refuses(level: str, alert: int) -> Script:
    """A server that answers the ClientHello of `outer` or `inner` with an alert."""

    def does(end: End) -> None:
        def change(context: ssl.SSLContext) -> None:
            context.sni_callback = lambda *_: alert

        _adapt(end, change, level)
        whole(end)

    return does


def flips_outer_finished(end: End) -> None:
    """A client one bit of whose outer Finished is flipped on its way."""
    assert end.socket is not None
    context = end._context(end.plan.outer, "outer", end.outer)  # noqa: SLF001
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    flights = 0
    while flights < _FINISHED_FLIGHT:
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        if flight := outgoing.read():
            flights += 1
            end.socket.sendall(_flipped(flight) if flights == _FINISHED_FLIGHT else flight)
        incoming.write(end.socket.recv(1 << 14))
    tls.do_handshake()  # the alert


def flips_inner_finished(end: End) -> None:
    """A client one bit of whose inner Finished is flipped."""
    end.shake_outer()
    inner_hello(end)
    nested = end.nested
    assert nested is not None
    while True:
        with contextlib.suppress(ssl.SSLWantReadError):
            nested.tls.do_handshake()
        if flight := nested.drop():
            end.send(_flipped(flight))
            break
        nested.take()
    nested.handshake()  # the alert


def _flipped(flight: bytes) -> bytes:
    return flight[:-1] + bytes([flight[-1] ^ 1])


# TLS <= 1.2: the client's second flight ends in its Finished.
_FINISHED_FLIGHT = 2


def _adapt(end: End, change: Callable[[ssl.SSLContext], None], only: str = "") -> None:
    """Change the end's contexts (of the level `only`) before they are used."""
    make = end._context  # noqa: SLF001

    def changed(level: Level, name: str, observed: Observed) -> ssl.SSLContext:
        context = make(level, name, observed)
        if only in ("", name):
            change(context)
        return context

    end._context = changed  # type: ignore[method-assign]  # noqa: SLF001


def _set_clock(context: ssl.SSLContext, seconds: int) -> None:
    """OpenSSL checks certificates in `context` as if it were another time (X509_VERIFY_PARAM_set_time).

    CPython's SSLContext begins with the object's header (two words), then its SSL_CTX.
    """
    tls, crypto = ctypes.CDLL("libssl.so.3"), ctypes.CDLL("libcrypto.so.3")
    tls.SSL_CTX_get0_param.restype = ctypes.c_void_p
    tls.SSL_CTX_get0_param.argtypes = [ctypes.c_void_p]
    crypto.X509_VERIFY_PARAM_set_time.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    pointer = ctypes.c_void_p.from_address(id(context) + 2 * ctypes.sizeof(ctypes.c_void_p))
    crypto.X509_VERIFY_PARAM_set_time(tls.SSL_CTX_get0_param(pointer), seconds)


def server_flight(end: End) -> None:
    """The server takes the ClientHello and sends its flight; what the client answers it does not read."""
    assert end.socket is not None
    context = end._context(end.plan.outer, "outer", end.outer)  # noqa: SLF001
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(end.socket.recv(1 << 14))
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    end.socket.sendall(outgoing.read())


# Server ends whose OpenSSL tells for both: by the connection's folder.
_WITNESSES: dict[str, End] = {}


def witness(end: End) -> None:
    """The server's whole conversation; its OpenSSL logs the keys and tells what the client sent."""
    folder = end._folder  # noqa: SLF001
    _WITNESSES[str(folder)] = end
    for level in ("outer", "inner"):
        log = str(folder / f"{level}.log")
        _adapt(end, lambda context, log=log: setattr(context, "keylog_filename", log), level)
    whole(end)


def witnessed(end: End) -> End:
    """The server end of a client's connection."""
    return _WITNESSES[str(end._folder)]  # noqa: SLF001


def other_key_server(certificate: str, key: str, level: str = "outer") -> Script:
    """A server (tlslite-ng) that shows a certificate and signs with a key that is not its own."""

    def shake(channel: socket.socket) -> None:
        from tlslite.api import TLSConnection

        chain, private, settings = _pair(certificate, key)
        connection = TLSConnection(channel)
        connection.handshakeServer(certChain=chain, privateKey=private, settings=settings)

    return _by_tlslite(shake, level)


def other_key(certificate: str, key: str, level: str = "outer") -> Script:
    """A client (tlslite-ng) that shows a certificate and signs with a key that is not its own."""

    def shake(channel: socket.socket) -> None:
        from tlslite.api import TLSConnection

        chain, private, settings = _pair(certificate, key)
        connection = TLSConnection(channel)
        connection.handshakeClientCert(chain, private, settings=settings)
        connection.read(1)

    def does(end: End) -> None:
        _by_tlslite(shake, level)(end)
        time.sleep(0.3)
        server = witnessed(end)
        heard = server.outer if level == "outer" else server.inner
        said = [replace(m, written=True) for m in heard.messages if not m.written]
        getattr(end, level).messages += said

    return does


def _pair(certificate: str, key: str) -> tuple[Any, Any, Any]:
    """A chain, a private key and settings for TLS 1.2."""
    from tlslite.api import HandshakeSettings, X509CertChain, parsePEMKey

    chain = X509CertChain()
    chain.parsePemList(pki.certificate_file(certificate).read_text())
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    return chain, parsePEMKey(pki.key_file(key).read_text(), private=True), settings


def _by_tlslite(shake: Callable[[socket.socket], None], level: str) -> Script:
    """Run a handshake of tlslite-ng on TCP, or inside the outer TLS; whatever comes of it."""
    from tlslite.errors import TLSError

    def shielded(channel: socket.socket) -> None:
        with contextlib.suppress(TLSError, OSError):
            shake(channel)
        with contextlib.suppress(OSError):
            channel.shutdown(socket.SHUT_RDWR)

    def does(end: End) -> None:
        if level == "outer":
            assert end.socket is not None
            with contextlib.suppress(TLSError, OSError):
                shake(end.socket)
            return
        end.shake_outer()
        near, far = socket.socketpair()
        worker = threading.Thread(target=shielded, args=(far,), daemon=True)
        worker.start()
        _pump(near, end)
        worker.join(2)

    return does


def _pump(near: socket.socket, end: End) -> None:
    """Carry bytes between a socket and the outer TLS, until one of them ends."""
    assert end.tls is not None
    while True:
        ready = [near] if not end.tls.pending() else []
        readable = select.select([near, end.tls], [], [], 3)[0] if ready else [end.tls]
        if not readable:
            return
        for one in readable:
            try:
                data = one.recv(1 << 14)
            except OSError:
                return
            if not data:
                return
            if one is near:
                end.send(data)
            else:
                near.sendall(data)
