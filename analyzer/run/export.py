"""What was inside a connection, as a capture of its own that Wireshark opens and decrypts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from analyzer import __version__
from analyzer.capture import synthetic, writer
from analyzer.report.model import Connection
from analyzer.stream import Chunk, Span, StreamEvent, number_of
from analyzer.tls.records import HEADER
from analyzer.tls.secrets import Secrets

_APPLICATION = f"hsm-analyzer {__version__}"


def exported(
    connections: Sequence[Connection], level: int, what: str, secrets: Secrets | None
) -> Iterator[bytes]:
    """A pcapng file, piece by piece: each connection's stream as a TCP connection of the same ends.

    Args:
        connections: analyzed with `Options.kept` holding `(level, what)`.
        level: 0 outer, 1 inner. what: `records` or `plaintext`.
        secrets: put the key-log lines of the sessions of this level and deeper ones in front; None: none.
    """
    comment = f"level {level} {what} of {len(connections)} connections, made from decrypted traffic"
    if not (level or what == "plaintext"):
        comment = f"level 0 records of {len(connections)} connections"
    yield writer.section(application=_APPLICATION, comment=comment)
    lines = list(key_lines(connections, level, secrets)) if secrets is not None else []
    if lines:
        yield writer.key_log("".join(f"{line}\n" for line in lines).encode("ascii"))
    yield writer.interface(writer.ETHERNET, name=f"level {level} {what}")
    for connection in connections:
        events = connection.streams.get((level, what), ())
        if events:
            yield from _packets(
                connection, list(_whole_records(events)) if what == "records" else events
            )


def key_lines(connections: Iterable[Connection], level: int, secrets: Secrets) -> Iterator[str]:
    """The key-log lines of the sessions of `level` and deeper ones, each once."""
    sessions = chain.from_iterable(each.conversation.sessions for each in connections)
    randoms = (s.client_random for s in sessions if s.level >= level and s.client_random)
    for client_random in dict.fromkeys(randoms):
        yield from secrets.lines(client_random)


def _packets(connection: Connection, events: Sequence[StreamEvent]) -> Iterator[bytes]:
    tcp = connection.conversation.tcp
    made = synthetic.Connection(
        (tcp.client.address, tcp.client.port), (tcp.server.address, tcp.server.port)
    )
    began = min(event.at.began for event in events)
    yield from (writer.packet(frame, began) for frame in made.open())
    # By time; each side's own order is kept.
    latest = 0
    for event in sorted(events, key=lambda event: event.at.ended):
        latest = max(latest, event.at.ended)
        for frame in made.event(event):
            yield writer.packet(frame, latest, comments=[_origin(connection, event.at)])


def _whole_records(events: Iterable[StreamEvent]) -> Iterator[StreamEvent]:
    """The same stream in chunks that end where a record does: a reader knows TLS by its first packet."""
    waiting: list[Chunk | None] = [None, None]
    for event in events:
        before = waiting[event.side]
        if not isinstance(event, Chunk):
            if before is not None:
                yield before
            waiting[event.side] = None
            yield event
            continue
        joined = event
        if before is not None:
            joined = Chunk(event.side, before.data + event.data, before.at.to(event.at))
        if _ends_with_record(joined.data):
            waiting[event.side] = None
            yield joined
        else:
            waiting[event.side] = joined
    yield from filter(None, waiting)


def _ends_with_record(data: bytes) -> bool:
    at = 0
    while at + HEADER <= len(data):
        at += HEADER + int.from_bytes(data[at + 3 : at + HEADER], "big")
    return at == len(data)


def _origin(connection: Connection, at: Span) -> str:
    first, last = number_of(at.first), number_of(at.last)
    frames = f"frame {first}" if first == last else f"frames {first}-{last}"
    return f"connection {connection.conversation.stream}, {frames}"
