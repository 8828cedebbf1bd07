"""A TLS level run on bytes, and what it told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side, Span, StreamEvent
from analyzer.tls.constants import handshake_type_name
from analyzer.tls.events import Malformed, Message, Proof, Sealed, TlsEvent
from analyzer.tls.layer import TlsLayer, TlsLimits
from analyzer.tls.secrets import Secrets
from tests.makers.tls_wire import Wire

SEGMENT = 1448


def at(frame: int) -> Span:
    """The span of one frame, captured at as many microseconds."""
    return Span(frame, frame, frame * 1000, frame * 1000)


@dataclass
class Told:
    """Everything that one level told."""

    events: list[TlsEvent]
    layer: TlsLayer

    def of(self, kind: type, side: Side | None = None) -> list:
        return [
            event
            for event in self.events
            if isinstance(event, kind) and (side is None or event.side is side)
        ]

    def messages(self, side: Side) -> list[str]:
        return [handshake_type_name(message.type) for message in self.of(Message, side)]

    def message(self, side: Side, name: str) -> Message:
        [found] = [m for m in self.of(Message, side) if handshake_type_name(m.type) == name]
        return found

    def data(self, side: Side) -> bytes:
        return b"".join(chunk.data for chunk in self.of(Chunk, side))

    @property
    def proofs(self) -> dict[str, str]:
        """Kind -> result; each kind once."""
        found = self.of(Proof)
        assert len({(proof.kind, proof.handshake) for proof in found}) == len(found)
        return {proof.kind: proof.result for proof in found}

    @property
    def sealed(self) -> list[str]:
        return [event.why for event in self.of(Sealed)]

    @property
    def malformed(self) -> list[str]:
        return [event.what for event in self.of(Malformed)]


def run_level(
    events: Iterable[StreamEvent],
    secrets: Secrets,
    limits: TlsLimits | None = None,
    *,
    gathers: bool = True,
) -> Told:
    """Feed everything; what the level gathers is not fed, as transport does it."""
    layer = TlsLayer(secrets, limits)
    told: list[TlsEvent] = []
    for event in events:
        if not (gathers and isinstance(event, Chunk) and layer.gathers[event.side](event.data)):
            told += layer.feed(event)
    return Told([*told, *layer.finish()], layer)


def told_of(wire: Wire, key_log: bytes | None = None, **order) -> Told:
    """The level of a wire with its key log, or with another."""
    secrets = Secrets()
    secrets.add_key_log(wire.key_log if key_log is None else key_log)
    return run_level(stream_of(wire, **order), secrets)


def stream_of(wire: Wire, *, first: Side = CLIENT, end: str = "fin") -> Iterator[StreamEvent]:
    """All of one side in segments, then all of the other: what a capture with a delayed direction holds."""
    frame = 0
    for side in (first, first.peer):
        for data in segments(wire.server if side else wire.client):
            frame += 1
            yield Chunk(side, data, at(frame))
    for side in (CLIENT, SERVER):
        yield Closed(side, end, at(frame))


def segments(data: bytes, size: int = SEGMENT) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def without(events: Sequence[StreamEvent], number: int) -> list[StreamEvent]:
    """The same with the chunk at `number` lost."""
    lost = events[number]
    assert isinstance(lost, Chunk)
    gap = Gap(lost.side, len(lost.data), lost.at, "not captured")
    return [*events[:number], gap, *events[number + 1 :]]
