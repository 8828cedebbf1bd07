"""Whether the expected set itself holds together: the identity of the HSM, before anything is recorded.

The checks of AWS CloudHSM's user guide, "Verify the identity and authenticity of your cluster's HSM":
one public key in the HSM certificate, the CSR and the cluster certificate, and the HSM certificate
issued by AWS's and by the manufacturer's hardware certificate, up to their roots.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analyzer.session.certificates import Certificate
from analyzer.values import dataclass
from analyzer.verdict.certificates.chain import walk
from analyzer.verdict.certificates.published import PUBLISHED_ROOTS
from analyzer.verdict.expectations import Expectations, Expected, Role
from analyzer.verdict.finding import Status
from analyzer.verdict.words import listing

# Defects of a walk that ends where no root is given: what was walked may still be right.
_NO_ROOT = ("issuer-unknown", "self-signed")
_DATES = ("expired", "not-yet-valid")


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """One check of the set. `cluster`: whose, "" where it belongs to none. `says`: a sentence."""

    status: Status
    says: str
    cluster: str = ""


def identity_checks(expected: Expectations, at: datetime) -> tuple[IdentityCheck, ...]:
    """What can be checked with the certificates at hand, judged at the time `at`."""
    labels = dict.fromkeys(
        [item.cluster for item in expected.certificates] + [key.cluster for key in expected.keys]
    )
    return tuple(check for label in labels for check in _of_cluster(expected, label, at))


def _of_cluster(expected: Expectations, label: str, at: datetime) -> Iterator[IdentityCheck]:
    here = [item for item in expected.certificates if item.cluster == label]
    yield from _one_key(expected, here, label)
    roots = [i.certificate for i in expected.certificates if i.role is Role.HARDWARE_ROOT]
    for hsm in (item for item in here if item.role is Role.HSM):
        for item in here:
            if item.role in (Role.AWS_HARDWARE, Role.MANUFACTURER_HARDWARE):
                yield _hardware(hsm.certificate, item, roots, at)


def _one_key(expected: Expectations, here: list[Expected], label: str) -> Iterator[IdentityCheck]:
    named = {
        item.role.value: item.certificate.key_sha256 for item in here if item.role is Role.CLUSTER
    } | {key.what: key.key_sha256 for key in expected.keys if key.cluster == label}
    if len(named) < 2:
        return
    same = len(set(named.values())) == 1
    yield IdentityCheck(
        Status.PASS if same else Status.FAIL,
        f"{listing(named)} {'have' if same else 'do not have'} one public key",
        label,
    )


def _hardware(
    hsm: Certificate, item: Expected, roots: list[Certificate], at: datetime
) -> IdentityCheck:
    """The HSM certificate up to one of the two hardware certificates, and to a root where one is given."""
    found = walk(hsm, (item.certificate, *roots), roots or (item.certificate,), at)
    up_to = item.role.value
    if item.certificate not in found.path:
        return IdentityCheck(
            Status.FAIL, f"the HSM certificate is not issued by the {up_to}", item.cluster
        )
    # The manufacturer's published root ended in 2025: a date says nothing against an identity.
    wrong = [d.text for d in found.defects if d.code not in (*_NO_ROOT, *_DATES)]
    if wrong:
        return IdentityCheck(
            Status.FAIL, f"the HSM certificate up to the {up_to}: {listing(wrong)}", item.cluster
        )
    dates = "".join(f"; {d.text}" for d in found.defects if d.code in _DATES)
    known = PUBLISHED_ROOTS.get(found.path[-1].sha256) if roots and found.anchored else None
    if known:
        status, root = Status.PASS, f"and that by the published {known}"
    elif roots and found.anchored:
        status, root = Status.UNKNOWN, "and that by a root that is no published one"
    else:
        status, root = Status.UNKNOWN, "whose root is not given"
    return IdentityCheck(
        status, f"the HSM certificate is issued by the {up_to}, {root}{dates}", item.cluster
    )
