"""Clients and servers of many stacks as programs, any of which can talk with any other over loopback.

Each client shows a certificate and sends a line; each server asks for one. Of either side's key log there
is what its stack writes (NSS as Debian builds it, JSSE and Mbed TLS write none).
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.makers.tls_identities import identity, nss_database, pkcs12
from tests.makers.tls_stacks import PING, Tap, free_port, running
from tests.makers.tls_wire import Wire

Command = Callable[[int, str, Path], list]
# Removed when the interpreter ends.
_FOLDER = tempfile.TemporaryDirectory(prefix="tls-peers-")
HERE = Path(__file__).parent
CERTIFICATE, KEY = "rsa.crt", "rsa.key"

NODE_CLIENT = """
const tls = require('tls'), fs = require('fs');
const [port, version, cert, key] = process.argv.slice(1);
const socket = tls.connect({port, host: '127.0.0.1', minVersion: version, maxVersion: version,
    rejectUnauthorized: false, cert: fs.readFileSync(cert), key: fs.readFileSync(key)},
    () => socket.write('ping of the client\\n'));
socket.on('data', () => { socket.end(); socket.unref(); });
socket.on('error', () => {});
"""
NODE_SERVER = """
const tls = require('tls'), fs = require('fs');
const [port, version, cert, key] = process.argv.slice(1);
tls.createServer({minVersion: version, maxVersion: version, requestCert: true,
    rejectUnauthorized: false, cert: fs.readFileSync(cert), key: fs.readFileSync(key)},
    socket => { socket.on('error', () => {}); socket.pipe(socket); })
    .on('tlsClientError', () => {}).listen(port, '127.0.0.1');
