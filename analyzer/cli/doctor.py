"""`doctor`: what is installed of the optional tools and packages, and what each is for."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
from collections.abc import Iterator

import click

from analyzer import __version__

# Package, the extra that brings it ("" for one that always comes along), and what needs it.
_PACKAGES = (
    ("click", "", "the command line"),
    ("cryptography", "", "decryption, certificates"),
    ("pyyaml", "", "describe-clusters as YAML"),
    ("rich", "", "the terminal report"),
    ("scapy", "", "--reader scapy, link types that are seldom met, live -i"),
    ("jinja2", "html", "the HTML report"),
    ("tomlkit", "", "check --update"),
    ("pyshark", "pyshark", "crosscheck --engine pyshark"),
    ("backports.zstd", "compression", "zstd captures and certificates (built in from Python 3.14)"),
    ("brotli", "compression", "brotli certificates"),
    ("lz4", "compression", "lz4 captures"),
    ("fsspec", "batch", "captures by URL"),
    ("s3fs", "s3", "s3:// URLs"),
    ("distributed", "dask", "--executor dask://"),
)
_PROGRAMS = (
    ("tshark", "crosscheck"),
    ("tcpdump", "recording, live through a pipe"),
)
_DEADLINE = 10


@click.command()
def command() -> int:
    """Say which optional tools and packages are here, and what each is for."""
    click.echo(f"hsm-analyzer {__version__}, Python {platform.python_version()}")
    for name, version, purpose in [*_packages(), *_programs()]:
        click.echo(f"{name:<16} {version:<28} {purpose}")
    return 0


def _packages() -> Iterator[tuple[str, str, str]]:
    for name, extra, purpose in _PACKAGES:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            version = f"missing: pip install 'hsm-analyzer[{extra}]'" if extra else "MISSING"
        yield name, version, purpose


def _programs() -> Iterator[tuple[str, str, str]]:
    for name, purpose in _PROGRAMS:
        path = shutil.which(name)
        yield name, _version(path) if path else "missing", purpose


def _version(path: str) -> str:
    try:
        told = subprocess.run(  # noqa: S603  a fixed option to a program found on PATH
            [path, "--version"], capture_output=True, text=True, timeout=_DEADLINE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "does not run"
    line = (told.stdout or told.stderr).partition("\n")[0]
    words = (word.rstrip(".") for word in line.split())
    return next((word for word in words if word[:1].isdigit()), "version unknown")
