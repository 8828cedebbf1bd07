"""A certificate in the wrong place, one slot and one cause a case, in both TLS versions where they differ."""

from __future__ import annotations

import ssl
from dataclasses import replace

from recording.case import INNER12, INNER13, OUTER12, OUTER13, Case, Level, Plan, slots
from recording.cases.established import ANCHOR, ETC, MUTUAL12, MUTUAL13
from recording.observed import CERTIFICATE
from recording.peers import End

CLUSTER = ("--cluster", "captures/pki/describe-clusters.json")
_VERSIONS = (
    ("tls12", "TLS 1.2", OUTER12, INNER12, MUTUAL12),
    ("tls13", "TLS 1.3", OUTER13, INNER13, MUTUAL13),
)


def closes_without_a_word(end: End) -> None:
    """A client that checks the cluster certificate itself: it sends no alert, and closes the outer TLS."""
    end.shake_outer()
    end.exchange()
    nested = end.begin_inner()
    while end.inner.taken(CERTIFICATE) is None:
        try:
            nested.tls.do_handshake()
        except ssl.SSLWantReadError:
            if end.inner.taken(CERTIFICATE) is None:
                nested.flush()
                nested.take()
    end.nested = None


def _outer(level: Level, client_slot: str, server_slot: str = "pass") -> Plan:
    """Fails on the outer level, with the server's certificate shown. The version exchange would come first."""
    return Plan(
        outer=level,
        exchange=True,
        outcome="failed",
        stage="outer-certificates",
        slots=slots(server_slot, client_slot, "unknown"),
    )


def _inner(inner: Level, server_slot: str, client_slot: str = "", outer: Level = OUTER13) -> Plan:
    """Fails on the inner level, with the HSM's certificate shown."""
    return Plan(
        outer=outer,
        inner=inner,
        exchange=True,
        outcome="failed",
        stage="inner-certificates",
        slots=slots("pass", "pass", server_slot, client_slot),
    )


_IMPOSTOR = tuple(
    Case(
        name=f"outer-server-impostor-{tag}",
        title=f"An impostor with the host's name and serial number, in {version}",
        what="The host shows a certificate with the subject and the serial number that AWS publishes for "
        "21a10654.0, and a key of its own. The client has the right one and refuses it.",
        look="Name and serial match, key and fingerprint do not: the report says exactly that. The client "
        "never showed its certificate, so that slot is unknown.",
        connections=(_outer(replace(outer, server="21a10654-impostor"), "unknown", "fail"),),
        verdict="fail",
    )
    for tag, version, outer, _, _ in _VERSIONS
)

_STRANGER = tuple(
    Case(
        name=f"outer-client-stranger-{tag}",
        title=f"Client certificate of a stranger, in {version}",
        what="The client shows a self-signed certificate that neither is the default one nor was issued by "
        "customerCA; the host refuses it.",
        look={
            "tls12": "The alert of the host comes after the client's Certificate and before its Finished.",
            "tls13": "The client has finished its handshake and has sent its first vendor message when the "
            "alert comes, encrypted: to the client the connection looks established for a moment.",
        }[tag],
        connections=(_outer(replace(outer, client="stranger"), "fail"),),
        verdict="fail",
    )
    for tag, version, outer, _, _ in _VERSIONS
)

_EXPIRED_CLIENT = tuple(
    Case(
        name=f"outer-client-expired-{tag}",
        title=f"Expired client certificate, in {version}",
        what="The client shows a certificate that customerCA issued and that expired in 2020.",
        look="The issuer is right, the dates are not, judged at the capture's time.",
        connections=(_outer(replace(outer, client="ssl-client-expired"), "fail"),),
        verdict="fail",
    )
    for tag, version, outer, _, _ in _VERSIONS
)

_ABSENT_CLIENT = tuple(
    Case(
        name=f"outer-client-absent-{tag}",
        title=f"No client certificate, in {version}",
        what="The host asks for a certificate and the client has none to show: its Certificate message is empty.",
        look={
            "tls12": "The empty message is in plain sight; the alert is handshake_failure (40), which by itself "
            "would say nothing about certificates.",
            "tls13": "The empty message and the alert certificate_required (116) are both encrypted.",
        }[tag],
        connections=(_outer(replace(outer, client=None), "fail"),),
        verdict="fail",
    )
    for tag, version, outer, _, _ in _VERSIONS
)

_OTHER_CA = tuple(
    Case(
        name=f"cluster-certificate-of-another-ca-{tag}",
        title=f"Cluster certificate of another CA, in {version}",
        what="The HSM shows a certificate that another customer's CA issued, of another name than customerCA.",
        look="The client refuses it with unknown_ca (48) on the inner level: it is the client's alert, about "
        "the HSM's certificate. Both outer slots pass.",
        connections=(_inner(replace(inner, server="cluster-otherCA"), "fail"),),
        verdict="fail",
    )
    for tag, version, _, inner, _ in _VERSIONS
)

_EXPIRED_CLUSTER = tuple(
    Case(
        name=f"cluster-certificate-expired-{tag}",
        title=f"Expired cluster certificate, in {version}",
        what="customerCA issued the HSM's certificate, and it expired in 2020.",
        look="certificate_expired (45) by the client, on the inner level.",
        connections=(_inner(replace(inner, server="cluster-expired"), "fail"),),
        verdict="fail",
    )
    for tag, version, _, inner, _ in _VERSIONS
)

