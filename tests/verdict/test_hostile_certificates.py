"""Whatever is presented: no crash, and nothing passes but what is expected."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.session.certificates import parse_certificate
from analyzer.session.facts import Presented
from analyzer.stream import CLIENT, SERVER
from analyzer.verdict import across, brief_of, judge, overall, showings
from analyzer.verdict.certificates.authorities import name_of
from analyzer.verdict.expectations import ExpectedKey, Role
from analyzer.verdict.finding import SLOTS, Status
from tests.verdict.chain_cases import CASES
from tests.verdict.recorded import CLUSTER_ITEM, USUAL, expectations, facts, item, recorded

EXPECTED = expectations(
    *USUAL, CLUSTER_ITEM, item(Role.MTLS_ANCHOR, "mtls/mtls-root.crt"), listed=True
)
PLACES = [(0, SERVER), (0, CLIENT), (1, SERVER), (1, CLIENT)]
REAL = [facts(name) for name in ("certs/21a10654.0", "client.crt", "cluster.crt", "customerCA.crt")]
CHAINS = [case.leaf.facts for case in CASES]


def presenting(chains, authorities=()):
    """A recorded connection in which all four slots show other chains."""
    told = recorded("inner-mutual-tls")[0]
    sessions = []
    for session in told.sessions:
        pair = [None, None]
        for (level, side), chain in zip(PLACES, chains, strict=True):
            if level == session.level:
                at = session.certificates[side][0].at
                pair[side] = None if chain is None else tuple(Presented(c, at) for c in chain)
        sessions.append(replace(session, certificates=tuple(pair), authorities=tuple(authorities)))
    return replace(told, sessions=tuple(sessions))


def bytes_turned(data, certificate):
    der = bytearray(certificate.der)
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] ^= data.draw(st.integers(1, 255))
    return parse_certificate(bytes(der))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_certificate_with_bytes_turned_over_never_passes(data):
    own = {(0, SERVER): REAL[0], (0, CLIENT): REAL[1], (1, SERVER): REAL[2], (1, CLIENT): REAL[3]}
    turned = [bytes_turned(data, own[place]) for place in PLACES]
    told = presenting([[one] for one in turned])
    untouched = {certificate.der for certificate in REAL}
    slots = {f.code: f for f in judge(told, EXPECTED) if f.code in SLOTS}

    for code, certificate in zip(SLOTS, turned, strict=True):
        if certificate.der not in untouched:
            assert slots[code].status is not Status.PASS


chain = st.none() | st.lists(
    st.sampled_from([*REAL, *CHAINS]) | st.binary(max_size=80).map(parse_certificate), max_size=6
)


@given(st.lists(chain, min_size=4, max_size=4), st.lists(st.binary(max_size=60), max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_chains_in_all_slots_are_judged(chains, authorities):
    told = presenting(chains, authorities=authorities)
    keys = (ExpectedKey("0" * 64, "RSA 2048", "cluster CSR", "a.csr"),)
    for expected in (EXPECTED, replace(EXPECTED, certificates=(), keys=keys), expectations()):
        findings = judge(told, expected)
        judged = [brief_of(each, findings, None) for each in (told, replace(told, stream=1))]

        assert overall(judged)[0] in Status
        across(judged, expected)
        showings(judged, expected)
        for finding in findings:
            assert finding.message
            assert finding.status is not Status.PASS or finding.kind not in {"not-pinned", "empty"}


@given(st.binary(max_size=200))
def test_names_of_any_bytes_are_words_or_nothing(der):
    assert isinstance(name_of(der), str)
