"""One TCP connection: who is who, how it opened and ended, and its two streams (RFC 9293)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.capture.items import ACK, FIN, RST, SYN, IcmpError, Segment
from analyzer.stream import CLIENT, SERVER, Chunk, Gather, Side, Span, StreamEvent, new_tuple
from analyzer.transport.facts import TcpFacts, endpoints, ports_of
from analyzer.transport.half import Half
from analyzer.transport.keep_alive import is_keep_alive
from analyzer.transport.limits import TransportLimits
from analyzer.transport.remembered import is_same_packet
from analyzer.transport.seq import MASK

_MOST_ICMP = 16
_MOST_PATHS = 8
_FEW_COPIES = 3


class Flow:
    """One connection, as `Flows` hands it out beside each event.

    Attributes:
        number: the stream number, in order of first frame, from 0.
        key: of its first segment. sender, receiver: the halves of that segment's source and target.
        last: its latest segment's frame, and `last_ended` its time. ended: no more events come, `facts()` is final.
        watched_until: until when nothing more of it was seen. ignored: see `Flows.ignore`.
        longest_silence: nanoseconds without a segment. path: of its latest segment. sink: see `Flows.feed`.
    """

    __slots__ = (
        "_asked_after_reset",
        "_client",
        "_ended_by",
        "_first",
        "_full_trip",
        "_icmp",
        "_oriented_by",
        "_paths",
        "_ports",
        "_rtt",
        "_silence_after",
        "_silence_ended",
        "_simultaneous",
        "_syn_at",
        "_syns",
        "ended",
        "ignored",
        "key",
        "last",
        "last_ended",
        "longest_silence",
        "number",
        "path",
        "receiver",
        "sender",
        "sink",
        "watched_until",
    )

    def __init__(
        self, number: int, first: Segment, ports: frozenset[int] | None, limits: TransportLimits
    ) -> None:
        self.number = number
        self.key = first.key
        self.sender = Half(limits)
        self.receiver = Half(limits)
        self.sender.peer, self.receiver.peer = self.receiver, self.sender
        self.last = self._first = first.at
        self.last_ended = first.at.ended
        self.ended = self.ignored = False
        self.sink: Callable[[Chunk], None] | None = None
        self.watched_until = first.at.ended
        self._ports = ports
        self._client: Half | None = None
        self._oriented_by = ""
        self._syns = 0
        self._asked_after_reset = False
        self._syn_at: Span | None = None
        self._rtt: int | None = None
        self._full_trip: int | None = None
        self._simultaneous = False
        self.longest_silence = 0
        self._silence_after: int | None = None
        self._silence_ended = 0
        self._ended_by: tuple[str, Half] | None = None
        self.path = first.path
        self._paths: tuple[tuple[str, ...], ...] = (first.path,)
        self._icmp: tuple[IcmpError, ...] = ()

    def take(self, half: Half, segment: Segment) -> Sequence[StreamEvent]:
        """The events that `segment`, sent by `half`, gives rise to; `Flows.feed` knows a shorter way for most."""
        _, _, ack, flags, window, _, missing, at, ttl, _, _, path = segment
        tally = half.tally
        silence = at.began - self.last_ended
        if silence >= 0:
            if silence > self.longest_silence:
                self.note_silence(silence, at)
            self.last, self.last_ended = at, at.ended
        if path != self.path:
            self.note_path(path)
        before = tally.latest
        tally.latest = segment
        tally.segments += 1
        if ttl != tally.ttl or not window or tally.zero_since is not None:
            tally.note(segment)
        if ack != half.peer.acked and flags & (ACK | RST) == ACK:
            half.peer.acknowledge(ack)
        earlier = before if before is not None and is_same_packet(segment, before) else None
        if earlier is None and flags & (SYN | FIN | RST):
            earlier = tally.seen_control(segment)
        copy = earlier is not None
        if earlier is not None:
            tally.note_copy(segment, earlier)
            tally.latest = before
        if flags & RST:
            tally.note_reset(segment, before, half.peer.tally.latest)
            self.gather(None)
            if self._ended_by is None:
                self._ended_by = ("reset", half)
            return ()  # what a reset carries is no part of the stream
        if flags & SYN:
            segment = self._take_syn(half, segment, copy=copy)
        elif not tally.acknowledging:
            self._forget_reset()
            tally.acknowledging = True
            half.peer.settle_on(ack)
            self._note_round_trip(half, at)
        if segment.payload or missing:
            if is_keep_alive(half, segment):
                tally.keep_alives += not copy
            elif not copy and half.hold(segment):
                tally.latest = before
        elif not flags & (SYN | FIN):
            tally.keep_alives += not copy and is_keep_alive(half, segment)
            if not half.direct and self._client is not None:
                half.open_up()
            return ()
        if flags & FIN:
            half.end_at((segment.seq + len(segment.payload) + missing) & MASK, at)
            self.gather(None)
            if self._ended_by is None:
                self._ended_by = ("fin", half)
        return self._advance(half)

    def gather(self, gathers: tuple[Gather, Gather] | None) -> None:
        """Give bytes of client and server to these first, which may take them: then no event is told of them.

        Eight of nine segments of a bulk transfer go no further.
        """
        for half in self._halves:
            half.gather = gathers[half.side] if gathers else None

    def is_continued_by(self, half: Half, syn: Segment) -> bool:
        """Whether `syn` belongs here; otherwise the pair of addresses and ports is used anew."""
        if syn.flags & ACK and not half.peer.may_have_sent(syn.ack):
            return False
        return half.begins_at((syn.seq + 1) & MASK) or self._is_answer_anew(half, syn)

    def _is_answer_anew(self, half: Half, syn: Segment) -> bool:
        """Whether `syn` answers the client's SYN once more, with another number.

        A server that has forgotten its first answer (the client's machine reset it, or it keeps none: SYN cookies,
        RFC 4987 section 3.6) takes a repeat of the same SYN for a new one.
        """
        asked = self._client is half.peer and half.peer.begun
        return bool(syn.flags & ACK) and asked and self.came_to_nothing and self._nothing_came_out

    def _take_syn(self, half: Half, segment: Segment, *, copy: bool) -> Segment:
        """Note a SYN; returns the segment as if it were none: its bytes follow the SYN's number."""
        seq = (segment.seq + 1) & MASK
        peer = half.peer
        if half.begun and not half.begins_at(seq) and self._is_answer_anew(half, segment):
            half.begin_anew(seq)
        half.begin(seq)
        half.tally.note_options(segment.options)
        if segment.flags & ACK:
            if not peer.begun:
                peer.begin(segment.ack)
            if self._rtt is None and self._syn_at is not None:
                self._rtt = max(0, segment.at.began - self._syn_at.began)
            if not self._simultaneous:
                self._orient(peer, "syn")
        else:
            if not copy and self._client in (None, half):
                self._syns += 1
                self._asked_after_reset |= half.tally.reset is not None
            if self._rtt is None:
                self._syn_at = segment.at
            if self._client is peer and not self._simultaneous and self._nothing_came_out:
                self._simultaneous = True
                self._client = None  # both asked: content or port decides
                half.direct = peer.direct = False
            elif not self._simultaneous:
                self._orient(half, "syn")
        return new_tuple(Segment, (segment.key, seq, *segment[2:]))

    def note_silence(self, silence: int, at: Span) -> None:
        """Keep the longest silence so far, which ended with the segment of `at`."""
        self.longest_silence, self._silence_after = silence, self.last.last
        self._silence_ended = at.began

    def note_path(self, path: tuple[str, ...]) -> None:
        """Another path than the latest segment's."""
        self.path = path
        if path not in self._paths and len(self._paths) < _MOST_PATHS:
            self._paths = (*self._paths, path)

    def _note_round_trip(self, half: Half, at: Span) -> None:
        """The final ACK of the handshake: the full round trip, wherever the capture was made."""
        if self._syn_at is not None and half is self._client and half.peer.begun:
            trip = self._full_trip = at.began - self._syn_at.began
            for each in (half, half.peer):
                each.round_trip_ns = max(each.round_trip_ns, trip)

    def _forget_reset(self) -> None:
        """A reset of an attempt to open ends nothing if a later answer to the same SYN does open the connection."""
        client, server = self._halves
        answer = server.tally.latest
        if answer is None or not answer.flags & SYN or not self.came_to_nothing:
            return
        for half in (client, server):
            reset = half.tally.reset
            if reset is None or (reset.ended, reset.last) >= (answer.at.began, answer.at.first):
                continue
            half.tally.forget_reset()
            if self._ended_by == ("reset", half):
                self._ended_by = None

    def _orient(self, client: Half, by: str) -> None:
        if self._client is None:
            self._client, self._oriented_by = client, by
            client.side, client.peer.side = CLIENT, SERVER

    def _orient_by_content(self) -> None:
        for half in self._halves:
            side = half.sender
            if side is not None:
                self._orient(half if side is CLIENT else half.peer, "content")

    def _orient_by_port(self) -> None:
        source, target = ports_of(self.key)
        wanted = self._ports or frozenset()
        if (source in wanted) != (target in wanted):
            sender_serves = source in wanted
        else:
            sender_serves = source < target
        self._orient(self.receiver if sender_serves else self.sender, "port")

    def _advance(self, half: Half) -> Sequence[StreamEvent]:
        if self._client is not None:
            return half.advance()
        self._orient_by_content()
        if self._client is None and half.waited_enough:
            self._orient_by_port()
        if self._client is None:
            return ()
        return [*self.sender.advance(), *self.receiver.advance()]

    @property
    def joined_late(self) -> bool:
        """Whether neither a SYN nor a hello of TLS shows that it was seen from its beginning."""
        return not (self.sender.begun or self.receiver.begun or self._oriented_by == "content")

    @property
    def is_over(self) -> bool:
        """Whether both sides have ended, or one was reset: only late segments may still come."""
        one, other = self.sender.tally, self.receiver.tally
        return bool((one.fin and other.fin) or one.reset or other.reset)

    @property
    def may_be_asked_again(self) -> bool:
        """Whether only the client's machine reset it: its program may not know, and repeat its SYN."""
        return self.came_to_nothing and self._halves[1].tally.reset is None

    @property
    def _nothing_came_out(self) -> bool:
        """Whether no event has told yet whose bytes these are."""
        return not (self.sender.came_out or self.receiver.came_out)

    @property
    def _halves(self) -> tuple[Half, Half]:
        """The client's and the server's; as long as it is not known, the first sender is the client."""
        if self._client is self.receiver:
            return self.receiver, self.sender
        return self.sender, self.receiver

    def finish(self, how: str) -> list[StreamEvent]:
        """End it: what is held comes out. `how` is the end of a side without FIN in a connection without RST."""
        if self._client is None:
            self._orient_by_content()
        if self._client is None:
            self._orient_by_port()
        client, server = self._halves
        at = self.last
        reset = client.tally.reset or server.tally.reset
        if reset:
            how, at = "reset", reset
        if self._ended_by is None:
            self._ended_by = (how, client)
        self.ended = True
        events = client.finish(how, at) + server.finish(how, at)
        self.let_go()
        return events

    def pack(self) -> None:
        """It is over: keep of its segments what is needed to tell late ones."""
        self.sender.pack()
        self.receiver.pack()

    def let_go(self) -> None:
        """Break the cycle of the two halves, which would keep both until the collector comes."""
        del self.sender.peer, self.receiver.peer

    def note_icmp(self, error: IcmpError) -> None:
        """Attach an ICMP error that quotes one of its segments."""
        if len(self._icmp) < _MOST_ICMP:
            self._icmp = (*self._icmp, error)

    def repeat_syn(
        self, times: int, copies: int, silence: int, silence_after: int, last: Span
    ) -> None:
        """Count SYNs, and copies of one, that came after the first and before this object was made.

        `silence` is the longest between them, `last` the frame of the latest.
        """
        self._syns += times
        self.sender.tally.segments += times + copies
        self.sender.tally.duplicates += copies
        self.longest_silence, self._silence_after = silence, silence_after
        self.last = self._syn_at = last
        self.last_ended = last.ended

    @property
    def copied(self) -> list[tuple[int, int]]:
        """Pairs of files (see `stream.file_of`) that hold the same packets of it: two points of capture.

        A packet that one point saw twice may lie on the border between two files; a few copies mean nothing.
        """
        one, other = self.sender.tally, self.receiver.tally
        if not (one.copied or other.copied):
            return []
        least = max(_FEW_COPIES, (one.segments + other.segments) // 4)
        return [pair for pair, count in (one.copied + other.copied).items() if count >= least]

    @property
    def came_to_nothing(self) -> bool:
        """Whether it never was open and brought no bytes: what a scan or a SYN flood leaves."""
        for half in self._halves:
            if half.tally.acknowledging or half.payload_bytes or half.gaps:
                return False
        return self.sender.begun or self.receiver.begun

    def facts(self) -> TcpFacts:
        """What was seen so far; final once the flow has ended."""
        client, server = self._halves
        source, target = endpoints(self.key)
        if client is self.receiver:
            source, target = target, source
        how, by = self._ended_by or ("open", client)
        side: Side | None = (
            (CLIENT if by is client else SERVER) if how in ("fin", "reset") else None
        )
        return TcpFacts(
            client=source,
            server=target,
            oriented_by=self._oriented_by or "port",
            opening=self._opening(),
            syns=self._syns,
            rtt_ns=self._rtt,
            full_rtt_ns=self._full_trip,
            asked_after_reset=self._asked_after_reset,
            longest_silence_ns=self.longest_silence,
            silence_after=self._silence_after,
            silence_ended_ns=self._silence_ended,
            gaps=(*client.gaps, *server.gaps),
            ended_by=how,
            ended_by_side=side,
            paths=self._paths,
            icmp=self._icmp,
            span=self._first.to(self.last),
            watched_until_ns=max(self.last.ended, self.watched_until),
            sides=(
                client.tally.facts(client.payload_bytes),
                server.tally.facts(server.payload_bytes),
            ),
        )

    def _opening(self) -> str:
        client, server = self._halves
        if not client.begun and not server.begun:
            return "unseen"
        if self._simultaneous:
            return "simultaneous"
        if client.tally.acknowledging or server.tally.acknowledging:
            return "complete"
        if server.begun:
            return "no-final-ack"
        return "refused" if server.tally.reset else "syn-only"
