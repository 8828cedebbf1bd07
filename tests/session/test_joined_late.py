"""A capture that starts in the middle of a connection: TLS 1.3 is opened at both levels, and the report says how."""

from __future__ import annotations

import pytest

from analyzer.session.origins import Origins
from analyzer.session.stack import Stack, StackOptions
from analyzer.stream import CLIENT, SERVER, Chunk
from analyzer.tls.secrets import Secrets
from tests.makers.tls_memory import TLS12, TLS13, Contexts, Pair, stream
from tests.makers.told import tcp

KEPT = frozenset({(0, "plaintext"), (1, "plaintext")})


class Nested:
    """One session inside another; `middle` is a place in `events` behind both handshakes."""

    def __init__(self, outer, inner):
        inside = Pair(Contexts(inner)).handshake()
        handshake = len(inside.flights)
        for number in range(6):
            inside.send(CLIENT, b"%c" % (65 + number) * 900)
            inside.send(SERVER, b"%c" % (97 + number) * 3000)
        around = Pair(Contexts(outer)).handshake()
        for number, (side, flight) in enumerate(inside.flights):
            around.send(side, flight)
            if number == handshake + 2:
                self.middle = len(stream(around.flights)) - 2
        self.events = stream(around.flights, end="open")
        self.key_log = inside.contexts.key_log + around.contexts.key_log


def run(events, key_log):
    secrets = Secrets()
    secrets.add_key_log(key_log)
    stack = Stack(0, secrets, Origins(), StackOptions(kept=KEPT))
    for event in events:
        stack.feed(event)
    return stack, stack.conversation(tcp(opening="unseen"))


def data(stack, level, side):
    kept = stack.kept(level, "plaintext")
    return b"".join(e.data for e in kept if isinstance(e, Chunk) and e.side is side)


@pytest.mark.parametrize("later", range(4))
def test_both_levels_are_opened_by_trial(later):
    nested = Nested(TLS13, TLS13)
    whole, expected = run(nested.events, nested.key_log)
    stack, told = run(nested.events[nested.middle + later :], nested.key_log)
    assert [session.level for session in told.sessions] == [0, 1]
    for session, known in zip(told.sessions, expected.sessions, strict=True):
        assert session.outcome == "established"
        assert session.version == known.version
        assert session.suite == known.suite
        assert session.client_random == known.client_random
        assert session.sealed == ()
        assert session.malformed == ()
        assert session.certificates == (None, None)
        assert [words.split(":")[0] for words in session.recovered] == ["client", "server"]
        for side in (CLIENT, SERVER):
            part = data(stack, session.level, side)
            assert len(part) > 3000
            assert data(whole, session.level, side).endswith(part)
    assert told.stage == "inner-established"


def test_without_the_secrets_it_stays_sealed_and_says_why():
    nested = Nested(TLS13, TLS13)
    _, told = run(nested.events[nested.middle :], b"")
    [session] = told.sessions
    assert session.outcome == "unseen"
    assert {sealed.why for sealed in session.sealed} == {"hello-missing"}


def test_before_tls13_the_keys_depend_on_the_hellos_and_it_stays_sealed():
    nested = Nested(TLS12, TLS12)
    _, told = run(nested.events[nested.middle :], nested.key_log)
    [session] = told.sessions
    assert session.outcome == "unseen"
    assert {sealed.why for sealed in session.sealed} == {"hello-missing"}


def test_inside_the_outer_level_a_session_of_tls12_is_seen_but_sealed():
    nested = Nested(TLS13, TLS12)
    _, told = run(nested.events[nested.middle :], nested.key_log)
    outside, inside = told.sessions
    assert outside.outcome == "established"
    assert inside.outcome == "unseen"
    assert {sealed.why for sealed in inside.sealed} == {"hello-missing"}
