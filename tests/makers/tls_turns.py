"""The turns that a handshake can take, each a real session: name -> the connections that show it.

A turn is one connection or, where it needs an earlier one (resumption), two.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPResponseBuilder, OCSPResponseStatus
from OpenSSL import SSL

from analyzer.stream import CLIENT, SERVER, Side
from tests.makers.tls_elders import tlslite_session
from tests.makers.tls_gnutls import gnutls_wire
from tests.makers.tls_identities import identity, raw_public_key
from tests.makers.tls_memory import TLS12, TLS13, Contexts, Pair, ended, wire_of
from tests.makers.tls_stacks import openssl_dialogue, openssl_dialogues, openssl_program_session
from tests.makers.tls_wire import Wire

Connections = tuple[Wire, ...]
PING, PONG = b"ping", b"pong"


def mutual(version: ssl.TLSVersion) -> Connections:
    return (ended(version).wire,)


def hello_retry_request() -> Connections:
    contexts = Contexts(TLS13)
    contexts.server.set_ecdh_curve("secp521r1")  # for which no client sends a share unasked
    return (_talked(Pair(contexts)).wire,)


def resumption(version: ssl.TLSVersion, *, ticket: bool = True, again: int = 1) -> Connections:
    """A full handshake, then abbreviated ones on connections of their own."""
    contexts = Contexts(version)
    if not ticket:
        contexts.server.options |= ssl.OP_NO_TICKET
    pairs = [_talked(Pair(contexts))]
    for _ in range(again):
        pairs.append(_talked(Pair(contexts, session=pairs[-1].peers[CLIENT].session)))
        assert pairs[-1].peers[CLIENT].session_reused
    return tuple(pair.wire for pair in pairs)


def post_handshake_authentication(*, empty: bool = False) -> Connections:
    contexts = Contexts(TLS13)
    contexts.client.post_handshake_auth = contexts.server.post_handshake_auth = True
    if empty:
        contexts.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        contexts.client.check_hostname, contexts.client.verify_mode = False, ssl.CERT_NONE
        contexts.client.post_handshake_auth = True
        contexts.client.keylog_filename = contexts._log.name
        contexts.server.verify_mode = ssl.CERT_OPTIONAL
    pair = Pair(contexts).handshake()
    pair.send(CLIENT, PING)
    pair.peers[SERVER].verify_client_post_handshake()
    pair.send(SERVER, PONG)
    pair.send(CLIENT, PING)
    return (pair.close(CLIENT, SERVER).wire,)


def refused(version: ssl.TLSVersion, by: Side) -> Connections:
    """One side does not trust the other's certificate."""
    contexts = Contexts(version)
    if by is CLIENT:
        contexts.client.verify_mode = ssl.CERT_REQUIRED
        contexts.client.load_verify_locations(str(identity("ecdsa")[0]))
    else:
        contexts.client.load_cert_chain(*map(str, identity("ecdsa")))
    return (Pair(contexts).handshake().wire,)


def closed_by(side: Side, *, data_after: bool = False) -> Connections:
    pair = Pair(Contexts(TLS13)).handshake().send(CLIENT, PING)
    pair.close(side)
    if data_after:  # its other direction may go on (RFC 8446 section 6.1)
        pair.peers[side.peer].write(PONG)
        pair.carry()
    return (pair.wire,)


def _talked(pair: Pair) -> Pair:
    return pair.handshake().send(CLIENT, PING).send(SERVER, PONG).close(CLIENT, SERVER)


# --- pyOpenSSL: renegotiation, early data, certificate status, encrypted client hello --------------------

_ALLOW_CLIENT_RENEGOTIATION = 1 << 8
_ECH_GREASE = 1 << 36


