"""Every way a command names a file: rows to be filled with a name that is odd, missing or refused."""

from __future__ import annotations

from pathlib import Path

from tests.makers.cases import cases

CASE = next(case for case in cases() if case.name == "tls12-in-tls12")
CAPTURE, KEYS = CASE.capture, CASE.directory / "keys.log"
READ = (CAPTURE, "-k", KEYS)

Row = tuple[object, ...]

# Every option and argument that names a file to be read: `{source}`.
READING: tuple[Row, ...] = (
    ("analyze", "{source}"),
    ("analyze", CAPTURE, "-k", "{source}"),
    ("analyze", CAPTURE, "--password-file", "{source}"),
    ("analyze", CAPTURE, "--etc", "{source}"),
    ("analyze", CAPTURE, "--server-certs", "{source}"),
    ("analyze", CAPTURE, "--client-cert", "{source}"),
    ("analyze", CAPTURE, "--customer-ca", "{source}"),
    ("analyze", CAPTURE, "--cluster", "{source}"),
    ("analyze", CAPTURE, "--cluster-cert", "{source}"),
    ("analyze", CAPTURE, "--mtls-anchors", "{source}"),
    ("analyze", CAPTURE, "--expect", "{source}"),
    ("check", CAPTURE, "--against", "{source}"),
    ("check", "{source}", "--against", "{folder}/expect.toml"),
    ("baseline", "{source}"),
    ("compare", CAPTURE, "{source}"),
    ("compare", "{source}", CAPTURE),
    ("live", "{source}"),
    ("export", "{source}", "-o", "{folder}/x"),
    ("export", "{source}", "--what", "frames", "-o", "{folder}/x"),
    ("crosscheck", "{source}"),
    ("keys", "{source}"),
    ("keys", CAPTURE, "--unused", "-k", "{source}"),
    ("batch", "@{source}", "-o", "{folder}/x"),
    ("merge", "{source}"),
    ("anonymize", "{source}", "-o", "{folder}/x"),
    ("certs", "{source}"),
    ("certs", CAPTURE, "--compare", "{source}"),
    ("expect", "show", "--etc", "{source}"),
    ("expect", "show", "--expect", "{source}"),
)
# Every one that names a file to be written, and takes --force: `{target}`.
WRITING: tuple[Row, ...] = (
    ("analyze", *READ, "-o", "{target}"),
    ("analyze", *READ, "--report", "json={target}"),
    ("check", *READ, "--against", "{folder}/expect.toml", "-f", "json", "-o", "{target}"),
    ("baseline", *READ, "--strict", "-o", "{target}"),
    ("compare", *READ, CAPTURE, "-f", "json", "-o", "{target}"),
    ("export", *READ, "-o", "{target}"),
    ("keys", *READ, "--minimal", "{target}"),
    ("keys", *READ, "--inject", "{target}"),
    ("anonymize", CAPTURE, "-o", "{target}"),
)
# Every one that names a directory to be filled: `{target}`.
FILLING: tuple[Row, ...] = (
    ("certs", *READ, "-d", "{target}"),
    ("batch", *READ, "-o", "{target}", "-j", 1),
)


def filled(row: Row, folder: Path, **names: object) -> list[str]:
    """The command line of a row; `folder` then holds the expectation file that some rows name."""
    (folder / "expect.toml").write_text("version = 1\n")
    return [str(word).format(folder=folder, **names) for word in row]


def named(row: Row) -> str:
    """What tells a row from the others, for the name of a test."""
    return " ".join(str(word) for word in row if not isinstance(word, Path) and word != "-k")
