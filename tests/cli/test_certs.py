"""`certs` extracts what was presented; OpenSSL takes the files and the hashed directory as they are."""

from __future__ import annotations

import csv
import io
import json
import subprocess

import pytest
from click.testing import CliRunner

from analyzer.cli import main
from tests.makers.cases import ROOT
from tests.run.expected.trees import write

CAPTURES = ROOT / "captures"
PKI = CAPTURES / "pki"
THREE = CAPTURES / "three-hsms-one-of-another-ca"
MUTUAL = CAPTURES / "inner-mutual-tls"


def run(*words: object) -> subprocess.CompletedProcess[bytes]:
    """The program in this process: a new one for every test would take most of their time."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    return subprocess.CompletedProcess(
        words, result.exit_code, result.stdout_bytes, result.stderr_bytes
    )


def arguments(case, *more: object) -> list[object]:
    (capture,) = case.glob("capture.pcap*")
    return ["certs", capture, "--keys", case / "keys.log", *more]


def certs(case, *more: object, code: int = 0) -> str:
    done = run(*arguments(case, *more))
    assert (done.returncode, done.stderr.decode()) == (code, "")
    return done.stdout.decode()


def sha256(path) -> str:
    done = subprocess.run(
        ["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.partition("=")[2].strip().replace(":", "").lower()


def test_every_certificate_is_told_once_with_those_who_showed_it():
    told = json.loads(certs(THREE, "-f", "json"))["certificates"]
    roles = [([(s["level"], s["side"], s["by"]) for s in c["shown"]], c["sha256"]) for c in told]
    assert [(by[0][:2], len(by), digest) for by, digest in roles] == [
        ((0, "server"), 3, sha256(PKI / "certs" / "21a10654.0")),
        ((0, "client"), 3, sha256(PKI / "client.crt")),
        ((1, "server"), 2, sha256(PKI / "cluster.crt")),
        ((1, "server"), 1, roles[3][1]),
    ]
    assert [by for *_, by in roles[3][0]] == ["10.0.2.22:2223"]


@pytest.mark.parametrize(
    ("level", "side", "count"),
    [
        ("outer", "server", 1),
        ("outer", "client", 1),
        ("inner", "server", 2),
        ("inner", "client", 0),
        ("outer", "both", 2),
        ("all", "both", 4),
    ],
)
def test_level_and_side_choose(level, side, count):
    done = run(*arguments(THREE, "--level", level, "--side", side, "-f", "json"))
    assert len(json.loads(done.stdout)["certificates"]) == count
    assert done.returncode == (0 if count else 3)


def test_the_files_hold_what_was_sent(tmp_path):
    certs(THREE, "-d", tmp_path / "pem")
    certs(THREE, "-d", tmp_path / "der", "-f", "der")
    names = {sha256(path)[:16]: path for path in sorted((tmp_path / "pem").iterdir())}
    assert {f"{stem}.pem" for stem in names} == {path.name for path in names.values()}
    assert len(names) == 4
    for path in (tmp_path / "der").iterdir():
        assert sha256(path)[:16] == path.stem


def test_the_hashed_directory_is_one_that_openssl_verifies_with(tmp_path):
    certs(MUTUAL, "-d", tmp_path, "--hash-links", "--level", "inner", "--side", "client")
    leaf = tmp_path / f"{sha256(PKI / 'mtls' / 'ssl-client.pem')[:16]}.pem"
    before = subprocess.run(
        ["openssl", "verify", "-CApath", "/nonexistent", leaf], capture_output=True, check=False
    )
    assert before.returncode != 0
    after = subprocess.run(
        ["openssl", "verify", "-CApath", tmp_path, leaf],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (after.stdout, after.returncode) == (f"{leaf}: OK\n", 0)


def test_the_links_are_those_of_openssl_rehash(tmp_path):
    certs(THREE, "-d", tmp_path / "ours", "--hash-links")
    certs(THREE, "-d", tmp_path / "theirs")
    subprocess.run(["openssl", "rehash", tmp_path / "theirs"], check=True)
    ours, theirs = (
        {
            path.name: path.resolve().name
            for path in (tmp_path / which).iterdir()
            if path.is_symlink()
        }
        for which in ("ours", "theirs")
    )
    assert ours == theirs
    assert len(ours) == 4


def test_two_certificates_of_one_name_get_two_numbers_and_a_second_run_changes_nothing(tmp_path):
    impostor = CAPTURES / "outer-server-impostor-tls12"
    for case in (THREE, impostor, THREE, impostor):
        run(
            *arguments(case, "-d", tmp_path, "--hash-links", "--level", "outer", "--side", "server")
        )
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_symlink()) == [
        "21a10654.0",
        "21a10654.1",
    ]
    stems = {(tmp_path / f"21a10654.{n}").resolve().stem for n in (0, 1)}
    assert len(stems) == 2


def test_pem_goes_to_openssl_through_a_pipe():
    text = certs(THREE, "--level", "outer", "--side", "server", "-f", "pem")
    assert text.startswith("subject=C=US, ST=Virginia, L=Herndon, O=AWS, OU=AWS Cryptography, ")
    read = subprocess.run(
        ["openssl", "x509", "-noout", "-serial"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout == "serial=B7FA7A40976CBE82\n"


def test_der_is_one_certificate_or_a_mistake(tmp_path):
    done = run(*arguments(THREE, "--level", "outer", "--side", "server", "-f", "der"))
    path = write(tmp_path / "server.der", done.stdout)
    assert sha256(path) == sha256(PKI / "certs" / "21a10654.0")
    done = run(*arguments(THREE, "-f", "der"))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"4 certificates do not fit into one DER file; -d DIR" in done.stderr


def test_csv_has_a_row_a_showing():
    rows = list(csv.DictReader(io.StringIO(certs(THREE, "-f", "csv", "--level", "inner"))))
    assert [(row["connection"], row["level"], row["side"], row["by"]) for row in rows] == [
        ("0", "1", "server", "10.0.2.21:2223"),
        ("2", "1", "server", "10.0.2.23:2223"),
        ("1", "1", "server", "10.0.2.22:2223"),
    ]


def test_a_comparison_says_what_is_in_no_file_and_what_was_never_shown():
    text = certs(
        CAPTURES / "outer-server-impostor-tls12",
        *("--level", "outer", "--side", "server", "--compare", PKI / "certs"),
        code=1,
    )
    compared = text[text.index("in no file: ") :].splitlines()
    assert compared[0].startswith("in no file: C=US, ST=Virginia, L=Herndon, O=AWS, OU=AWS Crypto")
    assert compared[1] == (
        f"  {PKI}/certs/21a10654.0 has the same name and serial, but another key"
    )
    assert [line.partition(": C=")[0] for line in compared[2:]] == [
        f"never shown: {PKI}/certs/21a10654.0",
        f"never shown: {PKI}/certs/712ff948.0",
    ]


def test_a_comparison_that_finds_everything_passes():
    text = certs(THREE, "--level", "outer", "--side", "server", "--compare", PKI / "certs")
    assert f"  in {PKI}/certs/21a10654.0" in text.splitlines()


def test_without_keys_the_inner_certificates_are_missing_and_the_way_to_them_is_told():
    (capture,) = THREE.glob("capture.pcap*")
    done = run("certs", capture, "--level", "inner")
    assert (done.returncode, done.stdout) == (3, b"")
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "hsm-analyzer: warning: no certificate in 3 connections"
    *hints, more = lines[1:]
    assert len(hints) == 4
    assert all(line.startswith("hsm-analyzer: hint: needs a key-log line ") for line in hints)
    assert more == "hsm-analyzer: hint: 2 more; 'keys' lists them all"


def test_a_file_with_other_bytes_is_not_overwritten(tmp_path):
    name = f"{sha256(PKI / 'certs' / '21a10654.0')[:16]}.pem"
    write(tmp_path / name, "mine")
    chosen = ("-d", tmp_path, "--level", "outer", "--side", "server")
    done = run(*arguments(THREE, *chosen))
    assert (done.returncode, (tmp_path / name).read_text()) == (2, "mine")
    assert b"exists already; --force overwrites it" in done.stderr
    certs(THREE, *chosen, "--force")
    assert sha256(tmp_path / name)[:16] == name[:16]


def test_hash_links_need_a_directory():
    done = run(*arguments(THREE, "--hash-links"))
    assert done.returncode == 2
    assert b"--hash-links needs -d DIR" in done.stderr
