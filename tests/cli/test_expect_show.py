"""`expect show` prints which slot expects what, from which file, and why."""

from __future__ import annotations

import json

import pytest

from tests.makers.certificates import aws_server, issue, name
from tests.makers.program import run_program
from tests.run.expected.trees import World, described, sdk3_tree, write


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
def etc(tmp_path, world):
    root = sdk3_tree(tmp_path / "etc", world)
    write(root / "ssl-client.crt", world.ssl_client.pem)
    cluster = described(
        "cluster-a",
        "10.10.4.20",
        certificate=world.cluster,
        HsmCertificate=issue("HSM", key=world.cluster.key).pem,
    )
    write(tmp_path / "c.json", json.dumps({"Clusters": [cluster]}))
    return root


def shown(*arguments: object, cwd=None) -> str:
    done = run_program("expect", "show", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


@pytest.mark.usefixtures("etc")
def test_the_text_tells_every_slot_its_certificates_their_files_and_the_reasons(tmp_path, world):
    host, client, cluster, ca, other = (
        each.facts
        for each in (world.hosts[0], world.client, world.cluster, world.ca, world.ssl_client)
    )
    text = shown("--etc", "etc", "--cluster", "c.json", cwd=tmp_path)
    assert text.splitlines()[:5] == [
        "outer server: exactly one of the server certificates below",
        f"  outer server certificate: {host.subject}",
        "    serial B7FA7A40976CBE82, valid 2020-01-01 to 2040-01-01, EC secp256r1, X.509 v3",
        f"    sha256 {host.sha256}",
        "    from etc/certs/21a10654.0 (named by ssl.CApath in cloudhsm_client.cfg)",
    ]
    titles = [line for line in text.splitlines() if not line.startswith("    ")]
    assert titles[2:] == [
        f"  outer server certificate: {world.hosts[1].facts.subject}",
        "outer client: exactly the outer client certificate below or any that the customer CA issued",
        f"  outer client certificate: {client.subject}",
        f"  client certificate that is not configured: {other.subject}",
        "inner server: exactly the cluster certificate below, issued by the customer CA",
        f"  cluster certificate: {cluster.subject}",
        f"  customer CA: {ca.subject}",
        "  key of the HSM certificate: EC secp256r1",
        "inner client: nothing is expected",
        "hsm identity: what the HSM is, compared with what is presented",
        "  HSM certificate: CN=HSM",
        "HSMs listed by describe-clusters:",
        "  10.10.4.20  hsm-a0 in us-east-1a (ACTIVE)  from c.json",
        "checks within the set:",
        "  ok: cluster certificate and HSM certificate have one public key",
    ]


def test_the_json_holds_the_same(tmp_path, etc, world):
    told = json.loads(shown("--etc", etc, "--cluster", tmp_path / "c.json", "-f", "json"))
    assert told["schema"] == "hsm-analyzer/expected-set/1"
    assert [slot["slot"] for slot in told["slots"]] == [
        "outer-server-certificate",
        "outer-client-certificate",
        "inner-server-certificate",
        "inner-client-certificate",
        "hsm-identity",
    ]
    inner = told["slots"][2]
    assert [(c["role"], c["sha256"], c["cluster"]) for c in inner["certificates"]] == [
        ("cluster certificate", world.cluster.facts.sha256, "cluster-a"),
        ("customer CA", world.ca.facts.sha256, None),
    ]
    assert [key["key_sha256"] for key in inner["keys"]] == [world.cluster.facts.key_sha256]
    assert told["hsms"][-1] == {
        "addresses": ["10.10.4.20"],
        "id": "hsm-a0",
        "zone": "us-east-1a",
        "state": "ACTIVE",
        "cluster": "cluster-a",
        "source": str(tmp_path / "c.json"),
    }
    assert told["checks"] == [
        {
            "status": "pass",
            "message": "cluster certificate and HSM certificate have one public key",
            "cluster": "cluster-a",
        }
    ]


def test_a_key_without_its_certificate_is_told_as_what_it_is(tmp_path, world):
    csr = write(tmp_path / "cluster-a_ClusterCsr.csr", world.cluster.csr_pem)
    assert shown("--cluster-cert", csr).splitlines() == [
        "outer server: nothing is expected",
        "outer client: nothing is expected",
        "inner server: any with the key below",
        "  key of the cluster CSR: EC secp256r1",
        f"    key sha256 {world.cluster.facts.key_sha256}",
        f"    from {csr}",
        "inner client: nothing is expected",
    ]


def test_names_that_act_on_a_terminal_are_shown_and_do_not_act(tmp_path):
    evil = issue(name("/CN=CloudHSM\x1b[2J\u202e"))
    path = write(tmp_path / "evil.crt", evil.pem)
    text = shown("--server-certs", path)
    assert "\x1b" not in text
    assert "CN=CloudHSM\\x1b[2J\\u{202e}" in text


def test_no_private_key_is_in_the_output(etc, world):
    text = shown("--etc", etc) + shown("--etc", etc, "-f", "json")
    assert "PRIVATE" not in text
    assert world.client.key_pem.splitlines()[1] not in text


def test_the_same_certificate_of_two_files_is_told_once_with_both_reasons(tmp_path):
    host = aws_server()
    paths = [write(tmp_path / name_, host.pem) for name_ in ("a.crt", "b.crt")]
    text = shown("--server-certs", paths[0], "--server-certs", tmp_path)
    assert text.count(host.facts.sha256) == 1


def test_nothing_named_is_a_usage_error():
    done = run_program("expect", "show")
    assert done.returncode == 2
    assert done.stderr.decode().startswith("hsm-analyzer: error: nothing is named: --etc, ")
