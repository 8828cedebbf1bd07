"""An impossible order of messages is told once a side, with what came and what was expected."""

from __future__ import annotations

import pytest

from analyzer.stream import CLIENT, SERVER, Chunk
from analyzer.tls.secrets import Secrets
from tests.makers.tls_levels import run_level
from tests.makers.tls_writer import TLS12, TLS12_MUTUAL, TLS13, TLS13_MUTUAL, steps, written

SESSIONS = {TLS12: TLS12_MUTUAL, TLS13: TLS13_MUTUAL}


def told(version, session, first=None):
    wire = written(version, session)
    events = wire.events
    if first is not None:
        events = sorted(events, key=lambda event: event.side is not first)
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    return run_level(events, secrets)


def without(session, side, name):
    return [step for step in session if step != (side, name)]


def before(session, moved, place):
    """`moved` just before `place`."""
    rest = [step for step in session if step != moved]
    at = rest.index(place)
    return [*rest[:at], moved, *rest[at:]]


ORDERS = {
    # version, steps, what is told
    "no ServerHelloDone": (
        TLS12,
        without(TLS12_MUTUAL, SERVER, "server_hello_done"),
        "change_cipher_spec after certificate_request, expected server_hello_done",
    ),
    "no CertificateVerify's key exchange": (
        TLS12,
        without(TLS12_MUTUAL, CLIENT, "client_key_exchange"),
        "certificate_verify after certificate, expected client_key_exchange",
    ),
    "the certificate behind the key exchange": (
        TLS12,
        before(TLS12_MUTUAL, (SERVER, "certificate"), (SERVER, "certificate_request")),
        "certificate after server_key_exchange, expected certificate_request or server_hello_done",
    ),
    "no ChangeCipherSpec": (
        TLS12,
        without(TLS12_MUTUAL, SERVER, "change_cipher_spec"),
        "finished after server_hello_done, expected new_session_ticket or change_cipher_spec",
    ),
    "two ServerHellos": (
        TLS12,
        before(
            [*TLS12_MUTUAL[:2], (SERVER, "server_hello"), *TLS12_MUTUAL[2:]],
            (CLIENT, "client_hello"),
            (SERVER, "server_hello"),
        ),
        "server_hello after server_hello, expected supplemental_data or certificate or"
        " server_key_exchange or certificate_request or server_hello_done or new_session_ticket or"
        " change_cipher_spec",
    ),
    "no EncryptedExtensions": (
        TLS13,
        without(TLS13_MUTUAL, SERVER, "encrypted_extensions"),
        "certificate_request after server_hello, expected encrypted_extensions",
    ),
    "no CertificateVerify of the server": (
        TLS13,
        without(TLS13_MUTUAL, SERVER, "certificate_verify"),
        "finished after certificate, expected certificate_verify",
    ),
    "KeyUpdate in the handshake": (
        TLS13,
        before(
            [*TLS13_MUTUAL, (CLIENT, "key_update")], (CLIENT, "key_update"), (CLIENT, "finished")
        ),
        "key_update after certificate_verify, expected finished",
    ),
    "a ticket from the client": (
        TLS13,
        [*TLS13_MUTUAL[:10], (CLIENT, "end_of_early_data"), *TLS13_MUTUAL[10:]],
        "end_of_early_data after finished, expected key_update or certificate or"
        " compressed_certificate",
    ),
}


@pytest.mark.parametrize("first", [CLIENT, SERVER])
@pytest.mark.parametrize("name", ORDERS)
def test_an_impossible_order_is_told_once(name, first):
    version, session, what = ORDERS[name]
    found = told(version, session, first)
    assert found.malformed[:1] == [what]
    assert sum(" expected " in said for said in found.malformed) == 1


@pytest.mark.parametrize("first", [CLIENT, SERVER])
@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_a_possible_order_is_not_told(version, first):
    assert told(version, SESSIONS[version], first).malformed == []


def test_after_the_handshake_of_tls13_tickets_and_key_updates_may_come_in_any_number():
    after = steps(
        "S new_session_ticket, S new_session_ticket, S key_update, S application_data,"
        " S new_session_ticket, S key_update, S key_update, S application_data,"
        " C key_update, C key_update, C application_data"
    )
    found = told(TLS13, [*TLS13_MUTUAL, *after])
    assert found.malformed == []
    assert found.sealed == []
    assert found.data(CLIENT) == b"data of a side" * 2


def test_application_data_before_finished_is_told():
    changed = before(TLS12_MUTUAL, (CLIENT, "application_data"), (CLIENT, "finished"))
    assert told(TLS12, changed).malformed == ["application_data before finished"]
    changed = before(TLS13_MUTUAL, (SERVER, "application_data"), (SERVER, "finished"))
    assert told(TLS13, changed).malformed == ["application_data before finished"]


def test_behind_a_gap_the_order_begins_anew():
    wire = written(TLS12)
    cut = next(
        at
        for at, event in enumerate(wire.events)
        if isinstance(event, Chunk) and event.data[5:6] == b"\x0c"
    )
    from tests.makers.tls_levels import without as lost

    found = run_level(lost(wire.events, cut), Secrets())
    assert found.malformed == []
