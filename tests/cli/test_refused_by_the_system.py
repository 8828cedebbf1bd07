"""What the system refuses is one line and exit code 2: permissions, full disks, closed streams, odd files."""

import fcntl
import gzip
import os
import select
import socket
import subprocess
import zlib

import pytest

from tests.makers.command_lines import (
    CAPTURE,
    CASE,
    FILLING,
    KEYS,
    READ,
    READING,
    WRITING,
    filled,
)
from tests.makers.many import on_a_full_disk, powerless, run_many
from tests.makers.program import command, environment, run_here, run_program

# What a shell can do to standard output, and what is said of it.
OUTPUTS = (
    ("schema",),
    ("--version",),
    ("doctor",),
    ("explain", "unknown_ca"),
    ("expect", "show", "--customer-ca", CASE.directory.parent / "pki" / "customerCA.crt"),
    ("analyze", *READ),
    ("analyze", *READ, "-f", "jsonl"),
    ("live", *READ),
    ("export", *READ, "-o", "-"),
    ("certs", *READ, "-f", "der", "--side", "client"),
)


def line_of(err: str) -> str:
    """The last line on stderr; before it only what the program notes of the capture."""
    *notes, line = err.splitlines()
    assert all(note.startswith("hsm-analyzer: warning: ") for note in notes), err
    return line


