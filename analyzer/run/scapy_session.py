"""scapy's sniffer as a source: a session class for `sniff(session=...)`.

from scapy.sendrecv import sniff
from analyzer.run.scapy_session import HsmSession

session = HsmSession(Options(key_logs=(Path("keys.log"),)), tell=print)
sniff(iface="eth0", filter="tcp port 2223", session=session, store=False)
session.finish()
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import scapy.layers.inet6  # it and what it imports register the link types  # noqa: F401
from scapy.config import conf
from scapy.packet import Packet
from scapy.sessions import DefaultSession

from analyzer.capture.items import Item
from analyzer.capture.reading import Reading
from analyzer.report.model import Connection
from analyzer.run.analysis import Options
from analyzer.run.live import Tally, Watch
from analyzer.stream import Span

_SECOND = 1_000_000_000


class HsmSession(DefaultSession):
    """Takes scapy's packets, and tells each connection to an HSM when it ends.

    Args:
        options: as for `analyze`; the key logs are followed while they grow.
        tell: called with each connection that ended.
    """

    def __init__(
        self,
        options: Options | None = None,
        tell: Callable[[Connection], object] | None = None,
        **scapys: Any,
    ) -> None:
        super().__init__(**scapys)
        options = options or Options()
        self._watch = Watch(options)
        self._reading = Reading(options.ports, 0, trusting=options.reader != "scapy")
        self._glances: dict[int, Any] = {}
        self._tell = tell or (lambda _: None)
        self._frames = 0
        self._lock = threading.Lock()  # `wait` is for another thread than the sniffer's

    @property
    def tally(self) -> Tally:
        """What all connections so far come to."""
        return self._watch.tally

    @property
    def skipped(self) -> Counter[str]:
        """How many packets were passed over, by reason."""
        return self._reading.skipped

    def process(self, pkt: Packet) -> Packet:
        """Take a packet; scapy's sniffer gets it back unchanged."""
        with self._lock:
            self._frames += 1
            for connection in self._watch.feed(self._items(pkt)):
                self._tell(connection)
        return pkt

    def wait(self) -> None:
        """Nothing came for a while: tell what ends by that. May be called beside a running sniffer."""
        with self._lock:
            for connection in self._watch.wait():
                self._tell(connection)

    def finish(self) -> None:
        """The sniffer stopped: tell what is still open."""
        with self._lock:
            for connection in self._watch.finish():
                self._tell(connection)

    def _items(self, packet: Packet) -> Iterator[Item]:
        link_type = conf.l2types.layer2num.get(type(packet))
        if link_type is None:
            self._reading.skipped["link type unknown to scapy"] += 1
            return
        glance = self._glances.get(link_type)
        if glance is None:
            glance = self._glances[link_type] = self._reading.glance("<", link_type)
        data = packet.original or bytes(packet)
        at = round(float(packet.time) * 1e6) * 1000  # a float holds no more than microseconds
        span = Span(self._frames, self._frames, at, at)
        item = glance.decode(data, packet.wirelen or len(data), span)
        if item is not None:
            yield item
