"""What each certificate slot asks of a certificate that was presented in it.

A rule gets what was presented and what is expected there, and gives an `Opinion`. All certificates are
judged at the time of the Certificate message that carried them, or at a given time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analyzer.session.certificates import Certificate
from analyzer.stream import Side
from analyzer.verdict import chain, extensions
from analyzer.verdict.expectations import Expectations, Expected, Role
from analyzer.verdict.finding import Difference, Status
from analyzer.verdict.near_misses import Miss, Question, differences, near_miss
from analyzer.verdict.words import listing, short


@dataclass(frozen=True, slots=True)
class Shown:
    """What one side presented in one handshake.

    Attributes:
        whose: `the server`, `the HSM` ...: who presented it, as sentences say it.
        rest: what came behind the leaf, in the order sent.
        at: the time to judge at. reference: that time in words, `this connection` or `the time given`.
    """

    code: str
    side: Side
    whose: str
    leaf: Certificate
    rest: tuple[Certificate, ...]
    at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The expected set as one slot sees it. `whole` holds the other clusters' items too."""

    here: Expectations
    whole: Expectations
    clusters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a rule says."""

    status: Status
    message: str
    expected: str
    advice: str = ""
    notes: tuple[str, ...] = ()
    limitations: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


def outer_server(shown: Shown, wanted: Wanted) -> Opinion:
    """Exactly one of the certificates given; the customer CA among the same files does not count."""
    cas = {item.certificate.der for item in wanted.here.of(Role.CUSTOMER_CA)}
    items = [i for i in wanted.here.of(Role.SERVER) if i.certificate.der not in cas]
    pinned = _exactly(shown, items)
    if pinned is not None:
        return _dated(shown, pinned, f"the certificate of {pinned.source}")
    return _refused(shown, wanted, items, _one_of(items))


def outer_client(shown: Shown, wanted: Wanted) -> Opinion:
    """The client certificate given, or one issued by the customer CA."""
    items, cas = wanted.here.of(Role.CLIENT), wanted.here.of(Role.CUSTOMER_CA)
    words = listing([*_named(items), *([f"issued by {_sources(cas)}"] if cas else [])], "or")
    pinned = _exactly(shown, items)
    walk = _walk(shown, cas) if cas else None
    if walk is not None and walk.anchored and (walk.trusted or not walk.has("signature")):
        return _issued(shown, walk, cas, words, _not_the_configured(shown, items))
    if walk is not None and walk.anchored:
        return _regenerated(shown, walk, cas, words)
    if pinned is not None:
        return _dated(shown, pinned, f"the client certificate of {pinned.source}", words)
    if not items:
        return Opinion(
            Status.UNKNOWN,
            f"{shown.whose} presented a certificate that the customer CA did not issue; it may be the "
            "default client certificate, which is not among the files given",
            words,
            "add the default client certificate with --client-cert (client.crt in the client's "
            "/opt/cloudhsm/etc)",
        )
    return _refused(shown, wanted, (*items, *cas), words)


def inner_server(shown: Shown, wanted: Wanted) -> Opinion:
    """The cluster certificate where one is named, else its public key, else issued by the customer CA.

    The HSM's client checks it against the customer CA, so that has to hold as well where it is given.
    """
    items, cas = wanted.here.of(Role.CLUSTER), wanted.here.of(Role.CUSTOMER_CA)
    keys = wanted.here.keys
    walk = _walk(shown, cas) if cas else None
    named = [*_named(items)] or [f"the key of the {key.what} in {key.source}" for key in keys]
    words = listing([*named, *([f"issued by {_sources(cas)}"] if cas else [])])
    pinned = _exactly(shown, items)
    if items and pinned is None:
        refused = _refused(shown, wanted, items, words)
        if walk is None or not walk.trusted:
            return refused
        return _with_note(
            refused, f"it is issued by {_sources(cas)}, but it is not the certificate that is named"
        )
    if not items and keys and all(key.key_sha256 != shown.leaf.key_sha256 for key in keys):
        return Opinion(
            Status.FAIL,
            f"{shown.whose} presented a certificate whose key is not that of the {keys[0].what} in "
            f"{keys[0].source}",
            words,
            "check that this address is an HSM of the cluster that the file describes",
        )
    if walk is not None and not walk.trusted:
        if walk.anchored and walk.has("signature"):
            return _regenerated(shown, walk, cas, words)
        return _issued(shown, walk, cas, words, ())
    if pinned is not None:
        return _dated(shown, pinned, f"the cluster certificate of {pinned.source}", words)
    if walk is not None:
        return _issued(shown, walk, cas, words, ())
    return _dated(shown, None, f"a certificate with the key of {keys[0].source}", words)


def inner_client(shown: Shown, wanted: Wanted) -> Opinion:
    """Issued by a trust anchor given; the configured one itself where no anchor is given."""
    items, anchors = wanted.here.of(Role.INNER_CLIENT), wanted.here.of(Role.MTLS_ANCHOR)
    if anchors:
        walk = _walk(shown, anchors)
        words = f"issued by {_sources(anchors)}"
        if walk.anchored and walk.has("signature"):
            return _regenerated(shown, walk, anchors, words)
        return _issued(shown, walk, anchors, words, _not_the_configured(shown, items))
    pinned = _exactly(shown, items)
    if pinned is not None:
        return _dated(shown, pinned, f"the client certificate of {pinned.source}")
    return _refused(shown, wanted, items, _one_of(items))


# ------------------------------------------------------------------ parts of the rules


def _exactly(shown: Shown, items: Sequence[Expected]) -> Expected | None:
    return next((item for item in items if item.certificate.der == shown.leaf.der), None)


def _walk(shown: Shown, anchors: Sequence[Expected]) -> chain.Walk:
    trusted = [c for item in anchors for c in (item.certificate, *item.chain)]
    return chain.walk(
        shown.leaf, shown.rest, trusted, shown.at, side=shown.side, reference=shown.reference
    )


def _dated(shown: Shown, pinned: Expected | None, what: str, words: str = "") -> Opinion:
    """The right certificate; only its dates are left to judge."""
    expected = words or (short(pinned.certificate) if pinned else what)
    notes = tuple(extensions.notes(shown.leaf))
    defect = chain.out_of_date(shown.leaf, shown.at, reference=shown.reference)
    if defect is None:
        return Opinion(Status.PASS, f"{shown.whose} presented {what}", expected, notes=notes)
    return Opinion(
        Status.FAIL,
        f"{shown.whose} presented {what}, but {defect.text}",
        expected,
        _DATE_ADVICE[defect.code],
        notes,
    )


def _issued(
    shown: Shown,
    walk: chain.Walk,
    anchors: Sequence[Expected],
    words: str,
    notes: tuple[str, ...],
) -> Opinion:
    notes = (*notes, *walk.notes)
    if walk.trusted:
        return Opinion(
            Status.PASS,
            f"{shown.whose} presented a certificate issued by {_sources(anchors)}",
            words,
            notes=notes,
        )
    begin = (
        f"{shown.whose} presented a certificate issued by {_sources(anchors)}, but"
        if walk.anchored
        else f"{shown.whose} presented a certificate that {_sources(anchors)} did not issue:"
    )
    text = "; ".join(defect.text for defect in walk.defects)
    advice = next(
        (_DATE_ADVICE[d.code] for d in walk.defects if d.code in _DATE_ADVICE),
        f"check that {_sources(anchors)} is the CA of this cluster, and which file the other end sends",
    )
    return Opinion(Status.FAIL, f"{begin} {text}", words, advice, notes)


def _regenerated(
    shown: Shown, walk: chain.Walk, anchors: Sequence[Expected], words: str
) -> Opinion:
    others = [d.text for d in walk.defects if d.code != "signature"]
    also = f"; moreover {'; '.join(others)}" if others else ""
    return Opinion(
        Status.FAIL,
        f"{shown.whose} presented a certificate whose issuer has the name of {_sources(anchors)}, but "
        f"another key signed it: the CA was made anew under the same name{also}",
        words,
        f"find the {_sources(anchors)} that the cluster was initialised with and use that file",
        walk.notes,
    )


def _refused(shown: Shown, wanted: Wanted, items: Sequence[Expected], words: str) -> Opinion:
    question = Question(
        shown.leaf,
        shown.rest,
        items,
        wanted.whole.certificates,
        wanted.clusters,
        shown.code,
    )
    miss = near_miss(question) or _stranger(items)
    nearest = miss.nearest
    notes = extensions.notes(shown.leaf)
    defect = chain.out_of_date(shown.leaf, shown.at, reference=shown.reference)
    return Opinion(
        Status.FAIL,
        f"{shown.whose} presented {miss.message}",
        words,
        miss.advice,
        tuple([*notes, defect.text] if defect else notes),
        differences=differences(nearest, shown.leaf) if nearest else (),
    )


def _stranger(items: Sequence[Expected]) -> Miss:
    return Miss(
        "stranger",
        f"a certificate that has nothing of {_sources(items)}",
        "check who answers at this address, and which files the other end is configured to send",
    )


def _not_the_configured(shown: Shown, items: Sequence[Expected]) -> tuple[str, ...]:
    if not items or _exactly(shown, items) is not None:
        return ()
    return (f"it is not the certificate of {_sources(items)}, which is configured",)


def _with_note(opinion: Opinion, note: str) -> Opinion:
    return Opinion(
        opinion.status,
        opinion.message,
        opinion.expected,
        opinion.advice,
        (note, *opinion.notes),
        opinion.limitations,
        opinion.differences,
    )


def _named(items: Sequence[Expected]) -> list[str]:
    return [short(item.certificate) for item in items]


def _one_of(items: Sequence[Expected]) -> str:
    return listing(_named(items), "or")


def _sources(items: Sequence[Expected]) -> str:
    return listing(dict.fromkeys(item.source for item in items), "or")


_DATE_ADVICE = {
    "expired": "issue a new certificate, or check the clock of the machine that captured",
    "not-yet-valid": "check the clocks of the machine that issued it and of the one that captured",
}
