"""One lost segment anywhere behind the handshakes: everything outside the gap is still decrypted."""

from __future__ import annotations

import ssl

import pytest

from analyzer.stream import CLIENT, SERVER, Chunk, Gap, Side
from analyzer.tls.events import Message, Recovered, Tried
from analyzer.tls.layer import TlsLimits
from analyzer.tls.secrets import Secrets
from tests.makers.tls_levels import Told, at, run_level, without
from tests.makers.tls_memory import TLS12, TLS13, Contexts, Pair, stream
from tests.makers.tls_stacks import openssl_program_session

TLS10 = ssl.TLSVersion.TLSv1
SUITES = {
    "1.3 AES-GCM": (TLS13, ""),
    "1.2 AES-GCM": (TLS12, "ECDHE-RSA-AES128-GCM-SHA256"),
    "1.2 ChaCha20": (TLS12, "ECDHE-RSA-CHACHA20-POLY1305"),
    "1.2 AES-CBC": (TLS12, "ECDHE-RSA-AES128-SHA256"),
}
# Of what was sent, request n is `<n>` repeated.
SIZES = (10, 700, 5000, 40000, 1000, 1448, 20000, 300, 50)


def session(version, ciphers):
    pair = Pair(Contexts(version, ciphers=ciphers)).handshake()
    start = sum(len(data) for _, data in pair.flights)
    for number, size in enumerate(SIZES):
        pair.send(CLIENT, b"%c" % (65 + number) * size)
        pair.send(SERVER, b"%c" % (97 + number) * size)
    pair.close(CLIENT, SERVER)
    events = stream(pair.flights)
    passed = first = 0
    while passed < start:
        passed += len(events[first].data)
        first += 1
    secrets = Secrets()
    secrets.add_key_log(pair.contexts.key_log)
    return events, first, secrets


def records(events, side):
    """Where each record of a side begins and ends in its stream."""
    data = b"".join(e.data for e in events if isinstance(e, Chunk) and e.side is side)
    start = 0
    while start < len(data):
        end = start + 5 + int.from_bytes(data[start + 3 : start + 5], "big")
        yield start, end
        start = end


def chunk_place(events, number):
    side = events[number].side
    start = sum(len(e.data) for e in events[:number] if e.side is side)
    return start, start + len(events[number].data)


def opened(told: Told, side: Side) -> list[bytes]:
    return [event.data for event in told.events if isinstance(event, Chunk) and event.side is side]


@pytest.mark.parametrize("name", SUITES)
def test_all_records_outside_one_lost_segment_open(name):
    events, first, secrets = session(*SUITES[name])
    whole = run_level(events, secrets)
    assert whole.sealed == []
    for number in range(first, len(events) - 2):
        side = events[number].side
        start, end = chunk_place(events, number)
        told = run_level(without(events, number), secrets)
        untouched = [
            place for place in records(events, side) if place[1] <= start or place[0] >= end
        ]
        touched = sum(1 for _ in records(events, side)) - len(untouched)
        seen = told.layer.counts[side]
        assert told.sealed == [], number
        assert told.malformed == [], number
        assert seen.sealed_records == 0
        assert seen.records == len(untouched)
        last = max(place[1] for place in records(events, side)) <= end
        assert [event.lost_records for event in told.of(Recovered)] == ([] if last else [touched])
        assert [event.side for event in told.of(Gap)] == [side]
        assert told.data(side.peer) == whole.data(side.peer)
        # What is left is the whole without what the touched records held.
        for part in opened(told, side):
            assert part in opened(whole, side)
        assert len(opened(whole, side)) - len(opened(told, side)) <= touched
        expected = dict.fromkeys(whole.proofs, "valid")
        assert told.proofs == expected


def test_before_tls11_the_record_behind_the_loss_is_lost_with_it():
    # Its IV is the end of the record before (RFC 2246 section 6.2.3.2).
    from tests.makers.tls_stacks import openssl_session

    wire = openssl_session(TLS10, "AES128-SHA", options=1 << 19)
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    sides = []
    for side, data in ((CLIENT, wire.client), (SERVER, wire.server)):
        sides.append([Chunk(side, data[start:end], at(start + 1)) for start, end in cuts(data)])
    lost = next(n for n, chunk in enumerate(sides[SERVER]) if chunk.data[0] == 23)
    told = run_level([*sides[CLIENT], *without(sides[SERVER], lost)], secrets)
    assert told.layer.counts[SERVER].sealed_records == 1
    assert [event.lost_records for event in told.of(Recovered)] == [2]
    assert told.sealed == []


def cuts(data):
    start = 0
    while start < len(data):
        end = start + 5 + int.from_bytes(data[start + 3 : start + 5], "big")
        yield start, end
        start = end


@pytest.mark.parametrize("name", ["1.3 AES-GCM", "1.2 AES-GCM"])
def test_many_lost_segments_leave_the_rest(name):
    events, first, secrets = session(*SUITES[name])
    kept = [
        Gap(event.side, len(event.data), event.at, "not captured")
        if first <= number < len(events) - 2 and number % 5 == 0
        else event
        for number, event in enumerate(events)
    ]
    told = run_level(kept, secrets)
    whole = run_level(events, secrets)
    assert told.sealed == []
    for side in Side:
        parts = opened(told, side)
        assert len(parts) >= len(SIZES) // 2
        assert [part for part in parts if part not in opened(whole, side)] == []
        assert told.layer.counts[side].sealed_records == 0


