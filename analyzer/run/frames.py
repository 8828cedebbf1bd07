"""The frames of chosen connections, copied as they were captured."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scapy.utils import RawPcapNgReader, RawPcapReader

from analyzer import __version__
from analyzer.capture import pcapng, source, writer
from analyzer.capture.items import IcmpError, Segment
from analyzer.report.model import Connection
from analyzer.run.pipeline import Options, items_of
from analyzer.stream import file_of, number_of
from analyzer.transport.facts import endpoints

_SECOND = 1_000_000_000


def copied(
    captures: Sequence[str], connections: Sequence[Connection], options: Options, key_log: bytes
) -> Iterator[bytes]:
    """A pcapng file of the connections' frames, piece by piece; the key log stands in front.

    Of a packet in more than two IP fragments the middle ones are not known, and left out.

    Args:
        captures: files, read once more. connections: of these captures. options: they were analyzed with.
    """
    wanted = _frames(captures, connections, options)
    yield writer.section(application=f"hsm-analyzer {__version__}")
    if key_log:
        yield writer.key_log(key_log)
    interfaces: dict[int, int] = {}
    for index, name in enumerate(captures):
        numbers = {number_of(frame) for frame in wanted if file_of(frame) == index}
        for link_type, at, wire, data in _raw(name, numbers):
            if link_type not in interfaces:
                interfaces[link_type] = len(interfaces)
                yield writer.interface(link_type)
            yield writer.packet(data, at, wire=wire, on=interfaces[link_type])


def _frames(
    captures: Sequence[str], connections: Sequence[Connection], options: Options
) -> set[int]:
    """The frames that hold anything of the connections; addresses and ports may be used again, so times count."""
    spans: dict[frozenset[object], list[tuple[int, int]]] = {}
    for connection in connections:
        tcp = connection.conversation.tcp
        ends = frozenset((tcp.client, tcp.server))
        spans.setdefault(ends, []).append((tcp.span.began, tcp.span.ended))
    found: set[int] = set()
    for item in items_of(captures, options):
        if isinstance(item, Segment | IcmpError):
            chosen = spans.get(frozenset(endpoints(item.key)), ())
            if any(began <= item.at.ended and item.at.began <= ended for began, ended in chosen):
                found |= {item.at.first, item.at.last}
    return found


def _raw(name: str, numbers: set[int]) -> Iterator[tuple[int, int, int, bytes]]:
    """Link type, time (nanoseconds), length on the wire and bytes of a file's chosen frames.

    Beyond the last of them nothing is read: there the file may be cut, or still be written.
    """
    if not numbers:
        return
    with Path(name).open("rb") as file:
        content = source.whole(file, name)
    data = io.BytesIO(content)
    is_pcapng = content[:4] == pcapng.MAGIC
    # scapy takes open files too; its types do not say so.
    reader: Any = RawPcapNgReader(data) if is_pcapng else RawPcapReader(data)  # type: ignore[arg-type]
    for number, (frame, told) in zip(range(1, max(numbers) + 1), reader, strict=False):
        if number not in numbers:
            continue
        if is_pcapng:
            units = (told.tshigh or 0) << 32 | (told.tslow or 0)
            yield told.linktype, units * _SECOND // int(told.tsresol), told.wirelen, frame
        else:
            fraction = told.usec if reader.nano else told.usec * 1000
            yield reader.linktype, told.sec * _SECOND + fraction, told.wirelen, frame
