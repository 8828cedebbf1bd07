"""`explain`: what a code, an alert or a log line means, looked up in the tables of `verdict`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from analyzer.tls.constants import alert_name
from analyzer.verdict.causes.catalogue import CATALOGUE, ENTRIES, Entry
from analyzer.verdict.causes.glossary import ALERTS, LOG_MESSAGES, AlertMeaning, LogMessage
from analyzer.verdict.codes import BY_CODE, CODES, KINDS, Code

_SUGGESTIONS = 3
_ALERT_NUMBERS = {meaning.code: meaning for meaning in ALERTS}
_ALERT_NAMES = {alert_name(meaning.code): meaning for meaning in ALERTS}

# How much of a log message's words a pasted line must hold to be taken for it.
_ENOUGH = 0.6


def explain(term: str) -> str | None:
    """What `term` means, as lines of text; None where nothing is known of it.

    Args:
        term: a cause's or a finding's code, an alert's name or number (`48`, `alert 48`, `unknown_ca`), or a log line.
    """
    asked = term.strip()
    plain = asked.lower().replace(" ", "-")
    if plain in ENTRIES:
        return cause_text(ENTRIES[plain])
    if plain in BY_CODE:
        return code_text(BY_CODE[plain])
    if (alert := _alert(asked)) is not None:
        return _alert_text(alert)
    found = _log_messages(asked)
    return "\n".join(map(_log_text, found)) if found else None


def suggestions(term: str) -> tuple[str, ...]:
    """The known terms nearest to `term`."""
    known = [*ENTRIES, *BY_CODE, *_ALERT_NAMES]
    asked = term.strip().lower()
    near = difflib.get_close_matches(asked.replace(" ", "-"), known, _SUGGESTIONS, 0.5)
    near += difflib.get_close_matches(asked.replace(" ", "_"), known, _SUGGESTIONS, 0.5)
    words = set(re.findall(r"[a-z]{3,}", asked))
    near += [code for code in known if words & set(re.split(r"[-_]", code))]
    return tuple(dict.fromkeys(near))[:_SUGGESTIONS]


def known_terms() -> str:
    """Every term, as `explain` lists them when it is asked nothing."""
    lines = ["Causes:"]
    lines += [f"  {entry.code:<34} {entry.title}" for entry in CATALOGUE]
    lines += ["", "Findings:", *(f"  {row.code:<34} {row.meaning}" for row in CODES)]
    lines += ["", "Kinds of what a certificate slot holds:"]
    lines += [f"  {row.code:<34} {row.meaning}" for row in KINDS]
    lines += ["", "TLS alerts, by name or number:"]
    lines += [f"  {alert_name(m.code)} ({m.code})" for m in ALERTS]
    lines += ["", "Lines of a client's log, for instance:"]
    lines += [f"  {message.text}" for message in LOG_MESSAGES]
    return "\n".join(lines) + "\n"


def cause_text(entry: Entry) -> str:
    """One row of the catalogue as lines."""
    rows = (
        ("what one sees", entry.symptoms),
        ("what it is", entry.meaning),
        ("how sure", entry.sure),
        ("to confirm", entry.confirm),
        ("what to do", entry.remedy),
        ("source", entry.source),
    )
    return f"{entry.code}: {entry.title}\n" + "".join(_rows(rows))


def code_text(code: Code) -> str:
    """One row of the findings' codes or kinds as lines."""
    rows = (
        ("about", code.about),
        ("says", code.meaning),
        ("what to do", code.remedy),
        ("source", code.source),
    )
    return f"{code.code}\n" + "".join(_rows(rows))


def _alert(term: str) -> AlertMeaning | None:
    words = term.lower().removeprefix("alert").strip(" :_-")
    if words.isdigit():
        return _ALERT_NUMBERS.get(int(words))
    return _ALERT_NAMES.get(words.replace(" ", "_").replace("-", "_"))


def _alert_text(alert: AlertMeaning) -> str:
    rows = (
        ("means", alert.means),
        ("who", "its sender did not accept what the other side had sent" if alert.code else ""),
        ("here", alert.here),
        ("see", ", ".join(alert.causes)),
    )
    return f"TLS alert {alert_name(alert.code)} ({alert.code})\n" + "".join(_rows(rows))


def _log_messages(line: str) -> list[LogMessage]:
    """The messages whose words the pasted line holds, the best match first."""
    words = _words(line)
    if not words:
        return []
    scored = []
    for message in LOG_MESSAGES:
        own = _words(message.text)
        held = len(own & words) / len(own)
        asked = len(own & words) / len(words)
        whole = " ".join(line.lower().split()) in message.text.lower() and len(line.strip()) > 5
        if held >= _ENOUGH or whole:
            scored.append((max(held, asked), message))
    scored.sort(key=lambda pair: -pair[0])
    return [message for score, message in scored if score >= scored[0][0] - 0.1]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9_]+", text.lower())) - {"the", "a", "to", "is", "of"}


def _log_text(message: LogMessage) -> str:
    rows = (
        ("means", message.means),
        ("what to do", message.remedy),
        ("see", ", ".join(message.causes) or "nothing of it shows in a capture of port 2223"),
        ("source", message.source),
    )
    return f'{message.program}: "{message.text}"\n' + "".join(_rows(rows))


def _rows(rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    return (f"  {label + ':':<15}{text}\n" for label, text in rows if text)
