"""A connection in the JSON report, written as text at once.

A reconnect storm writes thousands of connections with 17 KB each, of which most stands in the one before too: the
certificates, what a client offers, what was found of a slot. Such parts are kept as texts, what is different each
time is put between them; only what is rare goes through the encoder, which takes 3 us each time that it is called:
with one call for each such part, a connection took twice the time. The text is what `json.dumps` would make.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from analyzer.report.json_session import carved_text, session_text
from analyzer.report.json_values import (
    KEPT,
    Json,
    by_side_text,
    encode,
    frame_json,
    frames_text,
    list_text,
    milliseconds_text,
    rows_text,
    side_word,
    word_text,
    words_text,
)
from analyzer.report.model import Connection
from analyzer.report.words import frame_numbers, iso_time
from analyzer.session.timing import Flight, StageTime, timing
from analyzer.stream import CLIENT, FRAME_MASK, SERVER, file_of, number_of
from analyzer.transport.facts import Endpoint, SideFacts, TcpFacts
from analyzer.verdict.finding import Cause, Finding

_SIDES = (CLIENT.word, SERVER.word)


def connection_json(connection: Connection, *, der: bool = False) -> Json:
    """One connection of the report as plain values; with `der` every certificate carries its DER in hex."""
    told: Json = json.loads(connection_text(connection, der=der))
    return told


def connection_text(connection: Connection, *, der: bool = False) -> str:
    """One connection of the report as it stands in its text."""
    told = connection.conversation
    tcp = told.tcp
    span = tcp.span
    sessions = list_text([session_text(session, der=der) for session in told.sessions])
    carved = list_text([carved_text(each, der=der) for each in told.carved])
    cause = "null" if connection.cause is None else encode(_cause(connection.cause))
    return (
        f'{{"stream": {told.stream}, "client": {_endpoint(tcp.client)}, "server": {_endpoint(tcp.server)}, '
        f'"input": {file_of(span.first)}, "first_frame": {number_of(span.first)}, '
        f'"last_frame": {number_of(span.last)}, "start": "{iso_time(span.began)}", "end": "{iso_time(span.ended)}", '
        f'"outcome": {word_text(told.outcome)}, "stage": {word_text(told.stage)}, "tcp": {_tcp(tcp)}, '
        f'"timing": {list_text([_stage(stage) for stage in timing(told)])}, "sessions": {sessions}, '
        f'"carved": {carved}, "vendor_bytes": {by_side_text(told.vendor_bytes)}, '
        f'"findings": {list_text([_finding(finding) for finding in connection.findings])}, '
        f'"cause": {cause}, "broken": {word_text(told.broken or None)}}}'
    )


def renumbered(text: str, number: int) -> str:
    """What `connection_text` gave, of the same connection under another number."""
    return f'{{"stream": {number}{text[text.index(",") :]}'


def _endpoint(endpoint: Endpoint) -> str:
    return f'{{"address": {word_text(endpoint.address)}, "port": {endpoint.port}}}'


def _tcp(tcp: TcpFacts) -> str:
    client, server = tcp.sides
    after = "null" if tcp.silence_after is None else number_of(tcp.silence_after)
    return (
        f'{{"handshake": {word_text(tcp.opening)}, "syns": {tcp.syns}, "rtt_ms": {milliseconds_text(tcp.rtt_ns)}, '
        f'"retransmissions": {client.retransmissions + server.retransmissions}, '
        f'"out_of_order": {client.out_of_order + server.out_of_order}, '
        f'"longest_silence_ms": {milliseconds_text(tcp.longest_silence_ns)}, "longest_silence_after": {after}, '
        f'"tunnels": {_tunnels(tcp.paths)}, "sides": {{"client": {_tcp_side(client)}, "server": {_tcp_side(server)}}}, '
        f'{_holes_and_errors(tcp)}, "ended_by": {word_text(tcp.ended_by)}, '
        f'"ended_by_side": {word_text(side_word(tcp.ended_by_side))}}}'
    )


@functools.lru_cache(maxsize=KEPT)
def _tunnels(paths: tuple[tuple[str, ...], ...]) -> str:
    return encode([list(path) for path in paths if path])


def _holes_and_errors(tcp: TcpFacts) -> str:
    gaps = [
        {"side": gap.side.word, "bytes": gap.size, "frame": frame_json(gap.at), "why": gap.why}
        for gap in tcp.gaps
    ]
    icmp = [
        {
            "source": error.source,
            "description": error.description,
            "mtu": error.mtu,
            "frame": frame_json(error.at),
        }
        for error in tcp.icmp
    ]
    return f'"gaps": {rows_text(gaps)}, "icmp": {rows_text(icmp)}'


def _tcp_side(side: SideFacts) -> str:
    null = "null"
    return (
        f'{{"segments": {side.segments}, "payload_bytes": {side.payload_bytes}, '
        f'"retransmissions": {side.retransmissions}, "recovered": {side.recovered}, '
        f'"captured_twice": {side.duplicates}, "out_of_order": {side.out_of_order}, '
        f'"disputed": {frame_numbers(side.disagreements)}, "keep_alives": {side.keep_alives}, '
        f'"zero_windows": {side.zero_windows}, '
        f'"zero_window_ms": {milliseconds_text(side.zero_window_ns + side.window_closed_ns)}, '
        f'"mss": {null if side.mss is None else side.mss}, '
        f'"window_scale": {null if side.window_scale is None else side.window_scale}, "ttls": {list(side.ttls)}}}'
    )


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
    return f"{before}{frames_text(finding.evidence)}{after}"


@functools.lru_cache(maxsize=KEPT)
def _around_frames(*fields: Any) -> tuple[str, str]:
    """What stands before and behind the frames of a finding; `fields` are its own."""
    # In a string every quote has a backslash before it, so these words stand in the text but once.
    before, _, after = encode(finding_json(Finding(*fields))).partition('"frames": []')
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
    name, took, network, client, server, flights = stage
    return (
        f'{{"stage": "{name}", "ms": {milliseconds_text(took)}, "network_ms": {milliseconds_text(network)}, '
        f'"client_ms": {milliseconds_text(client)}, "server_ms": {milliseconds_text(server)}, '
        f'"flights": {list_text([_flight(flight) for flight in flights])}}}'
    )


def _flight(flight: Flight) -> str:
    side, messages, at, waited, network, sending = flight
    return (
        f'{{"side": "{_SIDES[side]}", "messages": {words_text(messages)}, "frame": {at[0] & FRAME_MASK}, '
        f'"waited_ms": {milliseconds_text(waited)}, "network_ms": {milliseconds_text(network)}, '
        f'"sending_ms": {milliseconds_text(sending)}}}'
    )
