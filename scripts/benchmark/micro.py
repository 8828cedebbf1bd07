"""The inner loops one by one: `python -m pytest scripts/benchmark/micro.py` (pytest-benchmark).

For comparing two versions of one loop; what counts for users is in `tables`.
"""

from __future__ import annotations

import io
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from analyzer.capture import Capture
from analyzer.capture.items import Segment
from analyzer.run.analysis import CLOUDHSM_PORTS
from analyzer.session.certificates import parse_certificate
from analyzer.stream import CLIENT, Chunk, Span
from analyzer.tls.aead_openers import Tls13Opener
from analyzer.tls.key_log import KeyLog
from analyzer.tls.parsers import parse
from analyzer.tls.records import RecordReader
from analyzer.transport import Flows
from scripts.workloads.files import PcapWriter
from scripts.workloads.foreign import Foreign
from scripts.workloads.frames import tcp_frames
from scripts.workloads.pki import make_pki

AT = Span(1, 1, 0, 0)
ENDS = (bytes((10, 0, 0, 1)), 40000), (bytes((10, 0, 0, 2)), 2223)


@pytest.fixture(scope="module")
def foreign() -> bytes:
    """20,000 frames of other ports."""
    source = Foreign(random.Random(1))
    return _pcap([source.frame() for _ in range(20_000)])


@pytest.fixture(scope="module")
def transfer() -> bytes:
    """A connection with 8 MB in one direction."""
    sends = [(1, b"\x17\x03\x03\x40\x11" + bytes(16401))] * 500
    frames = tcp_frames(sends, *ENDS, mss=1448, disorder=0, rng=random.Random(1))
    return _pcap(list(frames))


def _pcap(frames: list[bytes]) -> bytes:
    file = io.BytesIO()
    writer = PcapWriter(file)
    for number, frame in enumerate(frames):
        writer.write(number, frame)
    return file.getvalue()


def _items(data: bytes) -> list[Any]:
    return list(Capture(io.BytesIO(data), name="", ports=CLOUDHSM_PORTS))


def test_frames_of_other_ports_are_dropped(benchmark: Any, foreign: bytes) -> None:
    assert not benchmark(_items, foreign)


def test_frames_become_segments(benchmark: Any, transfer: bytes) -> None:
    assert len(benchmark(_items, transfer)) > 5000


def test_segments_become_streams(benchmark: Any, transfer: bytes) -> None:
    segments = [item for item in _items(transfer) if isinstance(item, Segment)]

    def run() -> int:
        flows = Flows(CLOUDHSM_PORTS)
        return sum(len(flows.feed(segment)) for segment in segments)

    assert benchmark(run) > 5000


def test_chunks_become_records(benchmark: Any) -> None:
    data = (b"\x17\x03\x03\x40\x11" + bytes(16401)) * 100
    cuts = [*range(0, len(data), 1448), len(data)]
    chunks = [Chunk(CLIENT, data[begin:end], AT) for begin, end in pairwise(cuts)]

    def run() -> int:
        reader = RecordReader()
        return sum(len(reader.feed(c)) for c in chunks if not reader.gather(c.data))

    assert benchmark(run) == 100


def test_a_record_is_opened(benchmark: Any) -> None:
    aead = AESGCM(bytes(32))
    sealed = aead.encrypt(bytes(12), bytes(16384) + b"\x17", b"\x17\x03\x03\x40\x11")

    def run() -> Any:
        return Tls13Opener(aead, bytes(12), 16).open(23, 0x0303, sealed)

    assert benchmark(run) == (23, bytes(16384))


def test_a_certificate_message_comes_again(benchmark: Any, tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    pki = make_pki(tmp_path)
    der = x509.load_pem_x509_certificate((pki.etc / "customerCA.crt").read_bytes()).public_bytes(
        Encoding.DER
    )
    entry = len(der).to_bytes(3, "big") + der
    body = len(entry).to_bytes(3, "big") + entry

    def run() -> Any:
        (found,) = parse(11, bytes(body), 0x0303).chain  # type: ignore[attr-defined]
        return parse_certificate(found)

    assert benchmark(run).subject == "CN=Customer CA"


def test_a_key_log_of_ten_thousand_lines_is_indexed(benchmark: Any) -> None:
    rng = random.Random(1)
    text = b"".join(
        b"CLIENT_RANDOM %b %b\n"
        % (rng.randbytes(32).hex().encode(), rng.randbytes(48).hex().encode())
        for _ in range(10_000)
    )

    assert benchmark(lambda: KeyLog().add(text, "")).used == 10_000
