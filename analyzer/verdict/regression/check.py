"""One connection against one rule of an expectation file: what differs, and what cannot be told.

What the capture does not show is `UNKNOWN`, never a match: a sealed handshake has no version of its own, a
level behind missing keys may or may not be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from analyzer.session.certificates import Certificate
from analyzer.session.facts import STAGES, Conversation, Presented, Session
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.tls.constants import alert_name, version_name
from analyzer.tls.suites import suite_name
from analyzer.values import dataclass
from analyzer.verdict.certificates.chain import walk
from analyzer.verdict.finding import Cause, Finding, Status
from analyzer.verdict.regression.rules import CertificateRule, ConnectionRule, LevelRule
from analyzer.verdict.words import listing, short, time_of

# Certificates of the files that rules name, by the path as written.
RuleFiles: TypeAlias = Mapping[str, Sequence[Certificate]]

_LEVELS = ("outer", "inner")
_BADNESS = (Status.PASS, Status.UNKNOWN, Status.FAIL)
_CLOSE_NOTIFY = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the rule says, or that cannot be told.

    Attributes:
        key: as the file writes it: `outer.version`, `cause`, `count`.
        status: FAIL for a mismatch, UNKNOWN where the capture cannot tell.
        evidence: the frames that show it.
        value: what the file would have to say to match, None where nothing it can say would.
    """

    key: str
    status: Status
    expected: str
    observed: str
    evidence: tuple[Span, ...] = ()
    value: Any = None


def differences(
    told: Conversation,
    findings: Sequence[Finding],
    cause: Cause | None,
    rule: ConnectionRule,
    files: RuleFiles,
) -> tuple[Difference, ...]:
    """Everything in which a connection is not what its rule says, in the order of the rule."""
    return tuple(_differences(told, findings, cause, rule, files))


def allowed_findings(findings: Iterable[Finding], rule: ConnectionRule) -> tuple[Finding, ...]:
    """The findings that are no pass and that the rule allows."""
    codes = {each.code for each in rule.allow}
    return tuple(f for f in findings if f.code in codes and f.status is not Status.PASS)


def hides(told: Conversation) -> bool:
    """Whether part of it was not opened or not captured: how far it got, and why not further, may look wrong."""
    sealed = any(session.sealed for session in told.sessions)
    return sealed or bool(told.tcp.gaps) or told.tcp.opening == "unseen"


def comparable_history(history: str) -> str:
    """The letters of the handshake itself.

    What follows the later Finished (data, tickets, closing alerts) comes in the order of the clock, which
    no two recordings share.
    """
    end = max(history.rfind("F"), history.rfind("f")) + 1
    return history[:end] if end else history


def _differences(
    told: Conversation,
    findings: Sequence[Finding],
    cause: Cause | None,
    rule: ConnectionRule,
    files: RuleFiles,
) -> Iterator[Difference]:
    yield from _outcome("outcome", told.outcome, rule.outcome, _still_open(told))
    if rule.stage and told.stage not in rule.stage:
        further = max(map(STAGES.index, rule.stage)) > STAGES.index(told.stage)
        status = Status.UNKNOWN if further and hides(told) else Status.FAIL
        yield Difference("stage", status, _either(rule.stage), told.stage, value=told.stage)
    code = "none" if cause is None else cause.code
    if rule.cause and code not in rule.cause:
        status = Status.UNKNOWN if hides(told) else Status.FAIL
        words = code if cause is None else f"{code}: {cause.summary}"
        evidence = () if cause is None else cause.evidence
        yield Difference("cause", status, _either(rule.cause), words, evidence, code)
    allowed = {each.code for each in rule.allow}
    for depth, name in enumerate(_LEVELS):
        level: LevelRule = getattr(rule, name)
        if level != LevelRule():
            slots = {f.code: f for f in findings if f.code.startswith(f"{name}-")}
            yield from _Level(told, depth, name, level, slots, allowed, files).differences()
    yield from _worst(findings, rule)


def _outcome(
    key: str, observed: str, wanted: Sequence[str], still_open: bool
) -> Iterator[Difference]:
    if not wanted or observed in wanted:
        return
    undecided = observed == "unseen" or (observed == "unfinished" and still_open)
    status = Status.UNKNOWN if undecided else Status.FAIL
    yield Difference(key, status, _either(wanted), observed, value=observed)


def _still_open(told: Conversation) -> bool:
    """The capture ends before the connection does."""
    return told.tcp.ended_by == "open"


