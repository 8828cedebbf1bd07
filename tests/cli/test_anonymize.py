"""`anonymize`: other addresses, the same facts, and a refusal where an original value would be left."""

import json
import re
import shutil
import stat
import subprocess

import pytest

from analyzer.run.anonymize import occurrences
from tests.makers.cases import cases
from tests.makers.program import run_program

CASES = {case.name: case for case in cases()}
KEY = "ab" * 16
NAMES = (
    "tls12-in-tls12",
    "tls13-in-tls13",
    "ipv6",
    "any-interface",
    "three-hsms",
    "no-answer-to-syn",
)


def anonymize(name: str, target, *arguments: object):
    return run_program("anonymize", CASES[name].capture, "-o", target, "--key", KEY, *arguments)


def facts(capture, case) -> list[dict]:
    """The report without addresses, and without what counts frames of other connections."""
    done = run_program("analyze", capture, *case.keys("all"), "--format", "json")
    found = json.loads(done.stdout)["connections"]
    for connection in found:
        for key in ("client", "server", "first_frame", "last_frame", "cause", "findings"):
            del connection[key]
    text = re.sub(r'"frames?": (\d+|\[[^]]*\])', '"frame": 0', json.dumps(found))
    return json.loads(re.sub(r'"(time|start|end)": "[^"]*"', '"time": ""', text))


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_stay_and_the_addresses_go(name, tmp_path):
    case = CASES[name]
    target = tmp_path / "shown.pcapng"
    done = anonymize(name, target)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    expected, found = facts(case.capture, case), facts(target, case)
    for before, after in zip(expected, found, strict=True):
        assert after["sessions"] == before["sessions"]
        assert after["tcp"] == before["tcp"]
    for facts_of in case.expected["connections"]:
        address = facts_of["server"].rpartition(":")[0].strip("[]")
        assert address.encode() not in target.read_bytes()


def test_the_same_key_gives_the_same_pseudonyms_and_another_key_others(tmp_path):
    for name in ("one", "two"):
        anonymize("tls12-in-tls12", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    done = run_program("anonymize", CASES["tls12-in-tls12"].capture, "-o", tmp_path / "three")
    assert (tmp_path / "three").read_bytes() != (tmp_path / "one").read_bytes()
    assert done.stderr.count(b"--key ") == 1


def test_what_tls_says_is_listed():
    done = anonymize("tls12-in-tls12", "/dev/null")
    assert b"cannot be hidden: certificate of the client: C=US, O=Example of AWS" in done.stderr


def test_embedded_keys_are_dropped_unless_wanted(tmp_path):
    case = CASES["embedded-secrets"]
    anonymize("embedded-secrets", tmp_path / "without")
    assert b"CLIENT_" not in (tmp_path / "without").read_bytes()
    anonymize("embedded-secrets", tmp_path / "with", "--keep-secrets")
    done = run_program("analyze", tmp_path / "with", "--format", "json")
    assert json.loads(done.stdout)["connections"][0]["stage"] == "inner-established"
    assert case.capture.read_bytes().count(b"CLIENT_")


def test_truncated_data_is_cut_like_a_snap_length(tmp_path):
    target = tmp_path / "cut.pcapng"
    assert anonymize("tls12-in-tls12", target, "--truncate-data", "400").returncode == 0
    (connection,) = json.loads(run_program("analyze", target, "--format", "json").stdout)[
        "connections"
    ]
    assert {gap["why"] for gap in connection["tcp"]["gaps"]} == {"snapped"}


def test_comments_and_names_do_not_come_along(tmp_path):
    editcap = shutil.which("editcap")
    if editcap is None:
        pytest.skip("editcap is not installed")
    commented = tmp_path / "commented.pcapng"
    subprocess.run(
        [editcap, "-a", "1:seen by host-of-alice", CASES["tls12-in-tls13"].capture, commented],
        check=True,
    )
    assert b"host-of-alice" in commented.read_bytes()
    target = tmp_path / "shown.pcapng"
    done = run_program("anonymize", commented, "-o", target)
    assert done.returncode == 0, done.stderr
    assert b"host-of-alice" not in target.read_bytes()


def test_a_value_that_is_left_is_found_and_a_longer_number_is_not_it():
    assert occurrences([b"10.0.0.1"], b"to 10.0.0.1, then") == [b"10.0.0.1"]
    assert occurrences([b"10.0.0.1"], b"to 10.0.0.11 and 110.0.0.1") == []
    assert occurrences([b"host-of-alice"], b"xhost-of-alicex") == [b"host-of-alice"]


def test_an_address_in_a_certificate_is_refused(tmp_path, certificate_with_address):
    target = tmp_path / "shown.pcapng"
    done = run_program("anonymize", certificate_with_address, "-o", target)
    assert done.returncode == 1
    assert b"an original address stands in certificate of the server" in done.stderr
    assert not target.exists()


@pytest.fixture
def certificate_with_address(tmp_path):
    """A handshake whose server shows a certificate with the server's own address in it."""
    import ipaddress

    from cryptography import x509

    from analyzer.capture import synthetic, writer
    from analyzer.stream import Chunk, Side, Span
    from tests.makers.certificates import issue

    server = "203.0.113.77"
    name = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(server))])
    made = issue("CN=with address", extensions=[(name, False)])
    der = made.der
    body = (len(der) + 3).to_bytes(3) + len(der).to_bytes(3) + der
    hello = bytes.fromhex("0303") + bytes(32) + b"\0" + bytes.fromhex("c02f00")
    client = bytes.fromhex("0303") + bytes(32) + b"\0" + bytes.fromhex("0002c02f0100")

    def record(kind: int, message: bytes) -> bytes:
        handshake = bytes((kind,)) + len(message).to_bytes(3) + message
        return b"\x16\x03\x03" + len(handshake).to_bytes(2) + handshake

    connection = synthetic.Connection(("198.51.100.5", 40000), (server, 2223))
    frames = list(connection.open())
    for side, data in ((0, record(1, client)), (1, record(2, hello) + record(11, body))):
        frames += connection.event(Chunk(Side(side), data, Span(1, 1, 1, 1)))
    path = tmp_path / "with-address.pcapng"
    blocks = [writer.section(application="test"), writer.interface(writer.ETHERNET)]
    blocks += [writer.packet(frame, 10**18 + at) for at, frame in enumerate(frames)]
    path.write_bytes(b"".join(blocks))
    return path
