"""All the secrets that the user handed over, and the one question that a TLS level asks of them.

Nothing here shows a key: no repr, no summary, no message holds a byte of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.tls.key_log import KeyLog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzer.tls.key_log import KeyLogSummary

# Key logs below this size are put together, so that a log that is followed line by line stays one index.
_SMALL = 1 << 16


class Secrets:
    """Secrets of every source, for all levels and connections.

    Attributes:
        revision: counts additions, so that a level that lacked a secret knows when to ask again.
    """

    __slots__ = ("_logs", "revision")

    def __init__(self) -> None:
        self._logs: list[KeyLog] = []
        self.revision = 0

    def add_key_log(self, text: bytes, name: str = "") -> KeyLogSummary:
        """Takes the lines of a key log (RFC 9850). Broken lines are counted, never an error."""
        if not self._logs or len(self._logs[-1]) + len(text) > _SMALL:
            self._logs.append(KeyLog())
        summary = self._logs[-1].add(text, name)
        self.revision += 1
        return summary

    def lookup(self, client_random: bytes) -> Mapping[str, bytes]:
        """Label -> secret of the key-log lines for a client random; of repeated labels the last counts."""
        return {label: secret for log in self._logs for label, secret in log.lookup(client_random)}
