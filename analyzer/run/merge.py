"""Several capture files as one, in capture time: the files of a ring buffer, in whatever order they are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heapreplace

from analyzer.capture import Capture
from analyzer.capture.items import IcmpError, Item, Segment


def merged(captures: Sequence[Capture]) -> Iterator[Item]:
    """The items of all captures, those with a time in its order, the others where they stand in their file.

    Each file keeps its own order, also where its times go backwards. One file passes straight through.
    """
    if len(captures) == 1:
        return iter(captures[0])
    return _by_time([iter(capture) for capture in captures])


def _by_time(files: Sequence[Iterator[Item]]) -> Iterator[Item]:
    # Per file the time of its next packet, the file's place (which decides between equal times) and
    # the packet.
    waiting: list[tuple[int, int, Item]] = []
    for place, items in enumerate(files):
        for item in items:
            if type(item) is Segment or isinstance(item, IcmpError):
                waiting.append((item.at.began, place, item))
                break
            yield item
    heapify(waiting)
    while waiting:
        _, place, earliest = waiting[0]
        # Files mostly follow each other: a file goes on by itself up to the next packet of the others.
        next_time, next_place = min(waiting[1:3], default=_NEVER)[:2]
        yield earliest
        for item in files[place]:
            if type(item) is Segment or isinstance(item, IcmpError):
                time = item.at[2]  # when it began
                if time > next_time or (time == next_time and place > next_place):
                    heapreplace(waiting, (time, place, item))
                    break
            yield item
        else:
            heappop(waiting)


# Behind every packet's time and file.
_NEVER = (1 << 64, 0)
