"""What is known of a level's handshakes, shared by both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.stream import SERVER, Side
from analyzer.tls.constants import TLS13
from analyzer.tls.messages import ClientHello, EncryptedExtensions, ServerHello
from analyzer.tls.suites import SUITES, Suite

if TYPE_CHECKING:
    from analyzer.tls.opener import Opener

HOLE = b""


@dataclass(slots=True)
class LateAuthentication:
    """A client's answer to a CertificateRequest behind the handshake (RFC 8446 section 4.6.2).

    Attributes:
        context: that names the request.
        messages: Certificate, CertificateVerify where there is one, Finished; with headers.
        secret: the client's traffic secret at that time.
    """

    context: bytes
    messages: list[bytes] = field(repr=False)
    secret: bytes = field(default=b"", repr=False)


class Handshake:
    """What both sides' records of one handshake depend on. Pairs are `(client's, server's)`.

    Attributes:
        version: the negotiated one, None before the server's first hello.
        suite: the negotiated one, None while unknown or where its number has no meaning.
        raw: the handshake messages of each side, with headers, up to its Finished; `HOLE` stands where
            some are missing. Emptied once proved.
        shown: the message among them in which each side shows its certificate: with header, its value, and the
            version that it was read by.
        finished: this side's Finished was read.
        sealed: a record of this side's handshake stayed closed.
        lost: a message of this side's handshake may be missing.
        proved: what it proves was told.
        tried: client random and suite that a secret tried out of the key log belongs to (TLS 1.3), where
            the hellos are not both known.
        master: the master secret that was found to fit (TLS <= 1.2), with its source.
        openers: those under it that no record was opened with yet; one key block gives both sides'.
        derived: traffic secrets that a pre-shared key gave (TLS 1.3), by key-log label.
        context: all messages of both sides in their order (TLS 1.3), where a late authentication
            may follow that is made over them.
        requests: CertificateRequests behind the handshake, by context.
        late: clients' answers to them that were not told yet.
    """

    __slots__ = (
        "client_hello",
        "context",
        "derived",
        "encrypted_extensions",
        "finished",
        "late",
        "lost",
        "master",
        "number",
        "openers",
        "proved",
        "raw",
        "requests",
        "retry",
        "sealed",
        "server_hello",
        "shown",
        "suite",
        "tried",
        "version",
    )

    # By hand: the one of a dataclass calls a function for each list, and takes twice as long.
    def __init__(self, number: int) -> None:
        self.number = number
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.retry: ServerHello | None = None
        self.version: int | None = None
        self.suite: Suite | None = None
        self.encrypted_extensions: EncryptedExtensions | None = None
        self.raw: tuple[list[bytes], list[bytes]] = ([], [])
        self.shown: list[tuple[bytes, object, int | None] | None] = [None, None]
        self.finished = [False, False]
        self.sealed = [False, False]
        self.lost = [False, False]
        self.proved = False
        self.tried: tuple[bytes, Suite] | None = None
        self.master: tuple[bytes, str] | None = None
        self.openers: list[Opener | None] = [None, None]
        self.derived: dict[str, bytes] = {}
        self.context = b""
        self.requests: dict[bytes, bytes] = {}
        self.late: list[LateAuthentication] = []

    def miss(self, side: Side, facts: list[bool]) -> None:
        """Messages of `side` cannot be read; `facts` is `sealed` or `lost`."""
        if not self.finished[side]:
            facts[side] = True
            self.raw[side].append(HOLE)

    def answer(self, hello: ServerHello) -> None:
        """The server's hello, or its HelloRetryRequest, which binds version and suite too."""
        if hello.is_retry:
            self.retry = hello
        else:
            self.server_hello = hello
        self.version, self.suite = hello.version, SUITES.get(hello.suite)

    def try_out(self, client_random: bytes, suite: Suite) -> None:
        """A secret of the key log fits, though the hellos are not both known."""
        self.tried = client_random, suite
        self.version, self.suite = TLS13, suite

    @property
    def takes_early_data(self) -> bool | None:
        """The server takes the client's early data; None while its word was not read but still may be."""
        if self.retry:
            return False
        if self.encrypted_extensions:
            return self.encrypted_extensions.early_data
        return True if self.sealed[SERVER] or self.lost[SERVER] else None

    @property
    def client_random(self) -> bytes | None:
        """Of the ClientHello, by which key logs name a session."""
        if self.client_hello:
            return self.client_hello.random
        return self.tried[0] if self.tried else None


class Handshakes:
    """The handshakes of one level: one, and one more with each renegotiation.

    Attributes:
        current: the one that each side is in, `[client's, server's]`.
    """

    __slots__ = ("_all", "current")

    def __init__(self) -> None:
        first = Handshake(0)
        self._all = [first]
        self.current = [first, first]

    def __iter__(self) -> Iterator[Handshake]:
        """In their order."""
        return iter(self._all)

    def begin(self, side: Side) -> Handshake:
        """`side` renegotiates: its next messages are of the handshake behind the one it was in."""
        number = self.current[side].number + 1
        if len(self._all) == number:
            self._all.append(Handshake(number))
        self.current[side] = self._all[number]
        return self.current[side]
