"""Real recordings and expected sets put together from the recordings' own PKI."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from analyzer.run.pipeline import Options, analyze
from analyzer.session.certificates import Certificate, parse_certificate
from analyzer.session.facts import Conversation
from analyzer.verdict import Expectations, Finding, judge
from analyzer.verdict.expectations import Expected, Role

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
PKI = CAPTURES / "pki"


@functools.cache
def recorded(case: str) -> tuple[Conversation, ...]:
    """The connections of a recording, opened with all keys that it has."""
    folder = CAPTURES / case
    capture = next(p for p in sorted(folder.iterdir()) if p.name.startswith("capture.pcap"))
    keys = tuple(p for p in [folder / "keys.log"] if p.exists())
    report = analyze([capture], Options(key_logs=keys, contain_crashes=False))
    return tuple(connection.conversation for connection in report.connections)


def facts(path: str) -> Certificate:
    """The first certificate of a file of the PKI."""
    return parse_certificate(
        x509.load_pem_x509_certificates((PKI / path).read_bytes())[0].public_bytes(
            serialization.Encoding.DER
        )
    )


def private_key(name: str) -> Any:
    return serialization.load_pem_private_key((PKI / "keys" / f"{name}.key").read_bytes(), None)


def item(role: Role, what: str | Certificate, source: str = "", cluster: str = "") -> Expected:
    """An expected certificate: a file of the PKI, or one made elsewhere under a source's name."""
    certificate = facts(what) if isinstance(what, str) else what
    name = source or (what if isinstance(what, str) else "made")
    return Expected(role, certificate, f"/opt/cloudhsm/etc/{name.rsplit('/', 1)[-1]}", cluster)


SERVERS = (item(Role.SERVER, "certs/21a10654.0"), item(Role.SERVER, "certs/712ff948.0"))
CLIENT_ITEM = item(Role.CLIENT, "client.crt")
CA_ITEM = item(Role.CUSTOMER_CA, "customerCA.crt")
CLUSTER_ITEM = item(Role.CLUSTER, "cluster.crt")
USUAL = (*SERVERS, CLIENT_ITEM, CA_ITEM)


def expectations(*items: Expected, **more: Any) -> Expectations:
    return Expectations(items, **more)


def judged(
    case: str, expected: Expectations, slot: str, connection: int = 0, **more: Any
) -> Finding:
    """The one finding about a slot of a recorded connection."""
    [finding] = [f for f in judge(recorded(case)[connection], expected, **more) if f.code == slot]
    return finding
