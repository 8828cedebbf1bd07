"""A case as a value: what the peers do on each connection, and what a reader has to find in the capture."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recording.lab import HSMS, Lab
from recording.vendor import Bare, Form

if TYPE_CHECKING:
    from recording.peers import End

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

SLOTS = (
    "outer-server-certificate",
    "outer-client-certificate",
    "inner-server-certificate",
    "inner-client-certificate",
)
STAGES = (
    *("none", "tcp", "outer-hello", "outer-certificates", "outer-established"),
    *("inner-hello", "inner-certificates", "inner-established"),
)


def slots(
    outer_server: str, outer_client: str, inner_server: str, inner_client: str = ""
) -> dict[str, str]:
    """Each slot's status: `pass`, `fail`, `unknown`, or "" where there is no finding for it."""
    statuses = (outer_server, outer_client, inner_server, inner_client)
    return {code: status for code, status in zip(SLOTS, statuses, strict=True) if status}


@dataclass(frozen=True, kw_only=True)
class Level:
    """Both ends of one TLS level. Certificates are named as in `pki.FILES`.

    Attributes:
        version: the only version of both ends, or of the client where `server_version` differs.
        ciphers, server_ciphers: OpenSSL cipher list for TLS 1.2, "" = the default.
        client: None has no certificate.
        client_trusts: the client's trust store; empty takes any certificate.
        server_trusts: the server's; empty does not ask for a certificate.
    """

    version: ssl.TLSVersion = TLS12
    server_version: ssl.TLSVersion | None = None
    ciphers: str = ""
    server_ciphers: str = ""
    server: str
    client: str | None = None
    client_trusts: Sequence[str] = ()
    server_trusts: Sequence[str] = ()


OUTER12 = Level(
    version=TLS12,
    server="21a10654",
    client="client",
    client_trusts=("21a10654", "712ff948"),
    server_trusts=("default-client-ca", "customerCA"),
)
OUTER13 = Level(
    version=TLS13,
    server="21a10654",
    client="client",
    client_trusts=("21a10654", "712ff948"),
    server_trusts=("default-client-ca", "customerCA"),
)
INNER12 = Level(version=TLS12, server="cluster", client_trusts=("customerCA",))
INNER13 = Level(version=TLS13, server="cluster", client_trusts=("customerCA",))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One connection: what both ends do, and the facts that follow.

    Attributes:
        server: the HSM's address. listens: a server is there.
        inner: None ends after the vendor exchange.
        exchange: vendor messages before the inner TLS. form: how the inner TLS travels.
        piece: an outer record carries at most so many bytes of it, 0 = no limit.
        client_does, server_does: what either end does instead of the whole conversation.
        resumes: levels (`outer`, `inner`) that continue the session of the connection before.
        patience: seconds that the client waits for an answer.
        outcome, stage, slots: what the connection comes to. Where the peers can tell (their handshakes
            completed or did not) the recorder compares, and writes nothing where it is not so.
        incomplete: outcome of a handshake that did not complete: `failed`, or `unfinished` where
            neither end refused or ended it.
        late_alerts: alerts (side, code) of the outer level behind the one that ended it: nobody read them any more.
        unheard: what the server says does not all pass the point of capture; its facts are what the client heard.
    """

    server: str = HSMS[0]
    port: int = 2223
    listens: bool = True
    outer: Level = OUTER12
    inner: Level | None = INNER12
    exchange: bool = False
    form: Form = field(default_factory=Bare)
    piece: int = 0
    client_does: Callable[[End], None] | None = None
    server_does: Callable[[End], None] | None = None
    resumes: Sequence[str] = ()
    patience: float = 5.0
    outcome: str = "established"
    stage: str = "inner-established"
    incomplete: str = "failed"
    unheard: bool = False
    late_alerts: Sequence[tuple[str, int]] = ()
    slots: Mapping[str, str] = field(default_factory=lambda: slots("pass", "pass", "pass"))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One recording.

    Attributes:
        name: its folder in `captures/`, may have slashes.
        title: one line. what: what happens and why, a paragraph. look: what to look for in the report.
        connections: in the order of their first frames.
        together: they are open at the same time.
        arguments: options of the expected set.
        verdict: the whole report's.
        format: one of `recorder.FORMATS`. interface: `eth0` or `any` of the client.
        prepare: sets faults up in the network before the first connection.
        made: how, beyond what is the same for every case; one sentence for the README.
    """

    name: str
    title: str
    what: str
    look: str
    connections: Sequence[Plan] = (Plan(),)
    together: bool = False
    arguments: Sequence[str] = ("--etc", "captures/pki/etc/sdk3")
    verdict: str = "pass"
    format: str = "pcap"
    interface: str = "eth0"
    prepare: Callable[[Lab], None] | None = None
    made: str = ""
