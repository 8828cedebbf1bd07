"""Files that the program writes: only for their owner, never over another file unless that was asked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from analyzer.errors import BadUsage
from analyzer.run.private import OWNER_ONLY, replace_file

_EVERYBODY = 0o666


class Name(click.Path):
    """A file's name, given as `click.Path` gives it; the empty one, which would be the working directory, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name as it is, or as a path."""
        if not str(value):
            self.fail("an empty name names no file.", param, ctx)
        return super().convert(value, param, ctx)


# Whoever opens a file says why that cannot be done; here only its name is looked at.
SOURCE = Name(path_type=str, readable=False)  # a path, a URL or `-`
READ = Name(path_type=Path, readable=False)
WRITTEN = Name(path_type=Path, dir_okay=False, readable=False)
FILLED = Name(path_type=Path, file_okay=False, readable=False)  # a directory

force = click.option("--force", is_flag=True, help="Overwrite files that are there already.")


def is_file(target: Path) -> bool:
    """Whether something is there that writing would destroy; a device or a pipe is not."""
    try:
        mode = target.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and target.is_file())


def check_target(target: Path, sources: Iterable[str | Path], *, force: bool) -> None:
    """Refuse, before the work, what could not be written after it or what writing would destroy.

    That is a file that is there, and even with `force` one that is read.

    Raises:
        BadUsage: it may not be written.
    """
    if not target.parent.is_dir():
        raise BadUsage(f"{target}: there is no directory {target.parent}")
    if target.is_dir():
        raise BadUsage(f"{target}: Is a directory")
    if not (_is_stream(target) or os.access(target.parent, os.W_OK | os.X_OK)):
        raise BadUsage(f"{target}: nothing can be written to the directory {target.parent}")
    if not is_file(target):
        return
    if any(_is_same(target, Path(source)) for source in sources):
        raise BadUsage(f"{target} is an input of this command; write to another file")
    if not force:
        raise BadUsage(f"{target} exists already; --force overwrites it")


def check_targets(targets: Iterable[Path], sources: Iterable[str | Path], *, force: bool) -> None:
    """`check_target` for several files, of which no two may be one.

    Raises:
        BadUsage: one of them may not be written.
    """
    known: dict[str, Path] = {}
    sources = list(sources)
    for target in targets:
        check_target(target, sources, force=force)
        place = os.path.join(os.path.realpath(target.parent), target.name)  # noqa: PTH118
        if place in known:
            raise BadUsage(f"two outputs cannot both go to {target}")
        known[place] = target


def _is_same(target: Path, source: Path) -> bool:
    try:
        return target.samefile(source)
    except OSError:
        return False


def write_private(target: Path, content: str | bytes | Iterable[str], *, force: bool) -> None:
    """Write a file that only its owner can read: it names certificates, addresses, perhaps more.

    Raises:
        BadUsage: something is there already and `force` is not given, or it cannot be written.
    """
    _write(target, content, OWNER_ONLY, force=force)


def write_shared(target: Path, content: str | bytes, *, force: bool) -> None:
    """Write a file that others may read, as far as the umask lets them: one to be committed.

    Raises:
        BadUsage: as `write_private`.
    """
    mask = os.umask(0)
    os.umask(mask)
    _write(target, content, _EVERYBODY & ~mask, force=force)


def _write(target: Path, content: str | bytes | Iterable[str], mode: int, *, force: bool) -> None:
    data = _pieces(content)
    try:
        if _is_stream(target):
            with target.open("wb") as file:
                file.writelines(data)
        elif force:
            replace_file(target, data, mode)
        else:
            _create(target, data, mode)
    except FileExistsError:
        raise BadUsage(f"{target} exists already; --force overwrites it") from None
    except BrokenPipeError:
        raise  # the reader of a pipe went away, as that of standard output may
    except OSError as error:
        raise BadUsage(f"{target}: {error.strerror}") from None


def _pieces(content: str | bytes | Iterable[str]) -> Iterable[bytes]:
    if isinstance(content, bytes):
        return (content,)
    texts = (content,) if isinstance(content, str) else content
    return (text.encode("utf-8", "backslashreplace") for text in texts)


def _is_stream(target: Path) -> bool:
    """A device, a pipe or a socket: nothing there is lost by writing to it."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _create(target: Path, data: Iterable[bytes], mode: int) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(data)
    except BaseException:
        target.unlink()  # half a report is worse than none
        raise
