"""Drivers: everything that opens a file, and the packages below put in a row.

- `pipeline`: captures and options in, a `Report` out.
- `merge`: several capture files as one.
- `key_files`, `expected_files` (`expected`), `expect_file`: what users hand over beside the captures.
"""
