"""Real OpenSSL peers in memory: every turn that Python's ssl can be made to take, at any level.

`Link` carries bytes between two peers and keeps them in their order; a link may lie inside the application
data of another pair of peers, so a session inside a session is two real sessions.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Side, StreamEvent
from tests.makers.tls_identities import identity
from tests.makers.tls_levels import at, segments
from tests.makers.tls_wire import Wire

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class Contexts:
    """A client's and a server's context, set up alike: mutual TLS with one version, the client's keys logged.

    Args:
        version: the only one.
        mutual: the server asks for a certificate, which the client has.
        kind: of both identities.
        ciphers: OpenSSL's string (TLS 1.2).
    """

    def __init__(
        self, version: ssl.TLSVersion, *, mutual: bool = True, kind: str = "rsa", ciphers: str = ""
    ) -> None:
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.client.check_hostname, self.client.verify_mode = False, ssl.CERT_NONE
        for context in (self.client, self.server):
            context.minimum_version = context.maximum_version = version
            context.load_cert_chain(*map(str, identity(kind)))
            if ciphers:
                context.set_ciphers(ciphers)
        if mutual:
            self.server.load_verify_locations(str(identity(kind)[0]))
            self.server.verify_mode = ssl.CERT_REQUIRED
        self._log = tempfile.NamedTemporaryFile()  # noqa: SIM115 (removed with the contexts)
        self.client.keylog_filename = self._log.name

    @property
    def key_log(self) -> bytes:
        return Path(self._log.name).read_bytes()


class Pair:
    """Two peers of one session, and everything they sent.

    Attributes:
        flights: (side, bytes) in the order in which they were sent.
        peers: client and server.
    """

    def __init__(self, contexts: Contexts, session: ssl.SSLSession | None = None) -> None:
        self.flights: list[tuple[Side, bytes]] = []
        self.contexts = contexts
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        from_client, from_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.peers = (
            contexts.client.wrap_bio(to_client, from_client, session=session),
            contexts.server.wrap_bio(to_server, from_server, server_side=True),
        )
        self._pipes = ((from_client, to_server), (from_server, to_client))

    def carry(self) -> bool:
        """Take what either peer wrote to the other."""
        carried = False
        for side in Side:
            source, target = self._pipes[side]
            if data := source.read():
                self.flights.append((side, data))
                target.write(data)
                carried = True
        return carried

    def handshake(self) -> Pair:
        """To its end, or to the refusal by one side."""
        done: set[ssl.SSLObject] = set()
        refused = False
        while not refused and len(done) < 2:
            for peer in self.peers:
                try:
                    peer.do_handshake()
                    done.add(peer)
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLError:
                    refused = True
                self.carry()
        self._read_rest()
        return self

    def send(self, side: Side, data: bytes) -> Pair:
        """Application data, which the other side has to get whole."""
        self.peers[side].write(data)
        self.carry()
        received = b""
        while len(received) < len(data):
            received += self.peers[side.peer].read(1 << 20)
        assert received == data
        self.carry()
        return self

    def close(self, *sides: Side) -> Pair:
        for side in sides:
            with contextlib.suppress(ssl.SSLWantReadError):
                self.peers[side].unwrap()
            self.carry()
        return self

    def _read_rest(self) -> None:
        """What follows a handshake: tickets, or the other side's refusal."""
        for peer in self.peers:
            with contextlib.suppress(ssl.SSLError):
                peer.read(1)
        self.carry()

    @property
    def wire(self) -> Wire:
        return wire_of(self.flights, self.contexts.key_log)


def wire_of(flights: list[tuple[Side, bytes]], key_log: bytes) -> Wire:
    client, server = (b"".join(d for sender, d in flights if sender is side) for side in Side)
    return Wire(client, server, key_log, flights)


def ended(version: ssl.TLSVersion, **options) -> Pair:
    """A whole session: handshake, some data both ways, closed by both."""
    pair = Pair(Contexts(version, **options)).handshake()
    for number in range(3):
        pair.send(CLIENT, b"request " * (20 << (3 * number)))
        pair.send(SERVER, b"answer " * (30 << (3 * number)))
    return pair.close(CLIENT, SERVER)


def tunnelled(flights: list[tuple[Side, bytes]], version: ssl.TLSVersion) -> Pair:
    """The flights of one session as application data of another."""
    pair = Pair(Contexts(version)).handshake()
    for side, data in flights:
        pair.send(side, data)
    return pair.close(CLIENT, SERVER)


def stream(flights: list[tuple[Side, bytes]], end: str = "fin") -> list[StreamEvent]:
    """Flights as TCP would bring them: in segments, each in a frame of its own."""
    events: list[StreamEvent] = []
    for side, flight in flights:
        for data in segments(flight):
            events.append(Chunk(side, data, at(len(events) + 1)))
    return [*events, *ends(len(events), end)]


def ends(frame: int, end: str) -> Iterator[StreamEvent]:
    for side in Side:
        yield Closed(side, end, at(frame))
