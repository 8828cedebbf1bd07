"""Every code of a finding, and every kind of a certificate slot's finding: what it says, what to do.

Tables only: `hsm-analyzer explain CODE` and docs/findings.md show the rows. Sources: `UG` is the AWS
CloudHSM user guide, `API` its API reference, `article` AWS's article on the certificates of the
client-server end-to-end encrypted connection.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """One code, or one kind.

    Attributes:
        code: stable, lower-case with hyphens.
        about: `connection` or `capture` for a code; the statuses that a kind comes with.
        meaning: what it says. remedy: what to do, "" where nothing is. source: whence it is known.
    """

    code: str
    about: str
    meaning: str
    remedy: str
    source: str


_CONFIGURE_CLIENT = "on the client: SDK 3 `configure --ssl --pkey KEY --cert CRT`; SDK 5 `--server-client-cert-file`, `--server-client-key-file`"
_CONFIGURE_MTLS = (
    "on the client: `--client-cert-hsm-tls-file CHAIN`, `--client-key-hsm-tls-file KEY`"
)

CODES = (
    Code("outer-server-certificate", "connection", "the certificate of the server that hosts the HSM: exactly one of those given", "hand over the client's /opt/cloudhsm/etc/certs (--etc, --server-certs)", "article"),
    Code("outer-client-certificate", "connection", "the client's certificate on the outer TLS: the one given, or one issued by the customer CA", _CONFIGURE_CLIENT, "article; UG getting-started-ssl"),
    Code("inner-server-certificate", "connection", "the cluster certificate that the HSM shows: the one named, or the key of its CSR, and issued by the customer CA", "replace customerCA.crt by the certificate that the cluster was initialised with, or correct the address", "article; UG client-end-to-end-encryption"),
    Code("inner-client-certificate", "connection", "the client's certificate on the inner TLS, where the HSM asks for one (hsm2m): issued by a trust anchor of the cluster", _CONFIGURE_MTLS, "UG getting-started-setup-mtls"),
    Code("key-not-proven", "connection", "the signature over the handshake is not made with the key of the certificate presented; the verdict is fail", "check which private key is configured beside the certificate", "RFC 5246 7.4.3, 7.4.8; RFC 8446 4.4.3"),
    Code("handshake-altered", "connection", "a Finished or a binder does not fit the messages captured: the two ends saw different ones, or hold different keys; the verdict is fail", "compare with a capture at the other end", "RFC 5246 7.4.9; RFC 8446 4.4.4, 4.2.11.2"),
    Code("message-order", "connection", "a handshake message comes where no version of TLS allows it; what might have come is named", "look at the TLS stack of its sender, and at what lies between", "RFC 5246 7.3; RFC 8446 appendix A"),
    Code("client-issuer-not-requested", "connection", "the client's certificate is of a CA that the CertificateRequest does not name", "issue it with a CA that the server names, or add its CA there", "RFC 5246 7.4.4, RFC 8446 4.2.4"),
    Code("carved-certificate", "connection", "a certificate in plaintext of which no TLS could be made; it informs and fills no slot", "send a decrypted sample of such a connection to the project", "RFC 5280 4.1"),
    Code("hsm-address", "connection", "which HSM, zone and state the server's address has in describe-clusters", "", "API Hsm"),
    Code("hsm-state", "connection", "describe-clusters lists the HSM at this address in another state than ACTIVE", "configure the address of an HSM that is ACTIVE", "API Hsm.State"),
    Code("hsm-address-unknown", "connection", "describe-clusters lists no HSM with the server's address", "ask again; then `configure -a <address of an ACTIVE HSM>` and restart the client", "UG troubleshooting-lost-connection"),
    Code("hsm-differs", "capture", "an HSM shows another certificate than the others of its cluster", "compare its address with describe-clusters", "API Certificates: a cluster has one"),
    Code("certificate-changed", "capture", "one address showed one certificate and later another", "find out what happened at that time: a replaced HSM, a reused address, a proxy, another configuration", "network"),
    Code("client-certificate-half-refused", "capture", "one HSM takes a client certificate that another refuses", "`cluster mtls list-trust-anchors`: register the anchor again where coverage is not full", "UG cloudhsm_cli-cluster-mtls"),
    Code("expected-set-contradiction", "capture", "the certificates handed over cannot all be right", "fetch them again with describe-clusters; see `hsm-analyzer expect show`", "UG verify-hsm-identity"),
    Code("repeated-failure", "capture", "the same failure three times or more between the same two machines, with its period", "look at one of them: they are alike", "cloudhsm_client.cfg reconnect_interval"),
    Code("reconnect-loop", "capture", "short connections between two machines at regular intervals, none of which can be read", "analyze with session keys; SDK 3 tries again every 3 s", "cloudhsm_client.cfg reconnect_interval"),
    Code("fails-since", "capture", "two machines connected until a moment and cannot since; what changed with it is named", "find out what was changed between those two times", ""),
    Code("works-since", "capture", "two machines could not connect until a moment and can since", "", ""),
    Code("idle-timeout", "capture", "the longest silence that a connection outlived, and the shortest that cost one", "look for a timeout between the two on the path", "API ConnectionTrackingConfiguration"),
    Code("answers-slow-down", "capture", "the HSM's side takes ever longer to answer, as under throttling or load", "look for Response Code 187 in the client's log; spread the load, retry with back-off", "UG HSM throttling"),
    Code("hsm-stands-out", "capture", "every connection to one HSM fails, every one to the others is fine", "compare that HSM with the others: certificates, trust anchors, path", ""),
    Code("client-stands-out", "capture", "every connection of one client fails, every one of the others is fine", "compare that client's configuration and files with the others'", ""),
    Code("file-not-analyzed", "capture", "a process ended while it analyzed this file; what happened in it is not in the report", "analyze the file alone", ""),
    Code("connections-not-analyzed", "capture", "a process ended while it analyzed its share of the connections; they are not in the report", "analyze with --jobs 1", ""),
    Code("bytes-lost-by-the-capture", "connection", "bytes that reached the other side but not the capture", "capture again with a larger buffer (tcpdump -B), or closer to the client", "RFC 9293 3.8: they were acknowledged"),
    Code("bytes-lost-on-the-network", "connection", "bytes that were never seen and never acknowledged", "look for loss between the sender and the point of capture", "RFC 9293 3.8"),
    Code("bytes-cut-by-the-snap-length", "connection", "bytes beyond the snap length of the capture", "capture whole packets (tcpdump -s 0)", "tcpdump(1) -s"),
    Code("bytes-given-up", "connection", "bytes given up because too many behind them had to be held", "analyze this connection alone", "a ceiling of the analyzer"),
    Code("bytes-disputed", "connection", "the same bytes were sent twice with different content; the first are told", "find who sent the second: a middlebox, an injected packet, damage", "RFC 9293 3.10"),
    Code("connections-unanswered", "capture", "further connection attempts without an answer, counted only", "look at who sends them", "RFC 9293 3.5"),
    Code("connections-refused", "capture", "further connection attempts answered by a reset, counted only", "look at who sends them", "RFC 9293 3.5"),
    Code("connections-given-up", "capture", "more connections were open at once than are followed; the longest idle ended early", "name fewer ports, or split the capture by time", "a ceiling of the analyzer"),
    Code("connections-without-tls", "capture", "further connections on other ports than an HSM's that showed no TLS, counted only (`--port any`)", "name the ports of the HSM (`--port`)", ""),
    Code("connections-joined-late", "capture", "further connections on other ports than an HSM's that began before the capture and whose TLS no key opens, counted only (`--port any`)", "name the ports of the HSM (`--port`)", ""),
    Code("captures-overlap", "capture", "two files hold the same packets: the same traffic captured at two points", "compare the two points with each other", "IP identification, sequence numbers"),
    Code("key-log-broken-lines", "capture", "lines of a key log that could not be read", "write the key log again", "RFC 9850"),
)  # fmt: skip

# Kinds of the four slots' findings, `kind` in the JSON report: what passed, what failed, what is unknown.
KINDS = (
    Code("as-expected", "pass", "byte for byte a certificate given, or one with the key of the CSR given", "", ""),
    Code("issued", "pass", "issued by the CA given, nothing in the chain speaks against it", "", "RFC 5280 6.1"),
    Code("issued-not-named", "pass", "issued by the CA given, and not the certificate that is named beside it; either is allowed", "to allow the named one only, name it in a rule of an expectation file", "article"),
    Code("same-name-and-serial", "fail", "name and serial of an expected certificate, another key: an impostor, or another region's pair", "do not trust the peer; compare the file with a fresh copy for this region", "article: names and serials are public"),
    Code("same-key", "fail", "another certificate for the key of an expected one: it was re-issued", "take the one in use into the expected set, or put the old one back", ""),
    Code("same-name", "fail", "the name of an expected certificate, another serial and key", "compare the expected file with the one on the machine that presents it", ""),
    Code("ca-regenerated", "fail", "the issuer's name is the CA's, another key signed: the CA was made anew, or it is another cluster's", "find the CA file that the cluster was initialised with", "UG initialize-cluster"),
    Code("other-issuer", "fail", "the CA given did not issue it and has not its issuer's name either", "check which cluster, CA and client belong together", ""),
    Code("chain", "fail", "the CA issued it, but the chain is not allowed: CA mark, path length, usages, extensions", "issue it again with the usages that it needs", "RFC 5280 4.2.1"),
    Code("out-of-date", "fail", "the right certificate, or one of the right CA, expired or not yet valid at the capture's time", "check the clocks; issue a new one", "RFC 5280 4.1.2.5"),
    Code("other-cluster", "fail", "the cluster certificate of another cluster", "compare the HSM addresses in the client's configuration with describe-clusters", "API Certificates"),
    Code("other-key", "fail", "its key is not that of the CSR or HSM certificate given", "check that the address is an HSM of that cluster", "UG verify-hsm-identity"),
    Code("other-published", "fail", "the published name and serial of the AWS certificate that is not among those given", "add that file to the expected set", "article"),
    Code("other-client-certificate", "fail", "a client certificate of this client that is not the configured one", "restart what connects, or configure it there too", "UG getting-started-ssl"),
    Code("wrong-slot", "fail", "a certificate that belongs in another slot", "check which file each end is configured to send", "article"),
    Code("not-first", "fail", "the expected certificate is in the chain, but not the first", "put it first in the file that is sent", "RFC 8446 4.4.2"),
    Code("stranger", "fail", "nothing of an expected certificate", "find out who answers, or which file is configured", ""),
    Code("empty", "fail, unknown", "asked for a certificate and answered with an empty Certificate message", _CONFIGURE_CLIENT, "RFC 5246 7.4.6, RFC 8446 4.4.2"),
    Code("undated", "unknown", "the right certificate, but the capture has no times to judge its dates at", "say with --at when the connection was made", ""),
    Code("not-pinned", "unknown", "presented, and nothing is expected in this slot; a published name and serial proves nothing", "hand over the expected certificates", "article"),
    Code("maybe-default", "unknown", "not of the customer CA; it may be the default client certificate, which was not given", "hand over client.crt (--client-cert)", "article"),
    Code("not-asked", "unknown", "the server did not ask for a client certificate", "", "RFC 8446 4.3.2"),
    Code("resumed", "unknown", "a resumed session presents no certificates", "capture from the start of the client", "RFC 8446 2.2"),
    Code("sealed", "unknown", "its records could not be opened", "add the line to the key log that the report names", "RFC 9850"),
    Code("missing", "unknown", "its bytes are not in the capture", "capture again: whole packets, larger buffer, from the start", ""),
    Code("not-reached", "unknown", "the handshake ended before it", "see the connection's cause", ""),
    Code("no-level", "unknown", "this TLS level was not found", "see the connection's cause", ""),
)  # fmt: skip

BY_CODE = {row.code: row for row in (*CODES, *KINDS)}
