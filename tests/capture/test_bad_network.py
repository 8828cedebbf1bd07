"""Real TCP over a network that loses, doubles and reorders, captured on both hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.report.model import Connection, Report
from analyzer.run.analysis import Options
from analyzer.run.expected_files import load_expectations
from analyzer.run.pipeline import analyze
from analyzer.stream import CLIENT, SERVER
from tests.makers import bad_network
from tests.makers.bad_network import ADDRESSES, BadNetwork, Faults
from tests.makers.cases import ROOT

pytestmark = pytest.mark.skipif(bool(bad_network.missing()), reason=bad_network.missing() or "-")


def talked(folder: Path, client: Faults, server: Faults, seed: int = 1) -> BadNetwork:
    """A whole nested conversation over such a network."""
    from recording.case import INNER12, INNER13, OUTER12, OUTER13, Plan

    outer, inner = ((OUTER12, INNER12), (OUTER13, INNER13))[seed % 2]
    plan = Plan(server=ADDRESSES[1], outer=outer, inner=inner)
    with BadNetwork(folder, (client, server), seed).standing() as network:
        for end in network.connect(plan):
            assert end.error == ""
    return network


def read(folder: Path, *hosts: str) -> Report:
    options = Options(
        key_logs=(folder / "keys.log",),
        expected=load_expectations(etc=ROOT / "captures/pki/etc/sdk3"),
        contain_crashes=False,
    )
    return analyze([folder / f"{host}.pcap" for host in hosts], options)


def only(report: Report) -> Connection:
    [connection] = report.connections
    return connection


def handshakes(connection: Connection) -> list[Any]:
    """What the TLS sessions of all levels came to."""
    told = connection.conversation
    return [
        (told.outcome, told.stage),
        [
            (
                session.level,
                session.outcome,
                session.version,
                session.suite,
                session.client_random,
                tuple(
                    chain and tuple(shown.certificate.sha256 for shown in chain)
                    for chain in session.certificates
                ),
                sorted((proof.kind, proof.result) for proof in session.proofs),
                sorted((alert.side, alert.code) for alert in session.alerts),
                [sum(m.side is side for m in session.messages) for side in (CLIENT, SERVER)],
                session.application,
            )
            for session in told.sessions
        ],
        sorted((finding.code, finding.status) for finding in connection.findings),
    ]


BAD = Faults(lose=0.08, double=0.1, hold=0.15)


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_either_hosts_capture_tells_the_same_handshakes(seed: int, tmp_path: Path):
    network = talked(tmp_path, BAD, BAD, seed)
    assert any(d.lost or d.doubled or d.held for d in network.directions)
    at_client, at_server = (only(read(tmp_path, host)) for host in ("client", "server"))
    assert handshakes(at_client) == handshakes(at_server)
    for connection in (at_client, at_server):
        told = connection.conversation
        assert told.stage == "inner-established"
        assert told.tcp.gaps == ()
        assert all(side.disagreements == () for side in told.tcp.sides)


@pytest.mark.parametrize("lossy", [CLIENT, SERVER], ids=["client", "server"])
def test_a_loss_is_reported_where_it_was(lossy, tmp_path: Path):
    """Before the loss the sender's repeats are seen; behind it, that what was missing came late."""
    faults = [Faults(), Faults()]
    faults[lossy] = Faults(lose_data=4)
    network = talked(tmp_path, *faults)
    lost = network.directions[lossy].lost
    assert len(lost) >= 2
    near, far = ("client", "server") if lossy is CLIENT else ("server", "client")
    before = only(read(tmp_path, near)).conversation.tcp.sides[lossy]
    behind = only(read(tmp_path, far)).conversation.tcp.sides[lossy]
    assert before.retransmissions >= len(lost)
    assert before.recovered == before.out_of_order == 0
    assert behind.retransmissions == before.retransmissions - len(lost)
    assert behind.recovered + behind.out_of_order >= 1
    assert before.payload_bytes == behind.payload_bytes
    for host in ("client", "server"):
        other = only(read(tmp_path, host)).conversation.tcp.sides[lossy.peer]
        assert (other.recovered, other.out_of_order) == (0, 0)


def test_both_captures_at_once_are_recognised_as_two_points(tmp_path: Path):
    talked(tmp_path, Faults(), Faults(), 3)
    report = read(tmp_path, "client", "server")
    alone = only(read(tmp_path, "client"))
    together = only(report)
    assert handshakes(together) == handshakes(alone)
    repeats = [[s.retransmissions for s in c.conversation.tcp.sides] for c in (together, alone)]
    assert repeats[0] == repeats[1]
    [finding] = [f for f in report.findings if f.code == "captures-overlap"]
    assert "client.pcap" in finding.message
    assert "server.pcap" in finding.message
