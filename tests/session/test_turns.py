"""Every turn a handshake can take, on real sessions: at the outer level, and inside another TLS session."""

from __future__ import annotations

import functools
import re
import shutil
import sys

import pytest

from analyzer.session.facts import Conversation, Session
from analyzer.session.origins import Origins
from analyzer.session.stack import Stack
from analyzer.stream import CLIENT, SERVER
from analyzer.tls import decompression, parsers
from analyzer.tls.secrets import Secrets
from tests.makers.tls_memory import TLS12, TLS13, stream, tunnelled
from tests.makers.tls_turns import TURNS
from tests.makers.told import tcp

VALID12 = ("server_key_exchange", "finished_client", "finished_server")
VALID13 = ("certificate_verify_server", "finished_client", "finished_server")
MUTUAL = "certificate_verify_client"

# turn -> of its last connection: history of each handshake, proofs that are valid (of all handshakes).
# Where two programs race a pattern says so: what is sent first behind the handshake, who closes.
EXPECTED = {
    "mutual TLS 1.2": (["CsxkrnXGYIFtifDdLl"], {*VALID12, MUTUAL}),
    "mutual TLS 1.3": (["CsiorxyfIXYFttDdLl"], {*VALID13, MUTUAL}),
    "HelloRetryRequest": (["CjiICsorxyfXYFttDdLl"], {*VALID13, MUTUAL}),
    "session ID": (["CsifIFDdLl"], {"finished_client", "finished_server"}),
    "ticket": (["CsifIFDdLl"], {"finished_client", "finished_server"}),
    "PSK": (["CsiofIFtDdLl"], {"finished_client", "finished_server"}),
    "renegotiation by the client": (["CsxknGIFtifD", "CsxknGIFtifDd"], set(VALID12)),
    "renegotiation by the server": (["CsxknGIFtifDh", "CsifIFDd"], set(VALID12)),
    "post-handshake authentication": (
        ["CsioxyfIFttDrdXYFttLl"],
        {*VALID13, "certificate_verify_late", "finished_late"},
    ),
    "post-handshake authentication without a certificate": (
        ["CsioxyfIFttDrdXFttLl"],
        {*VALID13, "finished_late"},
    ),
    "KeyUpdate by the client": (["CsioxyfIFttdPDpPpl?"], set(VALID13)),
    "KeyUpdate by the server": (["CsioxyfIFttdpPDpPl?"], set(VALID13)),
    "early data accepted": (["CsiofIDEFtdl?"], {"finished_client", "finished_server"}),
    "early data rejected": (["CsioxyfIFttdDl?"], set(VALID13)),
    "certificate status in TLS 1.2": (["CsxuknGIFtifDdl?"], set(VALID12)),
    "certificate status in TLS 1.3": (["CsioxyfIF(Dtt|tDt|ttD)dl?"], set(VALID13)),
    "encrypted client hello": (["CsioxyfIFttD"], set(VALID13)),
    "max fragment length": (["CsxknGIFtifDdl?"], set(VALID12)),
    "record size limit": (["CsioxyfIF(Dtt|tDt|ttD)d(Ll?|lL?)"], set(VALID13)),
    "certificate compressed with zlib": (["CsioxyfIFDd(Ll?|lL?)"], set(VALID13)),
    "certificate compressed with brotli": (["CsioxyfIFDd(Ll?|lL?)"], set(VALID13)),
    "certificate compressed with zstd": (["CsioxyfIFDd(Ll?|lL?)"], set(VALID13)),
    "raw public key in TLS 1.2": (["CsxknGIFtifDd(Ll?|lL?)"], set(VALID12)),
    "raw public key in TLS 1.3": (["CsioxyfIF(Dtt|tDt|ttD)d(Ll?|lL?)"], set(VALID13)),
    "heartbeat": (["CsxknGIFifDd(Ll?|lL?)"], set(VALID12)),
    "client refuses in TLS 1.2": (["CsxkrnL"], {"server_key_exchange"}),
    "client refuses in TLS 1.3": (["CsiorxyfL"], {"certificate_verify_server", "finished_server"}),
    "server refuses in TLS 1.2": (
        ["CsxkrnXGYIFl"],
        {"server_key_exchange", MUTUAL, "finished_client"},
    ),
    "server refuses in TLS 1.3": (["CsiorxyfIXYFl"], {*VALID13, MUTUAL}),
    "closed by the client alone": (["CsiorxyfIXYFttDL"], {*VALID13, MUTUAL}),
    "closed by the server alone": (["CsiorxyfIXYFttDl"], {*VALID13, MUTUAL}),
    "data after close": (["CsiorxyfIXYFttDLd"], {*VALID13, MUTUAL}),
}