@pytest.mark.parametrize("size", ["known", "unknown"])
def test_a_gap_of_more_records_than_the_limit_is_the_end_unless_the_tag_tells_the_number(size):
    events, first, secrets = session(*SUITES["1.2 AES-GCM"])
    lost = [n for n in range(first, len(events)) if events[n].side is CLIENT][:-4]
    gap_size = sum(len(events[n].data) for n in lost) if size == "known" else None
    gap = Gap(CLIENT, gap_size, events[lost[0]].at, "not captured")
    kept = [
        gap if n == lost[0] else e for n, e in enumerate(events) if n == lost[0] or n not in lost
    ]
    told = run_level(kept, secrets, TlsLimits(lost_records=2))
    assert told.sealed == ["bytes-missing"]
    assert run_level(kept, secrets).sealed == []
    events, first, secrets = session(*SUITES["1.3 AES-GCM"])
    lost = [n for n in range(first, len(events)) if events[n].side is CLIENT][:-4]
    gap = gap._replace(size=sum(len(events[n].data) for n in lost) if size == "known" else None)
    kept = [
        gap if n == lost[0] else e for n, e in enumerate(events) if n == lost[0] or n not in lost
    ]
    told = run_level(kept, secrets, TlsLimits(lost_records=2))
    assert told.sealed == []
    [recovered] = told.of(Recovered)
    assert recovered.lost_records > 2


@pytest.mark.parametrize("name", SUITES)
def test_a_segment_lost_in_the_handshake_costs_what_it_held_and_no_more(name):
    events, first, secrets = session(*SUITES[name])
    for number in range(first):
        told = run_level(without(events, number), secrets)
        assert told.malformed == [], number
        assert "invalid" not in told.proofs.values(), number
        lost = chunk_types(events[number])
        if 1 not in lost and 2 not in lost:
            assert told.data(CLIENT)[-50:] == b"%c" % (64 + len(SIZES)) * 50, number
            assert told.data(SERVER)[-50:] == b"%c" % (96 + len(SIZES)) * 50, number


def chunk_types(chunk):
    """Types of the clear messages that begin a record in a chunk that begins with one."""
    return {
        chunk.data[start + 5]
        for start, end in cuts(chunk.data)
        if chunk.data[start] == 22 and end <= len(chunk.data)
    }


@pytest.mark.parametrize("joined", ["at a record", "in a record"])
@pytest.mark.parametrize("others", [0, 200])
def test_a_capture_that_starts_in_mid_connection_opens_by_trial(joined, others):
    events, first, secrets = session(*SUITES["1.3 AES-GCM"])
    for number in range(others):
        secrets.add_key_log(
            f"CLIENT_TRAFFIC_SECRET_0 {number:064x} {number:064x}\n".encode()
            + f"SERVER_TRAFFIC_SECRET_0 {number:064x} {number:064x}\n".encode()
        )
    start = first + (12 if joined == "in a record" else 0)
    whole = run_level(events, secrets)
    told = run_level(events[start:], secrets)
    assert told.sealed == []
    assert told.malformed == []
    tried = told.of(Tried)
    assert {event.side for event in tried} == set(Side)
    [client_random] = {event.client_random for event in tried}
    [message] = [m for m in whole.of(Message, CLIENT) if m.type == 1]
    assert client_random == message.value.random
    for side in Side:
        assert told.data(side)
        assert whole.data(side).endswith(told.data(side))
        assert len(told.data(side)) > len(whole.data(side)) // 2


def test_by_trial_nothing_opens_without_the_secret_and_the_trials_are_bounded():
    events, first, _ = session(*SUITES["1.3 AES-GCM"])
    secrets = Secrets()
    for number in range(100):
        secrets.add_key_log(f"CLIENT_TRAFFIC_SECRET_0 {number:064x} {number:064x}\n".encode())
    secrets.trials = 150
    told = run_level(events[first:], secrets)
    assert set(told.sealed) == {"hello-missing"}
    assert told.of(Tried) == []
    assert secrets.trials <= 0


def test_tags_are_spared_for_other_connections():
    events, first, own = session(*SUITES["1.3 AES-GCM"])
    secrets = Secrets()
    for number in range(100):
        secrets.add_key_log(f"CLIENT_TRAFFIC_SECRET_0 {number:064x} {number:064x}\n".encode())
    secrets.trials = 5000

    assert run_level(events[first:], secrets, TlsLimits(spare=4000)).of(Tried) == []
    assert secrets.trials == 4000
    assert run_level(events[first:], own, TlsLimits(spare=4000)).of(Tried)


def test_the_tags_tried_for_all_gaps_together_are_bounded():
    events, first, secrets = session(*SUITES["1.2 AES-GCM"])
    lost = [n for n in range(first, len(events)) if events[n].side is CLIENT][:-4]
    gap = Gap(CLIENT, None, events[lost[0]].at, "not captured")
    kept = [
        gap if n == lost[0] else e for n, e in enumerate(events) if n == lost[0] or n not in lost
    ]
    assert run_level(kept, secrets).sealed == []
    assert run_level(kept, secrets, TlsLimits(trials=3)).sealed == ["bytes-missing"]


def test_in_mid_connection_a_cipher_that_does_not_tell_its_number_is_searched():
    wire = openssl_program_session(
        server=["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], client=["-tls1_3"]
    )
    secrets = Secrets()
    for number in range(20):
        secrets.add_key_log(f"CLIENT_TRAFFIC_SECRET_0 {number:064x} {number:064x}\n".encode())
    secrets.add_key_log(wire.key_log)
    sides = []
    for side, data in ((CLIENT, wire.client), (SERVER, wire.server)):
        last = list(cuts(data))[-1 if side is CLIENT else -2 :]
        sides += [Chunk(side, data[start:end], at(start + 1)) for start, end in last]
    told = run_level(sides, secrets)
    assert told.sealed == []
    assert {event.suite for event in told.of(Tried)} == {0x1303}
