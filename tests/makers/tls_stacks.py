"""Real sessions of OpenSSL and its programs, with what went over the wire and the client's key log.

`openssl_session` runs in memory; the others run over loopback through a `Tap` that keeps every byte.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import warnings
from pathlib import Path

from analyzer.stream import CLIENT, SERVER, Side
from tests.makers.tls_identities import (
    dh_parameters,
    identity,
)
from tests.makers.tls_wire import Wire

PING = b"ping of the client\n"
PONG = b"pong of the server\n" * 40


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


def talked(command: list[str], environment: dict[str, str]) -> bytes:
    """Output of a client that is sent PING and, once it came back, the end of its input."""
    out = b""
    with client_process(command, env=environment, stderr=subprocess.STDOUT) as process:
        process.stdin.write(PING)
        process.stdin.flush()
        while line := process.stdout.readline():
            out += line
            if line.strip() == PING.strip():
                process.stdin.close()
    return out


def client_process(command: list[str], **options) -> subprocess.Popen:
    options = {"stderr": subprocess.DEVNULL, **options}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)


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
        with client_process([*talk, "-quiet", *client]) as process:
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
                with client_process([*talk, "-keylogfile", log.name, *client]) as typing:
                    typed = (typing.stdin, server_process.stdin)
                    _until_quiet(wire, 0)
                    for side, line in lines:
                        before = len(wire.flights)
                        typed[side].write(line + b"\n")
                        typed[side].flush()
                        _until_quiet(wire, before)
                    typing.terminate()
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
