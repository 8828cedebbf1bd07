"""Which sequence number opens a record behind missing bytes, and which secret one of an unknown session.

Every candidate is settled by a tag or MAC that verifies, so nothing found here is a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TypeAlias

from analyzer.stream import Side
from analyzer.tls.aead_openers import Tls13Opener
from analyzer.tls.opener import Opener, tls13_opener
from analyzer.tls.records import HEADER, Record
from analyzer.tls.secrets import Secrets
from analyzer.tls.suites import SUITES, Suite
from analyzer.values import dataclass

Opened: TypeAlias = tuple[int, bytes]

# A tag and a content type: no sealed record is shorter.
_SMALLEST_RECORD = HEADER + 17
# Sequence numbers that are tried one by one before a cipher is asked for the very one.
_NEXT = 4

# Secrets of which every sequence number is searched, where the cipher does not tell it.
_SEARCHED = 1024
# Openers of secrets that are kept to be tried again, three kilobytes each.
_KEPT = 4096

# Suites of TLS 1.3 by the length of their hash: those whose sequence number can be computed, and the others.
_TELLING: dict[int, tuple[Suite, ...]] = {32: (SUITES[0x1301],), 48: (SUITES[0x1302],)}
_SILENT: dict[int, tuple[Suite, ...]] = {
    32: tuple(SUITES[number] for number in (0x1303, 0x1304, 0x1305))
}
_LABELS = (
    ("CLIENT_TRAFFIC_SECRET_0", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
    ("SERVER_TRAFFIC_SECRET_0", "SERVER_HANDSHAKE_TRAFFIC_SECRET"),
)


class SequenceSearch:
    """The sequence number of the next record behind a loss.

    Args:
        most: records that a loss may have swallowed, at most.
        trials: tags to try for all losses together.
    """

    __slots__ = ("_bound", "_most", "_trials")

    def __init__(self, most: int, trials: int) -> None:
        self._most = most
        self._trials = trials
        self._bound = 0

    def lose(self, size: int | None) -> None:
        """Bytes are missing; None where it is not known how many."""
        lost = self._most if size is None else size // _SMALLEST_RECORD + 2
        self._bound = min(self._bound + lost, self._most)

    def open(self, opener: Opener, record: Record) -> Opened | None:
        """The record's content; the opener then is behind it. None, and nothing changed, where no number fits."""
        expected = opener.sequence
        for sequence in self._sequences(opener, record, expected):
            self._trials -= sequence != expected
            opener.sequence = sequence
            opened = opener.open(record.type, record.version, record.body)
            if opened:
                return opened
        opener.sequence = expected
        return None

    def found(self) -> None:
        """A record was opened: nothing is missing before the next one."""
        self._bound = 0

    def _sequences(self, opener: Opener, record: Record, expected: int) -> Iterator[int]:
        quick = isinstance(opener, Tls13Opener) and opener.finds_sequences
        tried = min(self._bound, _NEXT if quick else self._most, max(_NEXT, self._trials))
        yield from range(expected, expected + tried + 1)
        if quick:
            assert isinstance(opener, Tls13Opener)
            sequence = opener.sequence_of(record.version, record.body)
            if sequence is not None and sequence >= expected:
                yield sequence


@dataclass(frozen=True, slots=True)
class Trial:
    """A traffic secret that opens a record of a session whose hellos are not both known.

    Attributes:
        client_random: of the session, by the key log.
        label: of the secret in the key log.
        opener: behind the record.
        opened: its content.
    """

    client_random: bytes
    suite: Suite
    label: str
    secret: bytes = field(repr=False)
    opener: Tls13Opener = field(repr=False)
    opened: Opened = field(repr=False)


def try_secrets(
    secrets: Secrets,
    side: Side,
    record: Record,
    client_random: bytes | None,
    most: int,
    *,
    spare: int = 0,
) -> Trial | None:
    """The TLS 1.3 secret of `side` that opens a record, among all in the key logs or those of one session.

    `Secrets.trials` bounds the tags that all connections together may try.

    Args:
        secrets: of all levels.
        side: whose record.
        record: sealed.
        client_random: where the ClientHello was seen.
        most: sequence numbers to try for a cipher that cannot tell its own.
        spare: tags that are left for others to try.
    """
    kept: list[tuple[bytes, str, bytes]] = []
    for candidate in _candidates(secrets, side, client_random):
        if secrets.trials <= spare:
            return None
        kept += [candidate] if len(kept) < _SEARCHED else []
        found = _fitting(secrets, record, candidate, 0, spare)
        if found:
            return found
    # Only now those that have to be searched number by number.
    most = min(most, max(_NEXT, (secrets.trials - spare) // (2 * len(kept) or 1)))
    tried = (_fitting(secrets, record, candidate, most, spare) for candidate in kept)
    return next((found for found in tried if found), None)


def _fitting(
    secrets: Secrets, record: Record, candidate: tuple[bytes, str, bytes], most: int, spare: int
) -> Trial | None:
    """The candidate if it opens the record: under the number that its cipher tells, or the first `most` ones."""
    client_random, label, secret = candidate
    for suite in (_SILENT if most else _TELLING).get(len(secret), ()):
        opener = _opener(secrets, suite, secret)
        if opener is None:
            continue
        for sequence in _numbers(opener, record, most):
            if secrets.trials <= spare:
                return None
            secrets.trials -= 1
            if sequence is None:
                break
            opener.sequence = sequence
            opened = opener.open(record.type, record.version, record.body)
            if opened:
                del secrets.tried[suite.number, secret]  # from now on it has a place in a stream
                return Trial(client_random, suite, label, secret, opener, opened)
    return None


def _opener(secrets: Secrets, suite: Suite, secret: bytes) -> Tls13Opener | None:
    """The one that was made when the secret was last tried: to make it costs as much as to try it ten times."""
    key = suite.number, secret
    if key not in secrets.tried:
        if len(secrets.tried) >= _KEPT:
            secrets.tried.clear()
        secrets.tried[key] = tls13_opener(suite, secret)
    opener: Tls13Opener | None = secrets.tried[key]
    return opener


def _candidates(
    secrets: Secrets, side: Side, client_random: bytes | None
) -> Iterator[tuple[bytes, str, bytes]]:
    labels = _LABELS[side]
    if client_random is None:
        # Only what lasts: a capture that misses the hello has more than the handshake behind it.
        for random, label, secret in secrets.traffic_secrets():
            if label == labels[0]:
                yield random, label, secret
    else:
        lines = secrets.lookup(client_random)
        for label in labels:
            if label in lines:
                yield client_random, label, lines[label]


def _numbers(opener: Tls13Opener, record: Record, most: int) -> Iterator[int | None]:
    if opener.finds_sequences:
        yield opener.sequence_of(record.version, record.body)
    else:
        yield from range(most)


def epoch_of(label: str) -> str:
    """The epoch of a traffic secret's label."""
    return "handshake" if "HANDSHAKE" in label else "application"
