"""What one side's records are sealed with, epoch by epoch, and how they are opened or why they are not."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final

from analyzer.stream import CLIENT, Side, Span, new_tuple
from analyzer.tls.aead_openers import Tls13Opener
from analyzer.tls.block_openers import CbcOpener
from analyzer.tls.constants import TLS13
from analyzer.tls.events import Keyed, RecordCounts, Recovered, Sealed, TlsEvent, Tried
from analyzer.tls.handshake import Handshakes
from analyzer.tls.keying import Found, master_key, traffic_key, traffic_opener
from analyzer.tls.missing_secret import Missing
from analyzer.tls.opener import Opener
from analyzer.tls.records import Record
from analyzer.tls.schedule import next_traffic_secret
from analyzer.tls.search import Opened, SequenceSearch, epoch_of, try_secrets
from analyzer.tls.secrets import Secrets

HELLO_MISSING = Missing(
    "hello-missing",
    "not both hellos could be read",
    "both hellos: a capture that holds them, and for an inner level the outer keys that open them",
)
_NO_FIT = Missing(
    "wrong-secret",
    "the secret does not open this side's first record",
    "the key log of this very connection",
)
_TOO_MUCH_LOST = Missing("bytes-missing", "no record behind the missing bytes could be opened", "")
_BROKEN_SEAL = Missing(
    "does-not-verify", "a record does not verify under the keys of those before it", ""
)

_LATER_EPOCHS = {"early": ("handshake", "application"), "handshake": ("application",)}


class Shut(enum.Enum):
    """A record that was not opened."""

    WAITS = 0  # the other side's hello or a secret may still come
    STAYS = 1
    BROKEN = 2  # as `STAYS`; those before it were opened by the same keys


WAITS: Final = Shut.WAITS
STAYS: Final = Shut.STAYS
BROKEN: Final = Shut.BROKEN
# Records behind a loss that may fail to open before the rest is given up: where blocks chain from record
# to record (CBC before TLS 1.1) the first one always does.
_FAILURES = 4


class Protection:
    """The keys of one side.

    Args:
        side: whose records.
        handshakes: of both sides.
        secrets: of all levels.
        counts: counts what stays sealed.
        events: takes `Keyed`, `Sealed` and `Recovered`.
        lost_records: how many records a gap may have swallowed for the next ones still to be opened.
        trials: tags that may be tried for all gaps together.

    Attributes:
        on: records are sealed.
        tls13: by the rules of TLS 1.3, where only application data records are.
        epoch: `early`, `handshake`, `application` or `traffic`, see `events.Keyed`.
        secret: the traffic secret in effect (TLS 1.3), b"" where it is not known.
        skipped_bytes: passed over behind the latest loss, for whoever tells that it was overcome.
        behind_loss: bytes are missing and no record was opened since.
        ready: opens the next record if nothing is wrong with it; None where more has to be looked at.
    """

    def __init__(
        self,
        side: Side,
        handshakes: Handshakes,
        secrets: Secrets,
        *,
        counts: RecordCounts,
        events: list[TlsEvent],
        lost_records: int,
        trials: int,
    ) -> None:
        self.on = self.tls13 = False
        self.epoch = ""
        self.secret = b""
        self.skipped_bytes = 0
        self._side = side
        self._handshakes = handshakes
        self._secrets = secrets
        self._counts = counts
        self._events = events
        self._lost_records = lost_records
        self._search = SequenceSearch(lost_records, trials)
        self._failures = 0
        self._failed_at: Span | None = None  # the first of them
        self._reason = _TOO_MUCH_LOST
        self._opener: Opener | None = None
        self.ready: Opener | None = None
        self._why: Missing | None = None  # this epoch stays sealed
        self.behind_loss = False
        self._early_told = False  # that it stays sealed

    # ------------------------------------------------------------------ what changes keys

    def begin(self, epoch: str) -> None:
        """From the next record on new keys are in effect."""
        handshake = self._handshakes.current[self._side]
        hello = handshake.client_hello
        self.on = True
        self.tls13 = handshake.version == TLS13
        self.epoch = epoch
        self._opener, self.ready, self._why, self.secret = None, None, None, b""
        if epoch == "handshake" and self._side is CLIENT and hello and hello.offers_early_data:
            self.epoch = "early"

    def end_early_data(self) -> None:
        """The client's EndOfEarlyData: the handshake's keys are next."""
        self.begin("handshake")
        self.epoch = "handshake"

    def update(self) -> None:
        """A KeyUpdate: the next secret is made of this one (RFC 8446 section 7.2)."""
        handshake = self._handshakes.current[self._side]
        if self.secret and handshake.suite:
            self.secret = next_traffic_secret(handshake.suite.prf, self.secret)
            self._opener = traffic_opener(handshake, self.secret)
            self._settle()

    def lose(self, size: int | None) -> None:
        """Bytes are missing before the next record; None where it is not known how many."""
        self.behind_loss = True
        self.ready = None
        self._reason = _TOO_MUCH_LOST
        self._failures = 0
        self._search.lose(size)

    def plain_size(self, body: int) -> int | None:
        """How many bytes of plaintext a lost record of application data held; None where the cipher does not tell.

        TLS 1.3 hides the content's type and may pad it, and CBC pads.
        """
        if self.behind_loss or isinstance(self._opener, Tls13Opener | CbcOpener | None):
            return None
        return max(0, body - self._opener.overhead)

    def give_up(self, missing: Missing, at: Span) -> None:
        """The records from `at` on stay sealed, until new keys are in effect."""
        self._why = missing
        self.ready = None
        handshake = self._handshakes.current[self._side]
        handshake.miss(self._side, handshake.sealed)
        self._tell_sealed(missing, at)

    @property
    def lacks_hello(self) -> bool:
        """The records stay sealed because not both hellos were seen."""
        return self._why is HELLO_MISSING

    def _tell_sealed(self, missing: Missing, at: Span) -> None:
        why, detail, remedy = missing
        number = self._handshakes.current[self._side].number
        self._events.append(Sealed(self._side, self.epoch, why, detail, remedy, at, number))

    def finish(self) -> None:
        """No more records will come: those behind a loss that did not open stay sealed."""
        if self._failed_at and self._why is None:
            self.give_up(self._reason, self._failed_at)

    # ------------------------------------------------------------------ opening

    def open(self, record: Record, *, last: bool) -> Opened | Shut:
        """Content type and plaintext of the next record.

        Args:
            record: sealed.
            last: nothing that it waits for can still come.
        """
        if self._why:
            return self._open_later_epoch(record)
        if self.behind_loss:
            return self._open_behind_loss(record, last=last)
        if self.epoch == "early":
            return self._open_early(record, last=last)
        if self._opener is not None:
            opened = self._opener.open(record.type, record.version, record.body)
            if opened is None:
                # The peers would not have gone on: if what follows opens, the capture is what is damaged.
                self.lose(0)
                self._reason = _BROKEN_SEAL
                self._fail(self._opener, record)
                return BROKEN
            return opened
        found = self._key(record)
        if isinstance(found, Missing):
            return self._lacks(found, record, last=last)
        opened = found.opened or found.opener.open(record.type, record.version, record.body)
        if opened is None:
            self.give_up(_NO_FIT, record.at)
            return self._open_later_epoch(record)
        self._keyed(found, record.at)
        return opened

    def try_secrets(self, record: Record, spare: int) -> Opened | None:
        """Open a record of TLS 1.3 by a secret out of the key log, the hellos not both being known.

        `spare`: see `search.try_secrets`.
        """
        handshake = self._handshakes.current[self._side]
        found = try_secrets(
            self._secrets,
            self._side,
            record,
            handshake.client_random,
            self._lost_records,
            spare=spare,
        )
        if found is None:
            return None
        handshake.try_out(found.client_random, found.suite)
        self.begin(epoch_of(found.label))
        self._opener, self.secret = found.opener, found.secret
        self.behind_loss = False
        self._settle()
        number, sequence = handshake.number, found.opener.sequence - 1
        self._events += (
            Tried(
                self._side,
                TLS13,
                found.suite.number,
                found.client_random,
                sequence,
                record.at,
                number,
            ),
            Keyed(self._side, self.epoch, found.label, record.at, number),
        )
        return found.opened

    def _lacks(self, missing: Missing, record: Record, *, last: bool) -> Opened | Shut:
        if not last:
            return WAITS
        self.give_up(missing, record.at)
        return self._open_later_epoch(record)

    def _stays(self) -> Shut:
        self._counts.sealed_records += 1
        return STAYS

    def _key(self, record: Record) -> Found | Missing:
        handshake = self._handshakes.current[self._side]
        if handshake.client_random is None or handshake.version is None:
            return HELLO_MISSING
        if handshake.version == TLS13:
            return traffic_key(self._secrets, handshake, self._side, self.epoch)
        if handshake.client_hello is None:
            return HELLO_MISSING

        def open_first(opener: Opener) -> Opened | None:
            if self.behind_loss:
                return self._search.open(opener, record)
            return opener.open(record.type, record.version, record.body)

        return master_key(self._secrets, handshake, self._side, open_first)

    def _keyed(self, found: Found, at: Span) -> None:
        self._opener, self.secret = found.opener, found.secret
        self._settle()
        number = self._handshakes.current[self._side].number
        self._events.append(new_tuple(Keyed, (self._side, self.epoch, found.source, at, number)))

    def _settle(self) -> None:
        usual = self._why is None and not self.behind_loss and self.epoch != "early"
        self.ready = self._opener if usual else None

    # ------------------------------------------------------------------ behind missing bytes

    def _open_behind_loss(self, record: Record, *, last: bool) -> Opened | Shut:
        """Open a record under the next keys and sequence numbers that fit it."""
        missing = None
        for changes, (epoch, found) in enumerate(self._next_keys(record)):
            if isinstance(found, Missing):
                missing = missing or found
                continue
            expected = 0 if found.opened else found.opener.sequence
            opened = found.opened or self._search.open(found.opener, record)
            if opened:
                # Where keys changed in between, the number of records under the old ones is not known.
                lost = None if changes else found.opener.sequence - 1 - expected
                self._go_on(epoch, found, lost, record.at)
                return opened
        if missing and not last:
            return WAITS
        if missing:
            return self._lacks(missing, record, last=last)
        self._fail(self._opener, record)
        return STAYS

    def _fail(self, opener: Opener | None, record: Record) -> None:
        """A record does not open: one of the next may."""
        self._counts.sealed_records += 1
        self._failures += 1
        self._failed_at = self._failed_at or record.at
        if isinstance(opener, CbcOpener):
            opener.pass_over(record.body)
        if self._failures == _FAILURES:
            self.give_up(self._reason, self._failed_at)

    def _next_keys(self, record: Record) -> Iterator[tuple[str, Found | Missing]]:
        """The keys in effect, and those that lost messages may have brought: (epoch, found)."""
        handshake = self._handshakes.current[self._side]
        if self._opener:
            yield self.epoch, Found(self._opener, "", self.secret)
            if self.secret and handshake.suite:
                secret = next_traffic_secret(handshake.suite.prf, self.secret)
                opener = traffic_opener(handshake, secret)
                if opener and self.epoch == "application":
                    yield self.epoch, Found(opener, "KeyUpdate", secret)
        else:
            yield self.epoch, self._key(record)
        later = _LATER_EPOCHS.get(self.epoch, ())
        if handshake.version == TLS13 and handshake.client_random is not None:
            for epoch in later:
                found = traffic_key(self._secrets, handshake, self._side, epoch)
                if isinstance(found, Found):
                    yield epoch, found

    def _go_on(self, epoch: str, found: Found, lost: int | None, at: Span) -> None:
        if found.opener is not self._opener:
            if epoch != self.epoch:
                self.begin(epoch)
                self.epoch = epoch
            self._opener, self.secret = found.opener, found.secret
            number = self._handshakes.current[self._side].number
            self._events.append(Keyed(self._side, epoch, found.source, at, number))
        self.behind_loss = False
        self._settle()
        self._failed_at = None
        self._search.found()
        self._events.append(Recovered(self._side, self.skipped_bytes, lost, at))

    # ------------------------------------------------------------------ later epochs

    def _open_later_epoch(self, record: Record) -> Opened | Shut:
        """Where the handshake's secret is missing, the one of the application data may still be there."""
        handshake = self._handshakes.current[self._side]
        if self.epoch == "handshake" and handshake.client_hello is not None:
            found = traffic_key(self._secrets, handshake, self._side, "application")
            if isinstance(found, Found):
                opened = found.opener.open(record.type, record.version, record.body)
                if opened:
                    self.begin("application")
                    self._keyed(found, record.at)
                    return opened
        return self._stays()

    # ------------------------------------------------------------------ early data

    def _open_early(self, record: Record, *, last: bool) -> Opened | Shut:
        """Early data, which the server takes or passes over, or the first record behind it (RFC 8446 section 4.2.10).

        It waits for the server's word, since what was not taken is sent again and is no part of the stream.
        """
        handshake = self._handshakes.current[self._side]
        taken = handshake.takes_early_data
        if taken is None and not last:
            return WAITS
        if handshake.client_random is None or handshake.suite is None:
            return self._lacks(HELLO_MISSING, record, last=last)
        early = traffic_key(self._secrets, handshake, self._side, "early")
        if taken is not False and isinstance(early, Found):
            opener = self._opener or early.opener
            opened = opener.open(record.type, record.version, record.body)
            if opened:
                if self._opener is None:
                    self._keyed(early, record.at)
                return opened
        found = traffic_key(self._secrets, handshake, self._side, "handshake")
        if isinstance(found, Found):
            opened = found.opener.open(record.type, record.version, record.body)
            if opened:
                self.end_early_data()
                self._keyed(found, record.at)
                return opened
        if taken is False:
            self._counts.rejected_records += 1
            return STAYS
        if isinstance(found, Missing):
            self.end_early_data()
            return self._lacks(found, record, last=last)
        if not self._early_told:
            self._early_told = True
            self._tell_sealed(early if isinstance(early, Missing) else _NO_FIT, record.at)
        return self._stays()
