"""Traffic while it happens: connections told one by one, in bounded memory."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from analyzer.capture.items import Item, Segment
from analyzer.report.model import Connection, briefs_of
from analyzer.run.analysis import Analysis, Options
from analyzer.run.key_follow import KeyFollower
from analyzer.tls.secrets import Secrets
from analyzer.verdict import overall
from analyzer.verdict.finding import Status

_QUEUED = 10_000  # items read ahead
_SILENCE = 0.5  # seconds without an item after which time alone may end connections

_WORSE = (Status.FAIL, Status.UNKNOWN, Status.PASS)


@dataclass(slots=True)
class Tally:
    """What all connections so far come to, without keeping them.

    Attributes:
        outcomes, causes: how often each. verdict: the worst so far, None before the first connection.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    verdict: Status | None = None

    @property
    def connections(self) -> int:
        """How many."""
        return self.outcomes.total()

    def add(self, connection: Connection) -> None:
        """Count one connection."""
        self.outcomes[connection.conversation.outcome] += 1
        if connection.cause is not None:
            self.causes[connection.cause.code] += 1
        verdict, _ = overall(briefs_of([connection]))
        if self.verdict is None or _WORSE.index(verdict) < _WORSE.index(self.verdict):
            self.verdict = verdict


class Watch:
    """An analysis of traffic under way.

    Args:
        options: `key_logs` are followed while they grow, and need not be there yet.
    """

    def __init__(self, options: Options) -> None:
        self._secrets = Secrets()
        self._keys = KeyFollower(self._secrets, options.key_logs)
        self._keys.look(now=True)
        self._analysis = Analysis(options, self._secrets)
        self._latest = 0  # capture time, and when that was on the monotonic clock
        self._seen = 0
        self.tally = Tally()

    def feed(self, items: Iterable[Item]) -> Iterator[Connection]:
        """The connections that end with the next items."""
        yield from self._counted(self._analysis.feed(self._noted(items)))

    def follow(self, items: Iterable[Item]) -> Iterator[Connection]:
        """The connections that end with the next items, or while none comes: the source is read ahead."""
        for batch in _read_ahead(items):
            yield from self.feed(batch) if batch else self.wait()

    def wait(self) -> Iterator[Connection]:
        """The connections that end because nothing came for a while."""
        self._keys.look()
        if self._latest:
            now = self._latest + time.monotonic_ns() - self._seen
            yield from self._counted(self._analysis.advance(now))

    def finish(self) -> Iterator[Connection]:
        """No more items: what is still open ends here."""
        self._keys.look(now=True)
        yield from self._counted(self._analysis.finish())

    def _noted(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            self._keys.look()
            if isinstance(item, Segment):
                self._latest, self._seen = item.at.ended, time.monotonic_ns()
            yield item

    def _counted(self, connections: Iterable[Connection]) -> Iterator[Connection]:
        for connection in connections:
            self.tally.add(connection)
            yield connection


def _read_ahead(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """Items one by one, and () when none came for a while.

    A pipe can only be waited for, so another thread does. What stops it is raised here.
    """
    waiting: queue.Queue[Item | BaseException | None] = queue.Queue(_QUEUED)

    def read() -> None:
        try:
            for item in items:
                waiting.put(item)
            waiting.put(None)
        except BaseException as error:  # noqa: BLE001  it is raised in the other thread
            waiting.put(error)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            item = waiting.get(timeout=_SILENCE)
        except queue.Empty:
            yield ()
            continue
        if item is None:
            return
        if isinstance(item, BaseException):
            raise item
        yield (item,)
