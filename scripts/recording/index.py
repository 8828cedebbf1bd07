"""`captures/README.md`: the cases in one table."""

from __future__ import annotations

import json
from collections.abc import Sequence

from recording.case import Case
from recording.pki import ROOT


def write_index(cases: Sequence[Case]) -> None:
    """Write the table of the cases that are recorded."""
    rows = []
    for case in cases:
        expected = ROOT / "captures" / case.name / "expected.json"
        if expected.exists():
            verdict = json.loads(expected.read_text())["verdict"]
            rows.append(f"| [{case.name}]({case.name}/README.md) | {case.title} | {verdict} |")
    (ROOT / "captures" / "README.md").write_text(_TEXT + "\n".join(rows) + "\n")


_TEXT = """# Recordings

Real TLS sessions inside real TLS sessions over real TCP, recorded with tcpdump or dumpcap by
`scripts/make_captures.py`. Every folder holds

| file | what it is |
|---|---|
| `capture.pcap`, `.pcapng`, `.pcap.gz` | the recording, from the client's interface |
| `keys.log` | session keys of both levels, as one client process logs them |
| `outer-keys.log`, `inner-keys.log` | the same, split |
| `expected.json` | the facts, written down from what the two ends knew, not from reading the capture |
| `README.md` | what it is, what to look for, how it was made |

The certificates are in [pki](pki/README.md); they are the same for all cases.

`scripts/make_captures.py --list` lists the cases, `scripts/make_captures.py CASE` records one anew (Linux, root),
`scripts/make_captures.py --check` lets tshark read both levels of every recording and compares it with
`expected.json`. How a case is added is said in `scripts/recording/__init__.py`.

| case | what it is | verdict |
|---|---|---|
"""
