"""What the readers of all formats share: the caller's wishes, and what is counted while reading."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from analyzer.capture.glance import FrameDecoder, Glance
from analyzer.capture.ip import Decoder
from analyzer.capture.items import Comment, Damage, NameRecord
from analyzer.capture.link import LINK_TYPES
from analyzer.capture.window import Window
from analyzer.stream import Span

_NO_LINK_TYPE = -1

_MOST_SAID = 1_000
_LONGEST_COMMENT = 2_000
# Key logs are written into comments.
_LONG_HEX = re.compile(r"[0-9A-Fa-f]{16,}")


@dataclass(slots=True)
class Reading:
    """One capture being read.

    Attributes:
        ports: wanted TCP ports, None for all.
        shift: added to frame numbers (see `stream.FILE_SHIFT`).
        trusting: false sends every frame through scapy.
        frames: frames read so far.
        skipped: what was passed over, by reason.
        damage: where the file is cut or makes no sense.
        ignored: keys of segments that are of no interest (see `Capture.ignore`).
        names, comments: what the file says besides its packets, up to a number of each.
    """

    ports: frozenset[int] | None
    shift: int
    trusting: bool
    frames: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    damage: list[Damage] = field(default_factory=list)
    ignored: set[bytes] = field(default_factory=set)
    names: list[NameRecord] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    _decoders: dict[bool, FrameDecoder] = field(default_factory=dict)

    def glance(self, order: str, link_type: int) -> Glance:
        """For the frames of one interface, in a file of byte order `order` (`<` or `>`)."""
        ours = self.trusting and link_type in LINK_TYPES
        decoder = self._decoders.get(ours) or self._decoders.setdefault(ours, self._decoder(ours))
        skipped = self.skipped if ours else None
        return Glance(order, link_type, self.ports, decoder, skipped=skipped, ignored=self.ignored)

    def blind_glance(self, why: str) -> Glance:
        """For frames that cannot be read: each is passed over and counted as `why`."""
        return Glance("<", _NO_LINK_TYPE, self.ports, _PassedOver(self.skipped, why))

    def note(self, said: NameRecord | Comment) -> None:
        """Keep a name or a comment, the latter without what may be a key."""
        if isinstance(said, NameRecord):
            if len(self.names) < _MOST_SAID:
                self.names.append(said)
        elif len(self.comments) < _MOST_SAID:
            text = _LONG_HEX.sub("(hex)", said.text)[:_LONGEST_COMMENT]
            self.comments.append(Comment(text, said.frame))

    def stopped(self, window: Window, what: str, why: str = "") -> None:
        """Reading ended at the window's position; damage, unless the file simply ends there.

        Args:
            window: where reading stopped.
            what: would have been next.
            why: it cannot be read, where more than bytes are missing.
        """
        if why or window.failed:
            self.damage.append(Damage(f"{what}: {why or window.failed}", window.offset))
        elif window.end > window.position:
            self.damage.append(Damage(f"the file ends within {what}", window.offset))
        window.release()
        for decoder in self._decoders.values():
            decoder.finish()

    def _decoder(self, ours: bool) -> FrameDecoder:
        if ours:
            return Decoder(self.ports, self.skipped)
        # Importing scapy takes longer than analyzing most captures.
        from analyzer.capture.scapy_link import ScapyDecoder  # noqa: PLC0415

        return ScapyDecoder(self.ports, self.skipped)


@dataclass(frozen=True, slots=True)
class _PassedOver:
    """A `FrameDecoder` for frames that cannot be read."""

    skipped: Counter[str]
    why: str

    def frame(self, link_type: int, data: bytes, wire: int, at: Span) -> None:  # noqa: ARG002
        self.skipped[self.why] += 1

    def finish(self) -> None:
        pass
