"""TLS connections over this machine's loopback, for whoever watches it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.makers.vendor import contexts

_PAUSE = 0.5  # seconds


@contextmanager
def talking() -> Iterator[int]:
    """Connections one after the other, because nobody knows when a recorder is ready; gives the server's port."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        talker = threading.Thread(target=_talk, args=(server, stop))
        talker.start()
        try:
            yield server.getsockname()[1]
        finally:
            stop.set()
            talker.join()


def _talk(server: socket.socket, stop: threading.Event) -> None:
    client_context, server_context = contexts()

    def serve() -> None:
        with (
            server.accept()[0] as plain,
            server_context.wrap_socket(plain, server_side=True) as end,
        ):
            end.recv(100)
            end.sendall(b"hello")
            end.recv(
                100
            )  # until the client has closed: what it had not read would make a reset of that

    while not stop.wait(_PAUSE):
        peer = threading.Thread(target=serve)
        peer.start()
        with (
            socket.create_connection(server.getsockname()) as plain,
            client_context.wrap_socket(plain) as end,
        ):
            end.sendall(b"hello")
            end.recv(100)
        peer.join()
