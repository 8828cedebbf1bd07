"""No command shows a byte of a key, or of what it decrypted, unless it was asked for that very output."""

from functools import cache
from pathlib import Path

import pytest

from analyzer import Options, analyze
from analyzer.stream import Chunk
from tests.makers.cases import cases
from tests.makers.program import run_here, run_program

CASES = {case.name: case for case in cases()}
NAMES = ("tls12-in-tls12", "tls13-in-tls13", "cluster-certificate-of-another-ca-tls13")
COMMANDS = (
    *(("analyze", "-f", form) for form in ("text", "json", "jsonl", "markdown", "html", "junit", "csv")),
    ("analyze", "-f", "sarif"),
    ("keys", "--unused"),
    ("certs",),
    ("live",),
    ("live", "-f", "jsonl"),
    ("export", "--with-secrets", "none", "-o", "-"),
)  # fmt: skip


def secrets_of(case) -> list[bytes]:
    """Each secret in every spelling in which it could show."""
    lines = (case.directory / "keys.log").read_text().splitlines()
    digits = [line.split()[-1] for line in lines if line and not line.startswith("#")]
    return [
        spelled
        for each in digits
        for spelled in (each.encode(), each.upper().encode(), bytes.fromhex(each))
    ]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", NAMES)
def test_no_output_holds_a_secret(name, words):
    case = CASES[name]
    done = run_here(words[0], case.capture, *case.keys("all"), *words[1:])
    assert done.returncode in {0, 1, 3}
    assert done.stdout
    shown = done.stdout + done.stderr
    assert [secret for secret in secrets_of(case) if secret in shown] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_search_finds_them_where_they_were_asked_for(name):
    case = CASES[name]
    done = run_here("export", case.capture, *case.keys("all"), "-o", "-")
    assert any(secret in done.stdout for secret in secrets_of(case))


# What writes files, starts other programs or keeps results; run one after the other in one directory.
FILES = (
    ("baseline", "{capture}", "-k", "{keys}", "-o", "baseline.toml"),
    ("check", "{capture}", "-k", "{keys}", "--against", "baseline.toml"),
    ("compare", "{capture}", "{capture}", "-k", "{keys}"),
    ("crosscheck", "{capture}", "-k", "{keys}"),
    ("certs", "{capture}", "-k", "{keys}", "-d", "certs"),
    ("batch", "{capture}", "-k", "{keys}", "-o", "results"),
    ("merge", "results", "-k", "{keys}"),
    ("anonymize", "{capture}", "-o", "anonymized.pcap"),
    ("analyze", "{capture}", "-k", "{keys}", "-j", "2", "-f", "html", "-o", "report.html"),
    ("export", "{capture}", "-k", "{keys}", "--what", "frames", "--with-secrets", "none", "-o", "frames.pcapng"),
)  # fmt: skip
_MARK = 16  # bytes of plaintext that are no coincidence


@cache
def decrypted(name: str) -> tuple[bytes, ...]:
    """What both levels carry, in pieces long enough to be recognised."""
    case = CASES[name]
    wanted = frozenset({(0, "plaintext"), (1, "plaintext")})
    told = analyze([case.capture], Options(key_logs=(case.directory / "keys.log",), kept=wanted))
    pieces = {
        (level, event.data[:_MARK])
        for each in told.connections
        for (level, _), events in each.streams.items()
        for event in events
        if isinstance(event, Chunk) and len(event.data) >= _MARK
    }
    assert {level for level, _ in pieces} == {0, 1}
    return tuple(data for _, data in pieces)


def test_no_file_and_no_temporary_file_holds_a_secret_or_what_was_decrypted(tmp_path):
    name = "tls13-in-tls13"
    case, temporary = CASES[name], tmp_path / "tmp"
    work = tmp_path / "work"
    temporary.mkdir()
    work.mkdir()
    shown = b""
    for words in FILES:
        given = {"capture": case.capture, "keys": case.directory / "keys.log"}
        done = run_program(
            *(word.format(**given) for word in words), cwd=work, env={"TMPDIR": str(temporary)}
        )
        assert done.returncode in {0, 1, 3}, (words, done.stderr)
        shown += done.stdout + done.stderr
    left = [path for root in (work, temporary) for path in root.rglob("*") if path.is_file()]
    assert {"baseline.toml", "anonymized.pcap", "report.html", "frames.pcapng"} <= {
        path.name for path in left
    }
    hidden = (*secrets_of(case), *decrypted(name))
    for place, data in (("output", shown), *((path, Path(path).read_bytes()) for path in left)):
        assert [secret for secret in hidden if secret in data] == [], place


def test_the_search_finds_what_was_decrypted_where_it_was_asked_for():
    case = CASES["tls13-in-tls13"]
    done = run_here("export", case.capture, *case.keys("all"), "--what", "plaintext", "-o", "-")
    assert any(piece in done.stdout for piece in decrypted("tls13-in-tls13"))
