"""What lies in a file that a user hands over, told by its bytes and never by its name.

PEM with any text around it, DER, PKCS#7 in both, certificate requests, JSON and YAML documents. Private
keys are passed over unread.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from analyzer.der import contents
from analyzer.session.certificates import Certificate, Request, parse_certificate, parse_request

_PEM = re.compile(
    r"-----BEGIN (?P<label>[A-Z0-9# ]{1,40})-----(?P<body>[^-]*(?:-(?!----)[^-]*)*)"
    r"(?P<end>-----END (?P=label)-----)?"
)
_CERTIFICATES = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
_REQUESTS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
_BUNDLES = ("PKCS7", "PKCS #7 SIGNED DATA", "CMS")

# signedData, inside the ContentInfo of RFC 5652 section 3.
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_SIGNED_DATA_WITHIN = 8  # bytes of the SEQUENCE header before it, at most

# What people hand over instead, and how to make a certificate of it: (first bytes, what it is).
_FOREIGN = (
    (
        b"\xfe\xed\xfe\xed",
        "a Java keystore: export with 'keytool -exportcert -rfc -alias NAME -keystore FILE'",
    ),
    (b"SSH PRIVATE", "an SSH key, no certificate"),
    (b"ssh-", "an SSH key, no certificate"),
    (b"PK\x03\x04", "a ZIP archive: unpack it"),
    (b"\x1f\x8b", "compressed with gzip: unpack it"),
)
_PKCS12 = "a PKCS#12 file: export with 'openssl pkcs12 -in FILE -nokeys -out FILE.pem'"

# A YAML document is looked for where a line begins with one of the names that AWS gives its fields.
_YAML = re.compile(
    r"^[ \t-]*['\"]?(?:Clusters?|ClusterId|cluster_id|Hsms|Certificates|ClusterCertificate|"
    r"trust_anchors|data)['\"]?:(?:\s|$)",
    re.MULTILINE,
)
# PyYAML reads about 1 MB in a second; the output for one hundred clusters has 1 MB.
_YAML_LIMIT = 4 << 20

# What `--query ... --output text`, JSON and YAML print where there is no such field.
_NOTHING = frozenset({"None", "null", "~", '""', "''", "{}", "[]"})


@dataclass(frozen=True, slots=True)
class Contents:
    """What was found, in the order of the file.

    Attributes:
        document: of JSON or YAML: dicts, lists and strings; None where the file is none.
        nothing: the file is empty or says `None`: the word, or `empty`.
        private_keys: how many private keys were passed over.
        problems: what is broken, a clause each.
    """

    certificates: tuple[Certificate, ...] = ()
    requests: tuple[Request, ...] = ()
    document: Any = None
    nothing: str = ""
    private_keys: int = 0
    problems: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing in it that this program knows."""
        return not (self.certificates or self.requests or self.problems) and self.document is None


@dataclass(slots=True)
class _Found:
    certificates: list[Certificate] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    private_keys: int = 0
    problems: list[str] = field(default_factory=list)

    def certificate(self, der: bytes, what: str) -> None:
        if _is_bundle(der):  # as some programs of Windows label it
            self.bundle(der, what)
            return
        parsed = parse_certificate(_first_element(der))
        if parsed.error:
            self.problems.append(f"{what} cannot be read: {parsed.error}")
        else:
            self.certificates.append(parsed)

    def request(self, der: bytes, what: str) -> None:
        parsed = parse_request(der)
        if parsed.error:
            self.problems.append(f"{what} cannot be read: {parsed.error}")
        else:
            self.requests.append(parsed)

    def bundle(self, der: bytes, what: str) -> None:
        # It brings the standard library's `email`, a thirtieth of the program's start.
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            Encoding,
            pkcs7,
        )

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                inside = pkcs7.load_der_pkcs7_certificates(der)
                for certificate in inside:
                    self.certificate(certificate.public_bytes(Encoding.DER), what)
        except Exception:  # noqa: BLE001  the parser meets a stranger's bytes
            self.problems.append(
                f"{what} cannot be read; 'openssl pkcs7 -print_certs' makes PEM of a PKCS#7 bundle"
            )
            return
        if not inside:
            self.problems.append(f"{what} holds no certificate")

    def contents(self) -> Contents:
        return Contents(
            tuple(dict.fromkeys(self.certificates)),
            tuple(self.requests),
            private_keys=self.private_keys,
            problems=tuple(self.problems),
        )


