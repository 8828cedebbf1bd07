"""Facts against the expected set: findings, the verdict and the cause of a failure. Pure: no file, no clock.

- `expectations`: the expected set as values. `finding`: what a check says; `codes`: what every code and kind
  means, a table; `words`: certificates, times and sides in sentences.
- `judgement`: all checks of one connection in a row. `certificates`: the four slots, and a certificate up to its
  trust anchor; the other checks: `protocol`, `delivery`, `addresses`.
- `causes`: why a connection failed or was lost.
- `brief`: what of a connection is held against the others. `overall`: the verdict over all connections;
  `comparison`: the connections beside each other.
- `regression`: recorded traffic against the rules of an expectation file.
"""

from analyzer.verdict.brief import Brief, brief_of
from analyzer.verdict.causes.diagnosis import diagnose
from analyzer.verdict.comparison.fleet import across, showings
from analyzer.verdict.comparison.patterns import patterns
from analyzer.verdict.comparison.series import Series, series
from analyzer.verdict.delivery import traffic
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding
from analyzer.verdict.judgement import judge
from analyzer.verdict.overall import overall

__all__ = [
    "Brief",
    "Expectations",
    "Finding",
    "Series",
    "across",
    "brief_of",
    "diagnose",
    "judge",
    "overall",
    "patterns",
    "series",
    "showings",
    "traffic",
]
