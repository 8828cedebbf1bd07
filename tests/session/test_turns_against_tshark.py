"""tshark agrees on every turn: messages, alerts and certificates of each side, and the data that was opened.

One capture holds all turns, a TCP connection each. What is inside another TLS session is compared with the
same session alone (`test_turns`), so this holds for the inner level as well.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from analyzer.session.origins import Origins
from analyzer.session.stack import Stack, StackOptions
from analyzer.stream import CLIENT, SERVER, Chunk, Side
from analyzer.tls.constants import HANDSHAKE_TYPES
from analyzer.tls.secrets import Secrets
from tests.makers.files import pcap
from tests.makers.packets import frame
from tests.makers.segments import Conversation
from tests.makers.tls_levels import segments
from tests.makers.tls_memory import stream
from tests.makers.told import tcp
from tests.session.test_turns import EXPECTED, wires

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")

NUMBERS = {name: number for number, name in HANDSHAKE_TYPES.items()} | {"hello_retry_request": 2}
FIELDS = ("tcp.stream", "tcp.dstport", "tls.handshake.type", "tls.alert_message.desc", "data.data")
PORT = 2223


@functools.cache
def numbered() -> list[tuple[str, int]]:
    """(turn, which of its connections) in the order of the capture."""
    return [(turn, number) for turn in EXPECTED for number in range(len(wires(turn)))]


@functools.cache
def dissected() -> dict[int, dict[str, list[list]]]:
    """Per connection of the capture what tshark says of either side."""
    records, log = [], b""
    for place, (turn, number) in enumerate(numbered()):
        wire = wires(turn)[number]
        log += wire.key_log
        told = Conversation(client=("10.0.0.1", 40000 + place))
        told.open()
        for side, flight in wire.flights:
            for data in segments(flight):
                told.data(side, data)
        told.close()
        records += [(segment.at.began, frame(segment)) for segment in told.segments]
    seen = {place: {name: [[], []] for name in FIELDS} for place in range(len(numbered()))}
    with tempfile.TemporaryDirectory() as folder:
        capture, keys = Path(folder) / "turns.pcap", Path(folder) / "keys.log"
        capture.write_bytes(pcap(records))
        keys.write_bytes(log)
        command = ["tshark", "-r", capture, "-o", f"tls.keylog_file:{keys}", "-2", "-Y", "tls"]
        command += ["-d", f"tcp.port=={PORT},tls", "-T", "fields", "-E", "separator=|"]
        command += [word for name in FIELDS for word in ("-e", name)]
        run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    for line in run.stdout.splitlines():
        place, port, *values = line.split("|")
        side = CLIENT if int(port) == PORT else SERVER
        for name, value in zip(FIELDS[2:], values, strict=True):
            seen[int(place)][name][side] += [each for each in value.split(",") if each]
    return seen


@functools.cache
def ours(place: int):
    turn, number = numbered()[place]
    wire = wires(turn)[number]
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    stack = Stack(0, secrets, Origins(), StackOptions(kept=frozenset({(0, "plaintext")})))
    for event in stream(wire.flights):
        stack.feed(event)
    told = stack.conversation(tcp())
    data = ["", ""]
    for event in stack.kept(0, "plaintext"):
        if isinstance(event, Chunk):
            data[event.side] += event.data.hex()
    return told.sessions, data


@pytest.mark.parametrize("turn", EXPECTED)
def test_tshark_sees_the_same_messages_alerts_and_data(turn):
    for place, (name, _) in enumerate(numbered()):
        if name != turn:
            continue
        sessions, data = ours(place)
        theirs = dissected()[place]
        for side in Side:
            types = [
                NUMBERS[message.type]
                for session in sessions
                for message in session.messages
                if message.side is side and message.type in NUMBERS
            ]
            alerts = [a.code for s in sessions for a in s.alerts if a.side is side]
            assert [int(each) for each in theirs["tls.handshake.type"][side]] == types
            their_alerts = [int(each) for each in theirs["tls.alert_message.desc"][side]]
            their_data = "".join(theirs["data.data"][side])
            if name == "early data rejected" and side is CLIENT:
                # It shows what the server passed over as if it had been taken.
                their_data = their_data.removeprefix((b"early " * 500).hex())
            if name.startswith("post-handshake") and side is CLIENT:
                # It takes the Finished behind the handshake for the handshake's, begins to count records
                # anew, and opens none that follow.
                assert (their_alerts, alerts) == ([], [0])
                assert their_data + b"ping".hex() == data[side]
                continue
            assert their_alerts == alerts
            assert their_data == data[side]
