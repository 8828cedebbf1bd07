"""The two ends of a connection: what a client and a host with its HSM do, step by step.

A case replaces `whole` by a function of its own where an end behaves differently. A step raises
ssl.SSLError or OSError where the conversation ends; the end then leaves in order (`End.leave`).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from pathlib import Path
from typing import Any

from recording import pki, vendor
from recording.case import Level, Plan
from recording.nesting import Nested
from recording.observed import Observed

REQUESTS = (b"login CO admin (not a real password)", b"find all keys", b"x" * 1500)
ANSWERS = (b"ok", b"key 262152\nkey 262153\n" * 40, b"ok")


class End:
    """One end of one connection.

    Attributes:
        role: `client` or `server`.
        outer, inner: what its OpenSSL saw of either level.
        error: what ended its script, "" where the script came to its end.
        kept: contexts and sessions of the case's connections, for those that resume one.
    """

    def __init__(
        self, role: str, plan: Plan, folder: Path, kept: dict[tuple[str, str], Any] | None = None
    ) -> None:
        self.role, self.plan = role, plan
        self.outer, self.inner = Observed(), Observed()
        self.error = ""
        self.socket: socket.socket | None = None
        self.tls: ssl.SSLSocket | None = None
        self.nested: Nested | None = None
        self.kept = {} if kept is None else kept
        self._folder = folder

    # --- steps ----------------------------------------------------------------------------------------

    def shake_outer(self) -> None:
        """The outer handshake."""
        assert self.socket is not None
        context = self._context(self.plan.outer, "outer", self.outer)
        self.tls = context.wrap_socket(
            self.socket,
            server_side=self.role == "server",
            do_handshake_on_connect=False,
            session=self._session("outer"),
        )
        self.tls.do_handshake()
        self.outer.completed = True

    def exchange(self) -> None:
        """The vendor's version exchange, in the outer TLS."""
        for number, (sender, command, body) in enumerate(vendor.VERSION_EXCHANGE):
            if sender == self.role:
                self.send(vendor.vendor_message(command, body, number // 2))
            else:
                answer = vendor.take_vendor_message(self.receive)
                assert answer == (command, body), answer

    def shake_inner(self) -> None:
        """The inner handshake."""
        self.begin_inner().handshake()
        self.inner.completed = True

    def begin_inner(self) -> Nested:
        """The inner TLS before its first byte."""
        assert self.plan.inner is not None
        context = self._context(self.plan.inner, "inner", self.inner)
        self.nested = Nested(
            context,
            self.plan.form,
            self.send,
            self.receive,
            self.inner,
            server_side=self.role == "server",
            piece=self.plan.piece,
            session=self._session("inner"),
        )
        return self.nested

    def talk(self) -> None:
        """Requests and answers inside the inner TLS."""
        assert self.nested is not None
        for request, answer in zip(REQUESTS, ANSWERS, strict=True):
            if self.role == "client":
                self.nested.write(request)
                self.read_inner(len(answer))
            else:
                self.read_inner(len(request))
                self.nested.write(answer)

    def close(self) -> None:
        """close_notify on both levels, the client's first."""
        if self.role == "client":
            # In TLS 1.3 the tickets came with the first answer.
            self.kept["session", "outer"] = self.tls and self.tls.session
            self.kept["session", "inner"] = self.nested and self.nested.tls.session
        if self.nested is not None:
            if self.role == "server":
                assert self.nested.read() == b""
            self.nested.close()
            self.nested = None
        self.close_outer()

    def close_outer(self) -> None:
        """close_notify of the outer TLS, the client's first; then TCP."""
        assert self.tls is not None
        if self.role == "server":
            while self.tls.recv(1 << 14):
                pass
        self.leave()

    def reset(self) -> None:
        """TCP ends by a reset."""
        end = self.tls or self.socket
        assert end is not None
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()
        self.socket = self.tls = None

    def leave(self) -> None:
        """close_notify where the outer TLS stands, then TCP closes in order: nothing is left unread."""
        if self.tls is not None and self.outer.completed:
            with contextlib.suppress(OSError):
                self.tls.unwrap()
        end = self.tls or self.socket
        if end is not None:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_WR)
                while end.recv(1 << 16):
                    pass
            end.close()
        self.socket = self.tls = None

    # --- bytes ----------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """One outer record."""
        assert self.tls is not None
        self.tls.sendall(data)

    def receive(self, size: int) -> bytes:
        """Exactly so many bytes of the outer plaintext.

        Raises:
            ConnectionError: the outer TLS ended before.
        """
        assert self.tls is not None
        data = b""
        while len(data) < size:
            more = self.tls.recv(size - len(data))
            if not more:
                raise ConnectionError("the outer TLS ended")
            data += more
        return data

    def read_inner(self, size: int) -> None:
        """So many bytes of inner application data."""
        assert self.nested is not None
        while size > 0:
            more = self.nested.read()
            if not more:
                raise ConnectionError("the inner TLS ended")
            size -= len(more)

    # --- contexts -------------------------------------------------------------------------------------

    def _context(self, level: Level, name: str, observed: Observed) -> ssl.SSLContext:
        client = self.role == "client"
        if name in self.plan.resumes:
            context: ssl.SSLContext = self.kept[self.role, name]
        else:
            context = self.kept[self.role, name] = self._new_context(level)
        if client:
            context.keylog_filename = str(self._folder / f"{name}.log")
        observed.watch(context, in_memory=name == "inner")
        return context

    def _session(self, name: str) -> ssl.SSLSession | None:
        resumed = self.role == "client" and name in self.plan.resumes
        return self.kept["session", name] if resumed else None

    def _new_context(self, level: Level) -> ssl.SSLContext:
        client = self.role == "client"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if client else ssl.PROTOCOL_TLS_SERVER)
        context.check_hostname = False
        version = level.version if client else level.server_version or level.version
        context.minimum_version = context.maximum_version = version
        if ciphers := level.ciphers if client else level.server_ciphers or level.ciphers:
            context.set_ciphers(ciphers)
        identity = level.client if client else level.server
        if identity is not None:
            context.load_cert_chain(pki.certificate_file(identity), pki.key_file(identity))
        trusted = level.client_trusts if client else level.server_trusts
        for anchor in trusted:
            context.load_verify_locations(pki.certificate_file(anchor))
        context.verify_mode = ssl.CERT_REQUIRED if trusted else ssl.CERT_NONE
        return context


def whole(end: End) -> None:
    """The whole conversation, of either end."""
    end.shake_outer()
    if end.plan.exchange:
        end.exchange()
    if end.plan.inner is not None:
        end.shake_inner()
        end.talk()
    end.close()


def act(end: End) -> None:
    """Run an end's script; where the conversation ends early, the end leaves in order."""
    script = end.plan.client_does if end.role == "client" else end.plan.server_does
    try:
        (script or whole)(end)
    except OSError as error:  # ssl.SSLError is one
        end.error = f"{type(error).__name__}: {error}"
    end.leave()
