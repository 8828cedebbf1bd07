"""CA names of a CertificateRequest, as OpenSSL's server sends them (recorded peers send none)."""

import shutil
import subprocess
from pathlib import Path

import pytest

from analyzer.session.origins import Origins
from analyzer.session.stack import Stack
from analyzer.stream import Chunk, Side
from analyzer.tls.secrets import Secrets
from analyzer.verdict import judge
from analyzer.verdict.finding import SLOTS, Status
from tests.makers.tls_stacks import Tap, free_port, running
from tests.makers.tls_wire import Wire
from tests.makers.vendor import frame_span
from tests.verdict.recorded import PKI, USUAL, expectations, recorded

CODE = "client-issuer-not-requested"
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
FILES = {"stranger": "others/stranger.crt"}


def path(name: str) -> Path:
    return PKI / FILES.get(name, f"{name}.crt")


def handshake(folder: Path, client: str, asks_for: list[str], *, accepts: bool):
    """The facts of one TLS 1.2 session of openssl's programs; "" is a client without a certificate."""
    names = folder / "asked.pem"
    names.write_text("".join(path(ca).read_text() for ca in asks_for))
    port = free_port()
    server = [
        "openssl",
        "s_server",
        "-quiet",
        "-rev",
        "-accept",
        str(port),
        "-tls1_2",
        "-verify",
        "3",
    ]
    server += ["-cert", str(PKI / "certs" / "21a10654.0"), "-key", key("21a10654")]
    server += ["-CAfile", str(names)] if asks_for else ["-no-CAfile"]
    server += [] if accepts else ["-verify_return_error"]
    tap, wire = Tap(port), Wire()
    talk = ["openssl", "s_client", "-connect", f"127.0.0.1:{tap.port}"]
    if client:
        talk += ["-cert", str(path(client)), "-key", key(client)]
    with running(server, port):
        carried = tap.carry_one(wire)
        subprocess.run(talk, input=b"Q\n", capture_output=True, check=False, timeout=60)
        carried.join(10)
    tap.close()
    stack = Stack(0, Secrets(), Origins())
    for frame, (side, flight) in enumerate(wire.flights, 1):
        stack.feed(Chunk(Side(side), flight, frame_span(frame)))
    return stack.conversation(recorded("tls12-in-tls12")[0].tcp)


def key(name: str) -> str:
    return str(PKI / "keys" / f"{name}.key")


def findings(told):
    return {finding.code: finding for finding in judge(told, expectations(*USUAL))}


def test_a_refused_client_certificate_of_a_ca_that_was_not_asked_for(tmp_path):
    told = handshake(tmp_path, "stranger", ["customerCA"], accepts=False)
    found = findings(told)

    assert told.sessions[0].outcome == "failed"
    assert found[SLOTS[1]].kind == "stranger"
    assert found[CODE].status is Status.UNKNOWN
    assert found[CODE].message == (
        "the client's certificate is of a CA that the server did not name in its CertificateRequest"
    )
    assert found[CODE].observed == "C=US, O=Example Corp, CN=stranger"
    assert found[CODE].expected == (
        "C=US, ST=Washington, L=Seattle, O=Example Corp, OU=Key Management, CN=customerCA"
    )
    assert found[CODE].advice == (
        "issue the client's certificate with a CA that the server names, or add its CA there"
    )
    assert len(found[CODE].evidence) == 2  # the request and the answer


def test_where_the_server_took_it_all_the_same_that_is_said(tmp_path):
    found = findings(handshake(tmp_path, "stranger", ["customerCA"], accepts=True))

    assert found[CODE].status is Status.PASS
    assert found[CODE].message.endswith("CertificateRequest; the server accepted it")
    assert found[CODE].advice == ""


@pytest.mark.parametrize("asked", [["customerCA"], ["cluster", "customerCA"], []])
def test_one_of_a_ca_that_was_asked_for_is_no_finding(asked, tmp_path):
    assert CODE not in findings(handshake(tmp_path, "ssl-client", asked, accepts=True))


def test_of_many_names_three_are_shown(tmp_path):
    asked = ["customerCA", "cluster", "client", "ssl-client"]
    found = findings(handshake(tmp_path, "stranger", asked, accepts=False))

    assert found[CODE].expected.endswith(" and 1 more")


def test_an_empty_message_tells_which_cas_were_asked_for(tmp_path):
    slot = findings(handshake(tmp_path, "", ["customerCA"], accepts=False))[SLOTS[1]]

    assert (slot.status, slot.kind) == (Status.FAIL, "empty")
    assert slot.notes == (
        "the server asked for one issued by C=US, ST=Washington, L=Seattle, O=Example Corp, "
        "OU=Key Management, CN=customerCA",
    )
