"""What kind of file is this? Told by its first bytes, never by its name."""

from __future__ import annotations

import contextlib
import importlib
import io
import struct
from collections.abc import Callable
from typing import BinaryIO, cast

from analyzer.errors import MissingTool, UnreadableCapture

# So many bytes tell what it is. So many are asked for: a first packet stands in them, and the windows of thousands of files
# that wait for their turn (`window`) hold no more.
_HEAD, _ASKED = 64, 512
_PIECE = 1 << 18

# Files that are known, and are no capture this program reads: magic -> what it is.
FOREIGN = (
    (b"GMBU", "a Microsoft Network Monitor capture"),
    (b"RTSS", "a Microsoft Network Monitor 1 capture"),
    (b"snoop\0\0\0", "a snoop capture"),
    (b"iptrace ", "an AIX iptrace capture"),
    (b"\x7fELF", "an ELF program"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"-----BEGIN ", "a PEM file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"5VIEW", "a 5View capture"),
    (b"XCP\0", "a NetXRay capture"),
    (b"TRSNIFF data    \x1a", "a Sniffer capture"),
)


def _zstd(source: BinaryIO) -> BinaryIO:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return cast("BinaryIO", importlib.import_module(name).ZstdFile(source))
        except ImportError:
            continue
    raise MissingTool("the capture is zstd-compressed: pip install 'hsm-analyzer[compression]'")


def _lz4(source: BinaryIO) -> BinaryIO:
    try:
        return cast("BinaryIO", importlib.import_module("lz4.frame").LZ4FrameFile(source))
    except ImportError:
        raise MissingTool(
            "the capture is lz4-compressed: pip install 'hsm-analyzer[compression]'"
        ) from None


def _standard(module: str, name: str, keyword: str) -> Callable[[BinaryIO], BinaryIO]:
    """A decompressor of the standard library, imported when a file needs it."""
    return lambda source: cast(
        "BinaryIO", getattr(importlib.import_module(module), name)(**{keyword: source})
    )


COMPRESSIONS: tuple[tuple[bytes, str, Callable[[BinaryIO], BinaryIO]], ...] = (
    (b"\x1f\x8b", "gzip", _standard("gzip", "GzipFile", "fileobj")),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
    (b"\x04\x22\x4d\x18", "lz4", _lz4),
    (b"BZh", "bzip2", _standard("bz2", "BZ2File", "filename")),
    (b"\xfd7zXZ\0", "xz", _standard("lzma", "LZMAFile", "filename")),
)


def opened(file: BinaryIO, name: str) -> tuple[BinaryIO, bytes, str]:
    """The source to read on from, the bytes already read from it, and how it was compressed ("" if not).

    Raises:
        UnreadableCapture: the file is empty, or cannot be decompressed at all.
        MissingTool: a package for this compression is not installed.
    """
    try:
        head = _read_head(file)
    except OSError as error:
        raise UnreadableCapture(f"{name}: {error.strerror}") from error
    if not head:
        raise UnreadableCapture(f"{name}: the file is empty")
    for magic, word, open_compressed in COMPRESSIONS:
        if head.startswith(magic):
            inner = open_compressed(cast("BinaryIO", io.BufferedReader(_Joined(head, file))))
            try:
                return inner, _read_head(inner), f"+{word}"
            except Exception as error:
                raise UnreadableCapture(f"{name}: broken {word} file ({error})") from error
    return file, head, ""


def whole(file: BinaryIO, name: str) -> bytes:
    """All bytes, decompressed; of a cut or broken file those that come before.

    Raises:
        UnreadableCapture, MissingTool: see `opened`.
    """
    source, head, _ = opened(file, name)
    data = bytearray(head)
    # Where a decompressor fails (each has errors of its own), what came before counts, as in `Window`.
    read = getattr(
        source, "read1", source.read
    )  # one at a time: what it gave is there before it fails
    with contextlib.suppress(Exception):
        while piece := read(_PIECE):
            data += piece
    return bytes(data)


def refusal(head: bytes) -> str:
    """Why a file that begins with `head` is refused, in words that follow its name."""
    head = head[:_HEAD]
    for magic, what in FOREIGN:
        if head.startswith(magic):
            return f"this is {what}, not a pcap or pcapng capture"
    if _is_text(head):
        return "this is text, not a pcap or pcapng capture"
    if _is_erf(head):
        return "this is an Endace ERF capture, not a pcap or pcapng capture"
    return "not a pcap or pcapng capture"


def _is_erf(head: bytes) -> bool:
    """ERF has no magic: a first record with a sane time, a known type and lengths that go together tells it."""
    if len(head) < 16:
        return False
    seconds, kind = struct.unpack_from("<4xIB", head)
    length, wire = struct.unpack_from(">10xHxxH", head)
    known = seconds >= 1 << 29 and 1 <= kind & 0x7F <= 48  # 1987, the types there are
    return bool(known and wire and 18 <= length <= wire + 128)


def _is_text(head: bytes) -> bool:
    return all(
        32 <= byte < 127 or byte in b"\t\r\n\f\x1b" or byte >= 0x80 for byte in head
    ) and any(byte < 0x80 for byte in head)


def _read_head(file: BinaryIO) -> bytes:
    """The first bytes; of a broken file those that there are.

    Raises:
        Exception: whatever a decompressor raises, where nothing came before.
    """
    # One read of the source at a time: what it gave is there before it fails.
    read = getattr(file, "read1", file.read)
    head = b""
    try:
        while len(head) < _HEAD and (more := read(_ASKED - len(head))):
            head += more
    except Exception:
        if not head:
            raise
    return head


class _Joined(io.RawIOBase):
    """Bytes that were read already, then the rest of the file."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._head:
            size = min(len(buffer), len(self._head))
            buffer[:size] = self._head[:size]
            self._head = self._head[size:]
            return size
        data = self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
