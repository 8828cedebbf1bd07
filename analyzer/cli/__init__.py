"""The command line: the only place that prints or exits.

- `program`: the group of commands, what an error looks like, and the exit codes; `streams`: the standard streams.
- `options`: options that several commands share, and what they mean for the library.
- `output`: where a report goes, in which format and colour; `files`: what is written, for its owner only;
  `notes`: what is told beside a result; `progress`: how far a long run is.
- One module a command, imported when it is used, in the order of `--help`: `analyze`; `check`, `baseline`,
  `compare`; `live`; `export`, `crosscheck`, `keys`; `batch`, `merge`; `anonymize`; `explain`; `certs`, `expect`;
  `schema`, `completion`, `doctor`.
"""

from __future__ import annotations

import click

from analyzer import __version__
from analyzer.cli.program import Program

_COMMANDS = {
    "analyze": (
        "analyzer.cli.analyze",
        "Say what happened in captures: handshakes, certificates, verdict.",
    ),
    "check": (
        "analyzer.cli.check",
        "Compare captures with an expectation file: the gate of a pipeline.",
    ),
    "baseline": (
        "analyzer.cli.baseline",
        "Write an expectation file from a good capture.",
    ),
    "compare": (
        "analyzer.cli.compare",
        "Say what changed between two captures, or between two places.",
    ),
    "live": (
        "analyzer.cli.live",
        "Tell each connection while traffic is captured.",
    ),
    "export": (
        "analyzer.cli.export",
        "Write the inner stream or a plaintext as a capture for Wireshark.",
    ),
    "crosscheck": (
        "analyzer.cli.crosscheck",
        "Compare our facts with tshark's, on both levels.",
    ),
    "keys": (
        "analyzer.cli.keys",
        "Say which key opens which records, and why others stay sealed.",
    ),
    "batch": ("analyzer.cli.batch", "Analyze many captures, on many cores or machines, as one."),
    "merge": ("analyzer.cli.merge", "Put the results of 'batch --shard' together."),
    "anonymize": (
        "analyzer.cli.anonymize",
        "Write the HSM connections under other addresses, to show them to others.",
    ),
    "explain": ("analyzer.cli.explain", "Explain a finding, a cause or a TLS alert."),
    "certs": (
        "analyzer.cli.certs",
        "Extract the certificates that were presented.",
    ),
    "expect": ("analyzer.cli.expect", "Show which certificates are expected, and from which file."),
    "schema": (
        "analyzer.cli.schema",
        "Print the JSON Schema of the report or the expectation file.",
    ),
    "completion": ("analyzer.cli.completion", "Print the completion script of a shell."),
    "doctor": ("analyzer.cli.doctor", "Say which optional tools and packages are here."),
}


# click takes a line with a lone backspace character before a paragraph as: leave its lines alone.
_HELP = """What really happened between a CloudHSM client and its HSM, read from a packet capture.

\b
hsm-analyzer analyze capture.pcap --keys keys.log --etc /opt/cloudhsm/etc
tcpdump -U -w - port 2223 | hsm-analyzer live - --keys keys.log
"""


@click.group(
    name="hsm-analyzer",
    cls=Program,
    commands_from=_COMMANDS,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", prog_name="hsm-analyzer")
@click.option(
    "--debug",
    is_flag=True,
    envvar="HSM_ANALYZER_DEBUG",
    help="Stop at an internal error, and show its traceback.",
)
def main(*, debug: bool) -> None:
    """Parse `hsm-analyzer`'s own options; the command that follows does the rest."""
