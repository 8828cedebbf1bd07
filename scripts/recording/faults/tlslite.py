"""Ends of another TLS stack (tlslite-ng), which prove with a key that is not their own."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from recording import pki
from recording.faults.scripts import Script
from recording.faults.tls import witnessed
from recording.peers import End


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
