"""The report at a terminal says what matters first, and nothing in it acts."""

import io
from dataclasses import replace

import pytest

from analyzer.capture.items import Damage
from analyzer.report import terminal
from analyzer.report.model import Connection, Input
from tests.makers import told
from tests.makers.hostile import WORDS


def shown(report, *, colored=False, width=120) -> str:
    text = io.StringIO()
    terminal.show(report, text, colored=colored, width=width)
    return text.getvalue()


def lines(report, **how) -> list[str]:
    return [line.rstrip() for line in shown(report, **how).splitlines()]


def test_the_cause_stands_before_the_details():
    told_lines = lines(told.report(told.rejected()))
    why = next(at for at, line in enumerate(told_lines) if "Why:" in line)
    assert told_lines[why].strip() == (
        "Why: the client refused the host's certificate: unknown CA (frame 6)"
    )
    assert why < next(at for at, line in enumerate(told_lines) if "outer TLS" in line)
    assert why < next(at for at, line in enumerate(told_lines) if "Timeline" in line)


def test_both_levels_stand_side_by_side_where_there_is_room():
    assert any(
        "outer TLS" in line and "inner TLS" in line
        for line in lines(told.report(told.established()))
    )
    narrow = lines(told.report(told.established()), width=80)
    assert not any("outer TLS" in line and "inner TLS" in line for line in narrow)
    assert all(len(line) <= 80 for line in narrow)


def test_the_last_line_but_the_reasons_is_the_verdict():
    *_, verdict, reason = lines(told.report(told.rejected()))
    assert verdict == "Verdict: FAIL   1 connection: 1 failed"
    assert reason.strip() == "because: a connection failed"
    assert lines(told.report(told.established()))[-1].startswith("Verdict: PASS")


def test_the_timeline_indents_the_inner_level():
    rows = [line for line in lines(told.report(told.established())) if line.startswith("  +")]
    outer = next(row for row in rows if " outer " in row)
    inner = next(row for row in rows if " inner " in row)
    assert inner.index("client_hello*") == outer.index("client_hello") + 2
    assert rows[0].endswith("SYN, SYN-ACK, ACK (round trip 0.420 ms)")


def test_what_would_open_sealed_records_is_named():
    text = shown(told.report(told.sealed()), width=200)
    assert f"a SERVER_HANDSHAKE_TRAFFIC_SECRET line for {bytes(range(32)).hex()}" in text
    assert "not seen: no key log line for this client random" in text


def test_a_storm_is_told_once():
    storm = told.report(*(told.rejected(stream, 40000 + stream) for stream in range(300)))
    text = shown(storm)
    assert text.count("Why:") == 1
    assert "The same in 299 more connections: 1, 2, 3" in text
    assert len(text.splitlines()) < 60


def test_different_failures_in_a_storm_are_told_apart():
    storm = told.report(
        *(told.rejected(stream) for stream in range(20)),
        *(told.refused(stream) for stream in range(20, 40)),
    )
    assert shown(storm).count("Why:") == 2


def test_a_wireshark_filter_finds_the_connection():
    assert lines(told.report(told.rejected()))[-5].strip() == (
        "wireshark -r capture.pcap -g 1 -Y 'ip.addr==10.0.0.1 && tcp.port==40001 && "
        "ip.addr==10.0.2.9 && tcp.port==2223'"
    )


def test_a_damaged_and_a_refused_file_are_named():
    report = told.report(
        inputs=(
            Input("a.pcap", "pcap", 7, 999, {"no IP packet": 2}, (Damage("the file is cut", 990),)),
            Input("b.txt", refused="this is text, not a pcap or pcapng capture"),
        )
    )
    first, second, *_ = lines(report)
    assert first == (
        "a.pcap: pcap, 7 frames; the file is cut (at byte 990); passed over: 2 no IP packet"
    )
    assert second == "b.txt: not read: this is text, not a pcap or pcapng capture"


def test_without_colour_there_is_no_escape_and_with_it_there_is():
    assert "\x1b" not in shown(told.report(told.rejected()))
    assert "\x1b[" in shown(told.report(told.rejected()), colored=True)


def test_colour_is_never_the_only_meaning():
    plain = shown(told.report(told.rejected(), told.established()))
    for word in ("FAILED", "established", "FAIL ", "ok  "):
        assert word in plain


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_strangers_words_do_not_act(words):
    outer = told.session(0, server_name=words, alpn=words, framing=words)
    finding = told.slot("outer-server-certificate", observed=words, notes=(words,))
    connection = Connection(
        replace(told.established().conversation, sessions=(outer,), broken=words), (finding,)
    )
    text = shown(told.report(connection, inputs=(Input(words, "pcap"),)))
    assert text.replace("\n", "").isprintable()
    assert len(text) < 60_000
    assert not any(line.startswith("Verdict: PASS") for line in text.splitlines()[:-1])
