"""Over the whole capture: who showed what when, who differs, what changed; on real recordings."""

import datetime as dt
from dataclasses import replace

from analyzer import verdict
from analyzer.verdict import brief_of, judge
from analyzer.verdict.certificates.remarks import by_now
from analyzer.verdict.expectations import Expectations, ExpectedKey, Hsm, Role
from analyzer.verdict.finding import Status
from tests.verdict.recorded import CLUSTER_ITEM, USUAL, expectations, item, recorded

CLUSTER = "cluster-igklspoyj5v"
THREE = tuple(
    Hsm((f"10.0.2.2{n}",), f"hsm-{n}", f"us-east-1{'abc'[n - 1]}", "ACTIVE", CLUSTER)
    for n in (1, 2, 3)
)
KNOWN = expectations(*USUAL, hsms=THREE, listed=True)


def judged(*cases: str, expected: Expectations = KNOWN):
    """The connections of recordings, one after another, numbered through."""
    told = [conversation for case in cases for conversation in recorded(case)]
    told = [replace(each, stream=number) for number, each in enumerate(told)]
    return [(each, judge(each, expected)) for each in told]


def across(told, expected):
    """What the connections beside each other show."""
    return verdict.across([brief_of(*pair, None) for pair in told], expected)


def showings(told, expected):
    """The table of all of them."""
    return verdict.showings([brief_of(*pair, None) for pair in told], expected)


def codes(findings):
    return [finding.code for finding in findings]


def test_one_of_three_hsms_presents_another_certificate():
    told = judged("three-hsms-one-of-another-ca")
    [finding] = across(told, KNOWN)

    assert (finding.code, finding.status) == ("hsm-differs", Status.FAIL)
    assert finding.message == (
        f"one of three HSMs of {CLUSTER} presents another inner server certificate than the others: "
        "10.0.2.22 (hsm-2 in us-east-1b (ACTIVE))"
    )
    assert "HSM:2a0be3d1904f:PARTN:7" in finding.observed
    assert "HSM:2ae21f4c81bc:PARTN:22" in finding.expected
    assert finding.evidence == (told[1][0].sessions[1].certificates[1][0].at,)


def test_without_describe_clusters_the_difference_may_be_two_clusters():
    expected = expectations(*USUAL)
    [finding] = across(judged("three-hsms-one-of-another-ca", expected=expected), expected)

    assert finding.status is Status.UNKNOWN
    assert finding.message.startswith("one of three HSMs presents another inner server certificate")
    assert finding.limitations == (
        "which cluster an address belongs to is not known: hand over describe-clusters (--cluster)",
    )


def test_three_hsms_alike_give_a_table_and_no_finding():
    told = judged("three-hsms")
    rows = showings(told, KNOWN)

    assert across(told, KNOWN) == ()
    assert [(r.slot, r.address, r.hsm, r.status, r.connections) for r in rows] == [
        *(
            ("outer-server-certificate", h.addresses[0], str(h), Status.PASS, 1) for h in THREE
        ),
        ("outer-client-certificate", "10.0.1.10", "", Status.PASS, 3),
        *(
            ("inner-server-certificate", h.addresses[0], str(h), Status.PASS, 1) for h in THREE
        ),
    ]  # fmt: skip


def test_it_changed_at_a_time():
    told = judged("tls12-in-tls12", "cluster-certificate-of-another-cluster")
    findings = across(told, KNOWN)
    changed = [f for f in findings if f.level == 1 and f.code == "certificate-changed"]
    first, second = sorted(told, key=lambda pair: pair[0].tcp.span.began)

    assert len(changed) == 1
    at = second[0].sessions[1].certificates[1][0].at
    assert f"from {moment(at.began)} on (connection {second[0].stream};" in changed[0].message
    assert changed[0].message.startswith("10.0.2.21 presented another inner server certificate")
    assert changed[0].evidence == (first[0].sessions[1].certificates[1][0].at, at)


