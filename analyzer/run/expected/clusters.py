"""Clusters as AWS's API tells of them, in whatever shape the output was kept.

`aws cloudhsmv2 describe-clusters` as JSON or YAML, whole or with a `--query`, PowerShell's
`Get-HSM2Cluster | ConvertTo-Json`, Terraform's state: the fields have the same names but for case and
underscores, so they are looked for wherever they stand. Also the files under the names of AWS's guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analyzer.errors import UnreadableInput
from analyzer.run.expected.collection import Cluster, Collection, instead
from analyzer.run.expected.configuration import address_of
from analyzer.run.expected.contents import Contents, text_contents
from analyzer.run.expected.reading import files_of, is_directory
from analyzer.session.certificates import Certificate, Request
from analyzer.verdict.expectations import Hsm, Role

_DEEPEST = 40


class Field(NamedTuple):
    """A certificate that describe-clusters gives.

    Attributes:
        name: the API's. file: how AWS's guide names the file, behind `<cluster ID>_`.
        key: what its public key is told as; "" where it is no key of the HSM.
    """

    name: str
    role: Role
    file: str
    key: str


# AWS CloudHSM API reference, "Certificates"; user guide, "Verify the HSM's identity" for the files.
FIELDS = (
    Field("ClusterCertificate", Role.CLUSTER, "CustomerHsmCertificate.crt", ""),
    Field("ClusterCsr", Role.CLUSTER, "ClusterCsr.csr", "cluster CSR"),
    Field("HsmCertificate", Role.HSM, "HsmCertificate.crt", "HSM certificate"),
    Field("AwsHardwareCertificate", Role.AWS_HARDWARE, "AwsHardwareCertificate.crt", ""),
    Field(
        "ManufacturerHardwareCertificate",
        Role.MANUFACTURER_HARDWARE,
        "ManufacturerHardwareCertificate.crt",
        "",
    ),
)
_BY_NAME = {field.name.lower(): field for field in FIELDS}
_BY_FILE = {field.file.lower(): field for field in FIELDS}

# Of HSMs: they have a ClusterId and a State too.
_HSM_KEYS = frozenset({"hsmid", "eniip", "eniid"})
_CLUSTER_KEYS = frozenset({"hsms", "certificates", "clustercertificates", "vpcid", "subnetmapping"})
_ADDRESSES = ("eniip", "eniipv6", "ipaddress")


def field_of(file_name: str) -> Field | None:
    """Which field a file holds by the name that AWS's guide gives it: `cluster-abc_ClusterCsr.csr`."""
    return _BY_FILE.get(file_name.rpartition("_")[2].lower())


def read_clusters(found: Collection, path: Path) -> None:
    """Add what --cluster names: output of describe-clusters, or a directory of AWS's five files."""
    if is_directory(path):
        _directory(found, path)
        return
    read_cluster_file(found, path, "--cluster")


def read_cluster_file(found: Collection, path: Path, option: str) -> None:
    """Add what a file tells of clusters: a document of AWS's tools, or one of the certificates itself."""
    contents = found.read(path)
    if contents.nothing:
        word = "is empty" if contents.nothing == "empty" else f"says only {contents.nothing}"
        found.notes.append(
            f"{path}: {word}: AWS gave no such field; before the cluster is initialized there is no "
            "cluster certificate"
        )
    elif contents.document is not None:
        _Document(found, str(path), option).read(contents.document)
    elif not contents.problems:
        _bare(found, contents, path, option)


def add_field(
    found: Collection, field: Field, contents: Contents, source: str, cluster: Cluster | None
) -> None:
    """Add one of the five certificates."""
    why = f"{field.name} of describe-clusters"
    if field.role is not Role.CLUSTER or not field.key:
        found.add(field.role, contents.certificates, source, why, cluster)
    if field.key:
        both: tuple[Request | Certificate, ...] = (*contents.requests, *contents.certificates)
        for item in both[:1]:
            found.add_key(item, field.key, source, cluster)


def read_anchors(found: Collection, path: Path) -> None:
    """Add trust anchors of the inner client: PEM, or what `cluster mtls list-trust-anchors` printed."""
    contents = found.read(path)
    if contents.document is None:
        if not contents.certificates and not contents.problems:
            found.problems.append(f"{path}: {instead(contents)} (--mtls-anchors)")
        found.add(Role.MTLS_ANCHOR, contents.certificates, str(path), "--mtls-anchors")
        return
    count = 0
    for table in _tables(contents.document):
        text = table.get("certificate")
        if not isinstance(text, str):
            continue
        count += 1
        label = f"trust anchor {table.get('certificatereference', count)}"
        inside = _inside(found, text, f"{path}: {label}")
        why = f"{label} of 'cluster mtls list-trust-anchors'"
        found.add(Role.MTLS_ANCHOR, inside.certificates, str(path), why)
    if not count:
        found.notes.append(f"{path}: lists no trust anchor")


