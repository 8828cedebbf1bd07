"""One run's state: capture items in, connections out, each as soon as it can be told."""

from __future__ import annotations

import traceback
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath

from analyzer.capture.items import Comment, IcmpError, Item, KeyLogBlock, Segment
from analyzer.report.model import Connection
from analyzer.run.doubt import Doubt
from analyzer.session.facts import Conversation
from analyzer.session.origins import Origins
from analyzer.session.stack import Stack, StackOptions
from analyzer.stream import StreamEvent
from analyzer.tls.layer import TlsLimits
from analyzer.tls.secrets import Secrets
from analyzer.transport import Ended, Flow, Flows, TransportLimits
from analyzer.transport.facts import ports_of
from analyzer.values import dataclass
from analyzer.verdict import Expectations, diagnose, judge

# The SDK 3 daemon and SDK 5 use 2223, the SDK 3 management tool 2225; AWS's security group opens all
# three (AWS CloudHSM user guide, "Configure the cluster security group").
CLOUDHSM_PORTS = frozenset({2223, 2224, 2225})

# Where every port is looked at, so many connections without TLS are told one by one, and so many that were joined in the
# middle of their TLS and that no secret opens; the others are counted.
_TOLD_ELSEWHERE = 100
# The handshake of those is over, so their secrets are logged and no hello comes: no record waits for either, but where
# keys stand behind the packets (pcapng). A busy host has hundreds of them.
_HELD_FOR_LATE_KEYS = 1 << 12
# Nor do they use up what may be tried to open an HSM's: half of it.
_SPARE = 1 << 17

# Bytes of sealed records of ended connections that may wait for keys standing behind them (pcapng).
_WAITING = 64 << 20


@dataclass(frozen=True, slots=True)
class Options:
    """How to analyze.

    Attributes:
        ports: the HSM's TCP ports; None analyzes every TCP connection.
        key_logs: key files beside the capture, for all levels.
        password: of an encrypted private key among `key_logs`.
        expected: the expected set.
        at: judge certificates at this time instead of the capture's.
        framing: how the inner TLS lies in the outer plaintext; None finds out.
        reader: `fast`, or `scapy` for the slow second opinion on packets.
        embedded_keys: use key logs that the capture carries.
        kept: streams that `Connection.streams` shall hold, by level and kind (`records`, `plaintext`).
        limits: what TCP may make the program hold, and for how long.
        contain_crashes: a connection that breaks the program is reported as broken and the others go on.
    """

    ports: frozenset[int] | None = CLOUDHSM_PORTS
    key_logs: tuple[Path, ...] = ()
    password: bytes | None = field(default=None, repr=False)
    expected: Expectations = field(default_factory=Expectations.none)
    at: datetime | None = None
    framing: str | None = None
    reader: str = "fast"
    embedded_keys: bool = True
    kept: frozenset[tuple[int, str]] = frozenset()
    limits: TransportLimits = field(default_factory=TransportLimits)
    contain_crashes: bool = True


