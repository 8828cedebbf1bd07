"""What a slot says where nothing was presented, where proofs fail, and what else is worth a note."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.run.pipeline import Options, analyze
from analyzer.session.facts import Presented
from analyzer.stream import CLIENT, SERVER
from analyzer.tls.events import Proof
from analyzer.verdict import Expectations, brief_of, judge, overall
from analyzer.verdict.expectations import Hsm, Role
from analyzer.verdict.finding import SLOTS, Status
from tests.makers.certificates import authority, issue
from tests.verdict.recorded import (
    CA_ITEM,
    CAPTURES,
    CLUSTER_ITEM,
    USUAL,
    expectations,
    item,
    judged,
    private_key,
    recorded,
)

EXPECTED = expectations(*USUAL)
ANCHORS = expectations(*USUAL, item(Role.MTLS_ANCHOR, "mtls/mtls-root.crt"))
OUTER_SERVER, OUTER_CLIENT, INNER_SERVER, INNER_CLIENT = SLOTS


def with_keys(case: str, name: str = ""):
    """The first connection of a recording, with one of its key logs or none."""
    folder = CAPTURES / case
    [capture] = folder.glob("capture.pcap*")
    keys: tuple[Path, ...] = (folder / f"{name}.log",) if name else ()
    return analyze([capture], Options(key_logs=keys)).connections[0].conversation


def findings(told, expected=EXPECTED, **more):
    return {f.code: f for f in judge(told, expected, **more)}


# ------------------------------------------------------------------ nothing presented


def test_without_keys_the_line_that_would_help_is_named():
    told = with_keys("tls13-in-tls13")
    slots = findings(told)
    random = told.sessions[0].client_random.hex()

    assert {f.status for f in slots.values()} == {Status.UNKNOWN}
    assert {f.kind for f in slots.values()} == {"sealed"}
    assert slots[OUTER_SERVER].message == (
        "the server's certificate was not seen, as its records stay closed: no key log was given"
    )
    assert slots[OUTER_SERVER].advice == (
        f"add a key-log line SERVER_HANDSHAKE_TRAFFIC_SECRET {random} ..."
    )
    assert slots[INNER_SERVER].message == (
        "the inner TLS was not seen, as the outer records stay closed: no key log was given"
    )
    assert slots[INNER_SERVER].advice == (
        "add the key-log lines CLIENT_HANDSHAKE_TRAFFIC_SECRET, SERVER_HANDSHAKE_TRAFFIC_SECRET, "
        f"CLIENT_TRAFFIC_SECRET_0 and SERVER_TRAFFIC_SECRET_0 of {random}"
    )


def test_with_another_sessions_keys_that_is_said():
    told = with_keys("tls12-in-tls12", "inner-keys")
    slots = findings(told)

    assert (slots[OUTER_SERVER].status, slots[OUTER_CLIENT].status) == (Status.PASS, Status.PASS)
    assert slots[INNER_SERVER].message == (
        "the inner TLS was not seen, as the outer records stay closed: the key logs have no line for this "
        "client random; they were written on another leg or at another time"
    )
    assert slots[INNER_SERVER].advice.startswith("add a key-log line CLIENT_RANDOM ")


def test_with_the_outer_keys_alone_an_inner_tls13_certificate_is_sealed():
    slots = findings(with_keys("tls13-in-tls13", "outer-keys"))

    assert (slots[INNER_SERVER].status, slots[INNER_SERVER].kind) == (Status.UNKNOWN, "sealed")
    assert "SERVER_HANDSHAKE_TRAFFIC_SECRET" in slots[INNER_SERVER].advice


@pytest.mark.parametrize(
    ("case", "slot", "kind", "message"),
    [
        ("no-answer-to-syn", OUTER_SERVER, "no-level", "no answer to the TCP SYN, so nothing was presented"),
        ("refused-port", OUTER_SERVER, "no-level", "the TCP connection was refused, so nothing was presented"),
        ("causes/syn-ack-unanswered", OUTER_CLIENT, "no-level", "the TCP connection was never opened, so nothing was presented"),
        ("causes/client-never-spoke", OUTER_SERVER, "no-level", "no TLS was seen in this connection"),
        ("reset-after-client-hello", OUTER_SERVER, "not-reached", "the handshake ended before the server presented a certificate"),
        ("outer-server-impostor-tls12", OUTER_CLIENT, "not-reached", "the server asked for a client certificate; the handshake ended before the client sent one"),
        ("outer-server-impostor-tls12", INNER_SERVER, "not-reached", "the outer TLS was not established, so the inner one was never reached"),
        ("causes/closed-after-outer", INNER_SERVER, "no-level", "nothing was sent inside the outer TLS"),
        ("outer-only", INNER_SERVER, "no-level", "no inner TLS was found in the outer plaintext (112 bytes of vendor messages)"),
        ("tls12-in-tls12", INNER_CLIENT, "not-asked", "the server did not ask for a client certificate"),
        ("causes/mtu-black-hole-server", OUTER_SERVER, "missing", ""),
    ],
)  # fmt: skip
def test_why_a_slot_is_empty(case, slot, kind, message):
    finding = judged(case, ANCHORS, slot)

    assert (finding.status, finding.kind) == (Status.UNKNOWN, kind)
    assert finding.message == message or (not message and "bytes of this side" in finding.message)


def test_a_resumed_session_says_where_its_certificates_were_shown():
    first, second = recorded("inner-resumed")[:2]
    finding = findings(second)[INNER_SERVER]

    assert (finding.status, finding.kind) == (Status.UNKNOWN, "resumed")
    at = first.sessions[1].certificates[SERVER][0].at
    assert finding.message == (
        "the session was resumed, which presents no certificates; the certificates were shown in "
        f"connection {first.stream}, level 1, frame {at.last}"
    )


def test_a_hole_in_the_capture_is_no_absence():
    told = recorded("causes/mtu-black-hole-server")[0]
    slots = findings(told)

    assert slots[OUTER_CLIENT].kind != "not-asked"
    assert "bytes of this side are missing in the capture" in slots[OUTER_SERVER].message


def test_nothing_expected_and_nothing_presented_is_no_finding():
    assert INNER_CLIENT not in findings(recorded("tls12-in-tls12")[0], Expectations.none())


# ------------------------------------------------------------------ presented


def test_a_certificate_whose_key_did_not_sign_is_a_failure_of_its_own():
    told = recorded("causes/outer-client-key-mismatch")[0]
    found = findings(told)

    assert found[OUTER_CLIENT].status is Status.PASS  # it is the certificate that is expected
    assert (found["key-not-proven"].status, found["key-not-proven"].side) == (Status.FAIL, CLIENT)
    assert found["key-not-proven"].message.startswith(
        "the client's signature over the handshake is not made with the key of the certificate that it "
        "presented: "
    )


@pytest.mark.parametrize("kind", ["server_key_exchange", "certificate_verify_server"])
def test_nor_one_of_the_server(kind):
    told = changed(
        recorded("tls12-in-tls12")[0], 0, proofs=(Proof(kind, "invalid", "not its key", 0),)
    )

    assert findings(told)["key-not-proven"].side is SERVER
    assert overall([brief_of(told, judge(told, EXPECTED), None)])[0] is Status.FAIL


def changed(told, level, **changes):
    """The same connection with one session changed."""
    sessions = tuple(replace(s, **changes) if s.level == level else s for s in told.sessions)
    return replace(told, sessions=sessions)


def presenting(case: str, level: int, side, chain):
    """A recorded connection in which one side sent another chain at the same place."""
    told = recorded(case)[0]
    session = told.at_level(level)
    at = session.certificates[side][0].at
    certificates = list(session.certificates)
    certificates[side] = tuple(Presented(certificate, at) for certificate in chain)
    return changed(told, level, certificates=tuple(certificates))


def mtls_chain(*, order=(0, 1, 2), **changes):
    root = authority("mTLS root")
    middle = authority_under(root)
    leaf = issue("mTLS client", middle, **changes)
    facts = [leaf.facts, middle.facts, root.facts]
    return root, [facts[i] for i in order]


def authority_under(root):
    from cryptography import x509

    ca = x509.BasicConstraints(ca=True, path_length=None)
    return issue("mTLS middle", root, extensions=[(ca, True)])


@pytest.mark.parametrize(
    ("order", "notes"),
    [
        ((0, 1, 2), ()),
        ((0, 2, 1), ()),
        ((0, 1), ()),
        ((0, 1, 1, 2), ("CN=mTLS middle was sent 2 times",)),
        ((0, 0, 1), ("CN=mTLS client was sent 2 times",)),
    ],
)
def test_presented_chains_in_any_order_pass(order, notes):
    root, chain = mtls_chain(order=order)
    told = presenting("inner-mutual-tls", 1, CLIENT, chain)
    finding = findings(told, expectations(item(Role.MTLS_ANCHOR, root.facts, "anchor.pem")))[
        INNER_CLIENT
    ]

    assert (finding.status, finding.kind) == (Status.PASS, "issued")
    assert finding.notes == notes


def test_a_missing_intermediate_fails_and_is_named():
    root, chain = mtls_chain(order=(0, 2))
    told = presenting("inner-mutual-tls", 1, CLIENT, chain)
    finding = findings(told, expectations(item(Role.MTLS_ANCHOR, root.facts, "anchor.pem")))[
        INNER_CLIENT
    ]

    assert (finding.status, finding.kind) == (Status.FAIL, "other-issuer")
    assert finding.message == (
        "the client presented a certificate that anchor.pem did not issue: no certificate of its issuer "
        "CN=mTLS middle is given"
    )
    assert "sent along without being its issuer: CN=mTLS root" in finding.notes


def test_all_that_is_wrong_is_told_at_once():
    old = {"not_after": dt.datetime(2021, 1, 1, tzinfo=dt.UTC)}
    root = authority("CA", key="RSA 1024", **old)
    leaf = issue("HSM:1:PARTN:2, for FIPS mode", root, version1=True, **old)
    told = presenting("tls12-in-tls12", 1, SERVER, [leaf.facts])
    finding = findings(told, expectations(item(Role.CUSTOMER_CA, root.facts, "customerCA.crt")))[
        INNER_SERVER
    ]

    assert (finding.status, finding.kind) == (Status.FAIL, "out-of-date")
    assert "but it expired at 2021-01-01 00:00:00 UTC, " in finding.message
    assert "; its issuer CN=CA expired at 2021-01-01 00:00:00 UTC, " in finding.message
    assert finding.notes[-3:] == (
        "it is an X.509 v1 certificate, as AWS's guide makes them",
        "CN=CA has a weak key (RSA 1024)",
        "the client accepted it: this TLS session was established",
    )


def test_the_expected_certificate_that_is_not_first_is_pointed_at():
    stranger = issue("proxy")
    [own] = [i.certificate for i in USUAL if i.source.endswith("21a10654.0")]
    told = presenting("tls12-in-tls12", 0, SERVER, [stranger.facts, own])
    finding = findings(told)[OUTER_SERVER]

    assert (finding.status, finding.kind) == (Status.FAIL, "not-first")
    assert "has the certificate of 21a10654.0 in it, but not as the first" in finding.message


def test_an_impostor_that_sends_the_true_one_along_stays_an_impostor():
    impostor = recorded("outer-server-impostor-tls12")[0].at_level(0).certificates[SERVER][0]
    [own] = [i.certificate for i in USUAL if i.source.endswith("21a10654.0")]
    told = presenting("tls12-in-tls12", 0, SERVER, [impostor.certificate, own])

    assert findings(told)[OUTER_SERVER].kind == "same-name-and-serial"


def test_a_certificate_that_expires_soon_passes_with_a_note():
    at = recorded("tls12-in-tls12")[0].at_level(1).certificates[SERVER][0].certificate.not_after
    finding = judged("tls12-in-tls12", EXPECTED, INNER_SERVER, at=at - dt.timedelta(days=12))

    assert finding.status is Status.PASS
    assert any(note.startswith("it expires 12 days after the time given") for note in finding.notes)


def test_valid_then_and_expired_at_the_time_given():
    at = dt.datetime(2060, 1, 1, tzinfo=dt.UTC)
    finding = judged("tls12-in-tls12", EXPECTED, OUTER_SERVER, at=at)

    assert (finding.status, finding.kind) == (Status.FAIL, "out-of-date")
    assert "it was valid at the time of this connection" in finding.notes[-1]


def test_the_worst_handshake_of_a_level_is_told():
    told = recorded("tls12-in-tls12")[0]
    renegotiated = presenting("tls12-in-tls12", 0, SERVER, [issue("proxy").facts]).at_level(0)
    both = replace(told, sessions=(*told.sessions, replace(renegotiated, handshake=1)))

    assert findings(both)[OUTER_SERVER].status is Status.FAIL


def test_a_certificate_that_cannot_be_read_fails():
    from analyzer.session.certificates import parse_certificate

    told = presenting("tls12-in-tls12", 1, SERVER, [parse_certificate(b"\x30\x03\x02\x01\x01")])
    finding = findings(told, expectations(CA_ITEM))[INNER_SERVER]

    assert finding.status is Status.FAIL
    assert "not a certificate that can be read" in finding.message


# ------------------------------------------------------------------ CA names of the request


def test_a_client_certificate_of_a_ca_that_was_not_asked_for():
    from cryptography import x509

    names = [
        x509.load_der_x509_certificate(i.certificate.der).subject.public_bytes()
        for i in (CA_ITEM, CLUSTER_ITEM)
    ]
    told = changed(recorded("outer-client-stranger-tls12")[0], 0, authorities=tuple(names))
    finding = findings(told)["client-issuer-not-requested"]

    assert finding.status is Status.UNKNOWN
    assert finding.observed == "C=US, O=Example Corp, CN=stranger"
    assert finding.expected.startswith("C=US, ST=Washington, L=Seattle, O=Example Corp, ")

    fitting = changed(recorded("custom-client-certificate")[0], 0, authorities=tuple(names))
    assert "client-issuer-not-requested" not in findings(fitting)


# ------------------------------------------------------------------ other checks


def test_a_carved_certificate_is_compared_and_fills_no_slot():
    told = recorded("own-record-headers")[0]
    found = findings(told, expectations(CA_ITEM, CLUSTER_ITEM))
    carved = found["carved-certificate"]

    assert (carved.status, found[INNER_SERVER].status) == (Status.UNKNOWN, Status.UNKNOWN)
    assert carved.message == (
        "in what the server sent, outside any handshake, passed the cluster certificate of cluster.crt"
    )
    other = findings(
        told, expectations(item(Role.CLUSTER, "others/cluster-b.crt", "cluster-b.crt"))
    )
    assert "another cluster than cluster-b.crt" in other["carved-certificate"].message


def test_the_address_is_tied_to_its_hsm():
    hsm = Hsm(("10.0.2.21", "fd00:2::21"), "hsm-1", "us-east-1a", "ACTIVE", "cluster-a", "d.json")
    told = recorded("tls12-in-tls12")[0]

    active = findings(told, expectations(hsms=(hsm,), listed=True))["hsm-address"]
    assert (active.status, active.message) == (
        Status.PASS,
        "10.0.2.21 is hsm-1 in us-east-1a (ACTIVE) of cluster-a",
    )
    gone = expectations(hsms=(replace(hsm, state="DELETE_IN_PROGRESS"),), listed=True)
    assert findings(told, gone)["hsm-state"].status is Status.UNKNOWN
    elsewhere = expectations(hsms=(replace(hsm, addresses=("10.0.2.22",)),), listed=True)
    unknown = findings(told, elsewhere)["hsm-address-unknown"]
    assert unknown.message == ("10.0.2.21 is the address of no HSM that describe-clusters lists")
    assert "hsm-address-unknown" not in findings(told)


def test_the_same_key_under_a_new_certificate_is_seen_by_its_own_key():
    renewed = issue("CN=renewed", key=private_key("client"))
    told = presenting("tls12-in-tls12", 0, CLIENT, [renewed.facts])

    assert findings(told)[OUTER_CLIENT].kind == "same-key"
