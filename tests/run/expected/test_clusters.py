"""Clusters and trust anchors are read in every shape in which their output is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from analyzer.run.expected_files import load_expectations
from analyzer.verdict.expectations import Role
from tests.makers.certificates import issue
from tests.run.expected.trees import World, described, table, write

CLUSTER = 'cluster certificate | cluster-a | "HSM:TEST1:PARTN:1, for FIPS mode" | {} | {}'
FIELD = "ClusterCertificate of describe-clusters"


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
def cluster(world):
    return described("cluster-a", "10.0.0.9", "10.0.0.10", certificate=world.cluster)


def resolved(path: Path) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Certificates, HSMs and notes of what --cluster names."""
    expected = load_expectations(cluster=path)
    hsms = [f"{'/'.join(hsm.addresses)} {hsm}" for hsm in expected.hsms]
    return table(expected, path.parent), hsms, expected.notes


HSMS = [
    "10.0.0.9 hsm-a0 in us-east-1a (ACTIVE)",
    "10.0.0.10 hsm-a1 in us-east-1b (ACTIVE)",
]


def powershell(cluster: dict) -> str:
    """`Get-HSM2Cluster | ConvertTo-Json -Depth 5 > clusters.json`."""
    return json.dumps(cluster | {"CreateTimestamp": "/Date(1500000000000)/"}, indent=2)


@pytest.mark.parametrize(
    "shape",
    [
        lambda c: json.dumps({"Clusters": [c]}),
        lambda c: json.dumps({"Clusters": [c], "NextToken": "x"}, indent=4).replace("\n", "\r\n"),
        json.dumps,
        lambda c: json.dumps([c]),
        lambda c: json.dumps({"Cluster": c}),
        lambda c: json.dumps({"Clusters": []}) + "\n" + json.dumps({"Clusters": [c]}),
        lambda c: "\ufeff" + powershell(c),
        lambda c: powershell(c).encode("utf-16"),
        lambda c: yaml.safe_dump({"Clusters": [c]}),
        lambda c: yaml.safe_dump({"Clusters": [c]}, default_style='"'),
        lambda c: "- " + yaml.safe_dump({"Clusters": [c]}).replace("\n", "\n  "),
    ],
    ids=[
        "whole",
        "page",
        "one",
        "list",
        "wrapped",
        "two-calls",
        "bom",
        "utf-16",
        "yaml",
        "quoted-yaml",
        "yaml-stream",
    ],
)
def test_a_cluster_is_found_in_every_shape(tmp_path, cluster, shape):
    text = shape(cluster)
    path = write(tmp_path / "clusters", text.encode() if isinstance(text, str) else text)
    assert resolved(path) == ([CLUSTER.format("clusters", FIELD)], HSMS, ())


def test_terraforms_state_has_the_same_fields_in_other_words(tmp_path, world):
    state = {
        "values": {
            "root_module": {
                "resources": [
                    {
                        "type": "aws_cloudhsm_v2_cluster",
                        "values": {
                            "cluster_id": "cluster-a",
                            "cluster_state": "ACTIVE",
                            "vpc_id": "vpc-1",
                            "cluster_certificates": [
                                {"cluster_certificate": world.cluster.pem, "cluster_csr": ""}
                            ],
                        },
                    },
                    {
                        "type": "aws_cloudhsm_v2_hsm",
                        "values": {
                            "cluster_id": "cluster-a",
                            "hsm_id": "hsm-a0",
                            "hsm_state": "ACTIVE",
                            "ip_address": "10.0.0.9",
                            "availability_zone": "us-east-1a",
                        },
                    },
                ]
            }
        }
    }
    path = write(tmp_path / "state.json", json.dumps(state))
    assert resolved(path) == ([CLUSTER.format("state.json", FIELD)], HSMS[:1], ())


@pytest.mark.parametrize("text", ["{pem}", "Certificates\n{pem}", '"{escaped}"'])
def test_the_bare_certificate_of_a_query_is_the_cluster_certificate(tmp_path, world, text):
    pem = world.cluster.pem
    path = write(tmp_path / "out", text.format(pem=pem, escaped=pem.replace("\n", "\\n")))
    expected = load_expectations(cluster=path)
    assert [(i.role, i.certificate) for i in expected.certificates] == [
        (Role.CLUSTER, world.cluster.facts)
    ]


@pytest.mark.parametrize("word", ["None", "null", '""', "", "None\n"])
@pytest.mark.parametrize("option", ["cluster", "cluster_cert"])
def test_a_query_that_found_nothing_is_a_note(tmp_path, word, option):
    path = write(tmp_path / "out", word)
    expected = load_expectations(**{option: path if option == "cluster" else [path]})
    says = f"says only {word.strip()}" if word.strip() else "is empty"
    assert (expected.certificates, expected.notes) == (
        (),
        (
            f"{path}: {says}: AWS gave no such field; before the cluster is initialized there is no "
            "cluster certificate",
        ),
    )


