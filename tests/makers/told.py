"""Reports by hand: small facts put together as the pipeline would, for the faces that show them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from analyzer.report.model import Connection, Input, Report
from analyzer.session.certificates import Certificate, parse_certificate
from analyzer.session.facts import Conversation, MessageSeen, Presented, Session
from analyzer.session.timeline import history
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.tls.events import Alert, Proof, RecordCounts, Sealed
from analyzer.transport.facts import Endpoint, SideFacts, TcpFacts
from analyzer.verdict.finding import SLOTS, Cause, Confidence, Finding, Status

START = 1_764_000_000_000_000_000
MS = 1_000_000

# Sides and messages of a full TLS 1.2 handshake with mutual authentication: Zeek's CsxkrnXGYIFtif.
TLS12 = (
    (CLIENT, "client_hello"),
    (SERVER, "server_hello"),
    (SERVER, "certificate"),
    (SERVER, "server_key_exchange"),
    (SERVER, "certificate_request"),
    (SERVER, "server_hello_done"),
    (CLIENT, "certificate"),
    (CLIENT, "client_key_exchange"),
    (CLIENT, "certificate_verify"),
    (CLIENT, "change_cipher_spec"),
    (CLIENT, "finished"),
    (SERVER, "change_cipher_spec"),
    (SERVER, "finished"),
)


def span(frame: int) -> Span:
    """One frame; a frame a millisecond."""
    return Span(frame, frame, START + frame * MS, START + frame * MS)


@functools.cache
def certificate(name: str = "CloudHSM", *, expired: bool = False) -> Certificate:
    """A real self-signed certificate of that common name."""
    key = ec.derive_private_key(sum(name.encode()) + 2, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(0xB7FA7A40976CBE82)
        .not_valid_before(datetime(2016, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2017 if expired else 2036, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return parse_certificate(built.public_bytes(serialization.Encoding.DER))


def messages(
    flow: Sequence[tuple[Side, str]] = TLS12, *, first: int = 4, encrypted: bool = False
) -> tuple[MessageSeen, ...]:
    """The messages of `flow`, every flight in a frame of its own."""
    told = []
    frame, last = first, flow[0][0] if flow else CLIENT
    for side, kind in flow:
        frame, last = frame + (side is not last), side
        told.append(MessageSeen(side, kind, 100, span(frame), encrypted or kind == "finished"))
    return tuple(told)


def session(level: int = 0, **changes) -> Session:
    """An established TLS 1.2 session; `changes` override its fields."""
    server = "CloudHSM" if level == 0 else "HSM:abc:PARTN:1, for FIPS mode"
    told = Session(
        level=level,
        handshake=0,
        outcome="established",
        version=0x0303,
        offered_versions=(0x0303,),
        offered_suites=(0xC030, 0xC02F),
        suite=0xC030,
        server_name=None,
        alpn=None,
        client_random=bytes(range(32)),
        server_random=bytes(range(32, 64)),
        resumed=False,
        resumes="",
        history="",
        certificates=(
            (Presented(certificate("ssl-client"), span(6)),),
            (Presented(certificate(server), span(5)),),
        ),
        certificate_request=True,
        authorities=(),
        keys=("CLIENT_RANDOM", "CLIENT_RANDOM"),
        sealed=(),
        alerts=(),
        proofs=(
            Proof("server_key_exchange", "valid", "", 0),
            Proof("finished_client", "valid", "", 0),
            Proof("finished_server", "valid", "", 0),
        ),
        messages=messages(first=4 + 10 * level, encrypted=level > 0),
        malformed=(),
        recovered=(),
        skipped=(),
        framing="bare" if level else "",
        counts=(RecordCounts(9, 5, 900, 0), RecordCounts(8, 5, 1900, 0)),
        first_records=((), ()),
        application=(700, 800),
        closed=("close_notify", "close_notify"),
        span=span(4).to(span(7)),
    )
    told = replace(told, **changes)
    return told if told.history else replace(told, history=history(told.messages))


def tcp(port: int = 40000, **changes) -> TcpFacts:
    """A connection that was opened, and closed by the client."""
    told = TcpFacts(
        client=Endpoint("10.0.0.1", port),
        server=Endpoint("10.0.2.9", 2223),
        oriented_by="syn",
        opening="complete",
        syns=1,
        rtt_ns=420_000,
        longest_silence_ns=3 * MS,
        silence_after=7,
        gaps=(),
        ended_by="fin",
        ended_by_side=CLIENT,
        paths=(),
        icmp=(),
        span=span(1).to(span(20)),
        sides=(
            SideFacts(segments=10, payload_bytes=2000, mss=1460, ttls=(64,), fin=span(19)),
            SideFacts(segments=9, payload_bytes=3000, mss=8961, ttls=(255,), fin=span(20)),
        ),
    )
    return replace(told, **changes)


def slot(code: str, status: Status = Status.PASS, **changes) -> Finding:
    """The finding about one certificate slot."""
    level, side = int(code.startswith("inner")), CLIENT if "client" in code else SERVER
    words = {
        Status.PASS: "is the expected certificate",
        Status.FAIL: "is not the certificate that is expected",
        Status.UNKNOWN: "was not seen",
    }
    told = Finding(
        code,
        status,
        f"{code.replace('-', ' ')} {words[status]}",
        level,
        side,
        expected="CN=CloudHSM, serial B7FA7A40976CBE82",
        observed="CN=CloudHSM, serial B7FA7A40976CBE82",
        evidence=(span(5),),
    )
    return replace(told, **changes)


def established(stream: int = 0, port: int = 40000) -> Connection:
    """Both levels done, the three usual slots as expected."""
    told = Conversation(
        stream, tcp(port), "established", "inner-established", (session(0), session(1))
    )
    findings = tuple(slot(code) for code in SLOTS if code != "inner-client-certificate")
    return Connection(told, findings)


CAUSE = Cause(
    "outer-server-certificate-rejected",
    "the client refused the host's certificate: unknown CA",
    Confidence.CERTAIN,
    "Put the host's certificate into /opt/cloudhsm/etc/certs.",
    evidence=(span(6),),
    alternatives=("the file is there but its hash link is not",),
    decide=("ls -l /opt/cloudhsm/etc/certs",),
    limitations=("the client's own log is not part of the capture",),
)


def rejected(stream: int = 1, port: int = 40001) -> Connection:
    """The client refuses the outer server certificate with unknown_ca and closes by RST."""
    alert = Alert(CLIENT, 2, 48, span(6), encrypted=False, handshake=0)
    flow = (*TLS12[:6], (CLIENT, "alert"))
    outer = session(
        0,
        outcome="failed",
        certificates=(None, (Presented(certificate("CloudHSM impostor"), span(5)),)),
        keys=("", ""),
        proofs=(),
        alerts=(alert,),
        messages=messages(flow),
        application=(0, 0),
        closed=("reset", "fin"),
    )
    facts = tcp(
        port,
        ended_by="reset",
        sides=(
            SideFacts(segments=4, payload_bytes=300, mss=1460, ttls=(64,), reset=span(7)),
            SideFacts(segments=3, payload_bytes=1500, mss=8961, ttls=(255,)),
        ),
        span=span(1).to(span(7)),
    )
    told = Conversation(stream, facts, "failed", "outer-certificates", (outer,))
    bad = slot(
        "outer-server-certificate",
        Status.FAIL,
        observed="CN=CloudHSM impostor",
        notes=("X.509 version 3",),
        advice="Compare with 21a10654.0.",
    )
    return Connection(told, (bad,), CAUSE)


def sealed(stream: int = 2, port: int = 40002) -> Connection:
    """TLS 1.3 without keys: nothing behind the ServerHello can be seen."""
    why = Sealed(
        SERVER,
        "handshake",
        "no-keys",
        "no key log line for this client random",
        "a SERVER_HANDSHAKE_TRAFFIC_SECRET line for " + bytes(range(32)).hex(),
        span(5),
        0,
    )
    outer = session(
        0,
        outcome="unseen",
        version=0x0304,
        suite=0x1302,
        certificates=(None, None),
        certificate_request=None,
        resumed=None,
        keys=("", ""),
        proofs=(),
        sealed=(why,),
        messages=messages(TLS12[:2]),
        closed=("", ""),
    )
    told = Conversation(stream, tcp(port), "unseen", "outer-hello", (outer,))
    findings = tuple(
        slot(code, Status.UNKNOWN, observed="", evidence=()) for code in SLOTS if "outer" in code
    )
    return Connection(told, findings)


def refused(stream: int = 3, port: int = 40003) -> Connection:
    """The port is closed: SYN, RST."""
    facts = tcp(
        port,
        opening="refused",
        rtt_ns=None,
        ended_by="reset",
        ended_by_side=SERVER,
        sides=(SideFacts(segments=1, mss=1460), SideFacts(segments=1, reset=span(2))),
        span=span(1).to(span(2)),
    )
    cause = Cause(
        "tcp-refused", "the server's port is closed", Confidence.CERTAIN, "Start the HSM."
    )
    return Connection(Conversation(stream, facts, "failed", "none", ()), (), cause)


def report(*connections: Connection, **changes) -> Report:
    """A report over these connections, with the verdict that follows from their outcomes and slots."""
    statuses = {f.status for c in connections for f in c.findings}
    if any(c.conversation.outcome == "failed" for c in connections) or Status.FAIL in statuses:
        verdict, reasons = Status.FAIL, ("a connection failed",)
    elif Status.UNKNOWN in statuses or not connections:
        verdict, reasons = Status.UNKNOWN, ("a slot is unknown",)
    else:
        verdict, reasons = Status.PASS, ()
    told = Report(
        (Input("capture.pcap", "pcap", frames=20, bytes=4000),), connections, (), verdict, reasons
    )
    return replace(told, **changes)
