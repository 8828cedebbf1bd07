"""Which line of a key log opens what: per connection, level, direction and epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.errors import UnreadableInput
from analyzer.report.model import Connection
from analyzer.session.facts import Session
from analyzer.stream import CLIENT, Side, number_of
from analyzer.tls.key_log import KeyLog
from analyzer.values import dataclass

# The epochs that a handshake may have, in order, by whether it is TLS 1.3.
_TLS13 = 0x0304
_EPOCHS = {True: ("early", "handshake", "application"), False: ("traffic",)}


@dataclass(frozen=True, slots=True)
class Use:
    """What opens one direction's records of one epoch, or why nothing does.

    Attributes:
        epoch: `early`, `handshake`, `application` (TLS 1.3) or `traffic`; "" where no hello tells which.
        source: the key-log label or other source, "" where it stays sealed.
        why, remedy: for what stays sealed.
        frame: the first frame of the records, 1-based.
    """

    stream: int
    level: int
    handshake: int
    side: Side
    epoch: str
    client_random: bytes
    source: str
    why: str
    remedy: str
    frame: int


@dataclass(frozen=True, slots=True)
class Line:
    """A key-log line without its secret."""

    file: str
    label: str
    client_random: bytes


def uses(connections: Sequence[Connection]) -> Iterator[Use]:
    """Every direction and epoch of every session, in the order of connections and levels."""
    for connection in connections:
        told = connection.conversation
        for session in told.sessions:
            yield from _of_session(told.stream, session)


def _of_session(stream: int, session: Session) -> Iterator[Use]:
    order = _EPOCHS[session.version == _TLS13]
    entries = [
        Use(
            stream, session.level, session.handshake, each.side, each.epoch,
            session.client_random or b"", each.source, "", "", number_of(each.at.first),
        )
        for each in session.keyed
    ] + [
        Use(
            stream, session.level, session.handshake, each.side, each.epoch,
            session.client_random or b"", "", each.detail, each.remedy, number_of(each.at.first),
        )
        for each in session.sealed
    ]  # fmt: skip

    def place(use: Use) -> tuple[bool, int, int]:
        base = use.epoch.partition(" ")[0]
        return use.side is not CLIENT, order.index(base) if base in order else 0, use.frame

    yield from sorted(entries, key=place)


def lines_of(paths: Sequence[Path]) -> Iterator[Line]:
    """The lines of key logs, without their secrets.

    Raises:
        UnreadableInput: a file cannot be read.
    """
    for path in paths:
        log = KeyLog()
        try:
            log.add(path.read_bytes(), str(path))
        except OSError as error:
            raise UnreadableInput(f"{path}: {error.strerror}") from error
        for label, client_random, _ in log:
            yield Line(str(path), label, client_random)


def unused(lines: Sequence[Line], connections: Sequence[Connection]) -> list[Line]:
    """The lines whose client random no session of the capture has."""
    seen = {
        session.client_random
        for connection in connections
        for session in connection.conversation.sessions
    }
    return [line for line in lines if line.client_random not in seen]
