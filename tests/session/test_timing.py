"""Where the time of a connection went: on recordings, by their own frames."""

import statistics

import pytest

from analyzer.report.timing_words import timing_line
from analyzer.run.pipeline import Options, analyze
from analyzer.session.facts import Conversation
from analyzer.session.timing import STAGES, StageTime, median, timing, usual
from analyzer.stream import CLIENT, SERVER
from tests.makers.cases import cases, report

CASES = {case.name: case for case in cases()}


def told(name: str, *, keys: bool = True) -> Conversation:
    case = CASES[name]
    logs = (case.directory / "keys.log",) if keys else ()
    return analyze([str(case.capture)], Options(key_logs=logs)).connections[0].conversation


@pytest.mark.parametrize("name", ["tls12-in-tls12", "tls13-in-tls13", "vendor-exchange"])
def test_the_stages_follow_each_other_and_their_parts_make_the_whole(name):
    one = told(name)
    stages = timing(one)

    assert [stage.stage for stage in stages] == list(STAGES)
    for stage in stages:
        parts = stage.network_ns + stage.client_ns + stage.server_ns
        assert parts == stage.took_ns
        assert min(stage.network_ns, stage.client_ns, stage.server_ns) >= 0
    whole = one.tcp.span.ended - one.tcp.span.began
    assert sum(stage.took_ns for stage in stages) <= whole


def test_flights_are_those_of_the_handshake_with_their_sender():
    [outer] = [stage for stage in timing(told("tls12-in-tls12")) if stage.stage == "outer"]

    assert [flight.side for flight in outer.flights] == [CLIENT, SERVER, CLIENT, SERVER]
    assert outer.flights[0].messages == ("client_hello",)
    assert outer.flights[1].messages[:2] == ("server_hello", "certificate")
    assert outer.flights[2].messages[-1] == "finished"


def test_no_end_is_charged_with_the_way_between():
    one = told("tls12-in-tls12")
    for stage in timing(one):
        for flight in stage.flights:
            assert flight.network_ns <= max(one.tcp.rtt_ns, one.tcp.full_rtt_ns)
            assert flight.network_ns <= flight.waited_ns


def test_the_wait_for_the_inner_hello_is_the_clients():
    [between] = [stage for stage in timing(told("vendor-exchange")) if stage.stage == "between"]

    assert between.flights[-1].side is CLIENT


def test_a_server_that_keeps_the_client_waiting_is_named():
    stages = timing(told("disturbed/window-reopens"))
    slow = StageTime("outer", 4_000_000_000, 0, 0, 4_000_000_000, stages[1].flights)

    line = timing_line(told("tls12-in-tls12"), [slow], {"outer": 10_000_000})

    assert line == "outer 4.0 s (server 4.0 s, 400 times the usual 10 ms)"


def test_without_keys_a_stage_ends_with_what_could_be_read():
    assert [stage.stage for stage in timing(told("tls13-in-tls13", keys=False))] == ["tcp", "outer"]


def test_a_capture_that_starts_late_has_no_tcp_stage_and_does_not_raise():
    assert timing(told("refused-port")) == ()


def test_what_is_usual_is_the_median_and_takes_three():
    took = [(stage.stage, stage.took_ns) for stage in timing(told("tls12-in-tls12"))]

    assert usual([took, took]) == {}
    assert usual([took, took, took]) == dict(took)


def test_the_report_tells_it_in_milliseconds():
    case = CASES["three-hsms"]
    found = report(str(case.capture), *case.keys("all"))

    assert list(found["summary"]["usual_ms"]) == list(STAGES)
    for connection in found["connections"]:
        assert [stage["stage"] for stage in connection["timing"]] == list(STAGES)


def test_repeated_packets_are_said_to_blur_it():
    one = told("disturbed/lost-packets")

    assert sum(one.tcp.sides[side].retransmissions for side in (CLIENT, SERVER)) > 0
    assert "packets were sent again" in timing_line(one, timing(one), {})


@pytest.mark.parametrize("values", [[3], [4, 1], [9, 1, 5], [2, 8, 4, 7], [1, 1, 1, 1 << 50]])
def test_the_middle_is_that_of_the_standard_library(values):
    assert median(values) == statistics.median(values)