_NO_INNER_CLIENT = tuple(
    Case(
        name=f"inner-client-missing-{tag}",
        title=f"mTLS enforced and no inner client certificate, in {version}",
        what="The HSM asks for a client certificate, the client has none: its inner Certificate message is empty. "
        "SDK 5 says 'HSM is disconnected' and nothing of TLS.",
        look="The inner client slot fails with an empty Certificate message; the three usual slots pass.",
        connections=(_inner(replace(mutual, client=None), "pass", "fail"),),
        arguments=(*ETC, *ANCHOR),
        verdict="fail",
    )
    for tag, version, _, _, mutual in _VERSIONS
)

_WRONG_INNER_CLIENT = tuple(
    Case(
        name=f"inner-client-wrong-{tag}",
        title=f"Inner client certificate of another trust anchor, in {version}",
        what="The inner client shows a chain up to a root that is not registered with the HSM.",
        look="unknown_ca (48) by the HSM, about the client's certificate; the inner client slot fails.",
        connections=(_inner(replace(mutual, client="mtls-client-other"), "pass", "fail"),),
        arguments=(*ETC, *ANCHOR),
        verdict="fail",
    )
    for tag, version, _, _, mutual in _VERSIONS
)

CASES = (
    *_IMPOSTOR,
    *_STRANGER,
    *_EXPIRED_CLIENT,
    *_ABSENT_CLIENT,
    *_OTHER_CA,
    *_EXPIRED_CLUSTER,
    Case(
        name="outer-client-stranger-tls13-early-hello",
        title="A stranger's client certificate, and an inner ClientHello before the refusal",
        what="As `outer-client-stranger-tls13`, without a vendor exchange: when its own handshake is done, the client "
        "begins the inner one at once, and only then the host's refusal arrives.",
        look="The inner ClientHello is on the wire and the outer level has failed all the same: the host refused the "
        "client certificate, nobody answered inside.",
        connections=(
            replace(
                _outer(replace(OUTER13, client="stranger"), "fail"),
                exchange=False,
                stage="inner-hello",
            ),
        ),
        verdict="fail",
    ),
    Case(
        name="cluster-certificate-same-ca-name",
        title="Cluster certificate of another CA that has the same name",
        what="Another customerCA, of the same name and with another key, issued the HSM's certificate; even "
        "the subject is the right one.",
        look="The names fit and the signature does not verify: decrypt_error (51) by the client. Nothing "
        "but the signature tells the two apart.",
        connections=(_inner(replace(INNER12, server="cluster-other-ca"), "fail", outer=OUTER12),),
        verdict="fail",
    ),
    Case(
        name="customer-ca-regenerated",
        title="customerCA.crt was made anew under the same name",
        what="The cluster was initialised with the first customerCA.crt; the client has a later one of the "
        "same name and another key, and refuses the cluster certificate.",
        look="Here the client's file is wrong, not the HSM's certificate: with the old customerCA.crt it would pass.",
        connections=(_inner(replace(INNER12, client_trusts=("customerCA-regenerated",)), "fail"),),
        arguments=("--etc", "captures/pki/etc/sdk3-regenerated-ca"),
        verdict="fail",
    ),
    Case(
        name="cluster-certificate-of-another-cluster",
        title="Another cluster's certificate, of the same customer CA",
        what="The HSM shows the certificate of the customer's second cluster. customerCA issued it too, so "
        "the client is content and the connection is established.",
        look="The inner server slot fails because describe-clusters names another certificate; without "
        "--cluster it would pass.",
        connections=(
            Plan(
                outer=OUTER13,
                inner=replace(INNER12, server="cluster-b"),
                exchange=True,
                slots=slots("pass", "pass", "fail"),
            ),
        ),
        arguments=(*ETC, *CLUSTER),
        verdict="fail",
    ),
    Case(
        name="cluster-certificate-refused-without-alert",
        title="The client closes in order where the cluster certificate is wrong",
        what="The vendor's client checks the cluster certificate in its own code. Where customerCA did not "
        "issue it, it sends no alert: it closes the outer TLS with a close_notify ('SSL_shutdown sent "
        "close_notify alert' in its log).",
        look="No fatal alert anywhere. The inner handshake ends after the HSM's Certificate, by the client's "
        "close_notify on the outer level.",
        connections=(
            Plan(
                outer=OUTER12,
                inner=replace(INNER12, server="cluster-other-ca", client_trusts=()),
                exchange=True,
                client_does=closes_without_a_word,
                outcome="failed",
                stage="inner-certificates",
                slots=slots("pass", "pass", "fail"),
            ),
        ),
        verdict="fail",
    ),
    Case(
        name="three-hsms-one-of-another-ca",
        title="Three HSMs, one with a certificate of another CA",
        what="As `three-hsms`, and the second HSM shows a certificate of another CA. The other two "
        "connections are fine.",
        look="One connection of three fails; what is told of it does not leak into the others.",
        connections=(
            Plan(server="10.0.2.21", outer=OUTER13, exchange=True),
            replace(_inner(replace(INNER12, server="cluster-otherCA"), "fail"), server="10.0.2.22"),
            Plan(server="10.0.2.23", outer=OUTER13, exchange=True),
        ),
        together=True,
        verdict="fail",
    ),
    *_NO_INNER_CLIENT,
    *_WRONG_INNER_CLIENT,
)
