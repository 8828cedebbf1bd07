"""Everything below in a row: captures and options in, a `Report` out.

capture items -> flows (two streams each) -> stack of TLS levels -> conversation
              -> findings and a cause (against the expected set) -> report
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeAlias

from analyzer.capture.items import Comment, IcmpError, Item, KeyLogBlock, Segment
from analyzer.report.model import Input, Report
from analyzer.run.key_files import load_key_files
from analyzer.run.merge import merged
from analyzer.session.facts import Conversation
from analyzer.session.origins import Origins
from analyzer.session.stack import Stack, StackOptions
from analyzer.tls.secrets import Secrets
from analyzer.transport import Flow, Flows
from analyzer.verdict import Expectations

Source: TypeAlias = str | Path | BinaryIO

# The SDK 3 daemon and SDK 5 use 2223, the SDK 3 management tool 2225; AWS's security group opens all
# three (AWS CloudHSM user guide, "Configure the cluster security group").
CLOUDHSM_PORTS = frozenset({2223, 2224, 2225})

# Ended connections that wait for a key log which may stand behind their packets (pcapng).
_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Options:
    """How to analyze.

    Attributes:
        ports: the HSM's TCP ports; None analyzes every TCP connection.
        key_logs: key files beside the capture, for all levels.
        expected: the expected set.
        at: judge certificates at this time instead of the capture's.
        framing: how the inner TLS lies in the outer plaintext; None finds out.
        reader: `fast`, or `scapy` for the slow second opinion on packets.
        embedded_keys: use key logs that the capture carries.
        contain_crashes: a connection that breaks the program is reported as broken and the others go on.
    """

    ports: frozenset[int] | None = CLOUDHSM_PORTS
    key_logs: tuple[Path, ...] = ()
    expected: Expectations = field(default_factory=Expectations.none)
    at: datetime | None = None
    framing: str | None = None
    reader: str = "fast"
    embedded_keys: bool = True
    contain_crashes: bool = True


def analyze(sources: Sequence[Source], options: Options | None = None) -> Report:
    """Read captures (several files are one capture) and say what happened in them.

    Args:
        sources: paths, `-` for standard input, or open binary files.
        options: see `Options`.

    Raises:
        UnreadableCapture: no source could be read as a capture.
        UnreadableInput: a key file cannot be used.
        MissingTool: a package is needed that is not installed.
    """
    options = options or Options()
    secrets = Secrets()
    for path in options.key_logs:
        load_key_files(secrets, path)
    analysis = _Analysis(secrets, options)
    with ExitStack() as files:
        captures, refused = _open(sources, options, files)
        analysis.run(merged(captures))
    return analysis.report((*map(_input, captures), *refused))


class _Analysis:
    """The state of one run: connections under way, conversations that are told."""

    def __init__(self, secrets: Secrets, options: Options) -> None:
        self._secrets = secrets
        self._options = options
        self._flows = Flows(options.ports)
        self._origins = Origins()
        self._stack_options = StackOptions(framing=options.framing)
        self._stacks: dict[int, Stack] = {}
        self._waiting: OrderedDict[int, tuple[Stack, Flow]] = OrderedDict()
        self._broken: dict[int, str] = {}
        self._told: list[Conversation] = []

    def run(self, items: Iterable[Item]) -> None:
        feed = self._flows.feed
        for item in items:
            if isinstance(item, Segment):
                for flow, event in feed(item):
                    self._take(flow, event)
            elif isinstance(item, IcmpError):
                self._flows.icmp(item)
            elif self._options.embedded_keys and isinstance(item, KeyLogBlock | Comment):
                self._secrets.add_key_log(
                    item.text if isinstance(item, KeyLogBlock) else item.text.encode()
                )
        for flow, event in self._flows.finish():
            self._take(flow, event)
        for stack, flow in self._waiting.values():
            self._tell(stack, flow)
        self._waiting.clear()

    def report(self, inputs: Sequence[Input]) -> Report: ...
