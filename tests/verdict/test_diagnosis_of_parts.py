"""Captures of healthy connections that show only a part of them: no cause is named that was not there.

A capture that ends in the middle of a handshake has `capture-ends`; one that starts late, holds one direction or was
cut by its snap length has none at all.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.capture import Capture
from analyzer.capture.items import Item, Segment
from analyzer.report.model import Connection
from analyzer.run.analysis import CLOUDHSM_PORTS, Analysis, Options
from analyzer.run.expected_files import load_expectations
from analyzer.run.key_files import load_key_file
from analyzer.stream import SERVER
from analyzer.tls.secrets import Secrets
from analyzer.verdict.causes.catalogue import ENTRIES
from analyzer.verdict.certificates.absent import absence
from analyzer.verdict.finding import Status
from tests.makers.cases import ROOT, cases
from tests.verdict.causes import CAUSES

BY_NAME = {case.name: case for case in cases()}
# One of each kind; all are healthy.
HEALTHY = (
    "tls12-in-tls12",
    "tls13-in-tls13",
    "tls12-in-tls13",
    "vendor-exchange",
    "inner-mutual-tls",
    "header-per-record-big-endian",
    "disturbed/lost-packets",
    "disturbed/window-reopens",
    "disturbed/idle-and-fine",
    "disturbed/closed-with-tickets-unread",
)
KEYS = (True, False)
SETTINGS = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@cache
def items(name: str) -> tuple[Item, ...]:
    case = BY_NAME[name]
    with case.capture.open("rb") as file:
        return tuple(Capture(file, name=name, ports=CLOUDHSM_PORTS))


@cache
def secrets(name: str) -> Secrets:
    known = Secrets()
    keys = BY_NAME[name].directory / "keys.log"
    if keys.exists():
        load_key_file(known, keys)
    return known


def told(kept: list[Item], known: Secrets) -> tuple[Connection, ...]:
    analysis = Analysis(Options(contain_crashes=False), known)
    return tuple(analysis.connections(kept))


def named(connections: Iterable[Connection]) -> set[str]:
    return {each.cause.code for each in connections if each.cause is not None}


def causes(name: str, kept: list[Item], *, keys: bool) -> set[str]:
    return named(told(kept, secrets(name) if keys else Secrets()))


def from_server(item: Item) -> bool:
    return isinstance(item, Segment) and item.key[-4:-2] == (2223).to_bytes(2, "big")


@pytest.mark.parametrize("keys", KEYS, ids=["keys", "no-keys"])
@pytest.mark.parametrize("name", HEALTHY)
def test_a_capture_that_ends_early_says_no_more_than_that(name, keys):
    whole = items(name)
    for end in range(1, len(whole)):
        found = causes(name, list(whole[:end]), keys=keys)
        assert found <= {"capture-ends"}, end


@pytest.mark.parametrize("keys", KEYS, ids=["keys", "no-keys"])
@pytest.mark.parametrize("name", HEALTHY)
def test_a_capture_that_starts_late_shows_no_cause(name, keys):
    whole = items(name)
    for start in range(1, len(whole)):
        connections = told(list(whole[start:]), secrets(name) if keys else Secrets())
        assert named(connections) == set(), start
        assert [f for c in connections for f in c.findings if f.status is Status.FAIL] == [], start


def test_an_inner_certificate_behind_closed_outer_records_was_not_missing():
    case = BY_NAME["tls12-in-tls13"]
    lines = (case.directory / "keys.log").read_bytes().splitlines()
    known = Secrets()
    known.add_key_log(next(line for line in lines if line.startswith(b"CLIENT_TRAFFIC")))
    (connection,) = told(list(items(case.name)), known)
    absent = absence(connection.conversation, 1, SERVER)
    assert absent.kind == "sealed"
    assert "SERVER_TRAFFIC_SECRET_0" in absent.advice


@pytest.mark.parametrize("year", [1990, 2090])
def test_the_time_that_certificates_are_judged_at_changes_no_cause(year):
    expected = load_expectations(etc=ROOT / "captures/pki/etc/sdk3")
    for name in sorted(CAUSES):
        then, later = (
            list(
                Analysis(
                    Options(contain_crashes=False, expected=expected, at=at), secrets(name)
                ).connections(items(name))
            )
            for at in (None, datetime(year, 1, 1, tzinfo=UTC))
        )
        assert [each.cause for each in later] == [each.cause for each in then], name


@pytest.mark.parametrize("keys", KEYS, ids=["keys", "no-keys"])
@pytest.mark.parametrize("name", HEALTHY)
def test_one_direction_alone_shows_no_cause(name, keys):
    for wanted in (True, False):
        kept = [item for item in items(name) if from_server(item) is wanted]
        assert causes(name, kept, keys=keys) == set()


@pytest.mark.parametrize("keys", KEYS, ids=["keys", "no-keys"])
@pytest.mark.parametrize("name", HEALTHY)
def test_a_capture_cut_by_its_snap_length_shows_no_cause(name, keys):
    for length in (0, 40, 400):
        kept = [
            item._replace(payload=item.payload[:length], missing=max(0, len(item.payload) - length))
            if isinstance(item, Segment)
            else item
            for item in items(name)
        ]
        assert causes(name, kept, keys=keys) == set(), length


# Frames of the handshake, in each of these.
HANDSHAKE = 16


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("causes/idle-reset", "idle-dropped"),
        ("causes/idle-dropped", "idle-dropped"),
        ("causes/half-open", "half-open"),
        ("causes/lost-by-reset", "lost-by-reset"),
        ("causes/lost-in-silence", "peer-vanished"),
        ("causes/reset-from-between", "reset-from-between"),
    ],
)
def test_a_lost_connection_is_told_without_its_beginning_and_without_keys(name, code):
    kept = list(items(name)[HANDSHAKE if len(items(name)) > HANDSHAKE else 0 :])

    found, limits = limitations(kept)

    assert found == code
    if len(items(name)) > HANDSHAKE:
        assert "the capture starts after the connection was opened" in limits


def limitations(kept: list[Item]) -> tuple[str, tuple[str, ...]]:
    """Code and limits of the one cause."""
    analysis = Analysis(Options(contain_crashes=False), Secrets())
    [cause] = [each.cause for each in analysis.connections(kept) if each.cause is not None]
    return cause.code, cause.limitations


def test_a_refusal_seen_from_one_side_says_that_the_other_is_missing():
    name = "outer-client-stranger-tls12"
    kept = [item for item in items(name) if from_server(item)]

    code, limits = limitations(kept)

    assert code == "outer-refused"
    assert "no packet of the client was captured: this is one direction only" in limits


def test_a_refusal_in_a_capture_that_starts_late_says_so():
    name = "outer-client-stranger-tls12"

    code, limits = limitations(list(items(name)[5:]))

    assert code == "outer-client-certificate-refused"
    assert "the capture starts after the connection was opened" in limits


def test_a_refusal_in_cut_packets_says_so():
    name = "outer-client-stranger-tls12"
    kept = [
        item._replace(payload=item.payload[:600], missing=max(0, len(item.payload) - 600))
        if isinstance(item, Segment)
        else item
        for item in items(name)
    ]

    _, limits = limitations(kept)

    assert "packets were cut by the snap length (capture with -s 0)" in limits


@SETTINGS
@given(
    name=st.sampled_from(HEALTHY),
    lost=st.sets(st.integers(0, 60), max_size=8),
    keys=st.booleans(),
)
def test_a_capture_that_lost_packets_shows_no_cause(name, lost, keys):
    whole = items(name)
    kept = [item for place, item in enumerate(whole) if place not in lost]

    assert causes(name, kept, keys=keys) <= {"capture-ends"}


@SETTINGS
@given(data=st.data())
def test_whatever_part_of_a_failure_is_captured_its_cause_is_of_the_catalogue(data):
    name = data.draw(st.sampled_from(sorted(CAUSES)))
    whole = items(name)
    start = data.draw(st.integers(0, len(whole) - 1))
    kept = [each for each in whole[start:] if data.draw(st.integers(0, 9))]

    assert causes(name, kept, keys=data.draw(st.booleans())) <= ENTRIES.keys()
