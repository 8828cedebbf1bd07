"""The workloads: how many connections, of what size, among how much other traffic."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from scripts.workloads.foreign import Foreign
from scripts.workloads.frames import in_vxlan, tcp_frames
from scripts.workloads.sessions import Maker, Send

Frames: TypeAlias = Iterator[tuple[int, bytes]]  # microseconds, frame

_START = 1_780_000_000_000_000
_SERVERS = tuple(bytes((10, 8, 0, host)) for host in (10, 11, 12))
_PORT = 2223


@dataclass(frozen=True, slots=True)
class Shape:
    """One workload.

    Attributes:
        kind: `mixed` (among foreign frames), `storm` (many connections at once), `bulk` (few long ones side
            by side) or `many` (a file for each connection).
        packets: of a mixed one, all in all. share: those on 2223.
        connections: of the other kinds.
        data: bytes that the HSM answers with in each connection. write: how many at a time.
        distinct: sessions made; further connections repeat them from other addresses.
        small: foreign packets of some hundred bytes. vxlan: everything inside VXLAN.
    """

    kind: str
    packets: int = 0
    share: float = 0.02
    connections: int = 0
    data: int = 20_000
    write: int = 4096
    distinct: int = 240
    mss: int = 1448
    disorder: float = 0.002
    small: bool = False
    vxlan: bool = False
    formats: tuple[str, ...] = ("pcap",)

    def scaled(self, scale: float) -> Shape:
        """The same with so many times the packets, connections or, of a bulk one, bytes."""
        if self.kind == "bulk":
            return replace(self, data=int(self.data * scale))
        count = int(self.connections * scale)
        return replace(self, packets=int(self.packets * scale), connections=count)


_MIXED = Shape("mixed", packets=1_300_000, formats=("pcap", "pcapng"))
SHAPES = {
    "mixed": _MIXED,
    "vxlan": replace(_MIXED, vxlan=True, formats=("pcap",)),
    "tiny": replace(_MIXED, packets=4_000_000, share=0.006, small=True, formats=("pcap",)),
    "storm": Shape("storm", connections=5000, distinct=1500),
    "bulk": Shape("bulk", connections=3, data=500_000_000, write=16384),
    "jumbo": Shape("bulk", connections=3, data=500_000_000, write=16384, mss=8948),
    "many": Shape("many", connections=2000, data=2000, distinct=1000),
}


def frames(shape: Shape, maker: Maker, seed: int = 1) -> Frames:
    """The frames of a workload that is one file, in order of time."""
    make = {"mixed": _mixed, "storm": _storm, "bulk": _bulk}[shape.kind]
    made = make(shape, maker, random.Random(seed))
    return in_vxlan(made, 4711) if shape.vxlan else made


def files(shape: Shape, maker: Maker, seed: int = 1) -> Iterator[Frames]:
    """The frames of each file of a workload of many, a second apart."""
    rng = random.Random(seed)
    for number, connection in enumerate(_connections(shape, maker, rng, shape.connections)):
        begin = _START + number * 1_000_000
        yield ((begin + 150 * at, frame) for at, frame in enumerate(connection))


def _connections(
    shape: Shape, maker: Maker, rng: random.Random, count: int
) -> Iterator[Iterator[bytes]]:
    made: list[list[Send]] = []
    for number in range(count):
        if len(made) < shape.distinct:
            made.append(list(maker.session(number, data=shape.data, write=shape.write)))
        yield _connection(shape, made[number % shape.distinct], number, rng)


def _connection(
    shape: Shape, sends: list[Send] | Iterator[Send], number: int, rng: random.Random
) -> Iterator[bytes]:
    client = bytes((10, 9, number // 200 % 200 + 1, number % 200 + 1)), 20000 + number % 40000
    server = _SERVERS[number % len(_SERVERS)], _PORT
    return tcp_frames(sends, client, server, mss=shape.mss, disorder=shape.disorder, rng=rng)


def _mixed(shape: Shape, maker: Maker, rng: random.Random) -> Frames:
    wanted: list[tuple[float, bytes]] = []
    target = shape.packets * shape.share
    for connection in _connections(shape, maker, rng, shape.packets):
        place = rng.random() * shape.packets * 0.98
        wanted += ((place + 3 * at, frame) for at, frame in enumerate(connection))
        if len(wanted) >= target:
            break
    wanted.sort(key=lambda placed: placed[0])
    foreign = Foreign(rng, small=shape.small)
    left = iter(wanted)
    place, frame = next(left, (float("inf"), b""))
    for number in range(shape.packets):
        time = _START + 40 * number
        if place <= number:
            yield time, frame
            place, frame = next(left, (float("inf"), b""))
        else:
            yield time, foreign.frame()


def _storm(shape: Shape, maker: Maker, rng: random.Random, at_once: int = 60) -> Frames:
    waiting = enumerate(_connections(shape, maker, rng, shape.connections))
    running: list[tuple[int, int, Iterator[bytes]]] = []

    def start(time: int) -> None:
        for number, connection in waiting:
            heapq.heappush(running, (time, number, connection))
            return

    for _ in range(at_once):
        start(_START + rng.randrange(20_000))
    while running:
        time, number, connection = heapq.heappop(running)
        frame = next(connection, None)
        if frame is None:
            start(time + rng.randrange(1000))
        else:
            yield time, frame
            heapq.heappush(running, (time + 50 + rng.randrange(400), number, connection))


def _bulk(shape: Shape, maker: Maker, rng: random.Random, in_turn: int = 8) -> Frames:
    running = [
        # Versions 1.2 in 1.2, 1.3 in 1.3 and the mixed ones in turn.
        _connection(
            shape, maker.session(3 * n, data=shape.data, write=shape.write, read=False), n, rng
        )
        for n in range(shape.connections)
    ]
    time = _START
    while running:
        for connection in list(running):
            for _ in range(in_turn):
                frame = next(connection, None)
                if frame is None:
                    running.remove(connection)
                    break
                time += 3
                yield time, frame
