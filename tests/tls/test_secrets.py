"""Secrets of every source, recognised by content, and why one is missing."""

from __future__ import annotations

import logging
import ssl
import subprocess
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from analyzer.errors import UnreadableInput
from analyzer.tls.missing_secret import missing_master_secret, missing_traffic_secret
from analyzer.tls.secrets import Secrets
from analyzer.tls.suites import SUITES
from tests.makers.tls_gnutls import PSK_IDENTITY, PSK_KEY
from tests.makers.tls_identities import identity
from tests.makers.tls_stacks import PING, PONG, openssl_program_session, openssl_session
from tests.makers.tls_wire import application_data

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
PASSWORD = b"correct horse"


def holding(*files: bytes, password: bytes | None = None) -> Secrets:
    secrets = Secrets()
    for data in files:
        secrets.add(data, "file", password)
    return secrets


# --- RSA private keys -----------------------------------------------------------------------------------


def _key_files():
    key = load_pem_private_key(identity("rsa")[1].read_bytes(), None)
    sealed = BestAvailableEncryption(PASSWORD)
    yield "PKCS #8 PEM", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), None
    yield "PKCS #8 DER", key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), None
    form = PrivateFormat.TraditionalOpenSSL
    yield "PKCS #1 PEM", key.private_bytes(Encoding.PEM, form, NoEncryption()), None
    yield "PKCS #1 DER", key.private_bytes(Encoding.DER, form, NoEncryption()), None
    yield "sealed PEM", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed), PASSWORD
    yield "sealed DER", key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, sealed), PASSWORD
    yield "sealed PKCS #1 PEM", key.private_bytes(Encoding.PEM, form, sealed), PASSWORD
    yield "PKCS #12", pkcs12.serialize_key_and_certificates(b"x", key, None, None, sealed), PASSWORD
    plain = pkcs12.serialize_key_and_certificates(b"x", key, None, None, NoEncryption())
    yield "PKCS #12 without password", plain, None
    certificate = identity("rsa")[0].read_bytes()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    yield "PEM behind a certificate", certificate + pem, None


@pytest.fixture(scope="module")
def rsa_wire():
    return openssl_session(TLS12, "AES128-SHA256")


@pytest.mark.parametrize(
    ("data", "password"),
    [pytest.param(data, password, id=name) for name, data, password in _key_files()],
)
def test_a_private_key_is_read_in_every_form(rsa_wire, data, password):
    secrets = Secrets()
    added = secrets.add(data, "server.key", password)
    assert (added.kind, added.used) == ("RSA private key", 1)
    client, server = rsa_wire.opened(secrets, source="RSA private key")
    assert application_data(client) == PING
    assert application_data(server) == PONG


@pytest.mark.parametrize(
    "data",
    [pytest.param(data, id=name) for name, data, given in _key_files() if given],
)
def test_a_missing_or_wrong_password_is_said_to_be_that(data):
    with pytest.raises(UnreadableInput, match="needs a password"):
        holding(data)
    with pytest.raises(UnreadableInput, match="password does not open"):
        holding(data, password=b"wrong")


def test_a_damaged_private_key_is_no_key():
    pem = identity("rsa")[1].read_bytes()
    with pytest.raises(UnreadableInput, match="not a private key that can be read"):
        holding(pem.replace(b"\nMII", b"\nXXX"))
    with pytest.raises(UnreadableInput, match="file: "):
        holding(b"\x30\x82\x01\x00garbage")


def test_a_key_that_is_not_rsa_is_the_users_mistake():
    with pytest.raises(UnreadableInput, match="not an RSA key"):
        holding(identity("ecdsa")[1].read_bytes())


def test_the_key_of_another_server_opens_nothing(rsa_wire):
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    secrets = holding(pem)
    assert list(secrets.master_secrets(rsa_wire.key_exchange)) == []
    missing = missing_master_secret(secrets, rsa_wire.key_exchange)
    assert missing.why == "key-exchange"
    assert "none of the RSA private keys" in missing.detail


def test_of_several_keys_the_fitting_one_is_found(rsa_wire):
    from cryptography.hazmat.primitives.asymmetric import rsa

    keys = [rsa.generate_private_key(65537, bits) for bits in (1024, 2048)]
    pems = [k.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for k in keys]
    secrets = holding(b"".join(pems) + identity("rsa")[1].read_bytes())
    assert application_data(rsa_wire.opened(secrets)[0]) == PING


# --- Premaster and master secrets of other sources --------------------------------------------------------


def _premaster(wire) -> bytes:
    from analyzer.tls.rsa_keys import premaster_secret

    key = load_pem_private_key(identity("rsa")[1].read_bytes(), None)
    return premaster_secret([key], wire.key_exchange.encrypted_premaster, {0x0303})


def _master(wire) -> bytes:
    # OpenSSL may write comment lines, so it is not simply the first line.
    return holding(wire.key_log).lookup(wire.hello.client_random)["CLIENT_RANDOM"]


