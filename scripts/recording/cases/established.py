"""Connections that come about, with every certificate right."""

from __future__ import annotations

from recording.case import INNER12, INNER13, OUTER12, OUTER13, Case, Plan

CASES = (
    Case(
        name="tls12-in-tls12",
        title="TLS 1.2 in TLS 1.2",
        what="A client of SDK 3 with the default client certificate connects to one HSM. Both TLS "
        "levels speak TLS 1.2; the inner one follows at once, without any vendor bytes.",
        look="Both certificates of the outer level lie open without any key; the cluster certificate "
        "(X.509 v1, with five attributes in one RDN) needs the outer keys alone.",
        connections=(Plan(outer=OUTER12, inner=INNER12),),
    ),
    Case(
        name="tls13-in-tls13",
        title="TLS 1.3 in TLS 1.3",
        what="As `tls12-in-tls12`, with TLS 1.3 on both levels.",
        look="Without keys nothing but both hellos can be read: every certificate is unknown, none "
        "is absent. The outer keys open the outer certificates, the inner keys the cluster certificate.",
        connections=(Plan(outer=OUTER13, inner=INNER13),),
    ),
    Case(
        name="tls12-in-tls13",
        title="TLS 1.2 in TLS 1.3",
        what="The form that public documents make likely for CloudHSM: a modern TLS to the host, and "
        "TLS 1.2 to the HSM inside it.",
        look="The outer keys alone open everything that is judged: both outer certificates and, since "
        "TLS 1.2 shows its certificates openly, the cluster certificate.",
        connections=(Plan(outer=OUTER13, inner=INNER12),),
        format="pcapng",
    ),
    Case(
        name="tls13-in-tls12",
        title="TLS 1.3 in TLS 1.2",
        what="An old TLS to the host and a modern one to the HSM.",
        look="Both outer certificates lie open without keys; the cluster certificate needs the outer "
        "and the inner keys.",
        connections=(Plan(outer=OUTER12, inner=INNER13),),
        format="pcapng",
    ),
    Case(
        name="vendor-exchange",
        title="The vendor's version exchange before the inner TLS",
        what="As SDK 5 logs it (`Version handshake with server succeeded`): client and host exchange "
        "their versions in messages of their own inside the outer TLS, then the inner TLS begins.",
        look="The inner TLS is found behind the vendor's messages; they are listed as skipped bytes, "
        "64 of the client's and 48 of the server's.",
        connections=(Plan(outer=OUTER12, inner=INNER12, exchange=True),),
    ),
)
