"""What a capture's transport only counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields


@dataclass(slots=True)
class Summary:
    """What is only counted.

    Attributes:
        connections: stream numbers given so far.
        unanswered, refused: connections that came to nothing (see `Flow.came_to_nothing`) and were not told
            one by one.
        given_up: connections released early because too many were open.
        late: segments that came after their connection was released.
        stray_icmp: ICMP errors that quote no connection of the capture.
        without_tls: connections that showed no TLS, where every connection is looked at; not told one by one.
        joined_late: connections that were joined in the middle of their TLS and that no secret opens, where every
            connection is looked at; not told one by one.
        copied: pairs of files (see `stream.file_of`) that hold the same packets, with the number of connections
            of which they do: captures from two points.
    """

    connections: int = 0
    unanswered: int = 0
    refused: int = 0
    given_up: int = 0
    late: int = 0
    stray_icmp: int = 0
    without_tls: int = 0
    joined_late: int = 0
    copied: Counter[tuple[int, int]] = field(default_factory=Counter)

    def __add__(self, other: Summary) -> Summary:
        """The counts of both."""
        names = [each.name for each in fields(self)]
        return Summary(**{name: getattr(self, name) + getattr(other, name) for name in names})
