"""However the same connection was captured, the report tells the same facts."""

from __future__ import annotations

import functools
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analyzer.report.json_report import as_json
from analyzer.run.analysis import Options
from analyzer.run.expected_files import load_expectations
from analyzer.run.pipeline import analyze
from tests.makers.cases import ROOT
from tests.makers.reading import (
    SEGMENT_FIELDS,
    needs_tshark,
    segment_of,
    told_by_us,
    tshark,
)
from tests.makers.rewrites import Packet, Variant, recorded, segments_of
from tests.makers.rewrites_of_files import FILES, LINK_TYPES_AND_TUNNELS, plain
from tests.makers.rewrites_of_packets import PACKETS

BASES = ("tls13-in-tls13", "vendor-exchange", "tls12-in-tls12")
VARIANTS = (*FILES, *LINK_TYPES_AND_TUNNELS, *PACKETS)

every_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
every_base = pytest.mark.parametrize("base", BASES)


def test_there_are_enough_of_them():
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS) >= 90


@functools.cache
def packets_of(base: str) -> tuple[Packet, ...]:
    return tuple(recorded(ROOT / "captures" / base / "capture.pcap"))


@functools.cache
def options(base: str, *, embedded: bool = False, reader: str = "fast") -> Options:
    keys = () if embedded else (ROOT / "captures" / base / "keys.log",)
    return Options(
        key_logs=keys,
        expected=load_expectations(etc=ROOT / "captures/pki/etc/sdk3"),
        reader=reader,
        contain_crashes=False,
    )


def made(variant: Variant, base: str) -> list[bytes]:
    keys = (ROOT / "captures" / base / "keys.log").read_bytes()
    return variant.make(packets_of(base), keys)


def report(files: list[bytes], chosen: Options) -> dict[str, Any]:
    return as_json(analyze([io.BytesIO(file) for file in files], chosen), der=True)


# What depends on when and in which frame something was captured, not on what happened.
PLACES = {"frame", "frames", "first_frame", "last_frame", "input", "time", "start", "end", "stream"}


def facts(connection: Any, *, addresses: bool = True) -> Any:
    """Everything told of a connection but for places, times and TCP's own story."""
    if isinstance(connection, list):
        return [facts(each, addresses=addresses) for each in connection]
    if isinstance(connection, str):
        return re.sub(
            r"\bframes? \d+(-\d+)?|SSLKEYLOGFILE \S+|the capture|\S+keys\.log", "", connection
        )
    if not isinstance(connection, dict):
        return connection
    passed = PLACES | {"tcp", "timing"} | (set() if addresses else {"address", "client", "server"})
    kept = {
        key: facts(value, addresses=addresses)
        for key, value in connection.items()
        if key not in passed
        or (key in {"client", "server"} and not (isinstance(value, dict) and "port" in value))
    }
    if isinstance(kept.get("messages"), list):  # the order of the two sides depends on the capture
        for kind in ("messages", "alerts"):
            kept[kind] = sorted(kept[kind], key=lambda message: message["side"])
        kept["history"] = "".join(sorted(kept["history"]))
    return kept


@functools.cache
def plain_facts(base: str, *, addresses: bool = True) -> list[Any]:
    told = report([plain(packets_of(base))], options(base))
    assert told["verdict"] == "pass"
    assert [c["stage"] for c in told["connections"]] == ["inner-established"]
    return facts(told["connections"], addresses=addresses)


@every_base
def test_the_plain_copy_tells_what_the_recording_tells(base: str):
    recording = (ROOT / "captures" / base / "capture.pcap").read_bytes()
    assert facts(report([recording], options(base))["connections"]) == plain_facts(base)


@every_base
@every_variant
def test_a_variant_tells_the_same_facts(variant: Variant, base: str):
    chosen = options(base, embedded=variant.embedded)
    if not variant.times:
        first = packets_of(base)[0].time // 1_000_000_000
        chosen = replace(chosen, at=datetime.fromtimestamp(first, UTC))
    told = report(made(variant, base), chosen)
    for connection in told["connections"]:
        own = [f for f in connection["findings"] if f["code"] in variant.also]
        assert tuple(f["code"] for f in own) == variant.also
        connection["findings"] = [f for f in connection["findings"] if f not in own]
    expected = plain_facts(base, addresses=variant.addresses) * variant.copies
    assert facts(told["connections"], addresses=variant.addresses) == expected
    assert told["verdict"] == "pass"


@every_base
def test_without_times_nothing_is_known_of_validity(base: str):
    [untimed] = [each for each in VARIANTS if not each.times]
    told = report(made(untimed, base), options(base))
    [connection] = told["connections"]
    slots = [f for f in connection["findings"] if f["code"].endswith("-certificate")]
    assert [f["status"] for f in slots] == ["unknown"] * 3
    assert all("the capture has no times" in f["message"] and "--at" in f["advice"] for f in slots)
    assert (told["verdict"], connection["outcome"]) == ("unknown", "established")


@pytest.mark.parametrize(
    "variant", [each for each in VARIANTS if each.scapy], ids=lambda variant: variant.name
)
def test_scapy_reads_the_same(variant: Variant):
    for base in BASES:
        files = made(variant, base)
        assert segments_of(files, "scapy") == segments_of(files) != []


@pytest.mark.parametrize("base", BASES)
def test_scapys_report_is_the_same(base: str):
    """On files of its own kind: the decoders' output is compared on all."""
    for variant in (VARIANTS[0], *PACKETS[:6]):
        files = made(variant, base)
        fast = report(files, options(base, embedded=variant.embedded))
        slow = report(files, options(base, embedded=variant.embedded, reader="scapy"))
        assert slow["connections"] == fast["connections"]


