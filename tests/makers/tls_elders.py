"""Real sessions of stacks that still speak what the others dropped: tlslite-ng, Java's JSSE, NSS."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from tests.makers.tls_identities import (
    folder,
    identity,
    nss_database,
)
from tests.makers.tls_stacks import (
    PING,
    PONG,
    Tap,
    client_process,
    free_port,
    running,
)
from tests.makers.tls_wire import Wire

# --- tlslite-ng, which still speaks SSL 3.0 -------------------------------------------------------------


def tlslite_session(
    version: tuple[int, int],
    *,
    mutual: bool = False,
    during: Callable[[object], None] | None = None,
    **settings,
) -> Wire:
    """One session of tlslite-ng with itself, PING one way and PONG the other.

    Args:
        version: as on the wire, (3, 0) for SSL 3.0.
        mutual: the client shows a certificate too.
        during: what the client's connection does between the two.
        settings: attributes of its HandshakeSettings, e.g. `cipherNames=["rc4"]`.
    """
    from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

    certificate, key = identity("rsa")
    chain = X509CertChain()
    chain.parsePemList(certificate.read_text())
    agreed = HandshakeSettings()
    agreed.minVersion = agreed.maxVersion = version
    for name, value in settings.items():
        setattr(agreed, name, value)

    listener = socket.create_server(("127.0.0.1", 0))
    tap = Tap(listener.getsockname()[1])

    def serve() -> None:
        connection = TLSConnection(listener.accept()[0])
        private = parsePEMKey(key.read_text(), private=True)
        connection.handshakeServer(
            certChain=chain, privateKey=private, settings=agreed, reqCert=mutual
        )
        assert connection.read(min=len(PING), max=len(PING)) == PING
        connection.write(PONG)
        connection.close()
        connection.sock.close()

    wire = Wire()
    server = threading.Thread(target=serve, daemon=True)
    server.start()
    carried = tap.carry_one(wire)
    client = TLSConnection(socket.create_connection(("127.0.0.1", tap.port)))
    shown = (chain, parsePEMKey(key.read_text(), private=True)) if mutual else (None, None)
    with _derived_secrets() as secrets:
        client.handshakeClientCert(*shown, settings=agreed)
    client.write(PING)
    if during:
        during(client)
    assert client.read(min=len(PONG), max=len(PONG)) == PONG
    master = bytes(client.session.masterSecret)
    client.close()
    client.sock.close()
    for thread in (server, carried):
        thread.join(10)
    listener.close()
    tap.close()
    random = wire.hello.client_random.hex()
    lines = secrets if version == (3, 4) else {"CLIENT_RANDOM": master}
    wire.key_log = "".join(f"{word} {random} {lines[word].hex()}\n" for word in lines).encode()
    return wire


@contextlib.contextmanager
def _derived_secrets():
    """The traffic secrets of TLS 1.3 that tlslite-ng derives meanwhile; it logs no keys itself."""
    from tlslite import tlsconnection

    labels = {
        b"c hs traffic": "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        b"s hs traffic": "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        b"c ap traffic": "CLIENT_TRAFFIC_SECRET_0",
        b"s ap traffic": "SERVER_TRAFFIC_SECRET_0",
    }
    found = {}
    derive = tlsconnection.derive_secret

    def derive_secret(secret, label, *rest):
        derived = derive(secret, label, *rest)
        if bytes(label) in labels:
            found[labels[bytes(label)]] = bytes(derived)
        return derived

    tlsconnection.derive_secret = derive_secret
    try:
        yield found
    finally:
        tlsconnection.derive_secret = derive


# --- Java's JSSE, which still has DES and the export suites ---------------------------------------------


def jsse_sessions(protocol: str, suites: list[str]) -> dict[str, Wire]:
    """Suite -> one session of JSSE with itself; names and protocol in Java's spelling, e.g. `TLSv1`."""
    place = Path(folder())
    certificate, key = identity("rsa")
    store = place / "rsa.p12"
    command = ["openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-out", store]
    subprocess.run([*command, "-passout", "pass:secret"], check=True, capture_output=True)
    allowed = place / "java.security"
    properties = (
        "jdk.tls.disabledAlgorithms",
        "jdk.tls.legacyAlgorithms",
        "jdk.certpath.disabledAlgorithms",
    )
    allowed.write_text("".join(f"{name}=\n" for name in properties))
    program = Path(__file__).with_name("JsseSessions.java")
    done = subprocess.run(
        [
            "java",
            f"-Djava.security.properties={allowed}",
            "--add-opens=java.base/sun.security.ssl=ALL-UNNAMED",
            program,
            store,
            "secret",
            protocol,
            *suites,
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    wires = {}
    for line in done.stdout.splitlines():
        suite, client, server, master = line.split()
        wire = Wire(bytes.fromhex(client), bytes.fromhex(server))
        random = wire.hello.client_random.hex()
        wire.key_log = f"CLIENT_RANDOM {random} {master}\n".encode()
        wires[suite] = wire
    return wires


# --- NSS, which still has SEED ----------------------------------------------------------------------------


def nss_session(suite_number: int, versions: str) -> Wire:
    """One session of NSS's tstclnt and selfserv. NSS as Debian builds it writes no key log.

    Args:
        suite_number: e.g. 0x0096.
        versions: as its `-V` wants them, e.g. `tls1.0:tls1.2`.
    """
    database = nss_database()
    port = free_port()
    tap = Tap(port)
    suite = f":{suite_number:04X}"
    common = ["-d", f"sql:{database}", "-c", suite, "-V", versions]
    wire = Wire()
    with running(["selfserv", "-n", "test", "-p", str(port), *common], port):
        carried = tap.carry_one(wire)
        with client_process(
            ["tstclnt", "-h", "127.0.0.1", "-p", str(tap.port), "-o", *common]
        ) as client:
            client.stdin.write(b"GET / HTTP/1.0\r\n\r\n")
            client.stdin.flush()
            answer = client.stdout.readline()
            client.kill()
        assert answer.startswith(b"HTTP/1.0 200"), answer
        carried.join(10)
    tap.close()
    return wire
