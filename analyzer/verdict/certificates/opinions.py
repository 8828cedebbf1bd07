"""What can be said of a presented certificate: the right one, issued by the right CA, or nearly so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from analyzer.session.certificates import Certificate
from analyzer.stream import Side
from analyzer.values import dataclass
from analyzer.verdict.certificates import chain, extensions
from analyzer.verdict.certificates.near_misses import (
    Miss,
    Question,
    differences,
    issuer_elsewhere,
    near_miss,
    signer_of,
)
from analyzer.verdict.expectations import Expectations, Expected, Role
from analyzer.verdict.finding import Difference, Status
from analyzer.verdict.words import key_words, listing, short


@dataclass(frozen=True, slots=True)
class Shown:
    """What one side presented in one handshake.

    Attributes:
        code: the slot's. whose: who presented it, as sentences say it.
        rest: what came behind the leaf, in the order sent.
        at: the time to judge at. reference: that time in words, `this connection` or `the time given`.
        client, server: the addresses, for advice.
    """

    code: str
    side: Side
    whose: str
    leaf: Certificate
    rest: tuple[Certificate, ...]
    at: datetime
    reference: str
    client: str
    server: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The expected set as one connection sees it.

    Attributes:
        here: what is expected of this address. whole: with the other clusters' items.
        clusters: the clusters that the address belongs to.
    """

    here: Expectations
    whole: Expectations
    clusters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a rule says; the fields are those of `Finding`."""

    status: Status
    kind: str
    message: str
    advice: str = ""
    notes: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()

    def noting(self, *notes: str) -> Opinion:
        """The same with further notes in front."""
        return replace(self, notes=(*notes, *self.notes))


def exactly(shown: Shown, items: Sequence[Expected]) -> Expected | None:
    """The expected certificate that was presented, byte for byte."""
    return next((item for item in items if item.certificate.der == shown.leaf.der), None)


def walk_to(shown: Shown, anchors: Sequence[Expected]) -> chain.Walk:
    """The best path from what was presented to the anchors; a file that holds a chain is trusted whole."""
    trusted = [c for item in anchors for c in (item.certificate, *item.chain)]
    return chain.walk(
        shown.leaf, shown.rest, trusted, shown.at, side=shown.side, reference=shown.reference
    )


def dated(shown: Shown, what: str) -> Opinion:
    """The right certificate; only its dates are left to judge."""
    notes = tuple(extensions.notes(shown.leaf))
    defect = chain.out_of_date(shown.leaf, shown.at, reference=shown.reference)
    if defect is None:
        return Opinion(Status.PASS, "as-expected", f"{shown.whose} presented {what}", notes=notes)
    message = f"{shown.whose} presented {what}, but {defect.text}"
    return Opinion(Status.FAIL, "out-of-date", message, _date_advice(shown, defect), notes)


def issued(
    shown: Shown,
    wanted: Wanted,
    walk: chain.Walk,
    anchors: Sequence[Expected],
    what: str = "",
    instead_of: Sequence[Expected] = (),
    notes: Sequence[str] = (),
) -> Opinion:
    """Whether the anchors issued it, and all that speaks against it.

    Args:
        what: names it where it is known.
        instead_of: certificates that are named beside the anchors, of which this is none.
    """
    by = files(anchors)
    notes = (*notes, *walk.notes)
    subject = f"{shown.whose} presented {what or 'a certificate'}"
    if walk.anchored and len(walk.path) == 1:
        notes = (f"it is {by} itself, its own trust anchor", *notes)
    if walk.trusted:
        message = f"{subject} issued by {by}"
        if not instead_of:
            return Opinion(Status.PASS, "issued", message, notes=notes)
        message += f", not the one of {files(instead_of)}"
        notes = (_how_to_be_strict(shown, instead_of), *notes)
        return Opinion(Status.PASS, "issued-not-named", message, notes=notes)
    if instead_of:
        notes = (f"it is not the one of {files(instead_of)} either", *notes)
    defects = {defect.code: defect for defect in reversed(walk.defects)}
    if walk.anchored and "signature" in defects:
        return _forged(shown, wanted, walk, anchors, subject, notes)
    text = "; ".join(defect.text for defect in walk.defects)
    if not walk.anchored:
        message = f"{subject} that {by} did not issue: {text}"
        notes = (*_other_issuer(shown, wanted, anchors), *notes)
        return Opinion(Status.FAIL, "other-issuer", message, _issuer_advice(shown, anchors), notes)
    dates = [d for d in walk.defects if d.code in _DATES]
    advice = _date_advice(shown, dates[0]) if dates else _issuer_advice(shown, anchors)
    kind = "out-of-date" if len(dates) == len(walk.defects) else "chain"
    return Opinion(Status.FAIL, kind, f"{subject} issued by {by}, but {text}", advice, notes)


def refused(shown: Shown, wanted: Wanted, items: Sequence[Expected]) -> Opinion:
    """None of the certificates that are expected: what it nearly is, and out of date where it is that too."""
    question = Question(
        shown.code, shown.leaf, shown.rest, items, wanted.whole.certificates, wanted.clusters
    )
    miss = near_miss(question) or _stranger(shown, items)
    defect = chain.out_of_date(shown.leaf, shown.at, reference=shown.reference)
    return Opinion(
        Status.FAIL,
        miss.kind,
        f"{shown.whose} presented {miss.message}",
        miss.advice,
        (
            *([f"moreover {defect.text}"] if defect else []),
            *_other_issuer(shown, wanted, items),
            *extensions.notes(shown.leaf),
        ),
        differences(miss.nearest, shown.leaf) if miss.nearest else (),
    )


def _other_issuer(shown: Shown, wanted: Wanted, expected: Sequence[Expected]) -> Iterator[str]:
    """Another CA of the expected set issued it, another cluster's for instance."""
    ca = issuer_elsewhere(shown.leaf, wanted.whole.certificates, expected)
    if ca is not None and ca not in wanted.here.certificates:
        yield f"it is issued by {ca.file} of {ca.cluster or ca.source}"


