#!/usr/bin/env python3
"""Write docs/causes.md from the tables of the program: `scripts/causes_page.py > docs/causes.md`."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analyzer.tls.constants import alert_name
from analyzer.verdict.causes.catalogue import CATALOGUE, Entry
from analyzer.verdict.causes.glossary import ALERTS, LOG_MESSAGES

_PHASES = {
    "network": "Network: TCP and the path",
    "outer": "Outer TLS: client and the server that hosts the HSM",
    "between": "Between: the outer TLS stands, the inner one is not begun",
    "inner": "Inner TLS: client and HSM",
    "after": "After: connections that were up",
    "capture": "The capture itself",
}

_HEAD = """# Causes

Every connection that did not reach an established inner TLS, and every one that was lost later, has one cause with
a confidence: `certain` (the capture shows it), `likely` (nothing in the capture speaks for anything else) or
`possible` (the capture fits, and fits other things too; the report lists them and what would decide). Frames,
alternatives and limits stand beside it. `hsm-analyzer explain CODE` prints a row of this page, `hsm-analyzer explain
unknown_ca` an alert, `hsm-analyzer explain 'LINE OF A LOG'` what a client's log line means.

A connection without a cause is established, still under way, or too little of it is visible to say that anything
went wrong. This page is written from the program's own table (`analyzer/verdict/causes/catalogue.py`).
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for phase, entries in groupby(CATALOGUE, key=lambda entry: entry.phase):
        parts.append(f"\n## {_PHASES[phase]}\n")
        parts += map(_entry, entries)
    parts.append("\n## Alerts\n\n")
    parts.append(
        "Whatever an alert says: its sender did not accept what the *other* side had sent.\n\n"
    )
    parts.append("| alert | says | on this link | causes |\n|---|---|---|---|\n")
    for alert in ALERTS:
        causes = ", ".join(f"`{code}`" for code in alert.causes)
        parts.append(
            f"| {alert_name(alert.code)} ({alert.code}) | {alert.means} | {alert.here} | {causes} |\n"
        )
    parts.append("\n## Lines of clients' logs\n\n")
    parts.append("| line | program | means | do | causes |\n|---|---|---|---|---|\n")
    for line in LOG_MESSAGES:
        causes = ", ".join(f"`{code}`" for code in line.causes)
        parts.append(
            f"| `{line.text}` | {line.program} | {line.means} | {line.remedy} | {causes} |\n"
        )
    return "".join(parts)


def _entry(entry: Entry) -> str:
    return (
        f"\n### {entry.code}\n\n**{entry.title}.** {entry.symptoms} {entry.meaning}\n\n"
        f"- How sure: {entry.sure}\n- To confirm: {entry.confirm}\n- Do: {entry.remedy}.\n- Source: {entry.source}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
