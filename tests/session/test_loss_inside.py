"""One lost segment behind the handshakes: at the inner level too, everything outside the gap is decrypted."""

from __future__ import annotations

import pytest

from analyzer.session.origins import Origins
from analyzer.session.stack import Stack, StackOptions
from analyzer.stream import CLIENT, SERVER, Chunk, Gap
from analyzer.tls.secrets import Secrets
from tests.makers.tls_levels import without
from tests.makers.tls_memory import TLS12, TLS13, Contexts, Pair, ended, stream
from tests.makers.told import tcp
from tests.makers.vendor import Wrap

GCM = {TLS12: "ECDHE-RSA-AES256-GCM-SHA384", TLS13: ""}
KEPT = frozenset({(0, "plaintext"), (1, "plaintext")})
FORMS = {"bare": Wrap(), "headers": Wrap(4, 0, 4, "big")}


class Nested:
    """A whole session inside another, and what is known of where its bytes lie."""

    def __init__(self, outer, inner, wrap):
        inside = ended(inner, ciphers=GCM[inner])
        self.records = [list(bounds(data)) for data in (inside.wire.client, inside.wire.server)]
        around = Pair(Contexts(outer, ciphers=GCM[outer])).handshake()
        self.places = ([], [])  # per side, where each inner record ends in the outer plaintext
        ends = [0, 0]
        started = 0
        for number, (side, flight) in enumerate(inside.flights):
            sent = b""
            for message, _ in wrap.wrapped([flight]):
                sent += message
                ends[side] += len(message)
                self.places[side].append(ends[side])
            around.send(side, sent)
            if number == 6:  # both handshakes are over, tickets and all
                started = len(stream(around.flights)) - 2
        around.close(CLIENT, SERVER)
        self.first = started
        self.events = stream(around.flights)
        self.secrets = Secrets()
        self.secrets.add_key_log(inside.contexts.key_log)
        self.secrets.add_key_log(around.contexts.key_log)

    def run(self, events):
        stack = Stack(0, self.secrets, Origins(), StackOptions(kept=KEPT))
        for event in events:
            stack.feed(event)
        return stack, stack.conversation(tcp())


def bounds(data):
    start = 0
    while start < len(data):
        end = start + 5 + int.from_bytes(data[start + 3 : start + 5], "big")
        yield start, end
        start = end


def chunks(stack, level, side):
    kept = stack.kept(level, "plaintext")
    return [event.data for event in kept if isinstance(event, Chunk) and event.side is side]


def lost_range(whole, left):
    """Where in the joined chunks the ones that are missing from `left` lie."""
    start = next(
        (n for n, (one, other) in enumerate(zip(whole, left, strict=False)) if one != other),
        len(left),
    )
    count = len(whole) - len(left)
    assert [*whole[:start], *whole[start + count :]] == left
    begin = sum(map(len, whole[:start]))
    return begin, begin + sum(map(len, whole[start : start + count]))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("inner", [TLS12, TLS13])
@pytest.mark.parametrize("outer", [TLS12, TLS13])
def test_outside_one_lost_segment_both_levels_are_decrypted(outer, inner, form):
    nested = Nested(outer, inner, FORMS[form])
    whole, told = nested.run(nested.events)
    assert [s.outcome for s in told.sessions] == ["established"] * 2
    assert told.sessions[1].framing.startswith("bare" if form == "bare" else "4-byte header")
    counted = sized = 0
    for number in range(nested.first, len(nested.events) - 2):
        side = nested.events[number].side
        stack, told = nested.run(without(nested.events, number))
        inside = told.sessions[1]
        for session in told.sessions:
            assert session.outcome == "established", number
            assert session.sealed == (), number
            assert session.malformed == (), number
            assert {proof.result for proof in session.proofs} == {"valid"}
        begin, end = lost_range(chunks(whole, 0, side), chunks(stack, 0, side))
        [gap] = [e for e in stack.kept(0, "plaintext") if isinstance(e, Gap)]
        assert gap.size in {None, end - begin}
        sized += gap.size is not None
        touched = 0
        start = 0
        for place in nested.places[side]:
            touched += start < end and place > begin
            start = place
        seen = inside.counts[side]
        assert seen.sealed_records == 0
        assert seen.records == len(nested.places[side]) - touched, number
        assert chunks(stack, 1, side.peer) == chunks(whole, 1, side.peer)
        for part in chunks(stack, 1, side):
            assert part in chunks(whole, 1, side)
        counted += 1
    assert counted > 10
    # TLS 1.3 hides what a record holds, and may pad it.
    assert (sized > 5) == (outer is TLS12)
