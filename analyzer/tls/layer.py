"""One TLS level: two byte streams in, what was said out.

The two sides are read apart (`lane`). A lane goes on as far as its own bytes tell; where it depends on
the other side's hello, or on a secret that was not handed over yet, its records wait. So the order in
which the directions arrive changes nothing in what each side is seen to say.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.stream import CLIENT, SERVER, Chunk, Gather, StreamEvent
from analyzer.tls.events import RecordCounts, RecordSeen, TlsEvent
from analyzer.tls.handshake import Handshakes
from analyzer.tls.lane import Lane, TlsLimits
from analyzer.tls.records import Fields
from analyzer.tls.secrets import Secrets

__all__ = ["TlsLayer", "TlsLimits"]


class TlsLayer:
    """One level of TLS.

    Args:
        secrets: may grow while the level is read; what waits for a secret is tried again then.
        limits: ceilings.

    Attributes:
        counts: records per side, `(client's, server's)`.
        first_records: the outside of the first 64 records per side.
        gathers: per side; where one takes a chunk, `feed` is not needed for it.
    """

    def __init__(self, secrets: Secrets, limits: TlsLimits | None = None) -> None:
        self._handshakes = handshakes = Handshakes()
        limits = limits or TlsLimits()
        self._events: list[TlsEvent] = []
        self._client = Lane(CLIENT, handshakes, secrets, limits, self._events)
        self._server = Lane(SERVER, handshakes, secrets, limits, self._events)
        self._lanes = (self._client, self._server)
        # A side's own lane, its reader, and the other lane.
        self._by_side = (
            (self._client, self._client.reader, self._server),
            (self._server, self._server.reader, self._client),
        )
        self.gathers: tuple[Gather, Gather] = (self._client.gather, self._server.gather)
        self.counts: tuple[RecordCounts, RecordCounts] = (self._client.counts, self._server.counts)
        self.first_records: tuple[list[RecordSeen], list[RecordSeen]] = (
            self._client.first_records,
            self._server.first_records,
        )

    @property
    def waiting(self) -> bool:
        """Records wait for a hello or a secret that may still come."""
        return bool(self._client.held or self._server.held)

    @property
    def held_bytes(self) -> int:
        """Bytes of the records that wait."""
        return self._client.held_bytes + self._server.held_bytes

    @property
    def stays_sealed(self) -> bool:
        """Both sides' records stay sealed for want of a hello."""
        return self._client.lacks_hello and self._server.lacks_hello

    def feed(self, event: StreamEvent) -> Sequence[TlsEvent]:
        """What `event` lets be told, of its own side and of the other where that waited for it.

        The list is the layer's own and is used anew by the next call.
        """
        events = self._events
        if events:
            events.clear()
        lane, reader, other = self._by_side[event[0]]
        if type(event) is not Chunk:
            lane.feed(event)
            return events
        if reader.usual:
            # As `Lane.feed`, without its call for each of some forty chunks of a connection.
            records = reader.feed(event)
            if records:
                lane.take(records)
            if reader.broken:
                lane.content.malformed(reader.broken, event[2])
        else:
            lane.feed(event)
        if other.held:
            other.resume()
        return events

    def feed_record(self, chunk: Chunk, record: Fields) -> Sequence[TlsEvent]:
        """As `feed`, of a chunk that is exactly one record, taken apart already: nothing looks at its header again."""
        lane, reader, other = self._by_side[chunk[0]]
        if not reader.at_border:
            return self.feed(chunk)
        events = self._events
        if events:
            events.clear()
        lane.take((record,))
        if other.held:
            other.resume()
        return events

    def finish(self) -> Sequence[TlsEvent]:
        """What is left, once no more bytes will come.

        What waited stays sealed, and why; what the handshakes prove that came to no end.
        """
        self._events.clear()
        for lane in self._lanes:
            if lane.held:
                lane.resume()
        for lane in self._lanes:
            lane.finish()
        for handshake in self._handshakes:
            if not handshake.proved:
                self._client.content.prove(handshake)
            if handshake.late:
                self._client.content.prove_late(handshake, last=True)
        return self._events
