"""Real sessions of real TLS stacks, with what went over the wire and the client's key log.

`openssl_session` runs in memory; the others run over loopback through a `Tap` that keeps every byte.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from analyzer.stream import CLIENT, SERVER, Side
from tests.makers.tls_wire import Wire

PING = b"ping of the client\n"
PONG = b"pong of the server\n" * 40


@functools.cache
def identity(kind: str) -> tuple[Path, Path]:
    """(certificate, private key) PEM files of a self-signed identity with a key of `kind`."""
    if kind == "rsa-pss":
        return _by_openssl(kind)
    key = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
        "dsa": lambda: dsa.generate_private_key(2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ed448": ed448.Ed448PrivateKey.generate,
    }[kind]()
    own_hash = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {kind}")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, None if own_hash else hashes.SHA256())
    )
    folder = Path(_folder())
    paths = folder / f"{kind}.crt", folder / f"{kind}.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def _by_openssl(kind: str) -> tuple[Path, Path]:
    """An identity whose key `cryptography` can read but not make."""
    paths = Path(_folder()) / f"{kind}.crt", Path(_folder()) / f"{kind}.key"
    command = ["openssl", "req", "-x509", "-newkey", kind, "-pkeyopt", "rsa_keygen_bits:2048"]
    command += ["-nodes", "-subj", f"/CN=test {kind}", "-out", paths[0], "-keyout", paths[1]]
    subprocess.run(command, check=True, capture_output=True)
    return paths


# Removed when the interpreter ends.
_FOLDER = tempfile.TemporaryDirectory(prefix="tls-stacks-")


def _folder() -> str:
    return _FOLDER.name


@functools.cache
def dh_parameters() -> Path:

    path = Path(_folder()) / "dh.pem"
    # The group of RFC 7919 appendix A.1 is there without a search for primes.
    subprocess.run(
        [
            "openssl",
            "genpkey",
            "-genparam",
            "-algorithm",
            "DH",
            "-pkeyopt",
            "group:ffdhe2048",
            "-out",
            path,
        ],
        check=True,
        capture_output=True,
    )
    return path


# --- OpenSSL, in memory -------------------------------------------------------------------------------


def openssl_session(
    version: ssl.TLSVersion,
    ciphers: str = "",
    options: int = 0,
    *,
    server: tuple[str, ...] = ("rsa", "ecdsa", "dsa"),
    client: str | None = None,
) -> Wire:
    """One session of Python's OpenSSL with itself, PING one way and PONG the other.

    Args:
        version: the only one.
        ciphers: OpenSSL's string, for both.
        options: more of `SSL_OP_...`, for both.
        server: kinds of the server's identities.
        client: kind of the client's identity, which the server then asks for.
    """
    identities, client_kind = server, client
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for context in (server, client):
        context.set_ciphers(f"{ciphers or 'ALL'}:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # of TLS 1.0 and 1.1: that is what is wanted
            context.minimum_version = context.maximum_version = version
        context.options |= options
    server.load_dh_params(str(dh_parameters()))
    for kind in identities:
        server.load_cert_chain(*map(str, identity(kind)))
    if client_kind:
        client.load_cert_chain(*map(str, identity(client_kind)))
        server.load_verify_locations(str(identity(client_kind)[0]))
        server.verify_mode = ssl.CERT_REQUIRED
    with tempfile.NamedTemporaryFile() as log:
        client.keylog_filename = log.name
        wire = _pumped(client, server)
        wire.key_log = Path(log.name).read_bytes()
    return wire


def _pumped(client_context: ssl.SSLContext, server_context: ssl.SSLContext) -> Wire:
    client_in, client_out, server_in, server_out = (ssl.MemoryBIO() for _ in range(4))
    client = client_context.wrap_bio(client_in, client_out)
    server = server_context.wrap_bio(server_in, server_out, server_side=True)
    wire = Wire()

    def carry() -> bool:
        up, down = client_out.read(), server_out.read()
        wire.client += up
        wire.server += down
        server_in.write(up)
        client_in.write(down)
        return bool(up or down)

    done = set()
    while len(done) < 2:
        for peer in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                peer.do_handshake()
                done.add(peer)
        carry()
    carry()
    client.write(PING)
    carry()
    assert server.read() == PING
    server.write(PONG)
    carry()
    assert client.read() == PONG
    for peer in (client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            peer.unwrap()
    carry()
    return wire


# --- Stacks over loopback -----------------------------------------------------------------------------


class Tap:
    """Forwards one TCP connection at a time to a port on this host and keeps what passed."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def carry_one(self, wire: Wire) -> threading.Thread:
        """Takes the next connection in a thread, which ends with the connection."""
        thread = threading.Thread(target=self._carry, args=(wire,), daemon=True)
        thread.start()
        return thread

    def _carry(self, wire: Wire) -> None:
        near, _ = self._listener.accept()
        far = socket.create_connection(("127.0.0.1", self._target))
        with near, far:
            up = threading.Thread(target=_forward, args=(near, far, wire, "client"))
            up.start()
            _forward(far, near, wire, "server")
            up.join()

    def close(self) -> None:
        self._listener.close()


