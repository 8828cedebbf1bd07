"""Which certificate of the expected set was nearly presented, and what differs.

A certificate that is not the expected one is seldom just any: each kind of near miss has its usual
reason and so its own next step. The kinds are a table, the most telling first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from analyzer.session.certificates import Certificate
from analyzer.values import dataclass
from analyzer.verdict.certificates.chain import issued_by, signature_verifies
from analyzer.verdict.certificates.published import (
    looks_like_a_cluster_certificate,
    published_server,
)
from analyzer.verdict.expectations import Expected, Role
from analyzer.verdict.finding import Difference
from analyzer.verdict.words import key_words, listing, validity


class Miss(NamedTuple):
    """A near miss.

    Attributes:
        kind: one of `codes.KINDS`.
        message: a clause that goes on from "the server presented ...".
        advice: the next step.
        nearest: the expected certificate with which it shares name or key, None where it shares neither.
    """

    kind: str
    message: str
    advice: str
    nearest: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A certificate that is none of those expected in its slot.

    Attributes:
        code: the slot's. leaf, rest: as presented.
        wanted: what is expected in this slot. whole: the whole expected set, other clusters' included.
        clusters: the clusters that the connection's address belongs to.
    """

    code: str
    leaf: Certificate
    rest: Sequence[Certificate]
    wanted: Sequence[Expected]
    whole: Sequence[Expected]
    clusters: frozenset[str]


def near_miss(question: Question) -> Miss | None:
    """The most telling kind that fits, None where the certificate has nothing of an expected one."""
    return next((found for kind in _KINDS if (found := kind(question)) is not None), None)


def differences(expected: Certificate, presented: Certificate) -> tuple[Difference, ...]:
    """The fields in which the two differ, in the order of RFC 5280."""
    rows = (
        Difference("version", f"v{expected.version}", f"v{presented.version}"),
        Difference("serial", expected.serial, presented.serial),
        Difference("signature", expected.signature_algorithm, presented.signature_algorithm),
        Difference("issuer", expected.issuer, presented.issuer),
        Difference("validity", validity(expected), validity(presented)),
        Difference("subject", expected.subject, presented.subject),
        Difference("key", key_words(expected), key_words(presented)),
        Difference("SHA-256", expected.sha256, presented.sha256),
    )
    return tuple(row for row in rows if row.expected != row.presented)


def issuer_elsewhere(
    leaf: Certificate, whole: Sequence[Expected], anchors: Sequence[Expected]
) -> Expected | None:
    """A CA of the expected set that issued `leaf`, though it is not the one expected here."""
    cas = (i for i in whole if i.role in {Role.CUSTOMER_CA, Role.MTLS_ANCHOR} and i not in anchors)
    return next((item for item in cas if issued_by(leaf, item.certificate)), None)


def signer_of(
    child: Certificate, presented: Sequence[Certificate], whole: Sequence[Expected]
) -> str:
    """Whose key made the signature, in words; "" where no certificate at hand has that key."""
    for item in whole:
        if signature_verifies(child, item.certificate):
            return f"{key_words(item.certificate)}, that of {item.source}"
    sent = next((c for c in presented if signature_verifies(child, c)), None)
    return f"{key_words(sent)}, that of {sent.subject}, which was sent along" if sent else ""


def _not_first(question: Question) -> Miss | None:
    ders = {certificate.der for certificate in question.rest}
    item = next((item for item in question.wanted if item.certificate.der in ders), None)
    name = question.leaf.subject
    if item is None or _like(question, lambda c: c.subject == name):
        return None  # an impostor may send the true one along
    return Miss(
        "not-first",
        f"a chain that has the certificate of {item.file} in it, but not as the first: the first one "
        "is the sender's own (RFC 8446 section 4.4.2)",
        f"put the certificate of {item.source} first in the file that is sent",
    )


def _other_cluster(question: Question) -> Miss | None:
    item = _same(question, question.whole)
    if item is None or item.role is not Role.CLUSTER or question.code != "inner-server-certificate":
        return None
    return Miss(
        "other-cluster",
        f"the cluster certificate of another cluster, {item.cluster or item.file}",
        "the address leads to another cluster than the one meant: check the HSM addresses in the "
        f"client's configuration against describe-clusters of {listing(sorted(question.clusters)) or 'the cluster meant'}",
    )


