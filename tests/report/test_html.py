"""The page in a real browser: it asks nobody for anything, runs nothing, and everybody can read it."""

import re
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from analyzer.capture.items import Damage
from analyzer.report import html
from analyzer.report.model import Connection, Input
from analyzer.run.expected_files import load_expectations
from analyzer.run.pipeline import Options, analyze
from analyzer.stream import Span
from tests.makers import browser, told
from tests.makers.hostile import EVERYTHING, WORDS
from tests.makers.program import ROOT

pytestmark = pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.MISSING)


def at(connection, nanoseconds):
    facts = connection.conversation.tcp
    span = Span(1, 20, told.START + nanoseconds, told.START + nanoseconds + 20_000_000)
    conversation = replace(connection.conversation, tcp=replace(facts, span=span))
    return replace(connection, conversation=conversation)


def storm(count: int):
    """Most of a cluster's clients are refused after a while."""
    return told.report(
        *(
            at(
                (told.rejected if n * 3 > count else told.established)(n, 1024 + n % 60000),
                n * 10**7,
            )
            for n in range(count)
        ),
        told.refused(count),
    )


def hostile(words: str):
    outer = told.session(0, server_name=words, alpn=words, framing=words, history=words)
    finding = told.slot(
        "outer-server-certificate", told.Status.FAIL, observed=words, expected=words, notes=(words,)
    )
    cause = replace(told.CAUSE, summary=words, advice=words, decide=(words,))
    conversation = replace(told.established().conversation, sessions=(outer,), broken=words)
    return told.report(
        Connection(conversation, (finding, replace(finding, code="other")), cause),
        inputs=(
            Input(words, words, skipped={words: 1}, damage=(Damage(words, 1),)),
            Input(words, refused=words),
        ),
        reasons=(words,),
        findings=(replace(finding, code="whole"),),
    )


def recorded(name: str):
    case = ROOT / "captures" / "causes" / name
    expected = load_expectations(etc=ROOT / "captures" / "pki" / "etc" / "sdk3")
    return analyze(
        [case / "capture.pcap"], Options(key_logs=(case / "keys.log",), expected=expected)
    )


REPORTS = {
    "recorded": recorded("one-hsm-refuses"),
    "healthy": told.report(told.established()),
    "failing": told.report(told.rejected()),
    "mixed": told.report(told.established(0), told.rejected(1), told.sealed(2), told.refused(3)),
    "storm": storm(400),
    "nothing": told.report(),
    "hostile": hostile(EVERYTHING),
}


@pytest.fixture(scope="module")
def chromium():
    with browser.browser() as program:
        yield program


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pages")
    paths = {}
    for name, report in REPORTS.items():
        paths[name] = directory / f"{name}.html"
        paths[name].write_text(html.dumps(report), encoding="utf-8")
    return paths


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("name", REPORTS)
def test_the_page_loads_without_a_word_and_asks_nobody(chromium, pages, name, script):
    page, seen = browser.opened(chromium, pages[name], java_script_enabled=script)
    assert page.title() == html.headline(REPORTS[name]).join(
        [f"{REPORTS[name].verdict.value.upper()}: ", ""]
    )
    assert seen.console == []
    assert seen.requests == [pages[name].as_uri()]
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(
    ("name", "scheme"),
    [*((name, "light") for name in REPORTS), ("recorded", "dark"), ("hostile", "dark")],
)
def test_axe_finds_nothing(chromium, pages, name, scheme):
    page, _ = browser.opened(
        chromium, pages[name], color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
    )
    page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
    results = Axe().run(page)
    found = [(v["id"], v["nodes"][0]["html"]) for v in results.response["violations"]]
    assert found == []
    assert len(results.response["passes"]) > 15


@pytest.mark.parametrize("name", ["mixed", "storm"])
def test_every_link_leads_to_what_it_names_and_unfolds_it(chromium, pages, name):
    page, _ = browser.opened(chromium, pages[name], java_script_enabled=False)
    links = page.locator("table.overview a")
    assert links.count() == len(html.groups(REPORTS[name].connections))
    for at_link in range(links.count()):
        link = links.nth(at_link)
        anchor = link.get_attribute("href").removeprefix("#")
        link.click()
        body = page.locator(f"[id='{anchor}']")
        assert body.count() == 1
        assert body.locator("svg.ladder").is_visible()
        assert body.locator("a[href='#overview']").count() == 1