def test_what_may_not_be_read_is_named(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(CAPTURE.read_bytes())
    secret.chmod(0)
    commands = [filled(row, tmp_path, source=secret) for row in READING]
    for words, (code, _, err, _) in zip(commands, run_many(commands, powerless()), strict=True):
        assert code == 2, words
        wanted = f"{secret}: Permission denied"
        if words[0] == "merge":
            wanted = f"{secret}: holds no results of batch"
        elif words[1].startswith("@"):
            wanted = f"@{secret}: cannot be read as a list of captures"
        elif "--etc" in words:
            wanted = f"{secret}: not a directory (--etc)"
        assert line_of(err) == f"hsm-analyzer: error: {wanted}", words


@pytest.mark.parametrize("mode", [0o000, 0o555])
def test_a_directory_that_may_not_be_written_is_said_before_the_work(mode, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "target").write_text("mine")
    folder.chmod(mode)
    commands = [
        *([*filled(row, tmp_path, target=folder / "target"), "--force"] for row in WRITING),
        *(filled(row, tmp_path, target=folder) for row in FILLING),
        *(filled(row, tmp_path, target=folder / "new") for row in FILLING),
    ]
    for words, (code, out, err, _) in zip(commands, run_many(commands, powerless()), strict=True):
        assert code == 2, words
        assert out == "" or words[0] in {"certs", "batch"}
        assert line_of(err).startswith(f"hsm-analyzer: error: {folder}"), words
        assert "Permission denied" in err or "nothing can be written to the directory" in err
    folder.chmod(0o755)
    assert [path.name for path in folder.iterdir()] == ["target"]
    assert (folder / "target").read_text() == "mine"


def test_on_a_full_disk_what_was_there_stays_and_nothing_half_is_left(tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    kept = b"mine" * 1024
    commands = [
        *(filled(row, tmp_path, target=folder / "new") for row in WRITING),
        *([*filled(row, tmp_path, target=folder / "kept"), "--force"] for row in WRITING),
        *(filled(row, tmp_path, target=folder) for row in FILLING),
        *(filled(row, tmp_path, target=folder / "results") for row in FILLING),
    ]
    told = run_many(commands, on_a_full_disk(folder, kept), watched=folder)
    for words, (code, _, err, left) in zip(commands, told, strict=True):
        assert code == 2, (words, err)
        assert line_of(err).startswith(f"hsm-analyzer: error: {folder}/")
        assert line_of(err).endswith(": No space left on device")
        files = {name: text for name, text in left.items() if text}
        assert files == {"kept": kept.decode()}, words
        assert set(left) <= {"kept", "results", "parts", "files"}, words


def test_an_expectation_file_that_cannot_be_updated_stays(tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    text = b'version = 1\n[[connection]]\nouter.version = "TLS 1.3"\n'
    kept = text + b"#" * (4096 - len(text))
    words = ("check", *READ, "--against", folder / "kept", "--update")
    [(code, _, err, left)] = run_many([words], on_a_full_disk(folder, kept), watched=folder)
    assert code == 2
    assert err.splitlines()[-1].endswith(f"error: {folder}/kept: No space left on device")
    assert left == {"kept": kept.decode()}


@pytest.mark.parametrize("words", OUTPUTS, ids=lambda words: " ".join(map(str, words[:1])))
@pytest.mark.parametrize(
    ("redirect", "why"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")]
)
def test_a_standard_output_that_takes_nothing_is_one_line(words, redirect, why):
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirect}', "sh", *command(*words)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 2
    assert line_of(done.stderr.decode()) == f"hsm-analyzer: error: standard output: {why}"


@pytest.mark.parametrize("redirect", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_that_nobody_needs_costs_nothing(redirect, tmp_path):
    plain, target = tmp_path / "plain", tmp_path / "report"
    assert run_program("analyze", *READ, "-f", "json", "-o", plain).returncode == 0
    words = command("analyze", *READ, "-f", "json", "-o", target)
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirect}', "sh", *words],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert target.read_bytes() == plain.read_bytes()


def test_a_closed_standard_input_is_one_line():
    done = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *command("analyze", "-")],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"hsm-analyzer: error: -: Bad file descriptor\n"


def test_a_reader_of_a_pipe_that_leaves_is_told_as_that_of_standard_output(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    case = CASE.directory.parent / "three-hsms"
    words = command("analyze", case / "capture.pcap", "-k", case / "keys.log", "-f", "html")
    with subprocess.Popen(
        [*words, "-o", pipe], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert select.select([reader], [], [], 60)[0] == [reader]
        os.close(reader)
        out, err = program.communicate(timeout=60)
    assert (program.returncode, out, err) == (141, b"", b"")


@pytest.mark.parametrize("kind", ["directory", "socket", "loop", "device"])
def test_a_capture_that_is_no_file_is_one_line(kind, tmp_path):
    path, why = (
        tmp_path / "odd",
        {
            "directory": "Is a directory",
            "socket": "No such device or address",
            "loop": "Too many levels of symbolic links",
            "device": "the file is empty",
        }[kind],
    )
    if kind == "directory":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "device":
        path.symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as server:
        if kind == "socket":
            server.bind(str(path))
        for words in (("analyze",), ("live",), ("certs",), ("keys",), ("baseline",)):
            done = run_here(*words, path)
            assert done.returncode == 2
            assert done.stderr.decode() == f"hsm-analyzer: error: {path}: {why}\n"


def test_what_can_be_read_only_once_is_read_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    refused = (
        ("anonymize", pipe, "-o", tmp_path / "x"),
        ("crosscheck", pipe),
        ("export", pipe, "--what", "frames", "-o", tmp_path / "x"),
        ("keys", pipe, "--inject", tmp_path / "x"),
        ("keys", CAPTURE, "-k", pipe, "--unused"),
        ("compare", CAPTURE, CAPTURE, "-k", pipe),
        ("crosscheck", CAPTURE, CAPTURE, "-k", pipe),
        ("batch", CAPTURE, "-k", pipe, "-o", tmp_path / "x"),
    )
    for words in refused:
        done = run_here(*words)
        assert done.returncode == 2
        assert done.stderr.decode() == (
            f"hsm-analyzer: error: {pipe} cannot be read twice; name a file\n"
        )
    told = run_here("analyze", *READ, "-f", "csv").stdout
    for words, data in (((pipe, "-k", KEYS), CAPTURE), ((CAPTURE, "-k", pipe), KEYS)):
        with subprocess.Popen(
            command("analyze", *words, "-f", "csv", "-j", 2),
            env=environment(),
            stdout=subprocess.PIPE,
        ) as program:
            pipe.write_bytes(data.read_bytes())
            out, _ = program.communicate(timeout=60)
        assert (program.returncode, out) == (0, told)


def test_a_file_of_keys_without_end_is_too_large():
    done = run_program("analyze", CAPTURE, "-k", "/dev/zero")
    assert done.returncode == 2
    assert done.stderr == b"hsm-analyzer: error: /dev/zero: too large for a file of keys\n"


@pytest.mark.parametrize("other", ["{folder}/x", "{folder}/../{name}/x", "{folder}/link/x"])
def test_two_outputs_are_two_files(other, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    second = other.format(folder=tmp_path, name=tmp_path.name)
    first = tmp_path / "x"
    for words in (
        ("analyze", *READ, "-o", first, "--report", f"json={second}"),
        ("keys", *READ, "--minimal", first, "--inject", second),
    ):
        done = run_here(*words, "--force")
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.decode() == (
            f"hsm-analyzer: error: two outputs cannot both go to {second}\n"
        )
        assert not first.exists()


def test_a_directory_is_no_file_to_write(tmp_path):
    for words in (
        ("analyze", CAPTURE, "-o", tmp_path),
        ("analyze", CAPTURE, "--report", f"json={tmp_path}"),
    ):
        done = run_here(*words, "--force")
        assert done.returncode == 2
        assert f"{tmp_path}" in done.stderr.decode()
        assert "is a directory" in done.stderr.decode().lower()
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"HOME": "/nonexistent"},
        {"HOME": ""},
        {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"TERM": "dumb"},
        {"TMPDIR": "/nonexistent"},
    ],
    ids=lambda changes: next(iter(changes)),
)
@pytest.mark.parametrize("reader", ["fast", "scapy"])
def test_a_bare_environment_changes_nothing(changes, reader):
    words = ("analyze", *READ, "--reader", reader)
    done = run_program(*words, env=changes)
    assert (done.returncode, done.stderr) == (0, b"")
    encoding = "ascii" if "LC_ALL" in changes else "utf-8"  # what it lacks is escaped
    expected = run_here(*words).stdout.decode()
    assert done.stdout == expected.encode(encoding, "backslashreplace")


def test_of_a_cut_compressed_capture_what_can_be_unpacked_is_written(tmp_path):
    cut, packed = tmp_path / "cut.pcap", tmp_path / "cut.pcap.gz"
    packed.write_bytes(gzip.compress(CAPTURE.read_bytes())[:3000])
    cut.write_bytes(zlib.decompressobj(31).decompress(packed.read_bytes()))
    for name, source in (("plain", cut), ("packed", packed)):
        done = run_here("keys", source, "-k", KEYS, "--inject", tmp_path / name)
        assert done.returncode == 0
    assert (tmp_path / "packed").read_bytes() == (tmp_path / "plain").read_bytes()
    assert (tmp_path / "plain").stat().st_size > 2000