def _stranger(shown: Shown, items: Sequence[Expected]) -> Miss:
    cas = [item for item in items if item.role is Role.CUSTOMER_CA]
    own = [item for item in items if item.role is not Role.CUSTOMER_CA]
    if cas:
        what = f"neither {files(own)} nor issued by {files(cas)}"
    else:
        what = f"not {files(own)}, nor like it in name or key"
    return Miss(
        "stranger",
        f"a certificate that is {what}; its issuer is {shown.leaf.issuer or 'unreadable'}",
        _STRANGER_ADVICE[shown.code].format(client=shown.client, server=shown.server),
    )


def belongs_elsewhere(
    shown: Shown, wanted: Wanted, own: Sequence[Expected], foreign: Sequence[Role]
) -> Opinion | None:
    """It is known as a certificate of the other side, so that a fitting issuer does not excuse it."""
    if exactly(shown, own) is not None or exactly(shown, wanted.here.of(*foreign)) is None:
        return None
    return refused(shown, wanted, own)


def others(shown: Shown, items: Sequence[Expected]) -> Sequence[Expected]:
    """The certificates that are named, where another one was presented."""
    return items if exactly(shown, items) is None else ()


def named(items: Sequence[Expected]) -> list[str]:
    """Each with its file."""
    return [f"{item.source}: {short(item.certificate)}" for item in items]


def sources(items: Sequence[Expected]) -> str:
    """Where they came from, for advice: `/opt/cloudhsm/etc/customerCA.crt`."""
    return listing(dict.fromkeys(item.source for item in items), "or")


def files(items: Sequence[Expected]) -> str:
    """The files' names, for sentences: `customerCA.crt`, `a.crt or b.crt`."""
    return listing(dict.fromkeys(item.file for item in items), "or")


