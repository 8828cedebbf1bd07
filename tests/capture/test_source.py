"""Files told by their first bytes: compression around captures, and refusals that name what it is."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.capture import Capture
from analyzer.capture.source import FOREIGN
from analyzer.errors import MissingTool, UnreadableCapture
from analyzer.stream import CLIENT
from tests.makers.files import Pcapng, pcap
from tests.makers.packets import frame
from tests.makers.reading import capture_of, items_of, records_of
from tests.makers.segments import Conversation


def talk() -> Conversation:
    conversation = Conversation().open()
    for _ in range(400):
        conversation.data(CLIENT, os.urandom(1200))
    return conversation


TALK = talk()
PLAIN = pcap(records_of(TALK.segments))


def _zstd(data: bytes) -> bytes:
    zstd = pytest.importorskip(
        "backports.zstd" if sys.version_info < (3, 14) else "compression.zstd"
    )
    return zstd.compress(data)


def _lz4(data: bytes) -> bytes:
    return pytest.importorskip("lz4.frame").compress(data)


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": _zstd,
    "lz4": _lz4,
    "bzip2": lambda data: bz2.compress(data, 1),
    "xz": lzma.compress,
}
every_compression = pytest.mark.parametrize("name", COMPRESSIONS)


@every_compression
def test_compressed_captures_are_read_as_they_are(name: str):
    compressed = COMPRESSIONS[name](PLAIN)
    capture = capture_of(compressed)
    assert list(capture) == TALK.segments
    assert capture.format == f"pcap+{name}"
    assert capture.damage == []
    assert capture.bytes == len(PLAIN)


@every_compression
def test_compressed_pcapng_is_read_too(name: str):
    pcapng = Pcapng().interface()
    for segment in TALK.segments:
        pcapng.packet(segment.at.began // 1000, frame(segment))
    capture = capture_of(COMPRESSIONS[name](bytes(pcapng)))
    assert list(capture) == TALK.segments
    assert capture.format == f"pcapng+{name}"


@every_compression
def test_several_compressed_members_in_a_row_are_one_file(name: str):
    compress = COMPRESSIONS[name]
    parts = PLAIN[:1000], PLAIN[1000:30000], PLAIN[30000:]
    assert items_of(b"".join(compress(part) for part in parts)) == TALK.segments


@every_compression
def test_a_pipe_is_read_to_its_end(name: str):
    read, write = os.pipe()
    compressed = COMPRESSIONS[name](PLAIN)

    def feed() -> None:
        with os.fdopen(write, "wb", buffering=0) as pipe:
            pipe.writelines(compressed[at : at + 999] for at in range(0, len(compressed), 999))

    writer = threading.Thread(target=feed)
    writer.start()
    with os.fdopen(read, "rb") as pipe:
        assert items_of(pipe) == TALK.segments
    writer.join()


@every_compression
def test_a_compressed_file_cut_short_gives_what_it_had(name: str):
    compressed = COMPRESSIONS[name](PLAIN)
    for size in (len(compressed) * 9 // 10, len(compressed) - 9):
        capture = capture_of(compressed[:size])
        found = list(capture)
        assert found == TALK.segments[: len(found)]
        [damage] = capture.damage
        assert damage.why.startswith(f"frame {len(found) + 1}: ") or "ends within" in damage.why
        assert len(found) > 200


@every_compression
def test_a_compressed_file_with_a_flipped_bit_gives_what_came_before(name: str):
    damaged = bytearray(COMPRESSIONS[name](PLAIN))
    damaged[len(damaged) // 2] ^= 0x10
    capture = capture_of(bytes(damaged))
    found = list(capture)
    assert len(found) > 100
    assert capture.damage or found != TALK.segments


@every_compression
def test_what_only_begins_like_a_compressed_file_is_refused(name: str):
    with pytest.raises(UnreadableCapture, match=f"it: broken {name} file"):
        capture_of(COMPRESSIONS[name](PLAIN)[:9] + bytes(100))


def test_compressed_text_is_refused_as_text():
    with pytest.raises(UnreadableCapture, match="it: this is text, not a pcap"):
        capture_of(gzip.compress(b"hello, this is no capture\n" * 10))


@pytest.mark.parametrize(("magic", "what"), FOREIGN, ids=lambda each: repr(each)[:20])
def test_known_formats_are_refused_by_name(magic: bytes, what: str):
    with pytest.raises(UnreadableCapture) as refused:
        capture_of(magic + bytes(60))
    assert str(refused.value) == f"it: this is {what}, not a pcap or pcapng capture"
    assert "\n" not in str(refused.value)


def test_an_erf_file_is_refused_by_name():
    record = bytes.fromhex("0000000000d5c65e") + b"\x02\x04" + (16 + 2 + 60).to_bytes(2, "big")
    record += bytes(2) + (60).to_bytes(2, "big") + bytes(2 + 60)
    with pytest.raises(UnreadableCapture, match="it: this is an Endace ERF capture"):
        capture_of(record * 3)


def test_text_of_every_kind_is_refused_as_text():
    for text in (
        b"12:00:01.000000 IP 10.0.0.1.40000 > 10.0.0.2.2223: Flags [S]\n",
        "\ufeffZeit;Quelle;Ziel\r\n".encode(),
        b"{}",
    ):
        with pytest.raises(UnreadableCapture, match="it: this is text"):
            capture_of(text)


def test_an_empty_file_and_noise_are_refused():
    with pytest.raises(UnreadableCapture, match="it: the file is empty"):
        capture_of(b"")
    with pytest.raises(UnreadableCapture, match="it: not a pcap or pcapng capture"):
        capture_of(bytes(range(256)))


@pytest.mark.parametrize(
    ("name", "modules"),
    [("zstd", ("compression.zstd", "backports.zstd")), ("lz4", ("lz4.frame",))],
)
def test_a_missing_package_is_named(name: str, modules: tuple[str, ...], monkeypatch):
    compressed = COMPRESSIONS[name](PLAIN)
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingTool, match=rf"{name}-compressed: pip install"):
        capture_of(compressed)


def test_neither_the_name_nor_the_end_of_it_matters(tmp_path: Path):
    path = tmp_path / "capture.pcapng.gz"
    path.write_bytes(PLAIN)
    with path.open("rb") as file:
        capture = Capture(file, name=str(path), ports=None)
        assert capture.format == "pcap"
        assert sum(1 for _ in capture) == len(TALK.segments)


def test_a_process_that_writes_into_our_standard_input_is_read():
    code = (
        "import sys\n"
        "from analyzer.capture import Capture\n"
        "print(sum(1 for _ in Capture(sys.stdin.buffer, name='-', ports=None)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=gzip.compress(PLAIN), capture_output=True, check=True
    )
    assert int(done.stdout) == len(TALK.segments)


def test_reading_needs_no_seeking():
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.rest = io.BytesIO(PLAIN)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            data = self.rest.read(min(len(buffer), 700))
            buffer[: len(data)] = data
            return len(data)

        def seek(self, *_: int) -> int:
            raise AssertionError("sought")

        tell = seek

    assert items_of(io.BufferedReader(Pipe())) == TALK.segments
