"""The TLS levels of a connection for the terminal: side by side where there is room."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analyzer.report.text import safe_text
from analyzer.report.words import OUTCOME_WORDS, frames_text, level_title
from analyzer.session.facts import Presented, Session
from analyzer.stream import CLIENT, SERVER, Side
from analyzer.tls.constants import alert_level_name, alert_name, version_name
from analyzer.tls.suites import suite_name

# A column narrower than this breaks the fingerprints.
_COLUMN = 50
_LABELS = 13


def level_table(sessions: Sequence[Session], width: int) -> RenderableType:
    """What each level negotiated and showed, one column a session; one under the other on a narrow terminal."""
    room = (width - _LABELS) // (_COLUMN + 1)
    if len(sessions) <= room:
        return _table(sessions)
    return Group(*(_table([session]) for session in sessions))


def _table(sessions: Sequence[Session]) -> Table:
    table = Table(
        box=None, show_header=True, padding=(0, 1, 0, 0), header_style="bold", expand=False
    )
    table.add_column("", style="dim", no_wrap=True, width=_LABELS - 1)
    for session in sessions:
        table.add_column(_title(session), overflow="fold", ratio=1)
    for label, row in _ROWS:
        cells = [row(session) for session in sessions]
        if any(cells):
            table.add_row(label, *(Text(cell or "-") for cell in cells))
    return table


def _title(session: Session) -> Text:
    again = f", handshake {session.handshake + 1}" if session.handshake else ""
    return Text(f"{level_title(session.level)} TLS{again}")


def _negotiated(session: Session) -> str:
    if session.version is None:
        offered = ", ".join(map(version_name, session.offered_versions))
        return f"nothing negotiated; offered {offered}" if offered else ""
    return version_name(session.version)


def _suite(session: Session) -> str:
    return "" if session.suite is None else suite_name(session.suite)


def _server_name(session: Session) -> str:
    return safe_text(session.server_name or "")


def _keys(session: Session) -> str:
    if not any(session.keys):
        return ""
    if session.keys[CLIENT] == session.keys[SERVER]:
        return safe_text(session.keys[CLIENT])
    return safe_text(
        "; ".join(f"{side.word}: {session.keys[side] or 'none'}" for side in (CLIENT, SERVER))
    )


def _chain(session: Session, side: Side) -> str:
    chain = session.certificates[side]
    if chain is None:
        sealed = next((s.detail for s in session.sealed if s.side is side), "")
        return safe_text(f"not seen: {sealed}") if sealed else ""
    if not chain:
        return "an empty Certificate message"
    return "\n".join(_certificate(shown) for shown in chain)


def _certificate(shown: Presented) -> str:
    told = shown.certificate
    if told.error:
        return safe_text(f"sha256 {told.sha256}\n{told.error}")
    until = (
        f"{told.not_before:%Y-%m-%d} to {told.not_after:%Y-%m-%d}"
        if told.not_before and told.not_after
        else ""
    )
    version = f"X.509 v{told.version}" if told.version else ""
    facts = ", ".join(filter(None, (told.key, told.signature_algorithm, version)))
    lines = (
        f"{told.subject} ({frames_text((shown.at,))})",
        f"issuer {told.issuer}",
        f"serial {told.serial}, {until}",
        facts,
        f"sha256 {told.sha256}",
    )
    return "\n".join(safe_text(line) for line in lines)


def _alerts(session: Session) -> str:
    return "\n".join(
        f"{alert.side.word}: {alert_level_name(alert.level)} {alert_name(alert.code)} ({alert.code}), "
        f"{frames_text((alert.at,))}{', encrypted' if alert.encrypted else ''}"
        for alert in session.alerts
    )


def _sealed(session: Session) -> str:
    return "\n".join(
        safe_text(
            f"{sealed.side.word}, {sealed.epoch}: {sealed.detail} ({frames_text((sealed.at,))})"
        )
        for sealed in session.sealed
    )


def _proofs(session: Session) -> str:
    return "\n".join(
        f"{proof.kind.replace('_', ' ')}: {proof.result}{f' ({safe_text(proof.why)})' if proof.why else ''}"
        for proof in session.proofs
        if proof.result != "valid"
    ) or ("all valid" if session.proofs else "")


def _framing(session: Session) -> str:
    if not session.level or not session.framing:
        return ""
    passed_over = sum(skipped.length for skipped in session.skipped)
    return safe_text(session.framing) + (
        f", {passed_over} bytes passed over" if passed_over else ""
    )


_ROWS = (
    ("outcome", lambda s: OUTCOME_WORDS[s.outcome]),
    ("version", _negotiated),
    ("cipher suite", _suite),
    ("server name", _server_name),
    ("ALPN", lambda s: safe_text(s.alpn or "")),
    ("resumed", lambda s: safe_text(s.resumes or "yes") if s.resumed else ""),
    ("server shows", lambda s: _chain(s, SERVER)),
    ("client shows", lambda s: _chain(s, CLIENT)),
    (
        "asked client",
        lambda s: {True: "for a certificate", False: "for no certificate", None: ""}[
            s.certificate_request
        ],
    ),
    ("alerts", _alerts),
    (
        "malformed",
        lambda s: "\n".join(
            safe_text(f"{what} ({frames_text((at,))})") for what, at in s.malformed
        ),
    ),
    ("proofs", _proofs),
    ("opened with", _keys),
    ("sealed", _sealed),
    ("framing", _framing),
    ("history", lambda s: s.history),
)