def contents_of(data: bytes) -> Contents:
    """Everything in the bytes of a file."""
    foreign = next((what for start, what in _FOREIGN if data.startswith(start)), "")
    if foreign:
        return Contents(problems=(foreign,))
    text = text_of(data)
    if text is None or (data[:1] == b"\x30" and not data[:2].isascii()):
        return _binary(data)
    return text_contents(text)


def text_contents(text: str) -> Contents:
    """Everything in a text: a field of a document, or a file."""
    words = text.strip()
    if not words or words in _NOTHING:
        return Contents(nothing=words or "empty")
    if words[0] in "{[":
        return _json(words)
    if words[0] == '"' and not (found := _json(words)).problems:
        return found
    if _YAML.search(words):
        return _yaml(words)
    return _pem(words)


def text_of(data: bytes) -> str | None:
    """The text of a file: UTF-8, or UTF-16 as PowerShell's `>` writes it; None for binary data."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16"
    elif b"\0" in data:
        return None
    else:
        codec = "utf-8-sig"
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        # A comment in another encoding does no harm to the PEM blocks between.
        return data.decode("latin-1") if b"-----BEGIN " in data else None


def _binary(data: bytes) -> Contents:
    found = _Found()
    if _is_bundle(data):
        found.bundle(data, "the PKCS#7 bundle")
    elif _is_pkcs12(data):
        found.problems.append(_PKCS12)
    elif not parse_request(data).error:
        found.request(data, "the certificate request")
    else:
        parsed = parse_certificate(data)
        if not parsed.error:
            found.certificates.append(parsed)
    return found.contents()


def _is_bundle(der: bytes) -> bool:
    return _SIGNED_DATA in der[: len(_SIGNED_DATA) + _SIGNED_DATA_WITHIN]


def _is_pkcs12(data: bytes) -> bool:
    """Whether a PFX begins here: SEQUENCE, version 3 (RFC 7292 section 4)."""
    header = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0) if len(data) > 1 else 0
    return data[header : header + 3] == b"\x02\x01\x03"


def _pem(text: str) -> Contents:
    found = _Found()
    # In a field copied out of JSON the line ends are still the two characters \n.
    text = text.replace("\\r", "").replace("\\n", "\n")
    counted = 0
    for match in _PEM.finditer(text):
        label = match["label"]
        if "PRIVATE KEY" in label:
            found.private_keys += 1
            continue
        counted += 1
        what = f"PEM block {counted} ({label})"
        der = _decoded(match["body"])
        if match["end"] is None:
            found.problems.append(f"{what} has no end: the file is cut")
        elif der is None:
            found.problems.append(f"{what} is not base64")
        elif label in _CERTIFICATES:
            found.certificate(der, what)
        elif label in _REQUESTS:
            found.request(der, what)
        elif label in _BUNDLES:
            found.bundle(der, what)
    return found.contents()


def _decoded(body: str) -> bytes | None:
    """The bytes of a PEM block, header lines (RFC 1421) left out."""
    lines = [line for line in body.split("\n") if ":" not in line]
    try:
        return base64.b64decode("".join("".join(lines).split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _first_element(der: bytes) -> bytes:
    """A TRUSTED CERTIFICATE is a certificate with OpenSSL's own data behind it."""
    try:
        return der[: contents(der)[1]]
    except ValueError:
        return der


def _json(text: str) -> Contents:
    try:
        documents = list(_values(text))
    except RecursionError:
        return Contents(problems=("JSON that is nested too deep",))
    except ValueError as error:
        return Contents(problems=(f"not valid JSON: {error}",))
    document = documents[0] if len(documents) == 1 else documents
    if isinstance(document, str):  # `--query` with the default `--output json`
        return text_contents(document)
    return Contents(document=document)


def _values(text: str) -> Iterator[Any]:
    """JSON values one after the other: the outputs of several calls in one file."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        yield value
        at = end + len(text[end:]) - len(text[end:].lstrip())


def _yaml(text: str) -> Contents:
    if len(text) > _YAML_LIMIT:
        return Contents(
            problems=(f"YAML of more than {_YAML_LIMIT >> 20} MB is not read: use JSON",)
        )
    # The library costs a tenth of the program's start, and next to nobody has such a file.
    from analyzer.run.expected.yaml_documents import documents_of  # noqa: PLC0415

    try:
        documents = documents_of(text)
    except ValueError as error:
        return Contents(problems=(f"not valid YAML: {error}",))
    return Contents(document=documents[0] if len(documents) == 1 else documents)
