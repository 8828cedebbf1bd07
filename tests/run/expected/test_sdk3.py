"""A copy of SDK 3's /opt/cloudhsm/etc is read by the roles that its configuration files give."""

from __future__ import annotations

import json
import os

import pytest

from analyzer.run.expected_files import load_expectations
from analyzer.verdict.expectations import Role
from tests.makers.certificates import cluster_certificate, issue
from tests.run.expected.trees import SDK3_UTILITY, World, described, sdk3_tree, table, write

BOTH = "named by servers[0].{} in cloudhsm_mgmt_util.cfg"
HOSTS = [
    "outer server certificate | * | CloudHSM, emailAddress=cloudhsm-team@amazon.com | "
    "etc/certs/21a10654.0 | named by ssl.CApath in cloudhsm_client.cfg",
    "outer server certificate | * | CloudHSM, emailAddress=cloudhsm-team@amazon.com | "
    "etc/certs/712ff948.0 | named by ssl.CApath in cloudhsm_client.cfg",
]
DEFAULT_CLIENT = (
    "outer client certificate | * | default client | etc/client.crt | named by ssl.certificate in "
    "cloudhsm_client.cfg; " + BOTH.format("certificate")
)
CUSTOMER_CA = (
    "customer CA | * | Customer CA | etc/customerCA.crt | named by client.e2e_owner_crt_path in "
    "cloudhsm_client.cfg; " + BOTH.format("e2e_encryption.owner_cert_path")
)


@pytest.fixture(scope="module")
def world():
    return World()


def test_the_tree_as_installed_gives_both_hosts_the_default_client_and_the_customer_ca(
    tmp_path, world
):
    sdk3_tree(tmp_path / "etc", world)
    expected = load_expectations(etc=tmp_path / "etc")
    assert table(expected, tmp_path) == [*HOSTS, DEFAULT_CLIENT, CUSTOMER_CA]
    assert {hsm.addresses for hsm in expected.hsms} == {("10.10.4.20",)}
    assert (expected.listed, expected.notes) == (False, ())


def test_a_custom_client_needs_the_customer_ca_in_certs_and_that_is_no_host_certificate(
    tmp_path, world
):
    root = sdk3_tree(
        tmp_path / "etc", world, ssl={"certificate": "/opt/cloudhsm/etc/ssl-client.crt"}
    )
    write(root / "ssl-client.crt", world.ssl_client.pem)
    write(root / "certs" / world.ca.hash_name, world.ca.pem)
    expected = load_expectations(etc=root)
    assert table(expected, tmp_path) == [
        *HOSTS,
        "outer client certificate | * | ssl-client | etc/ssl-client.crt | named by ssl.certificate in "
        "cloudhsm_client.cfg",
        CUSTOMER_CA,
        "outer client certificate | * | default client | etc/client.crt | "
        + BOTH.format("certificate"),
    ]
    assert expected.notes == (
        f"{root}/certs/{world.ca.hash_name}: is the customer CA, no certificate of the host",
    )


