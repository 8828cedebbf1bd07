"""Work given to other processes or machines, through `concurrent.futures.Executor` and nothing else.

A unit of work whose worker crashes, is killed or hangs is lost, and only that one: the pool is made
anew, and the units that ran beside it are run again, one at a time, until it is known which one it was.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from typing import Any, Generic, NamedTuple, ParamSpec, Protocol, TypeVar

from analyzer.errors import BadUsage, MissingTool, UserError, missing_package

Unit = TypeVar("Unit")
Result = TypeVar("Result")
_Given = ParamSpec("_Given")

# The fork server listens in the directory for temporary files, under a name of 32 bytes more; an address of a
# UNIX socket has at most 107 (unix(7)). Processes that are spawned need none, and start slower.
_LONGEST_TEMPORARY = 107 - 32

# A terminal sends them, and a supervisor may, to every process of the program; they are for the parent alone.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Lost(NamedTuple):
    """A unit of which there is no result. `why`: one clause."""

    why: str


class Workers(Protocol):
    """Where an executor comes from.

    Attributes:
        count: how many units run at once.
    """

    count: int

    def open(self) -> Executor:
        """A new executor."""

    def kill(self, executor: Executor) -> None:
        """End an executor of which a worker hangs or is gone, with everything that runs in it."""


class _Pooled(ProcessPoolExecutor):
    """A process pool that a signal ends in its parent: no process is begun while one is being told.

    Held back while processes are begun, a signal finds the parent knowing all of them, and stays held back in them.
    """

    def __init__(self, count: int, context: multiprocessing.context.BaseContext) -> None:
        with _signals_held():
            super().__init__(count, mp_context=context, initializer=_prepare)

    def submit(
        self, work: Callable[_Given, Result], /, *args: _Given.args, **kwargs: _Given.kwargs
    ) -> Future[Result]:
        """Also begins a process while there are less than may be."""
        with _signals_held():
            return super().submit(work, *args, **kwargs)


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Processes:
    """Processes of this machine, started afresh so that they share nothing with this one."""

    def __init__(self, count: int) -> None:
        self.count = count

    def open(self) -> Executor:
        """A process pool."""
        short = len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_TEMPORARY
        context = multiprocessing.get_context("forkserver" if short else "spawn")
        context.set_forkserver_preload(["analyzer.run.parts"])
        return _Pooled(self.count, context)

    def kill(self, executor: Executor) -> None:
        """Kill the pool's processes; a hanging one would not end by itself."""
        processes: dict[int, Any] = getattr(executor, "_processes", None) or {}
        for process in list(processes.values()):
            process.kill()
        executor.shutdown(wait=True, cancel_futures=True)


class Dask:
    """The workers of a Dask cluster; they must be able to read the captures and import this package.

    Args:
        address: of the scheduler, e.g. `tcp://10.0.0.5:8786`.

    Raises:
        MissingTool: Dask is not installed.
        BadUsage: no scheduler answers there, or it has no workers.
    """

    def __init__(self, address: str) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise MissingTool(
                "--executor dask://... needs Dask: pip install 'hsm-analyzer[dask]'"
            ) from None
        try:
            self._client = distributed.Client(address, timeout="10s")
            self.count = sum(self._client.nthreads().values())
        except OSError as error:
            raise BadUsage(f"no Dask scheduler answers at {address}") from error
        if not self.count:
            raise BadUsage(f"the Dask scheduler at {address} has no workers")

    def open(self) -> Executor:
        """The cluster as an executor; Dask itself gives a dead worker's tasks to others."""
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def kill(self, executor: Executor) -> None:
        """Give up what is under way; the workers stay."""
        executor.shutdown(wait=False, cancel_futures=True)


def workers(executor: str, jobs: int | None) -> Workers | None:
    """What the options `--executor` and `--jobs` name; None for this process alone.

    Raises:
        BadUsage, MissingTool: see `Dask`; or there is no such executor.
    """
    if executor.startswith("dask://"):
        return Dask(f"tcp://{executor.removeprefix('dask://')}")
    if executor != "process":
        raise BadUsage(f"no executor {executor!r}: 'process' or 'dask://HOST:PORT'")
    count = jobs if jobs is not None else _cores()
    return Processes(count) if count > 1 else None


