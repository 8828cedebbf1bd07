"""The walk tells every defect of the best path, and is bounded whatever was sent."""

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.session.certificates import parse_certificate
from analyzer.stream import SERVER
from analyzer.verdict.certificates.chain import walk
from tests.verdict.chain_cases import CASES, LOWER, MIDDLE, PAST, ROOT, TWIN, leaf, root, under
from tests.verdict.chains import DAY, NOW, make


def codes(found):
    return [(defect.code, defect.depth) for defect in found.defects]


def walked(one, *rest, anchors, side=SERVER, at=NOW):
    return walk(one.facts, [m.facts for m in rest], [m.facts for m in anchors], at, side=side)


def test_every_defect_is_told_with_its_depth():
    old = root(end=PAST, key_name="rsa1024", path=0)
    middle = under(old, end=PAST, ca=False)
    found = walked(
        leaf(middle, end=PAST, eku="client", weak="", by="p256 stranger"), middle, anchors=(old,)
    )

    assert found.anchored
    assert codes(found) == [
        ("signature", 0),
        ("expired", 0),
        ("expired", 1),
        ("expired", 2),
        ("purpose", 0),
        ("issuer-not-ca", 1),
        ("path-length", 2),
    ]
    assert found.notes == ("CN=Customer CA has a weak key (RSA 1024)",)


def test_distances_are_told():
    found = walked(leaf(ROOT, end=NOW - 12 * DAY), anchors=(ROOT,))

    [defect] = found.defects
    assert defect.text == "it expired at 2026-05-20 12:00:00 UTC, 12 days before this connection"


def test_of_several_issuers_with_one_name_the_one_that_signed_is_taken():
    for anchors in ((TWIN, ROOT), (ROOT, TWIN)):
        assert walked(leaf(ROOT), anchors=anchors).trusted


def test_a_path_to_an_anchor_is_preferred_to_one_without():
    cross = make("Middle", TWIN, ca=True, key_name=MIDDLE.key_name)
    found = walked(leaf(MIDDLE), cross, MIDDLE, anchors=(ROOT,))

    assert found.trusted
    assert found.path[1] == MIDDLE.facts


def test_a_hundred_certificates_of_one_name_are_bounded_work():
    """Without the bound on ways this test would not end: every order of them is a way."""
    crowd = [make("Customer CA", ca=True, key_name="p256 crowd", serial=1 + n) for n in range(40)]
    crowd += [
        make("Customer CA", crowd[0], ca=True, key_name="p256 crowd", serial=100 + n)
        for n in range(60)
    ]
    found = walked(leaf(crowd[0]), *crowd, anchors=(make("Other", ca=True),))

    assert not found.trusted
    assert len(found.path) <= 16


def test_what_cannot_be_read_is_a_defect():
    found = walk(parse_certificate(b"\x30\x00"), [], [ROOT.facts], NOW)

    assert codes(found) == [("unreadable", 0)]


@given(st.permutations([LOWER, MIDDLE, ROOT, TWIN, MIDDLE]), st.integers(0, 5))
@settings(max_examples=60)
def test_the_order_of_what_was_sent_changes_nothing(sent, cut):
    whole = walked(leaf(LOWER), *sent, anchors=(ROOT,))
    part = walked(leaf(LOWER), *sent[:cut], anchors=(ROOT,))

    assert whole.trusted
    assert part.trusted == {LOWER, MIDDLE}.issubset(sent[:cut])


@given(st.sampled_from(CASES), st.data())
@settings(max_examples=80, deadline=None)
def test_a_byte_turned_over_is_no_crash_and_never_makes_a_chain_good(case, data):
    der = bytearray(case.leaf.der)
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] ^= data.draw(st.integers(1, 255))
    broken = parse_certificate(bytes(der))
    rest, anchors = ([m.facts for m in group] for group in (case.rest, case.anchors))
    pinned = case.leaf.facts in anchors

    found = walk(broken, rest, anchors, case.at, side=case.side)
    assert not found.trusted or pinned
