"""tshark's view of a capture's TLS: one row a frame, only numbers and hex.

Run as a child with a deadline, in a configuration of its own, so that no user's preference changes what
is said. Key logs go to it through memory, never through a file on disk.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from analyzer.errors import MissingTool, UserError
from analyzer.values import dataclass

FIELDS = (
    "frame.number",
    "ip.src", "ipv6.src", "tcp.srcport",
    "ip.dst", "ipv6.dst", "tcp.dstport",
    "tcp.stream",
    "tls.handshake.type",
    "tls.handshake.version",
    "tls.handshake.extensions.supported_version",
    "tls.handshake.ciphersuite",
    "tls.handshake.certificate",
    "tls.alert_message.desc",
)  # fmt: skip

# What a tshark of any version needs to be told to see everything that it can.
_PREFERENCES = (
    "tcp.desegment_tcp_streams:TRUE",
    "tcp.reassemble_out_of_order:TRUE",
    "tls.desegment_ssl_records:TRUE",
    "tls.desegment_ssl_application_data:TRUE",
)
_CUT_SHORT = (
    2  # its exit status for a file that ends within a frame, after it printed what it could
)


class TsharkFailed(UserError):
    """tshark ended in error, or not within the deadline."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One frame in tshark's words: the fields of `FIELDS`, each a tuple of its occurrences."""

    fields: tuple[tuple[str, ...], ...]

    def of(self, name: str) -> tuple[str, ...]:
        """The occurrences of a field."""
        return self.fields[FIELDS.index(name)]


@dataclass(frozen=True, slots=True)
class Dissection:
    """What tshark said. `version`: its own; `notes`: what it could not do."""

    version: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def tshark_path(given: str | None = None) -> str:
    """Where tshark is.

    Raises:
        MissingTool: nowhere.
    """
    path = shutil.which(given or "tshark")
    if path is None:
        raise MissingTool(
            f"{given or 'tshark'} is not installed; it comes with Wireshark (Debian: apt install tshark)"
        )
    return path


def dissect(
    path: str, capture: str, key_log: str, ports: Sequence[int], deadline: float
) -> Dissection:
    """What tshark sees of the TLS in a capture.

    Args:
        path: of tshark. capture: a file's. key_log: a file's, "" for none.
        ports: to be read as TLS. deadline: seconds.

    Raises:
        TsharkFailed: it did not end in time, or not well.
    """
    command = [
        *(path, "-r", capture, "-n", "-2"),
        *(word for preference in _PREFERENCES for word in ("-o", preference)),
        *(("-o", f"tls.keylog_file:{key_log}") if key_log else ()),
        *(word for port in ports for word in ("-d", f"tcp.port=={port},tls")),
        *("-Y", "tls", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"),
        *(word for field in FIELDS for word in ("-e", field)),
    ]
    with isolated() as environment:
        done = run_bounded(command, deadline, environment)
    notes = []
    if done.returncode == _CUT_SHORT:
        notes.append("tshark says that the capture is cut short")
    elif done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise TsharkFailed(f"tshark exited with {done.returncode}: {last}")
    lines = done.stdout.decode("ascii", "replace").splitlines()
    return Dissection(version(path), tuple(_row(line) for line in lines), tuple(notes))


def run_bounded(
    command: list[str], deadline: float, environment: dict[str, str], request: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a program in a process group of its own, which is killed as a whole at the deadline.

    Raises:
        TsharkFailed: it did not end in time.
    """
    with subprocess.Popen(  # noqa: S603  arguments are built by us, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(request, timeout=deadline)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            name = Path(command[0]).name
            raise TsharkFailed(f"{name} did not end within {deadline:g} seconds") from error
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def version(path: str) -> str:
    """`4.0.17`, "" where it does not tell."""
    done = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=30)  # noqa: S603
    words = done.stdout.decode("utf-8", "replace").partition("\n")[0].split()
    return next((word.rstrip(".") for word in words if word[:1].isdigit()), "")


def _row(line: str) -> Row:
    cells = line.split("\t")
    return Row(tuple(tuple(filter(None, cell.split(","))) for cell in cells))


@contextmanager
def isolated() -> Iterator[dict[str, str]]:
    """An environment without the user's Wireshark preferences, plugins and language."""
    with tempfile.TemporaryDirectory(prefix="hsm-analyzer-") as empty:
        keep = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        yield {**keep, "HOME": empty, "WIRESHARK_CONFIG_DIR": empty, "LC_ALL": "C"}


@contextmanager
def in_memory(data: bytes) -> Iterator[str]:
    """A file that exists only in memory, for programs of the same user: its path. "" for no data.

    Raises:
        MissingTool: this is not Linux.
    """
    if not data:
        yield ""
        return
    if not hasattr(os, "memfd_create"):
        raise MissingTool("keys are handed to tshark through memory, which needs Linux")
    descriptor = os.memfd_create("hsm-analyzer")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)
