"""What went over a wire between two TLS stacks, taken apart just far enough to open its records.

This is no TLS layer: it reads hellos of stacks that keep to the protocol, one message after another. It
stands in the tests so that openers and secrets are tried on real sessions without the layer above them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.tls.key_exchange import KeyExchange
from analyzer.tls.opener import tls12_openers, tls13_opener
from analyzer.tls.suites import SUITES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.tls.secrets import Secrets

Record = tuple[int, int, bytes]

CLIENT_HELLO, SERVER_HELLO, CLIENT_KEY_EXCHANGE = 1, 2, 16
ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, SUPPORTED_VERSIONS, TRUNCATED_HMAC = 22, 23, 43, 4


@dataclass
class Wire:
    """Both directions of one session, as sent, and what the client logged of its keys."""

    client: bytes = b""
    server: bytes = b""
    key_log: bytes = field(default=b"", repr=False)
    flights: list = field(
        default_factory=list
    )  # (side, bytes) in the order in which they were sent

    def records(self, side: int) -> Iterator[Record]:
        stream = self.server if side else self.client
        at = 0
        while at < len(stream):
            size = int.from_bytes(stream[at + 3 : at + 5], "big")
            yield (
                stream[at],
                int.from_bytes(stream[at + 1 : at + 3], "big"),
                stream[at + 5 : at + 5 + size],
            )
            at += 5 + size

    def clear_messages(self, side: int) -> Iterator[tuple[int, bytes]]:
        """(type, whole message) of the handshake messages before the first ChangeCipherSpec."""
        data = b""
        for kind, _, body in self.records(side):
            if kind != 22:
                break
            data += body
        while data:
            size = 4 + int.from_bytes(data[1:4], "big")
            yield data[0], data[:size]
            data = data[size:]

    def sealed(self, side: int) -> list[Record]:
        """The records behind the ChangeCipherSpec; in TLS 1.3 all application data records."""
        records = list(self.records(side))
        if self.hello.tls13:
            return [record for record in records if record[0] == 23]
        change = next(at for at, record in enumerate(records) if record[0] == 20)
        return records[change + 1 :]

    @property
    def hello(self) -> Hello:
        client = next(body for kind, body in self.clear_messages(0) if kind == CLIENT_HELLO)
        server = next(body for kind, body in self.clear_messages(1) if kind == SERVER_HELLO)
        id_end = 39 + server[38]
        extensions = {}
        at = id_end + 5
        while at < len(server):
            size = int.from_bytes(server[at + 2 : at + 4], "big")
            extensions[int.from_bytes(server[at : at + 2], "big")] = server[at + 4 : at + 4 + size]
            at += 4 + size
        version = extensions.get(SUPPORTED_VERSIONS, server[4:6])
        return Hello(
            client_version=int.from_bytes(client[4:6], "big"),
            client_random=client[6:38],
            server_random=server[6:38],
            session_id=server[39:id_end],
            suite_number=int.from_bytes(server[id_end : id_end + 2], "big"),
            version=int.from_bytes(version, "big"),
            extensions=extensions,
        )

    @property
    def key_exchange(self) -> KeyExchange:
        hello = self.hello
        client = list(self.clear_messages(0))
        message = next(body for kind, body in client if kind == CLIENT_KEY_EXCHANGE)
        # ClientHello, the server's flight, then the client's up to ClientKeyExchange.
        flight = [client[0][1]]
        # A NewSessionTicket, the one later message of the server in the clear, is type 4.
        flight += [body for kind, body in self.clear_messages(1) if kind != 4]
        for kind, body in client[1:]:
            flight.append(body)
            if kind == CLIENT_KEY_EXCHANGE:
                break
        return KeyExchange(
            suite=SUITES[hello.suite_number],
            version=hello.version,
            client_random=hello.client_random,
            server_random=hello.server_random,
            client_version=hello.client_version,
            session_id=hello.session_id,
            message=message[4:],
            extended=EXTENDED_MASTER_SECRET in hello.extensions,
            transcript=b"".join(flight),
        )

    def openers(self, secrets: Secrets, *, source: str = ""):
        """Openers of both sides under the first secret, or the first from `source`. TLS 1.2 and before."""
        hello = self.hello
        found = next(
            secret
            for secret in secrets.master_secrets(self.key_exchange)
            if source in secret.source
        )
        return tls12_openers(
            SUITES[hello.suite_number],
            hello.version,
            found.secret,
            hello.client_random,
            hello.server_random,
            encrypt_then_mac=ENCRYPT_THEN_MAC in hello.extensions,
            truncated_hmac=TRUNCATED_HMAC in hello.extensions,
        )

    def opened(self, secrets: Secrets, *, source: str = "") -> tuple[list, list]:
        """(type, plaintext) of every sealed record of client and server; every one has to open."""
        hello = self.hello
        sides = []
        for side, word in enumerate(("CLIENT", "SERVER")):
            if hello.tls13:
                found = secrets.lookup(hello.client_random)
                suite = SUITES[hello.suite_number]
                stages = [
                    tls13_opener(suite, found[f"{word}_{label}"])
                    for label in ("HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0")
                ]
            else:
                stages = [self.openers(secrets, source=source)[side]]
            plain = []
            for record in self.sealed(side):
                opened = stages[0].open(*record)
                if opened is None and len(stages) > 1:
                    stages.pop(0)
                    opened = stages[0].open(*record)
                assert opened is not None, (
                    f"record {len(plain)} of the {word.lower()} does not open"
                )
                plain.append(opened)
            sides.append(plain)
        return sides[0], sides[1]


@dataclass
class Hello:
    client_version: int
    client_random: bytes
    server_random: bytes
    session_id: bytes
    suite_number: int
    version: int
    extensions: dict[int, bytes]

    @property
    def tls13(self) -> bool:
        return self.version == 0x0304


def application_data(opened: list) -> bytes:
    """The application data of opened records, joined."""
    return b"".join(plain for kind, plain in opened if kind == 23)
