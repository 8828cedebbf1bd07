"""The certificates of a report, each once: who showed it on which level, and where it is in a directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from analyzer.report.model import Connection, Report
from analyzer.report.words import level_title
from analyzer.session.certificates import Certificate, x509_of
from analyzer.session.subject_hash import subject_hash
from analyzer.stream import Side, Span
from analyzer.values import dataclass
from analyzer.verdict.certificates.near_misses import differences
from analyzer.verdict.words import listing

# A file's name is this much of the SHA-256: enough to tell apart what one capture can hold.
_NAME_HEX = 16


@dataclass(frozen=True, slots=True)
class Showing:
    """One presentation of a certificate.

    Attributes:
        stream: the connection's number. level: 0 outer, 1 inner. side: who sent it.
        place: in the Certificate message, 0 for the sender's own; None for one that was carved out of
            plaintext outside any handshake.
        by: address and port of the sender.
    """

    stream: int
    level: int
    side: Side
    place: int | None
    by: str
    at: Span

    @property
    def role(self) -> str:
        """`outer server`, `inner client, certificate 2 of its chain`, `inner server, outside any handshake`."""
        words = f"{level_title(self.level)} {self.side.word}"
        if self.place is None:
            return f"{words}, outside any handshake"
        return f"{words}, certificate {self.place + 1} of its chain" if self.place else words


@dataclass(frozen=True, slots=True)
class Presented:
    """A certificate and every presentation of it, in order of connections."""

    certificate: Certificate
    showings: tuple[Showing, ...]

    @property
    def file_stem(self) -> str:
        """The beginning of the SHA-256, as files are named."""
        return self.certificate.sha256[:_NAME_HEX]

    @property
    def roles(self) -> tuple[str, ...]:
        """Where it was shown, each place once."""
        return tuple(dict.fromkeys(showing.role for showing in self.showings))


def presented(report: Report, level: int | None, side: Side | None) -> tuple[Presented, ...]:
    """Every certificate that was shown, in order of the first time; None is every level, either side."""
    shown: dict[Certificate, list[Showing]] = {}
    for connection in report.connections:
        for certificate, showing in _of(connection):
            if level in (None, showing.level) and side in (None, showing.side):
                shown.setdefault(certificate, []).append(showing)
    return tuple(Presented(certificate, tuple(all_)) for certificate, all_ in shown.items())


def hash_stem(certificate: Certificate) -> str | None:
    """The name, without number, by which OpenSSL looks for it in a directory; None if it has no name."""
    parsed = x509_of(certificate.der)
    try:
        return None if parsed is None else subject_hash(parsed.subject.public_bytes())
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was shown against the certificates of files.

    Attributes:
        where: SHA-256 -> the files it is in.
        missing: shown, but in no file, with what is nearest to it in words ("" for nothing).
        unused: in a file, but never shown.
    """

    where: Mapping[str, tuple[Path, ...]]
    missing: tuple[tuple[Presented, str], ...]
    unused: tuple[tuple[Path, Certificate], ...]


def compared(shown: Sequence[Presented], files: Sequence[tuple[Path, Certificate]]) -> Comparison:
    """Look for each certificate in the files, by its bytes."""
    where: dict[str, tuple[Path, ...]] = {}
    for path, certificate in files:
        where[certificate.sha256] = (*where.get(certificate.sha256, ()), path)
    seen = {item.certificate.sha256 for item in shown}
    return Comparison(
        where,
        tuple(
            (item, _nearest(item.certificate, files))
            for item in shown
            if item.certificate.sha256 not in where
        ),
        tuple((path, each) for path, each in files if each.sha256 not in seen),
    )


def _nearest(certificate: Certificate, files: Sequence[tuple[Path, Certificate]]) -> str:
    """The file whose certificate is nearly this one, and what differs."""
    likes = (
        ("the same key", lambda other: other.key_sha256 == certificate.key_sha256),
        (
            "the same name and serial",
            lambda other: (
                (other.subject, other.serial) == (certificate.subject, certificate.serial)
            ),
        ),
        ("the same name", lambda other: other.subject == certificate.subject),
    )
    if certificate.error:
        return ""
    for words, like in likes:
        for path, other in files:
            if like(other):
                fields = [d.field for d in differences(other, certificate) if d.field != "SHA-256"]
                return f"{path} has {words}, but another {listing(fields)}"
    return ""


def _of(connection: Connection) -> list[tuple[Certificate, Showing]]:
    """In the order in which they were sent, the outer level first."""
    told = connection.conversation
    ends = (str(told.tcp.client), str(told.tcp.server))
    found = [
        (item.certificate, Showing(told.stream, session.level, side, place, ends[side], item.at))
        for session in told.sessions
        for side in Side
        for place, item in enumerate(session.certificates[side] or ())
    ]
    found += [
        (c.certificate, Showing(told.stream, c.level, c.side, None, ends[c.side], c.at))
        for c in told.carved
    ]
    return sorted(found, key=lambda one: (one[1].level, one[1].at.began, one[1].at.first))