def moment(nanoseconds: int) -> str:
    at = dt.datetime.fromtimestamp(nanoseconds // 10**9, dt.UTC)
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def test_a_certificate_that_changes_back_and_forth_is_one_finding():
    one, other = judged("tls12-in-tls12", "cluster-certificate-of-another-cluster")
    later = [shifted(pair, n * 10**9 * 100) for n in range(3) for pair in (one, other)]
    changed = [f for f in across(later, KNOWN) if f.code == "certificate-changed" and f.level == 1]

    assert len(changed) == 1
    assert changed[0].message.endswith(", and four more times after that")


def shifted(pair, nanoseconds):
    """The same connection seen later."""
    told, findings = pair

    def later(presented):
        at = presented.at
        return replace(
            presented, at=at._replace(began=at.began + nanoseconds, ended=at.ended + nanoseconds)
        )

    sessions = tuple(
        replace(
            s,
            certificates=tuple(
                None if chain is None else tuple(map(later, chain)) for chain in s.certificates
            ),
        )
        for s in told.sessions
    )
    return replace(told, sessions=sessions), findings


def test_either_of_awss_two_server_certificates_is_no_difference():
    told = judged("three-hsms", "second-server-certificate")

    assert "hsm-differs" not in codes(across(told, KNOWN))


def test_a_client_certificate_that_one_hsm_takes_and_another_refuses():
    anchors = expectations(*USUAL, item(Role.MTLS_ANCHOR, "mtls/mtls-root.crt"), hsms=THREE)
    [finding] = across(judged("causes/one-hsm-refuses", expected=anchors), anchors)

    assert (finding.code, finding.status) == ("client-certificate-half-refused", Status.FAIL)
    assert finding.message == (
        "the same inner client certificate is refused by 10.0.2.22 and accepted by 10.0.2.21 and "
        "10.0.2.23: they do not trust the same CAs"
    )
    assert "cluster mtls list-trust-anchors" in finding.advice


def test_the_connection_from_which_on_the_certificate_is_another_one():
    told = judged("causes/fails-since-certificate-changed")
    [finding] = across(told, KNOWN)
    at = told[2][0].sessions[0].certificates[1][0].at

    assert (finding.code, finding.level) == ("certificate-changed", 0)
    assert [difference.field for difference in finding.differences] == ["key", "SHA-256"]
    assert finding.message == (
        f"10.0.2.21 presented another outer server certificate from {moment(at.began)} on (connection 2; "
        "before that: connection 1)"
    )


def test_what_was_valid_then_and_is_expired_by_now_is_said_of_the_present():
    told = judged("tls12-in-tls12", "cluster-certificate-expired-tls12")
    rows = showings(told, KNOWN)
    ends = {row.slot: row.certificate.not_after for row in rows if row.status is Status.PASS}
    end = ends["inner-server-certificate"]

    assert list(by_now(rows, min(ends.values()) - dt.timedelta(days=31))) == []
    [soon] = by_now(rows, end - dt.timedelta(days=12))
    assert soon.endswith(
        f"was valid in this capture and expires in 12 days, at {end:%Y-%m-%d %H:%M:%S} UTC"
    )
    [late] = by_now(rows, end + dt.timedelta(days=3))
    assert late.startswith("the inner server certificate C=US + ST=CA + O=Cavium + ")
    assert late.endswith(
        f"was valid in this capture and expired 3 days ago, at {end:%Y-%m-%d %H:%M:%S} UTC"
    )


def test_a_set_that_contradicts_itself_is_told_once_for_the_capture():
    other = ExpectedKey("0" * 64, "RSA 2048", "cluster CSR", "/home/me/ClusterCsr.csr")
    expected = replace(expectations(*USUAL, CLUSTER_ITEM), keys=(other,))
    told = judged("tls12-in-tls12", "tls13-in-tls13", expected=expected)
    [finding] = [f for f in across(told, expected) if f.code == "expected-set-contradiction"]

    assert finding.status is Status.FAIL
    assert finding.message == (
        "the expected set contradicts itself: cluster certificate and cluster CSR do not have one public key"
    )


def test_the_hardware_chain_of_the_recordings_holds():
    roles = {
        Role.HSM: "HsmCertificate",
        Role.AWS_HARDWARE: "AwsHardwareCertificate",
        Role.MANUFACTURER_HARDWARE: "ManufacturerHardwareCertificate",
    }
    hardware = [item(role, f"identity/{name}.crt") for role, name in roles.items()]
    told = judged("tls12-in-tls12")

    assert across(told, expectations(*USUAL, CLUSTER_ITEM, *hardware)) == ()
    foreign = item(Role.HSM, "others/stranger.crt", "HsmCertificate.crt")
    found = across(told, expectations(*USUAL, CLUSTER_ITEM, foreign, *hardware[1:]))
    assert codes(found) == ["expected-set-contradiction"] * 2
    assert found[0].message == (
        "the expected set contradicts itself: the HSM certificate is not issued by the AWS hardware "
        "certificate"
    )
