"""What is told: the `Report` and its faces. Nothing is judged here; every face says the same.

- `model`: `Report`, `Connection`, `Input`; `safe_text` for everything that came from the network.
- `words`: the sentences, times and names that all faces share.
- `json_report`, `schema`: the report for programs, "hsm-analyzer/report/1".
- `terminal`: the report for a reader at a terminal.
- `expected_set`: what is expected, before anything is read; `certificates`, `certificate_list`: what was
  presented, each certificate once.
"""
