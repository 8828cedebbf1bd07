"""What recorded traffic must look like, as values: the rules of an expectation file.

`regression_file` makes them from the file's tables; `check` evaluates them. Rules are tried in the
order of the file and a connection belongs to the first whose `match` fits; `defaults` are already
merged into every rule. Whatever is None or () is not checked.
"""

from __future__ import annotations

import ipaddress
from dataclasses import field
from typing import TypeAlias

from analyzer.values import dataclass
from analyzer.verdict.expectations import CertificatePaths

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a connection: an address or a network, a port or any.

    Attributes:
        network: a single address is a network of one; None is any address.
        port: None is any port.
    """

    network: Network | None
    port: int | None

    def __str__(self) -> str:
        """As the file writes it: `10.0.2.9:2223`, `[fd00::]/8`, `*:2223`."""
        network = self.network
        if network is None:
            return f"*:{self.port}"
        words = str(network.network_address)
        words = f"[{words}]" if network.version == 6 and self.port is not None else words
        if network.prefixlen != network.max_prefixlen:
            words += f"/{network.prefixlen}"
        return words if self.port is None else f"{words}:{self.port}"

    def covers(self, address: str, port: int) -> bool:
        """Whether an endpoint of a connection is in it."""
        if self.port is not None and port != self.port:
            return False
        return self.network is None or ipaddress.ip_address(address) in self.network


@dataclass(frozen=True, slots=True)
class Match:
    """Which connections a rule is for: all that is given must fit.

    Attributes:
        stream: the connection's number in the report.
        hsm, cluster: the ID of the HSM, or of its cluster, that the server's address has in the expected set.
        server_name: of the outer ClientHello.
        server_cert_sha256: of the first certificate that the outer server presented.
    """

    server: Place | None = None
    client: Place | None = None
    stream: int | None = None
    hsm: str | None = None
    cluster: str | None = None
    server_name: str | None = None
    server_cert_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many connections of the capture a rule must get: at least, at most (None: no limit).

    A rule that says nothing wants one: what is never seen is not checked.
    """

    least: int = 1
    most: int | None = None

    def __str__(self) -> str:
        """As the file writes it: `1..`, `2..4`, `3`."""
        if self.least == self.most:
            return str(self.least)
        return f"{self.least}..{'' if self.most is None else self.most}"

    def admits(self, number: int) -> bool:
        """Whether so many connections are right."""
        return self.least <= number and (self.most is None or number <= self.most)


@dataclass(frozen=True, slots=True)
class CertificateRule:
    """Which certificate one side of a level must present first; one of the alternatives is enough.

    Attributes:
        any: some certificate, whichever.
        none: no certificate: an empty Certificate message, or none was asked for.
        expected: what the expected set says of this slot: its finding is a pass.
        sha256: pinned by hash, lower-case hex.
        files: pinned by a certificate file, as written in the rule (relative to the expectation file).
    """

    any: bool = False
    none: bool = False
    expected: bool = False
    sha256: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelRule:
    """What one TLS level must be. A tuple holds alternatives.

    Attributes:
        outcome: of `established`, `failed`, `unfinished`, `unseen`; `absent` where no such level is.
        version: version numbers. cipher: suite numbers.
        history: Zeek's letters.
        alerts: names of alerts other than close_notify that may have been sent, each `unknown_ca` or
            `client:unknown_ca`; () forbids all, None does not check.
        server_cert_chain_to, client_cert_chain_to: CA files (relative to the expectation file) of which
            one must be the anchor of what was presented, at the capture's time.
    """

    outcome: tuple[str, ...] = ()
    version: tuple[int, ...] = ()
    cipher: tuple[int, ...] = ()
    history: tuple[str, ...] = ()
    server_name: tuple[str, ...] = ()
    alpn: tuple[str, ...] = ()
    resumed: bool | None = None
    certificate_request: bool | None = None
    alerts: tuple[str, ...] | None = None
    server_cert: CertificateRule | None = None
    client_cert: CertificateRule | None = None
    server_cert_chain_to: tuple[str, ...] = ()
    client_cert_chain_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """A finding that is no failure of the check, whatever its status, and why."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConnectionRule:
    """What the connections that `match` must be.

    Attributes:
        name: as the file says, else `connection 1` by its place in the file.
        outcome: of the whole connection. stage: the furthest point reached, one of `STAGES`.
        cause: codes of the cause; `none` for no cause.
        findings: the worst status that a finding which is not allowed may have, `pass`, `unknown` or
            `fail` (anything goes); None: not checked.
    """

    name: str
    match: Match = Match()
    count: Count = Count()
    outcome: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    cause: tuple[str, ...] = ()
    outer: LevelRule = LevelRule()
    inner: LevelRule = LevelRule()
    findings: str | None = None
    allow: tuple[Allowed, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectFile:
    """One expectation file.

    Attributes:
        rules: in the order of the file. Without any [[connection]] there is one rule, made of
            [defaults], that matches every connection.
        unmatched: what a connection means that no rule matches: `fail` or `ignore`.
    """

    certificates: CertificatePaths = field(default_factory=CertificatePaths)
    rules: tuple[ConnectionRule, ...] = ()
    unmatched: str = "fail"
