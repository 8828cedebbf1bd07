"""Capture and transport alone, as a process: what comes before TLS, beside tcpdump's filter.

python -m scripts.benchmark.walk FILE [any]
"""

from __future__ import annotations

import gc
import sys

from analyzer.capture import Capture
from analyzer.capture.items import Segment
from analyzer.transport import Flows

PORTS = frozenset({2223, 2224, 2225})


def main(path: str, *more: str) -> None:
    """Read a capture, put its connections in order, say what there was."""
    gc.freeze()  # as the program does it
    gc.set_threshold(100_000)
    ports = None if "any" in more else PORTS
    flows = Flows(ports)
    feed = flows.feed
    events = 0
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  pathlib takes longer to import than 40,000 frames
        capture = Capture(file, name=path, ports=ports)
        for item in capture:
            if type(item) is Segment:
                events += len(feed(item))
    events += len(list(flows.finish()))
    print(f"{capture.frames} frames, {flows.summary.connections} connections, {events} events")


if __name__ == "__main__":
    main(*sys.argv[1:])
