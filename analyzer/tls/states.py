"""Which handshake message may follow which, as tables: an order that no version allows is told, once a side.

Each side is judged by its own messages alone, since a capture says little about how the two interleave.
Alerts may come anywhere, and so may a HelloRequest (RFC 5246 section 7.4.1.1). Messages of types that
stand in no table (drafts, private use) are passed over. Behind a loss the order begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.tls.constants import TLS13

_Table = Mapping[str, tuple[str, ...]]

_START = ""
_LAST = "finished"
_NOT_STRAIGHT = -1
_ANYWHERE = frozenset({"hello_request"})

# fmt: off
# RFC 5246 section 7.3, RFC 5077 section 3.1 (tickets), RFC 6066 section 8 (certificate status),
# RFC 4680 section 2 (supplemental data), draft-agl-tls-nextprotoneg
_TLS12_CLIENT: _Table = {
    _START:                ("client_hello",),
    "client_hello":        ("supplemental_data", "certificate", "certificate_url", "client_key_exchange", "change_cipher_spec"),
    "supplemental_data":   ("certificate", "certificate_url", "client_key_exchange"),
    "certificate":         ("client_key_exchange",),
    "certificate_url":     ("client_key_exchange",),
    "client_key_exchange": ("certificate_verify", "change_cipher_spec"),
    "certificate_verify":  ("change_cipher_spec",),
    "change_cipher_spec":  ("next_protocol", "finished"),
    "next_protocol":       ("finished",),
    "finished":            ("client_hello",),                                   # renegotiation
}
_TLS12_SERVER: _Table = {
    _START:                ("server_hello",),
    "server_hello":        ("supplemental_data", "certificate", "server_key_exchange", "certificate_request", "server_hello_done",
                            "new_session_ticket", "change_cipher_spec"),        # the last two: abbreviated
    "supplemental_data":   ("certificate", "server_key_exchange", "server_hello_done"),
    "certificate":         ("certificate_status", "server_key_exchange", "certificate_request", "server_hello_done"),
    "certificate_status":  ("server_key_exchange", "certificate_request", "server_hello_done"),
    "server_key_exchange": ("certificate_request", "server_hello_done"),
    "certificate_request": ("server_hello_done",),
    "server_hello_done":   ("new_session_ticket", "change_cipher_spec"),
    "new_session_ticket":  ("change_cipher_spec",),
    "change_cipher_spec":  ("finished",),
    "finished":            ("server_hello",),
}
# RFC 8446 appendix A; ChangeCipherSpec records mean nothing (appendix D.4)
_TLS13_CLIENT: _Table = {
    _START:                   ("client_hello",),
    "client_hello":           ("client_hello", "end_of_early_data", "certificate", "compressed_certificate", "finished"),
    "end_of_early_data":      ("certificate", "compressed_certificate", "finished"),
    "certificate":            ("certificate_verify", "finished"),
    "compressed_certificate": ("certificate_verify", "finished"),
    "certificate_verify":     ("finished",),
    "finished":               ("key_update", "certificate", "compressed_certificate"),
    "key_update":             ("key_update", "certificate", "compressed_certificate"),
}
_TLS13_SERVER: _Table = {
    _START:                   ("hello_retry_request", "server_hello"),
    "hello_retry_request":    ("server_hello",),
    "server_hello":           ("encrypted_extensions",),
    "encrypted_extensions":   ("certificate_request", "certificate", "compressed_certificate", "finished"),
    "certificate_request":    ("certificate", "compressed_certificate"),
    "certificate":            ("certificate_verify",),
    "compressed_certificate": ("certificate_verify",),
    "certificate_verify":     ("finished",),
    "finished":               ("new_session_ticket", "key_update", "certificate_request"),
    "new_session_ticket":     ("new_session_ticket", "key_update", "certificate_request"),
    "key_update":             ("new_session_ticket", "key_update", "certificate_request"),
}
# fmt: on

# By side: up to TLS 1.2, of TLS 1.3.
_TABLES: Mapping[Side, tuple[_Table, _Table]] = {
    CLIENT: (_TLS12_CLIENT, _TLS13_CLIENT),
    SERVER: (_TLS12_SERVER, _TLS13_SERVER),
}
# A late CertificateRequest is followed by whatever may follow Finished.
_LATE = {"certificate_request": "finished"}


class Disorder(NamedTuple):
    """A message that cannot stand where it does.

    Attributes:
        came: its type. at: its frames.
        before: the message before it.
        expected: those that may come there, `a or b`.
    """

    came: str
    at: Span
    before: str
    expected: str


class Order:
    """The order of one side's messages.

    Args:
        side: whose.
    """

    __slots__ = (
        "_finished",
        "_state",
        "_table",
        "_tls12",
        "_tls13",
        "_told",
        "_version",
        "_waiting",
    )

    def __init__(self, side: Side) -> None:
        self._tls12, self._tls13 = _TABLES[side]
        self._waiting: list[tuple[str, Span]] = []
        self._state: str | None = _START  # the message before; None where it is not known
        self._finished = self._told = False
        # The version and its table while the first handshake goes as it should, when nothing else needs to be looked at.
        self._version = _NOT_STRAIGHT
        self._table = self._tls12

    def see(self, name: str, at: Span, version: int | None) -> Disorder | None:
        """The next message; as `judge`."""
        state = self._state
        if version == self._version and state is not None and name in self._table[state]:
            self._state = name
            if name == _LAST:
                self._finished, self._version = True, _NOT_STRAIGHT
            return None
        if self._told:
            return None
        if version is None or self._waiting:
            self._waiting.append((name, at))
            wrong = self.judge(version)
        else:
            wrong = self._step(self._tls13 if version == TLS13 else self._tls12, name, at)
        if version is None or self._finished or self._told:
            self._version = _NOT_STRAIGHT
        else:
            self._version = version
            self._table = self._tls13 if version == TLS13 else self._tls12
        return wrong

    def judge(self, version: int | None) -> Disorder | None:
        """The first message that cannot stand where it does.

        Args:
            version: the negotiated one. While it is None nothing is said, and the messages wait on.
        """
        if version is None or not self._waiting:
            return None
        table = self._tls13 if version == TLS13 else self._tls12
        waiting, self._waiting = self._waiting, []
        for name, at in waiting:
            wrong = self._step(table, name, at)
            if wrong:
                return wrong
        return None

    def lose(self) -> None:
        """Messages may be missing before the next one."""
        self._waiting.clear()
        self._state = None

    def _step(self, table: _Table, name: str, at: Span) -> Disorder | None:
        if name in _ANYWHERE or name not in table:
            return None
        state, self._state = self._state, name
        late = self._finished
        self._finished |= name == _LAST
        if state is None:
            return None
        before = state
        if late and table is _TLS13_SERVER:
            state = _LATE.get(state, state)
        if name in table[state]:
            return None
        self._told = True
        return Disorder(name, at, before or "the start", " or ".join(table[state]))
