"""The expected set: which certificates, keys and HSMs the user says there should be, and from which file.

Pure values; `run.expected_files` makes them from files. Where several clusters are described, an item
belongs to its cluster and a connection is judged by the items of the cluster that its address is in.
"""

from __future__ import annotations

import enum
import re
from dataclasses import replace

from analyzer.session.certificates import Certificate
from analyzer.values import ByValue, dataclass


class Role(ByValue, enum.StrEnum):
    """What a certificate of the expected set is there for."""

    SERVER = "outer server certificate"
    CLIENT = "outer client certificate"
    OTHER_CLIENT = "client certificate that is not configured"
    CUSTOMER_CA = "customer CA"
    CLUSTER = "cluster certificate"
    INNER_CLIENT = "inner client certificate"
    MTLS_ANCHOR = "trust anchor of the inner client"
    HSM = "HSM certificate"
    AWS_HARDWARE = "AWS hardware certificate"
    MANUFACTURER_HARDWARE = "manufacturer hardware certificate"
    HARDWARE_ROOT = "root of the hardware certificates"


@dataclass(frozen=True, slots=True)
class Expected:
    """One certificate of the expected set.

    Attributes:
        source: the file it came from, with the field where the file has fields.
        cluster: the cluster it belongs to, "" for every cluster.
        why: how it came to its role, e.g. `named by ssl.certificate in cloudhsm_client.cfg`.
        chain: what stands behind it in the same file and is sent with it.
    """

    role: Role
    certificate: Certificate
    source: str
    cluster: str = ""
    why: str = ""
    chain: tuple[Certificate, ...] = ()

    @property
    def file(self) -> str:
        """The source without its directories, for sentences: `customerCA.crt`."""
        return re.sub(r"^.*[/\\]", "", self.source)


@dataclass(frozen=True, slots=True)
class ExpectedKey:
    """A public key that the cluster certificate must have: the CSR's or the HSM certificate's.

    Attributes:
        key_sha256: of the SubjectPublicKeyInfo DER, lower-case hex.
        key: e.g. `RSA 2048`. what: `cluster CSR` or `HSM certificate`.
    """

    key_sha256: str
    key: str
    what: str
    source: str
    cluster: str = ""

    @property
    def file(self) -> str:
        """The source without its directories, for sentences."""
        return re.sub(r"^.*[/\\]", "", self.source)


@dataclass(frozen=True, slots=True)
class Hsm:
    """An HSM as describe-clusters tells of it, or a server that a configuration file names.

    Attributes:
        addresses: IPv4 and IPv6, as `ipaddress` writes them.
        id, zone, state: "" where the source does not tell.
        cluster: its cluster's ID.
    """

    addresses: tuple[str, ...]
    id: str = ""
    zone: str = ""
    state: str = ""
    cluster: str = ""
    source: str = ""

    def __str__(self) -> str:
        """`hsm-abc in us-east-1a (ACTIVE)`."""
        words = self.id or "/".join(self.addresses)
        words += f" in {self.zone}" if self.zone else ""
        return words + (f" ({self.state})" if self.state else "")


@dataclass(frozen=True, slots=True)
class Expectations:
    """The expected set.

    Attributes:
        certificates: in the order they were found.
        keys: public keys that stand in for a cluster certificate that is not at hand.
        hsms: the HSMs of all clusters; `listed` where they come from describe-clusters, so that an
            address that is not among them means something.
        notes: what was passed over while reading, and why; one clause each.
    """

    certificates: tuple[Expected, ...] = ()
    keys: tuple[ExpectedKey, ...] = ()
    hsms: tuple[Hsm, ...] = ()
    listed: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def none(cls) -> Expectations:
        """Nothing is expected: no slot can pass."""
        return cls()

    def of(self, *roles: Role) -> tuple[Expected, ...]:
        """The certificates of these roles, each once."""
        unique = {
            item.certificate.sha256: item
            for item in reversed(self.certificates)
            if item.role in roles
        }
        return tuple(reversed(unique.values()))

    def hsm_at(self, address: str) -> Hsm | None:
        """The HSM with this address; one that describe-clusters lists before one that is only configured."""
        known = [hsm for hsm in self.hsms if address in hsm.addresses]
        return max(known, key=lambda hsm: bool(hsm.id), default=None)

    def at(self, address: str) -> Expectations:
        """What is expected of a connection to `address`: without what belongs to other clusters.

        An address that no cluster has keeps everything: it cannot be told which cluster was meant.
        """
        clusters = {hsm.cluster for hsm in self.hsms if address in hsm.addresses and hsm.cluster}
        if not clusters:
            return self
        wanted = clusters | {""}
        return replace(
            self,
            certificates=tuple(item for item in self.certificates if item.cluster in wanted),
            keys=tuple(item for item in self.keys if item.cluster in wanted),
        )


@dataclass(frozen=True, slots=True)
class CertificatePaths:
    """The expected set as an expectation file names it; paths as written, relative to the file."""

    etc: str = ""
    server: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    customer_ca: tuple[str, ...] = ()
    cluster: str = ""
    cluster_cert: tuple[str, ...] = ()
    inner_client: tuple[str, ...] = ()
    mtls_anchors: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
