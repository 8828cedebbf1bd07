"""Finds the next level's TLS in the plaintext of the one below.

What lies between the outer and the inner TLS of a CloudHSM is not public: vendor messages come first, and
headers may stand before the inner records or cut them. So the bytes of both sides are held until enough
is there to tell; then the form that fits best (`hypotheses`) is followed (`follower`) to the end.

    events of the level below -> held -> the form that fits -> one follower a side -> TLS bytes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.session.facts import SkippedBytes
from analyzer.session.follower import Follower
from analyzer.session.forms import Form, parse_framing
from analyzer.session.hypotheses import Run, best_form, first_header, late_record, plainly_bare
from analyzer.session.window import Skips
from analyzer.stream import CLIENT, SERVER, Chunk, Gap, Side, StreamEvent
from analyzer.values import dataclass

__all__ = ["Framing", "FramingLimits", "parse_framing"]

# Content types 20 to 23, and a record's major version.
_RECORD_STARTS = frozenset({b"\x14\x03", b"\x15\x03", b"\x16\x03", b"\x17\x03"})


@dataclass(frozen=True, slots=True)
class FramingLimits:
    """Ceilings per side, in bytes.

    Attributes:
        settled: with so many held of both sides the form is chosen.
        alone: with so many held of one side it is chosen without the other.
        held: the most that is held; without TLS in it the older half is given up as vendor bytes.
        searched: TLS that has not begun within so many is not looked for any more.
        listed: the most entries of `Framing.skipped` (further ones only count).
    """

    settled: int = 1 << 12
    alone: int = 1 << 16
    held: int = 1 << 18
    searched: int = 1 << 20
    listed: int = 1024


_LIMITS = FramingLimits()
_BARE = Form()


class Framing:
    """The TLS bytes in two-sided plaintext, whatever stands before and between them.

    Args:
        pinned: the form where the user knows it, see `parse_framing`; None finds out.
        cut_hellos: look for forms that cut even a hello's first bytes.
        offsets: per side, where in the stream the first bytes stand that are fed.

    Attributes:
        joined_late: the level below was joined in its middle, so that no hello may be there to begin with;
            set by whoever knows.

    Raises:
        BadUsage: for a `pinned` that is no framing.
    """

    def __init__(
        self,
        pinned: str | None = None,
        limits: FramingLimits | None = None,
        *,
        cut_hellos: bool = True,
        offsets: tuple[int, int] = (0, 0),
    ) -> None:
        limits = limits or _LIMITS
        self._cut_hellos = cut_hellos
        self._pin = None if pinned is None else parse_framing(pinned)
        self._lanes = (
            _Lane(CLIENT, limits, offsets[CLIENT]),
            _Lane(SERVER, limits, offsets[SERVER]),
        )
        self._form: Form | None = None
        self._limits = limits
        self._settled, self._alone = limits.settled, limits.alone
        self._looks_early = self._pin is None  # once, as soon as it may tell
        self.joined_late = False

    @property
    def found(self) -> bool:
        """TLS was recognised."""
        return self._form is not None

    @property
    def name(self) -> str:
        """How it is wrapped, "" until it was found.

        `bare`, or `<N>-byte header per record|message`, then `, big-endian length`, `, little-endian length`
        or nothing where no length was recognised.
        """
        if self._form is None:
            return ""
        apart = all(lane.follower.apart for lane in self._lanes if lane.follower)
        unit = self._pin.unit if self._pin else "record" if apart else "message"
        return self._form.name(unit)

    @property
    def skipped(self) -> list[SkippedBytes]:
        """Bytes that belong to no TLS record, the client's first: vendor messages and headers."""
        return [entry for lane in self._lanes for entry in lane.skips.listed]

    @property
    def skipped_bytes(self) -> tuple[int, int]:
        """How many bytes of either side belong to no TLS record, listed in `skipped` or not."""
        return self._lanes[CLIENT].skips.total, self._lanes[SERVER].skips.total

    def feed(self, event: StreamEvent) -> Sequence[StreamEvent]:
        """Take the next event of the plaintext; the TLS bytes that are known with it."""
        side = event[0]
        lane = self._lanes[side]
        follower = lane.follower
        if follower is not None:
            return follower.feed(event)
        lane.hold(event)
        peer = self._lanes[1 - side]
        if self._looks_early and self._lanes[CLIENT].starts > 1 and self._lanes[SERVER].starts:
            self._looks_early = False
            if self._form is None and (out := self._begin_plainly()):
                return out
        unsearched = self._pin and self._pin.unit == "none"
        if unsearched or (not self._form and lane.end > self._limits.searched):
            lane.give_up(lane.held)
            return ()
        settled = lane.held >= self._settled and (peer.follower or peer.held >= self._settled)
        if not settled and lane.held < self._alone:
            return ()
        out = self._begin()
        if not lane.follower:
            # Every attempt reads all that is held, so the next one waits for twice as much.
            self._settled = min(2 * self._settled, self._limits.held)
            self._alone = min(2 * self._alone, self._limits.held)
            if lane.held >= self._limits.held:
                lane.give_up(lane.held // 2)
        return out

    def passes(self, side: Side, data: bytes) -> bool:
        """Whether `data`, one whole record, is to be passed on as it is; then it need not be fed."""
        follower = self._lanes[side].follower
        return follower is not None and follower.passes(data)

    def finish(self) -> Sequence[StreamEvent]:
        """No more events will come; the TLS bytes that were held back."""
        out = self._begin()
        for lane in self._lanes:
            if lane.follower:
                lane.follower.finish()
            else:
                ends = lane.give_up(lane.held)
                out += ends if self.found else []
        return out

    def _begin(self) -> list[StreamEvent]:
        """Choose the form if that is still open, and follow it where TLS begins."""
        form = self._form
        if form is None:
            if self._pin is None and (out := self._begin_plainly()):
                return out
            runs = [run for lane in self._lanes for run in lane.runs()]
            form = best_form(runs, self._pin, cut_hellos=self._cut_hellos)
        if form is None:
            return self._begin_late() if self.joined_late and self._pin is None else []
        client, server = self._lanes
        sent = [] if client.follower else client.follow(form, answers=False)
        answers = client.follower is not None
        answered = [] if server.follower else server.follow(form, answers=answers)
        if client.follower or server.follower:
            self._form = form
        return _in_time(sent, answered)

    def _begin_plainly(self) -> list[StreamEvent]:
        """The bytes of bare records, where a look at the record headers is enough; else none."""
        client, server = self._lanes
        starts = plainly_bare(client.runs(), server.runs())
        if starts is None:
            return []
        form = self._form = _BARE
        return _in_time(
            client.follow_from(starts[CLIENT], form), server.follow_from(starts[SERVER], form)
        )

    def _begin_late(self) -> list[StreamEvent]:
        """Without any hello: follow bare records from where they go on."""
        out = _in_time(*(lane.follow_late() for lane in self._lanes))
        if any(lane.follower for lane in self._lanes):
            self._form = _BARE
        return out


def _in_time(client: list[StreamEvent], server: list[StreamEvent]) -> list[StreamEvent]:
    """Both sides' events by capture time, each side's own order kept.

    So nothing behind has to wait for the other side's hello, or its keys: that costs more than this.
    """
    if not (client and server):
        return client or server
    timed: list[tuple[int, int, StreamEvent]] = []
    for events in (client, server):
        latest = 0
        for event in events:
            latest = max(latest, event.at.ended)
            timed.append((latest, len(timed), event))
    timed.sort()
    return [event for _, _, event in timed]


class _Lane:
    """One side: its events are held until it is known where its TLS begins, then followed.

    Attributes:
        held: bytes held. starts: chunks held that begin as a record does. follower: None until then.
    """

    def __init__(self, side: Side, limits: FramingLimits, offset: int) -> None:
        self.held = self.starts = 0
        self.follower: Follower | None = None
        self.skips = Skips(limits.listed)
        self._side = side
        self._events: list[StreamEvent] = []
        self._offset = offset  # of the first event held

    @property
    def end(self) -> int:
        """How many bytes of this side have come."""
        return self._offset + self.held

    def hold(self, event: StreamEvent) -> None:
        self._events.append(event)
        if isinstance(event, Chunk):
            self.held += len(event.data)
            self.starts += event.data[:2] in _RECORD_STARTS

    def runs(self) -> list[Run]:
        """What is held, cut at the gaps."""
        runs = []
        data, borders = bytearray(), []
        start = self._offset
        for event in self._events:
            if type(event) is Chunk:
                borders.append(len(data))
                data += event[1]
            elif isinstance(event, Gap):
                runs.append(Run(self._side, bytes(data), start, frozenset(borders)))
                start += len(data) + (event.size or 0)
                data, borders = bytearray(), []
        runs.append(Run(self._side, bytes(data), start, frozenset(borders)))
        return [run for run in runs if run.data]

    def follow(self, form: Form, *, answers: bool) -> list[StreamEvent]:
        """The TLS bytes of what is held, if they begin in it."""
        return self._follow(form, lambda run: first_header(form, run, answers=answers))

    def follow_late(self) -> list[StreamEvent]:
        """The bytes of bare records whose hello was missed, if any go on in what is held."""
        return self._follow(_BARE, late_record)

    def _follow(self, form: Form, place: Callable[[Run], int | None]) -> list[StreamEvent]:
        before = 0
        for run in self.runs():
            header = place(run)
            if header is not None:
                return self.follow_from(before + header, form)
            before += len(run.data)
        return []

    def follow_from(self, start: int, form: Form) -> list[StreamEvent]:
        """The TLS bytes of what is held, which begin behind `start` bytes of it."""
        self.give_up(start)
        follower = self.follower = Follower(form, self._side, self._offset, self.skips)
        events, self._events, self.held = self._events, [], 0
        return [lower for event in events for lower in follower.feed(event)]

    def give_up(self, size: int) -> list[StreamEvent]:
        """Take the first `size` bytes for vendor bytes; the gaps and ends up to there."""
        passed: list[StreamEvent] = []
        events = self._events
        self.held -= size
        done = 0
        while done < len(events) and (size or type(events[done]) is not Chunk):
            event = events[done]
            if isinstance(event, Chunk):
                count = min(size, len(event.data))
                self.skips.add(self._side, self._offset, count, event.at)
                self._offset += count
                size -= count
                if count < len(event.data):
                    events[done] = event._replace(data=event.data[count:])
                    break
            else:
                passed.append(event)
                self._offset += (event.size or 0) if isinstance(event, Gap) else 0
            done += 1
        del events[:done]
        return passed
