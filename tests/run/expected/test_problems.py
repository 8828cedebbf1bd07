"""What the user has to put right is told by name, everything at once; nothing else ever raises."""

from __future__ import annotations

import contextlib
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.errors import UnreadableInput
from analyzer.run.expected_files import load_expectations
from analyzer.verdict.expectations import Role
from tests.makers.certificates import issue
from tests.run.expected.trees import World, described, sdk3_tree, sdk5, sdk5_cluster, write


@pytest.fixture(scope="module")
def world():
    return World()


def problems(**given) -> list[str]:
    with pytest.raises(UnreadableInput) as caught:
        load_expectations(**given)
    return str(caught.value).splitlines()


def test_all_problems_are_told_at_once(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    (root / "client.crt").unlink()
    write(root / "customerCA.crt", "not a certificate")
    write(root / "cloudhsm-cli.cfg", '{"clusters": [')
    write(root / "certs" / "712ff948.0", world.hosts[1].pem[:-40])
    missing, key = tmp_path / "none.crt", write(tmp_path / "only.key", world.client.key_pem)
    cluster = write(tmp_path / "c.json", '{"weather": "fine"}')
    assert problems(
        etc=root, cluster=cluster, cluster_cert=[missing], mtls_anchors=[key], customer_ca=[]
    ) == [
        "the expected set cannot be read: 9 problems",
        f"  {missing}: No such file or directory",
        f"  {key}: only a private key (not read); the certificate is needed (--mtls-anchors)",
        f"  {root}/cloudhsm-cli.cfg: not valid JSON: Expecting value: line 1 column 15 (char 14)",
        f"  {root}/certs/712ff948.0: PEM block 1 (CERTIFICATE) has no end: the file is cut",
        f"  {root}/cloudhsm_client.cfg: ssl.certificate is /opt/cloudhsm/etc/client.crt, which is not "
        f"in {root}: copy it too, or hand it over (--client-cert)",
        f"  {root}/customerCA.crt: no certificate in it (client.e2e_owner_crt_path)",
        f"  {root}/cloudhsm_mgmt_util.cfg: servers[0].certificate is /opt/cloudhsm/etc/client.crt, "
        f"which is not in {root}: copy it too, or hand it over (--client-cert)",
        f"  {root}/customerCA.crt: no certificate in it (servers[0].e2e_encryption.owner_cert_path)",
        f"  {cluster}: no cluster in it as describe-clusters prints them (--cluster)",
    ]


def test_a_file_that_is_not_in_the_copy_can_be_handed_over_instead(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    (root / "client.crt").unlink()
    client = write(tmp_path / "client.crt", world.client.pem)
    expected = load_expectations(etc=root, client_cert=[client])
    assert [i.source for i in expected.of(Role.CLIENT)] == [str(client)]


def test_a_file_of_the_same_name_elsewhere_in_the_copy_is_not_taken_for_it(tmp_path, world):
    """The default client.crt is no stand-in for another client.crt."""
    root = sdk3_tree(tmp_path / "etc", world, ssl={"certificate": "/home/hsm/tls/client.crt"})
    assert problems(etc=root) == [
        f"{root}/cloudhsm_client.cfg: ssl.certificate is /home/hsm/tls/client.crt, which is not in "
        f"{root}: copy it too, or hand it over (--client-cert)"
    ]


def test_a_path_cannot_climb_out_of_the_copy(tmp_path, world):
    write(tmp_path / "outside.crt", world.client.pem)
    root = sdk3_tree(
        tmp_path / "etc", world, ssl={"certificate": "/opt/cloudhsm/etc/../outside.crt"}
    )
    (line,) = problems(etc=root)
    assert line.startswith(f"{root}/cloudhsm_client.cfg: ssl.certificate is ")


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        ("customer_ca", "", "nothing in it (--customer-ca)"),
        ("customer_ca", "None", "says only None (--customer-ca)"),
        ("client_cert", "{csr}", "a certificate request, no certificate (--client-cert)"),
        (
            "client_cert",
            "{key}",
            "only a private key (not read); the certificate is needed (--client-cert)",
        ),
        (
            "server_certs",
            '{{"Clusters": []}}',
            "a document without certificates where a certificate file is expected (--server-certs)",
        ),
        ("customer_ca", "hello", "no certificate in it (--customer-ca)"),
    ],
)
def test_what_is_no_certificate_says_what_it_is(tmp_path, world, option, text, says):
    filled = text.format(csr=world.client.csr_pem, key=world.client.key_pem)
    path = write(tmp_path / "file", filled)
    assert problems(**{option: [path]}) == [f"{path}: {says}"]


def test_a_directory_where_a_file_is_needed_and_the_reverse(tmp_path, world):
    file = write(tmp_path / "file.crt", world.client.pem)
    assert problems(client_cert=[tmp_path], etc=file) == [
        "the expected set cannot be read: 2 problems",
        f"  {tmp_path}: Is a directory",
        f"  {file}: not a directory (--etc)",
    ]


def test_a_directory_without_anything_of_a_client_is_a_mistake(tmp_path):
    write(tmp_path / "holiday.txt", "sea")
    assert problems(etc=tmp_path) == [
        f"{tmp_path}: no configuration file of a CloudHSM client and none of certs, client.crt, "
        "customerCA.crt in it (--etc)"
    ]
    assert problems(server_certs=[tmp_path]) == [
        f"{tmp_path}: no certificate in any of its files (--server-certs)"
    ]