@pytest.mark.parametrize("options", [0, 1], ids=["extended master secret", "plain master secret"])
def test_premaster_secrets_in_wiresharks_lines_open(options):
    wire = openssl_session(TLS12, "AES256-GCM-SHA384", options=options)
    assert wire.key_exchange.extended != bool(options)
    premaster = _premaster(wire).hex()
    by_random = f"PMS_CLIENT_RANDOM {wire.hello.client_random.hex()} {premaster}\n".encode()
    by_cipher = f"RSA {wire.key_exchange.encrypted_premaster[:8].hex()} {premaster}\n".encode()
    for line, source in ((by_random, "PMS_CLIENT_RANDOM"), (by_cipher, "RSA")):
        secrets = holding(line)
        assert [found.source for found in secrets.master_secrets(wire.key_exchange)] == [source]
        assert application_data(wire.opened(secrets)[1]) == PONG


def test_without_the_whole_transcript_an_extended_master_secret_is_not_guessed(rsa_wire):
    exchange = rsa_wire.key_exchange
    assert exchange.extended
    line = f"PMS_CLIENT_RANDOM {exchange.client_random.hex()} {_premaster(rsa_wire).hex()}"
    secrets = holding(line.encode())
    assert list(secrets.master_secrets(exchange))
    assert not list(secrets.master_secrets(replace(exchange, transcript=b"")))


def test_a_master_secret_by_session_id_opens(rsa_wire):
    exchange = replace(rsa_wire.key_exchange, session_id=b"\xab" * 32)
    master = _master(rsa_wire).hex()
    secrets = holding(f"RSA Session-ID:{'ab' * 32} Master-Key:{master}\n".encode())
    (found,) = secrets.master_secrets(exchange)
    assert (found.secret.hex(), found.source) == (master, "RSA Session-ID")


@pytest.mark.parametrize("form", ["pem", "der", "text", "printed"])
def test_a_session_that_openssl_saved_opens(tmp_path, form):
    saved = tmp_path / "session.pem"
    peers = ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]
    wire = openssl_program_session(server=peers, client=[*peers, "-sess_out", str(saved)])
    data = saved.read_bytes()
    if form == "der":
        command = ["openssl", "sess_id", "-in", saved, "-outform", "DER"]
        data = subprocess.run(command, check=True, capture_output=True).stdout
    elif form != "pem":
        command = ["openssl", "sess_id", "-in", saved, "-text"]
        command += ["-noout"] if form == "text" else []
        data = subprocess.run(command, check=True, capture_output=True).stdout
    secrets = Secrets()
    added = secrets.add(data, "session")
    assert added.kind == "OpenSSL session"
    assert application_data(wire.opened(secrets, source="OpenSSL session")[0]) == PING


def test_a_saved_session_of_tls13_is_the_psk_of_its_ticket(tmp_path):
    from analyzer.tls.saved_session import saved_sessions

    saved = tmp_path / "session.pem"
    openssl_program_session(server=["-tls1_3"], client=["-tls1_3", "-sess_out", str(saved)])
    (session,) = saved_sessions(saved.read_bytes())
    assert session.tls13
    assert len(session.ticket) > 100
    found = holding(saved.read_bytes()).psk(session.ticket)
    assert (found.secret, found.source) == (session.secret, "PSK")


def test_pre_shared_keys_are_found_by_identity_and_one_without_fits_all():
    secrets = holding(f"{PSK_IDENTITY}:{PSK_KEY}\nother:00ff\n".encode())
    assert secrets.psk(PSK_IDENTITY.encode()).secret.hex() == PSK_KEY
    assert secrets.psk(b"other").secret == b"\x00\xff"
    assert secrets.psk(b"nobody") is None
    secrets.add_psk(b"any")
    assert secrets.psk(b"nobody").secret == b"any"


def test_lines_that_come_later_are_found_where_none_or_others_were():
    random, first, second = bytes(range(32)), b"\1" * 48, b"\2" * 48
    secrets = Secrets()
    assert secrets.lookup(random) == {}
    secrets.add_key_log(b"CLIENT_RANDOM %s %s\n" % (random.hex().encode(), first.hex().encode()))
    assert secrets.lookup(random) == {"CLIENT_RANDOM": first}
    secrets.add_key_log(b"CLIENT_RANDOM %s %s\n" % (random.hex().encode(), second.hex().encode()))
    assert secrets.lookup(random) == {"CLIENT_RANDOM": second}
    assert secrets.lookup(bytes(32)) == {}


def test_traffic_secrets_are_told_one_by_one():
    wire = openssl_session(TLS13)
    secrets = holding(wire.key_log)
    told = list(secrets.traffic_secrets())
    assert {label for _, label, _ in told} == {
        f"{side}_{stage}"
        for side in ("CLIENT", "SERVER")
        for stage in ("HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0")
    }
    for random, label, secret in told:
        assert random == wire.hello.client_random
        assert secrets.lookup(random)[label] == secret


# --- Why there is none --------------------------------------------------------------------------------


