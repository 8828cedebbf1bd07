"""Two captures side by side: what changed, or what two places on a real path saw of the same traffic."""

import json
import re
import shutil
import subprocess

import pytest

from tests.makers import two_places
from tests.makers.program import ROOT, run_program

CAPTURES = ROOT / "captures"
EXPECTED_SET = ("--etc", CAPTURES / "pki" / "etc" / "sdk3")


def traffic(*names: str) -> list:
    """Captures and the keys of all of them."""
    words: list = []
    for name in names:
        words += [
            path for path in (CAPTURES / name).iterdir() if path.name.startswith("capture.pcap")
        ]
    for name in names:
        words += ["--keys", CAPTURES / name / "keys.log"]
    return words


def compared(*arguments) -> dict:
    done = run_program("compare", *arguments, "-f", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["schema"] == "hsm-analyzer/compare/1"
    return told


def values(counted: list[dict]) -> list[str]:
    return [each["value"] for each in counted]


def test_what_changed_in_the_handshake_is_told_before_and_after():
    told = compared(*traffic("tls13-in-tls13", "tls12-in-tls13"))
    assert told["kind"] == "change"
    changes = {c["key"]: (values(c["before"]), values(c["after"])) for c in told["changes"]}
    assert changes["inner.version"] == (["TLS 1.3"], ["TLS 1.2"])
    assert changes["inner.history"] == (["CsioxyfIF"], ["CsxknGIFtif"])
    assert not [key for key in changes if key.startswith("outer.")]
    assert {t["key"] for t in told["timings"]} >= {"outer handshake", "inner handshake"}


def test_only_the_server_that_changed_is_told():
    told = compared(*traffic("three-hsms", "three-hsms-one-of-another-ca"), *EXPECTED_SET)
    assert {c["about"] for c in told["changes"]} == {"10.0.2.22:2223"}
    changes = {c["key"]: c for c in told["changes"]}
    assert values(changes["outcome"]["after"]) == ["failed"]
    assert values(changes["cause"]["after"]) == ["inner-server-certificate-refused"]
    before, after = (values(changes["inner.server_cert"][w])[0] for w in ("before", "after"))
    assert "SHA-256 90ee11c7" in before
    assert "SHA-256 ebb091f1" in after
    assert changes["inner.server_cert"]["frames"] == [37, 62]


def test_the_text_says_the_same():
    done = run_program(
        "compare", *traffic("three-hsms", "three-hsms-one-of-another-ca"), *EXPECTED_SET
    )
    assert done.returncode == 0
    told = [line.rstrip() for line in done.stdout.decode().splitlines()]
    assert told[0].startswith("before  ")
    assert told[0].endswith(": 3 connections: 3 established")
    assert told[1].endswith(": 3 connections: 2 established, 1 failed")
    at = told.index("10.0.2.22:2223")
    assert told[at + 1].split() == ["outcome", "before", "established"]
    assert told[at + 2].split() == ["after", "failed"]


def test_a_capture_compared_with_another_of_the_same_kind_has_not_changed():
    told = compared(*traffic("header-per-message-big-endian", "header-per-message-big-endian"))
    assert told["kind"] == "vantage"
    (pair,) = told["vantage"]["pairs"]
    assert pair["between"] == []
    assert (
        told["vantage"]["clock"]["offset_ns"],
        told["vantage"]["clock"]["one_way_delay_ns"],
    ) == (*(0, 0),)
    told = compared(
        *traffic("header-per-message-big-endian", "header-per-message-big-endian"), "--as", "change"
    )
    assert told["changes"] == []


def test_two_captures_are_needed():
    done = run_program("compare", *traffic("tls13-in-tls13"))
    assert done.returncode == 2
    assert b"compare takes two captures, not 1" in done.stderr


def test_an_empty_capture_is_inconclusive(tmp_path):
    (capture, *_) = traffic("tls13-in-tls13")
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(capture.read_bytes()[:24])
    done = run_program("compare", capture, empty)
    assert done.returncode == 3
    assert b"no TCP connection to compare" in done.stderr


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A real path with a router that clamps, rewrites, loses and injects, recorded at both ends."""
    if two_places.MISSING:
        pytest.skip(two_places.MISSING)
    directory = tmp_path_factory.mktemp("places")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=CloudHSM"),
            *("-days", "30", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    both = directory / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    path = two_places.TwoPlaces(directory)
    try:
        with path.running(both):
            for port in (2223, 2224, 2225):
                path.connect(port)
            path.connect(2223, two_places.ALIAS)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
    return directory


def between(told: dict) -> list[dict]:
    """What differs, by key and side, pair after pair."""
    return [
        {(each["key"], each["side"]): each for each in pair["between"]}
        for pair in told["vantage"]["pairs"]
    ]


def test_two_places_see_what_the_router_did(recorded):
    told = compared(recorded / "client.pcap", recorded / "server.pcap")
    assert told["kind"] == "vantage"
    assert told["vantage"]["near_client"] == "first"
    assert told["vantage"]["only"] == {"first": [], "second": []}
    plain, injected, lossy, translated = between(told)
    for pair in (plain, injected, lossy, translated):
        ttl, mss = pair["ttl", "client"], pair["mss", "client"]
        assert (ttl["first"], ttl["second"], ttl["means"]) == ("64", "63", "1 router in between")
        assert (mss["first"], mss["second"]) == ("1460", "1200")
        assert mss["means"] == "something in between rewrites the MSS"
    assert {key for key, _ in plain} == {"ttl", "mss"}
    reset = injected["reset", "server"]
    assert re.fullmatch(r"RST in frame \d+", reset["first"])
    assert (reset["second"], reset["means"]) == (
        "no RST",
        "the server did not send it: something between the two places did",
    )
    lost = lossy["segments", "server"]
    assert int(lost["second"]) > int(lost["first"])
    assert lost["means"].endswith("of the server's lost between the two places")
    assert int(lossy["retransmissions", "server"]["second"]) > 0
    rewritten = [pair["rewritten"] for pair in told["vantage"]["pairs"]]
    assert rewritten == [False, False, False, True]
    assert told["vantage"]["pairs"][3]["first"]["server"]["address"] == two_places.ALIAS
    assert told["vantage"]["pairs"][3]["second"]["server"]["address"] == two_places.SERVER


def test_the_order_of_the_two_captures_changes_names_only(recorded):
    there = compared(recorded / "client.pcap", recorded / "server.pcap")["vantage"]
    back = compared(recorded / "server.pcap", recorded / "client.pcap")["vantage"]
    assert (there["near_client"], back["near_client"]) == ("first", "second")
    means = [
        [
            sorted((e["key"], e["side"] or "", e["means"]) for e in p["between"])
            for p in told["pairs"]
        ]
        for told in (there, back)
    ]
    assert means[0] == means[1]


@pytest.mark.skipif(not shutil.which("editcap"), reason="editcap is not installed")
@pytest.mark.parametrize("shift", ["1.5", "-42.25"])
def test_a_clock_that_is_off_is_measured(recorded, tmp_path, shift):
    shifted = tmp_path / "server.pcap"
    command = ["editcap", "-F", "pcap", "-t", shift, recorded / "server.pcap", shifted]
    subprocess.run(command, check=True, capture_output=True)
    clock = compared(recorded / "client.pcap", shifted)["vantage"]["clock"]
    wanted = float(shift) * 1e9
    uncertain = clock["one_way_delay_ns"]
    assert 0 <= uncertain < 50_000_000
    # The kernel's clock is the same at both ends; tcpdump writes microseconds.
    assert abs(clock["offset_ns"] - wanted) <= uncertain + 2000
    assert min(clock["samples"].values()) >= 5


def test_the_text_of_two_places_names_the_liar(recorded):
    done = run_program("compare", recorded / "client.pcap", recorded / "server.pcap")
    assert done.returncode == 0
    text = " ".join(done.stdout.decode().split())
    assert "the same traffic, captured in two places" in text
    assert "nearer to the client: the first capture" in text
    assert "the server did not send it: something between the two places did" in text
    assert f"{two_places.ALIAS}:2223, in the second capture" in text
