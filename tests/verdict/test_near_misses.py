"""A certificate that is nearly the expected one is called what it is, on real recordings.

Each text below was read as the engineer on call would: it says what was shown, what it nearly is, what
differs, and what to do next on which machine. `docs/findings.md` shows some of them.
"""

import datetime as dt

import pytest

from analyzer.verdict.expectations import Hsm, Role
from analyzer.verdict.finding import Status
from tests.makers.certificates import Issued, authority, cluster_certificate, issue
from tests.verdict.recorded import (
    CA_ITEM,
    CLUSTER_ITEM,
    SERVERS,
    USUAL,
    expectations,
    facts,
    item,
    judged,
    private_key,
)

OUTER_SERVER, OUTER_CLIENT = "outer-server-certificate", "outer-client-certificate"
INNER_SERVER, INNER_CLIENT = "inner-server-certificate", "inner-client-certificate"
PLAIN = "tls12-in-tls12"


def fields(finding):
    return [difference.field for difference in finding.differences]


def named_like(path: str, **changes) -> Issued:
    """A certificate with the names, serial and key of a file, but for the changes."""
    of = facts(path)
    from cryptography import x509

    parsed = x509.load_der_x509_certificate(of.der)
    arguments = {
        "serial": parsed.serial_number,
        "not_before": parsed.not_valid_before_utc,
        "not_after": parsed.not_valid_after_utc,
        **changes,
    }
    return issue(parsed.subject, **arguments)


def test_same_name_and_serial_but_another_key():
    finding = judged("outer-server-impostor-tls12", expectations(*USUAL), OUTER_SERVER)

    assert finding.status is Status.FAIL
    assert finding.message == (
        "the server presented a certificate with the same name and serial as 21a10654.0, but with another "
        "key: an impostor, or another region's pair"
    )
    assert fields(finding) == ["key", "SHA-256"]
    assert finding.advice == (
        "do not trust this peer until the key is explained: compare /opt/cloudhsm/etc/21a10654.0 with a "
        "fresh copy of the same file for this region, and check who answers at this address"
    )
    [key] = [difference for difference in finding.differences if difference.field == "key"]
    assert key.expected.startswith("RSA 2048 key ")
    assert key.expected != key.presented


@pytest.mark.parametrize(
    ("changes", "differing"),
    [
        ({"serial": 4711}, ["serial"]),
        ({"not_after": dt.datetime(2031, 1, 1, tzinfo=dt.UTC)}, ["validity"]),
        (
            {"serial": 4711, "not_after": dt.datetime(2031, 1, 1, tzinfo=dt.UTC)},
            ["serial", "validity"],
        ),
    ],
)
def test_the_same_key_reissued(changes, differing):
    old = named_like("certs/21a10654.0", key=private_key("21a10654"), **changes)
    expected = expectations(item(Role.SERVER, old.facts, "21a10654.0"))
    finding = judged(PLAIN, expected, OUTER_SERVER)

    assert finding.status is Status.FAIL
    told = [field for field in fields(finding) if field not in {"version", "SHA-256"}]
    assert told == differing
    assert "another certificate for the same key as 21a10654.0: it was re-issued" in finding.message
    assert finding.advice == (
        "take the certificate that is in use now instead of /opt/cloudhsm/etc/21a10654.0, or put the old "
        "one back"
    )


def test_the_customer_ca_was_regenerated():
    new_ca = item(Role.CUSTOMER_CA, "others/customerCA-regenerated.crt", "customerCA.crt")
    finding = judged("customer-ca-regenerated", expectations(*SERVERS, new_ca), INNER_SERVER)

    assert finding.status is Status.FAIL
    assert finding.message == (
        "the HSM presented a certificate whose issuer has the name of customerCA.crt, but another key "
        "signed it: the CA was made anew under the same name, or customerCA.crt is the file of another "
        "cluster"
    )
    assert fields(finding) == ["issuer's key"]
    assert finding.advice == (
        "on the client 10.0.1.10, replace /opt/cloudhsm/etc/customerCA.crt by the CA file that the cluster "
        "was initialised with; it is on the machine that initialised the cluster"
    )