def _worst(findings: Sequence[Finding], rule: ConnectionRule) -> Iterator[Difference]:
    if rule.findings is None:
        return
    allowed = {each.code for each in rule.allow}
    limit = _BADNESS.index(Status(rule.findings))
    for finding in findings:
        if finding.code not in allowed and _BADNESS.index(finding.status) > limit:
            yield Difference(
                "findings",
                finding.status,
                f"nothing worse than {rule.findings}",
                f"{finding.code}: {finding.status.value}: {finding.message}",
                finding.evidence,
            )


@dataclass(frozen=True, slots=True)
class _Fact:
    """A value of a session that a rule lists alternatives for.

    Attributes:
        hidden: why the value may be another one than what was seen, "" where it is certain.
    """

    key: str
    value: Callable[[Session], Any]
    words: Callable[[Any], str]
    hidden: Callable[[Session], str]
    file: Callable[[Any], Any]


def _no_hello(session: Session) -> str:
    return "" if session.client_random is not None else "the ClientHello was not captured"


def _not_negotiated(session: Session) -> str:
    unseen = session.version is None and session.outcome == "unseen"
    return "the ServerHello was not captured" if unseen else ""


def _sealed(session: Session) -> str:
    return next((f"sealed: {sealed.detail}" for sealed in session.sealed), "")


def _untold(session: Session) -> str:
    return _sealed(session) or "the capture does not show it"


def _text(value: Any) -> str:
    return "none" if value is None else str(value)


def _flag(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, "cannot be told")


