"""SDK 5's configuration files and the Windows layout are read by the roles that they give."""

from __future__ import annotations

import json

import pytest

from analyzer.run.expected_files import load_expectations
from analyzer.verdict.expectations import Role
from tests.makers.certificates import cluster_certificate, issue
from tests.run.expected.trees import World, described, sdk5, sdk5_cluster, table, write

NO_HOSTS = (
    "{}: SDK 5 has the host's certificates inside its libraries; hand them over with --server-certs"
)
BUILT_IN = (
    "{}: names no client certificate of its own: the outer one is the SDK's built-in default, which "
    "is no file; hand it over with --client-cert"
)


@pytest.fixture(scope="module")
def world():
    return World()


def configuration(path, *clusters):
    return write(path, json.dumps(sdk5(*clusters)))


def test_the_tree_as_configured_gives_the_customer_ca_and_says_what_the_sdk_has_inside(
    tmp_path, world
):
    root = tmp_path / "etc"
    file = configuration(root / "cloudhsm-pkcs11.cfg", sdk5_cluster("172.31.12.139"))
    write(root / "customerCA.crt", world.ca.pem)
    expected = load_expectations(etc=root)
    assert table(expected, tmp_path) == [
        "customer CA | * | Customer CA | etc/customerCA.crt | named by "
        "clusters[0].cluster.hsm_ca_file in cloudhsm-pkcs11.cfg",
    ]
    assert [hsm.addresses for hsm in expected.hsms] == [("172.31.12.139",)]
    assert expected.notes == (BUILT_IN.format(file), NO_HOSTS.format(root))


def test_both_client_certificates_have_their_level(tmp_path, world):
    root = tmp_path / "etc"
    for name in ("cloudhsm-cli.cfg", "cloudhsm-jce.cfg"):
        configuration(
            root / name,
            sdk5_cluster(
                "172.31.12.139",
                client_cert_path="/opt/cloudhsm/etc/ssl-client.crt",
                client_key_path="/opt/cloudhsm/etc/ssl-client.key",
                client_cert_hsm_tls_path="/opt/cloudhsm/etc/mtls/ssl-client.pem",
                client_key_hsm_tls_path="/opt/cloudhsm/etc/mtls/ssl-client.key",
            ),
        )
    write(root / "customerCA.crt", world.ca.pem)
    write(root / "ssl-client.crt", world.ssl_client.pem)
    write(root / "mtls" / "ssl-client.pem", world.mtls_client.pem + world.mtls_root.pem)
    expected = load_expectations(etc=root)
    key = "named by clusters[0].cluster.{0} in cloudhsm-cli.cfg; named by clusters[0].cluster.{0} in cloudhsm-jce.cfg"
    assert table(expected, tmp_path) == [
        "customer CA | * | Customer CA | etc/customerCA.crt | " + key.format("hsm_ca_file"),
        "outer client certificate | * | ssl-client | etc/ssl-client.crt | "
        + key.format("client_cert_path"),
        "inner client certificate | * | inner client | etc/mtls/ssl-client.pem | "
        + key.format("client_cert_hsm_tls_path"),
    ]
    (inner,) = expected.of(Role.INNER_CLIENT)
    assert inner.chain == (world.mtls_root.facts,)
    assert expected.notes == (NO_HOSTS.format(root),)


def test_a_blank_path_names_nothing_and_a_blank_inner_one_stops_the_sdk(tmp_path, world):
    root = tmp_path / "etc"
    file = configuration(
        root / "cloudhsm-cli.cfg",
        sdk5_cluster("172.31.12.139", client_cert_path="", client_cert_hsm_tls_path=""),
    )
    write(root / "customerCA.crt", world.ca.pem)
    expected = load_expectations(etc=root)
    assert [str(i.role) for i in expected.certificates] == ["customer CA"]
    assert (
        f"{file}: clusters[0].cluster.client_cert_hsm_tls_path is blank, not left out: SDK 5 looks for a "
        "file without a name and stops before it connects"
    ) in expected.notes


def test_a_container_mounts_its_configuration_under_another_name(tmp_path, world):
    root = tmp_path / "etc"
    configuration(root / "cloudhsm.json", sdk5_cluster("10.0.0.9"))
    write(root / "describe-clusters.json", json.dumps({"Clusters": []}))
    write(root / "broken.json", "{")
    write(root / "customerCA.crt", world.ca.pem)
    expected = load_expectations(etc=root)
    assert [hsm.addresses for hsm in expected.hsms] == [("10.0.0.9",)]
    assert [i.why for i in expected.certificates] == [
        "named by clusters[0].cluster.hsm_ca_file in cloudhsm.json"
    ]
    assert not any("json: no configuration" in note for note in expected.notes)


def test_the_default_client_of_sdk3_means_nothing_to_sdk5(tmp_path, world):
    root = tmp_path / "etc"
    configuration(root / "cloudhsm-cli.cfg", sdk5_cluster("172.31.12.139"))
    write(root / "customerCA.crt", world.ca.pem)
    write(root / "client.crt", world.client.pem)
    expected = load_expectations(etc=root)
    assert expected.of(Role.CLIENT) == ()
    assert [i.certificate for i in expected.of(Role.OTHER_CLIENT)] == [world.client.facts]


