"""What each slot asks, beyond near misses: keys, issuers, published names, and nothing to show."""

import pytest

from analyzer.verdict.expectations import Expectations, ExpectedKey, Role
from analyzer.verdict.finding import Status
from tests.verdict.recorded import (
    CA_ITEM,
    CLIENT_ITEM,
    CLUSTER_ITEM,
    SERVERS,
    USUAL,
    expectations,
    facts,
    item,
    judged,
)

OUTER_SERVER, OUTER_CLIENT = "outer-server-certificate", "outer-client-certificate"
INNER_SERVER, INNER_CLIENT = "inner-server-certificate", "inner-client-certificate"
PLAIN = "tls12-in-tls12"


@pytest.mark.parametrize("case", ["outer-client-absent-tls12", "outer-client-absent-tls13"])
def test_an_empty_certificate_message(case):
    finding = judged(case, expectations(*USUAL), OUTER_CLIENT)

    assert (finding.status, finding.observed) == (Status.FAIL, "an empty Certificate message")
    assert finding.message == (
        "the client was asked for a certificate and sent an empty Certificate message: it has none to show"
    )
    assert finding.evidence


def test_not_asked_for():
    anchors = expectations(*USUAL, item(Role.MTLS_ANCHOR, "mtls/mtls-root.crt"))
    finding = judged(PLAIN, anchors, INNER_CLIENT)

    assert finding.status is Status.UNKNOWN
    assert finding.message == "the server did not ask for a client certificate"


def test_by_public_key_where_only_the_request_is_known():
    cluster = facts("cluster.crt")
    right = ExpectedKey(cluster.key_sha256, cluster.key, "cluster CSR", "/home/me/ClusterCsr.csr")
    finding = judged(PLAIN, Expectations((), (right,)), INNER_SERVER)
    assert finding.status is Status.PASS
    assert finding.message == (
        "the HSM presented a certificate with the key of the cluster CSR in ClusterCsr.csr"
    )

    wrong = ExpectedKey("0" * 64, cluster.key, "HSM certificate", "/home/me/HsmCertificate.crt")
    finding = judged(PLAIN, Expectations((CA_ITEM,), (wrong,)), INNER_SERVER)
    assert finding.status is Status.FAIL
    assert finding.message == (
        "the HSM presented a certificate whose key is not that of the HSM certificate in "
        "HsmCertificate.crt"
    )


def test_the_named_cluster_certificate_has_to_be_of_the_customer_ca_too():
    other = item(Role.CUSTOMER_CA, "others/default-client-ca.crt", "customerCA.crt")
    finding = judged(PLAIN, expectations(CLUSTER_ITEM, other), INNER_SERVER)

    assert finding.status is Status.FAIL
    assert finding.message.startswith(
        "the HSM presented the cluster certificate of cluster.crt that customerCA.crt did not issue: no "
        "certificate of its issuer"
    )

    other = item(Role.CUSTOMER_CA, "others/customerCA-regenerated.crt", "customerCA.crt")
    finding = judged(PLAIN, expectations(CLUSTER_ITEM, other), INNER_SERVER)
    assert finding.status is Status.FAIL
    assert finding.message.startswith(
        "the HSM presented the cluster certificate of cluster.crt whose issuer has the name of "
        "customerCA.crt, but another key signed it"
    )


@pytest.mark.parametrize(
    ("slot", "message"),
    [
        (OUTER_SERVER, "the server presented a certificate that matches the published name and serial of 21a10654.0, not pinned"),
        (OUTER_CLIENT, "the client presented a certificate; nothing is expected in this slot"),
        (INNER_SERVER, "the HSM presented a certificate with the name of a cluster certificate, not pinned"),
    ],
)  # fmt: skip
def test_published_names_and_serials_recognise_and_never_pass(slot, message):
    finding = judged(PLAIN, Expectations.none(), slot)

    assert (finding.status, finding.message) == (Status.UNKNOWN, message)
    assert finding.advice


def test_the_customer_ca_among_the_server_certificates_does_not_count():
    ca_there = item(Role.SERVER, "certs/21a10654.0", "32d93337.0")
    ca = item(Role.CUSTOMER_CA, "certs/21a10654.0", "customerCA.crt")
    finding = judged(PLAIN, expectations(ca_there, SERVERS[1], ca), OUTER_SERVER)

    assert finding.status is Status.FAIL


def test_with_the_customer_ca_alone_a_client_certificate_it_did_not_issue_stays_unknown():
    finding = judged(PLAIN, expectations(CA_ITEM), OUTER_CLIENT)

    assert finding.status is Status.UNKNOWN
    assert "it may be the default client certificate" in finding.message


def test_the_configured_client_certificate_passes_without_the_ca():
    assert judged(PLAIN, expectations(CLIENT_ITEM), OUTER_CLIENT).status is Status.PASS


def test_which_of_the_two_a_client_certificate_passed_by_is_said():
    custom = item(Role.CLIENT, "ssl-client.crt")
    by_name = judged("custom-client-certificate", expectations(custom, CA_ITEM), OUTER_CLIENT)
    by_issuer = judged("custom-client-certificate", expectations(CA_ITEM), OUTER_CLIENT)
    by_issuer_alone = judged("custom-client-certificate", expectations(*USUAL), OUTER_CLIENT)
    found = (by_name, by_issuer, by_issuer_alone)

    assert {finding.status for finding in found} == {Status.PASS}
    assert [(finding.kind, finding.message) for finding in found] == [
        ("as-expected", "the client presented the client certificate of ssl-client.crt"),
        ("issued", "the client presented a certificate issued by customerCA.crt"),
        (
            "issued-not-named",
            "the client presented a certificate issued by customerCA.crt, not the one of client.crt",
        ),
    ]


def test_an_inner_client_that_an_anchor_issued_and_that_is_not_the_named_one_is_told_so():
    anchor = item(Role.MTLS_ANCHOR, "mtls/mtls-root.crt")
    named = item(Role.INNER_CLIENT, "ssl-client.crt")
    finding = judged("inner-mutual-tls", expectations(*USUAL, anchor, named), INNER_CLIENT)

    assert (finding.status, finding.kind) == (Status.PASS, "issued-not-named")
    assert finding.message.endswith("issued by mtls-root.crt, not the one of ssl-client.crt")
    assert 'a rule inner.client_cert = "ssl-client.crt"' in finding.notes[0]


def test_a_client_certificate_of_another_ca_is_not_the_named_one_either():
    anchor = item(Role.MTLS_ANCHOR, "mtls/mtls-root.crt")
    named = item(Role.INNER_CLIENT, "ssl-client.crt")
    finding = judged("inner-client-wrong-tls12", expectations(*USUAL, anchor, named), INNER_CLIENT)

    assert finding.status is Status.FAIL
    assert "it is not the one of ssl-client.crt either" in finding.notes


def test_one_certificate_on_both_levels_is_fine_where_the_customer_ca_issued_it():
    inner = item(Role.INNER_CLIENT, "ssl-client.crt")
    finding = judged("custom-client-certificate", expectations(*USUAL, inner), OUTER_CLIENT)

    assert (finding.status, finding.kind) == (Status.PASS, "issued-not-named")
