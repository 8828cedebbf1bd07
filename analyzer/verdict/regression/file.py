"""The tables of an expectation file (`expect.toml`): parsed into `regression` values, and as JSON Schema.

A key is a row of a table below: who reads its value, and the schema of what is accepted. Parsing tells
every mistake of the file at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from analyzer.errors import UnreadableInput
from analyzer.session.facts import STAGES
from analyzer.tls.constants import VERSIONS
from analyzer.values import dataclass
from analyzer.verdict.expectations import CertificatePaths
from analyzer.verdict.regression import values as read
from analyzer.verdict.regression.rules import (
    ConnectionRule,
    Count,
    ExpectFile,
    LevelRule,
    Match,
)

Schema: TypeAlias = dict[str, Any]
Table: TypeAlias = Mapping[str, Any]

_OUTCOMES = ("established", "failed", "unfinished", "unseen")
_FINDINGS = ("pass", "unknown", "fail")


@dataclass(frozen=True, slots=True)
class _Key:
    """One key: `read` gives the value or raises ValueError with a clause."""

    read: Callable[[Any], Any]
    schema: Schema
    says: str


# --- schemas of the values ---

_TEXT: Schema = {"type": "string", "minLength": 1}
_FLAG: Schema = {"type": "boolean"}


def _or_list(item: Schema, least: int = 1) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": least}]}


def _choice(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


_TEXTS = _or_list(_TEXT)
_PATHS = _or_list(_TEXT, least=0)
_PLACE: Schema = {"type": "string", "minLength": 1, "examples": ["10.0.2.9:2223", "10.0.0.0/16"]}
_HASH: Schema = {"type": "string", "pattern": "^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$"}
_COUNT: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": r"^(\d+|\d+\.\.|\.\.\d+|\d+\.\.\d+)$"},
    ]
}
_ALLOW: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"code": _TEXT, "reason": _TEXT},
        "required": ["code", "reason"],
        "additionalProperties": False,
    },
}
_ANY_CERTIFICATE = (
    "`any`, `none`, `expected` (by the expected set), `sha256:HEX` or a certificate file"
)

# --- the tables, a key a row ---

# fmt: off
_CERTIFICATES = {
    "etc":          _Key(read.text,           _TEXT,  "A copy of /opt/cloudhsm/etc (SDK 3, SDK 5 or Windows layout)."),
    "server":       _Key(read.list_of(read.text), _PATHS, "Files or directories of the host's certificates."),
    "client":       _Key(read.list_of(read.text), _PATHS, "The client certificate of the outer TLS."),
    "customer_ca":  _Key(read.list_of(read.text), _PATHS, "customerCA.crt: issues the cluster certificate."),
    "cluster":      _Key(read.text,           _TEXT,  "Output of 'aws cloudhsmv2 describe-clusters'."),
    "cluster_cert": _Key(read.list_of(read.text), _PATHS, "The cluster certificate, its CSR or the HSM certificate."),
    "inner_client": _Key(read.list_of(read.text), _PATHS, "The client certificate of the inner TLS."),
    "mtls_anchors": _Key(read.list_of(read.text), _PATHS, "Trust anchors of the inner client certificate."),
    "hardware":     _Key(read.list_of(read.text), _PATHS, "AWS and manufacturer hardware certificates and their roots."),
}

_LEVEL = {
    "outcome":              _Key(read.some_of(read.one_of(*_OUTCOMES, "absent")), _or_list(_choice((*_OUTCOMES, "absent"))), "How the handshake of this level ended."),
    "version":              _Key(read.some_of(read.version), _or_list(_choice(VERSIONS.values())), "Negotiated version."),
    "cipher":               _Key(read.some_of(read.cipher), _TEXTS, "Negotiated suite: IANA's name or 0xc030."),
    "history":              _Key(read.some_of(read.text), _TEXTS, "Handshake messages as letters, as in the report."),
    "server_name":          _Key(read.some_of(read.text), _TEXTS, "Server name (SNI) of the ClientHello."),
    "alpn":                 _Key(read.some_of(read.text), _TEXTS, "Negotiated application protocol."),
    "resumed":              _Key(read.flag, _FLAG, "Whether an earlier session was resumed."),
    "certificate_request":  _Key(read.flag, _FLAG, "Whether the server asked for a client certificate."),
    "alerts":               _Key(read.list_of(read.alert), _or_list(_TEXT, 0), "Alerts that may be sent besides close_notify, e.g. `client:unknown_ca`; [] forbids all."),
    "server_cert":          _Key(read.certificate, _TEXTS, f"What the server presents: {_ANY_CERTIFICATE}."),
    "client_cert":          _Key(read.certificate, _TEXTS, f"What the client presents: {_ANY_CERTIFICATE}."),
    "server_cert_chain_to": _Key(read.some_of(read.text), _TEXTS, "CA files: the server's chain ends in one of them."),
    "client_cert_chain_to": _Key(read.some_of(read.text), _TEXTS, "CA files: the client's chain ends in one of them."),
}

_FINDING = {
    "worst": _Key(read.one_of(*_FINDINGS), _choice(_FINDINGS), "The worst status that a finding may have."),
    "allow": _Key(read.allowed, _ALLOW, "Findings that are no failure of the check, with the reason."),
}

_RULE = {
    "outcome": _Key(read.some_of(read.one_of(*_OUTCOMES)), _or_list(_choice(_OUTCOMES)), "How the connection ended."),
    "stage":   _Key(read.some_of(read.one_of(*STAGES)), _or_list(_choice(STAGES)), "The furthest point reached."),
    "cause":   _Key(read.some_of(read.text), _TEXTS, "Code of the cause of a failure, `none` for none."),
}

_MATCH = {
    "server":             _Key(read.place, _PLACE, "ADDRESS, ADDRESS:PORT, NETWORK/BITS, *:PORT."),
    "client":             _Key(read.place, _PLACE, "As `server`."),
    "stream":             _Key(read.number, {"type": "integer", "minimum": 0}, "The connection's number in the report."),
    "hsm":                _Key(read.text, _TEXT, "HSM ID, by the server's address in the expected set."),
    "cluster":            _Key(read.text, _TEXT, "Cluster ID, by the server's address in the expected set."),
    "server_name":        _Key(read.text, _TEXT, "Server name (SNI) of the outer ClientHello."),
    "server_cert_sha256": _Key(read.sha256, _HASH, "SHA-256 of the outer server's certificate."),
}
# fmt: on

# Tables within a rule: (keys, what it says). `name`, `match` and `count` stand in [[connection]] only.
_NESTED: dict[str, tuple[dict[str, _Key], str]] = {
    "outer": (_LEVEL, "The TLS connection with the host."),
    "inner": (_LEVEL, "The TLS connection with the HSM."),
    "findings": (_FINDING, "What the report may find."),
}


def _table(keys: Mapping[str, _Key], **nested: Schema) -> Schema:
    rows: Schema = {name: key.schema | {"description": key.says} for name, key in keys.items()}
    return {"type": "object", "properties": rows | nested, "additionalProperties": False}


_LEVELS = {name: _table(keys) | {"description": says} for name, (keys, says) in _NESTED.items()}

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "hsm-analyzer expectation file",
    "description": "The expected set and the rules that recorded connections must meet.",
    "type": "object",
    "properties": {
        "version": {"const": 1, "description": "Version of this format."},
        "unmatched": _choice(("fail", "ignore"))
        | {"description": "What a connection means that no [[connection]] matches."},
        "certificates": _table(_CERTIFICATES)
        | {"description": "The expected set; paths are relative to this file."},
        "defaults": _table(_RULE, **_LEVELS)
        | {"description": "Holds for every connection where its rule says nothing else."},
        "connection": {
            "type": "array",
            "description": "Rules; a connection belongs to the first that matches.",
            "items": _table(
                _RULE,
                name=_TEXT | {"description": "Shown in reports."},
                match=_table(_MATCH) | {"description": "All keys given must fit."},
                count=_COUNT | {"description": "How many connections: 3, '1..', '..5', '2..4'."},
                **_LEVELS,
            ),
        },
    },
    "required": ["version"],
    "additionalProperties": False,
}
_TOP = tuple(SCHEMA["properties"])


def parse_expect_file(document: Table, name: str) -> ExpectFile:
    """The values of an expectation file.

    Args:
        document: as `tomllib` reads it. name: the file's name, for messages.

    Raises:
        UnreadableInput: it has mistakes; all of them are told, a line each.
    """
    reading = _Reading()
    found = reading.file(document)
    if not reading.problems:
        return found
    one = len(reading.problems) == 1
    head = f"{name}: {'a mistake' if one else f'{len(reading.problems)} mistakes'}"
    raise UnreadableInput(head, *(f"  {line}" for line in reading.problems))


class _Reading:
    """Collects the mistakes of one file."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def file(self, document: Table) -> ExpectFile:
        self._unknown(document, "", _TOP)
        if document.get("version") != 1:
            said = f"not {document['version']!r}" if "version" in document else "it is missing"
            self.problems.append(f"version: must be 1, {said}")
        certificates = self._table(document.get("certificates", {}), "certificates", _CERTIFICATES)
        defaults = self._rule(document.get("defaults", {}), "defaults", ())
        unmatched = self._value(read.one_of("fail", "ignore"), document, "unmatched", "", "fail")
        rules = document.get("connection", [])
        if not isinstance(rules, list):
            self.problems.append("connection: must be a list of tables: [[connection]]")
            rules = []
        parsed = [self._connection(rule, number, defaults) for number, rule in enumerate(rules, 1)]
        if not rules and defaults:
            parsed = [_connection_rule("every connection", defaults)]
        return ExpectFile(CertificatePaths(**certificates), tuple(parsed), unmatched)

    def _connection(self, rule: Any, number: int, defaults: dict[str, Any]) -> ConnectionRule:
        where = f"connection[{number}]"
        own = self._rule(rule, where, ("name", "match", "count"))
        table: Table = rule if isinstance(rule, Mapping) else {}
        name = self._value(read.text, table, "name", where, f"connection {number}")
        match = Match(**self._table(table.get("match", {}), f"{where}.match", _MATCH))
        count = self._value(read.count, table, "count", where, Count())
        merged = defaults | own
        for level in _NESTED:
            merged[level] = defaults.get(level, {}) | own.get(level, {})
        return _connection_rule(name, merged, match, count)

    def _rule(self, table: Any, where: str, more: tuple[str, ...]) -> dict[str, Any]:
        """What [defaults] and [[connection]] share: values by key, those of the nested tables by table."""
        if not isinstance(table, Mapping):
            self.problems.append(f"{where}: must be a table")
            return {}
        self._unknown(table, where, (*more, *_RULE, *_NESTED))
        rule = self._values(table, where, _RULE)
        for name, (keys, _) in _NESTED.items():
            if name in table:
                rule[name] = self._table(table[name], f"{where}.{name}", keys)
        return rule

    def _table(self, table: Any, where: str, keys: Mapping[str, _Key]) -> dict[str, Any]:
        if not isinstance(table, Mapping):
            self.problems.append(f"{where}: must be a table")
            return {}
        self._unknown(table, where, keys)
        return self._values(table, where, keys)

    def _values(self, table: Table, where: str, keys: Mapping[str, _Key]) -> dict[str, Any]:
        values = {}
        for name, key in keys.items():
            if name in table:
                values[name] = self._value(key.read, table, name, where, None)
        return values

    def _value(
        self, reader: Callable[[Any], Any], table: Table, name: str, where: str, default: Any
    ) -> Any:
        if name not in table:
            return default
        try:
            return reader(table[name])
        except ValueError as error:
            self.problems.append(f"{_path(where, name)}: {error}")
            return default

    def _unknown(self, table: Table, where: str, known: Iterable[str]) -> None:
        names = tuple(known)
        self.problems += [
            f"{_path(where, name)}: unknown key{read.nearest(name, names)}"
            for name in table
            if name not in names
        ]


def _connection_rule(
    name: str, values: dict[str, Any], match: Match | None = None, count: Count | None = None
) -> ConnectionRule:
    findings = values.get("findings", {})
    return ConnectionRule(
        name,
        match or Match(),
        count or Count(),
        **{key: values[key] or () for key in _RULE if key in values},
        outer=LevelRule(**values.get("outer", {})),
        inner=LevelRule(**values.get("inner", {})),
        findings=findings.get("worst"),
        allow=findings.get("allow") or (),
    )


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
