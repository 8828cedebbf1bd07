"""The other traffic of a busy host: TLS on 443, databases, bare ACKs, UDP, IPv6, ARP, a VLAN."""

from __future__ import annotations

import random
from collections.abc import Callable

from scripts.workloads.frames import ACK, ETHERNET, VLAN, Path, ipv6, tcp_header

_SERVER_PORTS = (443, 443, 443, 443, 80, 22, 5432, 6379, 9092, 8080, 3306, 2049)
_ARP = bytes.fromhex("0806 0001 0800 06 04 0001")
_POOL = 1 << 22


class Foreign:
    """An endless source of frames.

    Args:
        small: packets of some hundred bytes, as name servers and metrics have; else those of a web host.
    """

    def __init__(self, rng: random.Random, *, flows: int = 2000, small: bool = False) -> None:
        self._rng = rng
        self._bytes = rng.randbytes(_POOL)
        self._flows = [_Flow(rng, number) for number in range(flows)]
        self._ack_share = 0.7 if small else 0.4
        self._full_share = 0.0 if small else 0.5
        self._longest = 120 if small else 1400
        # Cumulative shares.
        self._kinds: tuple[tuple[float, Callable[[_Flow], bytes]], ...] = (
            (0.90, self._tcp),
            (0.97, self._udp),
            (0.985, self._ipv6),
            (0.99, self._arp),
            (1.0, self._vlan),
        )

    def frame(self) -> bytes:
        """The next one."""
        rng = self._rng
        flow = self._flows[int(rng.random() * len(self._flows))]
        chance = rng.random()
        return next(make for share, make in self._kinds if chance < share)(flow)

    def _payload(self, size: int) -> bytes:
        at = int(self._rng.random() * (_POOL - 1500))
        return self._bytes[at : at + size]

    def _size(self) -> int:
        return 1 + int(self._rng.random() * self._longest)

    def _tcp(self, flow: _Flow) -> bytes:
        rng = self._rng
        if rng.random() < self._ack_share:
            size = 0
        else:
            size = 1448 if rng.random() < self._full_share else self._size()
        payload = self._payload(size)
        if flow.server_port == 443 and size > 5:
            payload = b"\x17\x03\x03" + (size - 5).to_bytes(2, "big") + payload[5:]
        return flow.tcp(int(rng.random() * 2), payload, b"\1\1\x08\x0a" + self._payload(8))

    def _udp(self, flow: _Flow) -> bytes:
        port = 53 if self._rng.random() < 0.5 else 443
        return flow.paths[0].udp((flow.port, port), self._payload(30 + self._size()))

    def _ipv6(self, flow: _Flow) -> bytes:
        header = tcp_header((flow.port, flow.server_port), (1, 1), ACK, 20)
        return ipv6(6, self._payload(32), header + self._payload(self._size()))

    def _arp(self, flow: _Flow) -> bytes:  # noqa: ARG002
        return ETHERNET + _ARP + self._payload(30)

    def _vlan(self, flow: _Flow) -> bytes:
        frame = flow.tcp(0, self._payload(self._size()), b"")
        return frame[:12] + VLAN + frame[12:]


class _Flow:
    """One foreign connection under way."""

    def __init__(self, rng: random.Random, number: int) -> None:
        client, server = (
            bytes((10, network, rng.randrange(256), rng.randrange(1, 255))) for network in (1, 2)
        )
        self.paths = Path(client, server), Path(server, client)
        self.port, self.server_port = 20000 + number, rng.choice(_SERVER_PORTS)
        self._seqs = [rng.getrandbits(32), rng.getrandbits(32)]

    def tcp(self, side: int, payload: bytes, options: bytes) -> bytes:
        ports = (self.server_port, self.port) if side else (self.port, self.server_port)
        seqs = self._seqs
        frame = self.paths[side].tcp(ports, (seqs[side], seqs[1 - side]), ACK, payload, options)
        seqs[side] += len(payload)
        return frame
