"""Chain cases: certificates of which every field can be set, and `openssl verify` to ask."""

from __future__ import annotations

import datetime as dt
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from analyzer.stream import CLIENT, SERVER, Side
from tests.makers.certificates import Issued, elements, issue, length, new_key, sequence

NOW = dt.datetime(2026, 6, 1, 12, 0, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"
)

_KINDS = {
    "rsa": "RSA 2048",
    "rsa1024": "RSA 1024",
    "p256": "EC secp256r1",
    "p384": "EC secp384r1",
    "p521": "EC secp521r1",
    "ed25519": "Ed25519",
    "ed448": "Ed448",
}


@functools.cache
def key(name: str) -> Any:
    """The same key for the same name; its kind is the first word: `rsa`, `p256 leaf` ..."""
    kind = name.split(maxsplit=1)[0]
    return dsa.generate_private_key(2048) if kind == "dsa" else new_key(_KINDS[kind])


@dataclass(frozen=True)
class Made(Issued):
    """A certificate with its key and the key's name."""

    key_name: str = ""

    __hash__ = object.__hash__


def make(
    subject: str,
    issuer: Made | None = None,
    *,
    by: str = "",
    key_name: str = "",
    version: int = 3,
    begin: dt.datetime = NOW - 100 * DAY,
    end: dt.datetime = NOW + 100 * DAY,
    digest: hashes.HashAlgorithm | None = None,
    weak: str = "",
    pss: bool = False,
    serial: int | None = None,
    **extensions: Any,
) -> Made:
    """A certificate; further arguments as in `_extensions`.

    Args:
        issuer: None is self-signed. by: the name of another key than the issuer's, which signs it.
        weak: `md5` or `sha1`, with RSA.
    """
    key_name = key_name or f"p256 {subject}"
    own = key(key_name)
    signer = issuer
    if by:
        named = issuer.certificate if issuer else None
        assert named is not None
        signer = Made(named, key(by), by)
    issued = issue(
        subject,
        signer,
        key=own,
        serial=serial,
        not_before=begin,
        not_after=end,
        version1=version == 1,
        extensions=list(_extensions(own, issuer, **extensions)),
        hash_algorithm=digest,
    )
    signing = signer.key if signer else own
    certificate = issued.certificate
    if weak or pss:
        certificate = _signed_again(certificate, signing, weak or "pss")
    return Made(certificate, own, key_name)


def _extensions(
    own: Any,
    issuer: Made | None,
    *,
    ca: bool | None = None,
    critical: bool = True,
    path: int | None = None,
    ku: str | None = None,
    eku: str | None = None,
    ids: bool = False,
    extra: x509.ExtensionType | None = None,
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """`ids`: subject and authority key identifiers. `ku`, `eku`: words with spaces between."""
    if ca is not None:
        yield x509.BasicConstraints(ca, path), critical
    if ku is not None:
        yield _key_usage(ku.split()), True
    if eku is not None:
        oids = [x509.ObjectIdentifier(_EKU.get(word, word)) for word in eku.split()]
        yield x509.ExtendedKeyUsage(oids), False
    if ids:
        above = issuer.certificate.public_key() if issuer else own.public_key()
        yield x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False
        yield x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False
    if extra is not None:
        yield extra, critical


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


# AlgorithmIdentifier and how to sign for it: RFC 3279 section 2.2.1, RFC 4055 section 3.1.
_RSA = "300d06092a864886f70d0101{}0500"
_PSS_SHA256 = (
    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108"
    "300d06096086480165030402010500a203020120"
)
_SCHEMES: dict[str, tuple[str, Any, Any]] = {
    "md5": (_RSA.format("04"), padding.PKCS1v15(), hashes.MD5()),
    "sha1": (_RSA.format("05"), padding.PKCS1v15(), hashes.SHA1()),
    "pss": (_PSS_SHA256, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
}


def _signed_again(
    signed: x509.Certificate, signing: rsa.RSAPrivateKey, scheme: str
) -> x509.Certificate:
    """By RSA in a way that `issue` does not offer, or that the library signs no certificates with any more."""
    encoded, pad, digest = _SCHEMES[scheme]
    algorithm = bytes.fromhex(encoded)
    tbs, before, _ = elements(signed.public_bytes(Encoding.DER))
    fields = [algorithm if field == before else field for field in elements(tbs)]
    tbs = sequence(b"".join(fields))
    bits = b"\0" + signing.sign(tbs, pad, digest)
    return x509.load_der_x509_certificate(
        sequence(tbs + algorithm + b"\x03" + length(len(bits)) + bits)
    )


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