@needs_tshark
@pytest.mark.parametrize(
    ("variant", "base"),
    [
        pytest.param(variant, BASES[number % 3], id=f"{variant.name}-{BASES[number % 3]}")
        for number, variant in enumerate(each for each in VARIANTS if each.tshark)
    ],
)
def test_tshark_agrees(variant: Variant, base: str, tmp_path: Path):
    [file] = made(variant, base)
    path = tmp_path / "it"
    path.write_bytes(file)
    keys = ROOT / "captures" / base / "outer-keys.log"
    rows = tshark(path, *SEGMENT_FIELDS, "tls.handshake.certificate", options=tls_options(keys))
    ours, theirs = told_by_us(segments_of([file])), [segment_of(row[:4]) for row in rows]
    if not variant.times:
        ours, theirs = ([(n, *rest) for n, _, *rest in each] for each in (ours, theirs))
    assert ours == theirs
    if variant.tshark == "tls":
        connections = report([file], options(base, embedded=variant.embedded))["connections"]
        outer = connections[0]["sessions"][0]["certificates"]
        shown = [c["der"] for side in ("server", "client") for c in outer[side]]
        seen = [der for row in rows for der in row[4].replace(":", "").split(",") if der]
        assert seen == shown * variant.copies


def tls_options(keys: Path) -> tuple[str, ...]:
    """tshark's, to read the outer TLS."""
    return (
        *("-2", "-o", "tcp.reassemble_out_of_order:TRUE"),
        *("-o", f"tls.keylog_file:{keys}", "-d", "tcp.port==2223,tls"),
    )


def test_names_and_comments_are_in_the_report_and_keys_in_comments_are_not():
    by_name = {variant.name: variant for variant in FILES}
    base = BASES[2]
    told = report(made(by_name["pcapng-comments-names-custom-blocks"], base), options(base))
    [source] = told["inputs"]
    assert source["names"] == [
        {"address": "10.0.1.10", "name": "client.example"},
        {"address": "10.0.2.21", "name": "hsm.example"},
    ]
    assert source["comments"][0] == {"frame": None, "text": "a section"}
    # Wireshark numbers custom blocks too: each packet has one behind it.
    assert source["comments"][1:3] == [
        {"frame": 1, "text": "frame 0"},
        {"frame": 3, "text": "frame 1"},
    ]
    keys = (ROOT / "captures" / base / "keys.log").read_text()
    secret = keys.split()[2]
    files = made(by_name["pcapng-secrets-in-a-comment"], base)
    told = report(files, options(base, embedded=True))
    assert told["verdict"] == "pass"
    [source] = told["inputs"]
    assert source["comments"][0]["text"].startswith("CLIENT_RANDOM (hex) (hex)")
    assert secret[:16] not in json.dumps(told)


def tcp_of(name: str, base: str = BASES[2]) -> dict[str, Any]:
    """TCP's own story in a variant's report."""
    [variant] = [each for each in VARIANTS if each.name == name]
    told = report(made(variant, base), options(base, embedded=variant.embedded))
    return told["connections"][0]["tcp"]


def per_side(tcp: dict[str, Any], what: str) -> list[Any]:
    return [tcp["sides"][side][what] for side in ("client", "server")]


def test_tcp_tells_what_was_done_to_it():
    quiet = tcp_of("pcap-us-little")
    assert (quiet["tunnels"], quiet["icmp"], quiet["gaps"]) == ([], [], [])
    for what in ("retransmissions", "recovered", "captured_twice", "keep_alives", "zero_windows"):
        assert per_side(quiet, what) == [0, 0]
    data = [
        sum(p.side == side and bool(p.payload) for p in packets_of(BASES[2])) for side in (0, 1)
    ]
    again = tcp_of("everything-sent-again")
    assert per_side(again, "retransmissions") == data
    assert per_side(again, "payload_bytes") == per_side(quiet, "payload_bytes")
    twice = tcp_of("everything-captured-twice")
    assert per_side(twice, "retransmissions") == [0, 0]
    assert per_side(twice, "captured_twice") == per_side(quiet, "segments")
    assert min(per_side(tcp_of("keep-alives"), "keep_alives")) > 0
    assert min(per_side(tcp_of("zero-windows"), "zero_window_ms")) > 0
    assert sum(per_side(tcp_of("reversed-in-groups-of-7"), "out_of_order")) > 0
    assert all(per_side(tcp_of("overlaps-with-other-bytes"), "disputed"))
    [error] = tcp_of("icmp-fragmentation-needed")["icmp"]
    assert (error["source"], error["mtu"]) == ("198.51.100.1", 1300)
    assert tcp_of("vxlan-in-geneve")["tunnels"] == [["GENEVE 0", "VXLAN 8"]]
    assert tcp_of("opening-not-captured")["handshake"] == "unseen"
    assert tcp_of("simultaneous-open")["handshake"] == "simultaneous"
    assert tcp_of("half-closed")["ended_by"] == "fin"


def test_a_direction_that_is_missing_is_said_to_be():
    for side, word in ((0, "client"), (1, "server")):
        half = plain([each for each in packets_of(BASES[2]) if each.side != side])
        told = report([half], options(BASES[2]))
        [connection] = told["connections"]
        assert told["verdict"] == "unknown"
        assert connection["outcome"] == "unseen"
        [lost] = [f for f in connection["findings"] if f["code"] == "bytes-lost-by-the-capture"]
        assert lost["side"] == word
        [gap] = connection["tcp"]["gaps"]
        sent = sum(len(p.payload) for p in packets_of(BASES[2]) if p.side == side)
        assert (gap["side"], gap["why"]) == (word, "not captured")
        # Its FIN takes a sequence number too, and in a direction that is not there looks like a byte.
        assert gap["bytes"] == sent + 1
