"""A copy of the client's directory: /opt/cloudhsm/etc of SDK 3 or 5, or ProgramData of Windows.

What its .cfg files name has the role that they give it. What lies in it under a default name and is not
named is a hint at most: the classic near miss is an `ssl-client.crt` that was made and never configured.
"""

from __future__ import annotations

from collections.abc import Collection as Roles
from collections.abc import Iterator
from pathlib import Path

from analyzer.errors import UnreadableInput
from analyzer.run.expected.clusters import add_field, field_of
from analyzer.run.expected.collection import Cluster, Collection
from analyzer.run.expected.configuration import Configured, Named, configured
from analyzer.run.expected.contents import contents_of
from analyzer.run.expected.reading import Tree, is_directory, is_file, read_bytes
from analyzer.session.certificates import Certificate, x509_of
from analyzer.session.subject_hash import subject_hash
from analyzer.verdict.certificates.chain import issued_by, self_issued
from analyzer.verdict.certificates.published import (
    looks_like_a_cluster_certificate,
    published_server,
)
from analyzer.verdict.expectations import Hsm, Role

# Where the installer puts what a configuration need not name: (role, name).
_DEFAULTS = (
    (Role.SERVER, "certs"),
    (Role.CLIENT, "client.crt"),
    (Role.CUSTOMER_CA, "customerCA.crt"),
)

# How to hand over a file that is not in the copy.
_OPTIONS = {
    Role.SERVER: "--server-certs",
    Role.CLIENT: "--client-cert",
    Role.CUSTOMER_CA: "--customer-ca",
    Role.INNER_CLIENT: "inner_client in a file for --expect",
}

_CERTIFICATE_FILES = frozenset({".crt", ".pem", ".cer", ".der", ".p7b", ".csr"})


def read_tree(found: Collection, root: Path, given: Roles[Role]) -> None:
    """Add what a copy of the client's directory holds.

    Args:
        given: roles that options fill; what the tree has for them is passed over.
    """
    if not is_directory(root):
        found.problems.append(f"{root}: not a directory (--etc)")
        return
    _Reading(found, Tree(root), frozenset(given)).run()


