"""A report against an expectation file: which connection belongs to which rule, and what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzer.report.model import Connection, Report
from analyzer.session.facts import Conversation
from analyzer.stream import SERVER
from analyzer.values import dataclass
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.check import (
    Difference,
    RuleFiles,
    allowed_findings,
    differences,
    hides,
)
from analyzer.verdict.regression.rules import ConnectionRule, ExpectFile, Match


@dataclass(frozen=True, slots=True)
class Checked:
    """A connection and everything in which it is not what its rule says."""

    connection: Connection
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A rule, the connections that belong to it, and what is wrong with their number.

    Attributes:
        allowed: findings that the rule allows, with the reason it gives and how often they were met.
    """

    rule: ConnectionRule
    checked: tuple[Checked, ...]
    count: tuple[Difference, ...]
    allowed: tuple[tuple[str, str, int], ...]

    @property
    def status(self) -> Status:
        """FAIL for a mismatch, UNKNOWN where something could not be told, else PASS."""
        return _worst([*self.count, *(d for each in self.checked for d in each.differences)])


@dataclass(frozen=True, slots=True)
class Check:
    """One capture against the file.

    Attributes:
        name: of the capture. sha256: of its file, "" where it is none.
        whole: what is wrong with the capture itself: damage, nothing in it.
        unmatched: connections that no rule matches, where the file says that this is a failure.
    """

    name: str
    report: Report
    rules: tuple[RuleResult, ...]
    whole: tuple[Difference, ...]
    unmatched: tuple[Connection, ...]
    sha256: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the report says of the whole capture and no rule asks for: HSMs that differ, a key log with holes."""
        return tuple(f.message for f in self.report.findings if f.status is not Status.PASS)

    @property
    def status(self) -> Status:
        """FAIL for a mismatch, UNKNOWN where something could not be told, else PASS."""
        if self.unmatched or any(result.status is Status.FAIL for result in self.rules):
            return Status.FAIL
        statuses = [_worst(self.whole), *(result.status for result in self.rules)]
        return Status.UNKNOWN if Status.UNKNOWN in statuses else Status.PASS


def check(report: Report, wanted: ExpectFile, expected: Expectations, files: RuleFiles) -> Check:
    """Compare a report with the rules of an expectation file.

    Args:
        expected: the expected set that the report was made with; HSM and cluster IDs are looked up in it.
        files: the certificates in the files that the rules name.
    """
    members: list[list[Connection]] = [[] for _ in wanted.rules]
    unmatched = []
    undecided = []
    for connection in report.connections:
        at, certain = _rule_of(connection.conversation, wanted.rules, expected)
        if not certain:
            undecided.append(connection)
        elif at is not None:
            members[at].append(connection)
        elif wanted.unmatched == "fail":
            unmatched.append(connection)
    cut = any(source.damage or source.refused for source in report.inputs)
    results = tuple(
        _result(rule, own, files, cut=cut or bool(undecided) or not report.connections)
        for rule, own in zip(wanted.rules, members, strict=True)
    )
    name = ", ".join(source.name for source in report.inputs)
    whole = (*_whole(report), *map(_undecided, undecided))
    return Check(name, report, results, whole, tuple(unmatched))


def _rule_of(
    told: Conversation, rules: Sequence[ConnectionRule], expected: Expectations
) -> tuple[int | None, bool]:
    """The first rule that matches, and whether that is certain: one before it may match what was not seen."""
    for at, rule in enumerate(rules):
        fits = _fits(told, rule.match, expected)
        if fits is not False:
            return at, fits is True
    return None, True


def _fits(told: Conversation, match: Match, expected: Expectations) -> bool | None:
    """Whether all that is given fits; None where the capture does not show all of it."""
    tcp, outer = told.tcp, told.at_level(0)
    for place, end in ((match.server, tcp.server), (match.client, tcp.client)):
        if place is not None and not place.covers(end.address, end.port):
            return False
    hsm = expected.hsm_at(tcp.server.address)
    chain = None if outer is None else outer.certificates[SERVER]
    no_hello = outer is None or outer.client_random is None
    # Wanted, seen, and whether it may be there without having been seen.
    facts = (
        (match.stream, told.stream, False),
        (match.hsm, None if hsm is None else hsm.id, False),
        (match.cluster, None if hsm is None else hsm.cluster, False),
        (match.server_name, None if outer is None else outer.server_name, no_hello),
        (match.server_cert_sha256, chain[0].certificate.sha256 if chain else None, chain is None),
    )
    differing = [hidden for wanted, seen, hidden in facts if wanted is not None and wanted != seen]
    if not differing:
        return True
    return None if all(differing) and hides(told) else False


def _undecided(connection: Connection) -> Difference:
    told = connection.conversation
    words = f"connection {told.stream}, {told.tcp.client} to {told.tcp.server}"
    seen = "it cannot be told which one: what a match asks for was not seen"
    return Difference("match", Status.UNKNOWN, f"a rule for {words}", seen)


def _result(
    rule: ConnectionRule, own: Sequence[Connection], files: RuleFiles, *, cut: bool
) -> RuleResult:
    count = []
    if not rule.count.admits(len(own)):
        missing = len(own) < rule.count.least
        status = Status.UNKNOWN if missing and cut else Status.FAIL
        words = f"{len(own)} connection{'' if len(own) == 1 else 's'}"
        count.append(Difference("count", status, str(rule.count), words, value=len(own)))
    checked = tuple(
        Checked(c, differences(c.conversation, c.findings, c.cause, rule, files)) for c in own
    )
    times = Counter(f.code for c in own for f in allowed_findings(c.findings, rule))
    allowed = tuple((each.code, each.reason, times[each.code]) for each in rule.allow)
    return RuleResult(rule, checked, tuple(count), allowed)


def _whole(report: Report) -> list[Difference]:
    told = []
    for source in report.inputs:
        words = [source.refused] if source.refused else []
        words += [f"{damage.why} (at byte {damage.offset})" for damage in source.damage]
        told += [
            Difference("capture", Status.UNKNOWN, f"{source.name} can be read", each)
            for each in words
        ]
    if not report.connections:
        told.append(
            Difference("capture", Status.UNKNOWN, "connections", "no connection to check was found")
        )
    for broken in report.broken:
        words_of = f"connection {broken.stream} broke the analyzer: {broken.what}"
        told.append(Difference("capture", Status.UNKNOWN, "connections can be analyzed", words_of))
    return told


def _worst(found: Sequence[Difference]) -> Status:
    statuses = {difference.status for difference in found}
    order = (Status.FAIL, Status.UNKNOWN)
    return next((status for status in order if status in statuses), Status.PASS)
