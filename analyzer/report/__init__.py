"""What is told: the `Report` and its faces. Nothing is judged here; every face says the same.

What all faces share:

- `model`: the report as values; `union`: two of them as one.
- `text`: text from the network made harmless. `words`, `timing_words`: sentences, times and names.
- `ladder`: a connection's course in time. `level_rows`: what a TLS level negotiated and showed.
- `rows`: a connection as one row. `shown`, `summary`, `histogram`, `alike`: many connections at a glance.

The faces, as `--format` names them:

- `json_report` (with `json_connection`, `json_session`, `json_summary`, `json_values`) and its JSON Schema `schema`;
  `json_lines`: for programs.
- `terminal`, with `level` and `console`: for a reader at a terminal. `markdown`: for tickets.
- `html`, with `drawing`: one file to look at and to hand on.
- `csv_report`, `junit`, `sarif`: for spreadsheets, CI servers and code scanning.

What single commands tell:

- `check`, and its faces `check_text`, `check_json`, `check_junit`; `expect_write` and `expect_update`: the
  expectation file out of what was observed.
- `compare`, `vantage` (the same traffic in two places), and their faces `compare_text`, `compare_json`.
- `certificates`: what was presented, each certificate once; `certificate_list`: printed.
- `expected_set`: what is expected, before anything is read. `explanations`: what a code or an alert means.
"""
