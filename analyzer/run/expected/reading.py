"""Files and directories within bounds: nothing endless is read, no link leads out of a copied tree."""

from __future__ import annotations

import itertools
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from analyzer.errors import UnreadableInput
from analyzer.values import dataclass

# Ten thousand certificates; the bundle of all public CAs has a fiftieth of it.
_LIMIT = 16 << 20
_MOST_FILES = 2000
_DEEPEST = 4
_MOST_LINKS = 8

# What the installer itself writes: never taken for a file of the same name from elsewhere.
_INSTALLED = frozenset({"client.crt", "customerCA.crt", "certs"})

# Where the client's installer puts its files: SDK 3 and 5 on Linux, then Windows.
_HOMES = (
    PurePosixPath("/opt/cloudhsm/etc"),
    PurePosixPath("/opt/cloudhsm"),
    PureWindowsPath(r"C:\ProgramData\Amazon\CloudHSM"),
    PureWindowsPath(r"C:\Program Files\Amazon\CloudHSM"),
)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that the user names: a plain file, or a pipe as `<(aws ...)` makes it.

    Raises:
        UnreadableInput: it cannot be read, or is longer than any file of this kind.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"{path}: {_reason(error)}") from error
    if len(data) > _LIMIT:
        raise UnreadableInput(f"{path}: larger than {_LIMIT >> 20} MB, no file of certificates")
    return data


def files_of(directory: Path) -> list[Path]:
    """The plain files right in a directory, links among them, by name.

    Raises:
        UnreadableInput: it cannot be listed, or holds too many files to be a directory of certificates.
    """
    try:
        files = [entry for entry in sorted(directory.iterdir()) if _is_plain(entry)]
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"{directory}: {_reason(error)}") from error
    if len(files) > _MOST_FILES:
        raise UnreadableInput(
            f"{directory}: {len(files)} files, no directory of CloudHSM's certificates"
        )
    return files


def is_directory(path: Path) -> bool:
    """Whether a directory is there that can be looked at."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether a plain file is there: no pipe that never ends, no device."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_private_key(path: Path) -> bool:
    """Whether the name says that it holds a private key: such files are never opened."""
    return path.suffix.lower() == ".key"


@dataclass(frozen=True, slots=True)
class Tree:
    """A copy of the client's directory.

    Attributes:
        root: where the copy is; of /opt/cloudhsm/etc, of a directory above it, or of Windows' one.
    """

    root: Path

    @property
    def home(self) -> Path:
        """The copy of the client's own directory, where the root is one of a directory above it."""
        for home in _HOMES:
            parts = home.parts[1:]
            for skipped in range(len(parts)):
                path = self._existing(parts[skipped:])
                if path is not None and is_directory(path) and self.inside(path):
                    return path
        return self.root

    def configurations(self) -> list[Path]:
        """Its .cfg files, at most four directories down, and .json ones, as containers mount them."""
        return list(itertools.islice(self._below(self.home, 0), _MOST_FILES))

    def _below(self, directory: Path, depth: int) -> Iterator[Path]:
        try:
            entries = sorted(directory.iterdir())[:_MOST_FILES]
        except OSError:
            return
        for entry in entries:
            if (
                entry.suffix.lower() in (".cfg", ".json")
                and _is_plain(entry)
                and self.inside(entry)
            ):
                yield entry
            elif depth < _DEEPEST and not entry.is_symlink() and is_directory(entry):
                yield from self._below(entry, depth + 1)

    def find(self, named: str, links: int = 0) -> Path | None:
        """The copy of the file or directory that a configuration names; None where there is none."""
        for candidate in self._candidates(named):
            path = self._existing(candidate)
            if path is not None:
                return self.landing(path, links)
        return None

    def landing(self, path: Path, links: int = 0) -> Path | None:
        """A path of the copy where it stays in the copy, None where a link leads out of it.

        An absolute link is re-rooted like any other path.
        """
        if self.inside(path):
            return path
        try:
            target = str(path.readlink())
        except OSError:
            return None
        if links >= _MOST_LINKS or not target.startswith("/"):
            return None
        return self.find(target, links + 1)

    def inside(self, path: Path) -> bool:
        """Whether a path of the copy still leads into the copy where links are followed."""
        try:
            return path.resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError):  # a link to itself
            return False

    def _candidates(self, named: str) -> Iterator[tuple[str, ...]]:
        """Where the copy of `named` can be, as parts below the root."""
        windows = "\\" in named or PureWindowsPath(named).drive != ""
        path = PureWindowsPath(named) if windows else PurePosixPath(named)
        if not path.is_absolute():
            yield path.parts
            return
        home = next((home for home in _HOMES if _under(path, home)), None)
        if home is not None:
            parts = path.parts[len(home.parts) :]
            yield parts
            # The root is the copy of a directory above: .../opt/cloudhsm/etc, .../cloudhsm/etc, .../etc
            for skipped in range(1, len(home.parts)):
                yield (*home.parts[skipped:], *parts)
            return
        yield path.parts[1:]
        if path.name not in _INSTALLED:
            yield (path.name,)

    def _existing(self, parts: tuple[str, ...]) -> Path | None:
        path = self.root
        for part in parts:
            if part in ("..", "."):
                return None
            below = path / part
            path = below if _exists(below) else _other_case(path, part)
        return path if _exists(path) else None


def _under(path: PurePosixPath | PureWindowsPath, home: PurePosixPath | PureWindowsPath) -> bool:
    return type(path) is type(home) and path.is_relative_to(home)


def _other_case(directory: Path, name: str) -> Path:
    """A copy of a Windows directory: names differ in case from what its configuration says."""
    try:
        same = [p for p in sorted(directory.iterdir()) if p.name.casefold() == name.casefold()]
    except OSError:
        same = []
    return same[0] if len(same) == 1 else directory / name


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def _is_plain(path: Path) -> bool:
    """A file, or a link to what may be one: whoever reads it says what is wrong with it."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) and path.exists():
            mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
