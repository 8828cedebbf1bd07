"""Facts against the expected set: findings, the verdict and the cause of a failure. Pure: no file, no clock.

- `expectations`: the expected set as values. `finding`: what a check says.
- `judgement`: all checks of one connection in a row; `slots`: the four certificate slots, by a table;
  `rules`: what each slot asks of a certificate; `absent`: why a slot is empty.
- `possession`, `authorities`, `carved`, `addresses`, `delivery`: the other checks.
- `chain`, `extensions`: a certificate up to its trust anchor, at the capture's time.
- `near_misses`: which expected certificate was nearly presented, in plain words.
- `overall`: the verdict over all connections. `fleet`: which HSM showed what when, who differs.
- `identity`: whether the expected set itself holds together.
- `regression`: the rules of an expectation file as values; `regression_file`: its keys, parsed, and its
  JSON Schema; `regression_values`: how each kind of value is read.
- `codes`: what every code and kind of a finding means, a table.
- `patterns`: failures over time and machines: repeated, since when, who stands out.
- `diagnosis`: why a connection failed or was lost. `symptoms`: what its rules look at; the rules by stage:
  `network_rules`, `handshake_rules` with `server_rules`, `client_rules` and `silent_rules`, `sealed_rules` (what
  stayed encrypted), `between_rules`, `lost_rules`; `reading`, `refusal`: what rules give and share. `catalogue`: the causes, a table; `glossary`: alerts and log lines that lead to them.
"""

from analyzer.verdict.delivery import traffic
from analyzer.verdict.diagnosis import diagnose
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding
from analyzer.verdict.fleet import across, showings
from analyzer.verdict.judgement import judge
from analyzer.verdict.overall import overall
from analyzer.verdict.patterns import Series, Told, patterns, series

__all__ = [
    "Expectations",
    "Finding",
    "Series",
    "Told",
    "across",
    "diagnose",
    "judge",
    "overall",
    "patterns",
    "series",
    "showings",
    "traffic",
]
