"""A connection's TLS levels, one inside the other.

    TCP stream -> level 0 -> its plaintext -> framing -> level 1 -> its plaintext -> framing -> ...

The plaintext of a level is told with the same events as TCP's bytes, so every level is the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import NamedTuple

from analyzer.session.carve import Carver
from analyzer.session.facts import Carved, Conversation, Session
from analyzer.session.framing import Framing
from analyzer.session.gate import Gate
from analyzer.session.origins import Origins
from analyzer.session.outcome import connection_outcome, stage
from analyzer.session.recorder import Recorder
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Gather, StreamEvent
from analyzer.tls.events import TlsEvent, Tried
from analyzer.tls.layer import TlsLayer, TlsLimits
from analyzer.tls.records import Fields
from analyzer.tls.secrets import Secrets
from analyzer.transport.facts import TcpFacts
from analyzer.values import dataclass


@dataclass(frozen=True, slots=True)
class StackOptions:
    """How deep and how to look.

    Attributes:
        framing: how the inner TLS lies in the outer plaintext, None to find out (see `framing`).
        deepest: the deepest level that is looked for.
        tls: the ceilings of every level.
        kept: streams to keep for `Stack.kept`: `(level, "records")` or `(level, "plaintext")`. They are as
            large as the traffic.
    """

    framing: str | None = None
    deepest: int = 2
    tls: TlsLimits = field(default_factory=TlsLimits)
    kept: frozenset[tuple[int, str]] = frozenset()


_BOTH = 1 << CLIENT | 1 << SERVER
_MATTER = frozenset({Chunk, Gap, Closed, Tried})  # of what a level tells, to the next one
_TAKEN = Recorder.TAKEN


class _Told(NamedTuple):
    """What the levels of a connection come to."""

    sessions: tuple[Session, ...]
    carved: tuple[Carved, ...]
    vendor_bytes: tuple[int, int]


class Stack:
    """Every TLS level of one connection.

    Args:
        stream: the connection's number.
        secrets: for all levels: a session is found by its client random.
        origins: shared by the connections of a capture, so that a resumed session names the first one.
    """

    def __init__(
        self, stream: int, secrets: Secrets, origins: Origins, options: StackOptions | None = None
    ) -> None:
        options = options or StackOptions()
        self.stream = stream
        self._outer: _Level | None = _Level(0, stream, secrets, origins, options)
        self._read: Callable[[StreamEvent], None] = self._outer.read
        self._keeps = bool(options.kept)
        self._closed = 0  # a bit for each side whose TCP stream has ended
        self._told: _Told | None = None
        self._stayed_sealed = False

    @property
    def gathers(self) -> tuple[Gather, Gather] | None:
        """For client and server: takes bytes that only lengthen a record, as most segments of a bulk transfer do.

        False where `feed` is needed; None where nothing may pass it by.
        """
        return self._outer.gathers if self._outer else None

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of the TCP streams."""
        self._read(event)
        if type(event) is Closed:
            self._closed |= 1 << event.side
            if self._closed == _BOTH and not self.held_bytes and not self._keeps:
                # Nothing can change any more, and thousands of ended connections may linger for late segments.
                self._settle()

    @property
    def stays_sealed(self) -> bool:
        """No message was read, and none will be: the connection was joined behind its hellos, and no secret fits."""
        return self._outer.stays_sealed if self._outer else self._stayed_sealed

    def kept(self, level: int, what: str) -> list[StreamEvent]:
        """One of the streams that were to be kept, empty where there is no such level.

        Args:
            what: `records`: the level's TLS bytes; `plaintext`: what they opened to.
        """
        levels = list(self._outer.levels()) if self._outer else []
        return levels[level].kept.get(what, []) if level < len(levels) else []

    @property
    def held_bytes(self) -> int:
        """Bytes of records that wait for a hello or a secret, on every level."""
        return sum(level.held_bytes for level in self._outer.levels()) if self._outer else 0

    def conversation(self, tcp: TcpFacts) -> Conversation:
        """What was observed, once the TCP streams are over."""
        sessions, carved, vendor_bytes = self._told or self._settle()
        return Conversation(
            stream=self.stream,
            tcp=tcp,
            outcome=connection_outcome(tcp, sessions, carved),
            stage=stage(tcp, sessions),
            sessions=sessions,
            carved=carved,
            vendor_bytes=vendor_bytes,
        )

    def _settle(self) -> _Told:
        """Reduce the levels to what they told; only streams that are to be kept need them any longer."""
        assert self._outer
        self._outer.finish()
        levels = list(self._outer.levels())
        sessions = tuple(session for level in levels for session in level.sessions())
        framing = levels[1].framing if len(levels) > 1 else None
        carved = [carved for level in levels for carved in level.carver.finish()]
        self._told = _Told(
            sessions=sessions,
            carved=tuple(_outside_handshakes(carved, sessions)) if carved else (),
            vendor_bytes=framing.skipped_bytes if framing else (0, 0),
        )
        self._stayed_sealed = self._outer.stays_sealed
        if not self._keeps:
            self._outer, self._read = None, _pass_by
        return self._told


def _pass_by(event: StreamEvent) -> None:
    """What comes behind the end tells nothing."""