@functools.cache
def wires(turn):
    needs = {"raw public": "gnutls-serv", "record size": "gnutls-serv"}
    for word, program in needs.items():
        if turn.startswith(word) and not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    if turn.startswith("certificate compressed") or turn == "heartbeat":
        pytest.importorskip("tlslite")
    return TURNS[turn]()


def conversations(turn, outer=None) -> list[Conversation]:
    """The turn's connections, each alone or inside an outer session."""
    secrets, origins = Secrets(), Origins()
    told = []
    for number, wire in enumerate(wires(turn)):
        secrets.add_key_log(wire.key_log)
        flights = wire.flights
        if outer is not None:
            pair = tunnelled(flights, outer)
            secrets.add_key_log(pair.contexts.key_log)
            flights = pair.flights
        stack = Stack(number, secrets, origins)
        for event in stream(flights):
            stack.feed(event)
        told.append(stack.conversation(tcp()))
    return told


def sessions(turn, outer=None) -> list[Session]:
    """Those of the turn's last connection, at the turn's level."""
    level = 0 if outer is None else 1
    return [s for s in conversations(turn, outer)[-1].sessions if s.level == level]


@pytest.mark.parametrize("turn", EXPECTED)
def test_a_turn_at_the_outer_level_is_told_and_proved(turn):
    told = sessions(turn)
    histories, valid = EXPECTED[turn]
    assert len(told) == len(histories)
    for session, pattern in zip(told, histories, strict=True):
        assert re.fullmatch(pattern, session.history), session.history
    proofs = {(proof.kind, proof.result) for session in told for proof in session.proofs}
    assert {kind for kind, result in proofs if result == "valid"} == valid
    assert {kind for kind, result in proofs if result != "valid"} <= {"psk_binder"}
    for session in told:
        assert session.malformed == ()
        assert session.sealed == ()
        assert session.recovered == ()


@pytest.mark.parametrize(
    ("algorithm", "package"), [("brotli", "brotli"), ("zstd", "backports.zstd")]
)
def test_a_certificate_that_no_package_here_unpacks_is_not_called_broken(
    monkeypatch, algorithm, package
):
    wires(f"certificate compressed with {algorithm}")
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(decompression, "_zstd_module", lambda: "backports.zstd")
    monkeypatch.setattr(parsers, "_READERS", parsers.PARSERS)  # remember none that was unpacked

    (told,) = sessions(f"certificate compressed with {algorithm}")

    assert told.certificates[SERVER] is None
    assert [broken.what for broken in told.malformed] == [
        f"compressed_certificate cannot be unpacked: {package} is not installed "
        "(pip install 'hsm-analyzer[compression]')"
    ]


FACTS = (
    "handshake",
    "outcome",
    "version",
    "suite",
    "alpn",
    "client_random",
    "resumed",
    "history",
    "certificate_request",
    "keys",
    "proofs",
    "malformed",
    "application",
    "closed",
)


