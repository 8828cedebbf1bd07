"""Which form fits? Every form that a hello's surroundings suggest is tried on all bytes that are held.

A hypothesis is tried by following it (`Follower`) and judged by what came of it: records found, messages
that end where a record does, places where no record was where it should be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from analyzer.session.follower import Follower
from analyzer.session.forms import (
    LARGEST_HEADER,
    Form,
    Pin,
    forms_before,
    preference,
    small_forms,
)
from analyzer.session.scan import (
    LONGEST_HELLO,
    RECORD_HEADER,
    RECORD_START,
    begins_tls,
    hello_places,
    record_size,
)
from analyzer.session.window import Skips
from analyzer.stream import Chunk, Side, Span
from analyzer.values import dataclass

# Places where a hello seems to begin that are looked at; vendor bytes seldom show even one.
_PLACES = 8
# Forms that are followed to the end of what is held.
_TRIED = 48
# Messages through which a form is followed: from the first byte to the hello, and to tell it from others.
_MESSAGES_BEFORE = 256
_MESSAGES_COMPARED = 16
# How many bytes are looked at, until they tell: both headers, most hellos, every hello.
_PROBES = (9, 2048, 2 * LONGEST_HELLO)
# How many bytes a form is tried on: a handshake has some ten thousand.
_FOLLOWED = 1 << 16

# What speaks for a form and against it. A header without a length must be seen three times, or
# vendor messages of one size before both hellos would be taken for it.
_RECORD, _FIT, _ON_BORDER = 8, 2, 1
_LOST = -4
_LENGTH_FORM, _CONSTANT_FORM = -4, -10

_NOWHEN = Span(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes of one side without a hole.

    Attributes:
        offset: where in this side's plaintext they begin.
        borders: where in `data` chunks begin: where an outer record did.
    """

    side: Side
    data: bytes
    offset: int
    borders: frozenset[int]


def best_form(
    runs: Sequence[Run], pin: Pin | None = None, *, cut_hellos: bool = True
) -> Form | None:
    """The form that fits the bytes of both sides best, None where no TLS begins in any of them.

    Args:
        runs: what is held of either side.
        pin: the form the user named.
        cut_hellos: try the forms that cut even a hello's first bytes. Where there is no TLS that is some
            hundred forms on every connection, a third of all the time that a reconnect storm takes.
    """
    client, server = ([run for run in runs if run.side is side] for side in Side)
    small = small_forms() if cut_hellos else ()
    suggested = _suggested(client, pin, small, answers=False)
    answers = bool(suggested)
    suggested += _suggested(server, pin, small, answers=answers)
    if not suggested:
        return None
    # Where one has to be left out it is one with a length that few messages speak for.
    tried = sorted(suggested, key=lambda form: (form.width > 0, -suggested[form]))[:_TRIED]
    return max(sorted(tried, key=preference), key=lambda form: _score(form, runs, answers=answers))


def plainly_bare(client: Sequence[Run], server: Sequence[Run]) -> tuple[int, int] | None:
    """Where either side's records begin, if nothing but records follows, and the client's are of several sends.

    A header, of whatever form, would break the chain where the second send begins. So most connections
    cost one walk over their record headers, and not the thousand times more of trying every form, and no more
    has to be held than up to there.
    """
    if len(client) != 1 or len(server) != 1:
        return None
    sent, answered = _chain(client[0], answers=False), _chain(server[0], answers=True)
    if not sent or not answered or client[0].borders.isdisjoint(sent[1:]):
        return None
    return sent[0], answered[0]


def _chain(run: Run, *, answers: bool) -> list[int] | None:
    """Where records begin from the hello to the end of the bytes held; None where other bytes stand between."""
    at = next(hello_places(run.data, run.side, answers=answers), None)
    if at is None or not begins_tls(run.side, run.data[at:], answers=answers):
        return None
    places = []
    while at + RECORD_HEADER <= len(run.data):
        size = record_size(run.data, at)
        if size is None:
            return None
        places.append(at)
        at += size
    return places


