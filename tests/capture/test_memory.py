"""Memory depends neither on the size of a capture nor on how many connections are attempted in it."""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path

import pytest

from tests.makers.cases import ROOT
from tests.makers.packets import ethernet, ipv4
from tests.makers.program import command, environment
from tests.makers.rewrites import recorded

MIB = 1 << 20


def resident(path: Path) -> int:
    """The program's peak resident memory in MiB while it reads the file."""
    process = subprocess.Popen(
        command("analyze", path),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    with process.stderr:
        said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in {0, 3}, said
    return used.ru_maxrss // 1024


def mixed(path: Path, size: int) -> None:
    """One connection among so many bytes of other traffic, some of it in fragments that never get whole."""
    talk = recorded(ROOT / "captures/tls12-in-tls12/capture.pcap")
    start = talk[0].time
    web = b"\x01\xbb\x9c\x40" + bytes(8) + b"\x50\x10" + bytes(6)
    others = [
        ethernet(ipv4(bytes(range(8)), 6, web + bytes(1400), ip_id=number)) for number in range(50)
    ]
    others.append(ethernet(ipv4(bytes(range(8)), 6, bytes(1480), ip_id=7, fragment=0x2000)))
    block = b"".join(_record(start, each) for each in others)
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1))
        times = size // len(block)
        for number in range(times):
            if number * len(talk) % times < len(talk):
                each = talk[number * len(talk) // times]
                file.write(_record(each.time, ethernet(each.data)))
            file.write(block)


def _record(time: int, data: bytes) -> bytes:
    seconds, nanoseconds = divmod(time, 1_000_000_000)
    return struct.pack("<IIII", seconds, nanoseconds, len(data), len(data)) + data


def syns(path: Path, count: int) -> None:
    """So many connection attempts, none of them answered, within ten seconds."""
    tcp = struct.pack(">HIIBBHHH", 2223, 1, 0, 0xA0, 2, 64_240, 0, 0)
    tcp += bytes.fromhex("020405b40402080a000000010000000001030307")
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1))
        for number in range(count):
            port, host = number % 60_000, number // 60_000
            addresses = bytes([10, 1, host >> 8, host & 255, 10, 0, 0, 2])
            packet = ipv4(addresses, 6, struct.pack(">H", port) + tcp, ip_id=number & 0xFFFF)
            time = 1_700_000_000_000_000_000 + number * 10_000_000_000 // count
            file.write(_record(time, ethernet(packet)))


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="no wait4 on this system")
def test_twenty_times_the_bytes_need_no_more_memory(tmp_path: Path):
    mixed(tmp_path / "small", 4 * MIB)
    mixed(tmp_path / "large", 80 * MIB)
    assert resident(tmp_path / "large") <= 1.15 * resident(tmp_path / "small")


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="no wait4 on this system")
def test_more_half_open_connections_than_are_remembered_stay_below_300_mib(tmp_path: Path):
    """Beyond 250,000 the oldest are given up, so this is what a million need too."""
    syns(tmp_path / "flood", 270_000)
    assert resident(tmp_path / "flood") <= 300