def _forged(
    shown: Shown,
    wanted: Wanted,
    walk: chain.Walk,
    anchors: Sequence[Expected],
    subject: str,
    notes: tuple[str, ...],
) -> Opinion:
    """The issuer's name is the CA's, the signature another key's."""
    by = files(anchors)
    others = [defect.text for defect in walk.defects if defect.code != "signature"]
    also = f"; moreover {'; '.join(others)}" if others else ""
    depth = next(defect.depth for defect in walk.defects if defect.code == "signature")
    child, ca = walk.path[depth], walk.path[depth + 1]
    signer = signer_of(child, shown.rest, wanted.whole.certificates)
    return Opinion(
        Status.FAIL,
        "ca-regenerated",
        f"{subject} whose issuer has the name of {by}, but another key signed it: the CA was made anew "
        f"under the same name, or {by} is the file of another cluster{also}",
        _FORGED_ADVICE[shown.code].format(by=sources(anchors), client=shown.client),
        notes,
        (
            Difference(
                "issuer's key",
                key_words(ca),
                signer or "a key that no file at hand has",
            ),
        ),
    )


def _how_to_be_strict(shown: Shown, named: Sequence[Expected]) -> str:
    key = shown.code.replace("-client-certificate", ".client_cert")
    return (
        f"either is allowed; a rule {key} = \"{named[0].file}\" in an expectation file ('check') "
        "allows that one only"
    )


_DATES = ("expired", "not-yet-valid")


def _date_advice(shown: Shown, defect: chain.Defect) -> str:
    if defect.code == "not-yet-valid":
        return "compare the clocks of the machine that issued it and of the one that captured"
    return _EXPIRED_ADVICE[shown.code].format(client=shown.client, server=shown.server)


def _issuer_advice(shown: Shown, anchors: Sequence[Expected]) -> str:
    by = sources(anchors)
    return _ISSUER_ADVICE[shown.code].format(by=by, client=shown.client, server=shown.server)


_EXPIRED_ADVICE = {
    "outer-server-certificate": "check the clock of the machine that captured; AWS does not renew this certificate on request: look for a newer client package, then ask AWS Support",
    "outer-client-certificate": "on the client {client}, sign the request for its key with the customer CA again and configure the new certificate",
    "inner-server-certificate": "a cluster certificate cannot be renewed: check the clock of the client {client} first, then whether this client refuses expired ones at all",
    "inner-client-certificate": "on the client {client}, replace the file of --client-cert-hsm-tls-file by a chain that is valid",
}

_ISSUER_ADVICE = {
    "outer-server-certificate": "find out who answers at {server}",
    "outer-client-certificate": "on the client {client}, sign its request with the CA of {by} and configure the result (SDK 3: configure --ssl --pkey --cert)",
    "inner-server-certificate": "check that {server} is an HSM of the cluster that {by} belongs to; copy customerCA.crt from the machine that initialised the cluster",
    "inner-client-certificate": "on the client {client}, name a chain that {by} issued in --client-cert-hsm-tls-file, or register its root as a trust anchor of the cluster",
}

_FORGED_ADVICE = {
    "outer-client-certificate": "on the client {client}, sign its request again with the CA that the cluster was initialised with; if that is not {by}, replace that file too",
    "inner-server-certificate": "on the client {client}, replace {by} by the CA file that the cluster was initialised with; it is on the machine that initialised the cluster",
    "inner-client-certificate": "on the client {client}, issue the chain again with the CA that is registered as trust anchor, or register the new CA in place of {by}",
}

_STRANGER_ADVICE = {
    **_ISSUER_ADVICE,
    "outer-server-certificate": "find out who answers at {server}: a proxy, or another product, stands where the HSM's host should",
    "outer-client-certificate": "on the client {client}, check which certificate its configuration names and restart what connects",
    "inner-server-certificate": "check that {server} is an HSM of the cluster that was meant: compare its address with describe-clusters",
    "inner-client-certificate": "on the client {client}, check which file --client-cert-hsm-tls-file names",
}
