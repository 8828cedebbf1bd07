"""A third level is made when its hello begins, wherever chunks are cut, and told where it stands."""

import pytest

from analyzer.session.gate import Gate
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Span

AT = Span(1, 1, 0, 0)
HELLO = b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c" + bytes(60)
BEFORE = bytes(range(20, 200)) * 3


@pytest.mark.parametrize("cut", range(len(BEFORE) - 2, len(BEFORE) + 9))
def test_a_hello_is_seen_however_it_is_cut(cut: int) -> None:
    gate, data = Gate(), BEFORE + HELLO

    told = (gate.events(Chunk(CLIENT, part, AT)) for part in (data[:cut], data[cut:]))
    (chunk,) = next(filter(None, told))
    begins = gate.offsets[CLIENT]
    assert begins <= len(BEFORE)
    assert chunk.data == data[begins : begins + len(chunk.data)]


def test_without_a_hello_nothing_is_kept_but_the_last_bytes() -> None:
    gate = Gate()

    told = [gate.events(Chunk(SERVER, BEFORE, AT)) for _ in range(50)]

    assert told == [[]] * 50
    assert 0 < 50 * len(BEFORE) - gate.offsets[SERVER] < 64


def test_missing_bytes_count() -> None:
    gate = Gate()
    gate.events(Chunk(CLIENT, BEFORE, AT))
    gate.events(Gap(CLIENT, 1000, AT, "never arrived"))

    (chunk,) = gate.events(Chunk(CLIENT, HELLO, AT))

    assert (chunk.data, gate.offsets) == (HELLO, (len(BEFORE) + 1000, 0))


def test_an_end_that_came_before_is_told() -> None:
    gate, end = Gate(), Closed(SERVER, "close_notify", AT)

    assert gate.events(end) == []
    assert gate.events(Chunk(CLIENT, HELLO, AT)) == [Chunk(CLIENT, HELLO, AT), end]


def test_behind_a_million_bytes_no_hello_is_looked_for_and_the_bytes_still_count() -> None:
    gate = Gate()

    assert gate.events(Chunk(CLIENT, bytes((1 << 20) - len(HELLO) + 1), AT)) == []
    assert gate.events(Chunk(CLIENT, HELLO, AT)) == []
    assert gate.offsets == ((1 << 20) + 1, 0)


def test_a_hello_that_ends_with_the_first_million_bytes_is_seen() -> None:
    gate = Gate()
    gate.events(Chunk(CLIENT, bytes((1 << 20) - len(HELLO)), AT))

    assert gate.events(Chunk(CLIENT, HELLO, AT)) != []
