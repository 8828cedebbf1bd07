"""The messages of both sides in the order of the handshake, and the one-line key Zeek writes of it.

A capture can hold one direction later than the other (two taps, one delayed as a whole), so its order
says little. The handshake's own order is a matter of flights: neither side goes on before the other's
flight is in. Only what follows a side's Finished is ordered by capture time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from analyzer.session.facts import MessageSeen
from analyzer.stream import CLIENT, SERVER, Side

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


class _Letters(dict[str, str]):
    """By the name of a message; `other` for every name that has none."""

    def __init__(self, letters: Mapping[str, str], other: str) -> None:
        super().__init__(letters)
        self._other = other

    def __missing__(self, kind: str) -> str:
        return self._other


_OTHER_HANDSHAKE = "z"
_LETTERS = (
    _Letters({kind: letter.upper() for kind, letter in LETTERS.items()}, _OTHER_HANDSHAKE.upper()),
    _Letters(LETTERS, _OTHER_HANDSHAKE),
)
# Handshakes whose order is remembered: nearly all of a storm are of the same few sequences, to sort each of them took
# 160,000 instructions a connection.
_REMEMBERED = 1024
_LONGEST_REMEMBERED = 64  # messages of one side


def history(messages: Iterable[tuple[Any, ...]]) -> str:
    """One letter a message, e.g. `CsxkrnXGYIFtif`: Zeek's ssl_history.

    Args:
        messages: `MessageSeen`s, or whatever begins with a side and a type.
    """
    return "".join([_LETTERS[message[0]][message[1]] for message in messages])


def in_handshake_order(
    client: list[MessageSeen], server: list[MessageSeen], types: tuple[list[str], list[str]]
) -> list[MessageSeen]:
    """Both sides' messages of one handshake, each side's own order kept.

    Args:
        types: those of the messages, per side.
    """
    sent, answered = _until_finished(types[CLIENT]), _until_finished(types[SERVER])
    short = len(sent) <= _LONGEST_REMEMBERED and len(answered) <= _LONGEST_REMEMBERED
    order = (_order if short else _order.__wrapped__)(sent, answered)
    both = client[: order.client] + server[: order.server]
    ordered = [both[at] for at in order.places]
    after = _by_time(CLIENT, client, order.client) + _by_time(SERVER, server, order.server)
    after.sort()
    ordered += [message for _, _, _, message in after]
    return ordered


def _until_finished(types: list[str]) -> tuple[str, ...]:
    """The types of one side's messages up to its Finished; what follows has no flight of its own."""
    if "finished" in types:
        return tuple(types[: types.index("finished") + 1])
    return tuple(types)


def _by_time(
    side: Side, messages: Sequence[MessageSeen], begun: int
) -> list[tuple[int, Side, int, MessageSeen]]:
    """Those from number `begun` on, with what sorts them; the time never falls along one side."""
    if begun == len(messages):
        return []
    latest = max([message[3][3] for message in messages[:begun]], default=0)
    timed = []
    for number, message in enumerate(messages[begun:]):
        latest = max(latest, message[3][3])
        timed.append((latest, side, number, message))
    return timed


class _Order(NamedTuple):
    """How two sides' messages follow each other before they are ordered by time.

    Attributes:
        places: in which order those of the client and behind them the server's come.
        client, server: how many there are of each.
    """

    places: tuple[int, ...]
    client: int
    server: int


@lru_cache(_REMEMBERED)
def _order(client: tuple[str, ...], server: tuple[str, ...]) -> _Order:
    """The order of the flights in which messages of these types stand."""
    flights = _flights(CLIENT, client), _flights(SERVER, server)
    sent, answered = (
        [flight for flight in of_side if flight != _AFTER_FINISHED] for of_side in flights
    )
    both = [*((flight, CLIENT) for flight in sent), *((flight, SERVER) for flight in answered)]
    # Stable, and no flight falls along one side: this merges the two.
    places = sorted(range(len(both)), key=both.__getitem__)
    return _Order(tuple(places), len(sent), len(answered))


def _flights(side: Side, kinds: Sequence[str]) -> list[int]:
    """The flight of each message of one side, by its type; it never falls along the side."""
    flights = []
    hellos = 0
    before = ""
    finished = done = data = False
    for kind in kinds:
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
        elif side is CLIENT:
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
