"""pyshark's view of a capture's TLS, in the same rows as tshark's own.

pyshark starts tshark under an event loop of its own and can hang or die with it, so it runs in a child
process (`python -m analyzer.run.pyshark_rows`) that prints one JSON line a frame and is given a deadline.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analyzer.errors import MissingTool
from analyzer.run.tshark import FIELDS, Dissection, Row, TsharkFailed, isolated, run_bounded


def dissect(
    path: str, capture: str, key_log: str, ports: Sequence[int], deadline: float
) -> Dissection:
    """What pyshark sees of the TLS in a capture; arguments as `tshark.dissect`.

    Raises:
        MissingTool: pyshark is not installed.
        TsharkFailed: it did not end in time, or in error without any row.
    """
    if find_spec("pyshark") is None:
        raise MissingTool("pyshark is not installed: pip install 'hsm-analyzer[pyshark]'")
    request = {"capture": capture, "key_log": key_log, "tshark": path, "ports": list(ports)}
    with isolated() as environment:
        environment |= {"PYTHONPATH": str(Path(__file__).parents[2])}
        command: list[str] = [sys.executable, "-P", "-m", "analyzer.run.pyshark_rows"]
        done = run_bounded(command, deadline, environment, json.dumps(request).encode())
    rows: list[Row] = []
    notes: list[str] = []
    version = ""
    for line in done.stdout.decode().splitlines():
        told = json.loads(line)
        if "row" in told:
            rows.append(Row(tuple(tuple(cell) for cell in told["row"])))
        version = told.get("version", version)
        if "note" in told:
            notes.append(told["note"])
    if done.returncode and not rows:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise TsharkFailed(f"pyshark ended in error: {last}")
    return Dissection(version, tuple(rows), tuple(notes))


def main() -> None:
    """The child: a request on standard input, rows on standard output."""
    import asyncio  # noqa: PLC0415  the parent needs none of these

    import pyshark  # noqa: PLC0415

    request = json.load(sys.stdin)
    preferences = {"tcp.reassemble_out_of_order": "TRUE", "tls.desegment_ssl_records": "TRUE"}
    if request["key_log"]:
        preferences["tls.keylog_file"] = request["key_log"]
    # An event loop of one's own spares pyshark's child watchers, which Python 3.14 no longer has. Its JSON
    # mode is faster and loses the second TLS layer of a frame.
    packets = pyshark.FileCapture(
        request["capture"],
        display_filter="tls",
        keep_packets=False,
        tshark_path=request["tshark"],
        decode_as={f"tcp.port=={port}": "tls" for port in request["ports"]},
        override_prefs=preferences,
        eventloop=asyncio.new_event_loop(),
    )
    try:
        for packet in packets:
            print(json.dumps({"row": list(_row(packet))}), flush=True)  # noqa: T201  the child's answer
    except Exception as error:  # noqa: BLE001  it raises after the last packet of a cut capture
        print(json.dumps({"note": f"pyshark: {type(error).__name__}"}), flush=True)  # noqa: T201
    print(json.dumps({"version": f"pyshark {getattr(pyshark, '__version__', '')}".strip()}))  # noqa: T201


def _row(packet: Any) -> Iterator[list[str]]:
    """The fields of `FIELDS` of one packet, every occurrence in every layer."""
    layers = [layer._all_fields for layer in packet.layers]  # noqa: SLF001  the public names show the first only
    for name in FIELDS:
        if name == "frame.number":
            yield [str(packet.number)]
        else:
            yield [
                field.show for layer in layers if name in layer for field in layer[name].all_fields
            ]


if __name__ == "__main__":
    main()
