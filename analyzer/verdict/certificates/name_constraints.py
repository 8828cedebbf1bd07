"""Name constraints: a CA may say which names the certificates below it can have (RFC 5280 section 4.2.1.10).

Corporate CAs that issue a cluster's customer CA have them. Read as OpenSSL reads them (crypto/x509/v3_ncons.c):
the subject as a directory name, its e-mail addresses, the subject alternative names and, of a leaf without
DNS names, a common name that looks like one.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from analyzer.session.certificates import name_text, x509_of
from analyzer.session.subject_hash import canonical_name

# A common name that may be a host name: labels of letters, digits, hyphens, at least two of them.
_HOST = re.compile(
    r"(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z0-9_-]*[A-Za-z0-9_]$"
)


@functools.lru_cache(maxsize=1024)
def constraints_of(der: bytes) -> x509.NameConstraints | None:
    """The constraints in a certificate, None where it has none that can be read."""
    found: x509.NameConstraints | None = _extension(der, x509.NameConstraints)
    return found


@functools.lru_cache(maxsize=1024)
def violation(child: bytes, ca: bytes, *, leaf: bool) -> str:
    """What in the names of `child` the constraints of `ca` above it forbid, in words; "" for nothing."""
    constraints = constraints_of(ca)
    if constraints is None:
        return ""
    try:
        return next(_violations(child, constraints, leaf), "")
    except Exception as error:  # noqa: BLE001  attacker bytes: a name that cannot be compared fits nothing
        return f"names that cannot be compared ({type(error).__name__})"


def _violations(child: bytes, constraints: x509.NameConstraints, leaf: bool) -> Iterator[str]:
    for name in _names(child, leaf):
        permitted = _of_kind(name, constraints.permitted_subtrees)
        if permitted and not any(_within(name, tree) for tree in permitted):
            yield f"{_words(name)} is not within its permitted names"
        if any(_within(name, tree) for tree in _of_kind(name, constraints.excluded_subtrees)):
            yield f"{_words(name)} is within its excluded names"


def _names(der: bytes, leaf: bool) -> Iterator[x509.GeneralName]:
    parsed = x509_of(der)
    if parsed is None:
        return
    subject = parsed.subject
    if subject.rdns:
        yield x509.DirectoryName(subject)
    for attribute in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
        yield x509.RFC822Name(str(attribute.value))
    alternative = _extension(der, x509.SubjectAlternativeName)
    named = list(alternative) if alternative is not None else []
    yield from named
    if leaf and not any(isinstance(name, x509.DNSName) for name in named):
        for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME):
            if _HOST.match(str(attribute.value)):
                yield x509.DNSName(str(attribute.value))


def _of_kind(
    name: x509.GeneralName, trees: Sequence[x509.GeneralName] | None
) -> list[x509.GeneralName]:
    return [tree for tree in trees or () if type(tree) is type(name)]


def _within(name: Any, tree: Any) -> bool:
    """Whether `name` lies in the subtree, which is of the same kind."""
    return _RULES[type(name)](name.value, tree.value)


def _directory(name: x509.Name, tree: x509.Name) -> bool:
    return canonical_name(name.public_bytes()).startswith(canonical_name(tree.public_bytes()))


def _dns(name: str, tree: str) -> bool:
    name, tree = name.lower(), tree.lower()
    if not tree or name == tree:
        return True
    return name.endswith(tree if tree.startswith(".") else f".{tree}")


def _email(name: str, tree: str) -> bool:
    """A mailbox, a host, or with a dot in front all hosts of a domain."""
    local, _, host = name.rpartition("@")
    if "@" in tree:
        own, _, there = tree.rpartition("@")
        return local == own and host.lower() == there.lower()
    if tree.startswith("."):
        return host.lower().endswith(tree.lower())
    return host.lower() == tree.lower()


def _address(name: Any, tree: Any) -> bool:
    return isinstance(tree, ipaddress.IPv4Network | ipaddress.IPv6Network) and name in tree


def _unknown(name: object, tree: object) -> bool:  # noqa: ARG001
    raise ValueError("names of this kind are not compared")


_RULES: dict[type, Callable[[Any, Any], bool]] = {
    x509.DirectoryName: _directory,
    x509.DNSName: _dns,
    x509.RFC822Name: _email,
    x509.IPAddress: _address,
    x509.UniformResourceIdentifier: _unknown,
    x509.OtherName: _unknown,
    x509.RegisteredID: _unknown,
}


def _words(name: Any) -> str:
    return name_text(name.value) if isinstance(name, x509.DirectoryName) else str(name.value)


def _extension(der: bytes, kind: Any) -> Any:
    parsed = x509_of(der)
    if parsed is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parsed.extensions.get_extension_for_class(kind).value
    except Exception:  # noqa: BLE001  absent, or attacker bytes, which `extensions.read` tells
        return None