def _forward(source: socket.socket, target: socket.socket, wire: Wire, side: str) -> None:
    sender = CLIENT if side == "client" else SERVER
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            setattr(wire, side, getattr(wire, side) + data)
            wire.flights.append((sender, data))
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command: list[str], port: int, environment: dict[str, str] | None = None):
    """A server process that listens on a port, ended on leaving."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        try:
            for _ in range(300):
                assert process.poll() is None, f"{command[0]} ended at once"
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


# --- GnuTLS -------------------------------------------------------------------------------------------

PSK_IDENTITY, PSK_KEY = "engineer", "00112233445566778899aabbccddeeff"

# With this much on offer GnuTLS refuses TLS 1.3, which has its own.
GNUTLS_TLS13 = "NORMAL:+AES-128-CCM:+AES-128-CCM-8"
_GNUTLS_EVERYTHING = (
    "NORMAL:+VERS-TLS1.0:+VERS-TLS1.1:+RSA:+DHE-RSA:+DHE-DSS:+ANON-DH:+ANON-ECDH"
    ":+PSK:+DHE-PSK:+ECDHE-PSK:+RSA-PSK:+SIGN-ALL:+SIGN-DSA-SHA1:+SIGN-DSA-SHA256"
    ":+AES-128-CBC:+AES-256-CBC:+AES-128-CCM:+AES-256-CCM:+AES-128-CCM-8:+AES-256-CCM-8"
    ":+CAMELLIA-128-CBC:+CAMELLIA-256-CBC:+CAMELLIA-128-GCM:+CAMELLIA-256-GCM"
    ":+CHACHA20-POLY1305:+ARCFOUR-128:+3DES-CBC:+NULL:+MD5:+SHA1:+SHA256:+SHA384:+AEAD"
)

_GNUTLS_EXCHANGES = {
    ("RSA", "RSA"): "RSA",
    ("DHE", "RSA"): "DHE-RSA",
    ("DHE", "DSS"): "DHE-DSS",
    ("DHE", "anon"): "ANON-DH",
    ("ECDHE", "RSA"): "ECDHE-RSA",
    ("ECDHE", "ECDSA"): "ECDHE-ECDSA",
    ("ECDHE", "anon"): "ANON-ECDH",
    ("PSK", "PSK"): "PSK",
    ("DHE_PSK", "PSK"): "DHE-PSK",
    ("ECDHE_PSK", "PSK"): "ECDHE-PSK",
    ("RSA_PSK", "RSA"): "RSA-PSK",
}
_GNUTLS_CIPHERS = {"RC4_128": "ARCFOUR-128", "3DES_EDE_CBC": "3DES-CBC", "NULL": "NULL"}
_GNUTLS_MACS = {"": "AEAD", "SHA": "SHA1"}


def gnutls_suite(suite) -> str | None:
    """The part of a priority string that leaves nothing but a suite; None where GnuTLS has no word for it."""
    if not suite.cipher or suite.tls13:
        return None
    exchange = _GNUTLS_EXCHANGES.get((suite.key_exchange, suite.authentication))
    cipher = _GNUTLS_CIPHERS.get(suite.cipher.name, suite.cipher.name.replace("_", "-"))
    mac = _GNUTLS_MACS.get(suite.mac, suite.mac)
    return exchange and f"+{exchange}:+{cipher}:+{mac}"


class GnuTls:
    """A `gnutls-serv --echo` that offers everything it has, and clients that ask for one thing each."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap

    @staticmethod
    @contextlib.contextmanager
    def serving(priority: str = _GNUTLS_EVERYTHING):
        port = free_port()
        psk = Path(_folder()) / "psk.txt"
        psk.write_text(f"{PSK_IDENTITY}:{PSK_KEY}\n")
        command = ["gnutls-serv", "--quiet", "--echo", "--disable-client-cert", f"--port={port}"]
        command += [f"--priority={priority}", f"--pskpasswd={psk}", "--pskhint=hint"]
        command += [f"--dhparams={dh_parameters()}"]
        for kind in ("rsa", "ecdsa", "dsa"):
            certificate, key = identity(kind)
            command += [f"--x509certfile={certificate}", f"--x509keyfile={key}"]
        with running(command, port), contextlib.closing(Tap(port)) as tap:
            yield GnuTls(tap)

    def session(self, version: str, suite: str, extra: str = "") -> Wire:
        """One session; PING goes to the server and comes back.

        Args:
            version: e.g. `TLS1.2`.
            suite: as `gnutls_suite` gives it.
            extra: more of a priority string, e.g. `:%NO_ETM`.
        """
        priority = f"NONE:+VERS-{version}:{suite}:+SIGN-ALL:+SIGN-DSA-SHA1:+SIGN-DSA-SHA256:+GROUP-ALL:+COMP-NULL:+CTYPE-ALL{extra}"
        command = ["gnutls-cli", "--insecure", "--disable-sni", f"--port={self._tap.port}"]
        command += [f"--priority={priority}"]
        if "PSK" in suite:
            command += [f"--pskusername={PSK_IDENTITY}", f"--pskkey={PSK_KEY}"]
        wire = Wire()
        carried = self._tap.carry_one(wire)
        with tempfile.NamedTemporaryFile() as log:
            environment = {**os.environ, "SSLKEYLOGFILE": log.name}
            done = _talked([*command, "127.0.0.1"], environment)
            wire.key_log = Path(log.name).read_bytes()
        assert PING.strip() in done, done[-2000:]
        carried.join(10)
        return wire


