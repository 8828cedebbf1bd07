"""The ladder's levels stand one inside the other, and time goes down."""

from dataclasses import replace

from analyzer.report.drawing import WIDTH, drawing
from analyzer.report.histogram import HEIGHT, histogram
from analyzer.stream import Span
from tests.makers import told


def box(drawn, kind):
    return next(each for each in drawn.boxes if each.kind == kind)


def inside(inner, outer) -> bool:
    return (
        outer.x < inner.x
        and outer.y < inner.y
        and inner.x + inner.width < outer.x + outer.width
        and inner.y + inner.height < outer.y + outer.height
    )


def test_the_inner_level_is_drawn_inside_the_outer_and_both_inside_tcp():
    drawn = drawing(told.established().conversation)
    assert [each.kind for each in drawn.boxes] == ["tcp", "outer", "inner"]
    assert inside(box(drawn, "outer"), box(drawn, "tcp"))
    assert inside(box(drawn, "inner"), box(drawn, "outer"))


def test_an_arrow_goes_from_edge_to_edge_of_its_level():
    drawn = drawing(told.established().conversation)
    for arrow in drawn.arrows:
        around = box(drawn, arrow.kind)
        assert {arrow.x1, arrow.x2} == {around.x, around.x + around.width}
        assert around.y < arrow.y < around.y + around.height


def test_time_goes_down_and_no_words_overlap():
    drawn = drawing(told.established().conversation)
    ys = [y for arrow in drawn.arrows for y in (*(y for y, _ in arrow.words), arrow.y)]
    assert ys == sorted(ys)
    assert len(set(ys)) == len(ys)
    assert [arrow.time for arrow in drawn.arrows] == sorted(arrow.time for arrow in drawn.arrows)


def test_the_client_is_left_and_the_server_right():
    drawn = drawing(told.rejected().conversation)
    directions = {arrow.words[0][1]: arrow.x1 < arrow.x2 for arrow in drawn.arrows}
    assert directions["client_hello"] is True
    assert directions["alert unknown_ca"] is True
    assert [right for words, right in directions.items() if words.startswith("server_hello")] == [
        False
    ]


def test_alerts_and_resets_are_alarming_and_nothing_else_is():
    drawn = drawing(told.rejected().conversation)
    assert [a.words[0][1] for a in drawn.arrows if a.alarming] == ["alert unknown_ca", "RST"]
    assert not any(a.alarming for a in drawing(told.established().conversation).arrows)
    assert box(drawn, "outer").title == "outer TLS 1.2: FAILED"


def test_long_silence_is_a_row():
    late = (
        told.rejected()
        .conversation.sessions[0]
        .messages[-1]
        ._replace(
            at=Span(6, 6, told.START + 5_000_000_000, told.START + 5_000_000_000),
        )
    )
    outer = told.rejected().conversation.sessions[0]
    outer = replace(outer, messages=(*outer.messages[:-1], late), alerts=())
    drawn = drawing(replace(told.rejected().conversation, sessions=(outer,)))
    assert "5.0 s of silence" in [note.words for note in drawn.notes]


def test_where_records_stay_sealed_is_drawn():
    drawn = drawing(told.sealed().conversation)
    (arrow,) = [each for each in drawn.arrows if each.sealed]
    assert arrow.words[0][1] == "sealed: no key log line for this client random"
    assert arrow.x1 > arrow.x2  # from the server
    assert not any(each.sealed for each in drawing(told.established().conversation).arrows)


def test_a_loop_of_messages_does_not_grow_without_bound():
    flow = [(side, "key_update") for _ in range(500) for side in (told.CLIENT, told.SERVER)]
    outer = told.session(0, messages=told.messages(flow))
    drawn = drawing(replace(told.established().conversation, sessions=(outer,)))
    assert len(drawn.arrows) < 40
    assert len(drawn.notes) == 1


def test_deep_levels_stay_on_the_page():
    levels = tuple(told.session(level) for level in range(8))
    drawn = drawing(replace(told.established().conversation, sessions=levels))
    assert all(each.width > 300 and each.x + each.width <= WIDTH for each in drawn.boxes)


def test_bars_hold_every_connection_once():
    connections = []
    for stream in range(100):
        failed = stream >= 50
        connection = told.rejected(stream) if failed else told.established(stream)
        began = told.START + stream * 1_000_000_000
        facts = replace(connection.conversation.tcp, span=Span(1, 2, began, began + 1))
        connections.append(
            replace(connection, conversation=replace(connection.conversation, tcp=facts))
        )
    bars = histogram(connections)
    assert sum(int(bar.words.split()[0]) for bar in bars.bars) == 100
    assert max(b.x for b in bars.bars if b.outcome == "established") < min(
        b.x for b in bars.bars if b.outcome == "failed"
    ) + (WIDTH / 80)
    assert all(0 <= bar.y <= HEIGHT for bar in bars.bars)


def test_few_connections_have_no_bars():
    assert histogram([told.established(), told.rejected()]) is None