class _Reading:
    """One tree on its way into the collection."""

    def __init__(self, found: Collection, tree: Tree, given: frozenset[Role]) -> None:
        self._found = found
        self._tree = tree
        self._given = given
        self._used: set[Path] = set()
        self._roles: set[Role] = set()
        self._sdks: set[int] = set()
        self._sdk3: Cluster | None = None

    def run(self) -> None:
        for file in self._tree.configurations():
            self._configuration(file)
        self._defaults()
        if not self._roles and not self._sdks:
            self._found.problems.append(
                f"{self._tree.root}: no configuration file of a CloudHSM client and none of "
                f"{', '.join(name for _, name in _DEFAULTS)} in it (--etc)"
            )
        self._lying_about()
        if 5 in self._sdks and Role.SERVER not in self._roles | self._given:
            self._found.notes.append(
                f"{self._tree.root}: SDK 5 has the host's certificates inside its libraries; hand "
                "them over with --server-certs"
            )

    def _configuration(self, file: Path) -> None:
        if file.suffix.lower() == ".json" and not _is_configuration(file):
            return
        contents = self._found.read(file)
        clusters = configured(contents.document)
        if not clusters and not contents.problems:
            self._found.notes.append(f"{file}: no configuration of a CloudHSM client, passed over")
        for configuration in clusters:
            self._sdks.add(configuration.sdk)
            self._cluster(file, configuration)

    def _cluster(self, file: Path, configuration: Configured) -> None:
        self._found.notes += [f"{file}: {note}" for note in configuration.notes]
        cluster = self._cluster_of(file, configuration)
        cluster.hsms += [
            Hsm((address,), cluster=configuration.id, source=str(file))
            for address in configuration.addresses
        ]
        for path in configuration.private_keys:
            self._mark(path)
        for named in configuration.named:
            self._named(file, named, cluster)

    def _cluster_of(self, file: Path, configuration: Configured) -> Cluster:
        """SDK 3 has one cluster: its daemon and its management utility name some of the same HSMs."""
        if configuration.sdk != 3:
            return self._found.cluster(str(file), configuration.id, described=False)
        if self._sdk3 is None:
            self._sdk3 = self._found.cluster(str(file), "", described=False)
        return self._sdk3

    def _named(self, file: Path, named: Named, cluster: Cluster) -> None:
        path = self._tree.find(named.path)
        if named.role in self._given:
            self._mark(named.path)
            self._found.notes.append(
                f"{file}: {named.key} is passed over: {_OPTIONS[named.role]} is given"
            )
        elif path is None:
            self._roles.add(named.role)
            self._found.problems.append(
                f"{file}: {named.key} is {named.path}, which is not in {self._tree.root}: copy "
                f"it too, or hand it over ({_OPTIONS[named.role]})"
            )
        else:
            self._take(named, path, f"named by {named.key} in {file.name}", cluster)

    def _take(self, named: Named, path: Path, why: str, cluster: Cluster | None) -> None:
        self._roles.add(named.role)
        if named.role is Role.SERVER:
            # The host's certificates are AWS's: the same for every cluster.
            self._servers(path, why)
            return
        self._used.add(path)
        if not is_file(path):
            self._found.problems.append(f"{path}: not a plain file ({named.key})")
            return
        certificates = self._found.certificates_in(path, named.key)
        self._found.add(named.role, certificates, str(path), why, cluster)

    def _servers(self, path: Path, why: str) -> None:
        if path in self._used:
            return
        self._used.add(path)
        if is_directory(path):
            inside = self._found.certificates_of(self._kept(self._found.files(path)))
            self._found.notes += _wrong_names(inside)
        elif not is_file(path):
            self._found.problems.append(f"{path}: neither a file nor a directory ({why})")
            return
        else:
            inside = [(path, each) for each in self._found.certificates_in(path, why)]
        for file, certificate in inside:
            self._found.add(Role.SERVER, [certificate], str(file), why)

    def _kept(self, files: list[Path]) -> Iterator[Path]:
        """Files that are in the copy; where a link leads out of it, that is said."""
        for file in files:
            path = self._tree.landing(file)
            if path is None:
                self._found.notes.append(f"{file}: a link out of the copy, not followed")
            elif is_file(path):
                yield file if self._tree.inside(file) else path

    def _defaults(self) -> None:
        """What no configuration names, under the names that the installer uses.

        Where SDK 5 is configured, client.crt means nothing: that SDK carries its own.
        """
        for role, name in _DEFAULTS:
            path = self._tree.find(name)
            if path is None or role in self._roles | self._given:
                continue
            if role is Role.CLIENT and self._sdks == {5}:
                continue
            self._take(Named(role, name, name), path, f"default name {name}, not configured", None)

    def _lying_about(self) -> None:
        """Certificates beside the configured ones: what they are is told by what they hold."""
        found = self._found
        authorities = [
            e.certificate for e in found.all_certificates() if e.role is Role.CUSTOMER_CA
        ]
        taken = {e.certificate.sha256 for e in found.all_certificates()}
        taken |= {certificate.key_sha256 for certificate in authorities}
        for path in found.files(self._tree.home):
            if (
                path.suffix.lower() in _CERTIFICATE_FILES
                and path not in self._used
                and self._tree.inside(path)
            ):
                self._used.add(path)
                self._other(path, authorities, taken)

    def _other(self, path: Path, authorities: list[Certificate], taken: set[str]) -> None:
        found = self._found
        contents = found.read(path)
        field = field_of(path.name)
        if field is not None:
            add_field(found, field, contents, str(path), None)
            return
        for certificate in contents.certificates[:1]:
            if {certificate.sha256, certificate.key_sha256} & taken:
                continue
            if looks_like_a_cluster_certificate(certificate):
                if any(issued_by(certificate, authority) for authority in authorities):
                    why = "lies in the directory; issued by the customer CA"
                    found.add(Role.CLUSTER, contents.certificates, str(path), why)
            elif "client" in path.name.lower() or not (
                self_issued(certificate) or published_server(certificate)
            ):
                why = "lies in the directory, named by no configuration file"
                found.add(Role.OTHER_CLIENT, contents.certificates, str(path), why)

    def _mark(self, named: str) -> None:
        path = self._tree.find(named)
        if path is not None:
            self._used.add(path)


def _is_configuration(file: Path) -> bool:
    """Whether a file that has another name than the SDK's is one of its configurations."""
    try:
        return bool(configured(contents_of(read_bytes(file)).document))
    except UnreadableInput:
        return False


def _wrong_names(files: list[tuple[Path, Certificate]]) -> list[str]:
    """OpenSSL finds a CA in a directory only by the hash of its subject."""
    notes = []
    for certificate in dict.fromkeys(each for _, each in files):
        parsed = x509_of(certificate.der)
        if parsed is None:
            continue
        stem = subject_hash(parsed.subject.public_bytes())
        names = [file.name for file, each in files if each == certificate]
        if not any(name.startswith(f"{stem}.") and name[9:].isdigit() for name in names):
            path = next(file for file, each in files if each == certificate)
            notes.append(
                f"{path}: OpenSSL looks for this certificate under the name {stem}.0 and does not "
                "find it under this one"
            )
    return notes
