"""A capture to be shown to others: only the wanted connections, under other addresses.

Every segment is written anew in a packet of its own: tunnels, link layer, other traffic, names, comments
and keys stay behind. TLS bytes cannot be changed without breaking what they prove, so what they say
(certificates, server names) stays; `visible_in` tells what was found there.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from analyzer import __version__
from analyzer.capture import synthetic, writer
from analyzer.capture.items import Comment, IcmpError, Item, KeyLogBlock, NameRecord, Segment
from analyzer.run.pipeline import Options, analyze, items_of
from analyzer.stream import Side

_IPV6 = 16
_TELLING = 6  # characters; a shorter name stands in ciphertext by chance, and none is ever copied


@dataclass(slots=True)
class Pseudonyms:
    """Other addresses for the real ones: the same for the same key, and never two for one.

    Attributes:
        key: secret; whoever has it can find out which address became which.
        addresses: packed real address -> packed pseudonym.
    """

    key: bytes = field(repr=False)
    addresses: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    def of(self, address: bytes) -> bytes:
        """The pseudonym of a packed address: 10.0.0.0/8 for IPv4, fd00::/8 for IPv6."""
        known = self.addresses.get(address)
        if known is not None:
            return known
        taken = set(self.addresses.values()) | set(self.addresses)
        attempt = 0
        while True:
            digest = hmac.digest(self.key, bytes((attempt,)) + address, hashlib.sha256)
            found = (b"\x0a" if len(address) == 4 else b"\xfd") + digest[: len(address) - 1]
            if found not in taken and found[-1] not in {0, 255}:
                self.addresses[address] = found
                return found
            attempt += 1

    def key_of(self, key: bytes) -> bytes:
        """`Segment.key` with pseudonyms."""
        size = (len(key) - 4) // 2
        return self.of(key[:size]) + self.of(key[size : 2 * size]) + key[2 * size :]


@dataclass(slots=True)
class Anonymized:
    """What is being made of a capture; the counts are final once `blocks` is through.

    Args:
        pseudonyms: filled while the capture is read.
        ports: the servers' ports, to tell who is the client.
        keep_secrets: keep key logs that the capture carries.
        keep: of each direction of a connection, so many bytes of payload stay; None keeps all.
    """

    pseudonyms: Pseudonyms
    ports: frozenset[int]
    keep_secrets: bool = False
    keep: int | None = None
    frames: int = 0
    names: set[str] = field(default_factory=set)
    _seen: dict[bytes, int] = field(default_factory=dict)

    def blocks(self, items: Iterable[Item]) -> Iterator[bytes]:
        """The new capture's pcapng blocks."""
        yield writer.section(application=f"hsm-analyzer {__version__}", comment="anonymized")
        yield writer.interface(writer.ETHERNET)
        for item in items:
            if isinstance(item, Segment):
                yield self._segment(item)
            elif isinstance(item, IcmpError):
                yield self._icmp(item)
            elif isinstance(item, KeyLogBlock):
                if self.keep_secrets:
                    yield writer.key_log(item.text)
            elif isinstance(item, NameRecord):
                self.names.add(item.name)
            elif isinstance(item, Comment):
                self.names.add(item.text)

    def _segment(self, segment: Segment) -> bytes:
        self.frames += 1
        payload, missing = segment.payload, segment.missing
        if self.keep is not None:
            # By what was captured before, not by sequence number: good enough to cut, and never too little.
            left = max(0, self.keep - self._seen.get(segment.key, 0))
            self._seen[segment.key] = self._seen.get(segment.key, 0) + len(payload)
            missing += max(0, len(payload) - left)
            payload = payload[:left]
        renamed = segment._replace(
            key=self.pseudonyms.key_of(segment.key), payload=payload, missing=missing
        )
        to_port = int.from_bytes(segment.key[-2:], "big")
        frame = synthetic.ethernet_frame(renamed, from_client=to_port in self.ports)
        return writer.packet(frame, segment.at.began, wire=len(frame) + missing)

    def _icmp(self, error: IcmpError) -> bytes:
        self.frames += 1
        size = (len(error.key) - 4) // 2
        source = self.pseudonyms.of(ipaddress.ip_address(error.source).packed)
        renamed = IcmpError(
            self.pseudonyms.key_of(error.key),
            error.source,
            error.kind,
            error.code,
            error.version,
            error.description,
            error.mtu,
            error.at,
        )
        frame = synthetic.icmp_frame(renamed, source, renamed.key[:size])
        return writer.packet(frame, error.at.began)

    def originals(self) -> list[bytes]:
        """Every value that must not be in the result: addresses as text and as bytes, names, comments.

        An IPv4 address as four bytes is left out: ciphertext holds any four bytes by chance. In headers
        it cannot stand, as every header is written anew; `addresses_in` looks into certificates.
        """
        wanted = [name.encode() for name in self.names if len(name.strip()) >= _TELLING]
        for address in self.pseudonyms.addresses:
            wanted.append(str(ipaddress.ip_address(address)).encode())
            if len(address) == _IPV6:
                wanted.append(address)
        return wanted


def addresses_in(capture: str | bytes, ports: frozenset[int] | None) -> set[bytes]:
    """The packed addresses in the headers of a capture's wanted packets."""
    found: set[bytes] = set()
    source = capture if isinstance(capture, str) else io.BytesIO(capture)
    for item in items_of([source], Options(ports=ports)):
        if isinstance(item, Segment | IcmpError):
            size = (len(item.key) - 4) // 2
            found |= {item.key[:size], item.key[size : 2 * size]}
        if isinstance(item, IcmpError):
            found.add(ipaddress.ip_address(item.source).packed)
    return found


def visible_in(capture: bytes, ports: frozenset[int] | None) -> list[tuple[str, bytes]]:
    """What the TLS of a capture says without any key: in words, and as bytes to search in; each once."""
    report = analyze([io.BytesIO(capture)], Options(ports=ports, embedded_keys=False))
    found: dict[bytes, str] = {}
    for connection in report.connections:
        for session in connection.conversation.sessions:
            if session.server_name:
                found[session.server_name.encode()] = f"server name {session.server_name}"
            for side in Side:
                for shown in session.certificates[side] or ():
                    told = shown.certificate
                    words = f"certificate of the {side.word}: {told.subject}, serial {told.serial}"
                    found[told.der] = words
    return [(words, data) for data, words in found.items()]


def occurrences(originals: Iterable[bytes], data: bytes) -> list[bytes]:
    """The values that stand in `data`; an address as text only where no longer number continues it."""
    return [value for value in originals if _stands(value, data)]


def _stands(value: bytes, data: bytes) -> bool:
    at = data.find(value)
    while at >= 0:
        around = data[at - 1 : at] + data[at + len(value) : at + len(value) + 1]
        if not value[:1].isdigit() or not any(byte in b"0123456789." for byte in around):
            return True
        at = data.find(value, at + 1)
    return False