def late_record(run: Run) -> int | None:
    """Where records go on in bytes whose hello was missed: two headers at least, that lead to the end."""
    data = run.data
    for match in RECORD_START.finditer(data):
        at, records = match.start(), 0
        while at + RECORD_HEADER <= len(data):
            size = record_size(data, at)
            if size is None:
                break
            at, records = at + size, records + 1
        else:
            if records > 1:
                return match.start()
    return None


def first_header(form: Form, run: Run, *, answers: bool) -> int | None:
    """Where in `run.data` the header stands behind which TLS begins, if it is wrapped in `form`."""
    for at in islice(hello_places(run.data, run.side, answers=answers), _PLACES):
        header = at - form.size
        if header >= 0 and _begins(form, run, header, answers=answers):
            return header
    return next((at for at in _headers(form, run) if _begins(form, run, at, answers=answers)), None)


def _suggested(
    runs: Sequence[Run], pin: Pin | None, small: Sequence[Form], *, answers: bool
) -> Counter[Form]:
    """The forms in which one side's TLS may begin, with how many messages speak for them.

    `small`: those to try where no hello shows.
    """
    for run in runs:
        for at in islice(hello_places(run.data, run.side, answers=answers), _PLACES):
            record = record_size(run.data, at) or 0
            forms = (
                *_constant_forms(run.data, at, record, pin),
                *forms_before(run.data, at, record),
            )
            placed = [
                (form, at - form.size)
                for form in forms
                if (pin is None or pin.allows(form))
                and _begins(form, run, at - form.size, answers=answers)
            ]
            if placed:
                return _distinct(placed, run.data)
    for run in runs[:1]:
        # Perhaps even the hello's first bytes are cut.
        placed = [
            (form, at)
            for form in small
            if (pin is None or pin.allows(form))
            for at in _headers(form, run)
            if _begins(form, run, at, answers=answers)
        ]
        return _distinct(placed, run.data)
    return Counter()


def _constant_forms(data: bytes, at: int, record: int, pin: Pin | None) -> Iterator[Form]:
    """Bare, and headers without a length: as many bytes as stand before the second record."""
    if pin:
        yield Form(min(pin.size, at))
        return
    for size in range(min(LARGEST_HEADER, at) + 1):
        second = data[at + record + size :][:RECORD_HEADER]
        if not size or (len(second) == RECORD_HEADER and record_size(second)):
            yield Form(size)


def _distinct(placed: Iterable[tuple[Form, int]], data: bytes) -> Counter[Form]:
    """One form of those that see the same messages in `data`, with how many they see."""
    best: dict[tuple[object, ...], Form] = {}
    for form, header in placed:
        messages = islice(form.messages(data, header), _MESSAGES_COMPARED)
        seen = (form.size, form.width > 0, *messages)
        best[seen] = min(best.get(seen, form), form, key=preference)
    return Counter({form: len(seen) - 1 for seen, form in best.items()})


def _begins(form: Form, run: Run, header: int, *, answers: bool) -> bool:
    """Whether TLS begins behind the header at `header`."""
    for size in _PROBES:
        start = form.payloads(run.data, header, size)
        begins = begins_tls(run.side, start, answers=answers)
        if begins is not None:
            return begins
    return False


def _headers(form: Form, run: Run) -> Iterator[int]:
    """Where headers with a length stand, if the first byte of this side begins one."""
    if form.width and not run.offset:
        for start, _ in islice(form.messages(run.data, 0), _MESSAGES_BEFORE):
            yield start - form.size


def _score(form: Form, runs: Sequence[Run], *, answers: bool) -> int:
    """How well `form` explains the bytes of both sides; the higher the better."""
    score = 0
    if form.size:
        score += _LENGTH_FORM if form.width else _CONSTANT_FORM
    started: set[Side] = set()
    for run in runs:
        header = None if run.side in started else first_header(form, run, answers=answers)
        if header is None:
            continue
        started.add(run.side)
        follower = Follower(form, run.side, 0, Skips(0))
        follower.feed(Chunk(run.side, run.data[header : header + _FOLLOWED], _NOWHEN))
        score += _RECORD * follower.records + _FIT * follower.fits + _LOST * follower.lost
        score += _ON_BORDER * (header in run.borders)
        explained = header in _headers(form, run) or run.offset + header == 0
        score += 0 if explained else _LOST
    return score
