"""The expected set as a reader wants it: which slot expects what, from which file, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from analyzer.report.json_session import certificate_json
from analyzer.report.text import safe_text
from analyzer.values import dataclass
from analyzer.verdict.certificates.identity import IdentityCheck
from analyzer.verdict.certificates.slots import SLOT_TABLE
from analyzer.verdict.expectations import Expectations, Expected, ExpectedKey, Hsm, Role
from analyzer.verdict.finding import SLOTS, Status
from analyzer.verdict.words import validity

Json: TypeAlias = dict[str, Any]

SCHEMA = "hsm-analyzer/expected-set/1"

# Which slot a certificate is told under. Those of the last row are in no slot: they are compared with
# what is presented to say what it is, and checked against each other.
_ROLES = {
    SLOTS[0]: (Role.SERVER,),
    SLOTS[1]: (Role.CLIENT, Role.OTHER_CLIENT),
    SLOTS[2]: (Role.CLUSTER, Role.CUSTOMER_CA),
    SLOTS[3]: (Role.INNER_CLIENT, Role.MTLS_ANCHOR),
    "hsm-identity": (
        Role.HSM,
        Role.AWS_HARDWARE,
        Role.MANUFACTURER_HARDWARE,
        Role.HARDWARE_ROOT,
    ),
}
_KEYED = SLOTS[2]

# What passes in a slot by the roles it has, in the order in which the judgement asks (verdict.rules).
_PASSES = {
    SLOTS[0]: ((Role.SERVER, "exactly one of the server certificates below"),),
    SLOTS[1]: (
        (Role.CLIENT, "exactly the outer client certificate below"),
        (Role.CUSTOMER_CA, "any that the customer CA issued"),
    ),
    SLOTS[2]: (
        (Role.CLUSTER, "exactly the cluster certificate below"),
        (Role.CUSTOMER_CA, "issued by the customer CA"),
    ),
    SLOTS[3]: (
        (Role.MTLS_ANCHOR, "any that a trust anchor below issued"),
        (Role.INNER_CLIENT, "exactly the inner client certificate below"),
    ),
}

_WORDS = {Status.PASS: "ok", Status.FAIL: "FAIL", Status.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class _Row:
    slot: str
    expects: str
    certificates: tuple[Expected, ...]
    keys: tuple[ExpectedKey, ...]


def as_json(expected: Expectations, checks: Sequence[IdentityCheck]) -> Json:
    """The set as one object; additions are allowed within the version."""
    return {
        "schema": SCHEMA,
        "slots": [
            {
                "slot": row.slot,
                "expects": row.expects or None,
                "certificates": [_certificate(item) for item in row.certificates],
                "keys": [_key(key) for key in row.keys],
            }
            for row in _rows(expected)
        ],
        "hsms": [_hsm(hsm) for hsm in expected.hsms],
        "hsms_listed": expected.listed,
        "checks": [
            {"status": check.status.value, "message": check.says, "cluster": check.cluster or None}
            for check in checks
        ],
        "notes": list(expected.notes),
    }


def dumps(expected: Expectations, checks: Sequence[IdentityCheck]) -> str:
    """`as_json` as text."""
    return json.dumps(as_json(expected, checks), indent=2) + "\n"


def lines(expected: Expectations, checks: Sequence[IdentityCheck]) -> Iterator[str]:
    """The set as text, a line at a time, with nothing in it that acts on a terminal."""
    several = len(_clusters(expected)) > 1
    for row in _rows(expected):
        title = row.slot.removesuffix("-certificate").replace("-", " ")
        if row.certificates or row.keys or row.slot in SLOTS:
            yield f"{title}: {_passes(row.slot, expected)}"
        for item in row.certificates:
            yield from _told(item, several=several)
        for key in row.keys:
            yield f"  key of the {key.what}{_of(key.cluster, several=several)}: {key.key}"
            yield f"    key sha256 {key.key_sha256}"
            yield f"    from {safe_text(key.source)}"
    if expected.hsms:
        yield f"HSMs{' listed by describe-clusters' if expected.listed else ''}:"
    for hsm in expected.hsms:
        words = f"{'/'.join(hsm.addresses)}  {hsm}" if hsm.id else "/".join(hsm.addresses)
        yield f"  {safe_text(words)}{_of(hsm.cluster, several=several)}  from {safe_text(hsm.source)}"
    if checks:
        yield "checks within the set:"
    for check in checks:
        where = f"{safe_text(check.cluster)}: " if check.cluster and several else ""
        yield f"  {_WORDS[check.status]}: {where}{safe_text(check.says)}"
    if expected.notes:
        yield "notes:"
    for note in expected.notes:
        yield f"  {safe_text(note)}"


def _rows(expected: Expectations) -> Iterator[_Row]:
    words = {slot.code: slot for slot in SLOT_TABLE}
    for name, roles in _ROLES.items():
        items = tuple(item for role in roles for item in expected.certificates if item.role is role)
        keys = expected.keys if name == _KEYED else ()
        slot = words.get(name)
        expects = slot.words(expected) if slot is not None and slot.expects(expected) else ""
        yield _Row(name, expects, items, keys)


def _told(item: Expected, *, several: bool) -> Iterator[str]:
    certificate = item.certificate
    yield f"  {item.role}{_of(item.cluster, several=several)}: {safe_text(certificate.subject) or '(empty subject)'}"
    yield (
        f"    serial {certificate.serial}, {validity(certificate)}, {certificate.key}, "
        f"X.509 v{certificate.version}"
    )
    yield f"    sha256 {certificate.sha256}"
    if item.chain:
        behind = "; ".join(c.subject for c in item.chain)
        yield f"    with it in the file: {safe_text(behind)}"
    yield f"    from {safe_text(item.source)} ({safe_text(item.why)})"


def _passes(slot: str, expected: Expectations) -> str:
    """What passes in a slot; the certificates themselves stand below it."""
    if slot not in _PASSES:
        return "what the HSM is, compared with what is presented"
    words = [phrase for role, phrase in _PASSES[slot] if expected.of(role)]
    if slot == _KEYED:
        if expected.keys and not expected.of(Role.CLUSTER):
            words.insert(0, "any with the key below")
        return ", ".join(words) or "nothing is expected"
    if slot == SLOTS[3]:
        words = words[:1]
    return " or ".join(words) or "nothing is expected"


def _clusters(expected: Expectations) -> set[str]:
    items: tuple[Expected | ExpectedKey | Hsm, ...] = (
        *expected.certificates,
        *expected.keys,
        *expected.hsms,
    )
    return {item.cluster for item in items if item.cluster}


def _of(cluster: str, *, several: bool) -> str:
    return f" of {safe_text(cluster)}" if cluster and several else ""


def _certificate(item: Expected) -> Json:
    return certificate_json(item.certificate) | {
        "role": item.role.value,
        "cluster": item.cluster or None,
        "source": item.source,
        "why": item.why,
        "chain": [certificate_json(each) for each in item.chain],
    }


def _key(key: ExpectedKey) -> Json:
    return {
        "key_sha256": key.key_sha256,
        "key": key.key,
        "what": key.what,
        "cluster": key.cluster or None,
        "source": key.source,
    }


def _hsm(hsm: Hsm) -> Json:
    return {
        "addresses": list(hsm.addresses),
        "id": hsm.id or None,
        "zone": hsm.zone or None,
        "state": hsm.state or None,
        "cluster": hsm.cluster or None,
        "source": hsm.source,
    }
