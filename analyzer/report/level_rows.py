"""What each TLS level negotiated and showed: labels and lines, as they were on the wire.

The faces make the lines harmless (`text.safe_text`), each line by itself: a line break in a name must not
make a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from analyzer.report.words import OUTCOME_WORDS, direction, frames_text, level_title
from analyzer.session.facts import Presented, Session
from analyzer.stream import CLIENT, SERVER, Side
from analyzer.tls.constants import alert_level_name, alert_name, version_name
from analyzer.tls.suites import suite_name

Lines: TypeAlias = list[str]


def level_rows(sessions: Sequence[Session]) -> list[tuple[str, list[Lines]]]:
    """Label and one cell a session; rows that say nothing about any session are left out."""
    rows = ((label, [row(session) for session in sessions]) for label, row in _ROWS)
    return [(label, cells) for label, cells in rows if any(cells)]


def session_title(session: Session) -> str:
    """`outer TLS`, `inner TLS, handshake 2`."""
    again = f", handshake {session.handshake + 1}" if session.handshake else ""
    return f"{level_title(session.level)} TLS{again}"


def certificate_lines(shown: Presented) -> Lines:
    """A presented certificate in openssl's words, the subject with its frames first."""
    told = shown.certificate
    if told.error:
        return [f"sha256 {told.sha256} ({frames_text((shown.at,))})", told.error]
    until = (
        f"{told.not_before:%Y-%m-%d} to {told.not_after:%Y-%m-%d}"
        if told.not_before and told.not_after
        else ""
    )
    version = f"X.509 v{told.version}" if told.version else ""
    return [
        f"{told.subject} ({frames_text((shown.at,))})",
        f"issuer {told.issuer}",
        f"serial {told.serial}, {until}",
        ", ".join(filter(None, (told.key, told.signature_algorithm, version))),
        f"sha256 {told.sha256}",
    ]


def _line(words: str | None) -> Lines:
    return [words] if words else []


def _negotiated(session: Session) -> Lines:
    if session.version is not None:
        return [version_name(session.version)]
    offered = ", ".join(map(version_name, session.offered_versions))
    return [f"nothing negotiated; offered {offered}"] if offered else []


def _keys(session: Session) -> Lines:
    if not any(session.keys):
        return []
    if session.keys[CLIENT] == session.keys[SERVER]:
        return [session.keys[CLIENT]]
    told = (f"{side.word}: {session.keys[side] or 'none'}" for side in (CLIENT, SERVER))
    return ["; ".join(told)]


def _chain(side: Side) -> Callable[[Session], Lines]:
    def row(session: Session) -> Lines:
        chain = session.certificates[side]
        if chain is None:
            sealed = next((s.detail for s in session.sealed if s.side is side), "")
            return [f"not seen: {sealed}"] if sealed else []
        if not chain:
            return ["an empty Certificate message"]
        return [line for shown in chain for line in certificate_lines(shown)]

    return row


def _alerts(session: Session) -> Lines:
    return [
        f"{alert.side.word}: {alert_level_name(alert.level)} {alert_name(alert.code)} ({alert.code}), "
        f"{frames_text((alert.at,))}{', encrypted' if alert.encrypted else ''}"
        for alert in session.alerts
    ]


def _sealed(session: Session) -> Lines:
    return [
        f"{direction(sealed.side, sealed.epoch)}: {sealed.detail} ({frames_text((sealed.at,))})"
        for sealed in session.sealed
    ]


def _proofs(session: Session) -> Lines:
    told = [
        f"{proof.kind.replace('_', ' ')}: {proof.result}{f' ({proof.why})' if proof.why else ''}"
        for proof in session.proofs
        if proof.result != "valid"
    ]
    return told or _line("all valid" if session.proofs else "")


def _framing(session: Session) -> Lines:
    if not session.level or not session.framing:
        return []
    passed_over = sum(skipped.length for skipped in session.skipped)
    return [session.framing + (f", {passed_over} bytes passed over" if passed_over else "")]


_ASKED = {True: "for a certificate", False: "for no certificate", None: ""}

_ROWS: tuple[tuple[str, Callable[[Session], Lines]], ...] = (
    ("outcome", lambda s: [OUTCOME_WORDS[s.outcome]]),
    ("version", _negotiated),
    ("cipher suite", lambda s: [] if s.suite is None else [suite_name(s.suite)]),
    ("server name", lambda s: _line(s.server_name)),
    ("ALPN", lambda s: _line(s.alpn)),
    ("resumed", lambda s: [s.resumes or "yes"] if s.resumed else []),
    ("server shows", _chain(SERVER)),
    ("client shows", _chain(CLIENT)),
    ("asked client", lambda s: _line(_ASKED[s.certificate_request])),
    ("alerts", _alerts),
    (
        "malformed",
        lambda s: [f"{b.side.word}: {b.what} ({frames_text((b.at,))})" for b in s.malformed],
    ),
    ("proofs", _proofs),
    ("opened with", _keys),
    ("sealed", _sealed),
    ("recovered", lambda s: list(s.recovered)),
    ("framing", _framing),
    ("history", lambda s: _line(s.history)),
)
