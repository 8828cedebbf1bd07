"""One hostile capture through every command and format: nothing of a stranger's words acts anywhere."""

import csv
import io
import json
import re
import shutil
import tomllib
import unicodedata

import pytest
import tomlkit
from click.testing import CliRunner
from lxml import etree

from analyzer.cli import main
from analyzer.cli.output import REPORTS
from tests.makers import browser
from tests.makers.hostile import WORDS
from tests.makers.hostile_capture import FILE_NAME, SAYABLE, hostile_capture
from tests.makers.program import ROOT, run_program

# What colours text and does nothing else (ECMA-48 section 8.3.117, SGR).
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ACTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    made = hostile_capture(tmp_path_factory.mktemp("hostile"))
    shutil.copy(made.certificates / "host.pem", made.certificates / f"{FILE_NAME}.crt")
    return made


def run(*arguments, stdin: bytes | None = None) -> tuple[int, bytes, bytes]:
    """The command in this process: exit code, stdout, stderr."""
    done = CliRunner().invoke(main, [str(word) for word in arguments], input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout_bytes, done.stderr_bytes


def assert_harmless(data: bytes, *, coloured: bool = False, tabs: bool = False):
    """Nothing in it moves a cursor, sets a title, turns the direction or forges a line."""
    text = data.decode()
    if coloured:
        text = _COLOUR.sub("", text)
    text = text.replace("\r\n", "\n").replace("\n", "")
    if tabs:
        text = text.replace("\t", "")
    found = {hex(ord(c)) for c in text if unicodedata.category(c) in _ACTING}
    assert found == set()
    assert WORDS["long"] not in text or text.isascii()


def expected_set(hostile) -> tuple:
    return (
        *("--server-certs", hostile.certificates / f"{FILE_NAME}.crt"),
        *("--client-cert", hostile.certificates / "client.pem"),
        *("--customer-ca", hostile.certificates / "hsm.pem"),
    )


@pytest.fixture(scope="module")
def analyzed(hostile):
    """Every format's output."""
    told = {}
    for name in REPORTS:
        code, out, err = run(
            *("analyze", hostile.capture, "--keys", hostile.keys, *expected_set(hostile)),
            *("--format", name),
        )
        assert code == 0
        assert_harmless(err)
        told[name] = out
    return told


def test_the_capture_is_what_it_should_be(analyzed):
    told = json.loads(analyzed["json"])
    first, second = told["connections"]
    assert (first["outcome"], first["stage"]) == ("established", "inner-established")
    assert second["outcome"] == "failed"
    subject = first["sessions"][1]["certificates"]["server"][0]["subject"]
    assert len(subject) > 65536
    for words in SAYABLE.values():
        assert words.replace("\\", "\\\\").replace('"', '\\"') in subject
    assert WORDS["title"] in second["sessions"][0]["server_name"]
    assert WORDS["title"] in second["sessions"][0]["alpn"]


@pytest.mark.parametrize("name", REPORTS)
def test_no_format_of_a_report_acts(analyzed, name):
    assert_harmless(analyzed[name])
    limit = 8 if name in {"json", "jsonl"} else 2  # the exact values are in the JSON only
    assert len(analyzed[name]) < limit * 250_000


def test_programs_read_the_formats_back(analyzed):
    lines = [json.loads(line) for line in analyzed["jsonl"].splitlines()]
    assert [line["kind"] for line in lines] == ["connection", "connection", "end"]
    rows = list(csv.DictReader(io.StringIO(analyzed["csv"].decode(), newline=""), strict=True))
    assert [row["stream"] for row in rows] == ["0", "1"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(tuple("=+-@|"))]
    root = etree.fromstring(analyzed["junit"])
    assert [suite.get("tests") for suite in root] == [str(len(root.findall("*/testcase")))]
    assert json.loads(analyzed["sarif"])["version"] == "2.1.0"
    assert b"Verdict: PASS" not in [line.strip() for line in analyzed["text"].splitlines()]


def test_colours_are_the_only_escapes_on_a_terminal(hostile):
    code, out, _ = run("analyze", hostile.capture, "--keys", hostile.keys, "--color", "always")
    assert code == 0
    assert b"\x1b[" in out
    assert_harmless(out, coloured=True)


@pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.MISSING)
def test_in_a_browser_nothing_of_it_runs(analyzed, tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(analyzed["html"])
    with browser.browser() as program:
        page, seen = browser.opened(program, path)
        page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
        assert page.evaluate("window.acted") is None
        assert (seen.console, seen.requests) == ([], [path.as_uri()])
        assert page.locator("script, iframe, img, form, evil").count() == 0
        assert page.locator("h1").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_live_tells_it_harmlessly(hostile):
    data = hostile.capture.read_bytes()
    for name in ("text", "jsonl"):
        done = run_program("live", "-", "--keys", hostile.keys, "-f", name, stdin=data)
        assert done.returncode == 1, done.stderr
        assert_harmless(done.stdout)
        assert_harmless(done.stderr)


def test_an_expectation_file_of_it_is_one_and_is_met(hostile, tmp_path):
    path = tmp_path / f"{FILE_NAME}.toml"
    code, out, err = run(
        *("baseline", hostile.capture, "--keys", hostile.keys, *expected_set(hostile)),
        *("--strict", "-o", path),
    )
    assert (code, out) == (0, b"")
    assert_harmless(err)
    assert_harmless(path.read_bytes())
    assert len(tomllib.loads(path.read_text())["connection"]) == 1
    for name in ("text", "json", "junit"):
        code, out, err = run(
            *("check", hostile.capture, "--keys", hostile.keys, "--against", path, "-f", name)
        )
        assert (code, err) == (0, b"")
        assert_harmless(out)


def test_a_hostile_expectation_file_is_told_harmlessly(hostile, tmp_path):
    path = tmp_path / "expect.toml"
    name = tomlkit.item("".join(SAYABLE.values())).as_string()
    path.write_text(
        f"version = 1\n[[connection]]\nname = {name}\ncount = 9\ncause = {name}\n"
        f"outer = {{ server_name = {name}, history = {name} }}\n"
        f"findings = {{ allow = [{{ code = {name}, reason = {name} }}] }}\n"
    )
    for form in ("text", "json", "junit"):
        code, out, err = run(
            "check", hostile.capture, "--keys", hostile.keys, "--against", path, "-f", form
        )
        assert code == 1, err
        assert_harmless(out)
    path.write_text(f"version = 1\n{name} = 1\n[defaults]\noutcome = {name}\n")
    code, out, err = run("check", hostile.capture, "--against", path)
    assert (code, out) == (2, b"")
    assert_harmless(err)


def test_a_comparison_with_it_is_harmless(hostile):
    other = ROOT / "captures" / "tls12-in-tls12" / "capture.pcap"
    for form in ("text", "json"):
        for pair in ((hostile.capture, hostile.capture), (other, hostile.capture)):
            code, out, err = run("compare", *pair, "--keys", hostile.keys, "-f", form)
            assert code == 0, err
            assert_harmless(out)
            assert_harmless(err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys",),
        ("keys", "-f", "json"),
        ("keys", "--unused"),
        ("certs",),
        ("certs", "-f", "json"),
        ("certs", "-f", "csv"),
        ("certs", "-f", "pem"),
    ],
    ids=" ".join,
)
def test_what_lists_keys_and_certificates_is_harmless(hostile, arguments):
    command, *more = arguments
    code, out, err = run(command, hostile.capture, "--keys", hostile.keys, *more)
    assert code in {0, 3}, err
    assert out
    assert_harmless(out)
    assert_harmless(err)


