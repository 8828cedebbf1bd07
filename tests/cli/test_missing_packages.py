"""A package that is not installed is one line that says what to install, and exit code 4; never a bug's."""

import pytest

from tests.makers.cases import cases
from tests.makers.program import run_program, without

CASE = next(case for case in cases() if case.name == "tls12-in-tls12")
CAPTURE, KEYS = CASE.capture, CASE.directory / "keys.log"

# The name that is imported, the one that pip installs, a command that cannot do without.
REQUIRED = (
    ("click", "click", ("--version",)),
    ("cryptography", "cryptography", ("analyze", CAPTURE)),
    ("cryptography", "cryptography", ("analyze", CAPTURE, CAPTURE, "-j", 2)),
    ("rich", "rich", ("analyze", CAPTURE)),
    ("rich", "rich", ("live", CAPTURE)),
    ("yaml", "pyyaml", ("expect", "show", "--cluster", "{folder}/clusters.yaml")),
    ("scapy", "scapy", ("analyze", CAPTURE, "--reader", "scapy")),
    ("scapy", "scapy", ("analyze", CAPTURE, "--reader", "scapy", "-j", 2)),
    ("scapy", "scapy", ("batch", CAPTURE, "--reader", "scapy", "-o", "{folder}/results", "-j", 1)),
    ("scapy", "scapy", ("export", CAPTURE, "--what", "frames", "-o", "{folder}/frames")),
    ("scapy", "scapy", ("live", "-i", "lo")),
)
# The package, a command that asks for it, the line.
EXTRAS = (
    ("jinja2", ("analyze", CAPTURE, "-f", "html"), "--format html needs jinja2: pip install 'hsm-analyzer[html]'"),
    ("jinja2", ("analyze", CAPTURE, "--report", "html={folder}/report"), "--format html needs jinja2: pip install 'hsm-analyzer[html]'"),
    ("pyshark", ("crosscheck", CAPTURE, "--engine", "pyshark", "--tshark", "true"), "pyshark is not installed: pip install 'hsm-analyzer[pyshark]'"),
    ("fsspec", ("analyze", f"file://{CAPTURE}"), f"file://{CAPTURE}: needs a package more: pip install 'hsm-analyzer[batch]'"),
    ("fsspec", ("batch", f"file://{CAPTURE}*", "-o", "{folder}/results"), f"file://{CAPTURE}*: needs a package more: pip install 'hsm-analyzer[batch]'"),
    ("s3fs", ("analyze", "s3://bucket/capture.pcap"), "s3://bucket/capture.pcap: needs a package more: pip install 'hsm-analyzer[s3]'"),
    ("distributed", ("batch", CAPTURE, "-o", "{folder}/results", "--executor", "dask://127.0.0.1:1"), "--executor dask://... needs Dask: pip install 'hsm-analyzer[dask]'"),
)  # fmt: skip


def run_without(package, folder, *words):
    (folder / "clusters.yaml").write_text("Clusters:\n- ClusterId: cluster-1\n")
    words = [str(word).format(folder=folder) for word in words]
    return run_program(*words, env=without(package, folder))


@pytest.mark.parametrize(("package", "name", "words"), REQUIRED)
def test_a_required_package_is_named_with_how_to_install_it(package, name, words, tmp_path):
    (tmp_path / "clusters.yaml").write_text("Clusters:\n- ClusterId: cluster-abc\n")
    done = run_without(package, tmp_path, *words)
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr.decode() == (
        f"hsm-analyzer: error: package {name} is not installed: pip install {name}\n"
    )


@pytest.mark.parametrize(("package", "words", "line"), EXTRAS)
def test_the_package_of_an_extra_is_named_with_the_extra(package, words, line, tmp_path):
    done = run_without(package, tmp_path, *words)
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr.decode() == f"hsm-analyzer: error: {line}\n"


def test_the_report_is_written_before_a_package_for_the_update_is_missed(tmp_path):
    against = tmp_path / "expect.toml"
    run_program("baseline", CAPTURE, "-k", KEYS, "-o", against)
    before = against.read_bytes()
    words = ("check", CAPTURE, "-k", KEYS, "--against", against, "--update")
    done = run_without("tomlkit", tmp_path, *words)
    assert done.returncode == 4
    assert done.stdout.startswith(b"ok ")
    assert done.stderr.decode() == (
        "hsm-analyzer: error: package tomlkit is not installed: pip install tomlkit\n"
    )
    assert against.read_bytes() == before


@pytest.mark.parametrize("package", ["rich", "scapy", "yaml", "tomlkit", "jinja2"])
def test_what_does_not_need_a_package_works_without_it(package, tmp_path):
    words = ("analyze", CAPTURE, "-k", KEYS, "-f", "json")
    done = run_without(package, tmp_path, *words)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == run_program(*words).stdout


def test_an_error_in_a_package_that_is_there_stays_the_programs_own(tmp_path):
    done = run_without("scapy.sendrecv", tmp_path, "live", "-i", "lo")
    assert done.returncode == 70
    assert b"internal error: ModuleNotFoundError" in done.stderr