@pytest.mark.parametrize("outer", [TLS12, TLS13])
@pytest.mark.parametrize("turn", EXPECTED)
def test_a_turn_at_the_inner_level_is_told_the_same(turn, outer):
    inner, alone = sessions(turn, outer), sessions(turn)
    for one, other in zip(inner, alone, strict=True):
        for fact in FACTS:
            if fact == "closed":
                continue  # who closes without close_notify is told by the level around it
            assert getattr(one, fact) == getattr(other, fact), fact
        for side in (CLIENT, SERVER):
            shown, expected = (
                [p.certificate.sha256 for p in s.certificates[side] or ()] for s in (one, other)
            )
            assert shown == expected
        assert one.framing == "bare"


ESTABLISHED = set(EXPECTED) - {name for name in EXPECTED if "refuses" in name}


@pytest.mark.parametrize("turn", EXPECTED)
def test_the_outcome_is_what_the_peers_came_to(turn):
    expected = "established" if turn in ESTABLISHED else "failed"
    assert {session.outcome for session in sessions(turn)} == {expected}


@pytest.mark.parametrize("outer", [None, TLS13])
@pytest.mark.parametrize("turn", ["session ID", "ticket", "PSK", "early data accepted"])
def test_a_resumed_session_names_where_its_certificates_were_shown(turn, outer):
    first, second = conversations(turn, outer)
    level = 0 if outer is None else 1
    origin = first.at_level(level)
    [shown] = origin.certificates[SERVER]
    resumed = second.at_level(level)
    assert origin.resumed is False
    assert resumed.resumed is True
    assert resumed.certificates == (None, None)
    assert resumed.resumes == f"connection 0, level {level}, frame {shown.at.last}"


def test_resumed_again_and_again_it_names_the_first():
    from tests.makers.tls_turns import resumption

    secrets, origins, told = Secrets(), Origins(), []
    for number, wire in enumerate(resumption(TLS13, again=3)):
        secrets.add_key_log(wire.key_log)
        stack = Stack(number, secrets, origins)
        for event in stream(wire.flights):
            stack.feed(event)
        told.append(stack.conversation(tcp()))
    names = {conversation.at_level(0).resumes for conversation in told[1:]}
    [shown] = told[0].at_level(0).certificates[SERVER]
    assert names == {f"connection 0, level 0, frame {shown.at.last}"}


def test_early_data_that_was_not_taken_is_no_part_of_the_stream():
    [session] = sessions("early data rejected")
    assert session.counts[CLIENT].rejected_records == 1
    assert session.counts[CLIENT].sealed_records == 0
    assert session.application[CLIENT] == len(b"two\n")
    [session] = sessions("early data accepted")
    assert session.application[CLIENT] == len(b"early " * 500) + len(b"two\n")


def test_alerts_of_a_refusal_are_told_with_their_side():
    alerts = {
        turn: [(a.side, a.code, a.encrypted) for session in sessions(turn) for a in session.alerts]
        for turn in EXPECTED
        if "refuses" in turn
    }
    assert alerts == {
        "client refuses in TLS 1.2": [(CLIENT, 48, False)],
        "client refuses in TLS 1.3": [(CLIENT, 48, False)],
        "server refuses in TLS 1.2": [(SERVER, 48, False)],
        "server refuses in TLS 1.3": [(SERVER, 48, True)],
    }


def test_who_closed_is_told():
    assert [s.closed for s in sessions("closed by the client alone")] == [("close_notify", "fin")]
    assert [s.closed for s in sessions("closed by the server alone")] == [("fin", "close_notify")]


@pytest.mark.parametrize("outer", [None, TLS12])
@pytest.mark.parametrize("turn", ["raw public key in TLS 1.2", "raw public key in TLS 1.3"])
def test_a_raw_public_key_is_told_as_one(turn, outer):
    [session] = sessions(turn, outer)
    [shown] = session.certificates[SERVER]
    assert shown.certificate.key == "EC secp256r1"
    assert shown.certificate.subject == ""
    assert shown.certificate.error == "a raw public key (RFC 7250), not a certificate"