def _other_client(question: Question) -> Miss | None:
    item = _same(question, question.whole)
    if item is None or item.role is not Role.OTHER_CLIENT or "client" not in question.code:
        return None
    wanted = next((w for w in question.wanted if w.role is Role.CLIENT), None)
    if wanted is None:
        return None
    return Miss(
        "other-client-certificate",
        f"the certificate of {item.file}, while {wanted.file} is configured",
        f"the process that connects reads another configuration: restart it so that it loads "
        f"{wanted.source}, or configure that certificate there too",
    )


def _wrong_slot(question: Question) -> Miss | None:
    item = _same(question, question.whole)
    if item is None or item in question.wanted:
        return None
    return Miss(
        "wrong-slot",
        f"a certificate that belongs elsewhere: the {item.role.value} of {item.file}",
        f"{item.source} stands where another certificate belongs: check which file each end is "
        "configured to send",
    )


def _same_key(question: Question) -> Miss | None:
    leaf = question.leaf
    item = _like(question, lambda c: c.key_sha256 == leaf.key_sha256 and not leaf.error)
    if item is None:
        return None
    fields = [d.field for d in differences(item.certificate, leaf) if d.field != "SHA-256"]
    return Miss(
        "same-key",
        f"another certificate for the same key as {item.file}: it was re-issued (different: "
        f"{', '.join(fields) or 'the signature only'})",
        f"take the certificate that is in use now instead of {item.source}, or put the old one back",
        item.certificate,
    )


def _same_name_and_serial(question: Question) -> Miss | None:
    leaf = question.leaf
    item = _like(question, lambda c: (c.subject, c.serial) == (leaf.subject, leaf.serial))
    if item is None:
        return None
    return Miss(
        "same-name-and-serial",
        f"a certificate with the same name and serial as {item.file}, but with another key: an "
        "impostor, or another region's pair",
        f"do not trust this peer until the key is explained: compare {item.source} with a fresh copy "
        "of the same file for this region, and check who answers at this address",
        item.certificate,
    )


def _other_published(question: Question) -> Miss | None:
    published = published_server(question.leaf)
    if published is None or question.code != "outer-server-certificate":
        return None
    return Miss(
        "other-published",
        f"a certificate with the published name and serial of {published.file}, which is not among "
        "those given; that name and serial prove nothing",
        f"copy {published.file} from the client's /opt/cloudhsm/etc/certs to the expected set and "
        "compare again",
    )


def _same_name(question: Question) -> Miss | None:
    leaf = question.leaf
    item = _like(question, lambda c: bool(leaf.subject) and c.subject == leaf.subject)
    if item is None:
        return None
    return Miss(
        "same-name",
        f"a certificate with the same name as {item.file}, but with another serial and key",
        f"find out which of the two is in use: compare {item.source} with the file on the machine that "
        "presents it",
        item.certificate,
    )


def _cluster_shape(question: Question) -> Miss | None:
    if question.code != "outer-server-certificate" or not looks_like_a_cluster_certificate(
        question.leaf
    ):
        return None
    return Miss(
        "wrong-slot",
        "a certificate with the name of a cluster certificate, which belongs inside, on the inner TLS",
        "check what answers at this address: the host's own certificate is expected here",
    )


def _another_hsm(question: Question) -> Miss | None:
    if question.code != "inner-server-certificate" or not looks_like_a_cluster_certificate(
        question.leaf
    ):
        return None
    return Miss(
        "other-cluster",
        f"the cluster certificate of another cluster than {listing([item.file for item in question.wanted], 'or')}, going by its "
        "name and key",
        "compare the address with describe-clusters: which cluster does this HSM belong to?",
    )


_KINDS: tuple[Callable[[Question], Miss | None], ...] = (
    _not_first,
    _other_cluster,
    _other_client,
    _wrong_slot,
    _same_key,
    _same_name_and_serial,
    _other_published,
    _same_name,
    _cluster_shape,
    _another_hsm,
)


def _same(question: Question, items: Sequence[Expected]) -> Expected | None:
    return next((item for item in items if item.certificate.der == question.leaf.der), None)


def _like(question: Question, fits: Callable[[Certificate], bool]) -> Expected | None:
    return next((item for item in question.wanted if fits(item.certificate)), None)
