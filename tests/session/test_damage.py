"""Whatever happens to the bytes of nested sessions, facts come out and nothing raises."""

from __future__ import annotations

import functools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.session.origins import Origins
from analyzer.session.stack import Stack
from analyzer.stream import CLIENT, SERVER, Chunk, Gap
from analyzer.tls.secrets import Secrets
from tests.makers.tls_memory import TLS12, TLS13, ended, stream, tunnelled
from tests.makers.told import tcp


@functools.cache
def nested(outer, inner):
    inside = ended(inner)
    around = tunnelled(inside.flights, outer)
    return stream(around.flights), inside.contexts.key_log + around.contexts.key_log


def told(events, key_log):
    secrets = Secrets()
    secrets.add_key_log(key_log)
    stack = Stack(0, secrets, Origins())
    for event in events:
        stack.feed(event)
    return stack.conversation(tcp())


@pytest.mark.parametrize("outer", [TLS12, TLS13])
@pytest.mark.parametrize("inner", [TLS12, TLS13])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_is_told_and_never_raises(outer, inner, data):
    whole, key_log = nested(outer, inner)
    events = []
    for event in whole:
        if isinstance(event, Chunk) and data.draw(st.integers(0, 11)) == 0:
            place = data.draw(st.integers(0, len(event.data) - 1))
            flipped = bytearray(event.data)
            flipped[place] ^= 1 << data.draw(st.integers(0, 7))
            events += data.draw(
                st.sampled_from(
                    [
                        [event._replace(data=bytes(flipped))],
                        [event._replace(data=event.data[:place])],
                        [Gap(event.side, len(event.data), event.at, "not captured")],
                        [Gap(event.side, None, event.at, "snapped")],
                        [event, event],
                        [],
                    ]
                )
            )
        else:
            events.append(event)
    conversation = told(events, key_log)
    assert conversation.outcome in {"established", "failed", "unfinished", "unseen"}
    for session in conversation.sessions:
        # A damaged capture never makes a proof of another handshake valid: at most it cannot be checked.
        assert {proof.result for proof in session.proofs} <= {"valid", "invalid", "unchecked"}
        for side in (CLIENT, SERVER):
            assert session.counts[side].sealed_records <= session.counts[side].records


@pytest.mark.parametrize("outer", [TLS12, TLS13])
@pytest.mark.parametrize("inner", [TLS12, TLS13])
def test_one_flipped_bit_behind_the_handshakes_costs_one_record(outer, inner):
    whole, key_log = nested(outer, inner)
    last = len(whole) - 6  # something of each side follows
    for number in range(last, last - 12, -3):
        event = whole[number]
        flipped = bytearray(event.data)
        flipped[-1] ^= 1
        damaged = [*whole[:number], event._replace(data=bytes(flipped)), *whole[number + 1 :]]
        conversation = told(damaged, key_log)
        for session in conversation.sessions:
            assert session.outcome == "established"
            assert {proof.result for proof in session.proofs} == {"valid"}
            assert session.sealed == ()
            assert session.counts[event.side.peer].sealed_records == 0
            assert session.counts[event.side].sealed_records <= 1
        assert sum(s.counts[event.side].sealed_records for s in conversation.sessions) == 1


def test_where_the_outer_level_stays_sealed_halfway_the_inner_outcome_is_unseen_not_failed():
    whole, key_log = nested(TLS12, TLS12)
    started = next(n for n, e in enumerate(whole) if isinstance(e, Chunk) and e.data[:1] == b"\x17")
    events = []
    for number, event in enumerate(whole):
        spoilt = isinstance(event, Chunk) and number > started + 1
        events.append(event._replace(data=bytes(event.data[:-1]) + b"?") if spoilt else event)
    inside = told(events, key_log).at_level(1)
    assert inside is not None
    assert inside.outcome == "unseen"
