"""The identity of the HSM is checked within the expected set, as AWS's guide does it with openssl."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import pytest
from cryptography import x509

from analyzer.verdict.certificates import identity
from analyzer.verdict.certificates.identity import IdentityCheck, identity_checks
from analyzer.verdict.expectations import Expectations, Expected, ExpectedKey, Role
from analyzer.verdict.finding import Status
from tests.makers.certificates import Issued, authority, cluster_certificate, issue, name, new_key

NOW = datetime(2026, 11, 24, tzinfo=UTC)
AWS_ROOT = authority("/O=Amazon Web Services INC./CN=AWS CloudHSM Root G1")
MADE_ROOT = authority("/O=Cavium, Inc./CN=localca", not_after=datetime(2025, 11, 16, tzinfo=UTC))
# AWS and the manufacturer both certify the key of one piece of hardware, under one name.
HARDWARE = new_key()
CA = [(x509.BasicConstraints(ca=True, path_length=None), True)]
AWS_HARDWARE = issue("HSM:1", AWS_ROOT, key=HARDWARE, extensions=CA)
MADE_HARDWARE = issue("HSM:1", MADE_ROOT, key=HARDWARE, extensions=CA)
CLUSTER = cluster_certificate(authority("Customer CA"))
HSM = issue(CLUSTER.certificate.subject, AWS_HARDWARE, key=CLUSTER.key)


def expected(*items: tuple[Role, Issued], keys: tuple[ExpectedKey, ...] = ()) -> Expectations:
    return Expectations(tuple(Expected(role, item.facts, "file") for role, item in items), keys)


def key(what: str, of: Issued) -> ExpectedKey:
    return ExpectedKey(of.facts.key_sha256, of.facts.key, what, "file")


def test_one_key_in_the_csr_the_hsm_certificate_and_the_cluster_certificate_is_said():
    keys = (key("cluster CSR", CLUSTER), key("HSM certificate", CLUSTER))
    assert identity_checks(expected((Role.CLUSTER, CLUSTER), keys=keys), NOW) == (
        IdentityCheck(
            Status.PASS,
            "cluster certificate, cluster CSR and HSM certificate have one public key",
        ),
    )


def test_another_key_in_the_csr_is_a_failure():
    keys = (key("cluster CSR", issue("other")),)
    assert identity_checks(expected((Role.CLUSTER, CLUSTER), keys=keys), NOW) == (
        IdentityCheck(
            Status.FAIL, "cluster certificate and cluster CSR do not have one public key"
        ),
    )


ROOTS = ((Role.HARDWARE_ROOT, AWS_ROOT), (Role.HARDWARE_ROOT, MADE_ROOT))
BOTH = (
    (Role.HSM, HSM),
    (Role.AWS_HARDWARE, AWS_HARDWARE),
    (Role.MANUFACTURER_HARDWARE, MADE_HARDWARE),
)


def test_without_roots_the_chains_are_right_as_far_as_they_go():
    assert [(c.status, c.says) for c in identity_checks(expected(*BOTH), NOW)] == [
        (
            Status.UNKNOWN,
            f"the HSM certificate is issued by the {which} hardware certificate, whose root is not given",
        )
        for which in ("AWS", "manufacturer")
    ]


def test_a_root_that_is_not_the_published_one_proves_nothing():
    (first, _) = identity_checks(expected(*BOTH, *ROOTS), NOW)
    assert (first.status, first.says) == (
        Status.UNKNOWN,
        "the HSM certificate is issued by the AWS hardware certificate, and that by a root that is no "
        "published one",
    )


def test_the_published_roots_make_it_a_pass_even_where_their_time_is_over(monkeypatch):
    names = {AWS_ROOT.facts.sha256: "AWS root", MADE_ROOT.facts.sha256: "manufacturer's root"}
    monkeypatch.setattr(identity, "PUBLISHED_ROOTS", names)
    (aws, made) = identity_checks(expected(*BOTH, *ROOTS), NOW)
    assert (aws.status, made.status) == (Status.PASS, Status.PASS)
    assert aws.says.endswith("and that by the published AWS root")
    assert "and that by the published manufacturer's root; " in made.says
    assert "expired" in made.says


@pytest.mark.parametrize("impostor", ["another-key", "another-name"])
def test_hardware_that_did_not_issue_the_hsm_certificate_is_a_failure_as_openssl_says(
    tmp_path, impostor
):
    if impostor == "another-key":
        hardware = issue("HSM:1", AWS_ROOT, extensions=CA)
    else:
        hardware = issue(name("HSM:2"), AWS_ROOT, key=HARDWARE, extensions=CA)
    (tmp_path / "chain.pem").write_text(hardware.pem + AWS_ROOT.pem)
    (tmp_path / "hsm.pem").write_text(HSM.pem)
    openssl = subprocess.run(
        ["openssl", "verify", "-CAfile", tmp_path / "chain.pem", tmp_path / "hsm.pem"],
        capture_output=True,
        check=False,
    )
    assert openssl.returncode != 0
    (check,) = identity_checks(
        expected((Role.HSM, HSM), (Role.AWS_HARDWARE, hardware), (Role.HARDWARE_ROOT, AWS_ROOT)),
        NOW,
    )
    assert check.status is Status.FAIL