class Programmable:
    """Two peers of pyOpenSSL in memory."""

    def __init__(self, version: int, *, client_options: int = 0) -> None:
        self.flights: list[tuple[Side, bytes]] = []
        self._lines: list[bytes] = []
        self.contexts = (SSL.Context(SSL.TLS_CLIENT_METHOD), SSL.Context(SSL.TLS_SERVER_METHOD))
        for context in self.contexts:
            context.set_min_proto_version(version)
            context.set_max_proto_version(version)
            context.use_certificate_file(str(identity("rsa")[0]))
            context.use_privatekey_file(str(identity("rsa")[1]))
        self.contexts[CLIENT].set_options(client_options)
        self.contexts[SERVER].set_options(_ALLOW_CLIENT_RENEGOTIATION)
        self.contexts[CLIENT].set_keylog_callback(lambda _, line: self._lines.append(line))

    def connect(self, session: object = None) -> Programmable:
        self.flights = []
        self.peers = tuple(SSL.Connection(context) for context in self.contexts)
        self.peers[CLIENT].set_connect_state()
        self.peers[SERVER].set_accept_state()
        if session:
            self.peers[CLIENT].set_session(session)
        return self

    def carry(self) -> bool:
        carried = False
        for side in Side:
            with contextlib.suppress(SSL.WantReadError):
                while data := self.peers[side].bio_read(1 << 16):
                    self.flights.append((side, data))
                    self.peers[side.peer].bio_write(data)
                    carried = True
        return carried

    def turn(self) -> None:
        """Both go on until neither has anything to say."""
        while True:
            for peer in self.peers:
                with contextlib.suppress(SSL.WantReadError):
                    peer.do_handshake()
            if not self.carry():
                return

    def read(self, side: Side) -> bytes:
        with contextlib.suppress(SSL.WantReadError):
            return self.peers[side].recv(1 << 16)
        return b""

    def send(self, side: Side, data: bytes) -> None:
        self.peers[side].send(data)
        self.carry()
        assert self.read(side.peer) == data

    @property
    def wire(self) -> Wire:
        return wire_of(self.flights, b"\n".join(self._lines) + b"\n")


def renegotiation(by: Side) -> Connections:
    pair = Programmable(SSL.TLS1_2_VERSION).connect()
    pair.turn()
    pair.send(CLIENT, PING)
    pair.peers[by].renegotiate()
    pair.peers[by].do_handshake() if by is SERVER else None
    for _ in range(6):
        for peer in pair.peers:
            with contextlib.suppress(SSL.WantReadError):
                peer.do_handshake()
        pair.carry()
        for side in Side:
            pair.read(side)
        pair.carry()
    pair.send(CLIENT, PING)
    pair.send(SERVER, PONG)
    return (pair.wire,)


def encrypted_client_hello() -> Connections:
    """As clients send it to servers that know nothing of it (GREASE, RFC 9849 section 6.2)."""
    pair = Programmable(SSL.TLS1_3_VERSION, client_options=_ECH_GREASE).connect()
    pair.turn()
    pair.send(CLIENT, PING)
    return (pair.wire,)


# --- Programs ------------------------------------------------------------------------------------------


def key_update(by: Side) -> Connections:
    """One side updates its keys and asks the other to do so too, twice."""
    lines = [(SERVER, b"one"), (by, b"K"), (CLIENT, b"two"), (SERVER, b"three"), (by, b"K")]
    lines += [(SERVER, b"four"), (CLIENT, b"five")]
    return (openssl_dialogue(["-tls1_3"], ["-tls1_3"], lines),)


def early_data(*, accepted: bool) -> Connections:
    """A session whose ticket allows early data, then one that sends some: to the same server, or to a new one."""
    server = ["-tls1_3", "-early_data", "-max_early_data", "16384", "-no_anti_replay"]
    lines = [(SERVER, b"one"), (CLIENT, b"two")]
    with tempfile.NamedTemporaryFile() as saved, tempfile.NamedTemporaryFile() as early:
        early.write(b"early " * 500)
        early.flush()
        first = ["-tls1_3", "-sess_out", saved.name]
        then = ["-tls1_3", "-sess_in", saved.name, "-early_data", early.name]
        if accepted:
            return tuple(openssl_dialogues(server, [first, then], lines))
        return (
            openssl_dialogue(server, first, lines),
            openssl_dialogue(server, then, lines),
        )


