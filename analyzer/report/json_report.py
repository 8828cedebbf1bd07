"""The report for other programs: schema "hsm-analyzer/report/1" (see `report.schema`).

Additions are allowed, nothing is renamed or removed. It is written out by hand and not dumped from the
facts' classes, so those can change without breaking anyone. The same report gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from analyzer import __version__
from analyzer.report.json_summary import summary_json
from analyzer.report.json_values import (
    Json,
    by_side,
    endpoint_json,
    frame_json,
    hexadecimal,
    milliseconds,
    side_word,
    suite_json,
)
from analyzer.report.model import Connection, Input, Packed, Report
from analyzer.report.words import frame_numbers, iso_date, iso_time
from analyzer.session.certificates import Certificate
from analyzer.session.facts import Carved, Presented, Session
from analyzer.session.timing import StageTime, timing
from analyzer.stream import CLIENT, SERVER, Span, file_of, number_of
from analyzer.tls.constants import alert_level_name, alert_name, version_name
from analyzer.tls.events import Alert
from analyzer.transport.facts import SideFacts, TcpFacts
from analyzer.verdict.finding import Cause, Finding

SCHEMA = "hsm-analyzer/report/1"


def dumps(report: Report, *, der: bool = False) -> str:
    """The report as JSON text, ASCII only, ending in a line break; see `as_json`."""
    return "".join(pieces(report, der=der))


def pieces(report: Report, *, der: bool = False) -> Iterator[str]:
    """The same text piece by piece, each connection a line.

    Indented JSON comes from an encoder in Python, which took a quarter of all the time that a reconnect
    storm needs; the one in C writes lines.
    """
    before = "{"
    for key, value in without_connections(report).items():
        yield f'{before}\n"{key}": '
        before = ","
        if key == "connections":
            yield from _lines(_texts(report.connections, der=der))
        else:
            yield json.dumps(value)
    yield "\n}\n"


def _lines(items: Iterable[str]) -> Iterator[str]:
    before = "["
    for item in items:
        yield f"{before}\n{item}"
        before = ","
    yield "[]" if before == "[" else "\n]"


def _texts(connections: Sequence[Connection], *, der: bool) -> Iterable[str]:
    written = connections.written("json") if isinstance(connections, Packed) and not der else None
    return map(partial(connection_text, der=der), connections) if written is None else written


def connection_text(connection: Connection, *, der: bool = False) -> str:
    """One connection of the report as it stands in its text."""
    return json.dumps(connection_json(connection, der=der))


def as_json(report: Report, *, der: bool = False) -> Json:
    """The report as plain values; with `der` every certificate carries its DER in hex."""
    connections = [connection_json(connection, der=der) for connection in report.connections]
    return without_connections(report) | {"connections": connections}


def without_connections(report: Report) -> Json:
    """The report in its order of keys, with no connection among them yet."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "hsm-analyzer", "version": __version__},
        "verdict": report.verdict.value,
        "reasons": list(report.reasons),
        "inputs": [_input(source) for source in report.inputs],
        "connections": [],
        "findings": [finding_json(finding) for finding in report.findings],
        "summary": summary_json(report),
    }


def connection_json(connection: Connection, *, der: bool = False) -> Json:
    """One connection of the report."""
    told = connection.conversation
    span = told.tcp.span
    return {
        "stream": told.stream,
        "client": endpoint_json(told.tcp.client),
        "server": endpoint_json(told.tcp.server),
        "input": file_of(span.first),
        "first_frame": number_of(span.first),
        "last_frame": number_of(span.last),
        "start": iso_time(span.began),
        "end": iso_time(span.ended),
        "outcome": told.outcome,
        "stage": told.stage,
        "tcp": _tcp(told.tcp),
        "timing": [_stage(stage) for stage in timing(told)],
        "sessions": [_session(session, der=der) for session in told.sessions],
        "carved": [_carved(carved, der=der) for carved in told.carved],
        "vendor_bytes": by_side(told.vendor_bytes),
        "findings": [finding_json(finding) for finding in connection.findings],
        "cause": None if connection.cause is None else _cause(connection.cause),
        "broken": told.broken or None,
    }


def _input(source: Input) -> Json:
    return {
        "name": source.name,
        "format": source.format,
        "frames": source.frames,
        "bytes": source.bytes,
        "skipped": dict(sorted(source.skipped.items())),
        "damage": [{"why": damage.why, "offset": damage.offset} for damage in source.damage],
        "names": [{"address": each.address, "name": each.name} for each in source.names],
        "comments": [
            {"frame": each.frame and number_of(each.frame), "text": each.text}
            for each in source.comments
        ],
        "refused": source.refused or None,
    }


def _tcp(tcp: TcpFacts) -> Json:
    return {
        "handshake": tcp.opening,
        "syns": tcp.syns,
        "rtt_ms": milliseconds(tcp.rtt_ns),
        "retransmissions": sum(side.retransmissions for side in tcp.sides),
        "out_of_order": sum(side.out_of_order for side in tcp.sides),
        "longest_silence_ms": milliseconds(tcp.longest_silence_ns),
        "longest_silence_after": tcp.silence_after and number_of(tcp.silence_after),
        "tunnels": [list(path) for path in tcp.paths if path],
        "sides": {side.word: _tcp_side(tcp.sides[side]) for side in (CLIENT, SERVER)},
        "gaps": [
            {"side": gap.side.word, "bytes": gap.size, "frame": frame_json(gap.at), "why": gap.why}
            for gap in tcp.gaps
        ],
        "icmp": [
            {
                "source": error.source,
                "description": error.description,
                "mtu": error.mtu,
                "frame": frame_json(error.at),
            }
            for error in tcp.icmp
        ],
        "ended_by": tcp.ended_by,
        "ended_by_side": side_word(tcp.ended_by_side),
    }


