"""The Python on docs/library.md, and in docstrings, does what it says."""

import doctest
import importlib
import pkgutil
import re

import pytest

import analyzer
from tests.makers.program import ROOT

_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def failures(test):
    """What doctest has to say, empty for nothing."""
    told = []
    doctest.DocTestRunner(optionflags=_FLAGS).run(test, out=told.append)
    return "".join(told)


def test_the_page_s_examples_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / "library.md").read_text("utf-8")
    blocks = "\n".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(blocks, {}, "library.md", "library.md", 0)
    assert len(test.examples) > 20
    assert failures(test) == ""


def documented():
    """The modules whose docstrings hold examples."""
    for module in pkgutil.walk_packages(analyzer.__path__, "analyzer."):
        source = ROOT / (module.name.replace(".", "/") + "/__init__.py" * module.ispkg)
        path = source if module.ispkg else source.with_suffix(".py")
        if ">>>" in path.read_text("utf-8"):
            yield module.name


@pytest.mark.parametrize("name", sorted(documented()))
def test_a_module_s_examples_run(monkeypatch, name):
    monkeypatch.chdir(ROOT)
    tests = doctest.DocTestFinder().find(importlib.import_module(name))
    assert [failures(test) for test in tests if test.examples] == [""] * len(
        [test for test in tests if test.examples]
    )
