"""What a user hands over beside a capture: copies of the client's `etc/`, describe-clusters output.

Everything here is written from the certificates of `pki` and can be written again without a new PKI.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from recording.lab import HSMS, HSMS_V6
from recording.pki import FILES, PKI, certificate_file

ETC = "/opt/cloudhsm/etc"
CLUSTER, CLUSTER_B = "cluster-igklspoyj5v", "cluster-w4tq2n7dlhb"


def make() -> None:
    """Write the `etc/` trees, the describe-clusters outputs, the trust anchors' JSON and the README."""
    shutil.rmtree(PKI / "etc", ignore_errors=True)
    _sdk3("sdk3")
    _sdk3("sdk3-custom-client", client="ssl-client")
    _sdk3("sdk3-regenerated-ca", customer_ca="customerCA-regenerated")
    _sdk5("sdk5", {})
    inner = {
        "client_cert_hsm_tls_path": f"{ETC}/ssl-client.pem",
        "client_key_hsm_tls_path": f"{ETC}/ssl-client-inner.key",
    }
    _sdk5("sdk5-mtls", inner)
    shutil.copy(certificate_file("mtls-client"), PKI / "etc" / "sdk5-mtls" / "ssl-client.pem")
    first = _cluster(CLUSTER, "hsm1.medium", "cluster", HSMS)
    second = _cluster(CLUSTER_B, "hsm2m.medium", "cluster-b", ("10.0.2.31", "10.0.2.32"))
    _json("describe-clusters.json", {"Clusters": [first]})
    _json("describe-clusters-two.json", {"Clusters": [first, second]})
    gone = {**first["Hsms"][0], "State": "DELETE_IN_PROGRESS"}
    leaving = {**first, "Hsms": [gone, *first["Hsms"][1:]]}
    _json("describe-clusters-deleting.json", {"Clusters": [leaving]})
    anchor = certificate_file("mtls-root").read_text()
    listed = {
        "certificate-reference": "0x01",
        "certificate": anchor,
        "cluster-coverage": "full",
    }
    _json("mtls/list-trust-anchors.json", {"error_code": 0, "data": {"trust_anchors": [listed]}})
    (PKI / "README.md").write_text(_readme())


def _json(path: str, value: Any) -> None:
    target = PKI / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(value, indent=2) + "\n")


def _sdk3(name: str, client: str = "client", customer_ca: str = "customerCA") -> None:
    """`/opt/cloudhsm/etc` of Client SDK 3."""
    etc = PKI / "etc" / name
    (etc / "certs").mkdir(parents=True)
    for host in ("21a10654", "712ff948"):
        shutil.copy(certificate_file(host), etc / "certs")
    shutil.copy(certificate_file("client"), etc / "client.crt")
    shutil.copy(certificate_file(customer_ca), etc / "customerCA.crt")
    if client != "client":
        # AWS: the issuer of an own client certificate lies among the server certificates, by its hash.
        shutil.copy(certificate_file(client), etc / f"{client}.crt")
        shutil.copy(
            certificate_file(customer_ca),
            etc / "certs" / f"{_hash(certificate_file(customer_ca))}.0",
        )
    files = {"certificate": f"{ETC}/{client}.crt", "pkey": f"{ETC}/{client}.key"}
    _json(
        f"etc/{name}/cloudhsm_client.cfg",
        {
            "client": {
                "CriticalAlertScript": "",
                "create_object_minimum_nodes": 1,
                "daemon_id": 1,
                "e2e_owner_crt_path": f"{ETC}/customerCA.crt",
                "log_level": "INFO",
                "reconnect_attempts": -1,
                "reconnect_interval": 3,
                "socket_type": "UNIXSOCKET",
                "sslreneg": 0,
                "tcp_port": 1111,
                "workers": 1,
                "zoneid": 0,
            },
            "loadbalance": {
                "enable": "yes",
                "prefer_same_zone": "no",
                "relative_idleness_weight": 1,
                "sucess_rate_weight": 1,  # as the product spells it
            },
            "server": {"hostname": HSMS[0], "port": 2223},
            "ssl": {
                "CApath": f"{ETC}/certs",
                **files,
                "server_ch_ssl_ciphers": "default",
                "server_ssl": "yes",
            },
        },
    )
    server = {
        "CAfile": "",
        "CApath": f"{ETC}/certs",
        **files,
        "e2e_encryption": {"enable": "yes", "owner_cert_path": f"{ETC}/customerCA.crt"},
        "enable": "yes",
        "hostname": HSMS[0],
        "name": HSMS[0],
        "port": 2225,
        "server_ssl": "yes",
        "ssl_ciphers": "",
    }
    scard = {"certificate": "cert-sc", "enable": "no", "pkey": "pkey-sc", "port": 2225}
    _json(f"etc/{name}/cloudhsm_mgmt_util.cfg", {"scard": scard, "servers": [server]})


