"""One side of a TLS level: its bytes to records; each record's content, once it can be opened.

A record that depends on the other side's hello, or on a secret that was not handed over yet, waits, and
so do all behind it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Gather, Side, StreamEvent, new_tuple
from analyzer.tls.assembly import begins_message
from analyzer.tls.constants import APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, TLS13
from analyzer.tls.content import Content
from analyzer.tls.events import RecordCounts, RecordSeen, TlsEvent
from analyzer.tls.handshake import Handshakes
from analyzer.tls.protection import BROKEN, HELLO_MISSING, STAYS, WAITS, Protection
from analyzer.tls.records import Fields, Record, RecordReader
from analyzer.tls.secrets import Secrets
from analyzer.values import dataclass

_FIRST_RECORDS = 64


@dataclass(frozen=True, slots=True)
class TlsLimits:
    """Ceilings of one level.

    Attributes:
        message: bytes of one handshake message; longer ones are passed over.
        hold: bytes of records per side that wait for a hello or a secret.
        lost_records: how many records a gap may have swallowed for the next ones still to be opened.
        trials: tags per side that may be tried to find out how many it was, for all gaps together.
        spare: of the tags that all connections together may try for want of a hello, so many are left to others.
    """

    message: int = 1 << 20
    hold: int = 1 << 18
    lost_records: int = 4096
    trials: int = 1 << 18
    spare: int = 0


class Lane:
    """One side.

    Args:
        side: which.
        handshakes: shared by both lanes.
        secrets: shared by all levels.
        limits: ceilings.
        events: takes what is found.

    Attributes:
        counts: its records.
        first_records: the outside of the first 64.
        held: the records that wait for a hello or a secret, and what came behind them.
        held_bytes: of the records that wait for a hello or a secret.
        content: what its records hold.
        reader: its bytes to records.
    """

    __slots__ = (
        "_events",
        "_handshakes",
        "_limits",
        "_protection",
        "_secrets",
        "_side",
        "_tried",
        "content",
        "counts",
        "first_records",
        "held",
        "held_bytes",
        "reader",
    )

    def __init__(
        self,
        side: Side,
        handshakes: Handshakes,
        secrets: Secrets,
        limits: TlsLimits,
        events: list[TlsEvent],
    ) -> None:
        self.counts = RecordCounts()
        self.first_records: list[RecordSeen] = []
        self._side = side
        self._handshakes = handshakes
        self._secrets = secrets
        self._limits = limits
        self._events = events
        self.reader = RecordReader()
        self._protection = Protection(
            side,
            handshakes,
            secrets,
            counts=self.counts,
            events=events,
            lost_records=limits.lost_records,
            trials=limits.trials,
        )
        self.content = Content(
            side,
            handshakes,
            self._protection,
            secrets,
            events=events,
            ceiling=limits.message,
        )
        self.held: deque[Record | Gap | Closed] = deque()
        self.held_bytes = 0
        # What was known when the first held record was tried last.
        self._tried: tuple[object, ...] = ()

    @property
    def gather(self) -> Gather:
        """Take bytes of which nothing can be told yet; False where `feed` is needed."""
        return self.reader.gather

    @property
    def lacks_hello(self) -> bool:
        """Its records stay sealed because not both hellos were seen, and no secret fits."""
        return self._protection.lacks_hello

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of this side's stream."""
        if type(event) is Chunk:
            self._feed_chunk(event)
        elif isinstance(event, Gap):
            self._rest()
            cut = self.reader.lose(event.size)
            if self.held:
                self.held.append(event)
            else:
                self._pass(event, None if cut is None else self._protection.plain_size(cut))
        elif isinstance(event, Closed):
            if self.held:
                self.held.append(event)
            else:
                self._pass(event)

    def _feed_chunk(self, chunk: Chunk) -> None:
        reader = self.reader
        broken = reader.broken
        records = reader.feed(chunk)
        if reader.late and not self._protection.behind_loss:
            self.content.lose()
            self._protection.lose(None)
        self.take(records)
        if reader.broken and not broken:
            self.content.malformed(reader.broken, chunk.at)

    def resume(self) -> None:
        """Try what waits again, now that the other side or the secrets may tell more."""
        self._drain(last=False)

    def finish(self) -> None:
        """No more bytes will come: what waits stays sealed."""
        self._rest()
        self._drain(last=True)
        self._protection.finish()
        self.content.finish()

    # ------------------------------------------------------------------ records in order

    def take(self, records: Sequence[Fields]) -> None:
        """Count records, and take what they hold.

        All but a few are sealed under keys that are in effect, or come before any: these are taken here and
        now, at a third of the calls (`_process` is for all others). A storm has fifty of them a connection.
        """
        side, counts, held = self._side, self.counts, self.held
        protection, content = self._protection, self.content
        number = counts.records
        counts.records = number + len(records)
        for fields in records:
            kind, version, body, at = fields
            size = len(body)
            if kind == APPLICATION_DATA:
                counts.application_records += 1
                counts.application_bytes += size
            if number < _FIRST_RECORDS:
                number += 1
                seen = new_tuple(RecordSeen, (side, kind, version, size, at))
                self.first_records.append(seen)
            if held:
                self._hold(new_tuple(Record, fields))
                continue
            opener = protection.ready
            if opener is None:
                if kind == HANDSHAKE and not protection.on and not protection.behind_loss:
                    content.messages(body, version, at, False)
                    continue
            elif kind == APPLICATION_DATA or not protection.tls13:
                opened = opener.open(kind, version, body)
                if opened:
                    kind, data = opened
                    if kind == HANDSHAKE:
                        content.messages(data, version, at, True)
                    elif kind != APPLICATION_DATA or not content.agreed:
                        content.take(kind, data, version, at, True)
                    elif data:
                        self._events.append(new_tuple(Chunk, (side, data, at)))
                    continue
            record = new_tuple(Record, fields)
            if not self._process(record, last=False):
                self._hold(record)

    def _rest(self) -> None:
        """Nothing follows the bytes that came last: a border that waited for more is believed."""
        reader = self.reader
        if reader.usual:
            return
        broken = reader.broken
        self.take(reader.rest())
        if reader.broken and not broken and reader.last:
            self.content.malformed(reader.broken, reader.last)

    def _hold(self, record: Record) -> None:
        self.held.append(record)
        self.held_bytes += len(record.body)
        self._drain(last=self.held_bytes > self._limits.hold)

    def _pass(self, event: Gap | Closed, size: int | None = None) -> None:
        """Tell a gap, of `size` bytes of plaintext where that is known, or an end."""
        if isinstance(event, Closed):
            self.content.end(event.how, event.at)
            return
        self.content.lose()
        self._protection.lose(event.size)
        self._events.append(Gap(self._side, size, event.at, event.why))

    def _drain(self, *, last: bool) -> None:
        """Process held records until one has to wait on; with `last`, none waits any longer."""
        while self.held:
            known = self._known()
            if not last and known == self._tried:
                return
            waits = self.held[0]
            if isinstance(waits, Record):
                if not self._process(waits, last=last):
                    self._tried = known
                    return
                self.held_bytes -= len(waits.body)
            else:
                self._pass(waits)
            self.held.popleft()
            self._tried = ()

    def _known(self) -> tuple[object, ...]:
        """What decides whether a record that waits can be opened."""
        handshake = self._handshakes.current[self._side]
        return (
            self._secrets.revision,
            handshake.client_hello is None,
            handshake.server_hello is None,
            len(handshake.raw[CLIENT]),
            len(handshake.raw[SERVER]),
        )

    def _process(self, record: Record, *, last: bool) -> bool:
        """Handle one record; False where it has to wait (never with `last`)."""
        kind, version, body, at = record
        protection = self._protection
        if protection.behind_loss:
            protection.skipped_bytes = self.reader.skipped
            self._guess_protection(record)
        if protection.on:
            if kind == APPLICATION_DATA or not protection.tls13:
                opened = protection.open(record, last=last)
                if opened is WAITS:
                    return False
                if opened is STAYS:
                    self.content.pass_over(at)
                elif opened is BROKEN:
                    self.content.lose()
                    self._events.append(Gap(self._side, None, at, "does not verify"))
                else:
                    self.content.take(*opened, version, at, True)
                return True
        elif kind in (CHANGE_CIPHER_SPEC, APPLICATION_DATA):
            # What these mean depends on the version.
            handshake = self._handshakes.current[self._side]
            negotiated = handshake.version
            if negotiated is None or handshake.tried:
                return self._without_hello(record, last=last or handshake.tried is not None)
            if negotiated == TLS13 and kind == APPLICATION_DATA:
                protection.begin("handshake")
                return self._process(record, last=last)
        self.content.take(kind, body, version, at, False)
        return True

    def _guess_protection(self, record: Record) -> None:
        """A ChangeCipherSpec may be among the bytes that are missing (TLS <= 1.2)."""
        version = self._handshakes.current[self._side].version
        if self._protection.on or version is None or version == TLS13:
            return
        if record.type == APPLICATION_DATA or (
            record.type == HANDSHAKE and not begins_message(record.body)
        ):
            self._protection.begin("traffic")

    def _without_hello(self, record: Record, *, last: bool) -> bool:
        if last:
            opened = self._protection.try_secrets(record, self._limits.spare)
            if opened:
                self.content.join()
                self.content.take(*opened, record.version, record.at, True)
                return True
            self._protection.begin("")
            self._protection.give_up(HELLO_MISSING, record.at)
            self.counts.sealed_records += 1
        return last
