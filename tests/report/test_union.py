"""Two reports as one are the report on both captures."""

from dataclasses import replace

from analyzer.report.model import Connection
from analyzer.run.pipeline import analyze
from analyzer.session.facts import Conversation
from analyzer.stream import file_of
from tests.makers.traffic import cut, traffic


def test_reports_on_two_captures_together_are_the_report_on_both(tmp_path) -> None:
    recorded = traffic()
    whole, again = tmp_path / "one", tmp_path / "two"
    whole.mkdir(), again.mkdir()
    (first,) = cut(recorded.records, (), whole)
    later = [(time + 600 * 10**9, frame) for time, frame in recorded.records]
    # The second time from other ports: another twelve connections.
    other = [(time, frame[:34] + _moved(frame[34:38]) + frame[38:]) for time, frame in later]
    (second,) = cut(other, (), again)

    both = analyze([first], recorded.options) | analyze([second], recorded.options)

    expected = analyze([first, second], recorded.options)
    assert [told(c) for c in both.connections] == [told(c) for c in expected.connections]
    assert len(both.connections) == len(expected.connections) == 24
    assert (both.verdict, both.reasons) == (expected.verdict, expected.reasons)
    assert [row.connections for row in both.shown] == [row.connections for row in expected.shown]
    assert both.inputs == expected.inputs
    assert {file_of(c.conversation.tcp.span.first) for c in both.connections} == {0, 1}


def told(connection: Connection) -> Conversation:
    """What is open when a capture ends is watched longer where another one follows."""
    conversation = connection.conversation
    return replace(conversation, tcp=replace(conversation.tcp, watched_until_ns=0))


def _moved(ports: bytes) -> bytes:
    source, target = (int.from_bytes(ports[at : at + 2]) for at in (0, 2))
    source, target = (port + 1000 if port != 2223 else port for port in (source, target))
    return source.to_bytes(2) + target.to_bytes(2)
