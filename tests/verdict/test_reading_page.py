"""The guide to reading a report: ten failures, each told by its report alone, as the program tells it today."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.makers.cases import cases

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reading-a-report.md").read_text()


def script():
    spec = importlib.util.spec_from_file_location("reading_page", ROOT / "scripts/reading_page.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["reading_page"] = module
    spec.loader.exec_module(module)
    return module


SCRIPT = script()

# What each report has to say, in words that its reader can act on: what broke, who refused, what to change.
TELLS = {
    "no-answer-to-syn": ("does not answer", "security group"),
    "causes/address-not-in-cluster": ("describe-clusters does not list it", "configure -a"),
    "causes/mtu-black-hole-client": ("Large packets vanish", "clamp the MSS"),
    "causes/middlebox-certificate-tls12": (
        "The client refused the server certificate",
        "TLS inspection",
    ),
    "outer-client-absent-tls12": (
        "demanded a client certificate, the client sent an empty Certificate",
        "on the client 10.0.1.10: check that the certificate and key that the .cfg names",
    ),
    "outer-client-stranger-tls13": (
        "most likely refused the client's certificate",
        "on the client 10.0.1.10",
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    ),
    "causes/cluster-certificate-left-tls12": (
        "The client closed cleanly",
        "did not accept that certificate",
        "on the client 10.0.1.10: replace /opt/cloudhsm/etc/customerCA.crt",
    ),
    "inner-client-missing-tls12": (
        "The HSM demanded a client certificate",
        "--client-cert-hsm-tls-file",
    ),
    "causes/idle-dropped-350s": (
        "forgotten while idle",
        "longer than the 350 s",
        "TcpEstablishedTimeout",
    ),
    "causes/reconnect-loop": (
        "The client refused the cluster certificate",
        "on the client 10.0.1.10: replace /opt/cloudhsm/etc/customerCA.crt",
        "one every 3.0 s",
        "The same in 3 more connections",
    ),
}


def words(text: str) -> str:
    """Without the line breaks of the terminal."""
    return " ".join(text.split())


def test_there_are_ten_and_each_is_a_recording():
    assert [example.case for example in SCRIPT.EXAMPLES] == list(TELLS)
    assert len(TELLS) == 10
    assert TELLS.keys() <= {case.name for case in cases()}


@pytest.mark.parametrize("example", SCRIPT.EXAMPLES, ids=lambda example: example.case)
def test_the_report_alone_tells_what_broke_who_refused_and_what_to_change(example):
    told = words(SCRIPT.output(example))

    for expected in TELLS[example.case]:
        assert expected in told


@pytest.mark.parametrize("example", SCRIPT.EXAMPLES, ids=lambda example: example.case)
def test_the_page_shows_the_cause_as_the_program_gives_it(example):
    lines = SCRIPT.output(example).splitlines()
    first = next(n for n, line in enumerate(lines) if line.strip().startswith("Why"))
    last = next(n for n, line in enumerate(lines) if line.strip().startswith("more:"))

    assert "\n".join(lines[first : last + 1]) in PAGE
