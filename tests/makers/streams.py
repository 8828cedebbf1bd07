"""What came out of `Flows`, in a form that tests compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from analyzer.capture.items import Segment
from analyzer.stream import Chunk, Closed, Gap, Side, StreamEvent
from analyzer.transport import Ended, Flow, Flows, TransportLimits
from analyzer.transport.facts import TcpFacts

PORTS = frozenset({2223, 2224, 2225})


@dataclass
class Streams:
    """One connection: per side its bytes, and every event in the order it came."""

    flow: Flow
    events: list[StreamEvent] = field(default_factory=list)
    ended: bool = False

    def of(self, side: Side) -> list[StreamEvent]:
        return [event for event in self.events if event.side is side]

    def data(self, side: Side) -> bytes:
        return b"".join(event.data for event in self.of(side) if isinstance(event, Chunk))

    def frames(self, side: Side) -> list[tuple[int, bytes]]:
        return [(event.at.first, event.data) for event in self.of(side) if isinstance(event, Chunk)]

    def gaps(self, side: Side) -> list[Gap]:
        return [event for event in self.of(side) if isinstance(event, Gap)]

    def closed(self, side: Side) -> str:
        [closed] = [event for event in self.of(side) if isinstance(event, Closed)]
        assert self.of(side)[-1] is closed
        return closed.how

    @property
    def facts(self) -> TcpFacts:
        return self.flow.facts()


def collect(flows: Flows, segments: Iterable[Segment]) -> list[Streams]:
    """Feed everything, finish, and give each connection's events; none may follow its `Ended`."""
    found: dict[int, Streams] = {}

    def sort(events) -> None:
        for flow, event in events:
            streams = found.setdefault(flow.number, Streams(flow))
            assert streams.flow is flow
            assert not streams.ended
            if isinstance(event, Ended):
                streams.ended = True
            else:
                streams.events.append(event)

    for segment in segments:
        sort(flows.feed(segment))
    sort(flows.finish())
    assert all(streams.ended for streams in found.values())
    return [found[number] for number in sorted(found)]


def reassembled(
    segments: Iterable[Segment],
    limits: TransportLimits | None = None,
    ports: frozenset[int] | None = PORTS,
) -> list[Streams]:
    return collect(Flows(ports, limits), segments)


def only(segments: Iterable[Segment], limits: TransportLimits | None = None) -> Streams:
    [streams] = reassembled(segments, limits)
    return streams
