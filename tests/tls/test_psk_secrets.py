"""What a pre-shared key alone opens and proves in TLS 1.3."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from analyzer.stream import CLIENT, SERVER
from analyzer.tls.events import Keyed
from analyzer.tls.secrets import Secrets
from tests.makers.tls_elders import tlslite_session
from tests.makers.tls_levels import run_level, stream_of
from tests.makers.tls_stacks import PING, PONG, openssl_dialogues

IDENTITY, KEY = b"engineer", bytes(range(32))


@pytest.mark.parametrize("first", [CLIENT, SERVER])
def test_without_dhe_the_key_opens_the_whole_session(first):
    pytest.importorskip("tlslite")
    psk = [(IDENTITY, KEY, "sha256")]
    wire = tlslite_session((3, 4), pskConfigs=psk, psk_modes=["psk_ke"])
    secrets = Secrets()
    secrets.add_psk(KEY, IDENTITY)
    told = run_level(stream_of(wire, first=first), secrets)
    assert told.sealed == []
    assert told.malformed == []
    assert (told.data(CLIENT), told.data(SERVER)) == (PING, PONG)
    assert {event.source for event in told.of(Keyed)} == {"PSK"}
    assert told.proofs == dict.fromkeys(
        ("psk_binder", "finished_client", "finished_server"), "valid"
    )


def test_with_dhe_it_opens_nothing_and_proves_the_binder():
    pytest.importorskip("tlslite")
    psk = [(IDENTITY, KEY, "sha256")]
    wire = tlslite_session((3, 4), pskConfigs=psk, psk_modes=["psk_dhe_ke"])
    secrets = Secrets()
    secrets.add_psk(KEY, IDENTITY)
    told = run_level(stream_of(wire), secrets)
    assert told.proofs == {
        "psk_binder": "valid",
        "finished_client": "unchecked",
        "finished_server": "unchecked",
    }
    assert set(told.sealed) == {"other-leg"}


@pytest.fixture(scope="module")
def resumed():
    """(wire of a resumed session with early data, the saved session)."""
    server = ["-tls1_3", "-early_data", "-max_early_data", "16384", "-no_anti_replay"]
    lines = [(SERVER, b"one"), (CLIENT, b"two")]
    with tempfile.TemporaryDirectory() as folder:
        saved, early = Path(folder) / "saved", Path(folder) / "early"
        early.write_bytes(b"early " * 50)
        first = ["-tls1_3", "-sess_out", str(saved)]
        then = ["-tls1_3", "-sess_in", str(saved), "-early_data", str(early)]
        _, wire = openssl_dialogues(server, [first, then], lines)
        return wire, saved.read_bytes()


def test_a_saved_session_proves_the_binder_of_its_ticket(resumed):
    wire, saved = resumed
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    secrets.add(saved, "saved.pem")
    told = run_level(stream_of(wire), secrets)
    assert told.proofs == dict.fromkeys(
        ("psk_binder", "finished_client", "finished_server"), "valid"
    )


def test_a_saved_session_opens_the_early_data_of_the_next_one(resumed):
    wire, saved = resumed
    secrets = Secrets()
    lines = wire.key_log.splitlines(keepends=True)
    secrets.add_key_log(b"".join(line for line in lines if b"EARLY_TRAFFIC" not in line))
    secrets.add(saved, "saved.pem")
    told = run_level(stream_of(wire), secrets)
    assert told.sealed == []
    assert told.data(CLIENT) == b"early " * 50 + b"two\n"


def test_a_wrong_key_under_the_right_identity_makes_the_binder_invalid():
    pytest.importorskip("tlslite")
    wire = tlslite_session((3, 4), pskConfigs=[(IDENTITY, KEY, "sha256")])
    for identity, result in ((IDENTITY, "invalid"), (b"", "unchecked"), (b"other", "unchecked")):
        secrets = Secrets()
        secrets.add_key_log(wire.key_log)
        secrets.add_psk(b"wrong", identity)
        assert run_level(stream_of(wire), secrets).proofs["psk_binder"] == result
