"""Connections that come about, with every certificate right."""

from __future__ import annotations

from dataclasses import replace

from recording.case import INNER12, INNER13, OUTER12, OUTER13, Case, Plan, slots
from recording.lab import HSMS, HSMS_V6, Lab

ETC = ("--etc", "captures/pki/etc/sdk3")
ANCHOR = ("--mtls-anchors", "captures/pki/mtls/mtls-root.crt")
MUTUAL12 = replace(INNER12, client="mtls-client", server_trusts=("mtls-root",))
MUTUAL13 = replace(INNER13, client="mtls-client", server_trusts=("mtls-root",))
HSM_B = "10.0.2.31"


def second_cluster(lab: Lab) -> None:
    """The host has the address of the second cluster's HSM too."""
    lab.host.run("ip", "address", "add", f"{HSM_B}/24", "dev", "eth0")


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
    Case(
        name="custom-client-certificate",
        title="Custom client certificate, issued by customerCA",
        what="The client shows ssl-client.crt, which customerCA.crt issued the way AWS's SSL offload guide "
        "has it. The copy of etc/ has customerCA.crt among the server certificates too, under its subject "
        "hash, as the guide asks.",
        look="The outer client slot passes because customerCA issued the certificate, and the customer CA "
        "in certs/ does not count as a server certificate.",
        connections=(Plan(outer=replace(OUTER12, client="ssl-client")),),
        arguments=("--etc", "captures/pki/etc/sdk3-custom-client"),
    ),
    Case(
        name="sdk5",
        title="Client SDK 5 with a custom client certificate",
        what="SDK 5 keeps the server certificates in its libraries: its etc/ has none, so they are handed "
        "over by --server-certs. TLS 1.3 outside, 1.2 inside, version exchange first.",
        look="The configuration of SDK 5 names customerCA.crt and ssl-client.crt; with the server "
        "certificates handed over all three slots pass.",
        connections=(Plan(outer=replace(OUTER13, client="ssl-client"), exchange=True),),
        arguments=("--etc", "captures/pki/etc/sdk5", "--server-certs", "captures/pki/certs"),
        format="pcapng",
    ),
    Case(
        name="second-server-certificate",
        title="The other one of the two server certificates",
        what="The host shows 712ff948.0 (OU=Cryptography, serial A7525B285D1C2BB5). Inside and outside "
        "TLS 1.2 with ChaCha20-Poly1305.",
        look="Exactly one of the two server certificates is expected, and this is the other one: pass.",
        connections=(
            Plan(
                outer=replace(OUTER12, server="712ff948", ciphers="ECDHE-RSA-CHACHA20-POLY1305"),
                inner=replace(INNER12, ciphers="ECDHE-RSA-CHACHA20-POLY1305"),
            ),
        ),
    ),
    Case(
        name="cluster-certificate-named",
        title="The cluster certificate as describe-clusters has it",
        what="As `tls12-in-tls13`, and the expected set names the cluster certificate by the output of "
        "describe-clusters. The inner suite is AES-128-GCM.",
        look="The inner server slot passes against the named certificate, not only against its issuer.",
        connections=(
            Plan(
                outer=OUTER13,
                inner=replace(INNER12, ciphers="ECDHE-RSA-AES128-GCM-SHA256"),
                exchange=True,
            ),
        ),
        arguments=(*ETC, "--cluster", "captures/pki/describe-clusters.json"),
    ),
    Case(
        name="inner-mutual-tls",
        title="Inner mutual TLS",
        what="hsm2m with `cluster mtls` enforced: the HSM asks for a certificate, and the client shows its "
        "chain (leaf and root, as the guide's `cat ssl-client.crt mtls_ca_root_1.crt` makes it). TLS 1.2 inside.",
        look="There is a fourth slot, the inner client's: it passes against the trust anchor. The outer keys "
        "alone show the chain.",
        connections=(
            Plan(
                outer=OUTER13,
                inner=MUTUAL12,
                exchange=True,
                slots=slots("pass", "pass", "pass", "pass"),
            ),
        ),
        arguments=(*ETC, *ANCHOR),
    ),
    Case(
        name="inner-mutual-tls-tls13",
        title="Inner mutual TLS in TLS 1.3",
        what="As `inner-mutual-tls`, TLS 1.3 on both levels, as SDK 5 is configured for it. The trust anchors "
        "come as the output of `cluster mtls list-trust-anchors`.",
        look="Request and chain of the inner client need the inner keys.",
        connections=(
            Plan(
                outer=replace(OUTER13, client="ssl-client"),
                inner=MUTUAL13,
                exchange=True,
                slots=slots("pass", "pass", "pass", "pass"),
            ),
        ),
        arguments=(
            *("--etc", "captures/pki/etc/sdk5-mtls", "--server-certs", "captures/pki/certs"),
            *("--mtls-anchors", "captures/pki/mtls/list-trust-anchors.json"),
        ),
    ),
    Case(
        name="inner-mutual-tls-not-expected",
        title="Inner mutual TLS, and no trust anchor given",
        what="As `inner-mutual-tls`; whoever looks at the capture has no trust anchors at hand.",
        look="The inner client's certificate was presented and nothing is expected of it: that slot is unknown, "
        "and with it the verdict, though the connection is established.",
        connections=(
            Plan(outer=OUTER13, inner=MUTUAL12, slots=slots("pass", "pass", "pass", "unknown")),
        ),
        verdict="unknown",
    ),
    Case(
        name="three-hsms",
        title="Three HSMs of one cluster",
        what="The client connects to all three HSMs of its cluster and keeps the connections open next to "
        "each other, as clients do once they know the cluster. All HSMs show the same cluster certificate.",
        look="Three connections, three times the same verdict; the addresses are those of describe-clusters.",
        connections=tuple(Plan(server=hsm, outer=OUTER13, exchange=True) for hsm in HSMS),
        together=True,
        arguments=(*ETC, "--cluster", "captures/pki/describe-clusters.json"),
    ),
    Case(
        name="two-clusters",
        title="Two clusters, each with its own certificate",
        what="One client talks to an HSM of either cluster of describe-clusters-two.json. Both cluster "
        "certificates are of the same customer CA; the second cluster is an hsm2m one.",
        look="Either connection is judged by the certificate of the cluster that its address is in.",
        connections=(
            Plan(server=HSMS[0], outer=OUTER13),
            Plan(server=HSM_B, outer=OUTER13, inner=replace(INNER12, server="cluster-b")),
        ),
        arguments=(
            *("--server-certs", "captures/pki/certs", "--client-cert", "captures/pki/client.crt"),
            *("--customer-ca", "captures/pki/customerCA.crt"),
            *("--cluster", "captures/pki/describe-clusters-two.json"),
        ),
        prepare=second_cluster,
    ),
    Case(
        name="ipv6",
        title="Over IPv6",
        what="A dual-stack cluster, reached by its IPv6 address. TLS 1.3 in TLS 1.2.",
        look="The server's address is one of describe-clusters' EniIpV6.",
        connections=(Plan(server=HSMS_V6[0], outer=OUTER12, inner=INNER13),),
        arguments=(*ETC, "--cluster", "captures/pki/describe-clusters.json"),
    ),
    Case(
        name="management-utility",
        title="cloudhsm_mgmt_util on port 2225",
        what="SDK 3's management utility passes its daemon by and connects to port 2225.",
        look="Port 2225 is read without being asked for.",
        connections=(Plan(port=2225, exchange=True),),
    ),
    Case(
        name="embedded-secrets",
        title="The key log inside the capture",
        what="A pcapng file with the key log in its decryption secrets block, as `editcap --inject-secrets` "
        "puts it there.",
        look="No --keys is needed; with --no-embedded-keys everything in TLS 1.3 is unknown.",
        connections=(Plan(outer=OUTER13, inner=INNER13),),
        format="pcapng-secrets",
    ),
    Case(
        name="any-interface",
        title="tcpdump -i any",
        what="Recorded on the pseudo-interface `any`: link type LINUX_SLL2, with the interface's number "
        "before each packet.",
        look="The same facts as on Ethernet.",
        connections=(Plan(outer=OUTER13, exchange=True),),
        interface="any",
    ),
    Case(
        name="nanoseconds",
        title="Nanosecond time stamps",
        what="tcpdump --time-stamp-precision=nano: classic pcap with another magic number.",
        look="The same facts as with microseconds.",
        connections=(Plan(inner=INNER13),),
        format="pcap-ns",
    ),
    Case(
        name="outer-resumed-tls12",
        title="Outer session resumed, in TLS 1.2",
        what="The client connects, closes, and connects again with the session of the first connection: the second "
        "outer handshake is an abbreviated one without certificates. The inner one is a full one again.",
        look="Resumed, none presented: the outer slots of the second connection are unknown, never passed because "
        "the first one was.",
        connections=(
            Plan(exchange=True),
            Plan(exchange=True, resumes=("outer",), slots=slots("unknown", "unknown", "pass")),
        ),
        verdict="unknown",
    ),
    Case(
        name="outer-resumed-tls13",
        title="Outer session resumed, in TLS 1.3",
        what="As `outer-resumed-tls12`, with a pre-shared key of TLS 1.3 from the first connection's ticket.",
        look="pre_shared_key in both hellos of the second connection, and no Certificate under the keys.",
        connections=(
            Plan(outer=OUTER13, exchange=True),
            Plan(
                outer=OUTER13,
                exchange=True,
                resumes=("outer",),
                slots=slots("unknown", "unknown", "pass"),
            ),
        ),
        verdict="unknown",
        format="pcapng",
    ),
    Case(
        name="inner-resumed",
        title="Inner session resumed",
        what="The second connection resumes the session with the HSM inside a new outer one, with TLS 1.2.",
        look="The cluster certificate is not presented again: the inner slot of the second connection is unknown.",
        connections=(
            Plan(outer=OUTER13),
            Plan(outer=OUTER13, resumes=("inner",), slots=slots("pass", "pass", "unknown")),
        ),
        verdict="unknown",
    ),
)