def test_certificates_are_written_under_harmless_names(hostile, tmp_path):
    directory = tmp_path / "out"
    code, out, err = run(
        "certs", hostile.capture, "--keys", hostile.keys, "-d", directory, "--hash-links"
    )
    assert code == 0, err
    assert_harmless(out)
    names = sorted(path.name for path in directory.iterdir())
    assert len(names) >= 4
    assert all(re.fullmatch(r"[0-9a-f]+\.(pem|\d)", name) for name in names), names


def test_batch_and_merge_write_harmless_results(hostile, tmp_path):
    directory = tmp_path / "out"
    code, out, err = run(
        "batch", hostile.capture, "--keys", hostile.keys, "-o", directory, "--jobs", "1"
    )
    assert code == 0, err
    assert_harmless(out)
    assert_harmless(err)
    names = [path for path in directory.rglob("*") if path.is_file()]
    assert names
    for path in names:
        assert path.name.isprintable()
        if path.suffix in {".json", ".jsonl", ".csv", ".html", ".xml", ".txt", ".md"}:
            assert_harmless(path.read_bytes())


def test_an_export_and_an_anonymized_copy_are_told_harmlessly(hostile, tmp_path):
    code, out, err = run(
        "export", hostile.capture, "--keys", hostile.keys, "-o", tmp_path / "inner.pcapng"
    )
    assert code == 0, err
    assert_harmless(out)
    assert_harmless(err)
    code, out, err = run("anonymize", hostile.capture, "-o", tmp_path / "anonymous.pcapng")
    assert code in {0, 1}, err
    assert_harmless(out)
    assert_harmless(err)
    if code == 0:
        copy = (tmp_path / "anonymous.pcapng").read_bytes()
        assert WORDS["clipboard"].encode() + b"\0" not in copy


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_second_opinion_on_it_is_told_harmlessly(hostile, form):
    code, out, err = run("crosscheck", hostile.capture, "--keys", hostile.keys, "-f", form)
    assert code in {0, 1, 3}, err
    assert_harmless(out)
    assert_harmless(err)


def test_the_expected_set_is_shown_harmlessly(hostile):
    code, out, err = run("expect", "show", *expected_set(hostile))
    assert code == 0, err
    assert_harmless(out)
    assert_harmless(err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze", FILE_NAME),
        ("analyze", "x", "--format", FILE_NAME),
        ("analyze", "x", "--report", FILE_NAME),
        ("analyze", "x", "--at", FILE_NAME),
        ("analyze", "x", "--port", FILE_NAME),
        ("analyze", "x", f"--{FILE_NAME}"),
        ("analyze", "x", "--inner-framing", FILE_NAME),
        ("analyze", "x", "--keys", FILE_NAME),
        ("analyze", "x", "--customer-ca", FILE_NAME),
        ("check", "x", "--against", FILE_NAME),
        ("baseline", FILE_NAME),
        ("compare", FILE_NAME, FILE_NAME),
        ("live", FILE_NAME),
        ("export", FILE_NAME, "-o", "never-written.pcapng"),
        ("anonymize", FILE_NAME, "-o", "never-written.pcapng"),
        ("certs", FILE_NAME),
        ("keys", FILE_NAME),
        ("batch", FILE_NAME, "-o", "never-written"),
        ("merge", FILE_NAME),
        ("explain", FILE_NAME),
        ("schema", FILE_NAME),
        ("completion", FILE_NAME),
        (FILE_NAME,),
    ],
    ids=lambda words: " ".join("HOSTILE" if FILE_NAME in word else word for word in words),
)
def test_what_a_user_gets_wrong_is_told_harmlessly(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_bytes(b"")
    code, out, err = run(*arguments)
    assert code in {2, 3}, (out, err)
    assert err
    assert_harmless(out)
    assert_harmless(err)