class _Level:
    """One TLS level; makes the next one as soon as there is plaintext for it."""

    def __init__(
        self,
        depth: int,
        stream: int,
        secrets: Secrets,
        origins: Origins,
        options: StackOptions,
        *,
        offsets: tuple[int, int] = (0, 0),
    ) -> None:
        """`offsets`: where in the plaintext around it, per side, its bytes begin."""
        self._context = (stream, secrets, origins, options)
        self._depth = depth
        self._looks = depth < options.deepest
        self._layer = TlsLayer(secrets, options.tls)
        self._recorder = Recorder(depth, stream, origins)
        self._inner: _Level | None = None
        self._joined_late = False  # in the middle: the hellos are not in the capture
        self._gate = Gate()
        self.framing = _framing(depth, options, offsets)
        self.carver = Carver(depth)
        self._carve = self.carver.feeds
        self.kept: dict[str, list[StreamEvent]] = {
            what: [] for level, what in options.kept if level == depth
        }
        self._records = self.kept.get("records")
        self._plaintext = self.kept.get("plaintext")

    @property
    def gathers(self) -> tuple[Gather, Gather] | None:
        """As `Stack.gathers`."""
        return self._layer.gathers if self._records is None else None

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of the plaintext that this level lies in, whatever else that holds."""
        assert self.framing
        for lower in self.framing.feed(event):
            self.read(lower)

    def feed_record(self, chunk: Chunk, record: Fields) -> None:
        """As `feed`, of a chunk that is exactly one record, taken apart already: no one looks at its header again."""
        assert self.framing
        if not self.framing.passes(chunk[0], chunk[1]):
            self.feed(chunk)
            return
        if self._records is not None:
            self._records.append(chunk)
        events = self._layer.feed_record(chunk, record)
        if events:
            self._take(events)

    def read(self, event: StreamEvent) -> None:
        """Take the next event of this level's own stream of records."""
        if self._records is not None:
            self._records.append(event)
        events = self._layer.feed(event)
        if events:
            self._take(events)

    def finish(self) -> None:
        """No more events will come."""
        for lower in self.framing.finish() if self.framing else ():
            self.read(lower)
        self._take(self._layer.finish())
        if self._inner:
            self._inner.finish()

    @property
    def held_bytes(self) -> int:
        """Bytes of records that wait."""
        return self._layer.held_bytes

    @property
    def stays_sealed(self) -> bool:
        """As `Stack.stays_sealed`."""
        return self._layer.stays_sealed and not self._recorder.read_any

    def levels(self) -> Iterator[_Level]:
        """This level and those inside it, from outside in."""
        yield self
        if self._inner:
            yield from self._inner.levels()

    def sessions(self) -> tuple[Session, ...]:
        """The handshakes of this level, none where it turned out to be no TLS."""
        framing = self.framing
        return self._recorder.sessions(
            self._layer.counts,
            self._layer.first_records,
            framing=framing.name if framing else "",
            skipped=framing.skipped if framing else (),
        )

    def _take(self, events: Iterable[TlsEvent]) -> None:
        recorder = self._recorder
        for event in events:
            kind = type(event)
            # As `Recorder.record`, without its call for each of seventy events.
            _TAKEN[kind](recorder, event)
            if kind in _MATTER:
                if kind is Tried:
                    self._joined_late = True
                else:
                    self._pass_on(event)  # type: ignore[arg-type]

    def _pass_on(self, event: StreamEvent) -> None:
        """Give the next level its stream."""
        if self._plaintext is not None:
            self._plaintext.append(event)
        if not self._looks:
            return
        record = self._carve[event[0]](event)
        inner = self._inner
        if inner is None:
            self._begin_inner(event)
        elif record is None:
            inner.feed(event)
        else:
            inner.feed_record(event, record)  # type: ignore[arg-type]

    def _begin_inner(self, event: Chunk | Gap | Closed) -> None:
        """Make the next level with the first bytes that may be its own."""
        if self._depth == 0 or self._joined_late:
            events: list[Chunk | Gap | Closed] = [event] if isinstance(event, Chunk) else []
        else:
            events = self._gate.events(event)
        if not events:
            return
        self._inner = _Level(self._depth + 1, *self._context, offsets=self._gate.offsets)
        if self._inner.framing:
            self._inner.framing.joined_late = self._joined_late
        for each in events:
            self._inner.feed(each)


def _framing(depth: int, options: StackOptions, offsets: tuple[int, int]) -> Framing | None:
    """Unknown is what lies around the HSM's TLS, level 1; deeper levels are what a user tunnels himself."""
    if depth == 0:
        return None
    return Framing(options.framing) if depth == 1 else Framing(cut_hellos=False, offsets=offsets)


def _outside_handshakes(found: list[Carved], sessions: tuple[Session, ...]) -> Iterator[Carved]:
    """Carved certificates that no recognised handshake of the same side shows as well."""
    shown: tuple[set[str], set[str]] = (set(), set())
    for session in sessions:
        for of_side, chain in zip(shown, session.certificates, strict=True):
            of_side.update([presented.certificate.sha256 for presented in chain or ()])
    for carved in found:
        if carved.certificate.sha256 not in shown[carved.side]:
            yield carved
