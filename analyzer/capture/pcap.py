"""pcap files (draft-ietf-opsawg-pcap), in both byte orders, with micro- or nanoseconds."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from analyzer.capture.dismissal import IPV4, TCP, UDP
from analyzer.capture.items import Item
from analyzer.capture.reading import Reading
from analyzer.capture.window import LONGEST, Window
from analyzer.stream import Span, new_tuple

# Magic as it lies in the file -> byte order, nanoseconds in one unit of a time's second field, bytes of
# record header beyond the usual 16 (Alexey Kuznetzov's patched libpcap has 8).
MAGICS: dict[bytes, tuple[str, int, int]] = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000, 0),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000, 0),
    b"\xa1\xb2\x3c\x4d": (">", 1, 0),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 0),
    b"\xa1\xb2\xcd\x34": (">", 1_000, 8),
    b"\x34\xcd\xb2\xa1": ("<", 1_000, 8),
}
_FILE_HEADER = 24
_RECORD_HEADER = 16
_SECOND = 1_000_000_000


def items(window: Window, reading: Reading) -> Iterator[Item]:
    """The wanted items of a pcap file whose first byte is the window's."""
    if not window.need(_FILE_HEADER):
        reading.stopped(window, "the file header")
        return
    order, unit, extra = MAGICS[bytes(window.buffer[:4])]
    (link_type,) = struct.unpack_from(f"{order}I", window.buffer, 20)
    window.position = _FILE_HEADER
    # The upper six bits tell of frame check sequences, which no IP length counts.
    glance = reading.glance(order, link_type & 0x03FF_FFFF)
    ordinary, whole, dull = glance.kind, glance.whole, glance.dull
    take, dismisses, ignores = glance.segment, glance.dismisses, glance.ignores
    ignored, ip = reading.ignored, glance.ip
    header = _RECORD_HEADER + extra
    # The time is fetched for hits only, the length on the wire for the decoder: three numbers less for each frame.
    unpack = struct.Struct(f"{order}8xI4x{extra}x{glance.format}").unpack_from
    unpack_time = struct.Struct(f"{order}II").unpack_from
    unpack_wire = struct.Struct(f"{order}12xI").unpack_from
    shift, looked = reading.shift, 0
    number = shift  # of the latest frame
    second = before = 0  # that of the latest hit, and the nanoseconds before it
    buffer, position, end = window.buffer, window.position, window.end
    why = ""
    # This loop turns once for each frame of the file: locals only, no object made for what is dropped.
    while True:
        captured, kind, version, fragment, protocol, source, target = unpack(buffer, position)
        after = position + header + captured
        if (
            after > end
        ):  # also where not even the header is there: what was unpacked means nothing then
            window.position, reading.frames = position, number - shift
            if not window.need(header):
                break
            (captured,) = struct.unpack_from(f"{order}I", window.buffer, window.position + 8)
            if captured > LONGEST:
                why = f"a length of {captured} bytes"
                break
            if not window.need(header + captured):
                break
            buffer, position, end = window.buffer, window.position, window.end
            continue
        number += 1
        if (
            version == IPV4
            and kind == ordinary
            and (fragment == whole or not fragment)
            and (protocol == TCP or protocol == UDP)  # noqa: PLR1714, SIM109  `in` costs twice as much
        ):
            if dull[source] and dull[target]:
                position = after
                continue
            segment = protocol == TCP
        else:
            segment = False
        looked += 1
        start = position + header
        if ignored and ignores(buffer, start) if segment else dismisses(buffer, start, after):
            position = after
            continue
        seconds, fraction = unpack_time(buffer, position)
        if seconds != second:
            second, before = seconds, seconds * _SECOND
        time = before + fraction * unit
        at = new_tuple(Span, (number, number, time, time))
        item: Item | None = take(buffer, start + ip, after, at) if segment else None
        if item is None:
            (wire,) = unpack_wire(buffer, position)
            item = glance.decode(bytes(buffer[start:after]), wire, at)
        position = after
        if item is not None:
            yield item
    reading.frames = number = number - shift
    reading.skipped["other ports"] += number - looked
    reading.stopped(window, f"frame {number + 1}", why)
