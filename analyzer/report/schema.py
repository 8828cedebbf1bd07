"""JSON Schema (2020-12) of "hsm-analyzer/report/1": what other programs may rely on.

Every key of `report.json_report` stands here and is always present. Readers must pass over keys that
they do not know: additions are allowed within the version.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from analyzer.report.json_report import SCHEMA as VERSION
from analyzer.session.facts import STAGES
from analyzer.session.timing import STAGES as TIMED
from analyzer.verdict.finding import SLOTS, Confidence, Status

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FRAME: Schema = {"type": "integer", "minimum": 1}
FLAG: Schema = {"type": "boolean"}
HEX: Schema = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
MILLISECONDS: Schema = {"type": "number", "minimum": 0}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$"}
DATE: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
OUTCOME: Schema = {"enum": ["established", "failed", "unfinished", "unseen"]}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _both(schema: Schema) -> Schema:
    return _object(client=schema, server=schema)


def _words(kind: type[Status | Confidence]) -> Schema:
    return {"enum": [each.value for each in kind]}


SIDE: Schema = {"enum": ["client", "server"]}
ENDPOINT = _object(address=TEXT, port={"type": "integer", "minimum": 0, "maximum": 65535})
SUITE = _object(id={"type": "string", "pattern": "^0x[0-9a-f]{4}$"}, name=TEXT)

CERTIFICATE = _object(
    sha256=SHA256,
    subject=TEXT,
    issuer=TEXT,
    serial=TEXT,
    not_before=_or_null(DATE),
    not_after=_or_null(DATE),
    version=_or_null({"type": "integer"}),
    key=TEXT,
    key_sha256=TEXT,
    signature_algorithm=TEXT,
    error=_or_null(TEXT),
    frames=_list(FRAME),
)
CERTIFICATE["properties"]["der"] = HEX  # on demand only, so not required

CARVED: Schema = {
    "allOf": [CERTIFICATE, _object(side=SIDE, level=COUNT, offset=COUNT)],
}

FINDING = _object(
    code=TEXT,
    kind=_or_null(TEXT),
    status=_words(Status),
    level=_or_null(COUNT),
    side=_or_null(SIDE),
    message=TEXT,
    expected=TEXT,
    observed=TEXT,
    frames=_list(FRAME),
    confidence=_words(Confidence),
    advice=TEXT,
    limitations=_list(TEXT),
    notes=_list(TEXT),
    differences=_list(_object(field=TEXT, expected=TEXT, presented=TEXT)),
)

CAUSE = _object(
    code=TEXT,
    summary=TEXT,
    confidence=_words(Confidence),
    advice=TEXT,
    frames=_list(FRAME),
    alternatives=_list(TEXT),
    decide=_list(TEXT),
    limitations=_list(TEXT),
)

TCP_SIDE = _object(
    segments=COUNT,
    payload_bytes=COUNT,
    retransmissions=COUNT,
    recovered=COUNT,
    captured_twice=COUNT,
    out_of_order=COUNT,
    disputed=_list(FRAME),
    keep_alives=COUNT,
    zero_windows=COUNT,
    zero_window_ms=MILLISECONDS,
    mss=_or_null(COUNT),
    window_scale=_or_null(COUNT),
    ttls=_list(COUNT),
)

TCP = _object(
    handshake={
        "enum": ["complete", "syn-only", "refused", "no-final-ack", "simultaneous", "unseen"]
    },
    syns=COUNT,
    rtt_ms=_or_null(MILLISECONDS),
    retransmissions=COUNT,
    out_of_order=COUNT,
    longest_silence_ms=MILLISECONDS,
    longest_silence_after=_or_null(FRAME),
    tunnels=_list(_list(TEXT)),
    sides=_both(TCP_SIDE),
    gaps=_list(_object(side=SIDE, bytes=_or_null(COUNT), frame=FRAME, why=TEXT)),
    icmp=_list(_object(source=TEXT, description=TEXT, mtu=_or_null(COUNT), frame=FRAME)),
    ended_by={"enum": ["fin", "reset", "timeout", "open"]},
    ended_by_side=_or_null(SIDE),
)

SESSION = _object(
    level=COUNT,
    handshake=COUNT,
    outcome=OUTCOME,
    version=_or_null(TEXT),
    cipher_suite=_or_null(SUITE),
    offered=_object(versions=_list(TEXT), cipher_suites=_list(SUITE)),
    server_name=_or_null(TEXT),
    alpn=_or_null(TEXT),
    client_random=_or_null(HEX),
    server_random=_or_null(HEX),
    resumed=_or_null(FLAG),
    resumes=_or_null(TEXT),
    history=TEXT,
    certificates=_both(_or_null(_list(CERTIFICATE))),
    certificate_request=_or_null(FLAG),
    keys=_both(TEXT),
    sealed=_list(_object(side=SIDE, epoch=TEXT, why=TEXT, detail=TEXT, remedy=TEXT, frame=FRAME)),
    alerts=_list(
        _object(side=SIDE, level=TEXT, code=COUNT, description=TEXT, frame=FRAME, encrypted=FLAG)
    ),
    proofs=_map({"enum": ["valid", "invalid", "unchecked"]}),
    messages=_list(
        _object(side=SIDE, type=TEXT, size=COUNT, encrypted=FLAG, frame=FRAME, time=TIME)
    ),
    malformed=_list(_object(side=SIDE, what=TEXT, frame=FRAME)),
    recovered=_list(TEXT),
    application_bytes=_both(COUNT),
    closed=_both(TEXT),
    skipped_bytes=_list(_object(side=SIDE, offset=COUNT, length=COUNT)),
    framing=TEXT,
)

TIMING = _object(
    stage={"enum": list(TIMED)},
    ms=MILLISECONDS,
    network_ms=MILLISECONDS,
    client_ms=MILLISECONDS,
    server_ms=MILLISECONDS,
    flights=_list(
        _object(
            side=SIDE,
            messages=_list(TEXT),
            frame=FRAME,
            waited_ms=MILLISECONDS,
            network_ms=MILLISECONDS,
            sending_ms=MILLISECONDS,
        )
    ),
)

CONNECTION = _object(
    stream=COUNT,
    client=ENDPOINT,
    server=ENDPOINT,
    input=COUNT,
    first_frame=FRAME,
    last_frame=FRAME,
    start=TIME,
    end=TIME,
    outcome=OUTCOME,
    stage={"enum": list(STAGES)},
    tcp=TCP,
    timing=_list(TIMING),
    sessions=_list({"$ref": "#/$defs/session"}),
    carved=_list(CARVED),
    vendor_bytes=_both(COUNT),
    findings=_list({"$ref": "#/$defs/finding"}),
    cause=_or_null(CAUSE),
    broken=_or_null(TEXT),
)

INPUT = _object(
    name=TEXT,
    format=TEXT,
    frames=COUNT,
    bytes=COUNT,
    skipped=_map(COUNT),
    damage=_list(_object(why=TEXT, offset=COUNT)),
    names=_list(_object(address=TEXT, name=TEXT)),
    comments=_list(_object(frame=_or_null(FRAME), text=TEXT)),
    refused=_or_null(TEXT),
)

SUMMARY = _object(
    connections=COUNT,
    outcomes=_map(COUNT),
    slots=_object(
        **{code: _object(**{status.value: COUNT for status in Status}) for code in SLOTS}
    ),
    causes=_map(COUNT),
    shown=_list(
        _object(
            slot={"enum": list(SLOTS)},
            address=TEXT,
            hsm=_or_null(TEXT),
            cluster=_or_null(TEXT),
            sha256=HEX,
            subject=TEXT,
            serial=TEXT,
            status=_words(Status),
            first=TIME,
            first_frame=FRAME,
            last=TIME,
            last_frame=FRAME,
            connections=COUNT,
            streams=_list(COUNT),
        )
    ),
    series=_list(
        _object(
            cause=TEXT,
            client=TEXT,
            server=TEXT,
            connections=COUNT,
            streams=_list(COUNT),
            first=TIME,
            last=TIME,
            period_ms=_or_null(MILLISECONDS),
            lost=FLAG,
        )
    ),
    usual_ms=_map(MILLISECONDS),
)

_DEFINITIONS: Schema = {"session": SESSION, "finding": FINDING, "connection": CONNECTION}

_REPORT: dict[str, Schema] = {
    "schema": {"const": VERSION},
    "tool": _object(name={"const": "hsm-analyzer"}, version=TEXT),
    "verdict": _words(Status),
    "reasons": _list(TEXT),
    "inputs": _list(INPUT),
    "connections": _list({"$ref": "#/$defs/connection"}),
    "findings": _list({"$ref": "#/$defs/finding"}),
    "summary": SUMMARY,
}

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": f"urn:{VERSION.replace('/', ':')}",
    "title": f"A report of hsm-analyzer, {VERSION}",
    "$defs": _DEFINITIONS,
    **_object(**_REPORT),
}

_END = {key: schema for key, schema in _REPORT.items() if key != "connections"}

# A line of `report.json_lines`: a connection with the keys it has in the report, or the report's rest.
LINE: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": f"urn:{VERSION.replace('/', ':')}:line",
    "title": f"A line of hsm-analyzer's JSON lines, {VERSION}",
    "$defs": _DEFINITIONS,
    "oneOf": [
        {
            "allOf": [
                _object(schema={"const": VERSION}, kind={"const": "connection"}),
                {"$ref": "#/$defs/connection"},
            ]
        },
        _object(kind={"const": "end"}, **_END),
    ],
}