def test_windows_paths_lead_into_the_copy_whatever_the_case(tmp_path, world):
    root = tmp_path / "CloudHSM"
    configuration(
        root / "data" / "cloudhsm-ksp.cfg",
        sdk5_cluster(
            "10.0.1.5",
            hsm_ca_file=r"C:\ProgramData\Amazon\CloudHSM\customerCA.crt",
            client_cert_path=r"c:\programdata\amazon\cloudhsm\SSL-Client.crt",
            client_key_path=r"C:\ProgramData\Amazon\CloudHSM\ssl-client.key",
        ),
    )
    write(root / "customerca.crt", world.ca.pem.replace("\n", "\r\n"))
    write(root / "ssl-client.crt", world.ssl_client.pem)
    expected = load_expectations(etc=root)
    key = "named by clusters[0].cluster.{} in cloudhsm-ksp.cfg"
    assert table(expected, tmp_path) == [
        "customer CA | * | Customer CA | CloudHSM/customerca.crt | " + key.format("hsm_ca_file"),
        "outer client certificate | * | ssl-client | CloudHSM/ssl-client.crt | "
        + key.format("client_cert_path"),
    ]


def test_several_clusters_of_a_file_have_their_own_certificates(tmp_path, world):
    second, root = World(), tmp_path / "etc"
    configuration(
        root / "cloudhsm-pkcs11.cfg",
        sdk5_cluster("10.0.1.5", hsm_ca_file="/opt/cloudhsm/etc/ca-1.crt"),
        sdk5_cluster(
            "10.0.2.9", hsm_ca_file="/opt/cloudhsm/etc/ca-2.crt", cluster_id="cluster-second"
        ),
    )
    write(root / "ca-1.crt", world.ca.pem)
    write(root / "ca-2.crt", second.ca.pem)
    expected = load_expectations(etc=root)
    assert [(i.cluster, i.certificate) for i in expected.certificates] == [
        ("cluster of 10.0.1.5", world.ca.facts),
        ("cluster-second", second.ca.facts),
    ]
    for address, ca in (("10.0.1.5", world.ca), ("10.0.2.9", second.ca)):
        assert [i.certificate for i in expected.at(address).of(Role.CUSTOMER_CA)] == [ca.facts]
    assert len(expected.at("10.9.9.9").of(Role.CUSTOMER_CA)) == 2


def test_clusters_of_a_file_find_theirs_in_describe_clusters_by_address(tmp_path, world):
    second, root = World(), tmp_path / "etc"
    configuration(
        root / "cloudhsm-cli.cfg",
        sdk5_cluster("10.0.1.5", hsm_ca_file="/opt/cloudhsm/etc/ca-1.crt"),
        sdk5_cluster("fd00:0:0::9", hsm_ca_file="/opt/cloudhsm/etc/ca-2.crt"),
    )
    write(root / "ca-1.crt", world.ca.pem)
    write(root / "ca-2.crt", second.ca.pem)
    six = described("cluster-b", "10.0.2.9", certificate=cluster_certificate(second.ca, 2))
    six["Hsms"][0]["EniIpV6"] = "fd00::0009"
    clusters = [described("cluster-a", "10.0.1.5", certificate=world.cluster), six]
    file = write(tmp_path / "clusters.json", json.dumps({"Clusters": clusters}))
    expected = load_expectations(etc=root, cluster=file)
    assert [(i.cluster, i.certificate) for i in expected.of(Role.CUSTOMER_CA)] == [
        ("cluster-a", world.ca.facts),
        ("cluster-b", second.ca.facts),
    ]
    assert str(expected.hsm_at("fd00::9")) == "hsm-b0 in us-east-1a (ACTIVE)"


def test_the_placeholder_of_a_tool_that_was_never_configured_is_told(tmp_path, world):
    root = tmp_path / "etc"
    unconfigured = configuration(root / "cloudhsm-cli.cfg", sdk5_cluster("%%HSM_IP_ADDRESS%%"))
    configuration(root / "cloudhsm-pkcs11.cfg", sdk5_cluster("10.0.1.5"))
    write(root / "customerCA.crt", world.ca.pem)
    expected = load_expectations(etc=root)
    assert (
        f"{unconfigured}: still has the placeholder %%HSM_IP_ADDRESS%% for the HSM's address: the tool "
        "was never configured ('configure -a ADDRESS')"
    ) in expected.notes
    assert [i.certificate for i in expected.certificates] == [world.ca.facts]


def test_a_customer_ca_may_be_a_chain(tmp_path, world):
    root = tmp_path / "etc"
    middle = issue("/O=Example Corp/CN=Issuing CA", world.ca)
    configuration(root / "cloudhsm-cli.cfg", sdk5_cluster("10.0.1.5"))
    write(root / "customerCA.crt", middle.pem + world.ca.pem)
    leaf = write(tmp_path / "cluster.pem", cluster_certificate(middle).pem)
    expected = load_expectations(etc=root, cluster_cert=[leaf])
    assert [i.certificate for i in expected.of(Role.CUSTOMER_CA)] == [middle.facts, world.ca.facts]
    assert not any("not issued by" in note for note in expected.notes)


def test_a_disabled_server_and_a_name_instead_of_an_address_are_notes(tmp_path, world):
    root, cluster = tmp_path / "etc", sdk5_cluster("hsm.example.com")
    cluster["cluster"]["servers"].append({"hostname": "10.0.1.6", "port": 2223, "enable": False})
    file = configuration(root / "cloudhsm-cli.cfg", cluster)
    write(root / "customerCA.crt", world.ca.pem)
    notes = load_expectations(etc=root).notes
    assert f"{file}: names the HSM by name, hsm.example.com: a capture has addresses only" in notes
    assert f"{file}: 10.0.1.6 is disabled" in notes
