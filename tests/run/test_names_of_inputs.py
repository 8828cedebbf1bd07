"""An input is called what the caller called it, whatever kind of thing was given."""

import io
from pathlib import Path

import pytest

from analyzer import analyze
from analyzer.errors import UnreadableCapture
from tests.makers.program import ROOT

CAPTURE = ROOT / "captures" / "tls13-in-tls13" / "capture.pcap"


@pytest.mark.parametrize("source", [CAPTURE, str(CAPTURE)])
def test_a_path_keeps_its_directory(source):
    (read,) = analyze([source]).inputs
    assert read.name == str(CAPTURE)


def test_an_open_file_is_called_by_its_name_where_it_has_one():
    with CAPTURE.open("rb") as file:
        (read,) = analyze([file]).inputs
    assert read.name == str(CAPTURE)
    (nameless,) = analyze([io.BytesIO(CAPTURE.read_bytes())]).inputs
    assert "BytesIO" in nameless.name


def test_a_path_that_is_not_there_is_named_in_full():
    with pytest.raises(UnreadableCapture, match=r"^no/such/file\.pcap: No such file"):
        analyze([Path("no/such/file.pcap")])
