"""Sessions of independent stacks with each other, in both roles: every record opens, every proof is valid."""

from __future__ import annotations

import pytest

from analyzer.stream import CLIENT, SERVER
from tests.makers.tls_levels import told_of
from tests.makers.tls_peers import session
from tests.makers.tls_stacks import PING

# client, server, version; of each pair at least one writes a key log
SESSIONS = [
    ("OpenSSL", "GnuTLS", "1.2"),
    ("OpenSSL", "GnuTLS", "1.3"),
    ("OpenSSL", "NSS", "1.2"),
    ("OpenSSL", "NSS", "1.3"),
    ("OpenSSL", "JSSE", "1.3"),
    ("GnuTLS", "Node", "1.2"),
    ("GnuTLS", "Node", "1.3"),
    ("NSS", "OpenSSL", "1.2"),
    ("NSS", "OpenSSL", "1.3"),
    ("Node", "GnuTLS", "1.2"),
    ("Node", "GnuTLS", "1.3"),
    ("JSSE", "GnuTLS", "1.2"),
    ("rustls", "OpenSSL", "1.2"),
    ("rustls", "OpenSSL", "1.3"),
    ("Mbed TLS", "OpenSSL", "1.2"),
]
TLS12 = {"server_key_exchange", "finished_client", "finished_server"}
TLS13 = {"certificate_verify_server", "finished_client", "finished_server"}


@pytest.mark.parametrize("names", SESSIONS, ids=lambda names: "-".join(names).replace(" ", "-"))
def test_a_session_of_two_stacks_opens_and_is_proved_whichever_direction_comes_first(names):
    wire = session(*names)
    expected = {*(TLS13 if names[2] == "1.3" else TLS12), "certificate_verify_client"}
    for first in (CLIENT, SERVER):
        told = told_of(wire, first=first)
        assert told.proofs == dict.fromkeys(expected, "valid")
        assert told.sealed == []
        assert told.malformed == []
        assert told.data(CLIENT) == PING
        assert told.data(SERVER)
