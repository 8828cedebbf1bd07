"""Which form fits? Every form that a hello's surroundings suggest is tried on all bytes that are held.

A hypothesis is tried by following it (`Follower`) and judged by what came of it: records found, messages
that end where a record does, places where no record was where it should be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from analyzer.session.follower import Follower
from analyzer.session.forms import (
    BARE,
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
    begins_tls,
    hello_places,
    record_size,
)
from analyzer.session.window import Skips
from analyzer.stream import CLIENT, SERVER, Chunk, Side, Span

# Places where a hello seems to begin that are looked at; vendor bytes seldom show even one.
_PLACES = 64
# Forms that are followed to the end of what is held.
_TRIED = 48
# Vendor messages before the hello through which a form is followed from the first byte on.
_MESSAGES = 256
# How many bytes are looked at, until they tell: both headers, most hellos, every hello.
_PROBES = (9, 2048, 2 * LONGEST_HELLO)
# How many bytes a form is tried on: a handshake has some ten thousand.
_FOLLOWED = 1 << 16

# What speaks for a form and against it. A header without a length must be seen three times, or
# vendor messages of one size before both hellos would be taken for it.
_RECORD, _FIT, _ON_BORDER = 8, 2, 1
_LOST, _VENDOR = -4, -1
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


def best_form(runs: Sequence[Run], pin: Pin | None = None) -> Form | None:
    """The form that fits the bytes of both sides best, None where no TLS begins in any of them.

    Args:
        runs: what is held of either side.
        pin: the form the user named.
    """
    client = [form for run in runs if run.side is CLIENT for form in _suggested(run, answers=False)]
    server = [
        form for run in runs if run.side is SERVER for form in _suggested(run, answers=bool(client))
    ]
    suggested = Counter([*dict.fromkeys(client), *dict.fromkeys(server)])
    if pin:
        suggested = Counter({form: 1 for form in (*suggested, *pin.forms) if pin.allows(form)})
    if not suggested:
        return None
    forms = sorted(suggested, key=lambda form: (-suggested[form], preference(form)))[:_TRIED]
    return max(
        sorted(forms, key=preference), key=lambda form: _score(form, runs, answers=bool(client))
    )


def first_header(form: Form, run: Run, *, answers: bool) -> int | None:
    """Where in `run.data` the header stands behind which TLS begins, if it is wrapped in `form`."""
    for at in islice(hello_places(run.data, run.side, answers=answers), _PLACES):
        header = at - form.size
        if header >= 0 and _begins(form, run, header, answers=answers):
            return header
    if not form.width:
        return None
    # Messages that cut even the hello's first bytes: from header to header.
    for header in _messages(form, run):
        if _begins(form, run, header, answers=answers):
            return header
    return None


def _suggested(run: Run, *, answers: bool) -> list[Form]:
    """The forms that the bytes around the first hello of `run` allow."""
    data = run.data
    for at in islice(hello_places(data, run.side, answers=answers), _PLACES):
        record = record_size(data[at : at + RECORD_HEADER])
        if record is None:
            continue
        forms = [
            form
            for form in forms_before(data, at, record)
            if _begins(form, run, at - form.size, answers=answers)
        ]
        if _begins(BARE, run, at, answers=answers):
            forms.append(BARE)
            forms += _constant_forms(data, at, record)
        if forms:
            return forms
    if run.offset:
        return []
    return [
        form
        for form in small_forms()
        if any(_begins(form, run, at, answers=answers) for at in _messages(form, run))
    ]


def _constant_forms(data: bytes, at: int, record: int) -> Iterator[Form]:
    """Headers of which no length is known: as many bytes as stand before the second record."""
    for size in range(1, min(LARGEST_HEADER, at) + 1):
        second = at + record + size
        header = data[second : second + RECORD_HEADER]
        if len(header) == RECORD_HEADER and record_size(header) is not None:
            yield Form(size)


def _begins(form: Form, run: Run, header: int, *, answers: bool) -> bool:
    """Whether TLS begins behind the header at `header`."""
    for size in _PROBES:
        data = form.payloads(run.data, header, size)
        begins = begins_tls(run.side, data, answers=answers)
        if begins is not None:
            return begins
    return False


def _messages(form: Form, run: Run) -> Iterator[int]:
    """Where headers stand if the side's first byte begins one."""
    at = 0
    if run.offset:
        return
    for _ in range(_MESSAGES):
        payload = form.payload(run.data, at) if at + form.size <= len(run.data) else None
        if payload is None:
            return
        yield at
        at += form.size + payload


def _score(form: Form, runs: Sequence[Run], *, answers: bool) -> int:
    """How well `form` explains the bytes of both sides; the higher the better."""
    score = 0
    if form.size:
        score += _LENGTH_FORM if form.width else _CONSTANT_FORM
    seen = set()
    for run in runs:
        header = None if run.side in seen else first_header(form, run, answers=answers)
        if header is None:
            continue
        seen.add(run.side)
        follower = Follower(form, run.side, 0, Skips(0))
        follower.feed(Chunk(run.side, run.data[header : header + _FOLLOWED], _NOWHEN))
        score += _RECORD * follower.records + _FIT * follower.fits
        score += _LOST * follower.lost + _VENDOR * follower.vendor
        score += _ON_BORDER * (header in run.borders)
        explained = not run.offset and (not header or header in _messages(form, run))
        score += 0 if explained else _LOST
    return score
