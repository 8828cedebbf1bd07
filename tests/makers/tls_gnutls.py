"""Real sessions of GnuTLS with itself."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from tests.makers.tls_identities import (
    dh_parameters,
    folder,
    identity,
)
from tests.makers.tls_stacks import (
    PING,
    Tap,
    free_port,
    running,
    talked,
)
from tests.makers.tls_wire import Wire

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
        psk = Path(folder()) / "psk.txt"
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
            done = talked([*command, "127.0.0.1"], environment)
            wire.key_log = Path(log.name).read_bytes()
        assert PING.strip() in done, done[-2000:]
        carried.join(10)
        return wire


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
            done = talked([*talk, f"--priority={priority}", *client, "127.0.0.1"], environment)
            wire.key_log = Path(log.name).read_bytes()
        assert PING.strip() in done, done[-2000:]
        carried.join(10)
    return wire
