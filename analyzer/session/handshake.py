"""What one level told of one handshake, while it goes on."""

from __future__ import annotations

from analyzer.session.facts import MessageSeen, Presented
from analyzer.session.origins import known_by
from analyzer.stream import SERVER, Side, Span
from analyzer.tls.events import Alert, Keyed, Malformed, Proof, Sealed, Tried
from analyzer.tls.messages import CertificateRequest, ClientHello, EncryptedExtensions, ServerHello

_TLS13 = 0x0304
# With these a server's handshake is over as far as it asks for anything.
LAST_OF_FLIGHT = frozenset({"server_hello_done", "finished"})


class Handshake:
    """What was told of one handshake; lists of two are `[client's, server's]`.

    Attributes:
        issued: what to resume by, see `origins.known_by`.
        data: application data came behind a finished handshake.
        first, last: of what was told, the frames that came first and those that ended last.
    """

    __slots__ = (
        "alerts",
        "application",
        "chains",
        "client_hello",
        "data",
        "encrypted_extensions",
        "first",
        "issued",
        "keyed",
        "keys",
        "last",
        "malformed",
        "messages",
        "number",
        "proofs",
        "recovered",
        "request",
        "sealed",
        "server_hello",
        "tried",
    )

    # By hand: a dataclass calls a factory for each of the twelve lists, which takes three times as long.
    def __init__(self, number: int) -> None:
        self.number = number
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.encrypted_extensions: EncryptedExtensions | None = None
        self.request: CertificateRequest | None = None
        self.messages: tuple[list[MessageSeen], list[MessageSeen]] = ([], [])
        self.chains: list[tuple[Presented, ...] | None] = [None, None]
        self.keys = ["", ""]
        self.keyed: list[Keyed] = []
        self.application = [0, 0]
        self.sealed: list[Sealed] = []
        self.alerts: list[Alert] = []
        self.proofs: dict[str, Proof] = {}
        self.malformed: list[Malformed] = []
        self.recovered: list[str] = []
        self.issued: list[bytes] = []
        self.tried: Tried | None = None
        self.data = [False, False]
        self.first: Span | None = None
        self.last: Span | None = None

    @property
    def span(self) -> Span | None:
        """From the first to the last frame of what was told."""
        return self.first.to(self.last) if self.first and self.last else None

    def reach(self, at: Span) -> None:
        """Note the frames of what is told."""
        first, last = self.first, self.last
        # Compared by hand, not as spans: called for every event, and only one of the two changes as a rule.
        if first is None or last is None:
            self.first = self.last = at
            return
        if at[2] <= first[2] and (at[2] < first[2] or at[0] < first[0]):
            self.first = at
        if at[3] > last[3] or (at[3] == last[3] and at[1] > last[1]):
            self.last = at

    @property
    def is_tls(self) -> bool:
        """More than bytes that no TLS record begins with."""
        return bool(any(self.messages) or self.sealed or any(self.keys))

    def types(self, side: Side) -> list[str]:
        """Of the side's messages, in its order."""
        return [message[1] for message in self.messages[side]]

    @property
    def client_random(self) -> bytes | None:
        """None where no ClientHello was seen, nor a session of the key log found in its place."""
        if self.client_hello:
            return self.client_hello.random
        return self.tried.client_random if self.tried else None

    @property
    def alpn(self) -> str | None:
        """The protocol that the server chose."""
        if self.encrypted_extensions and self.encrypted_extensions.alpn:
            return self.encrypted_extensions.alpn
        return self.server_hello.alpn if self.server_hello else None

    @property
    def resumed(self) -> bool | None:
        """TLS 1.3: a chosen PSK. Before: ChangeCipherSpec with nothing of a full handshake before it."""
        if self.server_hello is None:
            return None
        if self.server_hello.version == _TLS13:
            return self.server_hello.selected_psk is not None
        types = self.types(SERVER)
        if not {"certificate", "server_key_exchange", "server_hello_done"}.isdisjoint(types):
            return False
        return True if "change_cipher_spec" in types else None

    def requested(self, *, torn: bool) -> bool | None:
        """Whether the server asked for a client certificate; None while its flight is not whole.

        Args:
            torn: bytes of the server are missing in it.
        """
        if self.request is not None:
            return True
        whole = not (torn or LAST_OF_FLIGHT.isdisjoint(self.types(SERVER))) or self.resumed
        return False if whole else None

    @property
    def offered_identities(self) -> tuple[bytes, ...]:
        """What the client asked to resume by: PSK identities (TLS 1.3), its ticket, its session ID."""
        hello = self.client_hello
        if hello is None:
            return ()
        offered = (*hello.psk_identities, hello.session_ticket, hello.session_id)
        return tuple([known_by(identity) for identity in offered if identity])