def _directory(found: Collection, path: Path) -> None:
    try:
        files = files_of(path)
    except UnreadableInput as error:
        found.problems.append(str(error))
        return
    known = [(file, field) for file in files if (field := field_of(file.name)) is not None]
    if not known:
        names = ", ".join(f"*_{field.file}" for field in FIELDS)
        found.problems.append(f"{path}: none of {names} in it (--cluster)")
    for file, field in known:
        id_ = file.name[: -len(field.file) - 1]
        cluster = found.cluster(str(path), id_, described=True)
        contents = found.read(file)
        if contents.nothing:
            found.notes.append(f"{file}: nothing in it")
        add_field(found, field, contents, str(file), cluster)


def _bare(found: Collection, contents: Contents, path: Path, option: str) -> None:
    """The certificate itself, as `--query '...ClusterCertificate' --output text` prints it."""
    field = field_of(path.name)
    if contents.empty:
        found.problems.append(
            f"{path}: neither output of describe-clusters nor a certificate ({option})"
        )
    elif field is not None:
        add_field(found, field, contents, str(path), None)
    elif contents.requests:
        add_field(found, _BY_NAME["clustercsr"], contents, str(path), None)
    else:
        found.add(Role.CLUSTER, contents.certificates, str(path), option)


class _Document:
    """One document of clusters on its way into the collection."""

    def __init__(self, found: Collection, source: str, option: str) -> None:
        self._found = found
        self._source = source
        self._option = option
        self._seen = False

    def read(self, document: Any) -> None:
        self._walk(document, None, 0)
        if not self._seen:
            empty = document in ([], {}) or any(t.get("clusters") == [] for t in _tables(document))
            if empty:
                self._found.notes.append(
                    f"{self._source}: lists no cluster; describe-clusters shows those of one account "
                    "and region"
                )
            else:
                self._found.problems.append(
                    f"{self._source}: no cluster in it as describe-clusters prints them ({self._option})"
                )

    def _walk(self, value: Any, cluster: Cluster | None, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for item in value:
                self._walk(item, cluster, depth + 1)
        elif isinstance(value, Mapping):
            table = _plain(value)
            id_ = _text(table.get("clusterid"))
            if _HSM_KEYS & table.keys():
                self._hsm(table, cluster, id_)
                return
            if id_ and _CLUSTER_KEYS & table.keys():
                cluster = self._cluster(table, id_)
            if _BY_NAME.keys() & table.keys():
                cluster = cluster or self._found.cluster(self._source, "", described=True)
                self._certificates(table, cluster)
            for item in value.values():
                self._walk(item, cluster, depth + 1)

    def _cluster(self, table: Mapping[str, Any], id_: str) -> Cluster:
        self._seen = True
        cluster = self._found.cluster(self._source, id_, described=True)
        cluster.state = _text(table.get("state")) or _text(table.get("clusterstate"))
        if "hsms" in table:
            self._found.listed = True
        if cluster.state and cluster.state != "ACTIVE":
            self._found.notes.append(f"{self._source}: {id_} is in state {cluster.state}")
        if not any(key in table for key in ("certificates", "clustercertificates")):
            self._found.notes.append(f"{self._source}: {id_} is listed without certificates")
        return cluster

    def _hsm(self, table: Mapping[str, Any], cluster: Cluster | None, id_: str) -> None:
        addresses = tuple(
            dict.fromkeys(a for key in _ADDRESSES if (a := address_of(_text(table.get(key)))))
        )
        if not addresses or (cluster is None and not id_):
            return
        self._seen = self._found.listed = True
        to = cluster or self._found.cluster(self._source, id_, described=True)
        hsm = Hsm(
            addresses,
            _text(table.get("hsmid")),
            _text(table.get("availabilityzone")),
            _text(table.get("state")) or _text(table.get("hsmstate")),
            to.id,
            self._source,
        )
        if hsm not in to.hsms:
            to.hsms.append(hsm)

    def _certificates(self, table: Mapping[str, Any], cluster: Cluster) -> None:
        self._seen = True
        of = f" of {cluster.id}" if cluster.id else ""
        for name, field in _BY_NAME.items():
            text = _text(table.get(name))
            if not text:
                continue
            inside = _inside(self._found, text, f"{self._source}: {field.name}{of}")
            add_field(self._found, field, inside, self._source, cluster)
        if not _text(table.get("clustercertificate")):
            self._found.notes.append(
                f"{self._source}: no ClusterCertificate{of}: it is there once the cluster is initialized"
            )


def _inside(found: Collection, text: str, where: str) -> Contents:
    contents = text_contents(text)
    found.problems += [f"{where}: {problem}" for problem in contents.problems]
    if contents.empty and not contents.nothing:
        found.problems.append(f"{where}: no certificate in it")
    return contents


def _tables(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every table of a document, keys made plain."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _tables(item, depth + 1)
    elif isinstance(value, Mapping):
        yield _plain(value)
        for item in value.values():
            yield from _tables(item, depth + 1)


def _plain(table: Mapping[Any, Any]) -> dict[str, Any]:
    """`ClusterId`, `cluster_id` and `cluster-id` are one key."""
    return {str(k).replace("_", "").replace("-", "").lower(): v for k, v in table.items()}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
