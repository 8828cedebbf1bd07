"""What was judged of a chain in a slot, for the next connection that shows the same one.

A reconnect storm shows the same certificates thousands of times. An opinion depends on the time only where one of
the certificates that it may rest on begins, ends or is about to end, so between such times it is always the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from analyzer.session.certificates import Certificate
from analyzer.session.facts import Presented
from analyzer.stream import UNTIMED
from analyzer.verdict.certificates.opinions import Wanted
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding

# Findings that are kept: as many kinds of client, server and chain as a storm has, times four slots.
_KEPT = 4096

# Nanoseconds since 1970, from and until: with a datetime made for each of a connection's four slots they took 27 us
# instead of 19.
_Times = tuple[int, int]
_ALWAYS = (UNTIMED + 1, 1 << 64)
_NEVER = (0, 0)
_EPOCH = datetime.fromtimestamp(0, UTC)


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
        self._calm: dict[tuple[str, ...], _Times] = {}
        self._expected = [c for item in whole.certificates for c in (item.certificate, *item.chain)]

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

    def calm(self, hashes: tuple[str, ...], chain: Sequence[Presented]) -> _Times:
        """From when until when all certificates, presented and expected, are valid, and no end is near.

        Args:
            hashes: SHA-256 of each certificate of `chain`.
        """
        calm = self._calm.get(hashes)
        if calm is None:
            calm = self._valid((*self._expected, *(shown.certificate for shown in chain)))
            if len(self._calm) < _KEPT:
                self._calm[hashes] = calm
        return calm

    def find(self, key: Hashable, ends: Hashable) -> Finding | None:
        """What was kept under `key` for any two machines, or for these."""
        return self._findings.get(key) or self._findings.get((key, ends))

    def keep(self, key: Hashable, ends: Hashable, finding: Finding) -> None:
        """Keep a finding under `key`: only advice says which machine it is meant for. The oldest are forgotten."""
        self._findings[(key, ends) if finding.advice else key] = finding
        if len(self._findings) > _KEPT:
            self._findings.popitem(last=False)

    def _valid(self, certificates: Iterable[Certificate]) -> _Times:
        """The time in which all are valid and none ends soon; none where a date cannot be read."""
        since, until = _ALWAYS
        for certificate in certificates:
            if certificate.not_before is None or certificate.not_after is None:
                return _NEVER
            since = max(since, _nanoseconds(certificate.not_before - _EPOCH))
            until = min(until, _nanoseconds(certificate.not_after - _EPOCH - self._soon))
        return since, until


def _nanoseconds(since_1970: timedelta) -> int:
    return since_1970 // timedelta(seconds=1) * 1_000_000_000
