"""Facts against the expected set: findings, the verdict and the cause of a failure. Pure: no file, no clock.

- `expectations`: the expected set as values; `identity`: whether it holds together. `finding`: what a check says;
  `codes`: what every code and kind means, a table; `words`: certificates, times and sides in sentences.
- `judgement`: all checks of one connection in a row. `slots`: the four certificate slots, by a table; `rules`: what
  each slot asks of a certificate; `absent`: why a slot is empty.
- A certificate: `opinions`: the right one, of the right CA, or nearly so; `near_misses`: which expected one it nearly
  is; `published`: what AWS publishes; `chain`, `extensions`, `name_constraints`, `validity`: up to its trust
  anchor, at the capture's time; `remarks`: what changes no status.
- The other checks: `possession`, `authorities`, `protocol`, `delivery`, `carved`, `addresses`.
- `overall`: the verdict over all connections. `fleet`, `showing`: which HSM showed what when, who differs.
  `patterns`: failures over time and machines: since when, who stands out; `series`: the same one again and again.
- `regression`: the rules of an expectation file as values; `regression_file`, `regression_values`: how they are read;
  `rule_check`: a connection against a rule.
- `diagnosis`: why a connection failed or was lost. `symptoms`: what its rules look at; `reading`: what a rule gives;
  the rules by stage: `network_rules`, `handshake_rules`, `server_rules`, `client_rules` (with `refusal`),
  `silent_rules`, `sealed_rules` (what stayed encrypted), `between_rules`, `lost_rules`. `catalogue`: the causes, a
  table; `glossary`: alerts and log lines that lead to them.
"""

from analyzer.verdict.delivery import traffic
from analyzer.verdict.diagnosis import diagnose
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding
from analyzer.verdict.fleet import across, showings
from analyzer.verdict.judgement import judge
from analyzer.verdict.overall import overall
from analyzer.verdict.patterns import patterns
from analyzer.verdict.series import Series, Told, series

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
