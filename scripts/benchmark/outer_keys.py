"""The keys of the outer level alone, for what the program tells of an inner one that stays sealed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from scripts.benchmark.tables import ours


def outer_keys(where: Path, name: str) -> Path:
    """Of a workload's key log the lines of outer sessions, as the program's own report tells them apart."""
    path = where / f"{name}-outer.keys"
    if path.exists():
        return path
    command = ours(where, f"{name}.pcap", f"{name}.keys")
    command[command.index("/dev/null")] = "-"
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    randoms = {c["sessions"][0]["client_random"] for c in told["connections"]}
    lines = (where / f"{name}.keys").read_text(encoding="ascii").splitlines(keepends=True)
    kept = [line for line in lines if line.split()[1] in randoms]
    assert len(randoms) <= len(kept) < len(lines)
    path.write_text("".join(kept), encoding="ascii")
    return path
