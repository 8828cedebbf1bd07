"""Causes in captures that no recording has: longer silences, and packets that come too late."""

import pytest

from analyzer.capture import Capture
from analyzer.capture.items import ACK, RST, SYN, Item, Segment
from analyzer.run.analysis import CLOUDHSM_PORTS, Analysis, Options
from analyzer.run.key_files import load_key_file
from analyzer.stream import CLIENT, SERVER
from analyzer.tls.secrets import Secrets
from analyzer.verdict.finding import Cause, Confidence
from tests.makers.cases import cases
from tests.makers.segments import MS, Conversation

BY_NAME = {case.name: case for case in cases()}
SECOND = 1_000_000_000


def cause_of(items: list[Item], secrets: Secrets | None = None) -> Cause:
    analysis = Analysis(Options(contain_crashes=False), secrets or Secrets())
    [connection] = analysis.connections(items)
    assert connection.cause is not None
    return connection.cause


def recorded(name: str) -> tuple[list[Item], Secrets]:
    case = BY_NAME[name]
    secrets = Secrets()
    load_key_file(secrets, case.directory / "keys.log")
    with case.capture.open("rb") as file:
        return list(Capture(file, name=name, ports=CLOUDHSM_PORTS)), secrets


def slower(items: list[Item], silence: int, longer_ns: int) -> list[Item]:
    """The same with a silence (seconds) made longer; the segments behind it come later."""
    moved: list[Item] = []
    added, before = 0, None
    for item in items:
        assert isinstance(item, Segment)
        if before is not None and item.at.began - before > silence * SECOND:
            added += longer_ns
        before = item.at.began
        at = item.at._replace(began=item.at.began + added, ended=item.at.ended + added)
        moved.append(item._replace(at=at))
    return moved


def test_a_silence_of_six_minutes_is_longer_than_the_known_timeouts():
    items, secrets = recorded("causes/idle-dropped")

    cause = cause_of(slower(items, 7, 360 * SECOND), secrets)

    assert (cause.code, cause.confidence) == ("idle-dropped", Confidence.LIKELY)
    assert "longer than the 350 s" in cause.summary


def test_a_silence_of_a_minute_names_no_timeout():
    items, secrets = recorded("causes/idle-dropped")

    cause = cause_of(slower(items, 7, 60 * SECOND), secrets)

    assert (cause.code, cause.confidence) == ("idle-dropped", Confidence.LIKELY)
    assert "350 s" not in cause.summary


def test_a_syn_ack_that_comes_when_the_program_has_gone_is_refused():
    talk = Conversation()
    talk.send(CLIENT, SYN)
    talk.clock += 3 * SECOND
    talk.send(SERVER, SYN | ACK)
    talk.send(CLIENT, RST)

    cause = cause_of(list(talk.segments))

    assert cause.code == "syn-ack-refused"
    assert "answered the SYN-ACK" in cause.summary


def then_another(talk: Conversation, later_ms: int) -> list[Item]:
    """The capture goes on: another client connects some time later."""
    other = Conversation(
        client=("10.0.0.9", 1), clock=talk.clock + later_ms * MS, frame=talk.frame
    ).open()
    return [*talk.segments, *other.segments]


def first_cause(items: list[Item]) -> Cause:
    analysis = Analysis(Options(contain_crashes=False), Secrets())
    told = sorted(analysis.connections(items), key=lambda each: each.conversation.stream)
    assert told[0].cause is not None
    return told[0].cause


@pytest.mark.parametrize(("flags", "step"), [((), "SYN"), ((SYN | ACK,), "SYN-ACK")])
def test_a_capture_that_ends_before_the_answer_is_due_blames_nobody(flags, step):
    talk = Conversation()
    talk.send(CLIENT, SYN)
    for each in flags:
        talk.send(SERVER, each)

    for items in (list(talk.segments), then_another(talk, 400)):
        cause = first_cause(items)

        assert (cause.code, cause.confidence) == ("capture-ends", Confidence.POSSIBLE)
        assert f"after the {step} of the TCP handshake with 10.0.0.2:2223" in cause.summary
        assert "whether it came is not known" in cause.summary


@pytest.mark.parametrize(
    ("flags", "code"), [((), "syn-unanswered"), ((SYN | ACK,), "syn-ack-unanswered")]
)
def test_a_capture_that_goes_on_without_an_answer_says_so(flags, code):
    talk = Conversation()
    talk.send(CLIENT, SYN)
    for each in flags:
        talk.send(SERVER, each)

    cause = first_cause(then_another(talk, 10_000))

    assert (cause.code, cause.confidence) == (code, Confidence.LIKELY)


def test_a_repeated_syn_waited_long_enough_for_its_answer():
    talk = Conversation()
    syn = talk.send(CLIENT, SYN)
    talk.wait(SECOND)
    talk.again(syn)

    assert cause_of(list(talk.segments)).code == "syn-unanswered"
