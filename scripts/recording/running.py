"""Runs a case: network, capture, peers, facts, files."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from recording import key_logs, recorder
from recording.case import Case, Plan
from recording.facts import Json, connection_facts
from recording.lab import Lab, lab
from recording.peers import End, act
from recording.pki import ROOT
from recording.readme import readme

CAPTURES = ROOT / "captures"
# Connections that are open together begin one after the other, so that their order is known.
_STAGGER = 0.15


def record(case: Case, captures: Path = CAPTURES) -> Path:
    """Run the case and write its folder in `captures`, whole or not at all; the folder.

    Raises:
        NotAsPlanned: the peers did something else than the case says.
    """
    with tempfile.TemporaryDirectory(prefix="recording-") as work:
        folder = Path(work) / "case"
        folder.mkdir()
        kept: dict[tuple[str, str], Any] = {}
        pairs = [_pair(plan, Path(work) / f"{n}", kept) for n, plan in enumerate(case.connections)]
        with lab() as network:
            if case.prepare:
                case.prepare(network)
            with recorder.recorded(folder, case.format, network.client, case.interface):
                _talk(network, pairs, together=case.together)
        connections = [connection_facts(client.plan, client, server) for client, server in pairs]
        key_logs.write(folder, [Path(work) / f"{n}" for n in range(len(pairs))])
        if case.format == "pcapng-secrets":
            recorder.embed(folder / "capture.pcapng", folder / "keys.log")
        expected: Json = {"arguments": list(case.arguments), "verdict": case.verdict}
        if case.format == "pcapng-secrets":
            expected["embedded_keys"] = True
        expected["connections"] = connections
        (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
        (folder / "README.md").write_text(readme(case, expected, pairs))
        target = captures / case.name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
    return target


def _pair(plan: Plan, folder: Path, kept: dict[tuple[str, str], Any]) -> tuple[End, End]:
    folder.mkdir()
    return End("client", plan, folder, kept), End("server", plan, folder, kept)


def _talk(network: Lab, pairs: Sequence[tuple[End, End]], *, together: bool) -> None:
    threads = []
    for client, server in pairs:
        thread = _Thread(partial(_connection, network, client, server))
        thread.start()
        threads.append(thread)
        if together:
            time.sleep(_STAGGER)
        else:
            thread.finish()
    for thread in threads:
        thread.finish()


def _connection(network: Lab, client: End, server: End) -> None:
    """One connection, from SYN to the end of both scripts."""
    plan = client.plan
    family = socket.AF_INET6 if ":" in plan.server else socket.AF_INET
    with contextlib.ExitStack() as stack:
        waiting = None
        if plan.listens:
            with network.host.entered():
                listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((plan.server, plan.port))
            listener.listen(4)
            listener.settimeout(plan.patience)
            waiting = _Thread(partial(_serve, listener, server))
            waiting.start()
        with network.client.entered():
            client.socket = socket.socket(family, socket.SOCK_STREAM)
        client.socket.settimeout(plan.patience)
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            client.socket.connect((plan.server, plan.port))
        except OSError as error:
            client.error = f"{type(error).__name__}: {error}"
            client.socket.close()
        else:
            act(client)
        if waiting:
            waiting.finish()


def _serve(listener: socket.socket, server: End) -> None:
    try:
        server.socket, _ = listener.accept()
    except TimeoutError:
        return
    server.socket.settimeout(server.plan.patience)
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    act(server)


class _Thread(threading.Thread):
    """A thread whose exception is not lost."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  handed to whoever waits
            self._error = error

    def finish(self) -> None:
        """Wait for its end; raises what it raised."""
        self.join()
        if self._error:
            raise self._error
