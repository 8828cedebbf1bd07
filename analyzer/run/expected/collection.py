"""What was found so far, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import UnreadableInput
from analyzer.run.expected.contents import Contents, contents_of
from analyzer.run.expected.reading import files_of, is_private_key, read_bytes
from analyzer.session.certificates import Certificate, Request
from analyzer.verdict.certificates.chain import issued_by
from analyzer.verdict.certificates.published import looks_like_a_cluster_certificate
from analyzer.verdict.expectations import Expected, ExpectedKey, Hsm, Role
from analyzer.verdict.words import short

# A client sends no more; OpenSSL follows a hundred at most.
_LONGEST_CHAIN = 100

# Roles of which a file gives one certificate, what stands behind it being its chain.
_WITH_CHAIN = (Role.CLIENT, Role.INNER_CLIENT, Role.OTHER_CLIENT, Role.CLUSTER, Role.HSM)


@dataclass(slots=True, eq=False)
class Cluster:
    """A cluster as one file tells of it, or (without ID and HSMs) what holds for every cluster.

    Attributes:
        source: the file. id: its ID, "" where the file does not tell.
        described: by describe-clusters; else by a configuration file.
    """

    source: str = ""
    id: str = ""
    described: bool = False
    state: str = ""
    hsms: list[Hsm] = field(default_factory=list)
    certificates: list[Expected] = field(default_factory=list)
    keys: list[ExpectedKey] = field(default_factory=list)

    @property
    def addresses(self) -> set[str]:
        """Of all its HSMs."""
        return {address for hsm in self.hsms for address in hsm.addresses}


@dataclass(slots=True)
class Collection:
    """The expected set while it is read.

    Attributes:
        everywhere: what belongs to no certain cluster.
        problems: what the user has to put right, a line each. notes: what was passed over.
    """

    everywhere: Cluster = field(default_factory=Cluster)
    clusters: list[Cluster] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    listed: bool = False

    def cluster(self, source: str, id_: str, *, described: bool) -> Cluster:
        """The cluster with this ID in this file; a new one where the ID is "" or not yet seen."""
        for cluster in self.clusters:
            if id_ and (cluster.id, cluster.described) == (id_, described):
                return cluster
        self.clusters.append(Cluster(source, id_, described))
        return self.clusters[-1]

    def read(self, path: Path) -> Contents:
        """What is in a file; what cannot be read or understood becomes a problem."""
        try:
            contents = contents_of(read_bytes(path))
        except UnreadableInput as error:
            self.problems.append(str(error))
            return Contents(problems=(str(error),))
        self.problems += [f"{path}: {problem}" for problem in contents.problems]
        return contents

    def certificates_in(self, path: Path, option: str) -> tuple[Certificate, ...]:
        """The certificates of a file that must hold some."""
        contents = self.read(path)
        if not contents.certificates and not contents.problems:
            self.problems.append(f"{path}: {instead(contents)} ({option})")
        return contents.certificates

    def files(self, directory: Path) -> list[Path]:
        """The files right in a directory that may hold certificates; private keys are none."""
        try:
            return [file for file in files_of(directory) if not is_private_key(file)]
        except UnreadableInput as error:
            self.problems.append(str(error))
            return []

    def certificates_of(self, files: Iterable[Path]) -> list[tuple[Path, Certificate]]:
        """The certificates of files of which some may hold none."""
        found: list[tuple[Path, Certificate]] = []
        for file in files:
            contents = self.read(file)
            if contents.empty:
                self.notes.append(f"{file}: no certificate in it, passed over")
            found += [(file, certificate) for certificate in contents.certificates]
        return found

    def add(
        self,
        role: Role,
        certificates: Sequence[Certificate],
        source: str,
        why: str,
        cluster: Cluster | None = None,
    ) -> None:
        """Add the certificates of one file in this role."""
        chain: tuple[Certificate, ...] = ()
        if role in _WITH_CHAIN and len(certificates) > _LONGEST_CHAIN:
            self.problems.append(f"{source}: {len(certificates)} certificates are no chain ({why})")
            return
        if role in _WITH_CHAIN and certificates:
            first, chain = self._leaf(certificates, source)
            certificates = (first,)
        for certificate in certificates:
            if role is Role.CUSTOMER_CA and looks_like_a_cluster_certificate(certificate):
                self.notes.append(
                    f"{source}: given as customer CA, but its subject is that of a cluster "
                    f"certificate: {certificate.subject}"
                )
            to = self.everywhere if cluster is None else cluster
            to.certificates.append(Expected(role, certificate, source, why=why, chain=chain))

    def add_key(
        self, item: Request | Certificate, what: str, source: str, cluster: Cluster | None = None
    ) -> None:
        """Add a public key that the cluster certificate must have."""
        to = self.everywhere if cluster is None else cluster
        to.keys.append(ExpectedKey(item.key_sha256, item.key, what, source))

    def all_certificates(self) -> Iterable[Expected]:
        """Of all clusters, in the order in which they were found within each."""
        for cluster in (self.everywhere, *self.clusters):
            yield from cluster.certificates

    def raise_problems(self) -> None:
        """Tell everything that is wrong, at once.

        Raises:
            UnreadableInput: there was a problem.
        """
        lines = list(dict.fromkeys(self.problems))
        if len(lines) == 1:
            raise UnreadableInput(lines[0])
        if lines:
            head = f"the expected set cannot be read: {len(lines)} problems"
            raise UnreadableInput(head, *(f"  {line}" for line in lines))

    def _leaf(
        self, certificates: Sequence[Certificate], source: str
    ) -> tuple[Certificate, tuple[Certificate, ...]]:
        """The certificate that its owner presents, and what is sent behind it."""
        ends = [c for c in certificates if not any(issued_by(o, c) for o in certificates if o != c)]
        leaf = ends[0] if ends else certificates[0]
        if len(ends) > 1:
            self.notes.append(
                f"{source}: {len(ends)} certificates that issued none of the others; the first is "
                f"taken: {short(leaf)}"
            )
        elif leaf != certificates[0]:
            self.notes.append(
                f"{source}: begins with the issuer; a TLS library that loads it presents the first "
                f"certificate, not {short(leaf)}"
            )
        return leaf, tuple(c for c in certificates if c != leaf)


def instead(contents: Contents) -> str:
    """What is there where a certificate was expected."""
    if contents.nothing:
        return "nothing in it" if contents.nothing == "empty" else f"says only {contents.nothing}"
    if contents.requests:
        return "a certificate request, no certificate"
    if contents.document is not None:
        return "a document without certificates where a certificate file is expected"
    if contents.private_keys:
        return "only a private key (not read); the certificate is needed"
    return "no certificate in it"
