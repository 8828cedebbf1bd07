"""A connection in the JSON report, written as text at once.

A reconnect storm writes thousands of connections with 17 KB each, of which most stands in the one before too: the
certificates, what a client offers, what was found of a slot. Such parts are kept as texts; lists of many small
objects are written by hand; everything else goes through the encoder in C. The text is what `json.dumps` would make.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from typing import Any

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
from analyzer.report.model import Connection
from analyzer.report.words import frame_numbers, iso_date, iso_time
from analyzer.session.certificates import Certificate
from analyzer.session.facts import Carved, MessageSeen, Presented, Session
from analyzer.session.timing import Flight, StageTime, timing
from analyzer.stream import CLIENT, FRAME_MASK, SERVER, Span, file_of, number_of
from analyzer.tls.constants import alert_level_name, alert_name, version_name
from analyzer.tls.events import Alert
from analyzer.transport.facts import SideFacts, TcpFacts
from analyzer.verdict.finding import Cause, Finding

# Texts of each kind that are kept.
_KEPT = 1024

_MILLION = 1_000_000
_SIDES = (CLIENT.word, SERVER.word)

_encode = json.JSONEncoder(check_circular=False).encode


def connection_json(connection: Connection, *, der: bool = False) -> Json:
    """One connection of the report as plain values; with `der` every certificate carries its DER in hex."""
    told: Json = json.loads(connection_text(connection, der=der))
    return told


def connection_text(connection: Connection, *, der: bool = False) -> str:
    """One connection of the report as it stands in its text."""
    told = connection.conversation
    span = told.tcp.span
    head = {
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
    }
    tail = {
        "cause": None if connection.cause is None else _cause(connection.cause),
        "broken": told.broken or None,
    }
    return _joined(
        _encode(head),
        _member("timing", _list(map(_stage, timing(told)))),
        _member("sessions", _list(_session(session, der=der) for session in told.sessions)),
        _member("carved", _list(_carved(carved, der=der) for carved in told.carved)),
        _member("vendor_bytes", _encode(by_side(told.vendor_bytes))),
        _member("findings", _list(map(_finding, connection.findings))),
        _encode(tail),
    )


def _joined(*objects: str) -> str:
    """The members of several objects as one object."""
    return "{" + ", ".join([each[1:-1] for each in objects]) + "}"


def _member(name: str, value: str) -> str:
    """An object of one member, whose value is written already."""
    return f'{{"{name}": {value}}}'


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(items) + "]"


@functools.lru_cache(maxsize=_KEPT)
def _quoted(word: str) -> str:
    """A word that comes again and again, e.g. a message's type."""
    return _encode(word)


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


def _session(session: Session, *, der: bool) -> str:
    chains = [_member(s.word, _chain(session.certificates[s], der=der)) for s in (SERVER, CLIENT)]
    return _joined(
        _encode(
            {
                "level": session.level,
                "handshake": session.handshake,
                "outcome": session.outcome,
                "version": None if session.version is None else version_name(session.version),
                "cipher_suite": None if session.suite is None else suite_json(session.suite),
            }
        ),
        _member("offered", _offered(session.offered_versions, session.offered_suites)),
        _encode(
            {
                "server_name": session.server_name,
                "alpn": session.alpn,
                "client_random": hexadecimal(session.client_random),
                "server_random": hexadecimal(session.server_random),
                "resumed": session.resumed,
                "resumes": session.resumes or None,
                "history": session.history,
            }
        ),
        _member("certificates", _joined(*chains)),
        _encode(
            {
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
            }
        ),
        _member("messages", _list(map(_message, session.messages))),
        _encode(
            {
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
        ),
    )


@functools.lru_cache(maxsize=_KEPT)
def _offered(versions: tuple[int, ...], suites: tuple[int, ...]) -> str:
    return _encode(
        {
            "versions": [version_name(version) for version in versions],
            "cipher_suites": [suite_json(suite) for suite in suites],
        }
    )


def _message(message: MessageSeen) -> str:
    side, kind, size, at, encrypted = message
    return (
        f'{{"side": "{_SIDES[side]}", "type": {_quoted(kind)}, "size": {size}, '
        f'"encrypted": {"true" if encrypted else "false"}, "frame": {at[0] & FRAME_MASK}, '
        f'"time": "{iso_time(at.began)}"}}'
    )


def _chain(chain: tuple[Presented, ...] | None, *, der: bool) -> str:
    if chain is None:
        return "null"
    return _list([_certificate(shown.certificate, shown.at, der=der) for shown in chain])


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


def _certificate(certificate: Certificate, at: Span, *, der: bool) -> str:
    alone = at.first == at.last
    frames = _member("frames", str([number_of(at.first)] if alone else frame_numbers((at,))))
    return _joined(_certificate_text(certificate, der=der), frames)


@functools.lru_cache(maxsize=_KEPT)
def _certificate_text(certificate: Certificate, *, der: bool) -> str:
    return _encode(certificate_json(certificate, der=der))


def _carved(carved: Carved, *, der: bool) -> str:
    place = {"side": carved.side.word, "level": carved.level, "offset": carved.offset}
    return _joined(_certificate(carved.certificate, carved.at, der=der), _encode(place))


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


def _finding(finding: Finding) -> str:
    before, after = _around_frames(
        finding.code,
        finding.status,
        finding.message,
        finding.level,
        finding.side,
        finding.expected,
        finding.observed,
        (),
        finding.confidence,
        finding.advice,
        finding.limitations,
        finding.notes,
        finding.differences,
        finding.kind,
    )
    return f"{before}{frame_numbers(finding.evidence)}{after}"


@functools.lru_cache(maxsize=_KEPT)
def _around_frames(*fields: Any) -> tuple[str, str]:
    """What stands before and behind the frames of a finding; `fields` are its own."""
    # In a string every quote has a backslash before it, so these words stand in the text but once.
    before, _, after = _encode(finding_json(Finding(*fields))).partition('"frames": []')
    return f'{before}"frames": ', after


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


def _stage(stage: StageTime) -> str:
    told = {
        "stage": stage.stage,
        "ms": milliseconds(stage.took_ns),
        "network_ms": milliseconds(stage.network_ns),
        "client_ms": milliseconds(stage.client_ns),
        "server_ms": milliseconds(stage.server_ns),
    }
    return _joined(_encode(told), _member("flights", _list(map(_flight, stage.flights))))


def _flight(flight: Flight) -> str:
    return (
        f'{{"side": "{_SIDES[flight.side]}", "messages": {_list(map(_quoted, flight.messages))}, '
        f'"frame": {flight.at[0] & FRAME_MASK}, "waited_ms": {flight.waited_ns / _MILLION}, '
        f'"network_ms": {flight.network_ns / _MILLION}, "sending_ms": {flight.sending_ns / _MILLION}}}'
    )
