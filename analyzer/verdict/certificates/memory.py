"""What was judged of a chain in a slot, for the next connection that shows the same one.

A reconnect storm shows the same certificates thousands of times. An opinion depends on the time only where one of
the certificates that it may rest on begins, ends or is about to end, so between such times it is always the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from datetime import UTC, datetime, timedelta

from analyzer.session.certificates import Certificate
from analyzer.verdict.certificates.opinions import Wanted
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding

# Findings that are kept: as many kinds of client, server and chain as a storm has, times four slots.
_KEPT = 4096

_ALWAYS = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Memory:
    """The findings made with one expected set.

    Args:
        whole: the expected set.
        soon: how long before its end a certificate is worth a note.
    """

    def __init__(self, whole: Expectations, soon: timedelta) -> None:
        self.whole = whole
        self._soon = soon
        self._wanted: dict[str, Wanted] = {}
        self._findings: OrderedDict[Hashable, Finding] = OrderedDict()
        self._valid: dict[str, tuple[datetime, datetime]] = {}
        expected = [c for item in whole.certificates for c in (item.certificate, *item.chain)]
        self._begin, self._end = self._calm(expected)

    def wanted(self, address: str) -> Wanted:
        """The expected set as connections to `address` see it."""
        wanted = self._wanted.get(address)
        if wanted is None:
            hsms = (h for h in self.whole.hsms if address in h.addresses and h.cluster)
            clusters = frozenset(h.cluster for h in hsms)
            wanted = Wanted(self.whole.at(address), self.whole, clusters)
            if len(self._wanted) < _KEPT:
                self._wanted[address] = wanted
        return wanted

    def is_calm(self, chain: Iterable[Certificate], at: datetime) -> bool:
        """Whether `at` is within the validity of all certificates, presented and expected, and no end is near."""
        if not self._begin <= at < self._end:
            return False
        for certificate in chain:
            valid = self._valid.get(certificate.sha256)
            if valid is None:
                valid = self._calm([certificate])
                if len(self._valid) < _KEPT:
                    self._valid[certificate.sha256] = valid
            if not valid[0] <= at < valid[1]:
                return False
        return True

    def find(self, key: Hashable, ends: Hashable) -> Finding | None:
        """What was kept under `key` for any two machines, or for these."""
        return self._findings.get(key) or self._findings.get((key, ends))

    def keep(self, key: Hashable, ends: Hashable, finding: Finding) -> None:
        """Keep a finding under `key`: only advice says which machine it is meant for. The oldest are forgotten."""
        self._findings[(key, ends) if finding.advice else key] = finding
        if len(self._findings) > _KEPT:
            self._findings.popitem(last=False)

    def _calm(self, certificates: Iterable[Certificate]) -> tuple[datetime, datetime]:
        """The time in which all are valid and none ends soon; none where a date cannot be read."""
        begin, end = _ALWAYS, _NEVER
        for certificate in certificates:
            if certificate.not_before is None or certificate.not_after is None:
                return _NEVER, _ALWAYS
            begin = max(begin, certificate.not_before)
            end = min(end, max(certificate.not_after, _ALWAYS + self._soon) - self._soon)
        return begin, end
