"""Signatures of handshake messages, checked."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from analyzer.tls.schedule import digest

# ruff: noqa: S303  the old hashes are what old versions sign with

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check, as `events.Proof` tells it.

    Attributes:
        result: `valid`, `invalid` or `unchecked`.
        why: one clause for those that are not valid.
    """

    result: str
    why: str = ""


VALID = Outcome("valid")


def invalid(why: str) -> Outcome:
    """It does not hold."""
    return Outcome("invalid", why)


def unchecked(why: str) -> Outcome:
    """It could not be checked."""
    return Outcome("unchecked", why)


@dataclass(frozen=True)
class Scheme:
    """One signature scheme.

    Attributes:
        name: in the words of its RFC.
        key: kind of key that it takes, see `_KINDS`.
        hash: None where the scheme has its own.
        pss: RSASSA-PSS, with a salt as long as the hash.
    """

    name: str
    key: str
    hash: hashes.HashAlgorithm | Prehashed | None = None
    pss: bool = False

    @functools.cached_property  # that of PSS costs a fiftieth of the check itself
    def arguments(self) -> tuple[object, ...]:
        """What a key's `verify` takes behind signature and content."""
        if self.key == "RSA":
            assert isinstance(self.hash, hashes.HashAlgorithm)
            padding = PSS(MGF1(self.hash), PSS.DIGEST_LENGTH) if self.pss else PKCS1v15()
            return padding, self.hash
        if self.key == "EC":
            assert self.hash
            return (ec.ECDSA(self.hash),)
        return (self.hash,) if self.hash else ()


# fmt: off
# SignatureScheme (RFC 8446 section 4.2.3); before TLS 1.3 SignatureAndHashAlgorithm, whose second byte
# names the signature and whose first one the hash (RFC 5246 section 7.4.1.4.1).
SCHEMES = {
    0x0101: Scheme("rsa_pkcs1_md5",          "RSA",     hashes.MD5()),
    0x0201: Scheme("rsa_pkcs1_sha1",         "RSA",     hashes.SHA1()),
    0x0202: Scheme("dsa_sha1",               "DSA",     hashes.SHA1()),
    0x0203: Scheme("ecdsa_sha1",             "EC",      hashes.SHA1()),
    0x0301: Scheme("rsa_pkcs1_sha224",       "RSA",     hashes.SHA224()),
    0x0302: Scheme("dsa_sha224",             "DSA",     hashes.SHA224()),
    0x0303: Scheme("ecdsa_sha224",           "EC",      hashes.SHA224()),
    0x0401: Scheme("rsa_pkcs1_sha256",       "RSA",     hashes.SHA256()),
    0x0402: Scheme("dsa_sha256",             "DSA",     hashes.SHA256()),
    0x0403: Scheme("ecdsa_secp256r1_sha256", "EC",      hashes.SHA256()),
    0x0501: Scheme("rsa_pkcs1_sha384",       "RSA",     hashes.SHA384()),
    0x0502: Scheme("dsa_sha384",             "DSA",     hashes.SHA384()),
    0x0503: Scheme("ecdsa_secp384r1_sha384", "EC",      hashes.SHA384()),
    0x0601: Scheme("rsa_pkcs1_sha512",       "RSA",     hashes.SHA512()),
    0x0602: Scheme("dsa_sha512",             "DSA",     hashes.SHA512()),
    0x0603: Scheme("ecdsa_secp521r1_sha512", "EC",      hashes.SHA512()),
    0x0804: Scheme("rsa_pss_rsae_sha256",    "RSA",     hashes.SHA256(), pss=True),
    0x0805: Scheme("rsa_pss_rsae_sha384",    "RSA",     hashes.SHA384(), pss=True),
    0x0806: Scheme("rsa_pss_rsae_sha512",    "RSA",     hashes.SHA512(), pss=True),
    0x0807: Scheme("ed25519",                "Ed25519"),
    0x0808: Scheme("ed448",                  "Ed448"),
    0x0809: Scheme("rsa_pss_pss_sha256",     "RSA",     hashes.SHA256(), pss=True),
    0x080A: Scheme("rsa_pss_pss_sha384",     "RSA",     hashes.SHA384(), pss=True),
    0x080B: Scheme("rsa_pss_pss_sha512",     "RSA",     hashes.SHA512(), pss=True),
    # RFC 8734
    0x081A: Scheme("ecdsa_brainpoolP256r1tls13_sha256", "EC", hashes.SHA256()),
    0x081B: Scheme("ecdsa_brainpoolP384r1tls13_sha384", "EC", hashes.SHA384()),
    0x081C: Scheme("ecdsa_brainpoolP512r1tls13_sha512", "EC", hashes.SHA512()),
}
# fmt: on

