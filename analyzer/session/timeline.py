"""The messages of both sides in the order of the handshake, and the one-line key Zeek writes of it.

A capture can hold one direction later than the other (two taps, one delayed as a whole), so its order
says little. The handshake's own order is a matter of flights: neither side goes on before the other's
flight is in. Only what follows a side's Finished is ordered by capture time.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from analyzer.session.facts import MessageSeen
from analyzer.stream import CLIENT, Side

# Flights of a full handshake (RFC 5246 section 7.3, RFC 8446 section 2). Client's are even, server's odd.
_CLIENT_HELLO = 0
_RETRY = 1
_SECOND_CLIENT_HELLO = 2
_SERVER_FLIGHT = 3
_CLIENT_FLIGHT = 4
_SERVER_END = 5  # TLS <= 1.2 in full: the server's ChangeCipherSpec and Finished
_AFTER_FINISHED = 6

# A retry, and the ChangeCipherSpec that may follow it at once (RFC 8446 appendix D.4).
_RETRIES = {("", "hello_retry_request"), ("hello_retry_request", "change_cipher_spec")}

_OUTSIDE = frozenset({"application_data", "alert"})

# Zeek's letters (ssl_history), small for the server, capital for the client.
LETTERS = {
    "hello_request": "h",
    "client_hello": "c",
    "server_hello": "s",
    "hello_verify_request": "v",
    "new_session_ticket": "t",
    "end_of_early_data": "e",
    "hello_retry_request": "j",
    "encrypted_extensions": "o",
    "certificate": "x",
    "compressed_certificate": "x",
    "server_key_exchange": "k",
    "certificate_request": "r",
    "server_hello_done": "n",
    "certificate_verify": "y",
    "client_key_exchange": "g",
    "finished": "f",
    "certificate_url": "w",
    "certificate_status": "u",
    "supplemental_data": "a",
    "key_update": "p",
    "message_hash": "m",
    "change_cipher_spec": "i",
    "heartbeat": "b",
    "application_data": "d",
    "alert": "l",
}
_OTHER_HANDSHAKE = "z"
_CAPITALS = {kind: letter.upper() for kind, letter in LETTERS.items()}


def history(messages: Sequence[MessageSeen]) -> str:
    """One letter a message, e.g. `CsxkrnXGYIFtif`: Zeek's ssl_history."""
    letters = [(_CAPITALS if m[0] is CLIENT else LETTERS).get(m[1], "") for m in messages]
    if "" in letters:
        others = (
            _OTHER_HANDSHAKE.upper() if m.side is CLIENT else _OTHER_HANDSHAKE for m in messages
        )
        letters = [letter or other for letter, other in zip(letters, others, strict=True)]
    return "".join(letters)


def in_handshake_order(
    client: Sequence[MessageSeen], server: Sequence[MessageSeen]
) -> tuple[MessageSeen, ...]:
    """Both sides' messages of one handshake, each side's own order kept."""
    keyed = [*_keyed(client), *_keyed(server)]
    keyed.sort(key=itemgetter(0))  # stable, and no key falls along one side: this merges the two
    return tuple([message for _, message in keyed])


def _keyed(messages: Sequence[MessageSeen]) -> list[tuple[tuple[int, int, Side], MessageSeen]]:
    """With a sort key that never falls along one side."""
    flights = _flights(messages)
    keyed = []
    latest = 0
    for flight, message in zip(flights, messages, strict=True):
        latest = max(latest, message.at.ended)
        time = latest if flight == _AFTER_FINISHED else 0
        keyed.append(((flight, time, message.side), message))
    return keyed


def _flights(messages: Sequence[MessageSeen]) -> list[int]:
    """The flight of each message of one side, which never falls along it."""
    flights = []
    hellos = 0
    before = ""
    finished = done = data = False
    for message in messages:
        kind = message.type
        data |= kind == "application_data"
        if finished or (data and kind in _OUTSIDE):
            flight = _AFTER_FINISHED
        elif kind == "client_hello":
            flight = _SECOND_CLIENT_HELLO if hellos else _CLIENT_HELLO
            hellos += 1
        elif (before, kind) in _RETRIES:
            flight = _RETRY
        elif kind == "hello_request":
            flight = _CLIENT_HELLO
        elif message.side is CLIENT:
            flight = _CLIENT_FLIGHT
        elif done or kind == "alert":
            flight = _SERVER_END
        else:
            flight = _SERVER_FLIGHT
        flights.append(flight)
        before = kind
        finished |= kind == "finished"
        done |= kind == "server_hello_done"
    for at in range(len(flights) - 2, -1, -1):
        # E.g. a ChangeCipherSpec before the second ClientHello.
        flights[at] = min(flights[at], flights[at + 1])
    return flights