def _talked(command: list[str], environment: dict[str, str]) -> bytes:
    """Output of a client that is sent PING and, once it came back, the end of its input."""
    out = b""
    with _client(command, env=environment, stderr=subprocess.STDOUT) as process:
        process.stdin.write(PING)
        process.stdin.flush()
        while line := process.stdout.readline():
            out += line
            if line.strip() == PING.strip():
                process.stdin.close()
    return out


def _client(command: list[str], **options) -> subprocess.Popen:
    options = {"stderr": subprocess.DEVNULL, **options}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)


def gnutls_wire(priority: str, *, server: list[str], client: list[str]) -> Wire:
    """One session of `gnutls-cli` with `gnutls-serv --echo`, PING there and back."""
    port = free_port()
    command = ["gnutls-serv", "--quiet", "--echo", "--disable-client-cert", f"--port={port}"]
    command += [f"--priority={priority}", *server]
    if not any("rawpk" in option for option in server):
        certificate, key = identity("rsa")
        command += [f"--x509certfile={certificate}", f"--x509keyfile={key}"]
    wire = Wire()
    with running(command, port), contextlib.closing(Tap(port)) as tap:
        carried = tap.carry_one(wire)
        talk = ["gnutls-cli", "--insecure", "--disable-sni", f"--port={tap.port}"]
        with tempfile.NamedTemporaryFile() as log:
            environment = {**os.environ, "SSLKEYLOGFILE": log.name}
            done = _talked([*talk, f"--priority={priority}", *client, "127.0.0.1"], environment)
            wire.key_log = Path(log.name).read_bytes()
        assert PING.strip() in done, done[-2000:]
        carried.join(10)
    return wire


@functools.cache
def raw_public_key() -> tuple[Path, Path]:
    """(public key, private key) PEM files."""
    paths = Path(_folder()) / "raw.pub", Path(_folder()) / "raw.key"
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    paths[0].write_bytes(spki)
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


# --- OpenSSL's programs, for what Python's ssl has no words for -----------------------------------------


