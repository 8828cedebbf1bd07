"""Causes in captures that no recording has: longer silences, and packets that come too late."""

from analyzer.capture import Capture
from analyzer.capture.items import ACK, RST, SYN, Item, Segment
from analyzer.run.analysis import CLOUDHSM_PORTS, Analysis, Options
from analyzer.run.key_files import load_key_file
from analyzer.stream import CLIENT, SERVER
from analyzer.tls.secrets import Secrets
from analyzer.verdict.finding import Cause, Confidence
from tests.makers.cases import cases
from tests.makers.segments import Conversation

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


def test_the_first_answer_of_a_slow_peer_is_awaited_without_a_cause_of_its_own():
    talk = Conversation()
    talk.send(CLIENT, SYN)

    assert cause_of(list(talk.segments)).confidence is Confidence.POSSIBLE