def _tcp_side(side: SideFacts) -> Json:
    return {
        "segments": side.segments,
        "payload_bytes": side.payload_bytes,
        "retransmissions": side.retransmissions,
        "recovered": side.recovered,
        "captured_twice": side.duplicates,
        "out_of_order": side.out_of_order,
        "disputed": frame_numbers(side.disagreements),
        "keep_alives": side.keep_alives,
        "zero_windows": side.zero_windows,
        "zero_window_ms": milliseconds(side.zero_window_ns + side.window_closed_ns),
        "mss": side.mss,
        "window_scale": side.window_scale,
        "ttls": list(side.ttls),
    }


def _session(session: Session, *, der: bool) -> Json:
    return {
        "level": session.level,
        "handshake": session.handshake,
        "outcome": session.outcome,
        "version": None if session.version is None else version_name(session.version),
        "cipher_suite": None if session.suite is None else suite_json(session.suite),
        "offered": {
            "versions": [version_name(version) for version in session.offered_versions],
            "cipher_suites": [suite_json(suite) for suite in session.offered_suites],
        },
        "server_name": session.server_name,
        "alpn": session.alpn,
        "client_random": hexadecimal(session.client_random),
        "server_random": hexadecimal(session.server_random),
        "resumed": session.resumed,
        "resumes": session.resumes or None,
        "history": session.history,
        "certificates": {
            side.word: _chain(session.certificates[side], der=der) for side in (SERVER, CLIENT)
        },
        "certificate_request": session.certificate_request,
        "keys": by_side(session.keys),
        "sealed": [
            {
                "side": sealed.side.word,
                "epoch": sealed.epoch,
                "why": sealed.why,
                "detail": sealed.detail,
                "remedy": sealed.remedy,
                "frame": frame_json(sealed.at),
            }
            for sealed in session.sealed
        ],
        "alerts": [_alert(alert) for alert in session.alerts],
        "proofs": {proof.kind: proof.result for proof in session.proofs},
        "messages": [
            {
                "side": message.side.word,
                "type": message.type,
                "size": message.size,
                "encrypted": message.encrypted,
                "frame": frame_json(message.at),
                "time": iso_time(message.at.began),
            }
            for message in session.messages
        ],
        "malformed": [
            {"side": broken.side.word, "what": broken.what, "frame": frame_json(broken.at)}
            for broken in session.malformed
        ],
        "recovered": list(session.recovered),
        "application_bytes": by_side(session.application),
        "closed": by_side(session.closed),
        "skipped_bytes": [
            {"side": skipped.side.word, "offset": skipped.offset, "length": skipped.length}
            for skipped in session.skipped
        ],
        "framing": session.framing,
    }


def _chain(chain: tuple[Presented, ...] | None, *, der: bool) -> list[Json] | None:
    if chain is None:
        return None
    return [_certificate(shown.certificate, shown.at, der=der) for shown in chain]


def certificate_json(certificate: Certificate, *, der: bool = False) -> Json:
    """The facts of a certificate, whether it was presented or is expected."""
    told: Json = {
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_before": iso_date(certificate.not_before),
        "not_after": iso_date(certificate.not_after),
        "version": certificate.version,
        "key": certificate.key,
        "key_sha256": certificate.key_sha256,
        "signature_algorithm": certificate.signature_algorithm,
        "error": certificate.error or None,
    }
    return told | {"der": certificate.der.hex()} if der else told


def _certificate(certificate: Certificate, at: Span, *, der: bool) -> Json:
    return certificate_json(certificate, der=der) | {"frames": frame_numbers((at,))}


def _carved(carved: Carved, *, der: bool) -> Json:
    place = {"side": carved.side.word, "level": carved.level, "offset": carved.offset}
    return _certificate(carved.certificate, carved.at, der=der) | place


def _alert(alert: Alert) -> Json:
    return {
        "side": alert.side.word,
        "level": alert_level_name(alert.level),
        "code": alert.code,
        "description": alert_name(alert.code),
        "frame": frame_json(alert.at),
        "encrypted": alert.encrypted,
    }


def finding_json(finding: Finding) -> Json:
    """One finding of the report."""
    return {
        "code": finding.code,
        "kind": finding.kind or None,
        "status": finding.status.value,
        "level": finding.level,
        "side": side_word(finding.side),
        "message": finding.message,
        "expected": finding.expected,
        "observed": finding.observed,
        "frames": frame_numbers(finding.evidence),
        "confidence": finding.confidence.value,
        "advice": finding.advice,
        "limitations": list(finding.limitations),
        "notes": list(finding.notes),
        "differences": [
            {"field": d.field, "expected": d.expected, "presented": d.presented}
            for d in finding.differences
        ],
    }


def _cause(cause: Cause) -> Json:
    return {
        "code": cause.code,
        "summary": cause.summary,
        "confidence": cause.confidence.value,
        "advice": cause.advice,
        "frames": frame_numbers(cause.evidence),
        "alternatives": list(cause.alternatives),
        "decide": list(cause.decide),
        "limitations": list(cause.limitations),
    }


def _stage(stage: StageTime) -> Json:
    return {
        "stage": stage.stage,
        "ms": milliseconds(stage.took_ns),
        "network_ms": milliseconds(stage.network_ns),
        "client_ms": milliseconds(stage.client_ns),
        "server_ms": milliseconds(stage.server_ns),
        "flights": [
            {
                "side": flight.side.word,
                "messages": list(flight.messages),
                "frame": frame_json(flight.at),
                "waited_ms": milliseconds(flight.waited_ns),
                "network_ms": milliseconds(flight.network_ns),
                "sending_ms": milliseconds(flight.sending_ns),
            }
            for flight in stage.flights
        ],
    }
