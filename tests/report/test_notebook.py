"""In a notebook a report shows itself, and can do nothing to the page around it."""

import sys

import pytest

from tests.makers import browser, told
from tests.makers.hostile import EVERYTHING


def test_a_report_says_in_a_line_what_it_comes_to():
    report = told.report(told.established(), told.rejected())
    assert repr(report) == "<Report of capture.pcap: fail, 2 connections>"


@pytest.fixture
def page(tmp_path):
    """A page of somebody else with the report in it."""
    report = told.report(told.rejected(), told.established(), inputs=(told.Input(EVERYTHING),))
    path = tmp_path / "notebook.html"
    path.write_text(
        "<!DOCTYPE html><title>notebook</title><script>window.mine = 1</script>"
        f"<h1>mine</h1>{report._repr_html_()}",
        encoding="utf-8",
    )
    return path


@pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.MISSING)
def test_the_frame_shows_the_report_and_its_links_work(page):
    with browser.browser() as program:
        shown, seen = browser.opened(program, page)
        frame = shown.frames[1]
        assert frame.locator("h1").inner_text() == "FAIL 2 connections: 1 established, 1 failed"
        frame.locator("table.overview a").nth(1).click()
        assert frame.locator("svg.ladder").nth(1).is_visible()
        assert [each.url.partition("#")[0] for each in shown.frames] == [
            page.as_uri(),
            "about:srcdoc",
        ]
        assert seen.console == []
        assert shown.locator("h1").count() == 1
        assert shown.evaluate("window.acted") is None
        assert 'sandbox=""' in shown.content()


def test_without_jinja2_it_is_the_text(monkeypatch):
    monkeypatch.delitem(sys.modules, "analyzer.report.html", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    text = told.report(told.rejected(), inputs=(told.Input("<b>"),))._repr_html_()
    assert text.startswith("<pre>&lt;b&gt;: ")
    assert "Verdict: FAIL" in text