def _sdk5(name: str, more: dict[str, str]) -> None:
    """`/opt/cloudhsm/etc` of Client SDK 5, whose outer trust store is inside its libraries."""
    etc = PKI / "etc" / name
    etc.mkdir(parents=True)
    shutil.copy(certificate_file("customerCA"), etc)
    shutil.copy(certificate_file("ssl-client"), etc)
    cluster = {
        "hsm_ca_file": f"{ETC}/customerCA.crt",
        "client_cert_path": f"{ETC}/ssl-client.crt",
        "client_key_path": f"{ETC}/ssl-client.key",
        **more,
        "servers": [{"hostname": HSMS[0], "port": 2223, "enable": True}],
        "options": {"disable_key_availability_check": True},
    }
    for tool in ("pkcs11", "cli"):
        logging = {
            "log_type": "file",
            "log_file": f"/opt/cloudhsm/run/cloudhsm-{tool}.log",
            "log_level": "info",
            "log_interval": "daily",
        }
        _json(
            f"etc/{name}/cloudhsm-{tool}.cfg",
            {"clusters": [{"type": "hsm1", "cluster": cluster}], "logging": logging},
        )


def _hash(path: Path) -> str:
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _cluster(name: str, kind: str, certificate: str, addresses: tuple[str, ...]) -> dict[str, Any]:
    """One entry of `aws cloudhsmv2 describe-clusters`."""
    unique = name.removeprefix("cluster-")
    zones = ("us-east-1a", "us-east-1b", "us-east-1c")
    sixes = HSMS_V6 if certificate == "cluster" else ()
    hsms = [
        {
            "AvailabilityZone": zone,
            "ClusterId": name,
            "SubnetId": f"subnet-0{place}{unique[:4]}",
            "EniId": f"eni-0{place}{unique[:4]}",
            "EniIp": address,
            **({"EniIpV6": sixes[place]} if sixes else {}),
            "HsmId": f"hsm-{place}{unique}",
            "HsmType": kind,
            "State": "ACTIVE",
        }
        for place, (zone, address) in enumerate(zip(zones, addresses, strict=False))
    ]
    certificates = {"ClusterCertificate": certificate_file(certificate).read_text()}
    if certificate == "cluster":
        certificates |= {
            "HsmCertificate": certificate_file("hsm").read_text(),
            "AwsHardwareCertificate": certificate_file("aws-hardware").read_text(),
            "ManufacturerHardwareCertificate": certificate_file(
                "manufacturer-hardware"
            ).read_text(),
        }
    return {
        "BackupPolicy": "DEFAULT",
        "ClusterId": name,
        "CreateTimestamp": "2024-03-05T10:11:12.000000+00:00",
        "Hsms": hsms,
        "HsmType": kind,
        "Mode": "FIPS",
        "NetworkType": "DUALSTACK" if sixes else "IPV4",
        "SecurityGroup": f"sg-0{unique[:8]}",
        "State": "ACTIVE",
        "SubnetMapping": {hsm["AvailabilityZone"]: hsm["SubnetId"] for hsm in hsms},
        "VpcId": "vpc-0aa11bb22cc33dd44",
        "Certificates": certificates,
    }


# file or folder -> what it is
_SHELF = (
    ("certs/", "the two server certificates that AWS names, under their subject hashes"),
    ("client.crt", "default client certificate (its CA: others/default-client-ca.crt)"),
    ("customerCA.crt", "customer CA, made by `openssl req -new -x509` as AWS's guide has it"),
    ("ssl-client.crt", "custom client certificate, issued by customerCA.crt"),
    ("ClusterCsr.csr", "certificate signing request of the cluster"),
    ("cluster.crt", "cluster certificate, signed as AWS's guide has it: X.509 v1"),
    ("mtls/", "trust anchor of the inner client, its chain, and `list-trust-anchors` output"),
    ("identity/", "the HSM's own chains: same key as the cluster certificate"),
    ("describe-clusters.json", "`aws cloudhsmv2 describe-clusters`: one cluster of three HSMs"),
    ("describe-clusters-deleting.json", "the same, its first HSM being deleted"),
    ("describe-clusters-two.json", "the same with a second cluster (others/cluster-b.crt)"),
    ("etc/sdk3/", "`/opt/cloudhsm/etc` of Client SDK 3"),
    ("etc/sdk3-custom-client/", "the same with a custom client certificate"),
    ("etc/sdk3-regenerated-ca/", "the same with a new customerCA.crt of the old name"),
    ("etc/sdk5/", "`/opt/cloudhsm/etc` of Client SDK 5 with a custom client certificate"),
    ("etc/sdk5-mtls/", "the same with an inner client certificate"),
    ("others/", "certificates that some case presents or trusts and that are not the right ones"),
    ("keys/", "private keys: **worthless test keys**, committed so that cases share one PKI"),
)


def _readme() -> str:
    shelf = "\n".join(f"| `{name}` | {what} |" for name, what in _SHELF)
    return f"""# The recordings' certificates

Made by `scripts/make_captures.py --new-pki`; nothing here is AWS's. The two server certificates carry
the names and serial numbers that AWS publishes, hence the file names `21a10654.0` and `712ff948.0`;
their keys are our own. The private keys in `keys/` protect nothing.

| file | what it is |
|---|---|
{shelf}

{len(FILES)} certificates; names in the cases' README files are those of `keys/`.
"""