def test_a_cluster_without_certificates_yet_gives_the_key_of_its_csr(tmp_path, world):
    cluster = described(
        "cluster-a",
        "10.0.0.9",
        certificate=None,
        ClusterCsr=world.cluster.csr_pem,
        HsmCertificate=issue("HSM", key=world.cluster.key).pem,
    )
    path = write(tmp_path / "c.json", json.dumps(cluster | {"State": "UNINITIALIZED"}))
    expected = load_expectations(cluster=path)
    assert [(k.what, k.key_sha256, k.cluster) for k in expected.keys] == [
        ("cluster CSR", world.cluster.facts.key_sha256, "cluster-a"),
        ("HSM certificate", world.cluster.facts.key_sha256, "cluster-a"),
    ]
    assert expected.notes == (
        f"{path}: cluster-a is in state UNINITIALIZED",
        f"{path}: no ClusterCertificate of cluster-a: it is there once the cluster is initialized",
    )


def test_keys_that_differ_within_a_cluster_are_told(tmp_path, world):
    cluster = described("cluster-a", certificate=world.cluster, HsmCertificate=issue("HSM").pem)
    path = write(tmp_path / "c.json", json.dumps(cluster))
    assert load_expectations(cluster=path).notes == (
        f"cluster certificate ({path}) and HSM certificate ({path}) of cluster-a do not have one "
        "public key: they are not of one cluster",
    )


def test_a_cluster_certificate_of_another_customer_ca_is_told(tmp_path, world):
    path = write(tmp_path / "c.json", json.dumps(described("cluster-a", certificate=world.cluster)))
    ca = write(tmp_path / "customerCA.crt", World().ca.pem)
    (note,) = load_expectations(cluster=path, customer_ca=[ca]).notes
    assert note.startswith(
        f"{path}: the cluster certificate of cluster-a is not issued by the customer CA that is "
        "given: "
    )


def test_the_files_of_aws_guide_are_known_by_their_names(tmp_path, world):
    hardware_root = issue("AWS root")
    hardware = issue("HSM hardware", hardware_root)
    files = {
        "cluster-a_ClusterCsr.csr": world.cluster.csr_pem,
        "cluster-a_HsmCertificate.crt": issue("HSM", hardware, key=world.cluster.key).pem,
        "cluster-a_AwsHardwareCertificate.crt": hardware.pem,
        "cluster-a_ManufacturerHardwareCertificate.crt": issue("made", World().ca).pem,
        "cluster-a_CustomerHsmCertificate.crt": world.cluster.pem,
        "notes.txt": "nothing",
    }
    for name, text in files.items():
        write(tmp_path / name, text)
    expected = load_expectations(cluster=tmp_path)
    assert [(str(i.role), i.cluster) for i in expected.certificates] == [
        ("AWS hardware certificate", "cluster-a"),
        ("cluster certificate", "cluster-a"),
        ("HSM certificate", "cluster-a"),
        ("manufacturer hardware certificate", "cluster-a"),
    ]
    assert [(k.what, k.cluster) for k in expected.keys] == [
        ("cluster CSR", "cluster-a"),
        ("HSM certificate", "cluster-a"),
    ]


def test_an_account_without_clusters_is_a_note(tmp_path):
    path = write(tmp_path / "c.json", '{"Clusters": []}')
    assert load_expectations(cluster=path).notes == (
        f"{path}: lists no cluster; describe-clusters shows those of one account and region",
    )


def test_what_moto_describes_is_read(tmp_path):
    """moto, the AWS imitation that people test with, gives empty strings for all certificates."""
    script = (
        "import boto3, json, moto, os\n"
        "os.environ.update(AWS_ACCESS_KEY_ID='x', AWS_SECRET_ACCESS_KEY='x')\n"
        "with moto.mock_aws():\n"
        "    c = boto3.client('cloudhsmv2', region_name='us-east-1')\n"
        "    c.create_cluster(HsmType='hsm1.medium', SubnetIds=['subnet-1'])\n"
        "    print(json.dumps(c.describe_clusters(), default=str))\n"
    )
    pytest.importorskip("moto", reason="moto is not installed")
    # A process of its own: boto3 and moto patch what the other tests use.
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    path = write(tmp_path / "moto.json", done.stdout)
    expected = load_expectations(cluster=path)
    identity = json.loads(done.stdout)["Clusters"][0]["ClusterId"]
    assert (expected.certificates, expected.keys, expected.listed) == ((), (), True)
    assert (
        f"{path}: no ClusterCertificate of {identity}: it is there once the cluster is initialized"
        in (expected.notes)
    )


def test_trust_anchors_are_read_from_the_cli_and_from_files(tmp_path, world):
    anchor = {"certificate-reference": "0x01", "certificate": world.mtls_root.pem}
    listed = {"error_code": 0, "data": {"trust_anchors": [anchor | {"cluster-coverage": "full"}]}}
    told = write(tmp_path / "anchors.json", json.dumps(listed))
    pem = write(tmp_path / "root.pem", world.ca.pem)
    expected = load_expectations(mtls_anchors=[told, pem])
    assert table(expected, tmp_path) == [
        "trust anchor of the inner client | * | mTLS root | anchors.json | trust anchor 0x01 of "
        "'cluster mtls list-trust-anchors'",
        "trust anchor of the inner client | * | Customer CA | root.pem | --mtls-anchors",
    ]


def test_no_trust_anchor_registered_is_a_note(tmp_path):
    path = write(tmp_path / "a.json", '{"error_code": 0, "data": {"trust_anchors": []}}')
    assert load_expectations(mtls_anchors=[path]).notes == (f"{path}: lists no trust anchor",)