# In the order of the file's keys; `file` gives the value as the file would write it.
# fmt: off
_FACTS = (
    _Fact("version",     lambda s: s.version, lambda v: "nothing negotiated" if v is None else version_name(v), _not_negotiated, lambda v: None if v is None else version_name(v)),
    _Fact("cipher",      lambda s: s.suite,   lambda v: "nothing negotiated" if v is None else suite_name(v),   _not_negotiated, lambda v: None if v is None else suite_name(v)),
    _Fact("history",     lambda s: comparable_history(s.history), _text, _sealed, lambda v: v),
    _Fact("server_name", lambda s: s.server_name, _text, _no_hello, lambda v: v),
    _Fact("alpn",        lambda s: s.alpn, _text, lambda s: _sealed(s) if s.alpn is None else "", lambda v: v),
    _Fact("resumed",     lambda s: s.resumed, _flag, lambda s: _untold(s) if s.resumed is None else "", lambda v: v),
    _Fact("certificate_request", lambda s: s.certificate_request, _flag, lambda s: _untold(s) if s.certificate_request is None else "", lambda v: v),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of a connection against its rule."""

    told: Conversation
    depth: int
    name: str
    rule: LevelRule
    slots: Mapping[str, Finding]
    allowed: set[str]
    files: RuleFiles

    def differences(self) -> Iterator[Difference]:
        session = self.told.at_level(self.depth)
        if session is None:
            yield from self._absent()
            return
        yield from _outcome(
            f"{self.name}.outcome", session.outcome, self.rule.outcome, _still_open(self.told)
        )
        for fact in _FACTS:
            yield from self._fact(session, fact)
        yield from self._alerts(session)
        for side in (SERVER, CLIENT):
            yield from self._certificate(session, side)
            yield from self._chain(session, side)

    def _absent(self) -> Iterator[Difference]:
        why = self._hidden()
        if "absent" in self.rule.outcome and not why:
            return
        wanted = _either(self.rule.outcome) if self.rule.outcome else f"{self.name} TLS"
        status = Status.UNKNOWN if why else Status.FAIL
        observed = why or f"no {self.name} TLS"
        yield Difference(f"{self.name}.outcome", status, wanted, observed, value="absent")

    def _hidden(self) -> str:
        """Why a level that was not seen may be there all the same, "" where it is not there."""
        tcp = self.told.tcp
        if self.depth:
            outer = self.told.at_level(self.depth - 1)
            if outer is not None and outer.sealed:
                return f"the outer TLS is {_sealed(outer)}"
            if outer is not None and outer.outcome == "unseen":
                return "the outer TLS cannot be told from this capture"
        if tcp.gaps or tcp.opening == "unseen":
            return "bytes of the connection were not captured"
        return ""

    def _fact(self, session: Session, fact: _Fact) -> Iterator[Difference]:
        wanted = getattr(self.rule, fact.key)
        if wanted is None or wanted == ():
            return
        alternatives = wanted if isinstance(wanted, tuple) else (wanted,)
        if fact.key == "history":
            alternatives = tuple(map(comparable_history, alternatives))
        value = fact.value(session)
        if value in alternatives:
            return
        hidden = fact.hidden(session)
        yield Difference(
            f"{self.name}.{fact.key}",
            Status.UNKNOWN if hidden else Status.FAIL,
            _either(map(fact.words, alternatives)),
            hidden or fact.words(value),
            (session.span,) if session.span is not None and not hidden else (),
            fact.file(value),
        )

    def _alerts(self, session: Session) -> Iterator[Difference]:
        if self.rule.alerts is None:
            return
        key, wanted = f"{self.name}.alerts", self.rule.alerts
        expected = _either(wanted) if wanted else "no alert"
        sent = [a for a in session.alerts if a.code != _CLOSE_NOTIFY]
        names = [f"{a.side.word}:{alert_name(a.code)}" for a in sent]
        strange = [
            (name, alert)
            for name, alert in zip(names, sent, strict=True)
            if name not in wanted and alert_name(alert.code) not in wanted
        ]
        if strange:
            evidence = tuple(alert.at for _, alert in strange)
            words = ", ".join(name for name, _ in strange)
            value = sorted({*wanted, *(name for name, _ in strange)})
            yield Difference(key, Status.FAIL, expected, words, evidence, value)
        elif _sealed(session):
            observed = f"alerts may lie in what is {_sealed(session)}"
            yield Difference(key, Status.UNKNOWN, expected, observed)

    def _certificate(self, session: Session, side: Side) -> Iterator[Difference]:
        rule: CertificateRule | None = getattr(self.rule, f"{side.word}_cert")
        if rule is None:
            return
        key, chain = f"{self.name}.{side.word}_cert", session.certificates[side]
        status, observed = self._presented(session, side, rule)
        if status is Status.PASS:
            return
        at = () if not chain else (chain[0].at,)
        pin = f"sha256:{chain[0].certificate.sha256}" if chain else "none"
        value = None if status is Status.UNKNOWN else pin
        yield Difference(key, status, _rule_words(rule), observed, at, value)

    def _presented(self, session: Session, side: Side, rule: CertificateRule) -> tuple[Status, str]:
        """Whether one of the alternatives holds, and what was presented in words."""
        slot = f"{self.name}-{side.word}-certificate"
        finding = self.slots.get(slot)
        if rule.expected and slot in self.allowed:
            return Status.PASS, ""
        chain = session.certificates[side]
        if chain is None and (why := self._not_seen(session, side)):
            return Status.UNKNOWN, why
        if not chain:
            return (Status.PASS if rule.none else Status.FAIL), "no certificate"
        leaf = chain[0].certificate
        pins = {*rule.sha256, *(c.sha256 for name in rule.files for c in self.files[name][:1])}
        if rule.any or leaf.sha256 in pins:
            return Status.PASS, ""
        if rule.expected and finding is not None and finding.status is not Status.FAIL:
            observed = f"{short(leaf)}: {finding.message}"
            return finding.status, observed
        if rule.expected and finding is None:
            return Status.UNKNOWN, f"{short(leaf)}: nothing is expected of this slot"
        return Status.FAIL, short(leaf)

    def _not_seen(self, session: Session, side: Side) -> str:
        """Why a certificate that was not seen may have been sent, "" where none was."""
        if _sealed(session):
            return _sealed(session)
        if session.resumed:
            return "a resumed session shows no certificates"
        asked = side is SERVER or session.certificate_request is not False
        return (
            "the handshake was not captured as a whole"
            if (session.outcome == "unseen" and asked)
            else ""
        )

    def _chain(self, session: Session, side: Side) -> Iterator[Difference]:
        names: tuple[str, ...] = getattr(self.rule, f"{side.word}_cert_chain_to")
        if not names:
            return
        key, expected = f"{self.name}.{side.word}_cert_chain_to", _either(names)
        chain = session.certificates[side]
        if not chain:
            why = self._not_seen(session, side) if chain is None else ""
            status = Status.UNKNOWN if why else Status.FAIL
            yield Difference(key, status, expected, why or "no certificate")
            return
        defects = self._defects(chain, names, side)
        if defects:
            yield Difference(key, Status.FAIL, expected, "; ".join(defects), (chain[0].at,))

    def _defects(
        self, chain: tuple[Presented, ...], names: Sequence[str], side: Side
    ) -> tuple[str, ...]:
        anchors = [certificate for name in names for certificate in self.files[name]]
        leaf, *others = (shown.certificate for shown in chain)
        path = walk(leaf, others, anchors, time_of(chain[0].at.began), side=side)
        if path.trusted:
            return ()
        return tuple(d.text for d in path.defects) or ("the chain ends in none of them",)


_RULE_WORDS = (
    ("any", "any certificate"),
    ("none", "no certificate"),
    ("expected", "what the expected set says"),
)


def _rule_words(rule: CertificateRule) -> str:
    words = [said for name, said in _RULE_WORDS if getattr(rule, name)]
    return _either([*words, *(f"sha256:{pin}" for pin in rule.sha256), *rule.files])


def _either(words: Iterable[str]) -> str:
    return listing(words, "or")
