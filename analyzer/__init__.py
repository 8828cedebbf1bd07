"""What really happened between a CloudHSM client and its HSM, read from a packet capture.

Data goes one way; a package reads only from those below it:

    cli         the commands; the only place that prints or exits
    run         drivers and all input and output: its pipeline puts everything below in a row
    report      the `Report` and its faces: JSON, terminal, ...
    verdict     facts against the expected set: findings and the cause of a failure
    session     what one connection said: its TLS levels, one inside the other, as facts
    tls         one TLS level: records, messages, keys; its plaintext is a stream again
    transport   TCP segments to two ordered byte streams a connection
    capture     capture files to TCP segments
    stream      the alphabet that transport, tls and session speak
    errors      what the user got wrong
    der         headers of DER elements
    values      dataclasses for values: quick to define, quick to make

`pytest_plugin` has fixtures for the test suites of others.

As a library:

    >>> from pathlib import Path
    >>> from analyzer import Options, analyze
    >>> case = Path("captures/tls13-in-tls13")
    >>> report = analyze([case / "capture.pcap"], Options(key_logs=(case / "keys.log",)))
    >>> [connection.conversation.outcome for connection in report.connections]
    ['established']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.report.model import Report
    from analyzer.run.expected_files import load_expectations
    from analyzer.run.pipeline import Options, analyze
    from analyzer.verdict import Expectations, Finding

__version__ = "0.1.0"
__all__ = ["Expectations", "Finding", "Options", "Report", "analyze", "load_expectations"]

_HOMES = {
    "Expectations": "analyzer.verdict",
    "Finding": "analyzer.verdict",
    "Options": "analyzer.run.pipeline",
    "Report": "analyzer.report.model",
    "analyze": "analyzer.run.pipeline",
    "load_expectations": "analyzer.run.expected_files",
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use: one command needs only a part of the program."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