def test_a_file_without_end_is_not_read(tmp_path):
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate((16 << 20) + 1)
    assert problems(customer_ca=[path]) == [f"{path}: larger than 16 MB, no file of certificates"]


def test_a_broken_certificate_within_a_document_is_named_by_its_field(tmp_path):
    cluster = described(
        "cluster-a", certificate=None, ClusterCertificate="-----BEGIN CERTIFICATE-----\n"
    )
    path = write(tmp_path / "c.json", json.dumps(cluster))
    assert problems(cluster=path) == [
        f"{path}: ClusterCertificate of cluster-a: PEM block 1 (CERTIFICATE) has no end: the file is cut"
    ]


def test_the_order_of_a_client_chain_is_told_where_a_client_would_stumble(tmp_path, world):
    path = write(tmp_path / "ssl-client.pem", world.mtls_root.pem + world.mtls_client.pem)
    expected = load_expectations(client_cert=[path])
    (item,) = expected.of(Role.CLIENT)
    assert (item.certificate, item.chain) == (world.mtls_client.facts, (world.mtls_root.facts,))
    assert expected.notes[0].startswith(f"{path}: begins with the issuer; ")


def test_two_end_certificates_in_one_client_file_are_told(tmp_path, world):
    path = write(tmp_path / "two.pem", world.client.pem + issue("another").pem)
    expected = load_expectations(client_cert=[path])
    assert [i.certificate for i in expected.of(Role.CLIENT)] == [world.client.facts]
    assert expected.notes[0].startswith(f"{path}: 2 certificates that issued none of the others; ")


def test_a_cluster_certificate_given_as_customer_ca_is_told(tmp_path, world):
    path = write(tmp_path / "customerCA.crt", world.cluster.pem)
    (note,) = load_expectations(customer_ca=[path]).notes
    assert note.startswith(
        f"{path}: given as customer CA, but its subject is that of a cluster certificate: "
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "clusters",
                    "cluster",
                    "servers",
                    "server",
                    "ssl",
                    "client",
                    "hostname",
                    "CApath",
                    "certificate",
                    "hsm_ca_file",
                    "e2e_encryption",
                    "Clusters",
                    "ClusterId",
                    "Hsms",
                    "Certificates",
                    "ClusterCertificate",
                    "HsmId",
                    "EniIp",
                    "cluster_id",
                    "State",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(JSON, st.booleans())
def test_whatever_stands_in_documents_nothing_but_a_user_error_is_raised(tmp_path, value, wrapped):
    root = tmp_path / "etc"
    document = sdk5(sdk5_cluster("10.0.0.1")) | {"clusters": [value]} if wrapped else value
    write(root / "cloudhsm-cli.cfg", json.dumps(document))
    write(root / "customerCA.crt", WORLD.ca.pem)
    for given_files in ({"etc": root}, {"cluster": root / "cloudhsm-cli.cfg"}):
        with contextlib.suppress(UnreadableInput):
            load_expectations(**given_files)


WORLD = World()


@pytest.mark.parametrize(
    "named",
    ["/opt/cloudhsm/etc/" + "x" * 5000, "/opt/cloudhsm/etc/a\0b", "\\\\?\\", "C:", "..", "/"],
)
def test_a_path_that_no_file_can_have_is_one_that_is_not_in_the_copy(tmp_path, world, named):
    root = sdk3_tree(tmp_path / "etc", world, ssl={"certificate": named})
    first, *_ = problems(etc=root)
    assert "which is not in" in first or "not a plain file" in first


def test_a_pipe_that_a_configuration_names_is_not_waited_for(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world, ssl={"CApath": "/opt/cloudhsm/etc/pipe"})
    (root / "client.crt").unlink()
    os.mkfifo(root / "client.crt")
    os.mkfifo(root / "pipe")
    told = problems(etc=root)
    assert f"  {root}/client.crt: not a plain file (ssl.certificate)" in told
    assert (
        f"  {root}/pipe: neither a file nor a directory (named by ssl.CApath in cloudhsm_client.cfg)"
    ) in told


def test_names_that_are_too_long_are_no_directory(tmp_path):
    path = tmp_path / ("x" * 5000)
    assert problems(etc=path) == [f"{path}: not a directory (--etc)"]
    assert problems(cluster=path) == [f"{path}: File name too long"]


def test_a_store_of_a_hundred_cas_is_no_client_chain(tmp_path, world):
    pem = "".join(issue(f"CA {number}", key=world.ca.key).pem for number in range(101))
    path = write(tmp_path / "store.pem", pem)
    assert problems(client_cert=[path]) == [
        f"{path}: 101 certificates are no chain (--client-cert)"
    ]


def test_a_copy_of_the_whole_machine_is_searched_at_the_clients_directory_only(tmp_path, world):
    sdk3_tree(tmp_path / "opt" / "cloudhsm" / "etc", world)
    write(tmp_path / "usr" / "share" / "setup.cfg", "{")
    write(tmp_path / "stray.crt", world.ssl_client.pem)
    expected = load_expectations(etc=tmp_path)
    assert (len(expected.certificates), expected.notes) == (4, ())
