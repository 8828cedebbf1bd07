"""Certificates for chain cases: every field can be set, v1 included; and `openssl verify` to ask."""

from __future__ import annotations

import datetime as dt
import functools
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from analyzer.session.certificates import Certificate, parse_certificate
from analyzer.stream import CLIENT, SERVER, Side

NOW = dt.datetime(2026, 6, 1, 12, 0, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"
)


@functools.cache
def key(name: str) -> Any:
    """A private key; the kind is the name's first word: `rsa`, `rsa1024`, `p256`, `ed25519` ..."""
    kind = name.split(maxsplit=1)[0]
    makers = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ed448": ed448.Ed448PrivateKey.generate,
        "dsa": lambda: dsa.generate_private_key(2048),
    }
    return makers[kind]()


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Made:
    """A certificate and what is needed to sign with it."""

    x509: x509.Certificate
    key_name: str

    @property
    def facts(self) -> Certificate:
        return parse_certificate(self.der)

    @property
    def der(self) -> bytes:
        return self.x509.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return self.x509.public_bytes(serialization.Encoding.PEM).decode()


def make(
    subject: str,
    issuer: Made | None = None,
    *,
    by: str = "",
    key_name: str = "",
    version: int = 3,
    begin: dt.datetime = NOW - 100 * DAY,
    end: dt.datetime = NOW + 100 * DAY,
    ca: bool | None = None,
    critical: bool = True,
    path: int | None = None,
    ku: str | None = None,
    eku: str | None = None,
    ids: bool = False,
    digest: hashes.HashAlgorithm | None = None,
    weak: str = "",
    pss: bool = False,
    extra: x509.ExtensionType | None = None,
    serial: int = 0,
) -> Made:
    """A certificate.

    `issuer` None: self-signed. `by`: another key than the issuer's signs it. `ids`: subject and
    authority key identifiers. `ku`, `eku`: words with spaces between. `weak`: `md5` or `sha1`, with RSA.
    """
    key_name = key_name or f"p256 {subject}"
    signing = key(by or (issuer.key_name if issuer else key_name))
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(issuer.x509.subject if issuer else name(subject))
        .public_key(key(key_name).public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path), critical)
    if ku is not None:
        builder = builder.add_extension(_key_usage(ku.split()), critical=True)
    if eku is not None:
        oids = [x509.ObjectIdentifier(_EKU.get(word, word)) for word in eku.split()]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    if ids:
        above = issuer.x509.public_key() if issuer else key(key_name).public_key()
        ski = x509.SubjectKeyIdentifier.from_public_key(key(key_name).public_key())
        aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(above)
        builder = builder.add_extension(ski, critical=False).add_extension(aki, critical=False)
    if extra is not None:
        builder = builder.add_extension(extra, critical)
    modern = isinstance(signing, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    algorithm = None if modern else digest or hashes.SHA256()
    scheme: dict[str, Any] = {}
    if pss:
        scheme["rsa_padding"] = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signed = builder.sign(signing, algorithm, **scheme)
    if version == 1:
        signed = _as_v1(signed, signing)
    return Made(_weakened(signed, signing, weak) if weak else signed, key_name)


_EKU = {
    "server": "1.3.6.1.5.5.7.3.1",
    "client": "1.3.6.1.5.5.7.3.2",
    "email": "1.3.6.1.5.5.7.3.4",
    "any": "2.5.29.37.0",
    "sgc": "2.16.840.1.113730.4.1",
}

_USAGES = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]


def _key_usage(words: list[str]) -> x509.KeyUsage:
    assert set(words) <= set(_USAGES)
    return x509.KeyUsage(**{usage: usage in words for usage in _USAGES})


def _as_v1(signed: x509.Certificate, signing: Any) -> x509.Certificate:
    """The same certificate as X.509 v1, as `openssl x509 -req` makes it: no version, no extensions."""
    tbs = der(0x30, b"".join(e for e in _elements(signed.tbs_certificate_bytes) if e[0] < 0xA0))
    algorithm = _elements(signed.public_bytes(serialization.Encoding.DER))[1]
    if isinstance(signing, rsa.RSAPrivateKey):
        signature = signing.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(signing, ec.EllipticCurvePrivateKey):
        signature = signing.sign(tbs, ec.ECDSA(hashes.SHA256()))
    else:
        signature = signing.sign(tbs)
    return x509.load_der_x509_certificate(der(0x30, tbs + algorithm + der(3, b"\0" + signature)))


def _weakened(
    signed: x509.Certificate, signing: rsa.RSAPrivateKey, digest: str
) -> x509.Certificate:
    """Signed again by a digest that the library no longer signs certificates with (RFC 3279 2.2.1)."""
    digests = {"md5": (b"\4", hashes.MD5()), "sha1": (b"\5", hashes.SHA1())}
    last, algorithm = digests[digest]
    rsa_oid = bytes.fromhex("06092a864886f70d0101")
    tbs, scheme, _ = _elements(signed.public_bytes(serialization.Encoding.DER))
    tbs, scheme = (part.replace(rsa_oid + b"\x0b", rsa_oid + last) for part in (tbs, scheme))
    signature = signing.sign(tbs, padding.PKCS1v15(), algorithm)
    return x509.load_der_x509_certificate(der(0x30, tbs + scheme + der(3, b"\0" + signature)))


def der(tag: int, body: bytes) -> bytes:
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + len(body).to_bytes(size, "big") + body


def _elements(whole: bytes) -> list[bytes]:
    def header(at: int) -> tuple[int, int]:
        length, start = whole[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(whole[at + 2 : start], "big")
        return start, start + length

    at, end = header(0)
    found = []
    while at < end:
        stop = header(at)[1]
        found.append(whole[at:stop])
        at = stop
    return found


@dataclass(frozen=True)
class ChainCase:
    """A chain and the question put to it."""

    name: str
    leaf: Made
    anchors: tuple[Made, ...]
    rest: tuple[Made, ...] = ()
    side: Side = SERVER
    at: dt.datetime = NOW


def openssl_verify(case: ChainCase, directory: Path) -> tuple[bool, int | None, str]:
    """Whether `openssl verify` trusts it, the number of its error and all that it said."""
    files = {"leaf": (case.leaf,), "anchors": case.anchors, "rest": case.rest}
    for stem, made in files.items():
        (directory / f"{stem}.pem").write_text("".join(one.pem for one in made))
    purpose = "sslclient" if case.side is CLIENT else "sslserver"
    command = ["openssl", "verify", "-partial_chain", "-attime", str(int(case.at.timestamp()))]
    command += ["-purpose", purpose, "-CAfile", "anchors.pem", "-no-CApath", "-no-CAstore"]
    command += ["-untrusted", "rest.pem"] if case.rest else []
    ran = subprocess.run(
        [*command, "leaf.pem"], cwd=directory, capture_output=True, text=True, check=False
    )
    said = ran.stdout + ran.stderr
    numbers = [
        int(line.split()[1])
        for line in said.splitlines()
        if line.startswith("error ") and line.split()[1].isdigit()
    ]
    return ran.returncode == 0, numbers[0] if numbers else None, said
