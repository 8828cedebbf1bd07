"""One client's link to an HSM, as the bytes of each send: an outer TLS connection that carries an inner one.

Both ends of both layers are OpenSSL's, joined in memory; every send is yielded as soon as it is made, so a
session of hundreds of megabytes needs no memory of that size.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from scripts.workloads.pki import Identity, Pki

CLIENT, SERVER = 0, 1
Send: TypeAlias = tuple[int, bytes]  # who, what

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
COMBINATIONS = (("1.2", "1.2"), ("1.2", "1.3"), ("1.3", "1.2"), ("1.3", "1.3"))  # outer, inner

Contexts: TypeAlias = tuple[ssl.SSLContext, ssl.SSLContext]

# Client and HSM tell each other their versions before the inner TLS. The form of these is not public.
_VERSION_EXCHANGE = ((CLIENT, bytes(4) + b"sdk 5.12.0-bench"), (SERVER, bytes(4) + b"2.9.7.2"))

# A pattern whose every place differs, so that bytes in a wrong place would show.
_FILLER = b"".join(number.to_bytes(4, "big") for number in range(1 << 12))


class Maker:
    """Makes sessions, all with one set of certificates and one key log.

    Args:
        key_log: the file that OpenSSL appends to.
    """

    def __init__(self, pki: Pki, key_log: Path) -> None:
        self._outer = {
            name: _contexts(pki.outer, version, key_log) for name, version in VERSIONS.items()
        }
        self._inner = {
            name: _contexts(pki.inner, version, key_log) for name, version in VERSIONS.items()
        }

    def session(
        self, number: int, *, data: int, write: int = 4096, read: bool = True
    ) -> Iterator[Send]:
        """The sends of one session; `number` chooses its pair of versions.

        Args:
            data: bytes that the HSM answers with, in writes of `write` bytes.
            read: false lets the client never open that data, which takes half the time.
        """
        outer_version, inner_version = COMBINATIONS[number % len(COMBINATIONS)]
        outer = _Link(self._outer[outer_version])
        inner = _Link(self._inner[inner_version], outer)
        yield from outer.handshake()
        for side, message in _VERSION_EXCHANGE:
            yield from outer.write(side, message)
            outer.read(1 - side)
        yield from inner.handshake()
        if data:
            yield from inner.write(CLIENT, _FILLER[:200])
            inner.read(SERVER)
        while data > 0:
            yield from inner.write(SERVER, _FILLER[: min(write, data)], deliver=read)
            if read:
                inner.read(CLIENT)
            data -= write
        for side in (CLIENT, SERVER):
            yield from inner.close(side)
            yield from outer.close(side)


def _contexts(ends: tuple[Identity, Identity], version: ssl.TLSVersion, key_log: Path) -> Contexts:
    """A client's and a server's, both with certificates. Making them is slow; they serve any number of sessions."""
    made = []
    for identity, protocol in zip(
        ends, (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER), strict=True
    ):
        context = ssl.SSLContext(protocol)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(identity.pem)
        context.load_verify_locations(identity.trust)
        made.append(context)
    made[CLIENT].keylog_filename = str(key_log)
    return made[CLIENT], made[SERVER]


class _Link:
    """Two ends of one TLS connection; the bytes go over `below`, or over the wire."""

    def __init__(self, contexts: Contexts, below: _Link | None = None) -> None:
        self._below = below
        self._incoming = (ssl.MemoryBIO(), ssl.MemoryBIO())
        self._outgoing = (ssl.MemoryBIO(), ssl.MemoryBIO())
        self._ends = tuple(
            contexts[side].wrap_bio(
                self._incoming[side],
                self._outgoing[side],
                server_side=side == SERVER,
            )
            for side in (CLIENT, SERVER)
        )

    def handshake(self) -> Iterator[Send]:
        """Flight by flight, with the tickets that follow."""
        unfinished = [CLIENT, SERVER]
        while unfinished:
            for side in (CLIENT, SERVER):
                if side in unfinished:
                    try:
                        self._ends[side].do_handshake()
                        unfinished.remove(side)
                    except ssl.SSLWantReadError:
                        pass
                    yield from self._carry(side)
        self.read(CLIENT)

    def write(self, side: int, data: bytes, *, deliver: bool = True) -> Iterator[Send]:
        self._ends[side].write(data)
        yield from self._carry(side, deliver=deliver)

    def read(self, side: int) -> bytes:
        """Everything that has come for `side`."""
        data = b""
        while True:
            try:
                piece = self._ends[side].read(1 << 17)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                return data
            if not piece:
                return data
            data += piece

    def close(self, side: int) -> Iterator[Send]:
        """Send close_notify, wait for none."""
        with contextlib.suppress(ssl.SSLError):
            self._ends[side].unwrap()
        yield from self._carry(side, deliver=False)

    def _carry(self, side: int, *, deliver: bool = True) -> Iterator[Send]:
        data = self._outgoing[side].read()
        if not data:
            return
        if self._below is None:
            yield side, data
        else:
            yield from self._below.write(side, data, deliver=deliver)
            if deliver:
                data = self._below.read(1 - side)
        if deliver:
            self._incoming[1 - side].write(data)
