"""What one direction looked like from outside: the counts behind `SideFacts`."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

from analyzer.capture.items import RST, SYN, Segment
from analyzer.stream import Span, file_of
from analyzer.transport.facts import SideFacts
from analyzer.transport.remembered import (
    Sighting,
    is_contradicted,
    is_same_packet,
    is_sighted,
    pack_sightings,
    sightings,
)
from analyzer.transport.seq import MASK, distance

_MOST_TTLS = 8
_MOST_CONTROLS = 8
_MOST_DISAGREEMENTS = 64


class _Open(NamedTuple):
    """What a connection's end left open; see `SideFacts`."""

    size: int
    largest: int
    largest_passed: int
    since_ns: int
    window_closed_ns: int
    last_payload: int


_SETTLED = _Open(0, 0, 0, 0, 0, 0)


# Of tens of thousands of connections that never say a word each needs no such thing of its own.
_NOTHING: deque[Segment] = deque(maxlen=0)
_FEW = 4  # segments, for which a list does; a deque takes 760 bytes
_NO_COPIES: Counter[tuple[int, int]] = Counter()


class Tally:
    """Counts of one direction. What every segment changes, `Flow.take` writes itself.

    Args:
        remembered: how many of the segments that brought bytes are kept, to recognise repeats.

    Attributes:
        segments, ttl: how many there were, and the TTL of the last. latest: the last that was no second sighting.
        acknowledging: it sent something after its SYN: it takes the connection for open.
        recent: the remembered segments; `remember` comes before the first, or `keep` takes it. After the end they are
            the last ones, see `pack`.
        copied: pairs of files (see `stream.file_of`), with the number of packets that both hold.
        zero_since: when its window became zero, None while it is open.
    """

    __slots__ = (
        "_controls",
        "_disagreements",
        "_latest_copy",
        "_older",
        "_open",
        "_remembered",
        "_reset",
        "_reset_after",
        "_reset_ttl_new",
        "_ttls",
        "_zero_window_ns",
        "_zero_windows",
        "acknowledging",
        "copied",
        "duplicates",
        "fin",
        "keep_alives",
        "latest",
        "mss",
        "out_of_order",
        "recent",
        "recovered",
        "reset",
        "retransmissions",
        "segments",
        "ttl",
        "window_scale",
        "zero_since",
    )

    def __init__(self, remembered: int) -> None:
        self.segments = 0
        self.acknowledging = False
        self.latest: Segment | None = None
        self.recent: deque[Segment] | list[Segment] = _NOTHING
        self.copied = _NO_COPIES
        self._older = b""  # remembered before those in `recent`, see `pack`
        self._remembered = remembered
        self.retransmissions = self.duplicates = self.out_of_order = self.recovered = 0
        self.keep_alives = 0
        self.mss: int | None = None
        self.window_scale: int | None = None
        self.fin: Span | None = None
        self.reset: Span | None = None
        self._reset: tuple[int, int, int | None] | None = (
            None  # its TTL, its IP id, the IP id before it
        )
        self._reset_ttl_new = False
        self._reset_after: int | None = None
        self._latest_copy: Span | None = None
        self._controls: tuple[Segment, ...] = ()  # the latest with SYN, FIN or RST
        self.ttl = -1
        self._ttls: tuple[int, ...] = ()
        self._zero_windows = self._zero_window_ns = 0
        self.zero_since: int | None = None
        self._disagreements: tuple[Span, ...] = ()
        self._open = _SETTLED

    def remember(self) -> None:
        """From now on segments are put into `recent`."""
        if self.recent is _NOTHING or type(self.recent) is list:
            self.recent = deque(self.recent, maxlen=self._remembered)

    def keep(self, segment: Segment) -> None:
        """Put a segment into `recent`, which may be the first."""
        if self.recent is _NOTHING:
            self.recent = [segment]
            return
        if len(self.recent) >= _FEW:
            self.remember()
        self.recent.append(segment)

    def note(self, segment: Segment) -> None:
        """Note another TTL than before, a zero window or the end of one."""
        self.ttl = segment.ttl
        if self.ttl not in self._ttls and len(self._ttls) < _MOST_TTLS:
            if segment.flags & RST and self.reset is None:
                self._reset_ttl_new = bool(self._ttls)
            self._ttls = (*self._ttls, self.ttl)
        if segment.flags & (SYN | RST):
            return
        if not segment.window:
            self._zero_windows += 1
            if self.zero_since is None:
                self.zero_since = segment.at.began
        elif self.zero_since is not None:
            self._zero_window_ns += max(0, segment.at.began - self.zero_since)
            self.zero_since = None

    def note_options(self, options: bytes) -> None:
        """Take the maximum segment size and window scale of a SYN (RFC 9293 section 3.2, RFC 7323 section 2)."""
        at, last = 0, len(options) - 1
        while at < last and (kind := options[at]):
            if kind == 1:
                at += 1
                continue
            length = options[at + 1]
            if kind == 2 and length == 4:
                self.mss = int.from_bytes(options[at + 2 : at + 4], "big")
            elif kind == 3 and length == 3 and at + 2 <= last:
                self.window_scale = options[at + 2]
            at += max(length, 2)

    def note_reset(self, segment: Segment, before: Segment | None, asked: Segment | None) -> None:
        """Keep the first RST, which `before` preceded on this side and `asked` on the other."""
        if self.reset is None:
            self.reset = segment.at
            self._reset_after = segment.at.began - asked.at.ended if asked else None
            self._reset = (segment.ttl, segment.ip_id, before.ip_id if before else None)

    def forget_reset(self) -> None:
        """The RST did not end the connection after all."""
        self.reset = self._reset = self._reset_after = None
        self._reset_ttl_new = False

    def note_disagreement(self, at: Span) -> None:
        """Keep where repeated bytes differ from the first ones."""
        if len(self._disagreements) < _MOST_DISAGREEMENTS:
            self._disagreements = (*self._disagreements, at)

    def pack(self, acked: int, *, everything: bool) -> None:
        """The connection is over: of what the peer acknowledged, but for the last segment, only hashes are kept.

        By them a late repeat of the same range is recognised, be it the same bytes or others. What is no longer seen is
        other bytes in a repeat that was cut or put together anew.

        Args:
            acked: the highest acknowledgment by the peer, -1 for none. everything: nothing was sent beyond it.
        """
        recent = list(self.recent)
        count = len(recent) - 1
        if not everything:
            ahead = (at for at in range(count) if _is_unanswered(recent[at], acked))
            count = next(ahead, count)
        if count > 0:
            self._older = pack_sightings(recent[:count])
            self.recent = recent[count:]

    def forget(self) -> None:
        """No more segments come."""
        self.recent = _NOTHING
        self._older = b""

    def _sightings(self) -> Iterable[Sighting]:
        return sightings(self._older, self._remembered - len(self.recent)) if self._older else ()

    def seen_before(self, segment: Segment) -> Segment | Sighting | None:
        """The remembered packet of which `segment` is a second sighting, None where it was sent anew."""
        for each in self._sightings():
            if is_sighted(segment, each):
                return each
        return next((each for each in self.recent if is_same_packet(segment, each)), None)

    def contradicted(self, segment: Segment) -> Span | None:
        """Where the range of a segment was first sent with other bytes, as far as `pack` took those."""
        return next((each.at for each in self._sightings() if is_contradicted(segment, each)), None)

    def seen_control(self, segment: Segment) -> Segment | None:
        """The same for a segment with SYN, FIN or RST, which is remembered if it is new."""
        earlier = next((each for each in self._controls if is_same_packet(segment, each)), None)
        if earlier is None:
            self._controls = (*self._controls[1 - _MOST_CONTROLS :], segment)
        return earlier

    def note_copy(self, segment: Segment, earlier: Segment | Sighting) -> None:
        """Count a second sighting of a packet."""
        self.duplicates += 1
        self._latest_copy = segment.at
        one, other = file_of(earlier.at.first), file_of(segment.at.first)
        if one != other:
            self.copied = self.copied or Counter()
            self.copied[min(one, other), max(one, other)] += 1

    def settle(self, acked: int, ended: int, behind: int) -> None:
        """Note what the end of the connection leaves open, while the segments are still remembered.

        Args:
            acked: the highest acknowledgment by the peer, -1 for none.
            ended: capture time of the connection's last segment.
            behind: the sequence number behind all that came out, -1 where more is held.
        """
        recent = self.recent
        last = len(recent[-1].payload) + recent[-1].missing if recent else 0
        closed = 0 if self.zero_since is None else max(0, ended - self.zero_since)
        unanswered: list[Segment] = []
        passed = 0
        # Mostly all is acknowledged, and 48 segments of a connection need not be looked at, a tenth of transport's time.
        if (
            min(acked, behind) < 0
            or _is_ahead(behind, acked)
            or (recent and _is_unanswered(recent[-1], acked))
        ):
            passed = max((each.size + each.missing for each in self._sightings()), default=0)
            for segment in recent:
                if _is_unanswered(segment, acked):
                    unanswered.append(segment)
                else:
                    passed = max(passed, len(segment.payload) + segment.missing)
        if not unanswered:
            self._open = _Open(0, 0, 0, 0, closed, last)
            return
        ends = [(s.seq + len(s.payload) + s.missing) & MASK for s in unanswered]
        start = acked if acked >= 0 else unanswered[0].seq
        self._open = _Open(
            max(distance(end, start) for end in ends),
            max(len(s.payload) + s.missing for s in unanswered),
            passed,
            max(0, unanswered[-1].at.ended - unanswered[0].at.began),
            closed,
            last,
        )

    @property
    def _last(self) -> Span | None:
        """Where its latest packet was, a second sighting too."""
        latest, copy = self.latest.at if self.latest else None, self._latest_copy
        if latest is None or (copy is not None and copy.ended > latest.ended):
            return copy
        return latest

    def facts(self, payload_bytes: int) -> SideFacts:
        """The counts so far."""
        reset_ttl, reset_ip_id, last_ip_id = self._reset or (None, None, None)
        if self._reset is None and self.latest is not None:
            last_ip_id = self.latest.ip_id
        return SideFacts(
            segments=self.segments,
            payload_bytes=payload_bytes,
            retransmissions=self.retransmissions,
            duplicates=self.duplicates,
            out_of_order=self.out_of_order,
            recovered=self.recovered,
            disagreements=self._disagreements,
            keep_alives=self.keep_alives,
            zero_windows=self._zero_windows,
            zero_window_ns=self._zero_window_ns,
            mss=self.mss,
            window_scale=self.window_scale,
            ttls=self._ttls,
            reset=self.reset,
            reset_ttl=reset_ttl,
            reset_ip_id=reset_ip_id,
            last_ip_id=last_ip_id,
            fin=self.fin,
            last=self._last,
            unacknowledged=self._open.size,
            largest_unacknowledged=self._open.largest,
            largest_acknowledged=self._open.largest_passed,
            unanswered_ns=self._open.since_ns,
            window_closed_ns=self._open.window_closed_ns,
            last_payload=self._open.last_payload,
            reset_ttl_new=self._reset_ttl_new,
            reset_after_ns=self._reset_after,
        )


def _is_ahead(of: int, since: int) -> bool:
    return distance(of, since) > 0


def _is_unanswered(segment: Segment, acked: int) -> bool:
    end = segment.seq + len(segment.payload) + segment.missing
    return acked < 0 or _is_ahead(end, acked)
