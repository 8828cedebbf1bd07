"""One direction of a connection: segments in any order in, its bytes in order out.

Places in the stream are *offsets*, plain integers that never wrap. `Half.next` is the sequence number of the
byte at offset `Half.position`; every other offset is reckoned from that pair, so the direction need not
know where it began to put segments in order.
"""

from __future__ import annotations

from bisect import bisect_right, insort

from analyzer.capture.items import Segment
from analyzer.stream import CLIENT, Chunk, Closed, Gap, Gather, Side, Span, StreamEvent
from analyzer.transport.limits import TransportLimits
from analyzer.transport.pieces import Piece, end_of, sender_of
from analyzer.transport.remembered import first_unlike
from analyzer.transport.seq import HALF, MASK, distance
from analyzer.transport.tally import Tally

# What is called reordering where the round trip is not known (Wireshark's threshold).
_REORDERING_NS = 3_000_000
_MOST_ANSWERS = 8
_NO_GAPS: list[Gap] = []  # of whoever has none; it stays empty


class Half:
    """The stream of one side.

    Attributes:
        side: whose it is; before `Flow` has decided that, nothing comes out.
        next, position: sequence number and offset of the next byte to come out.
        gather: takes bytes that follow, or says False; see `Flow.gather`.
        direct: nothing is held or undecided: a segment that starts at `next` can pass straight through.
        settled: where the stream begins is decided. begun: it was seen to begin (its SYN, or the answer to it).
        acked: the highest acknowledgment by the peer, -1 before any.
        tally: counts of this side.
    """

    __slots__ = (
        "_answers",
        "_closed",
        "_fin",
        "_floor",
        "_held",
        "_held_bytes",
        "_last",
        "_limits",
        "_lost",
        "_origin",
        "acked",
        "begun",
        "direct",
        "gaps",
        "gather",
        "next",
        "peer",
        "position",
        "round_trip_ns",
        "settled",
        "side",
        "tally",
    )

    def __init__(self, limits: TransportLimits) -> None:
        self._limits = limits
        self.side: Side = CLIENT
        self.peer: Half = self
        self.tally = Tally(limits.remembered)
        self.gather: Gather | None = None
        self.next = -1
        self.position = self._origin = 0
        self.direct = self.settled = self.begun = False
        self.gaps = _NO_GAPS
        self.round_trip_ns = _REORDERING_NS
        self._answers: tuple[int, ...] = ()  # where it began by answers that others replaced
        self._held: list[Piece] = []  # sorted, without overlaps
        self._held_bytes = self._lost = 0
        self.acked = self._floor = -1  # the highest and the lowest acknowledgment by the peer
        self._fin: tuple[int, Span] | None = None
        self._closed = False
        self._last: Span | None = None  # where the last held byte came from that was let out

    # What the segments say

    def begin(self, seq: int) -> None:
        """The SYN, or the acknowledgment of it, says that the first byte has sequence number `seq`."""
        self.begun = True
        if self.settled:
            return  # it came too late: bytes are out already
        self.settled = True
        if self.next >= 0:
            self.position += distance(seq, self.next)
        self.next = seq
        self._origin = self.position
        # What lies before is not of this connection.
        self._held = [piece for piece in self._held if piece.offset >= self._origin]
        self._held_bytes = sum(piece.end - piece.offset for piece in self._held)

    def begin_anew(self, seq: int) -> None:
        """Another answer to the peer's SYN, where no byte has come out yet: it begins with `seq` instead."""
        self._answers = (*self._answers[1 - _MOST_ANSWERS :], self.next)
        self.next = seq
        self.position = self._origin = 0
        self._held.clear()
        self._held_bytes = 0
        self.acked = self._floor = -1

    def settle_on(self, ack: int) -> None:
        """The peer takes up the answer whose first byte has sequence number `ack`, maybe an earlier one."""
        if ack in self._answers and not self.came_out and not self._held:
            self.begin_anew(ack)
            self.acknowledge(ack)

    def begins_at(self, seq: int) -> bool:
        """Whether `seq` can be the sequence number of the first byte, by all that is known."""
        if self.begun:
            return self.offset(seq) == self._origin
        first = self._held[0].offset if self._held else self.position
        return self.next < 0 or 0 <= first - self.offset(seq) <= self._limits.held_bytes

    def may_have_sent(self, ack: int) -> bool:
        """Whether `ack` can answer this side's SYN, which may have carried data."""
        if not self.begun:
            return True
        return self._origin <= self.offset(ack) <= self._highest

    @property
    def _highest(self) -> int:
        """The offset after everything captured so far."""
        return self._held[-1].end if self._held else self.position

    def acknowledge(self, ack: int) -> None:
        """The peer has every byte before `ack`."""
        acked = self.acked
        # The first test decides nearly always, at half the price of calling `distance`.
        if 0 < ack - acked < HALF or acked < 0 or distance(ack, acked) > 0:
            self.acked = ack
        if not self.settled and (self._floor < 0 or distance(ack, self._floor) < 0):
            self._floor = ack

    def end_at(self, seq: int, at: Span) -> None:
        """A FIN says that the stream ends before `seq`."""
        if self.next < 0:
            self.next = seq
        if self._fin is None:
            self._fin = (self.offset(seq), at)
            self._close_up()
            self.tally.fin = at

    def hold(self, segment: Segment) -> bool:
        """Take the bytes of `segment` that are not known yet, count and compare repeats; whether it was seen before."""
        if self.next < 0:
            self.next = segment.seq
        tally, data, at = self.tally, segment.payload, segment.at
        offset = self.offset(segment.seq)
        end = offset + len(data)
        total = end + segment.missing
        if self.settled and total <= self._origin:
            return False
        if not self._held and tally.recent:
            self._last = tally.recent[-1].at
        highest = self._highest
        index = bisect_right(self._held, offset, key=end_of)
        later = self._held[index] if index < len(self._held) else None
        new = self._place(offset, end, data, at) + self._place(end, total, None, at)
        if new < total - offset:
            if earlier := tally.seen_before(segment):
                tally.note_copy(segment, earlier)
                return True
            tally.retransmissions += 1
            self._compare(segment, offset)
        elif later is not None and total <= highest:
            if at.began - later.at.began > self.round_trip_ns:
                tally.recovered += 1
            else:
                tally.out_of_order += 1
        tally.keep(segment)
        return False

    def _place(self, offset: int, end: int, data: bytes | None, at: Span) -> int:
        """Hold what is new of the bytes from `offset` to `end`; returns how many were."""
        if self._closed:
            return 0
        held = self._held
        start = max(offset, self.position) if self.settled else offset
        index = bisect_right(held, start, key=end_of)
        new: list[Piece] = []
        while start < end:
            stop = min(end, held[index].offset) if index < len(held) else end
            if start < stop:
                part = data[start - offset : stop - offset] if data is not None else None
                new.append(Piece(start, stop, part, at))
            start = max(stop, held[index].end) if index < len(held) else end
            index += 1
        for piece in new:
            insort(held, piece)
        count = sum(piece.end - piece.offset for piece in new)
        self._held_bytes += count
        return count

    def _compare(self, segment: Segment, offset: int) -> None:
        """Look for bytes that differ from those captured earlier (which are kept)."""
        tally, data = self.tally, segment.payload
        earlier = [(self.offset(each.seq), each.payload, each.at) for each in tally.recent]
        first = bisect_right(self._held, offset, key=end_of)
        for piece in self._held[first:]:
            if piece.offset >= offset + len(data):
                break
            earlier.append((piece.offset, piece.data or b"", piece.at))
        unlike = tally.contradicted(segment) or first_unlike(earlier, offset, data)
        if unlike:
            tally.note_disagreement(unlike.to(segment.at))

    def pack(self) -> None:
        """The connection is over: what late repeats are compared with becomes small."""
        if not self._held and self.tally.recent:
            self._last = self.tally.recent[-1].at
        self.direct = False
        everything = self.acked >= 0 and self.offset(self.acked) >= self._highest
        self.tally.pack(self.acked, everything=everything)

    def offset(self, seq: int) -> int:
        """The place in the stream of the byte with sequence number `seq`."""
        return self.position + distance(seq, self.next)

    # What comes out

    @property
    def sender(self) -> Side | None:
        """Who this side is by its first bytes: a ClientHello's or a ServerHello's sender."""
        return sender_of(self._held)

    @property
    def waited_enough(self) -> bool:
        """Whether as much is held as may be for questions of beginning and orientation."""
        return (
            len(self._held) >= self._limits.unsettled_segments
            or self._held_bytes >= self._limits.unsettled_bytes
        )

    def advance(self) -> list[StreamEvent]:
        """Everything that now follows without a hole."""
        events: list[StreamEvent] = []
        if not self.settled and (self.waited_enough or self.sender is not None):
            events += self._settle()
        if self.settled:
            events += self._drain()
            while self._held_bytes > self._limits.held_bytes:
                events += (self._skip("ceiling"), *self._drain())
        return events

    def finish(self, how: str, at: Span) -> list[StreamEvent]:
        """Everything that is left, holes as gaps, and the end (`how`, where no FIN was seen)."""
        self._close_up()
        self.tally.settle(self.acked, at.ended, -1 if self._held else self.next)
        self.tally.forget()
        if self._closed:
            return []
        events = [] if self.settled else self._settle()
        events += self._drain()
        while self._held:
            events += (self._skip("never arrived"), *self._drain())
        if not self._closed:
            events += self._tail(at)
            how, at = ("fin", self._fin[1]) if self._fin else (how, at)
            events.append(Closed(self.side, how, at))
        self._close()
        return events

    def _settle(self) -> list[StreamEvent]:
        """Decide where a direction begins whose SYN was not captured."""
        if (
            self.peer.begun
            and self._floor >= 0
            and (not self._held or self.offset(self._floor) <= self._held[0].offset)
        ):
            # The peer's handshake was captured: what it acknowledged first is where this side began,
            # unless bytes before that were captured.
            self.begin(self._floor)
            return []
        sender = self.sender
        self.settled = True
        if self._held:
            first = self._held[0]
            self.next = (self.next + first.offset - self.position) & MASK
            self.position = first.offset
            at = first.at
        elif self.acked >= 0 and not self.peer.begun:
            if self.next < 0:
                self.next = self.acked
            if self.peer.tally.latest is None:
                return []
            at = self.peer.tally.latest.at
        else:
            return []
        self._origin = self.position
        if sender is self.side:
            return []  # its first TLS message: nothing of interest came before
        return [self._gap(None, at, "not captured")]

    def _drain(self) -> list[StreamEvent]:
        """Let out the held pieces that follow without a hole, then the end if it is reached."""
        events: list[StreamEvent] = []
        count = 0
        for offset, end, data, at in self._held:
            if offset != self.position or self._closed:
                break
            if data is None:
                events.append(self._gap(end - offset, at, "snapped"))
            else:
                events.append(Chunk(self.side, data, at))
            self._step(end - offset)
            self._last = at
            count += 1
        if count:
            self._held_bytes -= sum(piece.end - piece.offset for piece in self._held[:count])
            del self._held[:count]
        if self._fin and self.position >= self._fin[0] and not self._closed:
            events.append(Closed(self.side, "fin", self._fin[1]))
            self._close()
        self.open_up()
        return events

    def open_up(self) -> None:
        """Let what follows pass straight through, where nothing is held or undecided."""
        self.direct = (
            self.settled
            and self.tally.acknowledging
            and not (self._held or self._fin or self._closed)
        )
        if self.direct:
            self.tally.remember()

    def _close_up(self) -> None:
        """From now on no bytes pass straight through; a gap begins behind those that did."""
        if self.direct and self.tally.recent:
            self._last = self.tally.recent[-1].at
        self.direct = False

    def _skip(self, unacknowledged: str) -> Gap:
        """Give up the hole before the first held piece."""
        size = self._held[0].offset - self.position
        after = self._held[0].at
        gap = self._gap(size, (self._last or after).to(after), self._why(size, unacknowledged))
        self._step(size)
        return gap

    def _tail(self, at: Span) -> list[StreamEvent]:
        """The gap after the last byte, if the FIN or the peer's acknowledgment shows one."""
        if self._fin:
            size, at = self._fin[0] - self.position, self._fin[1]
        elif self.acked >= 0 and self.next >= 0:
            size = self.offset(self.acked) - self.position
            if size == 1:
                return []  # a FIN that was not captured takes one number too
        else:
            return []
        if size <= 0:
            return []
        gap = self._gap(size, (self._last or at).to(at), self._why(size, "never arrived"))
        self._step(size)
        return [gap]

    def _why(self, size: int, unacknowledged: str) -> str:
        acked = self.acked >= 0 and self.offset(self.acked) >= self.position + size
        return "not captured" if acked else unacknowledged

    def _gap(self, size: int | None, at: Span, why: str) -> Gap:
        gap = Gap(self.side, size, at, why)
        if not self.gaps:
            self.gaps = []
        self.gaps.append(gap)
        self._lost += size or 0
        return gap

    def _step(self, size: int) -> None:
        self.position += size
        self.next = (self.next + size) & MASK

    def _close(self) -> None:
        self._closed = True
        self.direct = False
        self._held.clear()
        self._held_bytes = 0

    @property
    def first_seq(self) -> int | None:
        """The sequence number of the first byte, None where it was not seen to begin."""
        return (self.next - self.position + self._origin) & MASK if self.begun else None

    @property
    def came_out(self) -> bool:
        """Whether anything of this side came out."""
        return self._closed or bool(self.gaps) or self.position > self._origin

    @property
    def payload_bytes(self) -> int:
        """Bytes that came out, each counted once."""
        return self.position - self._origin - self._lost
