"""What each certificate slot expects, and asks of a certificate that was presented in it.

A rule gets what was presented and what is expected there, and gives an `Opinion`. Every certificate of
a chain is judged at the time of the Certificate message that carried it, or at a given time.
"""

from __future__ import annotations

from analyzer.verdict.certificates.chain import Walk
from analyzer.verdict.certificates.opinions import (
    Opinion,
    Shown,
    Wanted,
    belongs_elsewhere,
    dated,
    exactly,
    files,
    issued,
    named,
    others,
    refused,
    sources,
    walk_to,
)
from analyzer.verdict.certificates.published import looks_like_a_cluster_certificate
from analyzer.verdict.expectations import Expectations, Expected, Role
from analyzer.verdict.finding import Status
from analyzer.verdict.words import listing


def outer_server_words(here: Expectations) -> str:
    """Exactly one of the certificates given."""
    return listing(named(servers(here)), "or")


def servers(here: Expectations) -> tuple[Expected, ...]:
    """The host's certificates; the customer CA that lies in the same directory is none of them."""
    cas = {item.certificate.der for item in here.of(Role.CUSTOMER_CA)}
    return tuple(item for item in here.of(Role.SERVER) if item.certificate.der not in cas)


def outer_server(shown: Shown, wanted: Wanted) -> Opinion:
    """Exactly one of the certificates given."""
    items = servers(wanted.here)
    pinned = exactly(shown, items)
    if pinned is not None:
        return dated(shown, f"the certificate of {pinned.file}")
    return refused(shown, wanted, items)


def outer_client_words(here: Expectations) -> str:
    """The client certificate given, or one issued by the customer CA."""
    return listing([*named(here.of(Role.CLIENT)), *_by(here.of(Role.CUSTOMER_CA))], "or")


def outer_client(shown: Shown, wanted: Wanted) -> Opinion:
    """The client certificate given, or one issued by the customer CA.

    With the customer CA alone, one that it did not issue may be the default client certificate.
    """
    items, cas = wanted.here.of(Role.CLIENT), wanted.here.of(Role.CUSTOMER_CA)
    elsewhere = belongs_elsewhere(shown, wanted, items, _SERVERS)
    if elsewhere is not None:
        return elsewhere
    pinned = exactly(shown, items)
    what = f"the client certificate of {pinned.file}" if pinned else ""
    walk = walk_to(shown, cas) if cas else None
    if walk is not None and walk.anchored and not (pinned and walk.trusted):
        return issued(shown, wanted, walk, cas, what, others(shown, items))
    if pinned is not None:
        return dated(shown, what)
    if items:
        return refused(shown, wanted, (*items, *cas))
    return Opinion(
        Status.UNKNOWN,
        "maybe-default",
        f"{shown.whose} presented a certificate that {files(cas)} did not issue; it may be the default "
        "client certificate, which is not among the files given",
        "hand over the default client certificate with --client-cert: client.crt in the client's "
        "/opt/cloudhsm/etc",
    )


def inner_server_words(here: Expectations) -> str:
    """The cluster certificate or its key, and the customer CA as its issuer."""
    items, cas = here.of(Role.CLUSTER), here.of(Role.CUSTOMER_CA)
    if items:
        return listing(named(items), "or")
    keys = [f"the key of the {key.what} in {key.source} ({key.key})" for key in here.keys]
    return listing([*([listing(keys, "or")] if keys else []), *_by(cas)])


def inner_server(shown: Shown, wanted: Wanted) -> Opinion:
    """The cluster certificate where one is named, else its key where that is known; by the customer CA.

    The client checks it against the customer CA, so where that is given the chain to it has to hold too.
    """
    items, cas, keys = (
        wanted.here.of(Role.CLUSTER),
        wanted.here.of(Role.CUSTOMER_CA),
        wanted.here.keys,
    )
    elsewhere = belongs_elsewhere(shown, wanted, items, _CLIENTS)
    if elsewhere is not None:
        return elsewhere
    walk = walk_to(shown, cas) if cas else None
    if items and exactly(shown, items) is None:
        opinion = refused(shown, wanted, items)
        return opinion.noting(*_all_the_same(walk, cas))
    if not items and keys and all(key.key_sha256 != shown.leaf.key_sha256 for key in keys):
        return Opinion(
            Status.FAIL,
            "other-key",
            f"{shown.whose} presented a certificate whose key is not that of the {keys[0].what} in "
            f"{keys[0].file}",
            f"check that {shown.server} is an HSM of the cluster that {keys[0].source} is of",
        ).noting(*_all_the_same(walk, cas))
    what = _identified(shown, wanted.here)
    if walk is not None and not (what and walk.trusted):
        return issued(shown, wanted, walk, cas, what, notes=_named_like_no_hsm(shown))
    return dated(shown, what)


def _identified(shown: Shown, here: Expectations) -> str:
    """By what it is known, beyond its issuer."""
    pinned = exactly(shown, here.of(Role.CLUSTER))
    if pinned is not None:
        return f"the cluster certificate of {pinned.file}"
    key = next((key for key in here.keys if key.key_sha256 == shown.leaf.key_sha256), None)
    return f"a certificate with the key of the {key.what} in {key.file}" if key else ""


def inner_client_words(here: Expectations) -> str:
    """A trust anchor as its issuer; the configured one itself where no anchor is given."""
    anchors = here.of(Role.MTLS_ANCHOR)
    return listing(_by(anchors) or named(here.of(Role.INNER_CLIENT)), "or")


def inner_client(shown: Shown, wanted: Wanted) -> Opinion:
    """Issued by a trust anchor given; the configured one itself where no anchor is given."""
    items, anchors = wanted.here.of(Role.INNER_CLIENT), wanted.here.of(Role.MTLS_ANCHOR)
    elsewhere = belongs_elsewhere(shown, wanted, items, _SERVERS)
    if elsewhere is not None:
        return elsewhere
    if anchors:
        walk = walk_to(shown, anchors)
        return issued(shown, wanted, walk, anchors, instead_of=others(shown, items))
    pinned = exactly(shown, items)
    if pinned is not None:
        return dated(shown, f"the client certificate of {pinned.file}")
    return refused(shown, wanted, items)


# What a client shows is none of these, though the customer CA issued the cluster certificate too.
_SERVERS = (Role.SERVER, Role.CLUSTER)
# And no HSM shows one of these: whoever has its key could pass for the HSM.
_CLIENTS = (Role.SERVER, Role.CLIENT, Role.OTHER_CLIENT, Role.INNER_CLIENT)


def _by(anchors: tuple[Expected, ...]) -> list[str]:
    return [f"issued by {sources(anchors)}"] if anchors else []


def _all_the_same(walk: Walk | None, cas: tuple[Expected, ...]) -> tuple[str, ...]:
    if walk is None or not walk.trusted:
        return ()
    return (f"it is issued by {files(cas)} all the same: a client would accept it",)


def _named_like_no_hsm(shown: Shown) -> tuple[str, ...]:
    if looks_like_a_cluster_certificate(shown.leaf):
        return ()
    return ("its name is not one that an HSM writes into its CSR (CN=HSM:...:PARTN:...)",)
