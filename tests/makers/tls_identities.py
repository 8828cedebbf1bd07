"""Keys and certificates of the peers of tests, in the forms that the stacks want them."""

from __future__ import annotations

import datetime as dt
import functools
import subprocess
import tempfile
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
    place = Path(folder())
    paths = place / f"{kind}.crt", place / f"{kind}.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def _by_openssl(kind: str) -> tuple[Path, Path]:
    """An identity whose key `cryptography` can read but not make."""
    paths = Path(folder()) / f"{kind}.crt", Path(folder()) / f"{kind}.key"
    command = ["openssl", "req", "-x509", "-newkey", kind, "-pkeyopt", "rsa_keygen_bits:2048"]
    command += ["-nodes", "-subj", f"/CN=test {kind}", "-out", paths[0], "-keyout", paths[1]]
    subprocess.run(command, check=True, capture_output=True)
    return paths


# Removed when the interpreter ends.
_FOLDER = tempfile.TemporaryDirectory(prefix="tls-stacks-")


def folder() -> str:
    return _FOLDER.name


@functools.cache
def dh_parameters() -> Path:

    path = Path(folder()) / "dh.pem"
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


@functools.cache
def raw_public_key() -> tuple[Path, Path]:
    """(public key, private key) PEM files."""
    paths = Path(folder()) / "raw.pub", Path(folder()) / "raw.key"
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    paths[0].write_bytes(spki)
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@functools.cache
def pkcs12() -> Path:
    """The RSA identity in a PKCS #12 container, under the password `secret`."""
    certificate, key = identity("rsa")
    store = Path(folder()) / "identity.p12"
    command = ["openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-out", store]
    command += ["-name", "test", "-passout", "pass:secret"]
    subprocess.run(command, check=True, capture_output=True)
    return store


@functools.cache
def nss_database() -> Path:
    """An NSS database that holds the RSA identity as `test`."""
    database = Path(folder()) / "nss"
    database.mkdir()
    command = ["certutil", "-N", "-d", f"sql:{database}", "--empty-password"]
    subprocess.run(command, check=True, capture_output=True)
    command = ["pk12util", "-i", pkcs12(), "-d", f"sql:{database}", "-W", "secret"]
    subprocess.run(command, check=True, capture_output=True)
    # Peers that show this very certificate are trusted.
    command = ["certutil", "-M", "-d", f"sql:{database}", "-n", "test", "-t", "TCPu,CPu,CPu"]
    subprocess.run(command, check=True, capture_output=True)
    return database
