"""The house is in order: maps name what is there, rooms stay small, nothing speaks of where it was built."""

import ast
import re
import subprocess

import pytest

from tests.makers.program import ROOT

PACKAGES = sorted({path.parent for path in (ROOT / "analyzer").rglob("__init__.py")})
CEILING = 400  # lines; a module is read at one sitting

# Tables may be longer: a row a line, in the order of the standard.
TABLES = {
    "analyzer/tls/suites.py": "every registered cipher suite",
    "analyzer/verdict/causes/catalogue.py": "the causes",
}


def names(package):
    """The modules and packages in a package."""
    inside = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}
    return inside | {path.name for path in package.iterdir() if (path / "__init__.py").exists()}


@pytest.mark.parametrize("package", PACKAGES, ids=[str(p.relative_to(ROOT)) for p in PACKAGES])
def test_a_package_s_docstring_is_its_map(package):
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""
    rows = re.findall(r"^    ([a-z_0-9]+)  +\S", docstring, re.MULTILINE)
    named = set(re.findall(r"`([a-z_0-9]+)`", docstring)) | set(rows)
    assert (names(package) - named, named - names(package)) == (set(), set())


def test_modules_are_read_at_one_sitting():
    long = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "analyzer").rglob("*.py")
        if len(path.read_text("utf-8").splitlines()) > CEILING
    }
    assert long == set(TABLES)


def test_nothing_speaks_of_the_place_where_it_was_built():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    # Written so that this file does not name them either.
    words = ["/" + "work/", "../" + "shared", "farm" + "-", ".lib" + "rary", "/opt/" + "pypi"]
    words += [f"{name}." + "md" for name in ("design", "domain", "models", "ecosystem", "peers")]
    found = [
        f"{name}: {word}"
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file() and (ROOT / name).suffix not in {".pcap", ".pcapng"}
        for word in words
        if word.encode() in (ROOT / name).read_bytes()
    ]
    assert found == []
