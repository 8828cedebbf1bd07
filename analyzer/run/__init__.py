"""Drivers: everything that opens a file, and the packages below put in a row.

- `pipeline`: captures and options in, a `Report` out; `analysis`: one run's state; `doubt`: does this
  connection speak TLS at all; `merge`: several files as one.
- What is handed over beside captures: `key_files`, `key_follow` (key logs that grow), `expected_files` with the
  package `expected`, `expect_file`, `rule_files`.
- Many cores, files and machines: `jobs`, `parts`, `joining`, `pool`; `batch` with its `results` directory; `urls`;
  `sources`: what a name stands for.
- `kept`: connections between their ends and the report, put away in a `spool`; `packing`: as bytes; `bundle`: those
  of a part.
- `live`: connections while they happen; `scapy_session`: for scapy's sniffer.
- `check`: captures against an expectation file.
- Captures out: `export`, `frames`, `inject`, `anonymize`; `private`: files that appear whole, for their owner.
- `key_use`: which key opens what.
- `crosscheck`: the second opinion, by `tshark` or by `pyshark_rows`.
"""