def test_a_folded_connection_unfolds_when_its_link_is_followed(chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        html.dumps(
            told.report(
                *(
                    replace(told.rejected(n), cause=replace(told.CAUSE, code=f"kind-{n}"))
                    for n in range(9)
                )
            )
        )
    )
    page, _ = browser.opened(chromium, path, java_script_enabled=False)
    last = page.locator("details.connection").nth(8)
    assert not last.locator("svg.ladder").is_visible()
    page.locator("table.overview a").nth(8).click()
    assert last.locator("svg.ladder").is_visible()


def test_paper_shows_what_is_folded_on_the_screen(chromium, pages):
    page, _ = browser.opened(chromium, pages["failing"], java_script_enabled=False)
    words = page.get_by_role("cell", name="alert unknown_ca")
    assert not words.is_visible()
    page.emulate_media(media="print")
    assert words.is_visible()


def test_in_the_dark_the_page_is_dark(chromium, pages):
    grounds = {}
    for scheme in ("light", "dark"):
        page, _ = browser.opened(chromium, pages["failing"], color_scheme=scheme)
        color = page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
        grounds[scheme] = sum(map(int, re.findall(r"\d+", color)[:3]))
    assert grounds["light"] > 700
    assert grounds["dark"] < 100


def test_a_narrow_screen_scrolls_tables_and_not_the_page(chromium, pages):
    for name in ("mixed", "hostile"):
        page, _ = browser.opened(chromium, pages[name], viewport={"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_policy_stops_what_would_get_into_the_page(chromium, pages, tmp_path):
    text = pages["failing"].read_text()
    evil = (
        "<script>window.acted='script'</script><img src=x onerror=\"window.acted='handler'\">"
        "<img src='https://evil.example/x.png'><iframe src='https://evil.example/'></iframe>"
        "<p id=styled style='color:rgb(1, 2, 3)'>styled</p><style>h1{color:rgb(1, 2, 3)}</style>"
        "<form action='https://evil.example/'><button>go</button></form>"
    )
    path = tmp_path / "page.html"
    path.write_text(text.replace("<main>", "<main>" + evil))
    page, seen = browser.opened(chromium, path)
    assert page.evaluate("window.acted") is None
    for element in ("#styled", "h1"):
        color = page.locator(element).evaluate("e => getComputedStyle(e).color")
        assert color != "rgb(1, 2, 3)"
    page.evaluate("document.querySelector('form').requestSubmit()")
    page.wait_for_timeout(200)
    blocked = [line for line in seen.console if "Content Security Policy" in line]
    for directive in ("default-src", "style-src", "img-src", "form-action"):
        assert any(directive in line for line in blocked), directive
    assert page.url == path.as_uri()


def test_a_strangers_words_make_no_element_and_run_nothing(chromium, tmp_path):
    counts = {}
    path = tmp_path / "page.html"
    path.write_text(html.dumps(hostile("harmless")))
    page, seen = browser.opened(chromium, path)
    for kind, words in {"harmless": "harmless", **WORDS}.items():
        path.write_text(html.dumps(hostile(words)), encoding="utf-8")
        page.reload()
        counts[kind] = page.evaluate("document.querySelectorAll('*').length")
        assert page.evaluate("window.acted") is None
    assert (seen.console, set(seen.requests)) == ([], {path.as_uri()})
    assert set(counts.values()) == {counts["harmless"]}


def test_the_page_has_no_script_no_handler_and_no_style_attribute(pages):
    for path in pages.values():
        text = path.read_text()
        assert not re.search(r"<(script|iframe|object|embed|form|base)\b", text)
        assert not re.search(r"<[^>]*\s(on\w+|style)=", text)
        assert set(re.findall(r'(?:href|src)="([^"#]*)', text)) <= {"", "data:,"}


def test_what_failed_and_what_has_a_cause_is_told_first():
    found = html.groups(
        [
            told.established(0),
            replace(told.established(1), cause=told.CAUSE),
            told.sealed(2),
            told.rejected(3),
        ]
    )
    assert [group.first.conversation.stream for group in found] == [3, 2, 1, 0]


def test_thousands_of_connections_stay_a_page():
    assert len(html.dumps(storm(10_000))) < 300_000


def test_thousands_of_kinds_stay_a_page():
    kinds = told.report(
        *(
            replace(told.established(n), cause=replace(told.CAUSE, code=f"kind-{n}"))
            for n in range(5000)
        )
    )
    text = html.dumps(kinds)
    assert len(text) < 1_500_000
    assert "the JSON report has all of them" in text


def test_the_same_report_is_the_same_page():
    assert html.dumps(REPORTS["mixed"]) == html.dumps(replace(REPORTS["mixed"]))
