"""The expected set out of everything a user hands over; every problem is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analyzer.errors import UnreadableInput
from analyzer.run.expected.clusters import (
    add_field,
    field_of,
    read_anchors,
    read_cluster_file,
    read_clusters,
)
from analyzer.run.expected.collection import Collection
from analyzer.run.expected.etc_tree import read_tree
from analyzer.run.expected.joining import joined
from analyzer.run.expected.reading import is_directory
from analyzer.session.certificates import Certificate
from analyzer.verdict.certificates.chain import self_issued
from analyzer.verdict.expectations import CertificatePaths, Expectations, Role


def load_expectations(
    *,
    etc: Path | None = None,
    server_certs: Sequence[Path] = (),
    client_cert: Sequence[Path] = (),
    customer_ca: Sequence[Path] = (),
    cluster: Path | None = None,
    cluster_cert: Sequence[Path] = (),
    mtls_anchors: Sequence[Path] = (),
    expect: Path | None = None,
) -> Expectations:
    r"""Read the expected set; what each file is, is told by its contents.

    Args:
        etc: a copy of the client's /opt/cloudhsm/etc, or of ``ProgramData\Amazon\CloudHSM``. A role that
            another argument fills is not taken from it.
        server_certs: files or directories.
        cluster: output of describe-clusters, or a directory with the files of AWS's guide.
        cluster_cert: the cluster certificate, its CSR or the HSM certificate.
        expect: an expectation file; `etc` and `cluster` come before those that it names.

    Raises:
        UnreadableInput: something cannot be used; the message names every problem, a line each.

    Example:
        >>> found = load_expectations(customer_ca=[Path("captures/pki/customerCA.crt")])
        >>> [(str(each.role), each.certificate.serial) for each in found.certificates]
        [('customer CA', 'F87CBE221326CB0DC453E0266081B4EC26E87AF')]
    """
    found = Collection()
    named, base = CertificatePaths(), Path()
    if expect is not None:
        from analyzer.run.expect_file import load_expect_file  # noqa: PLC0415  30 ms with the rules

        try:
            named, base = load_expect_file(expect).certificates, expect.parent
        except UnreadableInput as error:
            _, *mistakes = error.lines
            found.problems += [f"{expect}: {line.strip()}" for line in mistakes] or [str(error)]
    files = {
        Role.SERVER: (*server_certs, *(base / path for path in named.server)),
        Role.CLIENT: (*client_cert, *(base / path for path in named.client)),
        Role.CUSTOMER_CA: (*customer_ca, *(base / path for path in named.customer_ca)),
        Role.INNER_CLIENT: tuple(base / path for path in named.inner_client),
    }
    for role, paths in files.items():
        for path in paths:
            _files(found, role, path)
    for path in (*cluster_cert, *(base / path for path in named.cluster_cert)):
        read_cluster_file(found, path, "--cluster-cert")
    for path in (base / path for path in named.hardware):
        _hardware(found, path)
    for path in (*mtls_anchors, *(base / path for path in named.mtls_anchors)):
        read_anchors(found, path)
    tree = etc if etc is not None else base / named.etc if named.etc else None
    if tree is not None:
        read_tree(found, tree, {role for role, paths in files.items() if paths})
    described = cluster if cluster is not None else base / named.cluster if named.cluster else None
    if described is not None:
        read_clusters(found, described)
    found.raise_problems()
    return joined(found)


def load_certificates(path: Path) -> list[tuple[Path, Certificate]]:
    """The certificates of a file, or of the files right in a directory; each with its file.

    Raises:
        UnreadableInput: something cannot be read, or there is no certificate.
    """
    found = Collection()
    files = found.files(path) if is_directory(path) else [path]
    certificates = found.certificates_of(files)
    if not certificates and not found.problems:
        found.problems.append(f"{path}: no certificate in it")
    found.raise_problems()
    return certificates


_OPTIONS = {
    Role.SERVER: "--server-certs",
    Role.CLIENT: "--client-cert",
    Role.CUSTOMER_CA: "--customer-ca",
    Role.INNER_CLIENT: "inner_client",
}


def _files(found: Collection, role: Role, path: Path) -> None:
    option = _OPTIONS[role]
    if role is Role.SERVER and is_directory(path):
        inside = found.certificates_of(found.files(path))
        if not inside:
            found.problems.append(f"{path}: no certificate in any of its files ({option})")
        for file, certificate in inside:
            found.add(role, [certificate], str(file), option)
        return
    found.add(role, found.certificates_in(path, option), str(path), option)


def _hardware(found: Collection, path: Path) -> None:
    contents = found.read(path)
    field = field_of(path.name)
    if field is not None:
        add_field(found, field, contents, str(path), None)
        return
    for certificate in contents.certificates:
        found.add(_hardware_role(certificate), [certificate], str(path), "hardware")


def _hardware_role(certificate: Certificate) -> Role:
    if self_issued(certificate):
        return Role.HARDWARE_ROOT
    aws = "amazon" in certificate.issuer.lower()
    return Role.AWS_HARDWARE if aws else Role.MANUFACTURER_HARDWARE