def openssl_program_session(
    *, server: list[str], client: list[str], identity_kind: str = "rsa"
) -> Wire:
    """One session of `openssl s_client` with `openssl s_server -rev`, which sends every line back reversed."""
    port = free_port()
    tap = Tap(port)
    certificate, key = identity(identity_kind)
    command = ["openssl", "s_server", "-quiet", "-rev", "-accept", str(port)]
    command += ["-cert", certificate, "-key", key, *server]
    wire = Wire()
    with running(list(map(str, command)), port), tempfile.NamedTemporaryFile() as log:
        carried = tap.carry_one(wire)
        talk = ["openssl", "s_client", "-connect", f"127.0.0.1:{tap.port}", "-keylogfile", log.name]
        with _client([*talk, "-quiet", *client]) as process:
            process.stdin.write(PING)
            process.stdin.flush()
            assert process.stdout.readline().strip() == PING.strip()[::-1]
            process.terminate()
        carried.join(10)
        wire.key_log = Path(log.name).read_bytes()
    tap.close()
    return wire


def openssl_dialogue(server: list[str], client: list[str], lines: list[tuple[Side, bytes]]) -> Wire:
    """One session of `openssl s_client` with `openssl s_server`, in which each types lines in turn.

    A line that is one of their commands (`K`: update keys) is not sent but done.
    """
    [wire] = openssl_dialogues(server, [client], lines)
    return wire


def openssl_dialogues(
    server: list[str], clients: list[list[str]], lines: list[tuple[Side, bytes]]
) -> list[Wire]:
    """The same with one client after the other."""
    port = free_port()
    tap = Tap(port)
    certificate, key = identity("rsa")
    command = ["openssl", "s_server", "-accept", str(port), "-cert", certificate, "-key", key]
    wires = []
    with running(list(map(str, [*command, *server])), port) as server_process:
        for client in clients:
            wires.append(wire := Wire())
            carried = tap.carry_one(wire)
            with tempfile.NamedTemporaryFile() as log:
                talk = ["openssl", "s_client", "-connect", f"127.0.0.1:{tap.port}"]
                with _client([*talk, "-keylogfile", log.name, *client]) as client_process:
                    typed = (client_process.stdin, server_process.stdin)
                    _until_quiet(wire, 0)
                    for side, line in lines:
                        before = len(wire.flights)
                        typed[side].write(line + b"\n")
                        typed[side].flush()
                        _until_quiet(wire, before)
                    client_process.terminate()
                carried.join(10)
                wire.key_log = Path(log.name).read_bytes()
    tap.close()
    return wires


def _until_quiet(wire: Wire, before: int) -> None:
    """Until more than `before` flights came, and no more do."""
    count = -1
    for _ in range(200):
        time.sleep(0.03)
        if len(wire.flights) == count > before:
            return
        count = len(wire.flights)
    raise AssertionError("nothing was sent")


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
    folder = Path(_folder())
    certificate, key = identity("rsa")
    store = folder / "rsa.p12"
    command = ["openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-out", store]
    subprocess.run([*command, "-passout", "pass:secret"], check=True, capture_output=True)
    allowed = folder / "java.security"
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


@functools.cache
def pkcs12() -> Path:
    """The RSA identity in a PKCS #12 container, under the password `secret`."""
    certificate, key = identity("rsa")
    store = Path(_folder()) / "identity.p12"
    command = ["openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-out", store]
    command += ["-name", "test", "-passout", "pass:secret"]
    subprocess.run(command, check=True, capture_output=True)
    return store


@functools.cache
def nss_database() -> Path:
    """An NSS database that holds the RSA identity as `test`."""
    database = Path(_folder()) / "nss"
    database.mkdir()
    command = ["certutil", "-N", "-d", f"sql:{database}", "--empty-password"]
    subprocess.run(command, check=True, capture_output=True)
    command = ["pk12util", "-i", pkcs12(), "-d", f"sql:{database}", "-W", "secret"]
    subprocess.run(command, check=True, capture_output=True)
    # Peers that show this very certificate are trusted.
    command = ["certutil", "-M", "-d", f"sql:{database}", "-n", "test", "-t", "TCPu,CPu,CPu"]
    subprocess.run(command, check=True, capture_output=True)
    return database


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
        with _client(["tstclnt", "-h", "127.0.0.1", "-p", str(tap.port), "-o", *common]) as client:
            client.stdin.write(b"GET / HTTP/1.0\r\n\r\n")
            client.stdin.flush()
            answer = client.stdout.readline()
            client.kill()
        assert answer.startswith(b"HTTP/1.0 200"), answer
        carried.join(10)
    tap.close()
    return wire
