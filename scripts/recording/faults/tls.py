"""Ends whose TLS library does what it does not do by itself."""

from __future__ import annotations

import contextlib
import ctypes
import ssl
from collections.abc import Callable

from recording.case import Level
from recording.faults.scripts import Script, inner_hello
from recording.observed import CLIENT_HELLO, Observed
from recording.peers import End, whole


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