def test_the_reason_tells_no_keys_from_the_keys_of_another_leg(rsa_wire):
    exchange = rsa_wire.key_exchange
    remedy = f"a key-log line CLIENT_RANDOM {exchange.client_random.hex()} ..."
    none = missing_master_secret(Secrets(), exchange)
    assert (none.why, none.remedy) == ("no-keys", remedy)
    other = openssl_session(TLS12, "AES128-SHA256")
    missing = missing_master_secret(holding(other.key_log), exchange)
    assert (missing.why, missing.remedy) == ("other-leg", remedy)


def test_the_reason_names_what_an_rsa_key_cannot_open():
    wire = openssl_session(TLS12, "ECDHE-RSA-AES128-GCM-SHA256")
    secrets = holding(identity("rsa")[1].read_bytes())
    assert list(secrets.master_secrets(wire.key_exchange)) == []
    missing = missing_master_secret(secrets, wire.key_exchange)
    assert missing.why == "key-exchange"
    assert "cannot open ECDHE key exchange" in missing.detail


def test_the_reason_names_an_rsa_key_without_the_message_that_it_opens(rsa_wire):
    secrets = holding(identity("rsa")[1].read_bytes())
    missing = missing_master_secret(secrets, replace(rsa_wire.key_exchange, message=b""))
    assert (missing.why, "was not seen" in missing.detail) == ("key-exchange", True)


def test_the_reason_names_a_line_of_the_wrong_kind():
    random, suite = bytes(32), SUITES[0x1301]
    label = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
    secrets = holding(f"CLIENT_RANDOM {random.hex()} {bytes(48).hex()}\n".encode())
    missing = missing_traffic_secret(secrets, suite, random, label)
    assert missing.why == "only-client-random"
    assert missing.remedy == f"a key-log line {label} {random.hex()} ..."
    secrets.add_key_log(f"CLIENT_TRAFFIC_SECRET_0 {random.hex()} {bytes(32).hex()}\n".encode())
    missing = missing_traffic_secret(secrets, suite, random, label)
    assert (missing.why, label in missing.detail) == ("secret-missing", True)


def test_the_reason_names_traffic_secrets_for_a_session_before_tls13(rsa_wire):
    random = rsa_wire.hello.client_random.hex()
    secrets = holding(f"CLIENT_TRAFFIC_SECRET_0 {random} {bytes(32).hex()}\n".encode())
    missing = missing_master_secret(secrets, rsa_wire.key_exchange)
    assert (missing.why, "CLIENT_TRAFFIC_SECRET_0" in missing.detail) == ("secret-missing", True)


def test_a_line_that_opens_nothing_is_a_wrong_secret(rsa_wire):
    random = rsa_wire.hello.client_random.hex()
    secrets = holding(f"CLIENT_RANDOM {random} {bytes(48).hex()}\n".encode())
    assert missing_master_secret(secrets, rsa_wire.key_exchange).why == "wrong-secret"


def test_an_unsupported_suite_comes_before_any_missing_key(rsa_wire):
    exchange = replace(rsa_wire.key_exchange, suite=SUITES[0xC061])
    missing = missing_master_secret(Secrets(), exchange)
    assert (missing.why, "ARIA_256_GCM" in missing.detail) == ("suite-unsupported", True)
    missing = missing_traffic_secret(
        Secrets(), SUITES[0x1307], bytes(32), "CLIENT_TRAFFIC_SECRET_0"
    )
    assert (missing.why, "AEGIS_128L" in missing.detail) == ("suite-unsupported", True)


# --- Nothing shows a key ----------------------------------------------------------------------------------


def test_no_text_of_any_value_holds_a_secret(rsa_wire, caplog):
    caplog.set_level(logging.DEBUG)
    key_file = identity("rsa")[1].read_bytes()
    premaster, master = _premaster(rsa_wire), _master(rsa_wire)
    secrets = Secrets()
    values = [secrets]
    psk = f"{PSK_IDENTITY}:{PSK_KEY}\n".encode()
    values += [secrets.add(data, "file") for data in (rsa_wire.key_log, key_file, psk)]
    exchange = rsa_wire.key_exchange
    values += [exchange, *secrets.master_secrets(exchange), *rsa_wire.openers(secrets)]
    values += [missing_master_secret(secrets, exchange), secrets.psk(PSK_IDENTITY.encode())]
    shown = " ".join(f"{value!r} {value!s}" for value in values) + caplog.text
    for secret in (premaster, master, bytes.fromhex(PSK_KEY)):
        for part in (secret[:8].hex(), repr(secret[:4])[2:-1], secret[:8].hex().upper()):
            assert part not in shown
    assert "Candidate(source='CLIENT_RANDOM')" in shown


def test_an_error_about_a_key_file_holds_nothing_of_it():
    data = identity("rsa")[1].read_bytes().replace(b"\nMII", b"\nXXX")
    with pytest.raises(UnreadableInput) as caught:
        holding(data)
    text = str(caught.value) + str(caught.value.__cause__)
    for line in data.splitlines()[1:-1]:
        assert line.decode() not in text