"""
RUSTLS_CLIENT = """
import socket, sys, rtls
port, version, cert, key, log = sys.argv[1:]
context = rtls.SSLContext(rtls.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, rtls.CERT_NONE
context.minimum_version = context.maximum_version = getattr(rtls.TLSVersion, version)
context.load_cert_chain(cert, key)
context.keylog_filename = log
with socket.create_connection(('127.0.0.1', int(port))) as raw, context.wrap_socket(raw, server_hostname='localhost') as peer:
    peer.sendall(b'ping of the client\\n')
    peer.recv(1000)
"""
MBEDTLS_CLIENT = """
import socket, sys
from mbedtls import tls, x509, pk
port, version, cert, key, log = sys.argv[1:]
which = getattr(tls.TLSVersion, version)
private = pk.RSA.from_PEM(open(key).read())
chain = (x509.CRT.from_PEM(open(cert).read()),)
configuration = tls.TLSConfiguration(validate_certificates=False, lowest_supported_version=which,
    highest_supported_version=which, certificate_chain=(chain, private))
peer = tls.ClientContext(configuration).wrap_socket(socket.socket(), server_hostname=None)
peer.connect(('127.0.0.1', int(port)))
peer.do_handshake()
peer.send(b'ping of the client\\n')
peer.recv(1000)
peer.close()
"""


@dataclass(frozen=True)
class Stack:
    """One stack.

    Attributes:
        name: of it.
        needs: a program, or `python:MODULE`.
        client, server: (port, version, log) -> command; None where it cannot be that.
        versions: `1.2` or `1.3` -> its own word.
        typed: its client sends what is typed.
    """

    name: str
    needs: str
    versions: dict[str, str]
    client: Command | None = None
    server: Command | None = None
    typed: bool = False


def _pair() -> list:
    return list(identity("rsa"))


def _python(program: str) -> Command:
    return lambda port, version, log: [
        *(sys.executable, "-W", "ignore", "-c", program, str(port), version, *_pair(), log)
    ]


def _node(program: str) -> Command:
    return lambda port, version, log: [
        *("node", f"--tls-keylog={log}", "-e", program, str(port), version, *_pair())
    ]


@functools.cache
def _java_classes() -> str:
    """Compiled once: a JVM that compiles takes seconds."""
    subprocess.run(["javac", "-d", _FOLDER.name, HERE / "JssePeer.java"], check=True)
    return _FOLDER.name


def _java(role: str) -> Command:
    return lambda port, version, _: [
        *("java", "-XX:TieredStopAtLevel=1", "-cp", _java_classes(), "JssePeer"),
        *(role, str(port), pkcs12(), "secret", version),
    ]


def _gnutls(role: str) -> Command:
    def command(port: int, version: str, _: Path) -> list:
        certificate, key = identity("rsa")
        files = [f"--x509certfile={certificate}", f"--x509keyfile={key}", f"--port={port}"]
        files += [f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}"]
        if role == "server":
            return ["gnutls-serv", "--quiet", "--echo", "--require-client-cert", *files]
        return ["gnutls-cli", "--insecure", "--disable-sni", *files, "127.0.0.1"]

    return command


def _openssl(role: str) -> Command:
    def command(port: int, version: str, log: Path) -> list:
        certificate, key = identity("rsa")
        files = ["-cert", certificate, "-key", key, f"-tls{version}", "-keylogfile", log]
        if role == "server":
            return [
                "openssl",
                "s_server",
                "-quiet",
                "-rev",
                "-Verify",
                "1",
                "-accept",
                port,
                *files,
            ]
        return ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}", *files]

    return command


def _nss(role: str) -> Command:
    def command(port: int, version: str, _: Path) -> list:
        common = [
            "-d",
            f"sql:{nss_database()}",
            "-V",
            f"{version}:{version}",
            "-p",
            port,
            "-n",
            "test",
        ]
        if role == "server":
            return ["selfserv", "-rr", *common]
        return ["tstclnt", "-h", "127.0.0.1", "-o", *common]

    return command


_DOTTED = {"1.2": "1.2", "1.3": "1.3"}
STACKS = {
    stack.name: stack
    for stack in (
        Stack("OpenSSL", "openssl", {"1.2": "1_2", "1.3": "1_3"}, _openssl("client"), _openssl("server"), typed=True),
        Stack("GnuTLS", "gnutls-serv", _DOTTED, _gnutls("client"), _gnutls("server"), typed=True),
        Stack("NSS", "selfserv", {"1.2": "tls1.2", "1.3": "tls1.3"}, _nss("client"), _nss("server"), typed=True),
        Stack("Node", "node", {"1.2": "TLSv1.2", "1.3": "TLSv1.3"}, _node(NODE_CLIENT), _node(NODE_SERVER)),
        Stack("JSSE", "javac", {"1.2": "TLSv1.2", "1.3": "TLSv1.3"}, _java("client"), _java("server")),
        Stack("rustls", "python:rtls", {"1.2": "TLSv1_2", "1.3": "TLSv1_3"}, _python(RUSTLS_CLIENT)),
        Stack("Mbed TLS", "python:mbedtls", {"1.2": "TLSv1_2"}, _python(MBEDTLS_CLIENT)),
    )
}  # fmt: skip


def need(stack: Stack) -> None:
    """Skips the test where a stack is not installed."""
    kind, _, module = stack.needs.partition(":")
    if module:
        pytest.importorskip(module)
    elif not shutil.which(kind):
        pytest.skip(f"{kind} is not installed")


def session(client: str, server: str, version: str) -> Wire:
    """One session of two stacks: the client's line, and what the server makes of it."""
    ours, theirs = STACKS[client], STACKS[server]
    need(ours)
    need(theirs)
    port = free_port()
    wire = Wire()
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder) / "client.log", Path(folder) / "server.log"
        server_command = list(map(str, theirs.server(port, theirs.versions[version], logs[1])))
        environment = {**os.environ, "SSLKEYLOGFILE": str(logs[1])}
        with (
            running(server_command, port, environment),
            contextlib.closing(Tap(port)) as tap,
        ):
            carried = tap.carry_one(wire)
            command = list(map(str, ours.client(tap.port, ours.versions[version], logs[0])))
            environment = {**os.environ, "SSLKEYLOGFILE": str(logs[0])}
            with subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
            ) as process:
                try:
                    if ours.typed:
                        _settled(wire, 0)
                        before = len(wire.flights)
                        process.stdin.write(PING)
                        process.stdin.flush()
                        _settled(wire, before)
                        process.terminate()
                    else:
                        process.wait(20)
                finally:
                    process.kill()
            carried.join(10)
        wire.key_log = b"\n".join(log.read_bytes() for log in logs if log.exists())
    return wire


def _settled(wire: Wire, before: int) -> None:
    """Until more flights came than before, and no more do."""
    count = -1
    for _ in range(150):
        if len(wire.flights) == count > before:
            return
        count = len(wire.flights)
        time.sleep(0.1)
    raise AssertionError("nothing was sent")
