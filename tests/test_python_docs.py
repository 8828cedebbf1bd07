"""What docs/python-api.md shows is what happens."""

import doctest

from tests.makers.program import ROOT


def test_the_examples_do_what_they_show(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = ROOT / "docs" / "python-api.md"
    text = "\n".join(line for line in page.read_text().splitlines() if not line.startswith("```"))
    examples = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert len(examples.examples) > 10
    runner = doctest.DocTestRunner(verbose=False)
    told: list[str] = []
    runner.run(examples, out=told.append)
    assert "".join(told) == ""
