"""Which package a storm's time goes to; the figures for docs/performance.md.

    python -m scripts.benchmark.shares --page docs/performance.md

The program runs in this process, and every millisecond of its processor time the innermost function of its own is
noted: unlike a profile by calls, that makes nothing look slower than it is.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import click

from scripts.benchmark.page import put
from scripts.benchmark.tables import ours
from scripts.workloads.__main__ import key_log, make
from scripts.workloads.pki import make_pki
from scripts.workloads.sessions import Maker
from scripts.workloads.shapes import SHAPES

_SCALE = 0.2
_EVERY = 0.001  # seconds of processor time
_LISTED = 12  # functions
_PACKAGES = {
    "capture": "frames",
    "transport": "TCP",
    "tls": "records, keys, proofs and messages of both levels",
    "session": "finding the inner TLS, facts, certificates, times",
    "verdict": "slots, cause, what is kept for the comparison",
    "report": "the JSON report",
    "run": "handing on, keeping, key logs' files",
}


def sampled(arguments: list[str]) -> Counter[tuple[str, str]]:
    """How often each function of the program was at work: (module, function)."""
    from analyzer.__main__ import main as program

    seen: Counter[tuple[str, str]] = Counter()

    def note(_: int, frame: FrameType | None) -> None:
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module.startswith("analyzer.") and not module.startswith("analyzer.cli"):
                seen[module, frame.f_code.co_qualname] += 1
                return
            frame = frame.f_back

    sys.argv = arguments
    signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    with contextlib.suppress(SystemExit):
        program()
    signal.setitimer(signal.ITIMER_PROF, 0)
    return seen


def rows(seen: Counter[tuple[str, str]]) -> list[str]:
    """Packages in the order of the data, then the functions that take most."""
    whole = sum(seen.values())
    packages = Counter[str]()
    for (module, _), times in seen.items():
        packages[module.split(".")[1]] += times
    lines = ["| package | what | share |", "| --- | --- | ---: |"]
    lines += [
        f"| `{name}` | {what} | {packages[name] / whole:.0%} |" for name, what in _PACKAGES.items()
    ]
    lines += ["", "| function | share |", "| --- | ---: |"]
    lines += [
        f"| `{function}` ({module.removeprefix('analyzer.').replace('.', '/')}) | {times / whole:.1%} |"
        for (module, function), times in seen.most_common(_LISTED)
    ]
    return lines


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("/tmp/bench"), show_default=True
)
@click.option("--page", type=click.Path(path_type=Path), help="Put the tables into this page.")
def main(*, data: Path, page: Path | None) -> None:
    """Run the storm, print and write the shares."""
    where = data / f"storm-{_SCALE:g}"
    if not (where / "storm.pcap").exists():
        where.mkdir(parents=True, exist_ok=True)
        shape = SHAPES["storm"].scaled(_SCALE)
        make(where / "storm", shape, Maker(make_pki(where / "pki"), key_log(where, "storm")))
    command = ours(where, "storm.pcap", "storm.keys")
    text = "\n".join(rows(sampled(["hsm-analyzer", *command[3:]])))
    print(text)
    if page:
        put(page, "shares", text)


if __name__ == "__main__":
    main()
