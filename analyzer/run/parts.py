"""A part of a capture analyzed by itself: one file of it, or some of its connections.

A connection depends on nothing but its own packets, the secrets, and the time that passes. So a capture
can be divided by files or by connections, and the parts put together (`joining`) are the whole.
"""

from __future__ import annotations

import functools
import hashlib
import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import field, replace
from pathlib import Path
from typing import NamedTuple

from analyzer.capture.items import IcmpError, Item, KeyLogBlock, Segment
from analyzer.errors import MissingTool, UnreadableCapture
from analyzer.report.model import Connection, Input
from analyzer.run.analysis import Analysis, Options
from analyzer.run.bundle import Bundle, Bundling
from analyzer.run.key_files import load_key_file
from analyzer.run.merge import merged
from analyzer.run.pipeline import Source, inputs_of, open_captures
from analyzer.run.spool import Spool
from analyzer.session.origins import Issuer
from analyzer.tls.secrets import Secrets
from analyzer.transport import Summary
from analyzer.transport.facts import Endpoint
from analyzer.values import dataclass


class Chosen(NamedTuple):
    """Which connections a part is of.

    Attributes:
        pairs: of addresses and ports (see `pair_of`), None for any.
        share, of: of those, every `of`-th by the pair's number, counted from 0.
    """

    pairs: frozenset[int] | None = None
    share: int = 0
    of: int = 1

    def holds(self, pair: int) -> bool:
        """Whether the connections of `pair` are chosen."""
        return pair % self.of == self.share and (self.pairs is None or pair in self.pairs)


ALL = Chosen()


class Task(NamedTuple):
    """One part to analyze; it can be sent to another process or machine.

    Attributes:
        sources: each with its place among all inputs.
        until: time that passes after the last packet, up to this moment (nanoseconds), 0 for none.
        written: only the JSON of its connections will be asked for.
    """

    sources: tuple[tuple[int, Source], ...]
    options: Options
    chosen: Chosen = ALL
    until: int = 0
    written: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What a part came to. It holds no secret and no packet, and can be pickled.

    Attributes:
        inputs: by place. connections: numbered within the part.
        seen: every pair of which a packet came, also of those connections that are only counted.
        issued: the tickets and session IDs that passed (see `session.origins`).
        has_keys: the capture itself carries session keys.
        end: the time of its latest packet, nanoseconds.
        summary: what transport only counted.
        passed: the pairs of connections that were joined late and only counted (see `Analysis.passed`).
    """

    inputs: Mapping[int, Input]
    connections: Bundle = field(default_factory=Bundle)
    seen: frozenset[int] = frozenset()
    issued: Mapping[bytes, Issuer] = field(default_factory=dict, repr=False)
    has_keys: bool = False
    end: int = 0
    summary: Summary = field(default_factory=Summary)
    passed: frozenset[int] = frozenset()

    def put_away(self, spool: Spool) -> Part:
        """The same with what is packed of its connections on the spool."""
        place, _ = spool.add(self.connections.data)
        return replace(self, connections=self.connections.on(spool, place))


def analyzed(task: Task) -> Part:
    """Analyze one part; a capture that cannot be read is an input that says so.

    Raises:
        UnreadableInput: a key file cannot be used.
    """
    options = task.options
    secrets = _secrets(options.key_logs, options.password).fork()
    with ExitStack() as files:
        try:
            captures, refused = open_captures(task.sources, options, files)
        except (UnreadableCapture, MissingTool) as error:
            return Part({place: _refused(source, error) for place, source in task.sources})
        late_keys = any(capture.format.startswith("pcapng") for capture in captures)
        analysis = Analysis(options, secrets, late_keys=late_keys)
        for capture in captures:
            capture.ignore(analysis.transport.ignored)
        watch = _Watch(task.chosen)
        bundling = Bundling(written=task.written)
        for connection in _connections(analysis, watch.chosen(merged(captures)), watch, task.until):
            bundling.add(connection, pair_of_connection(connection))
        places = sorted({*refused, *(capture.index for capture in captures)})
        return Part(
            inputs=dict(zip(places, inputs_of(captures, refused), strict=True)),
            connections=bundling.bundle(),
            seen=watch.seen,
            issued=analysis.origins.issued(),
            has_keys=watch.has_keys and options.embedded_keys,
            end=watch.end,
            summary=analysis.transport.summary,
            passed=frozenset(map(pair_of, analysis.passed)),
        )


def _connections(
    analysis: Analysis, items: Iterable[Item], watch: _Watch, until: int
) -> Iterator[Connection]:
    yield from analysis.feed(items)
    yield from analysis.advance(max(until, watch.end))
    yield from analysis.finish()


@functools.lru_cache(maxsize=1)
def _secrets(key_logs: tuple[Path, ...], password: bytes | None) -> Secrets:
    """Those of the key files, read once in each process: a log of a busy host has a million lines."""
    secrets = Secrets()
    for path in key_logs:
        load_key_file(secrets, path, password)
    return secrets


def pair_of(key: bytes) -> int:
    """A number for the two ends of a connection, the same for both directions, on every machine.

    Args:
        key: as `Segment.key`.
    """
    size = (len(key) - 4) // 2
    one, other = key[:size] + key[-4:-2], key[size:-4] + key[-2:]
    return int.from_bytes(hashlib.blake2b(b"".join(sorted((one, other))), digest_size=8).digest())


def pair_of_connection(connection: Connection) -> int:
    """The same from what is told of a connection."""
    tcp = connection.conversation.tcp
    return pair_of(_packed(tcp.client, tcp.server))


def _packed(source: Endpoint, target: Endpoint) -> bytes:
    addresses = (ipaddress.ip_address(end.address).packed for end in (source, target))
    ports = (end.port.to_bytes(2) for end in (source, target))
    return b"".join((*addresses, *ports))


class _Watch:
    """Lets the items of the chosen connections through, and notes what passed."""

    def __init__(self, chosen: Chosen) -> None:
        self.has_keys = False
        self.end = 0
        self._chosen = chosen
        self._pairs: dict[bytes, int] = {}  # by key; -1 for those that are not chosen

    @property
    def seen(self) -> frozenset[int]:
        return frozenset(self._pairs.values()) - {-1}

    def chosen(self, items: Iterable[Item]) -> Iterator[Item]:
        pairs = self._pairs
        for item in items:
            if isinstance(item, Segment | IcmpError):
                pair = pairs.get(item.key)
                if pair is None:
                    pair = self._note(item.key)
                self.end = max(self.end, item.at.ended)
                if pair < 0:
                    continue
            elif isinstance(item, KeyLogBlock):
                self.has_keys = True
            yield item

    def _note(self, key: bytes) -> int:
        pair = pair_of(key)
        self._pairs[key] = pair if self._chosen.holds(pair) else -1
        return self._pairs[key]


def _refused(source: Source, error: Exception) -> Input:
    name = str(source)
    return Input(name, refused=str(error).removeprefix(f"{name}: "))


def places(sources: Sequence[Source]) -> tuple[tuple[int, Source], ...]:
    """Every source with its place."""
    return tuple(enumerate(sources))