def test_an_ssl_client_that_nobody_configured_is_told_as_that(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    write(root / "ssl-client.crt", world.ssl_client.pem)
    expected = load_expectations(etc=root)
    (item,) = expected.of(Role.OTHER_CLIENT)
    assert item.certificate == world.ssl_client.facts
    assert item.why == "lies in the directory, named by no configuration file"


def test_the_customer_ca_is_kept_apart_by_its_key_too(tmp_path, world):
    reissued = issue("/O=Example Corp/CN=Customer CA", key=world.ca.key)
    root = sdk3_tree(tmp_path / "etc", world)
    write(root / "certs" / "customerCA.pem", reissued.pem)
    expected = load_expectations(etc=root)
    assert [item.certificate for item in expected.of(Role.SERVER)] == [h.facts for h in world.hosts]


def test_a_ca_in_certs_that_issued_the_cluster_certificate_is_no_host_certificate(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    for name in ("cloudhsm_client.cfg", "cloudhsm_mgmt_util.cfg"):
        write(
            root / name, (root / name).read_text().replace("/opt/cloudhsm/etc/customerCA.crt", "")
        )
    (root / "customerCA.crt").unlink()
    write(root / "certs" / world.ca.hash_name, world.ca.pem)
    cluster = write(tmp_path / "cluster.crt", world.cluster.pem)
    expected = load_expectations(etc=root, cluster_cert=[cluster])
    assert [item.certificate for item in expected.of(Role.SERVER)] == [h.facts for h in world.hosts]
    assert expected.notes == (
        f"{root}/certs/{world.ca.hash_name}: issued the cluster certificate, so it is a customer CA "
        "and no certificate of the host",
    )


def test_certs_may_have_any_names_but_openssl_would_not_find_them(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    (root / "certs" / "21a10654.0").rename(root / "certs" / "aws-1")
    write(root / "certs" / "README", "put the certificates here")
    write(root / "certs" / "host.key", world.hosts[0].key_pem)
    expected = load_expectations(etc=root)
    assert [item.source for item in expected.of(Role.SERVER)] == [
        f"{root}/certs/712ff948.0",
        f"{root}/certs/aws-1",
    ]
    assert expected.notes == (
        f"{root}/certs/README: no certificate in it, passed over",
        f"{root}/certs/aws-1: OpenSSL looks for this certificate under the name 21a10654.0 and does "
        "not find it under this one",
    )


def test_without_configuration_files_the_default_names_count(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    for name in ("cloudhsm_client.cfg", "cloudhsm_mgmt_util.cfg"):
        (root / name).unlink()
    expected = load_expectations(etc=root)
    assert [(str(item.role), item.why) for item in expected.certificates] == [
        ("outer server certificate", "default name certs, not configured"),
        ("outer server certificate", "default name certs, not configured"),
        ("outer client certificate", "default name client.crt, not configured"),
        ("customer CA", "default name customerCA.crt, not configured"),
    ]


@pytest.mark.parametrize("above", ["", "etc", "cloudhsm/etc", "opt/cloudhsm/etc"])
def test_the_copy_may_be_of_any_directory_above(tmp_path, world, above):
    sdk3_tree(tmp_path / above, world)
    expected = load_expectations(etc=tmp_path)
    assert [item.certificate.sha256 for item in expected.of(Role.CUSTOMER_CA)] == [
        world.ca.facts.sha256
    ]
    assert len(expected.of(Role.SERVER)) == 2


def test_a_layer_that_is_switched_off_is_a_note(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world, ssl={"server_ssl": "no"})
    utility = json.loads(json.dumps(SDK3_UTILITY))
    utility["servers"][0]["e2e_encryption"]["enable"] = "no"
    write(root / "cloudhsm_mgmt_util.cfg", json.dumps(utility))
    assert load_expectations(etc=root).notes == (
        f"{root}/cloudhsm_client.cfg: ssl.server_ssl is no: no outer TLS is to be expected",
        f"{root}/cloudhsm_mgmt_util.cfg: servers[0].e2e_encryption.enable is no: no inner TLS is to "
        "be expected",
    )


def test_a_role_that_an_option_fills_is_not_taken_from_the_tree(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    other = write(tmp_path / "other.crt", world.ssl_client.pem)
    expected = load_expectations(etc=root, client_cert=[other])
    assert [item.source for item in expected.of(Role.CLIENT)] == [str(other)]
    assert expected.notes == (
        f"{root}/cloudhsm_client.cfg: ssl.certificate is passed over: --client-cert is given",
        f"{root}/cloudhsm_mgmt_util.cfg: servers[0].certificate is passed over: --client-cert is "
        "given",
    )


def test_links_within_the_copy_are_followed_and_none_leads_out_of_it(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    outside = write(tmp_path / "outside.pem", world.ssl_client.pem)
    (root / "certs" / "21a10654.0").rename(root / "certs" / "aws.pem")
    (root / "certs" / "21a10654.0").symlink_to("aws.pem")
    (root / "certs" / "absolute.0").symlink_to("/opt/cloudhsm/etc/certs/aws.pem")
    (root / "certs" / "stranger.0").symlink_to(outside)
    (root / "certs" / "loop.0").symlink_to("/opt/cloudhsm/etc/certs/loop.0")
    expected = load_expectations(etc=root)
    assert [item.certificate for item in expected.of(Role.SERVER)] == [h.facts for h in world.hosts]
    assert expected.notes == (
        f"{root}/certs/loop.0: a link out of the copy, not followed",
        f"{root}/certs/stranger.0: a link out of the copy, not followed",
    )


def test_private_keys_are_not_opened(tmp_path, world):
    root = sdk3_tree(
        tmp_path / "etc",
        world,
        ssl={"pkey": "/opt/cloudhsm/etc/client-private.pem"},
    )
    # A pipe: whoever opens it waits for ever.
    os.mkfifo(root / "client-private.pem")
    (root / "client.key").unlink()
    os.mkfifo(root / "client.key")
    os.mkfifo(root / "certs" / "x.key")
    assert len(load_expectations(etc=root).certificates) == 4


def test_the_address_ties_the_tree_to_its_cluster(tmp_path, world):
    stranger = World()
    root = sdk3_tree(tmp_path / "etc", world)
    clusters = [
        described("cluster-a", "10.10.4.20", "10.10.4.21", certificate=world.cluster),
        described("cluster-b", "10.10.9.20", certificate=stranger.cluster),
    ]
    file = write(tmp_path / "clusters.json", json.dumps({"Clusters": clusters}))
    expected = load_expectations(etc=root, cluster=file)
    assert {(str(i.role), i.cluster) for i in expected.certificates} == {
        ("outer server certificate", ""),
        ("outer client certificate", "cluster-a"),
        ("customer CA", "cluster-a"),
        ("cluster certificate", "cluster-a"),
        ("cluster certificate", "cluster-b"),
    }
    there = expected.at("10.10.9.20")
    assert [i.certificate for i in there.of(Role.CLUSTER, Role.CUSTOMER_CA)] == [
        stranger.cluster.facts
    ]
    assert str(expected.hsm_at("10.10.4.21")) == "hsm-a1 in us-east-1b (ACTIVE)"


def test_clusters_of_one_customer_ca_share_the_tree(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    clusters = [
        described("cluster-a", "10.10.4.20", certificate=world.cluster),
        described("cluster-b", "10.10.9.20", certificate=cluster_certificate(world.ca, 2)),
    ]
    file = write(tmp_path / "clusters.json", json.dumps({"Clusters": clusters}))
    expected = load_expectations(etc=root, cluster=file)
    assert [i.cluster for i in expected.of(Role.CUSTOMER_CA, Role.CLIENT)] == ["", ""]


def test_an_address_that_aws_does_not_list_is_told(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    file = write(
        tmp_path / "clusters.json",
        json.dumps({"Clusters": [described("cluster-a", "10.10.4.99", certificate=world.cluster)]}),
    )
    expected = load_expectations(etc=root, cluster=file)
    assert expected.notes == (
        f"{root}/cloudhsm_client.cfg: 10.10.4.20 is not among the HSMs that describe-clusters lists",
    )
    assert {i.cluster for i in expected.certificates} == {"", "cluster-a"}