def test_the_old_customer_ca_is_named_where_it_is_at_hand():
    new_ca = item(Role.CUSTOMER_CA, "others/customerCA-regenerated.crt", "customerCA.crt")
    old_ca = item(Role.CUSTOMER_CA, "customerCA.crt", "old-customerCA.crt", "cluster-old")
    expected = expectations(
        new_ca, old_ca, hsms=(Hsm(("10.0.2.21",), "hsm-1", cluster="cluster-new"),)
    )
    finding = judged("customer-ca-regenerated", expected, INNER_SERVER)

    [key] = finding.differences
    assert key.presented.endswith("that of /opt/cloudhsm/etc/old-customerCA.crt")


def test_the_cluster_certificate_of_another_cluster_by_its_address():
    expected = expectations(
        *USUAL,
        item(Role.CLUSTER, "others/cluster-b.crt", "describe-clusters.json", "cluster-b"),
        item(Role.CLUSTER, "cluster.crt", "describe-clusters.json", "cluster-a"),
        hsms=(
            Hsm(("10.0.2.21",), "hsm-b", cluster="cluster-b"),
            Hsm(("10.0.2.31",), "hsm-a", cluster="cluster-a"),
        ),
        listed=True,
    )
    finding = judged(PLAIN, expected, INNER_SERVER)

    assert finding.status is Status.FAIL
    assert finding.message == (
        "the HSM presented the cluster certificate of another cluster, cluster-a"
    )
    assert finding.advice == (
        "the address leads to another cluster than the one meant: check the HSM addresses in the client's "
        "configuration against describe-clusters of cluster-b"
    )
    assert fields(finding) == []


def test_the_cluster_certificate_of_another_cluster_by_its_name():
    finding = judged(
        "cluster-certificate-of-another-cluster", expectations(CA_ITEM, CLUSTER_ITEM), INNER_SERVER
    )

    assert finding.status is Status.FAIL
    assert finding.message == (
        "the HSM presented the cluster certificate of another cluster than cluster.crt, going by its name "
        "and key"
    )
    assert finding.notes[0] == (
        "it is issued by customerCA.crt all the same: a client would accept it"
    )
    assert finding.notes[-1] == "the client accepted it: this TLS session was established"


def test_the_other_one_of_the_two_aws_certificates():
    finding = judged("second-server-certificate", expectations(SERVERS[0]), OUTER_SERVER)

    assert finding.status is Status.FAIL
    assert finding.message == (
        "the server presented a certificate with the published name and serial of 712ff948.0, which is not "
        "among those given; that name and serial prove nothing"
    )
    assert "copy 712ff948.0 from the client's /opt/cloudhsm/etc/certs" in finding.advice


def test_the_default_client_certificate_where_a_custom_one_is_configured():
    expected = expectations(
        *SERVERS,
        CA_ITEM,
        item(Role.CLIENT, "ssl-client.crt"),
        item(Role.OTHER_CLIENT, "client.crt"),
    )
    finding = judged(PLAIN, expected, OUTER_CLIENT)

    assert finding.status is Status.FAIL
    assert finding.message == (
        "the client presented the certificate of client.crt, while ssl-client.crt is configured"
    )
    assert finding.advice == (
        "the process that connects reads another configuration: restart it so that it loads "
        "/opt/cloudhsm/etc/ssl-client.crt, or configure that certificate there too"
    )


def test_a_custom_client_certificate_where_the_default_one_is_configured():
    finding = judged("custom-client-certificate", expectations(*USUAL), OUTER_CLIENT)

    assert (finding.status, finding.kind) == (Status.PASS, "issued-not-named")
    assert finding.message == (
        "the client presented a certificate issued by customerCA.crt, not the one of client.crt"
    )
    assert finding.notes[0] == (
        'either is allowed; a rule outer.client_cert = "client.crt" in an expectation file '
        "('check') allows that one only"
    )


