"""What was sent again is counted by side and, where it was never acknowledged, a row of the timeline."""

from itertools import groupby

import pytest

from analyzer.report.drawing import drawing
from analyzer.report.ladder import flights
from analyzer.report.markdown import dumps
from analyzer.report.timing_words import timing_line
from analyzer.run.pipeline import analyze
from analyzer.session.timing import timing
from analyzer.stream import CLIENT, SERVER
from tests.makers.cases import cases
from tests.makers.reading import needs_tshark, tshark

CASES = {case.name: case for case in cases()}
# The bytes that nobody acknowledged.
UNANSWERED = {
    "causes/mtu-black-hole-client": 1249,
    "causes/idle-dropped": 64,
    "causes/lost-in-silence": 64,
    "causes/peer-vanished": 162,
    "causes/zero-window": 1915,
}
ANSWERED = ("causes/closed-after-outer", "tls12-in-tls12")


def conversation(name):
    [connection] = analyze([CASES[name].capture]).connections
    return connection.conversation


def repeats_told_by_tshark(name) -> list[tuple[int, str]]:
    """Frame and source port of each."""
    fields = ("frame.number", "tcp.srcport", "tcp.analysis.retransmission")
    rows = tshark(CASES[name].capture, *fields, options=("-2",))
    return [(int(number), port) for number, port, is_repeat in rows if is_repeat]


@needs_tshark
@pytest.mark.parametrize("name", [*UNANSWERED, *ANSWERED])
def test_the_repeats_of_each_side_are_as_many_as_tshark_counts(name):
    told = conversation(name)
    ports = {str(told.tcp.client.port): "client", str(told.tcp.server.port): "server"}
    senders = sorted(ports[port] for _, port in repeats_told_by_tshark(name))
    counts = ", ".join(f"{len(list(each))} by the {side}" for side, each in groupby(senders))
    line = timing_line(told, timing(told), {})
    assert (f"packets were sent again ({counts}), " in line) == bool(counts)
    assert ("sent again" in line) == bool(counts)


@needs_tshark
@pytest.mark.parametrize(("name", "size"), UNANSWERED.items())
def test_what_was_never_acknowledged_ends_the_timeline_at_its_last_sending(name, size):
    told = conversation(name)
    row = flights(told)[-1]
    last, port = repeats_told_by_tshark(name)[-1]
    assert (row.at.first, row.at.last) == (last, last)
    assert row.side is (CLIENT if port == str(told.tcp.client.port) else SERVER)
    [words] = row.what
    assert words.startswith(f"{size} bytes sent again for ")
    assert words.endswith(" s, never acknowledged")
    assert f"| {words} |" in dumps(analyze([CASES[name].capture]))


@pytest.mark.parametrize("name", ANSWERED)
def test_what_was_acknowledged_in_the_end_is_no_row(name):
    assert not any("sent again" in word for row in flights(conversation(name)) for word in row.what)


def test_the_silence_before_it_ends_with_the_first_sending():
    drawn = drawing(conversation("causes/idle-dropped"))
    assert [note.words for note in drawn.notes] == ["8.0 s of silence"]
    assert drawn.arrows[-1].alarming
    drawn = drawing(conversation("causes/peer-vanished"))
    assert (drawn.notes, drawn.arrows[-1].alarming) == ((), True)
