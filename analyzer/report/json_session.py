"""A TLS session in the JSON report, written as text at once; see `json_connection`."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from analyzer.report.json_values import (
    KEPT,
    Json,
    by_side,
    by_side_text,
    encode,
    frame_json,
    frames_text,
    list_text,
    rows_text,
    suite_json,
    word_text,
    words_text,
)
from analyzer.report.words import SECOND, iso_date, to_the_second
from analyzer.session.certificates import Certificate
from analyzer.session.columns import rows
from analyzer.session.facts import Carved, MessageSeen, Presented, Session
from analyzer.stream import CLIENT, FRAME_MASK, SERVER, number_of
from analyzer.tls.constants import alert_level_name, alert_name, version_name
from analyzer.tls.events import Alert, Malformed, Proof, Sealed

_WORDS: dict[bool | None, str] = {None: "null", True: "true", False: "false"}


def session_text(session: Session, *, der: bool) -> str:
    """One session of a connection."""
    client, server = session.certificates
    began = _began(
        session.level, session.handshake, session.outcome, session.version, session.suite
    )
    return (
        f'{{{began}, "offered": {_offered(session.offered_versions, session.offered_suites)}, '
        f'"server_name": {word_text(session.server_name)}, "alpn": {word_text(session.alpn)}, '
        f'"client_random": {_hex(session.client_random)}, "server_random": {_hex(session.server_random)}, '
        f'"resumed": {_WORDS[session.resumed]}, "resumes": {word_text(session.resumes or None)}, '
        f'"history": {word_text(session.history)}, '
        f'"certificates": {{"server": {_chain(server, der=der)}, "client": {_chain(client, der=der)}}}, '
        f'"certificate_request": {_WORDS[session.certificate_request]}, "keys": {_by_side(session.keys)}, '
        f'"sealed": {_sealed(session.sealed)}, "alerts": {list_text([_alert(alert) for alert in session.alerts])}, '
        f'"proofs": {_proofs(session.proofs)}, "messages": {_messages(session.messages)}, '
        f'"malformed": {_malformed(session.malformed)}, "recovered": {words_text(session.recovered)}, '
        f'"application_bytes": {by_side_text(session.application)}, "closed": {_by_side(session.closed)}, '
        f'"skipped_bytes": {_skipped(session)}, "framing": {word_text(session.framing)}}}'
    )


@functools.lru_cache(maxsize=KEPT)
def _began(level: int, handshake: int, outcome: str, version: int | None, suite: int | None) -> str:
    told = {
        "level": level,
        "handshake": handshake,
        "outcome": outcome,
        "version": None if version is None else version_name(version),
        "cipher_suite": None if suite is None else suite_json(suite),
    }
    return encode(told)[1:-1]


@functools.lru_cache(maxsize=KEPT)
def _offered(versions: tuple[int, ...], suites: tuple[int, ...]) -> str:
    return encode(
        {
            "versions": [version_name(version) for version in versions],
            "cipher_suites": [suite_json(suite) for suite in suites],
        }
    )


@functools.lru_cache(maxsize=KEPT)
def _by_side(pair: tuple[str, str]) -> str:
    return encode(by_side(pair))


def _hex(octets: bytes | None) -> str:
    return "null" if octets is None else f'"{octets.hex()}"'


@functools.lru_cache(maxsize=KEPT)
def _proofs(proofs: tuple[Proof, ...]) -> str:
    return encode({proof.kind: proof.result for proof in proofs})


def _messages(messages: Sequence[MessageSeen]) -> str:
    """The longest part: some 25 of them, and dozens of their times are of the same second."""
    told = []
    latest = None
    now = -1
    second = place = ""
    for side, kind, size, at, encrypted in rows(messages):
        if at is not latest:  # a flight's messages mostly come in one frame
            latest = at
            frame, _, began, _ = at
            seconds, rest = divmod(began, SECOND)
            if seconds != now:
                now, second = seconds, to_the_second(seconds)
            place = f'{frame & FRAME_MASK}, "time": "{second}.{rest:09d}Z"}}'
        told.append(_message(side, kind, size, encrypted) + place)
    return list_text(told)


@functools.lru_cache(maxsize=KEPT)
def _message(side: int, kind: str, size: int, encrypted: bool) -> str:
    """What stands before the frame of a message."""
    word = SERVER.word if side else CLIENT.word
    told = {"side": word, "type": kind, "size": size, "encrypted": encrypted, "frame": 0}
    return encode(told)[: -len("0}")]


def _chain(chain: tuple[Presented, ...] | None, *, der: bool) -> str:
    if chain is None:
        return "null"
    return list_text([_certificate(shown, der=der) for shown in chain])


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


def _certificate(shown: Presented | Carved, *, der: bool) -> str:
    return f'{{{_certificate_text(shown.certificate, der)}, "frames": {frames_text((shown.at,))}}}'


@functools.lru_cache(maxsize=KEPT)
def _certificate_text(certificate: Certificate, der: bool) -> str:
    return encode(certificate_json(certificate, der=der))[1:-1]


def carved_text(carved: Carved, *, der: bool) -> str:
    """One certificate that was found outside any handshake."""
    return (
        f'{_certificate(carved, der=der)[:-1]}, "side": "{carved.side.word}", "level": {carved.level}, '
        f'"offset": {carved.offset}}}'
    )


def _alert(alert: Alert) -> str:
    side, level, code, at, encrypted, _ = alert
    before, after = _around_frame(side, level, code, encrypted)
    return f"{before}{number_of(at.first)}{after}"


@functools.lru_cache(maxsize=KEPT)
def _around_frame(side: int, level: int, code: int, encrypted: bool) -> tuple[str, str]:
    """What stands before and behind the frame of an alert."""
    told = {
        "side": SERVER.word if side else CLIENT.word,
        "level": alert_level_name(level),
        "code": code,
        "description": alert_name(code),
        "frame": None,
        "encrypted": encrypted,
    }
    before, _, after = encode(told).partition('"frame": null')
    return f'{before}"frame": ', after


def _sealed(sealed: tuple[Sealed, ...]) -> str:
    told = [
        {
            "side": each.side.word,
            "epoch": each.epoch,
            "why": each.why,
            "detail": each.detail,
            "remedy": each.remedy,
            "frame": frame_json(each.at),
        }
        for each in sealed
    ]
    return rows_text(told)


def _malformed(malformed: tuple[Malformed, ...]) -> str:
    told = [
        {"side": each.side.word, "what": each.what, "frame": frame_json(each.at)}
        for each in malformed
    ]
    return rows_text(told)


def _skipped(session: Session) -> str:
    return list_text(
        [
            f'{{"side": "{each.side.word}", "offset": {each.offset}, "length": {each.length}}}'
            for each in session.skipped
        ]
    )
