"""What several files tell becomes one set: clusters that are the same, what is kept apart, contradictions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from analyzer.run.expected.collection import Cluster, Collection
from analyzer.verdict.certificates.chain import issued_by
from analyzer.verdict.certificates.published import published_server
from analyzer.verdict.expectations import Expectations, Expected, Hsm, Role
from analyzer.verdict.words import listing, short

_CLIENTS = (Role.CLIENT, Role.INNER_CLIENT)


def joined(found: Collection) -> Expectations:
    """The expected set, each item with the cluster that it belongs to."""
    labels = _labels(found.clusters)
    clusters = [
        (found.everywhere, ""),
        *((c, label) for c in found.clusters for label in labels[id(c)]),
    ]
    certificates = [
        replace(item, cluster=label) for cluster, label in clusters for item in cluster.certificates
    ]
    keys = [replace(key, cluster=label) for cluster, label in clusters for key in cluster.keys]
    notes = [*found.notes, *_stale(found.clusters)]
    kept = tuple(_once(_without_unconfigured(_apart(certificates, notes))))
    made = Expectations(
        kept, tuple(dict.fromkeys(keys)), tuple(_hsms(found.clusters, labels)), found.listed, ()
    )
    notes += _contradictions(made)
    return replace(made, notes=tuple(dict.fromkeys(notes)))


def _labels(clusters: list[Cluster]) -> dict[int, tuple[str, ...]]:
    """Which clusters each of them is, "" for all.

    By its ID. A configuration without ID holds for every cluster where all configurations name the same
    certificates, but for those that are another customer CA's; else for the cluster whose address it has.
    """
    labels: dict[int, tuple[str, ...]] = {
        id(cluster): (cluster.id,) for cluster in clusters if cluster.id
    }
    described = [cluster for cluster in clusters if cluster.described]
    unnamed = [cluster for cluster in clusters if not cluster.id]
    alike = len({_certificates(c) for c in clusters if not c.described}) <= 1
    for cluster in unnamed:
        if cluster.described or not described:
            same = described
        elif alike:
            same = [d for d in described if _may_be(cluster, d)]
        else:
            same = [d for d in described if d.addresses & cluster.addresses]
        names = {d.id for d in same if d.id}
        if alike and (not names or len(same) == len(described)):
            names = {""}
        own = f"cluster of {min(cluster.addresses, default=cluster.source)}"
        labels[id(cluster)] = tuple(sorted(names)) or (own,)
    return labels


def _hsms(clusters: list[Cluster], labels: dict[int, tuple[str, ...]]) -> Iterable[Hsm]:
    """Those that describe-clusters lists, then the addresses that are only configured, each once."""
    seen: set[str] = set()
    for cluster in sorted(clusters, key=lambda cluster: not cluster.described):
        for hsm in cluster.hsms:
            if cluster.described or not seen.issuperset(hsm.addresses):
                yield replace(hsm, cluster=labels[id(cluster)][0])
            seen.update(hsm.addresses)


def _may_be(configured: Cluster, described: Cluster) -> bool:
    """Whether a client so configured may mean that cluster: by an address, or by its customer CA."""
    if configured.addresses & described.addresses:
        return True
    presented = [c.certificate for c in described.certificates if c.role is Role.CLUSTER]
    authorities = [c.certificate for c in configured.certificates if c.role is Role.CUSTOMER_CA]
    if not presented or not authorities:
        return True
    return any(issued_by(cluster, authority) for cluster in presented for authority in authorities)


def _certificates(cluster: Cluster) -> frozenset[tuple[Role, str]]:
    return frozenset((item.role, item.certificate.sha256) for item in cluster.certificates)


def _stale(clusters: list[Cluster]) -> Iterable[str]:
    """Addresses that are configured and that describe-clusters does not list."""
    listed = {a for c in clusters if c.described for a in c.addresses}
    if not listed:
        return
    for cluster in clusters:
        for address in sorted(cluster.addresses - listed) if not cluster.described else ():
            yield f"{cluster.source}: {address} is not among the HSMs that describe-clusters lists"


def _apart(certificates: list[Expected], notes: list[str]) -> Iterable[Expected]:
    """Without the customer CA among the server certificates.

    A client with a certificate of its own needs the customer CA in certs/ too (AWS CloudHSM user guide,
    "Reconfigure SSL"): it is no certificate of the host.
    """
    authorities = [c.certificate for c in certificates if c.role is Role.CUSTOMER_CA]
    ids = {c.sha256 for c in authorities} | {c.key_sha256 for c in authorities}
    clusters = [c.certificate for c in certificates if c.role is Role.CLUSTER]
    for item in certificates:
        certificate = item.certificate
        if item.role is Role.SERVER and not published_server(certificate):
            if {certificate.sha256, certificate.key_sha256} & ids:
                notes.append(f"{item.source}: is the customer CA, no certificate of the host")
                continue
            if any(issued_by(cluster, certificate) for cluster in clusters):
                notes.append(
                    f"{item.source}: issued the cluster certificate, so it is a customer CA and no "
                    "certificate of the host"
                )
                continue
        yield item


def _without_unconfigured(certificates: Iterable[Expected]) -> Iterable[Expected]:
    """A client certificate that is configured anywhere is no unconfigured one."""
    items = list(certificates)
    configured = {item.certificate.sha256 for item in items if item.role in _CLIENTS}
    return (
        item
        for item in items
        if item.role is not Role.OTHER_CLIENT or item.certificate.sha256 not in configured
    )


def _once(certificates: Iterable[Expected]) -> Iterable[Expected]:
    """Each certificate once for a role and a cluster, with all the reasons for it."""
    seen: dict[tuple[Role, str, str], Expected] = {}
    for item in certificates:
        key = (item.role, item.certificate.sha256, item.cluster)
        first = seen.get(key)
        if first is None:
            seen[key] = item
        elif item.why not in first.why:
            chain = first.chain or item.chain
            seen[key] = replace(first, why=f"{first.why}; {item.why}", chain=chain)
    return seen.values()


def _contradictions(made: Expectations) -> Iterable[str]:
    """Expected certificates that cannot all be right."""
    for label in dict.fromkeys(item.cluster for item in made.certificates):
        inside = [item for item in made.certificates if item.cluster in (label, "")]
        of = f" of {label}" if label else ""
        clusters = {i.certificate: i for i in inside if i.role is Role.CLUSTER}
        if len(clusters) > 1:
            found = listing(f"{short(c)} ({i.source})" for c, i in clusters.items())
            yield f"{len(clusters)} different cluster certificates{of} are expected: {found}"
        yield from _mismatched_keys(made, label, of)
        authorities = [i.certificate for i in inside if i.role is Role.CUSTOMER_CA]
        for certificate, item in clusters.items():
            if item.cluster != label or not authorities:
                continue
            if not any(issued_by(certificate, authority) for authority in authorities):
                yield (
                    f"{item.source}: the cluster certificate{of} is not issued by the customer "
                    f"CA that is given: {short(certificate)}"
                )


def _mismatched_keys(made: Expectations, label: str, of: str) -> Iterable[str]:
    """The HSM certificate, the CSR and the cluster certificate are for one key of the HSM."""
    keys = {
        (item.source, "cluster certificate"): item.certificate.key_sha256
        for item in made.certificates
        if item.role is Role.CLUSTER and item.cluster == label
    } | {(key.source, key.what): key.key_sha256 for key in made.keys if key.cluster == label}
    if len(set(keys.values())) > 1:
        names = listing(f"{what} ({source})" for source, what in keys)
        yield f"{names}{of} do not have one public key: they are not of one cluster"
