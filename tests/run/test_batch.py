"""batch and merge as users run them: processes, real files, and what goes wrong with them."""

import json
import os
import pickle
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.makers.program import command, environment, run_program
from tests.makers.traffic import cut, evenly, traffic

PIECES = 5


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    records = traffic().records
    directory = tmp_path / "captures"
    directory.mkdir()
    return cut(records, evenly(len(records), PIECES), directory)


@pytest.fixture(scope="module")
def given() -> list[str]:
    """The options for reading and judging."""
    (keys,) = traffic().options.key_logs
    etc = keys.parent / "pki" / "etc"
    return ["--keys", str(keys), "--etc", str(etc), "--mtls-anchors", str(etc / "mtls-anchor.crt")]


def analyzed(files: list[str], given: list[str]) -> bytes:
    return run_program("analyze", *files, *given, "-f", "json").stdout


def begun(files: list[str], given: list[str], results: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command("batch", *files, *given, "-o", results, "-j", "2", *more),
        env=environment(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for(results: Path, parts: int) -> None:
    until = time.monotonic() + 60
    while len(list((results / "parts").glob("*.part"))) < parts:
        assert time.monotonic() < until, "the parts do not appear"
        time.sleep(0.05)


def test_the_report_is_that_of_analyze(files, given, tmp_path) -> None:
    done = run_program("batch", str(tmp_path / "captures"), *given, "-o", tmp_path / "out", "-j", 2)

    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "out" / "report.json").read_bytes() == analyzed(files, given)


@pytest.mark.parametrize("word", ["captures/*.pcap", "@list"])
def test_captures_are_named_by_pattern_or_list(word: str, files, given, tmp_path) -> None:
    (tmp_path / "list").write_text("\n".join(files) + "\n\n")

    done = run_program("batch", word, *given, "-o", "out", "-j", 1, cwd=tmp_path)

    assert done.returncode == 0
    plan = json.loads((tmp_path / "out" / "plan.json").read_bytes())
    assert [Path(source).name for source in plan["sources"]] == [Path(f).name for f in files]


def test_the_summary_counts_by_hsm_client_certificate_and_hour(files, given, tmp_path) -> None:
    run_program("batch", *files, *given, "-o", tmp_path / "out", "-j", 1)

    told = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert (told["files"], told["connections"]) == (PIECES, 12)
    assert {row["name"]: row["connections"] for row in told["by"]["hsm"]} == {
        "10.8.0.10": 4,
        "10.8.0.11": 4,
        "10.8.0.12": 4,
    }
    assert [row["name"] for row in told["by"]["hour"]] == ["2026-05-28T20:00Z"]
    slots = sorted(row["name"].split(" ")[:2] for row in told["by"]["certificate"])
    assert slots == [
        ["inner", "client"],
        ["inner", "server"],
        ["outer", "client"],
        ["outer", "server"],
    ]


def test_shares_put_together_are_the_whole(files, given, tmp_path) -> None:
    for share in (1, 2):
        done = run_program(
            "batch", *files, *given, "-o", tmp_path / f"{share}", "-j", 1, "--shard", f"{share}/2"
        )
        assert done.returncode == 0

    done = run_program("merge", tmp_path / "1", tmp_path / "2", *given, "-f", "json", "-j", 1)

    assert done.stdout == analyzed(files, given)


def test_shares_made_with_other_options_are_not_put_together(files, given, tmp_path) -> None:
    run_program("batch", *files, *given, "-o", tmp_path / "1", "-j", 1, "--shard", "1/2")

    done = run_program("merge", tmp_path / "1", "-f", "json")

    assert done.returncode == 2
    assert b"made with other options" in done.stderr


def test_killed_and_resumed_it_goes_on_where_it_was(files, given, tmp_path) -> None:
    """The last capture is a pipe that nobody writes: the batch is killed while it waits."""
    whole = analyzed(files, given)
    last, results = Path(files[-1]), tmp_path / "out"
    kept = last.read_bytes()
    last.unlink()
    os.mkfifo(last)
    batch = begun(files, given, results)
    try:
        wait_for(results, PIECES - 1)
        reports = sorted((results / "files").glob("*.json"))
        assert [json.loads(path.read_bytes())["inputs"][0]["name"] for path in reports] == files[
            :-1
        ]
    finally:
        os.killpg(batch.pid, signal.SIGKILL)
        batch.wait()
    before = {path: path.stat().st_mtime_ns for path in (results / "parts").iterdir()}
    last.unlink()
    last.write_bytes(kept)

    refused = run_program("batch", *files, *given, "-o", results, "-j", 1)
    resumed = run_program("batch", *files, *given, "-o", results, "-j", 1, "--resume")

    assert (refused.returncode, resumed.returncode) == (2, 0)
    assert (results / "report.json").read_bytes() == whole
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_capture_that_takes_too_long_costs_itself(files, given, tmp_path) -> None:
    Path(files[2]).unlink()
    os.mkfifo(files[2])

    done = run_program(
        "batch", *files, *given, "-o", tmp_path / "out", "-j", 2, "--timeout-per-file", 8
    )

    told = json.loads((tmp_path / "out" / "report.json").read_bytes())
    assert done.returncode == 3
    assert [f["code"] for f in told["findings"]] == ["file-not-analyzed"]
    assert f"{files[2]}: not analyzed, no result within 8 seconds" in done.stderr.decode()
    assert [source["refused"] is None for source in told["inputs"]] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert told["connections"]


def test_a_file_that_is_no_capture_costs_itself(files, given, tmp_path) -> None:
    Path(files[2]).write_text("no capture\n")

    done = run_program("batch", *files, *given, "-o", tmp_path / "out", "-j", 1)

    told = json.loads((tmp_path / "out" / "report.json").read_bytes())
    assert done.returncode == 3
    assert b"this is text, not a pcap or pcapng capture" in done.stderr
    assert [source["refused"] is None for source in told["inputs"]] == [
        True,
        True,
        False,
        True,
        True,
    ]


def test_a_part_that_would_run_code_is_refused(files, given, tmp_path) -> None:
    """The results directory may have been anyone's."""
    results, trace = tmp_path / "out", tmp_path / "trace"
    run_program("batch", *files, *given, "-o", results, "-j", 1)

    class Harmful:
        def __reduce__(self):
            return os.mkdir, (str(trace),)

    (results / "parts" / "000001.part").write_bytes(pickle.dumps(Harmful()))
    done = run_program("batch", *files, *given, "-o", results, "-j", 1, "--resume")

    assert done.returncode == 2
    assert b"no result of batch" in done.stderr
    assert not trace.exists()


def test_no_secret_is_in_the_results(files, given, tmp_path) -> None:
    run_program("batch", *files, *given, "-o", tmp_path / "out", "-j", 1)

    secrets = [
        line.split()[2] for line in Path(given[1]).read_text().splitlines() if line[0] != "#"
    ]
    assert len(secrets) > 12
    written = b"".join(
        path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()
    )
    for secret in secrets:
        assert secret.encode() not in written
        assert bytes.fromhex(secret) not in written
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "out").rglob("*")}
    assert modes == {0}