def max_fragment_length() -> Connections:
    peers = ["-tls1_2"]
    return (openssl_program_session(server=peers, client=[*peers, "-maxfraglen", "512"]),)


def certificate_status(version: str) -> Connections:
    """The server staples a response; nobody reads what it says."""
    response = OCSPResponseBuilder.build_unsuccessful(OCSPResponseStatus.TRY_LATER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(response.public_bytes(Encoding.DER))
        file.flush()
        server = [version, "-status_file", file.name]
        return (openssl_program_session(server=server, client=[version, "-status"]),)


def raw_public_keys(version: str) -> Connections:
    public, private = raw_public_key()
    server = [f"--rawpkfile={public}", f"--rawpkkeyfile={private}"]
    priority = f"NORMAL:-VERS-ALL:+VERS-TLS{version}:-CTYPE-ALL:+CTYPE-SRV-RAWPK:+CTYPE-CLI-X509"
    return (gnutls_wire(priority, server=server, client=[]),)


def record_size_limit() -> Connections:
    size = ["--recordsize=600"]
    return (gnutls_wire("NORMAL:-VERS-ALL:+VERS-TLS1.3", server=[], client=size),)


# --- tlslite-ng ------------------------------------------------------------------------------------------


def compressed_certificate(algorithm: str) -> Connections:
    settings = {"certificate_compression_send": [algorithm]}
    settings["certificate_compression_receive"] = [algorithm]
    return (tlslite_session((3, 4), **settings),)


def heartbeat() -> Connections:
    def beat(client) -> None:
        client.heartbeat_can_send = True
        client.send_heartbeat_request(bytearray(b"still there?"), 16)

    return (tlslite_session((3, 3), during=beat, heartbeat_response_callback=lambda _: None),)


TURNS: dict[str, Callable[[], Connections]] = {
    "mutual TLS 1.2": lambda: mutual(TLS12),
    "mutual TLS 1.3": lambda: mutual(TLS13),
    "HelloRetryRequest": hello_retry_request,
    "session ID": lambda: resumption(TLS12, ticket=False),
    "ticket": lambda: resumption(TLS12),
    "PSK": lambda: resumption(TLS13),
    "renegotiation by the client": lambda: renegotiation(CLIENT),
    "renegotiation by the server": lambda: renegotiation(SERVER),
    "post-handshake authentication": post_handshake_authentication,
    "post-handshake authentication without a certificate": lambda: post_handshake_authentication(
        empty=True
    ),
    "KeyUpdate by the client": lambda: key_update(CLIENT),
    "KeyUpdate by the server": lambda: key_update(SERVER),
    "early data accepted": lambda: early_data(accepted=True),
    "early data rejected": lambda: early_data(accepted=False),
    "certificate status in TLS 1.2": lambda: certificate_status("-tls1_2"),
    "certificate status in TLS 1.3": lambda: certificate_status("-tls1_3"),
    "encrypted client hello": encrypted_client_hello,
    "max fragment length": max_fragment_length,
    "record size limit": record_size_limit,
    "certificate compressed with zlib": lambda: compressed_certificate("zlib"),
    "certificate compressed with brotli": lambda: compressed_certificate("brotli"),
    "certificate compressed with zstd": lambda: compressed_certificate("zstd"),
    "raw public key in TLS 1.2": lambda: raw_public_keys("1.2"),
    "raw public key in TLS 1.3": lambda: raw_public_keys("1.3"),
    "heartbeat": heartbeat,
    "client refuses in TLS 1.2": lambda: refused(TLS12, CLIENT),
    "client refuses in TLS 1.3": lambda: refused(TLS13, CLIENT),
    "server refuses in TLS 1.2": lambda: refused(TLS12, SERVER),
    "server refuses in TLS 1.3": lambda: refused(TLS13, SERVER),
    "closed by the client alone": lambda: closed_by(CLIENT),
    "closed by the server alone": lambda: closed_by(SERVER),
    "data after close": lambda: closed_by(CLIENT, data_after=True),
}
