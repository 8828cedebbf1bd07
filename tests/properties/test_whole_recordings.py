"""What must hold for the whole way from segments to verdict, on real recordings.

Chopping the TCP payload, the order in which the directions come, repeats and reordering change nothing
in what is said about the sessions, their certificates and the slots.
"""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.capture import Capture
from analyzer.capture.items import FIN, RST, SYN, Segment
from analyzer.report.json_connection import connection_json
from analyzer.run.analysis import CLOUDHSM_PORTS, Analysis, Options
from analyzer.run.expected_files import load_expectations
from analyzer.run.key_files import load_key_file
from analyzer.tls.secrets import Secrets
from analyzer.verdict import Expectations
from tests.makers.cases import ROOT, cases

NAMES = ("tls12-in-tls12", "tls13-in-tls13", "vendor-exchange")
BY_NAME = {case.name: case for case in cases()}
_SESSION_KEYS = (
    *("level", "outcome", "version", "cipher_suite", "history", "proofs", "keys", "framing"),
    *("skipped_bytes", "application_bytes", "certificate_request", "resumed"),
)
SETTINGS = settings(
    max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@cache
def recorded(name: str) -> tuple[Segment, ...]:
    with BY_NAME[name].capture.open("rb") as file:
        items = list(Capture(file, name=name, ports=CLOUDHSM_PORTS))
    return tuple(item for item in items if isinstance(item, Segment))


@cache
def expected() -> Expectations:
    pki = ROOT / "captures" / "pki"
    return load_expectations(
        etc=pki / "etc" / "sdk3",
        server_certs=(),
        client_cert=(),
        customer_ca=(),
        cluster=pki / "describe-clusters.json",
        cluster_cert=(),
        mtls_anchors=(),
        expect=None,
    )


def told(name: str, segments: list[Segment]) -> list[dict]:
    """What is said of the connections, without frames, times and TCP's own counts."""
    secrets = Secrets()
    load_key_file(secrets, BY_NAME[name].directory / "keys.log")
    analysis = Analysis(Options(expected=expected(), contain_crashes=False), secrets)
    found = [connection_json(each) for each in analysis.connections(segments)]
    return [
        {
            "outcome": each["outcome"],
            "stage": each["stage"],
            "findings": [(f["code"], f["status"], f["observed"]) for f in each["findings"]],
            "carved": [c["sha256"] for c in each["carved"]],
            "vendor_bytes": each["vendor_bytes"],
            "sessions": [session_facts(session) for session in each["sessions"]],
        }
        for each in found
    ]


def session_facts(session: dict) -> dict:
    plain = {key: session[key] for key in _SESSION_KEYS}
    chains = {
        side: chain and [certificate["sha256"] for certificate in chain]
        for side, chain in session["certificates"].items()
    }
    alerts = [(alert["side"], alert["code"], alert["encrypted"]) for alert in session["alerts"]]
    return {**plain, "certificates": chains, "alerts": alerts}


def chopped(segments: tuple[Segment, ...], cuts: list[int]) -> list[Segment]:
    """Every payload cut in two at a place that `cuts` choose."""
    pieces = []
    for number, segment in enumerate(segments):
        size = len(segment.payload)
        cut = cuts[number % len(cuts)] % size if size else 0
        if not cut or segment.flags & (SYN | FIN | RST):
            pieces.append(segment)
            continue
        pieces.append(segment._replace(payload=segment.payload[:cut]))
        second = segment._replace(
            seq=(segment.seq + cut) & 0xFFFF_FFFF, payload=segment.payload[cut:]
        )
        pieces.append(second)
    return pieces


@pytest.mark.parametrize("name", NAMES)
@given(cuts=st.lists(st.integers(1, 2000), min_size=1, max_size=20))
@SETTINGS
def test_chopping_changes_nothing(name, cuts):
    segments = recorded(name)
    assert told(name, chopped(segments, cuts)) == told(name, list(segments))


@pytest.mark.parametrize("name", NAMES)
@given(cuts=st.lists(st.integers(1, 200), min_size=1, max_size=5), client_first=st.booleans())
@SETTINGS
def test_a_direction_that_comes_as_a_whole_before_the_other_changes_nothing(
    name, cuts, client_first
):
    segments = recorded(name)
    client_key = segments[0].key
    pieces = chopped(segments, cuts)
    ordered = sorted(pieces, key=lambda segment: (segment.key == client_key) is not client_first)
    assert told(name, ordered) == told(name, list(segments))


@pytest.mark.parametrize("name", NAMES)
@given(repeats=st.lists(st.booleans(), min_size=1, max_size=30), delay=st.integers(1, 9))
@SETTINGS
def test_repeats_change_nothing(name, repeats, delay):
    segments = recorded(name)
    keyed = list(enumerate(segments))
    for at, segment in enumerate(segments):
        if repeats[at % len(repeats)] and segment.payload:
            later = segments[min(at + delay, len(segments) - 1)].at
            keyed.append((at + delay + 0.5, segment._replace(ip_id=segment.ip_id ^ 0x55, at=later)))
    again = [segment for _, segment in sorted(keyed, key=lambda pair: pair[0])]
    assert told(name, again) == told(name, list(segments))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@SETTINGS
def test_reordering_changes_nothing(name, data):
    segments = recorded(name)
    shifts = data.draw(st.lists(st.floats(0, 6), min_size=5, max_size=40))
    # The end stays at the end: what follows a connection's last segment is another matter.
    last = next(at for at, segment in enumerate(segments) if segment.flags & (FIN | RST))
    keys = [at + shifts[at % len(shifts)] if 2 < at < last else at for at in range(len(segments))]
    keys = [min(key, last - 0.5) if at < last else at for at, key in enumerate(keys)]
    shuffled = [segments[at] for at in sorted(range(len(segments)), key=keys.__getitem__)]
    assert told(name, shuffled) == told(name, list(segments))
