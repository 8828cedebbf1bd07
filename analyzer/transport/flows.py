"""All connections of a capture: which segment belongs to which, and when one is released."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from analyzer.capture.items import ACK, FIN, PSH, RST, SYN, IcmpError, Segment
from analyzer.stream import Chunk, Span, StreamEvent, file_of, new_tuple
from analyzer.transport.facts import Ended, reversed_key
from analyzer.transport.half import Half
from analyzer.transport.limits import SECOND, TransportLimits
from analyzer.transport.packed import (
    Paths,
    half_open,
    latest_syn,
    number_and_end,
    only_segment,
    pack_segment,
    pack_syn,
    repeat_syn,
    tells_nothing,
)
from analyzer.transport.released import Released
from analyzer.transport.seq import MASK
from analyzer.transport.summary import Summary
from analyzer.transport.tcp import Flow

_PUSHED = PSH | ACK


FlowEvents: TypeAlias = Sequence[tuple[Flow, StreamEvent | Ended]]


class Flows:
    """The connections of one capture.

    Args:
        ports: the servers' ports, None where any may be one; they orient connections whose start is unseen.
        limits: what may be held.

    Attributes:
        latest: capture time of the latest segment, nanoseconds since 1970-01-01 UTC.
        summary: counts of what is not told as a flow.
        ignored: keys of connections of which no more is wanted (see `ignore`); who feeds their segments need not.
    """

    def __init__(self, ports: frozenset[int] | None, limits: TransportLimits | None = None) -> None:
        self.latest = 0
        self.summary = Summary()
        self.ignored: set[bytes] = set()
        self._ports = ports
        self._limits = limits or TransportLimits()
        self._halves: dict[bytes, tuple[Flow, Half]] = {}
        self._open: dict[int, Flow] = {}
        # These lose their oldest entry again and again, which a plain dict makes slow.
        self._over: OrderedDict[int, Flow] = OrderedDict()  # lingering, in order of their end
        self._half_open: OrderedDict[bytes, bytes] = OrderedDict()  # in order of their latest SYN
        self._released = Released(self._limits.afterlife)
        # One segment each, in order of their arrival; where every port is looked at.
        self._alone: OrderedDict[bytes, bytes] = OrderedDict()
        self._paths = Paths()
        self._listed = 0
        self._sweep_at = self._idle_sweep_at = 0
        self._now = 0  # capture time, as far as sweeps and `advance` know it

    def feed(self, segment: Segment) -> FlowEvents:
        """The events that `segment` gives rise to, mostly none or one; what a flow's `sink` takes is not among them."""
        key, seq, ack, flags, window, payload, missing, at, ttl, ip_id, _, path = segment
        known = self._halves.get(key)
        _, _, began, ended = at
        if ended > self.latest:  # noqa: PLR1730  a call costs more than the rest of this line
            self.latest = ended
        if known is None or began >= self._sweep_at:
            return self._feed_slowly(segment)
        flow, half = known
        tally = half.tally
        # Of a bulk transfer, and of a storm, nearly every segment brings the next bytes, or only acknowledges: neither a
        # keep-alive nor a copy. All is done here for these, in half a microsecond; `Flow.take` needs two.
        if (
            seq == half.next
            and not missing
            and (flags == ACK or flags == _PUSHED)  # noqa: PLR1714, SIM109  as in `pcap`
            and (
                half.direct
                if payload
                else flags == ACK
                and tally.acknowledging
                and (before := tally.latest) is not None
                and before.ip_id != ip_id
            )
        ):
            silence = began - flow.last_ended
            if silence >= 0:
                if silence > flow.longest_silence:
                    flow.note_silence(silence, at)
                flow.last, flow.last_ended = at, ended
            if path is not flow.path and path != flow.path:
                flow.note_path(path)
            tally.latest = segment
            tally.segments += 1
            if ttl != tally.ttl or not window or tally.zero_since is not None:
                tally.note(segment)
            peer = half.peer
            if ack != peer.acked:
                peer.acknowledge(ack)
            if not payload:
                return ()
            size = len(payload)
            half.next = (seq + size) & MASK
            half.position += size
            tally.recent.append(segment)
            gather = half.gather
            if gather is not None and gather(payload):
                return ()
            chunk = new_tuple(Chunk, (half.side, payload, at))
            if flow.sink is None:
                return ((flow, chunk),)
            flow.sink(chunk)
            return ()
        if flags & SYN:
            return self._feed_slowly(segment)
        events = flow.take(half, segment)
        if flags & (FIN | RST):
            return [*((flow, event) for event in events), *self._retire(flow)]
        return [(flow, event) for event in events]

    def advance(self, now: int) -> FlowEvents:
        """What the time alone ends: for live traffic, where no segment may come for long.

        `now` is in capture time, nanoseconds since 1970-01-01 UTC.
        """
        self._now = max(self._now, now)
        return self._sweep(now) if now >= self._sweep_at else ()

    def icmp(self, error: IcmpError) -> None:
        """Attach an ICMP error to the connection it quotes."""
        key = error.key
        if key in self._half_open:
            self._promote(key)
        known = self._halves.get(key)
        if known is None and self._alone and self._unpack(key):
            known = self._halves[key]
        if known is None:
            self.summary.stray_icmp += 1
        else:
            known[0].note_icmp(error)

    def ignore(self, flow: Flow) -> bool:
        """Forget a flow and whatever follows of it, without an event; False where it has ended, or too many are."""
        if flow.ended or len(self.ignored) >= 2 * self._limits.ignored:
            return False
        for key in (flow.key, reversed_key(flow.key)):
            self._halves.pop(key, None)
            self.ignored.add(key)
        self._open.pop(flow.number, None)
        self._over.pop(flow.number, None)
        flow.let_go()
        flow.ignored = True
        return True

    def finish(self) -> Iterator[tuple[Flow, StreamEvent | Ended]]:
        """The capture is over: the ends of all connections, in order of their numbers.

        One connection at a time ends: what all of them hold back would be as much again.
        """
        for key in list(islice(self._half_open, max(0, self._limits.listed - self._listed))):
            self._promote(key)
        self.summary.unanswered += len(self._half_open)
        self._half_open.clear()
        alone = {number_and_end(packed)[0]: key for key, packed in self._alone.items()}
        for number in sorted((*self._open, *self._over, *alone)):
            flow = self._open.get(number) or self._over.get(number) or self._unpack(alone[number])
            assert flow
            yield from self._give_up(flow, "open")
        self._released.forget()

    def _feed_slowly(self, segment: Segment) -> FlowEvents:
        """Feed a segment that begins a connection, may begin one, or finds the clock advanced."""
        events: list[tuple[Flow, StreamEvent | Ended]] = []
        key = segment.key
        if segment.at.began >= self._sweep_at:
            events += self._sweep(segment.at.began)
        only_syn = (
            segment.flags & (SYN | ACK | FIN | RST) == SYN
            and not segment.payload
            and not segment.missing
        )
        if key in self.ignored:
            if segment.flags & (SYN | ACK) != SYN:
                return events
            self.ignored -= {key, reversed_key(key)}  # another connection
        known = self._halves.get(key)
        if known is None and self._alone and self._unpack(key):
            known = self._halves[key]
        if known and segment.flags & SYN and not known[0].is_continued_by(known[1], segment):
            events += self._give_up(known[0], "timeout")
            known = None
        elif known is None and (waiting := self._half_open.get(key)):
            if only_syn and self._repeat(key, waiting, segment):
                return events
            self._promote(key)
            return [*events, *self._feed_slowly(segment)]
        elif known is None and reversed_key(key) in self._half_open:
            self._promote(reversed_key(key))
            known = self._halves[key]
        if known is None:
            if self._is_late(segment):
                self.summary.late += 1
                return events
            if only_syn:
                return [*events, *self._remember(segment)]
            if self._ports is None and tells_nothing(segment, self._limits):
                self._alone[key] = pack_segment(self._number(), segment, self._paths)
                return [*events, *self._make_room()]
            flow = self._begin(self._number(), segment)
            known = flow, flow.sender
        flow, half = known
        events += [(flow, event) for event in flow.take(half, segment)]
        return [*events, *self._retire(flow), *self._make_room()]

    def _is_late(self, segment: Segment) -> bool:
        """Whether a segment without a connection belongs to one that is gone."""
        gone = self._released.find(segment.key)
        if gone is None or segment.flags & (SYN | ACK) != SYN:
            return gone is not None
        # A SYN begins another one, but for that of a second capture whose clock is behind.
        file, first_seq = gone
        other = file_of(segment.at.first)
        if file == other or first_seq != (segment.seq + 1) & MASK:
            return False
        self.summary.copied[min(file, other), max(file, other)] += 1
        return True

    # Connections that are kept packed

    def _remember(self, syn: Segment) -> FlowEvents:
        """Keep a first SYN in its small form."""
        self._half_open[syn.key] = pack_syn(self._number(), syn, self._paths)
        if len(self._half_open) > self._limits.half_open:
            return self._drop_oldest()
        return ()

    def _repeat(self, key: bytes, waiting: bytes, syn: Segment) -> bool:
        """Count a SYN that repeats the remembered one; False where it is another connection's."""
        packed = repeat_syn(key, waiting, syn, self._paths)
        if packed is None:
            return False
        self._half_open[key] = packed
        self._half_open.move_to_end(key)
        return True

    def _promote(self, key: bytes) -> Flow:
        """Make a remembered SYN a whole connection."""
        packed = self._half_open.pop(key)
        kept = half_open(packed)
        syn = first = latest_syn(key, packed, kept, self._paths)
        if kept.last != kept.first:
            first = syn._replace(at=Span(kept.first, kept.first, kept.began, kept.began))
        flow = self._begin(kept.number, first)
        flow.take(flow.sender, first)
        if kept.repeats or kept.copies:
            flow.repeat_syn(kept.repeats, kept.copies, kept.silence, kept.silence_after, syn.at)
        return flow

    def _drop_oldest(self) -> FlowEvents:
        """Give up the connection whose latest SYN is the oldest."""
        key = next(iter(self._half_open))
        if self._listed < self._limits.listed:
            return self._give_up(self._promote(key), "timeout")
        del self._half_open[key]
        self.summary.unanswered += 1
        return ()

    def _unpack(self, key: bytes) -> Flow | None:
        """Make a whole connection of the one segment that was seen of it, in either direction; None without one."""
        packed = self._alone.pop(key, None)
        if packed is None:
            key = reversed_key(key)
            packed = self._alone.pop(key, None)
        if packed is None:
            return None
        first = only_segment(key, packed, self._paths)
        flow = self._begin(number_and_end(packed)[0], first)
        flow.take(flow.sender, first)
        return flow

    # Beginning and end

    def _number(self) -> int:
        self.summary.connections += 1
        return self.summary.connections - 1

    def _begin(self, number: int, first: Segment) -> Flow:
        limits = self._limits
        if self._ports is None:
            limits = limits.among(len(self._open) + len(self._alone))
        flow = Flow(number, first, self._ports, limits)
        self._halves[reversed_key(first.key)] = flow, flow.receiver
        self._halves[first.key] = flow, flow.sender
        self._open[number] = flow
        return flow

    def _retire(self, flow: Flow) -> FlowEvents:
        """Let a flow that is over linger, and release the one that has lingered longest if they are too many."""
        if flow.is_over and flow.number in self._open:
            del self._open[flow.number]
            self._over[flow.number] = flow
            flow.pack()
            if len(self._over) > self._limits.lingering:
                oldest = next(iter(self._over.values()))
                return () if self._revive(oldest) else self._give_up(oldest, "open")
        return ()

    def _revive(self, flow: Flow) -> bool:
        """Whether a flow that was over has opened after all, and so is open again."""
        if flow.is_over:
            return False
        self._open[flow.number] = self._over.pop(flow.number)
        return True

    def _make_room(self) -> FlowEvents:
        """Give up connections if too many are open: those that were never open first, then the longest idle."""
        count = len(self._open) + len(self._alone)
        if count <= self._limits.connections:
            return ()
        many = count // 16 + 1  # at once: looking for them costs
        for key in list(islice(self._alone, many)):
            self._unpack(key)
        events: list[tuple[Flow, StreamEvent | Ended]] = []
        by_idleness = sorted(self._open.values(), key=lambda flow: flow.last.ended)
        never_open = [flow for flow in by_idleness if flow.came_to_nothing]
        # The younger half of these may be about to open.
        victims = never_open[: len(never_open) // 2] or by_idleness
        for flow in victims[:many]:
            self.summary.given_up += 1
            events += self._give_up(flow, "timeout")
        return events

    def _sweep(self, now: int) -> FlowEvents:
        """Release what has been silent for long enough."""
        limits = self._limits
        events: list[tuple[Flow, StreamEvent | Ended]] = []
        self._sweep_at = now + SECOND
        self._now = max(self._now, now)
        for flow in list(self._over.values()):
            wait = limits.unanswered_ns if flow.may_be_asked_again else limits.linger_ns
            if now - flow.last.ended >= wait and not self._revive(flow):
                events += self._give_up(flow, "open")
        while self._half_open:
            oldest = half_open(next(iter(self._half_open.values())))
            if now - oldest.ended < limits.unanswered_ns:
                break
            events += self._drop_oldest()
        if now >= self._idle_sweep_at:
            self._idle_sweep_at = now + min(limits.idle_ns, limits.unanswered_ns) // 8
            for key, packed in list(self._alone.items()):
                if now - number_and_end(packed)[1] >= limits.idle_ns:
                    self._unpack(key)
            for flow in list(self._open.values()):
                idle = now - flow.last.ended
                if idle >= limits.idle_ns or (
                    idle >= limits.unanswered_ns and flow.came_to_nothing
                ):
                    events += self._give_up(flow, "timeout")
        return events

    def _give_up(self, flow: Flow, how: str) -> FlowEvents:
        """End a flow and forget it, but for its key."""
        key, other_key = flow.key, reversed_key(flow.key)
        self._halves.pop(key, None)
        self._halves.pop(other_key, None)
        if flow.is_over:  # otherwise it may go on after a long silence
            file, one, other = file_of(flow.last.last), flow.sender, flow.receiver
            self._released.add(key, other_key, file, one.first_seq, other.first_seq)
        if flow.copied:
            self.summary.copied.update(flow.copied)
        self._open.pop(flow.number, None)
        self._over.pop(flow.number, None)
        if flow.came_to_nothing:
            if self._listed >= self._limits.listed:
                if flow.is_over:
                    self.summary.refused += 1
                else:
                    self.summary.unanswered += 1
                flow.let_go()
                return ()
            self._listed += 1
        events: list[tuple[Flow, StreamEvent | Ended]] = []
        if not flow.is_over:
            # Reckoned from the connection's own packets and the end of the capture, never from the moment at which
            # this was noticed: however a capture is divided, it is the same.
            limits = self._limits
            wait = limits.unanswered_ns if flow.came_to_nothing else limits.idle_ns
            flow.watched_until = min(flow.last.ended + wait, self._now)
        events += [(flow, event) for event in flow.finish(how)]
        events.append((flow, Ended(flow.last)))
        return events
