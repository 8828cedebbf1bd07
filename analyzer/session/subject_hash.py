"""The hash of a subject name by which OpenSSL finds a CA in a directory: `21a10654.0`.

OpenSSL's X509_NAME_hash_ex: SHA-1 over the canonical encoding of the name, its first four bytes read
little-endian. Canonical: every string as UTF8String, ASCII letters lowered, spaces trimmed and runs of
them made one; the outer SEQUENCE header is left out.
"""

from __future__ import annotations

import hashlib

from analyzer.der import SEQUENCE, SET, elements, wrapped

_UTF8 = 0x0C

# The string types that are rewritten (ASN1_MASK_CANON), and how their bytes are read.
_CODECS = {
    0x0C: "utf-8",  # UTF8String
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # T61String, as OpenSSL reads it
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
_SPACES = " \t\n\v\f\r"


def subject_hash(name: bytes) -> str:
    """The file name stem of a CA with the subject `name` (DER of the Name): eight hex digits.

    Raises:
        ValueError: `name` is no DER of a Name.
    """
    digest = hashlib.sha1(canonical_name(name), usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def canonical_name(name: bytes) -> bytes:
    """What two names must share to be the same name to OpenSSL.

    Raises:
        ValueError: `name` is no DER of a Name.
    """
    try:
        ((_, rdns),) = elements(name)
        return b"".join(_canonical_rdn(rdn) for _, rdn in elements(rdns))
    except (IndexError, ValueError) as error:
        raise ValueError("not the DER of a distinguished name") from error


def _canonical_rdn(rdn: bytes) -> bytes:
    attributes = []
    for _, attribute in elements(rdn):
        (kind, oid), (tag, value) = elements(attribute)
        attributes.append(wrapped(SEQUENCE, wrapped(kind, oid) + _canonical_value(tag, value)))
    return wrapped(SET, b"".join(sorted(attributes)))


def _canonical_value(tag: int, value: bytes) -> bytes:
    codec = _CODECS.get(tag)
    if codec is None:
        return wrapped(tag, value)
    words = value.decode(codec).strip(_SPACES)
    for space in _SPACES[1:]:
        words = words.replace(space, " ")
    folded = " ".join(word for word in words.split(" ") if word)
    lowered = "".join(letter.lower() if letter.isascii() else letter for letter in folded)
    return wrapped(_UTF8, lowered.encode())