_KINDS: tuple[tuple[str, type], ...] = (
    ("RSA", rsa.RSAPublicKey),
    ("DSA", dsa.DSAPublicKey),
    ("EC", ec.EllipticCurvePublicKey),
    ("Ed25519", ed25519.Ed25519PublicKey),
    ("Ed448", ed448.Ed448PublicKey),
)


def check(key: PublicKeyTypes, number: int, signature: bytes, content: bytes) -> Outcome:
    """A signature of TLS 1.2 or 1.3 under the scheme `number`."""
    scheme = SCHEMES.get(number)
    if scheme is None:
        return unchecked(f"no library here carries the signature scheme 0x{number:04x}")
    if scheme.key != key_kind(key):
        return invalid(f"a {scheme.name} signature, but the key is {key_kind(key)}")
    return _checked(key, scheme, signature, content)


def check_without_scheme(key: PublicKeyTypes, signature: bytes, content: bytes) -> Outcome:
    """A signature of SSL 3.0 to TLS 1.1, where the key decides (RFC 4346 sections 4.7 and 7.4.3)."""
    return check_hashed(key, signature, digest("MD5", content), digest("SHA", content))


def check_hashed(key: PublicKeyTypes, signature: bytes, md5: bytes, sha1: bytes) -> Outcome:
    """The same over hashes: RSA signs both, DSA and ECDSA sign SHA-1."""
    if isinstance(key, rsa.RSAPublicKey):
        try:
            signed = key.recover_data_from_signature(signature, PKCS1v15(), None)
        except (InvalidSignature, ValueError):
            return _mismatch("RSA with MD5 and SHA-1")
        return VALID if signed == md5 + sha1 else _mismatch("RSA with MD5 and SHA-1")
    kind = key_kind(key)
    if kind not in {"DSA", "EC"}:
        return invalid(f"{kind} keys cannot sign before TLS 1.2")
    prehashed = Prehashed(hashes.SHA1())
    return _checked(key, Scheme(f"{kind} with SHA-1", kind, prehashed), signature, sha1)


def key_kind(key: PublicKeyTypes) -> str:
    """`RSA`, `DSA`, `EC`, `Ed25519`, `Ed448`, or the library's word for others."""
    return _kind_of(type(key))


@functools.cache  # the library's classes are abstract: asking them costs as much as opening a record
def _kind_of(kind: type) -> str:
    for word, abstract in _KINDS:
        if issubclass(kind, abstract):
            return word
    return kind.__name__.removesuffix("PublicKey")


def _checked(key: PublicKeyTypes, scheme: Scheme, signature: bytes, content: bytes) -> Outcome:
    verify: Any = getattr(key, "verify", None)
    try:
        verify(signature, content, *scheme.arguments)
    except InvalidSignature:
        return _mismatch(scheme.name)
    except Exception as error:  # noqa: BLE001  what the library refuses to do with a peer's key
        return unchecked(f"{scheme.name}: {type(error).__name__}")
    return VALID


def _mismatch(scheme: str) -> Outcome:
    return invalid(
        f"the signature ({scheme}) is not that of the certificate's key over this handshake"
    )