class Analysis:
    """From capture items to judged connections.

    Args:
        secrets: what is known before the first item; the capture's own key logs are added to it.
        late_keys: the capture may carry keys behind the packets that need them (pcapng).

    Attributes:
        passed: keys (see `Segment.key`) of the connections on other ports than an HSM's that were joined in the middle
            of their TLS, are opened by no secret, and are only counted.
    """

    def __init__(self, options: Options, secrets: Secrets, *, late_keys: bool = False) -> None:
        self._options = options
        self._secrets = secrets
        self._late_keys = late_keys and options.embedded_keys
        self._flows = Flows(options.ports, options.limits)
        self._origins = Origins()
        self._stack_options = StackOptions(framing=options.framing, kept=options.kept)
        self._stacks: dict[int, Stack] = {}
        # Where every port is looked at and no stream is to be kept: the connections that have shown no TLS yet,
        # and those of them that are told.
        self._doubts: dict[int, Doubt] = {}
        self._doubting = options.ports is None and not options.kept
        self._without_tls: set[int] = set()
        # Connections elsewhere that may stay sealed for want of a hello.
        self._joined_late: set[int] = set()
        self._told_sealed = 0
        self.passed: list[bytes] = []
        self._broken: dict[int, str] = {}
        self._waiting: OrderedDict[int, tuple[Stack, Flow, int]] = OrderedDict()
        self._waiting_bytes = 0

    def connections(self, items: Iterable[Item]) -> Iterator[Connection]:
        """Each connection when it ended, those whose keys may still come at the end of the capture."""
        yield from self.feed(items)
        yield from self.finish()

    def feed(self, items: Iterable[Item]) -> Iterator[Connection]:
        """The connections that end with the next items; may be called again with what follows them."""
        feed = self._flows.feed
        take = self._take
        for item in items:
            if type(item) is Segment:
                events = feed(item)
                if events:
                    for flow, event in events:
                        if type(event) is Ended:
                            yield from self._end(flow)
                        else:
                            take(flow, event)  # type: ignore[arg-type]
            elif isinstance(item, IcmpError):
                self._flows.icmp(item)
            elif isinstance(item, KeyLogBlock | Comment) and self._options.embedded_keys:
                self._add_keys(item)

    def advance(self, now: int) -> Iterator[Connection]:
        """The connections that end because it is `now` (nanoseconds of capture time) and nothing came."""
        yield from self._events(self._flows.advance(now))

    def finish(self) -> Iterator[Connection]:
        """No more items: what is still open ends here."""
        yield from self._events(self._flows.advance(self._flows.latest))
        yield from self._events(self._flows.finish())
        while self._waiting:
            yield from self._oldest_waiting()

    def _events(self, events: Iterable[tuple[Flow, StreamEvent | Ended]]) -> Iterator[Connection]:
        for flow, event in events:
            if isinstance(event, Ended):
                yield from self._end(flow)
            else:
                self._take(flow, event)

    @property
    def origins(self) -> Origins:
        """The tickets and session IDs that passed, with the handshakes that issued them."""
        return self._origins

    @property
    def transport(self) -> Flows:
        """What transport only counted is in its `summary`."""
        return self._flows

    def _add_keys(self, item: KeyLogBlock | Comment) -> None:
        text = item.text if isinstance(item, KeyLogBlock) else item.text.encode()
        if self._secrets.add_key_log(text, "the capture").used:
            self._late_keys = True  # where some keys come late, more may

    def _take(self, flow: Flow, event: StreamEvent) -> None:
        """Hand an event to the connection's stack; one that breaks the program is left alone from then on."""
        stack = self._stacks.get(flow.number)
        if stack is None:
            if self._doubting and self._stays_in_doubt(flow, event):
                return
            stack = self._begin(flow)
        self._feed(stack, event)
        if (
            self._joined_late
            and not flow.ended
            and self._is_counted(stack)
            and self._flows.ignore(flow)
        ):
            self._pass_over(stack, flow)

    def _begin(self, flow: Flow) -> Stack:
        """The connection's stack, with what was taken before it was made."""
        options = self._stack_options
        if flow.joined_late and self._is_elsewhere(flow):
            hold = _HELD_FOR_LATE_KEYS if self._late_keys else 0
            options = replace(options, tls=TlsLimits(hold=hold, spare=_SPARE))
            self._joined_late.add(flow.number)
        stack = Stack(flow.number, self._secrets, self._origins, options)
        self._stacks[flow.number] = stack
        doubt = self._doubts.pop(flow.number, None)
        for event in doubt.events() if doubt else ():
            self._feed(stack, event)
        flow.gather(stack.gathers)
        if flow.number not in self._joined_late:
            # What concerns nobody else need not go through `feed`: 1 % of a nested connection's time.
            flow.sink = partial(self._feed, stack)
        return stack

    def _feed(self, stack: Stack, event: StreamEvent) -> None:
        if stack.stream in self._broken:
            return
        try:
            stack.feed(event)
        except Exception as error:  # noqa: BLE001  a bug must not cost the other connections
            self._break(stack.stream, error)

    def _stays_in_doubt(self, flow: Flow, event: StreamEvent) -> bool:
        """Whether nothing says yet that the connection speaks TLS; one that surely does not is let go."""
        if flow.ignored:
            return True
        doubt = self._doubts.get(flow.number)
        if doubt is None:
            if not self._is_elsewhere(flow):
                return False
            doubt = self._doubts[flow.number] = Doubt()
        elif doubt.over:
            return True
        stays = doubt.remains(event)
        if doubt.over and not self._is_told(flow) and self._flows.ignore(flow):
            self._count(flow)
        return stays

    def _is_counted(self, stack: Stack) -> bool:
        """Whether nothing can be told of a connection but that it speaks TLS, and it is none of the first ones."""
        if stack.stream not in self._joined_late or not stack.stays_sealed:
            return False
        if self._told_sealed >= _TOLD_ELSEWHERE:
            return True
        self._told_sealed += 1
        self._joined_late.discard(stack.stream)
        return False

    def _pass_over(self, stack: Stack, flow: Flow) -> None:
        """Only count it."""
        self._stacks.pop(stack.stream, None)
        self._joined_late.discard(stack.stream)
        self._broken.pop(stack.stream, None)
        self.passed.append(flow.key)
        self._flows.summary.joined_late += 1

    def _is_told(self, flow: Flow) -> bool:
        """Whether a connection without TLS is one of the first ones."""
        if len(self._without_tls) < _TOLD_ELSEWHERE:
            self._without_tls.add(flow.number)
        return flow.number in self._without_tls

    def _count(self, flow: Flow) -> None:
        """Only count a connection without TLS."""
        self._flows.summary.without_tls += 1
        self._doubts.pop(flow.number, None)

    def _is_without_tls(self, flow: Flow) -> bool:
        """Whether an ended connection, open once, showed no TLS although it is looked at for that alone."""
        if not self._is_elsewhere(flow) or flow.number in self._stacks:
            return False
        return flow.number in self._doubts or not flow.came_to_nothing

    def _is_elsewhere(self, flow: Flow) -> bool:
        """Whether it is looked at because every port is, and not because it is an HSM's."""
        return self._doubting and CLOUDHSM_PORTS.isdisjoint(ports_of(flow.key))

    def _end(self, flow: Flow) -> Iterator[Connection]:
        if flow.ignored:
            return
        if self._is_without_tls(flow) and not self._is_told(flow):
            self._count(flow)
            return
        stack = self._stacks.get(flow.number) or self._begin(flow)
        del self._stacks[flow.number]
        if self._late_keys and stack.held_bytes:
            self._waiting[flow.number] = stack, flow, stack.held_bytes
            self._waiting_bytes += stack.held_bytes
            while self._waiting_bytes > _WAITING:
                yield from self._oldest_waiting()
        else:
            yield from self._finished(stack, flow)

    def _oldest_waiting(self) -> Iterator[Connection]:
        _, (stack, flow, held) = self._waiting.popitem(last=False)
        self._waiting_bytes -= held
        yield from self._finished(stack, flow)

    def _finished(self, stack: Stack, flow: Flow) -> Iterator[Connection]:
        """The connection, unless it is only counted."""
        connection = self._told(stack, flow)
        if self._is_counted(stack) and not connection.conversation.broken:
            self._pass_over(stack, flow)
        else:
            self._joined_late.discard(stack.stream)
            yield connection

    def _told(self, stack: Stack, flow: Flow) -> Connection:
        tcp = flow.facts()
        told: Conversation | None = None
        if flow.number not in self._broken:
            try:
                told = stack.conversation(tcp)
                streams = {key: stack.kept(*key) for key in self._options.kept}
                return judged(told, self._options, streams)
            except Exception as error:  # noqa: BLE001  as in `_take`
                self._break(flow.number, error)
        broken = self._broken.pop(flow.number)
        if told is None:
            told = Conversation(flow.number, tcp, "unseen", "none", ())
        return Connection(
            Conversation(
                told.stream,
                tcp,
                told.outcome,
                told.stage,
                told.sessions,
                told.carved,
                told.vendor_bytes,
                broken,
            )
        )

    def _break(self, number: int, error: Exception) -> None:
        """Note what broke, without anything that came from the capture."""
        if not self._options.contain_crashes:
            raise error
        place = traceback.extract_tb(error.__traceback__)[-1]
        self._broken[number] = (
            f"{type(error).__name__} in {PurePath(place.filename).name}:{place.lineno}"
        )


def judged(
    told: Conversation,
    options: Options,
    streams: Mapping[tuple[int, str], Sequence[StreamEvent]] | None = None,
) -> Connection:
    """What was observed, with the findings about it and the cause of a failure."""
    expected = options.expected
    findings = judge(told, expected, options.at)
    # Why it failed is asked of the time when it did, whatever time the certificates are judged at.
    then = findings if options.at is None else judge(told, expected)
    return Connection(told, findings, diagnose(told, then, expected), streams or {})
