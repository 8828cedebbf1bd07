"""One TOML file names the expected set; its paths are relative to it."""

from __future__ import annotations

import json

import pytest

from analyzer.errors import UnreadableInput
from analyzer.run.expect_file import load_expect_file
from analyzer.run.expected_files import load_expectations
from analyzer.verdict.expectations import Role
from tests.makers.certificates import issue
from tests.makers.program import run_program
from tests.run.expected.trees import World, described, sdk3_tree, table, write

EXPECT = """version = 1
[certificates]
etc = "client/etc"
cluster = "c.json"
inner_client = "mtls.pem"
mtls_anchors = ["root.pem"]
hardware = ["hw/root.pem"]
[defaults]
outcome = "established"
"""


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
def directory(tmp_path, world):
    sdk3_tree(tmp_path / "client" / "etc", world)
    write(
        tmp_path / "c.json",
        json.dumps({"Clusters": [described("cluster-a", "10.10.4.20", certificate=world.cluster)]}),
    )
    write(tmp_path / "mtls.pem", world.mtls_client.pem + world.mtls_root.pem)
    write(tmp_path / "root.pem", world.mtls_root.pem)
    write(tmp_path / "hw" / "root.pem", issue("/O=AWS/CN=hardware root").pem)
    write(tmp_path / "expect.toml", EXPECT)
    return tmp_path


def test_the_file_names_the_whole_set(directory):
    expected = load_expectations(expect=directory / "expect.toml")
    assert [line.split(" | ")[0] for line in table(expected, directory)] == [
        "inner client certificate",
        "root of the hardware certificates",
        "trust anchor of the inner client",
        "outer server certificate",
        "outer server certificate",
        "outer client certificate",
        "customer CA",
        "cluster certificate",
    ]


def test_an_option_comes_before_what_the_file_names(directory, world):
    other = write(
        directory / "other.json",
        json.dumps(described("cluster-b", "10.10.4.20", certificate=World().cluster)),
    )
    client = write(directory / "ssl-client.crt", world.ssl_client.pem)
    expected = load_expectations(
        expect=directory / "expect.toml", cluster=other, client_cert=[client]
    )
    assert {hsm.cluster for hsm in expected.hsms} == {"cluster-b"}
    assert [i.certificate for i in expected.of(Role.CLIENT)] == [world.ssl_client.facts]


def test_the_rules_come_with_the_file(directory):
    (rule,) = load_expect_file(directory / "expect.toml").rules
    assert rule.outcome == ("established",)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"version = ", "not valid TOML: Invalid value (at end of document)"),
        (b"\0\1\2", "not a text file"),
        (
            b"version = 1\n[certs]\n",
            "certs: unknown key; did you mean 'certificates'?",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, data, says):
    path = write(tmp_path / "expect.toml", data)
    with pytest.raises(UnreadableInput) as caught:
        load_expectations(expect=path)
    assert str(caught.value) == f"{path}: {says}"


def test_mistakes_in_the_file_and_in_options_are_lines_on_stderr_and_exit_2(tmp_path):
    path = write(tmp_path / "expect.toml", "version = 1\nfoo = 1\n[certs]\n")
    missing = tmp_path / "missing.crt"
    done = run_program("expect", "show", "--expect", path, "--customer-ca", missing)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == [
        "hsm-analyzer: error: the expected set cannot be read: 3 problems",
        f"  {path}: foo: unknown key",
        f"  {path}: certs: unknown key; did you mean 'certificates'?",
        f"  {missing}: No such file or directory",
    ]
