"""What AWS publishes of the certificates without publishing them: names and serial numbers.

Anyone can make a certificate of any name and serial: these recognise, they never prove.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzer.session.certificates import Certificate


class PublishedServer(NamedTuple):
    """One of the two server certificates, named in AWS's article on the connection's certificates."""

    file: str
    serial: str
    subject: str


_SUBJECT = (
    "C=US, ST=Virginia, L=Herndon, O=AWS, OU={}, CN=CloudHSM, emailAddress=cloudhsm-team@amazon.com"
)

PUBLISHED_SERVERS = (
    PublishedServer("21a10654.0", "B7FA7A40976CBE82", _SUBJECT.format("AWS Cryptography")),
    PublishedServer("712ff948.0", "A7525B285D1C2BB5", _SUBJECT.format("Cryptography")),
)

# SHA-256 of the roots of the hardware certificates: AWS's samples/AWS_CloudHSM_Root-G1.zip and
# liquid_security_certificate.crt of the manufacturer.
PUBLISHED_ROOTS = {
    "9c6958fcacbb6f0e36546be1f2ce59ad84ee206835e6977f697d30dce9a7b570": "AWS CloudHSM Root G1",
    "975757f0d76640e03d14760f8fc9e3a55826fa7807b2c392f7801a95bd69cc28": "LiquidSecurity root of Cavium",
}

# CN of a cluster certificate, as AWS's "Initialize the cluster" prints it.
_CLUSTER_NAME = re.compile(r"\bHSM:[^:]+:PARTN:\d+, for (?:non-)?FIPS mode")


def published_server(certificate: Certificate) -> PublishedServer | None:
    """The published server certificate whose name and serial this one has."""
    return next(
        (
            p
            for p in PUBLISHED_SERVERS
            if (p.serial, p.subject) == (certificate.serial, certificate.subject)
        ),
        None,
    )


def looks_like_a_cluster_certificate(certificate: Certificate) -> bool:
    """Whether the subject is of the form that an HSM writes into its CSR."""
    return _CLUSTER_NAME.search(certificate.subject) is not None