@pytest.mark.parametrize(
    ("slot", "expected", "message"),
    [
        (
            OUTER_SERVER,
            (item(Role.SERVER, "certs/712ff948.0"), item(Role.CLUSTER, "certs/21a10654.0", "cluster.crt")),
            "the server presented a certificate that belongs elsewhere: the cluster certificate of cluster.crt",
        ),
        (
            OUTER_CLIENT,
            (item(Role.CLIENT, "ssl-client.crt"), item(Role.CLUSTER, "client.crt", "cluster.crt")),
            "the client presented a certificate that belongs elsewhere: the cluster certificate of cluster.crt",
        ),
        (
            INNER_SERVER,
            (CA_ITEM, item(Role.CLIENT, "cluster.crt", "ssl-client.crt")),
            "the HSM presented a certificate that belongs elsewhere: the outer client certificate of ssl-client.crt",
        ),
    ],
)  # fmt: skip
def test_a_certificate_in_the_wrong_slot(slot, expected, message):
    finding = judged(PLAIN, expectations(*expected), slot)

    assert finding.status is Status.FAIL
    assert finding.message == message


@pytest.mark.parametrize(
    ("case", "slot", "words"),
    [
        (
            "cluster-certificate-expired-tls12",
            INNER_SERVER,
            "the HSM presented a certificate issued by customerCA.crt, but it expired at 2020-05-01 00:00:00 UTC, ",
        ),
        (
            "outer-client-expired-tls13",
            OUTER_CLIENT,
            "the client presented a certificate issued by customerCA.crt, but it expired at 2020-05-01 00:00:00 UTC, ",
        ),
    ],
)
def test_expired_with_the_distance(case, slot, words):
    finding = judged(case, expectations(*USUAL), slot)

    assert finding.status is Status.FAIL
    assert finding.message.startswith(words)
    assert finding.message.endswith(" days before this connection")


def test_not_yet_valid_with_the_distance():
    at = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
    finding = judged(PLAIN, expectations(*USUAL), OUTER_SERVER, at=at)

    assert finding.status is Status.FAIL
    assert "it is valid from " in finding.message
    assert finding.message.endswith(" days after the time given")
    assert finding.notes[-1].startswith(
        "judged at 2010-01-01 00:00:00 UTC; it was valid at the time of this connection, "
    )


def test_a_stranger_is_told_with_its_issuer():
    finding = judged("outer-client-stranger-tls12", expectations(*USUAL), OUTER_CLIENT)

    assert finding.message == (
        "the client presented a certificate that is neither client.crt nor issued by customerCA.crt; its "
        "issuer is C=US, O=Example Corp, CN=stranger"
    )


def test_a_named_certificate_that_another_one_under_the_same_name_replaced():
    other = cluster_certificate(authority("Some CA"))
    expected = expectations(item(Role.CLUSTER, other.facts, "cluster.crt"))
    renamed = named_like("cluster.crt", serial=99, key="EC secp256r1")

    assert "another cluster than cluster.crt" in judged(PLAIN, expected, INNER_SERVER).message
    finding = judged(
        PLAIN, expectations(item(Role.CLUSTER, renamed.facts, "cluster.crt")), INNER_SERVER
    )
    assert finding.message == (
        "the HSM presented a certificate with the same name as cluster.crt, but with another serial and key"
    )


def test_the_ca_of_another_cluster_is_named_where_it_is_at_hand():
    other = item(Role.CUSTOMER_CA, "others/default-client-ca.crt", "customerCA.crt", "cluster-b")
    own = item(Role.CUSTOMER_CA, "customerCA.crt", "other-customerCA.crt", "cluster-a")
    hsms = (Hsm(("10.0.2.21",), "hsm-b", cluster="cluster-b"),)
    finding = judged(PLAIN, expectations(other, own, hsms=hsms), INNER_SERVER)

    assert (finding.status, finding.kind) == (Status.FAIL, "other-issuer")
    assert finding.notes[0] == "it is issued by other-customerCA.crt of cluster-a"
