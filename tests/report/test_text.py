"""Text from the network is shown on one line with nothing in it that acts."""

import unicodedata

import pytest

from analyzer.report.text import safe_text
from tests.makers.hostile import WORDS


def test_plain_text_stays_as_it_is():
    words = 'C=US + O=Cavium, CN="HSM:1:PARTN:2, for FIPS mode" - Zürich 東京'
    assert safe_text(words) == words


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_no_character_that_acts_is_left(words):
    shown = safe_text(words)
    kinds = {unicodedata.category(character) for character in shown}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert len(shown) < 7000


def test_what_was_there_can_be_read():
    assert safe_text("a\x1b\x9b\u202e\U000e0041\\n") == r"a\x1b\x9b\u{202e}\u{e0041}\\n"


def test_an_escape_cannot_be_forged():
    assert safe_text("\x1b") != safe_text(r"\x1b")


def test_long_text_is_cut_and_says_how_much_was():
    assert safe_text("x" * 65536, 10) == "xxxxxxxxxx... (65526 more characters)"
    assert safe_text("x" * 10, 10) == "x" * 10
