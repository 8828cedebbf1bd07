"""Watches a plaintext for the beginning of one more TLS level, without making that level yet.

Behind the HSM's own TLS there is hardly ever another one; a level that waits for it in vain was a tenth of
what a connection costs.
"""

from __future__ import annotations

from analyzer.session.forms import LARGEST_HEADER
from analyzer.session.framing import FramingLimits
from analyzer.session.scan import may_hold_hello
from analyzer.stream import Chunk, Closed, Gap

# A hello is recognised by so many bytes, and a header may stand before it.
_HELLO_START = 7
_TAIL = LARGEST_HEADER + _HELLO_START
# A level that began further on would not be followed: not to look for it saves a twentieth of a bulk transfer.
_SEARCHED = FramingLimits().searched


class Gate:
    """The plaintext of both sides, of which only the last bytes are kept.

    Attributes:
        offsets: per side, where in its stream the bytes begin that `events` gave, or would give next.
    """

    def __init__(self) -> None:
        self.offsets: tuple[int, int] = (0, 0)
        self._tails = [b"", b""]
        self._ends: list[Chunk | Gap | Closed] = []

    def events(self, event: Chunk | Gap | Closed) -> list[Chunk | Gap | Closed]:
        """What the level is to be fed from now on, once a hello begins; nothing before."""
        side = event[0]
        tail = self._tails[side]
        if type(event) is Chunk:
            data = tail + event[1]
            if self.offsets[side] + len(data) > _SEARCHED:
                self._pass(side, len(data))
                self._tails[side] = b""
            elif may_hold_hello(data, side):
                return [event._replace(data=data), *self._ends]
            else:
                over = len(data) - _TAIL
                if over > 0:
                    self._pass(side, over)
                    data = data[over:]
                self._tails[side] = data
        elif isinstance(event, Gap):
            self._pass(side, len(tail) + (event.size or 0))
            self._tails[side] = b""
        else:
            self._ends.append(event)
        return []

    def _pass(self, side: int, size: int) -> None:
        client, server = self.offsets
        self.offsets = (client, server + size) if side else (client + size, server)
