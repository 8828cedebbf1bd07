"""A TLS session inside another one: OpenSSL over memory BIOs, its bytes in the outer's application data."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

from recording.observed import Observed
from recording.vendor import Form

Send = Callable[[bytes], None]
Receive = Callable[[int], bytes]


class Nested:
    """One end of the inner TLS.

    Args:
        send: takes the plaintext of one outer record.
        receive: gives exactly so many bytes of the outer plaintext, or raises.
        observed: is told what went out.
        piece: longest plaintext of an outer record, 0 = no limit.
        session: the one to resume.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        form: Form,
        send: Send,
        receive: Receive,
        observed: Observed,
        *,
        server_side: bool,
        piece: int = 0,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, session=session
        )
        self._form, self._send, self._receive, self._piece = form, send, receive, piece
        self._observed = observed

    def handshake(self) -> None:
        """To the end, or until an end refuses (ssl.SSLError, its alert sent)."""
        self._through(self.tls.do_handshake)
        self.flush()

    def write(self, data: bytes) -> None:
        """Application data, in one inner record."""
        self.tls.write(data)
        self.flush()

    def read(self) -> bytes:
        """Application data, b"" after the peer's close_notify."""
        data: bytes = self._through(lambda: self.tls.read(1 << 16))
        return data

    def close(self) -> None:
        """close_notify, both ways."""
        self._through(self.tls.unwrap)
        self.flush()

    def flush(self) -> None:
        """What OpenSSL has to say goes out."""
        flight = self._outgoing.read()
        if not flight:
            return
        self._observed.sent()
        for message in self._form.messages(flight):
            size = self._piece or len(message)
            for at in range(0, len(message), size):
                self._send(message[at : at + size])

    def take(self) -> None:
        """The next message comes in."""
        self._incoming.write(self._form.take(self._receive))

    def drop(self) -> bytes:
        """What OpenSSL has to say is not sent; what it would have been."""
        self._observed.dropped()
        return self._outgoing.read()

    def _through(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.flush()
                self.take()
            except ssl.SSLError:
                self.flush()  # the alert
                raise
