"""pcapng files (draft-ietf-opsawg-pcapng): the walk over the blocks, fast where they are frames."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from analyzer.capture.blocks import (
    ENHANCED_PACKET,
    INTERFACE,
    SECTION,
    Section,
    byte_order,
)
from analyzer.capture.dismissal import IPV4, TCP, UDP
from analyzer.capture.items import Item
from analyzer.capture.reading import Reading
from analyzer.capture.window import LONGEST, Window

MAGIC = b"\x0a\x0d\x0d\x0a"  # a section header block; it reads the same in both byte orders

_LEAST_BLOCK = 12  # type, length, and the length again behind the body
# An enhanced packet block up to the frame: type, length, interface, time (high, low), captured length,
# length on the wire. The time and the last one are fetched for hits only.
_HEADER, _HEADER_SIZE = "III8xI4x", 28
_REST, _REST_AT = "II4xI", 12
_LEAST_PACKET = _HEADER_SIZE + 4
_BARE = (
    _LEAST_PACKET + 3
)  # with it rounded down to a word: the size of a packet's block without options


def items(window: Window, reading: Reading) -> Iterator[Item]:
    """The wanted items of a pcapng file whose first byte is the window's."""
    section, current = Section("<", reading), -1
    interface = section.interface(current)
    glance = interface.glance
    ordinary, whole, dull, ip = glance.kind, glance.whole, glance.dull, glance.ip
    take, dismisses, ignores = glance.segment, glance.dismisses, glance.ignores
    unpack = struct.Struct(f"<{_HEADER}{glance.format}").unpack_from
    unpack_rest = struct.Struct(f"<{_REST}").unpack_from
    shift, number, looked, why = reading.shift, 0, 0, ""
    ignored = reading.ignored
    buffer, position, end = window.buffer, window.position, window.end
    # This loop turns once for each frame of the file: locals only, no object made for what is dropped.
    while True:
        block, total, index, captured, kind, version, fragment, protocol, source, target = unpack(
            buffer, position
        )
        after = position + total
        bare = captured + _BARE & -4 == total  # nothing but padding lies behind the frame
        if (
            index == current
            and block == ENHANCED_PACKET
            and after <= end  # what was unpacked means nothing where there is no whole header
            and (bare or (captured + _LEAST_PACKET <= total and not total & 3))
        ):
            number += 1
            begin, position = position, after
            if not bare:
                behind = begin + _HEADER_SIZE + captured + -captured % 4
                options = bytes(buffer[behind : after - 4])
                yield from section.comments(options, shift + number)
            if (
                version == IPV4
                and kind == ordinary
                and (fragment == whole or not fragment)
                and (protocol == TCP or protocol == UDP)  # noqa: PLR1714, SIM109  as in `pcap`
            ):
                if dull[source] and dull[target]:
                    continue
                segment = protocol == TCP
            else:
                segment = False
            looked += 1
            start = begin + _HEADER_SIZE
            if (
                ignored and ignores(buffer, start)
                if segment
                else dismisses(buffer, start, start + captured)
            ):
                continue
            high, low, wire = unpack_rest(buffer, begin + _REST_AT)
            at = interface.span(shift + number, high << 32 | low)
            behind = start + captured
            item: Item | None = take(buffer, start + ip, behind, at) if segment else None
            if item is None:
                item = glance.decode(bytes(buffer[start:behind]), wire, at)
            if item is not None:
                yield item
            continue
        # Another block, or one that reaches beyond the window.
        window.position, reading.frames = position, number
        if end - position < _LEAST_BLOCK:
            if not window.need(_LEAST_BLOCK):
                break
            buffer, position, end = window.buffer, window.position, window.end
            continue
        order = byte_order(window) if block == SECTION else section.order
        if order is None:
            why = "a section in no byte order"
            break
        (total,) = struct.unpack_from(f"{order}I", window.buffer, window.position + 4)
        if total < _LEAST_BLOCK or total > LONGEST or total & 3:
            why = f"a block length of {total} bytes"
            break
        if total > end - position:
            if not window.need(total):
                break
            # Not all of the fields above were there when they were read.
            buffer, position, end = window.buffer, window.position, window.end
            continue
        if block == ENHANCED_PACKET:
            if captured + _LEAST_PACKET > total:
                why = f"a length of {captured} bytes"
                break
            if index != current:
                interface, current = section.interface(index), index
                glance = interface.glance
                ordinary, whole, dull, ip = glance.kind, glance.whole, glance.dull, glance.ip
                take, dismisses, ignores = glance.segment, glance.dismisses, glance.ignores
                unpack = struct.Struct(f"{section.order}{_HEADER}{glance.format}").unpack_from
            continue
        if block == SECTION:
            section, current = Section(order, reading), -1
            unpack = struct.Struct(f"{order}{_HEADER}{glance.format}").unpack_from
            unpack_rest = struct.Struct(f"{order}{_REST}").unpack_from
        elif block == INTERFACE:
            current = -1  # it may be the one that frames before it should have had
        yield from section.items(block, bytes(buffer[position + 8 : position + total - 4]))
        position += total
        looked += reading.frames - number
        number = reading.frames
    reading.frames = number
    reading.skipped["other ports"] += number - looked
    reading.stopped(window, f"the block after frame {number}", why)
