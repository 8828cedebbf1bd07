"""Which package the time goes to, of a storm and of bulk data; the figures for docs/performance.md.

    python -m scripts.benchmark.shares --page docs/performance.md

The program runs in this process, and every few milliseconds of its processor time the innermost function of its own
is noted: unlike a profile by calls, that makes nothing look slower than it is.
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
from scripts.benchmark.workload import workload

_SCALES = {"storm": 1.0, "bulk": 0.5}
_EVERY = 0.001  # seconds of processor time; most kernels make four of it
_LISTED = 10  # functions
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


def rows(seen: dict[str, Counter[tuple[str, str]]]) -> list[str]:
    """Packages in the order of the data, then the functions that take most of each workload."""
    head = f"| package | what | {' | '.join(seen)} |"
    lines = [head, f"| --- | --- |{' ---: |' * len(seen)}"]
    for package, what in _PACKAGES.items():
        shares = [
            sum(times for (module, _), times in each.items() if module.split(".")[1] == package)
            / each.total()
            for each in seen.values()
        ]
        lines.append(f"| `{package}` | {what} | {' | '.join(f'{share:.0%}' for share in shares)} |")
    for name, each in seen.items():
        lines += ["", f"| function ({name}) | share |", "| --- | ---: |"]
        lines += [
            f"| `{function}` ({module.removeprefix('analyzer.').replace('.', '/')}) | {times / each.total():.1%} |"
            for (module, function), times in each.most_common(_LISTED)
        ]
    return lines


def _arguments(data: Path, name: str) -> list[str]:
    """Of the program, for a workload that is made where it is not there."""
    where = workload(data / f"{name}-{_SCALES[name]:g}", name, _SCALES[name]).parent
    return ["hsm-analyzer", *ours(where, f"{name}.pcap", f"{name}.keys")[3:]]


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("/tmp/bench"), show_default=True
)
@click.option("--page", type=click.Path(path_type=Path), help="Put the tables into this page.")
def main(*, data: Path, page: Path | None) -> None:
    """Run both, print and write the shares."""
    seen = {name: sampled(_arguments(data, name)) for name in _SCALES}
    text = "\n".join(rows(seen))
    print(text)
    if page:
        put(page, "shares", text)


if __name__ == "__main__":
    main()
