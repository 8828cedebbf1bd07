"""Captures: from the bytes of a file to TCP segments of the wanted ports.

    source      what kind of file it is, decompressed
    window      one reused buffer over it
    pcap        the walk over a pcap file's frames
    pcapng      the walk over a pcapng file's blocks; `blocks` reads those that are no ordinary frames
    glance      the fast path: drops a frame, or makes its segment, at one look; `dismissal` at the second
    link        link types, tags and labels: where a frame's network packet is
    ip          IPv4 and IPv6: where a packet's segment is; `tunnels`, `fragments`, `icmp` on the way
    reading     what the readers share: what is wanted, what is counted
    scapy_link  the same by scapy: link types unknown here, and the second opinion on all frames
    writer      pcapng files out; `synthetic`: frames made of byte streams, to write
    items       the values that come out

`Capture` is the door. A frame that cannot matter costs no more than a look; what the wire did, and where
the file is damaged, is data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from analyzer.capture import pcap, pcapng, source
from analyzer.capture.items import Comment, Damage, Item, NameRecord
from analyzer.capture.reading import Reading
from analyzer.capture.window import Window
from analyzer.errors import UnreadableCapture
from analyzer.stream import FILE_SHIFT

__all__ = ["Capture"]


class Capture:
    """One capture file, read once, in one pass, in constant memory.

    Iterating yields the items of the wanted ports in the file's order, and fills `frames`, `bytes`,
    `skipped` and `damage`.

    Args:
        file: anything to read bytes from; it need not be seekable.
        name: what messages call it.
        ports: wanted TCP ports, None for all.
        index: of the file among several; frame numbers are `(index << FILE_SHIFT) + n`, n from 1.
        reader: `fast`, or `scapy` to have scapy dissect every frame.

    Attributes:
        name, index: as given.
        format: `pcap` or `pcapng`, with its compression, e.g. `pcapng+gzip`.

    Raises:
        UnreadableCapture: this is no capture, or none of a known format.
        MissingTool: a package for its compression is not installed.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        name: str,
        ports: frozenset[int] | None,
        index: int = 0,
        reader: str = "fast",
    ) -> None:
        self.name = name
        self.index = index
        opened, head, compression = source.opened(file, name)
        if head[:4] in pcap.MAGICS:
            self.format, self._walk = f"pcap{compression}", pcap.items
        elif head[:4] == pcapng.MAGIC:
            self.format, self._walk = f"pcapng{compression}", pcapng.items
        else:
            raise UnreadableCapture(f"{name}: {source.refusal(head)}")
        self._window = Window(opened, head)
        self._reading = Reading(ports, index << FILE_SHIFT, trusting=reader != "scapy")

    def __iter__(self) -> Iterator[Item]:
        return self._walk(self._window, self._reading)

    def ignore(self, keys: set[bytes]) -> None:
        """Pass over segments with these keys but for SYN, FIN and RST; the set may change while the file is read.

        Every 64th comes all the same, so that it is known how the time goes on.
        """
        self._reading.ignored = keys

    @property
    def frames(self) -> int:
        """Frames read so far."""
        return self._reading.frames

    @property
    def bytes(self) -> int:
        """Bytes read so far, decompressed."""
        return self._window.total

    @property
    def skipped(self) -> Counter[str]:
        """How many frames were passed over, by reason."""
        return self._reading.skipped

    @property
    def names(self) -> list[NameRecord]:
        """What the file says addresses are called, the first thousand."""
        return self._reading.names

    @property
    def comments(self) -> list[Comment]:
        """The file's comments, the first thousand, without what may be a key."""
        return self._reading.comments

    @property
    def damage(self) -> list[Damage]:
        """Where the file is cut or makes no sense."""
        return self._reading.damage
