"""Recorded traffic against the rules of an expectation file.

- `rules`: the rules as values. `file`, `values`: how they are read, and the file's JSON Schema.
- `check`: a connection against a rule.
"""
