#!/usr/bin/env python3
"""Write docs/reading-a-report.md: ten recordings as the program reports them, each with a line of commentary.

`scripts/reading_page.py > docs/reading-a-report.md`, run from the repository's root.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SDK3 = ("--etc", "captures/pki/etc/sdk3")
OTHER_CA = ("--etc", "captures/pki/etc/sdk3-regenerated-ca")
MTLS = ("--etc", "captures/pki/etc/sdk5-mtls", "--server-certs", "captures/pki/certs")


class Example(NamedTuple):
    """One report. `comment`: what a reader takes from it, and where."""

    title: str
    case: str
    keys: bool
    expected: Sequence[str]
    comment: str


EXAMPLES = (
    Example(
        "Nobody answers",
        "no-answer-to-syn",
        True,
        SDK3,
        "Nothing of TLS was reached, so every slot is unknown, not failed. `do` is the security group; `to decide` says "
        "which log tells a filter from an address that nobody has.",
    ),
    Example(
        "The HSM was replaced",
        "causes/address-not-in-cluster",
        True,
        (*SDK3, "--cluster", "captures/pki/describe-clusters.json"),
        "The same packets as before; describe-clusters makes the difference, and the remedy is on the client: `configure -a`.",
    ),
    Example(
        "Large packets vanish",
        "causes/mtu-black-hole-client",
        True,
        SDK3,
        "The certificates are right and nobody refused anything: the sizes that pass and that do not are the evidence.",
    ),
    Example(
        "A proxy in between",
        "causes/middlebox-certificate-tls12",
        True,
        SDK3,
        "The alert comes from the client, so it is the *server's* certificate that was refused; the issuer under `server "
        "shows` names whoever answers there.",
    ),
    Example(
        "The client has no certificate",
        "outer-client-absent-tls12",
        True,
        SDK3,
        "Alert 40 is called handshake_failure and speaks of no certificate; the empty Certificate message before it does.",
    ),
    Example(
        "TLS 1.3 without keys",
        "outer-client-stranger-tls13",
        False,
        SDK3,
        "Everything behind the ServerHello is encrypted. Sizes and order make the refusal likely, never certain; `to "
        "decide` names the lines that a key log would need.",
    ),
    Example(
        "The wrong customerCA.crt",
        "causes/cluster-certificate-left-tls12",
        True,
        OTHER_CA,
        "No alert anywhere: the client left in order, right after the cluster certificate. The slot says why, `do` which "
        "file on which machine.",
    ),
    Example(
        "mTLS is demanded",
        "inner-client-missing-tls12",
        True,
        MTLS,
        "The outer level is fine; at the inner one the HSM asks for a certificate and gets an empty message.",
    ),
    Example(
        "Forgotten while idle",
        "causes/idle-dropped-350s",
        True,
        SDK3,
        "The connection was established and all certificates pass, so the verdict is a pass; why it was lost is told all "
        "the same. `to decide` names the setting to look at.",
    ),
    Example(
        "Again and again",
        "causes/reconnect-loop",
        True,
        OTHER_CA,
        "Four connections, told once; the finding at the end has the count and the period, which is that of a client of "
        "SDK 3.",
    ),
)

_HEAD = """# Reading a report

`hsm-analyzer analyze` prints a block a connection and the verdict at the end. In a block that failed read three
lines:

1. **Why**: what broke and who refused what. No word behind it: the capture shows it. `(likely)`: nothing in the
   capture speaks for anything else. `(possible)`: it fits, and so do the lines that begin with `or`. The frames in
   brackets are the proof; the last line of the block opens them in Wireshark.
2. **do**: which file on which machine to change.
3. **to decide**: what would tell the alternatives apart, where there are any.

Below them: what each TLS level negotiated and showed, the certificates that were presented against those expected,
and the course in time. `*` stands behind a message that was encrypted. `took` says where the time went. Who
*sent* an alert refused what the *other* side had sent.

Ten recordings follow as the program prints them. What every cause means is on [the page of causes](causes.md), the
codes of the certificate slots on [the page of findings](findings.md).
"""


def command(example: Example) -> list[str]:
    """The words behind `hsm-analyzer`."""
    folder = f"captures/{example.case}"
    keys = (
        ["--keys", f"{folder}/keys.log"]
        if example.keys and (ROOT / folder / "keys.log").exists()
        else []
    )
    return ["analyze", f"{folder}/capture.pcap", *keys, *example.expected]


def output(example: Example) -> str:
    """What the program prints, 100 columns wide."""
    words = [sys.executable, "-m", "analyzer", *command(example)]
    environment = {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(
        words, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def parts() -> Iterator[str]:
    """The page, part by part."""
    yield _HEAD
    for number, example in enumerate(EXAMPLES, 1):
        yield f"\n## {number}. {example.title}\n\n{example.comment}\n\n"
        yield f"```\n$ hsm-analyzer {' '.join(command(example))}\n{output(example)}\n```\n"


if __name__ == "__main__":
    sys.stdout.write("".join(parts()))
