"""Directories and files as users keep them, made of certificates of our own."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from analyzer.verdict.expectations import Expectations
from tests.makers.certificates import Issued, authority, aws_server, cluster_certificate, issue

SDK3_DAEMON: dict[str, Any] = {
    "client": {
        "CriticalAlertScript": "",
        "create_object_minimum_nodes": 1,
        "daemon_id": 1,
        "e2e_owner_crt_path": "/opt/cloudhsm/etc/customerCA.crt",
        "log_level": "INFO",
        "tcp_port": 1111,
    },
    "dualfactor": {
        "certificate": "certificate.crt",
        "enable": "no",
        "pkey": "pkey.pem",
        "port": 2225,
    },
    "loadbalance": {"enable": "yes", "sucess_rate_weight": 1},
    "server": {"hostname": "10.10.4.20", "port": 2223},
    "ssl": {
        "CApath": "/opt/cloudhsm/etc/certs",
        "certificate": "/opt/cloudhsm/etc/client.crt",
        "pkey": "/opt/cloudhsm/etc/client.key",
        "server_ch_ssl_ciphers": "default",
        "server_ssl": "yes",
    },
}

SDK3_UTILITY: dict[str, Any] = {
    "scard": {"certificate": "cert-sc", "enable": "no", "pkey": "pkey-sc", "port": 2225},
    "servers": [
        {
            "CAfile": "",
            "CApath": "/opt/cloudhsm/etc/certs",
            "certificate": "/opt/cloudhsm/etc/client.crt",
            "e2e_encryption": {
                "enable": "yes",
                "owner_cert_path": "/opt/cloudhsm/etc/customerCA.crt",
            },
            "enable": "yes",
            "hostname": "10.10.4.20",
            "name": "10.10.4.20",
            "pkey": "/opt/cloudhsm/etc/client.key",
            "port": 2225,
            "server_ssl": "yes",
        }
    ],
}


class World:
    """One company's certificates: a customer CA, the host's two, a cluster and the clients."""

    def __init__(self) -> None:
        self.ca = authority("/O=Example Corp/CN=Customer CA")
        self.hosts = (aws_server(0), aws_server(1))
        self.cluster = cluster_certificate(self.ca)
        self.client = issue("/O=AWS/CN=default client")
        self.ssl_client = issue("/O=Example Corp/CN=ssl-client", self.ca)
        self.mtls_root = authority("/O=Example Corp/CN=mTLS root")
        self.mtls_client = issue("/O=Example Corp/CN=inner client", self.mtls_root)


def sdk5_cluster(address: str, **more: Any) -> dict[str, Any]:
    """One entry of `clusters` as SDK 5's configure tools write it."""
    return {
        "type": "hsm1",
        "cluster": {
            "hsm_ca_file": "/opt/cloudhsm/etc/customerCA.crt",
            "servers": [{"hostname": address, "port": 2223, "enable": True}],
            "options": {"disable_key_availability_check": True},
            **more,
        },
    }


def sdk5(*clusters: dict[str, Any]) -> dict[str, Any]:
    return {"clusters": list(clusters), "logging": {"log_type": "file", "log_level": "info"}}


def described(
    identity: str, *addresses: str, certificate: Issued | None, **certificates: str
) -> dict[str, Any]:
    """One cluster as `aws cloudhsmv2 describe-clusters` prints it."""
    if certificate is not None:
        certificates["ClusterCertificate"] = certificate.pem
    return {
        "ClusterId": identity,
        "HsmType": "hsm2m.medium",
        "State": "ACTIVE",
        "Mode": "FIPS",
        "VpcId": "vpc-1",
        "SubnetMapping": {"us-east-1a": "subnet-1"},
        "Hsms": [
            {
                "HsmId": f"hsm-{identity[-1]}{number}",
                "AvailabilityZone": f"us-east-1{'abc'[number]}",
                "ClusterId": identity,
                "EniId": "eni-1",
                "EniIp": address,
                "State": "ACTIVE",
            }
            for number, address in enumerate(addresses)
        ],
        "Certificates": certificates,
    }


def sdk3_tree(root: Path, world: World, **changes: Any) -> Path:
    """/opt/cloudhsm/etc of SDK 3 as its installer and `configure -a` leave it.

    Args:
        changes: of cloudhsm_client.cfg's tables, e.g. `ssl={...}`.
    """
    daemon = copy.deepcopy(SDK3_DAEMON)
    for table, values in changes.items():
        daemon[table].update(values)
    write(root / "cloudhsm_client.cfg", json.dumps(daemon, indent=4))
    write(root / "cloudhsm_mgmt_util.cfg", json.dumps(SDK3_UTILITY, indent=4))
    for host, file in zip(world.hosts, ("21a10654.0", "712ff948.0"), strict=True):
        write(root / "certs" / file, host.pem)
    write(root / "customerCA.crt", world.ca.pem)
    write(root / "client.crt", world.client.pem)
    write(root / "client.key", world.client.key_pem)
    return root


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(text)
    return path


def table(expected: Expectations, root: Path) -> list[str]:
    """The resolved set, a line each: role, cluster, whose certificate, file, why."""
    return [
        f"{item.role} | {item.cluster or '*'} | {item.certificate.subject.rpartition('CN=')[2]} | "
        f"{item.source.removeprefix(f'{root}/')} | {item.why}"
        for item in expected.certificates
    ]