def _cores() -> int:
    """Those that this process may use; where the system does not tell, as macOS, all."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def outcomes(
    work: Callable[[Unit], Result],
    units: Sequence[Unit],
    workers: Workers | None,
    seconds: float | None = None,
) -> Iterator[tuple[int, Result | Lost]]:
    """The result of each unit with its place, in the order in which they come.

    Args:
        work: a function of a module, called with one unit.
        workers: where; None calls it here, where a crash of the interpreter is everyone's.
        seconds: a unit that takes longer is given up; it counts where `workers` are given.

    Raises:
        UserError: `work` raised it.
    """
    if workers is None:
        for place, unit in enumerate(units):
            yield place, _called(work, unit)
        return
    yield from _Pool(work, units, workers, seconds).outcomes()


def _called(work: Callable[[Unit], Result], unit: Unit) -> Result | Lost:
    try:
        return work(unit)
    except UserError:
        raise
    except Exception as error:
        missing = missing_package(error)
        if missing is not None:
            raise missing from error
        return Lost(f"{type(error).__name__} in the analyzer")


class _Pool(Generic[Unit, Result]):
    """Units under way in one executor after the other."""

    def __init__(
        self,
        work: Callable[[Unit], Result],
        units: Sequence[Unit],
        workers: Workers,
        seconds: float | None,
    ) -> None:
        self._work = work
        self._units = units
        self._workers = workers
        self._seconds = seconds
        self._waiting = deque(range(len(units)))
        self._suspects: deque[int] = deque()  # ran when a worker died: to be run alone
        self._running: dict[Future[Result | Lost], tuple[int, float]] = {}
        self._executor = workers.open()

    def outcomes(self) -> Iterator[tuple[int, Result | Lost]]:
        try:
            while self._waiting or self._suspects or self._running:
                self._start()
                done, _ = wait(self._running, self._patience(), FIRST_COMPLETED)
                yield from self._collected(done)
                yield from self._overdue()
        except BaseException:
            self._workers.kill(self._executor)
            raise
        self._executor.shutdown()

    def _start(self) -> None:
        if self._suspects:
            if not self._running:
                self._submit(self._suspects.popleft())
            return
        while self._waiting and len(self._running) < self._workers.count:
            self._submit(self._waiting.popleft())

    def _submit(self, place: int) -> None:
        future = self._executor.submit(_called, self._work, self._units[place])
        self._running[future] = place, time.monotonic()

    def _patience(self) -> float | None:
        if self._seconds is None:
            return None
        oldest = min(began for _, began in self._running.values())
        return max(0.0, oldest + self._seconds - time.monotonic())

    def _collected(self, done: set[Future[Result | Lost]]) -> Iterator[tuple[int, Result | Lost]]:
        alone = len(self._running) == 1
        broken = False
        for future in done:
            place, _ = self._running.pop(future)
            try:
                yield place, future.result()
            except UserError:
                raise
            except BrokenExecutor:
                broken = True
                if alone:
                    yield place, Lost("its worker died")
                else:
                    self._suspects.append(place)
            except Exception as error:  # noqa: BLE001  what an executor says of a worker that is gone
                yield place, Lost(f"its worker died ({type(error).__name__})")
        if broken:
            self._suspects.extend(place for place, _ in self._running.values())
            self._renew()

    def _overdue(self) -> Iterator[tuple[int, Result | Lost]]:
        if self._seconds is None:
            return
        now = time.monotonic()
        overdue = [p for p, began in self._running.values() if now - began >= self._seconds]
        if overdue:
            others = [place for place, _ in self._running.values() if place not in overdue]
            self._waiting.extendleft(reversed(others))
            self._renew()
            for place in overdue:
                yield place, Lost(f"no result within {self._seconds:g} seconds")

    def _renew(self) -> None:
        self._running.clear()
        self._workers.kill(self._executor)
        self._executor = self._workers.open()


def _prepare() -> None:
    """A worker: ended by its parent and with its parent; the collector as the command line has it."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])  # a broken pool ends its others so
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()
    gc.set_threshold(100_000)


def _end_with_parent() -> None:
    """A parent that was killed says nothing, and nobody else would end what waits for its next unit."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
