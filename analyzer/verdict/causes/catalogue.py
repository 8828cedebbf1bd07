"""The catalogue of causes: what it looks like, what it is, how sure one can be, what to do about it.

A row a cause, in the order in which a connection meets them. `diagnosis` gives the codes, `hsm-analyzer
explain CODE` and docs/causes.md show the rows. Sources: `AWS ...` is AWS's documentation, `seen` what logs of
real clients show, `RFC ...` the standard, `network` common knowledge of TCP/IP.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One cause.

    Attributes:
        code: stable, lower-case with hyphens.
        phase: `network`, `outer`, `between`, `inner`, `after` or `capture`.
        title: the cause in a few words. symptoms: what the capture shows. meaning: what it comes from.
        sure: how sure the capture alone can be, and of what.
        confirm: how to make sure. remedy: the documented next step.
        source: whence cause and remedy are known.
    """

    code: str
    phase: str
    title: str
    symptoms: str
    meaning: str
    sure: str
    confirm: str
    remedy: str
    source: str


_SECURITY_GROUP = "attach the cluster's security group to the client instance, or open TCP 2223-2225 from the client to it"
_ADDRESS = (
    "on the client: stop the client, `configure -a <IP of an ACTIVE HSM>` (SDK 5: `configure-cli -a`), start it; "
    "where every HSM was replaced also delete /opt/cloudhsm/daemon/1/cluster.info"
)
_SERVER_TRUST = (
    "on the client: put AWS's server certificates 21a10654.0 and 712ff948.0 back into /opt/cloudhsm/etc/certs "
    "(SDK 5 carries them in its libraries: reinstall it), and take whatever intercepts TLS out of the path"
)
_CUSTOMER_CA = (
    "on the client: replace /opt/cloudhsm/etc/customerCA.crt (the hsm_ca_file or owner_cert_path of the .cfg) by "
    "the certificate that the cluster was initialized with, then restart the client"
)
_CLIENT_CERTIFICATE = (
    "on the client: use the default client.crt and client.key, or sign the CSR with the cluster's customer CA "
    "and configure the pair (SDK 3: `configure --ssl --pkey KEY --cert CRT`; SDK 5: "
    "`--server-client-cert-file` and `--server-client-key-file`)"
)
_MTLS = (
    "on the client: `configure-cli --client-cert-hsm-tls-file CHAIN --client-key-hsm-tls-file KEY` (and the same for "
    "every SDK 5 component), the chain ending in a registered trust anchor; as an mTLS admin check "
    "`cluster mtls list-trust-anchors` (cluster-coverage: full)"
)
_UPGRADE = (
    "on the client: upgrade the SDK to a supported release (SDK 5.9 or later; hsm2m needs it)"
)
_LOGS = (
    "read the client's log at this time (SDK 5: /opt/cloudhsm/run/cloudhsm-*.log, SDK 3: "
    "/opt/cloudhsm/run/cloudhsm_client.log); if it says nothing, open a case with AWS and attach this report"
)
_KEEP_ALIVE = (
    "raise TcpEstablishedTimeout of the client's network interface (EC2 connection tracking, 60 to 432000 s), or make "
    "the application use the connection more often than the timeout"
)
_MTU = (
    "let ICMP `fragmentation needed` (type 3 code 4; IPv6: packet too big) pass on the whole path, or lower the "
    "MTU of the sending interface / clamp the MSS on the router in between"
)
_WRONG_KEY = (
    "on the client: configure a certificate and key that belong together (`openssl x509 -noout -pubkey -in CRT` and "
    "`openssl pkey -pubout -in KEY` print the same key)"
)

CATALOGUE: tuple[Entry, ...] = (
    # ------------------------------------------------------------------ network
    Entry(
        "syn-unanswered", "network", "The HSM's address does not answer",
        "SYNs, repeated, without SYN-ACK, RST or ICMP.",
        "A security group or network ACL drops them, or nobody has that address.",
        "That nobody answers is certain where the capture is made on the client; why is not visible.",
        "VPC flow logs of the client's interface: REJECT names the filter. describe-clusters lists the addresses.",
        _SECURITY_GROUP, "AWS user guide: configure-sg-client-instance",
    ),
    Entry(
        "address-not-in-cluster", "network", "The client uses an address that no HSM has any more",
        "SYNs without an answer (or answered by RST) to an address that describe-clusters does not list.",
        "The HSM was deleted or replaced; a new one has a new address.",
        "The address is compared with the describe-clusters output; likely, as that may be older than the capture.",
        "describe-clusters now; the client's .cfg and /opt/cloudhsm/daemon/1/cluster.info.",
        _ADDRESS, "AWS user guide: troubleshooting-lost-connection, ki-all",
    ),
    Entry(
        "hsm-not-active", "network", "The HSM is not active",
        "SYNs without an answer to an address that describe-clusters lists with another state than ACTIVE.",
        "The HSM is being created or deleted, or it is degraded.",
        "Likely: the state is that of the describe-clusters output.",
        "describe-clusters now.",
        "wait until the HSM is ACTIVE, or create another one (`aws cloudhsmv2 create-hsm`)",
        "AWS API reference: Hsm.State",
    ),
    Entry(
        "syn-refused", "network", "Nothing listens there",
        "Each SYN is answered by RST.",
        "The machine at that address does not serve this port: a wrong address or port, or a service that is down.",
        "Certain that it was refused; a firewall may answer in the target's name.",
        "TTL of the RST against packets that certainly come from the target.",
        "check the address and port in the client's .cfg against describe-clusters (port 2223; SDK 3 management tool "
        "2225)",
        "RFC 9293 section 3.5.2",
    ),
    Entry(
        "icmp-unreachable", "network", "The path to the HSM is broken",
        "ICMP destination unreachable (network, host, port) or time exceeded quotes the client's packets.",
        "No route, or the last router finds nobody at that address.",
        "Certain; the ICMP's source names the machine that gave up.",
        "The route table of the client's subnet, peering and transit attachments.",
        "correct the route to the HSM's subnet on the machine that sent the ICMP, or the address in the client's .cfg",
        "RFC 792, RFC 4443",
    ),
    Entry(
        "icmp-prohibited", "network", "A filter rejects the connection",
        "ICMP administratively prohibited quotes the client's packets.",
        "A firewall between the two rejects TCP 2223 and says so.",
        "Certain; the ICMP's source names the filter.",
        "The rules on the machine that sent the ICMP.",
        "allow TCP 2223-2225 from the client to the HSMs on the machine that sent the ICMP",
        "RFC 1812 section 5.2.7.1",
    ),
    Entry(
        "syn-ack-unanswered", "network", "The TCP handshake stops half way",
        "SYN and SYN-ACK, repeated, without the client's ACK.",
        "The SYN-ACK does not reach the client: an asymmetric path or a filter for one direction.",
        "Likely; possible where the capture is short.",
        "A capture on the client's machine.",
        "look at network ACLs (they are stateless: the answer needs its own rule) and at asymmetric routes",
        "network",
    ),
    Entry(
        "syn-ack-refused", "network", "The client's machine rejects the server's answer",
        "The SYN-ACK is answered by RST from the client; where its program still waits, the same SYN comes again.",
        "The program gave up before the answer came, or a local firewall rejects it.",
        "Likely.",
        "The time from SYN to SYN-ACK against the client's connect timeout; the firewall rules of the client's machine.",
        "raise the client's connect timeout, or find out why the answer takes so long; where the SYN is repeated after "
        "the RST, let the answers in",
        "RFC 9293 section 3.10.7.3",
    ),
    Entry(
        "mtu-icmp-ignored", "network", "Packets are too large for the path, and the sender is told in vain",
        "Full-size segments repeated without acknowledgment, ICMP fragmentation needed with an MTU, small segments "
        "pass.",
        "A link on the path takes smaller packets; the ICMP does not reach or does not convince the sender.",
        "Certain.",
        "`ping -M do -s SIZE` on both sides of the size in the ICMP.",
        _MTU, "RFC 1191, RFC 8201",
    ),
    Entry(
        "mtu-black-hole", "network", "Large packets vanish (path-MTU black hole)",
        "The handshake stalls at the first large flight: full-size segments repeated or never arriving, small ones "
        "pass, no ICMP.",
        "A link takes smaller packets and its ICMP is filtered.",
        "Likely: the sizes that pass and that do not are the evidence.",
        "`ping -M do -s SIZE` with growing sizes.",
        _MTU, "RFC 2923 section 2.1, RFC 4821",
    ),
    Entry(
        "peer-vanished", "network", "One end falls silent during the handshake",
        "Data is retransmitted several times and never acknowledged.",
        "The peer's machine is down, or the path drops this connection's packets.",
        "Likely; on which stretch the packets are lost is not visible.",
        "A capture on the other side.",
        "look on the path for what drops established connections (security groups, network ACLs, host firewalls), and "
        "whether the silent machine was up",
        "network",
    ),
    Entry(
        "zero-window", "network", "One end stopped reading",
        "Its TCP window is zero and stays so.",
        "The program on that machine hangs or is overloaded: TCP works, nobody takes the bytes.",
        "Certain that it does not read.",
        "The process list and CPU of that machine; its log.",
        "restart the program on the machine whose window is zero; if that is the HSM's, move load to another HSM and "
        "open a case with AWS",
        "RFC 9293 section 3.8.6",
    ),
    Entry(
        "reset-from-between", "network", "Something between the two reset the connection",
        "An RST in one end's name with another TTL (and IP identification) than its other packets.",
        "A firewall, IPS or proxy ends the connection.",
        "Likely: the TTL tells that another machine made the packet.",
        "A capture on the machine in whose name it was sent.",
        "exempt TCP 2223-2225 between client and HSM from inspection on the firewalls in the path",
        "network",
    ),
    Entry(
        "reset-before-tls", "network", "Reset before the first byte of TLS",
        "TCP handshake, then RST.",
        "The server's side takes no more connections, or the client's program failed before it spoke.",
        "Likely.",
        "The log of the end that reset it.",
        _LOGS, "network",
    ),
    Entry(
        "closed-before-tls", "network", "Closed before the first byte of TLS",
        "TCP handshake, then FIN.",
        "A health check or scan, or a program that failed before it spoke (for instance on its key file).",
        "Likely.",
        "The log of the end that closed it.",
        _LOGS, "network",
    ),
    Entry(
        "client-never-spoke", "network", "The client never sent its ClientHello",
        "TCP is up, and the client sends nothing.",
        "The client's program hangs or waits for input.",
        "Likely.",
        "The client's log.",
        _LOGS, "network",
    ),
    Entry(
        "client-gave-up", "network", "The client gave up waiting",
        "The handshake stalls, then the client closes after a time without an answer.",
        "The client's own timeout; the question is why the server did not answer.",
        "Likely.",
        "A capture on the server's side, the log of the server.",
        "find out why the other end did not answer (its load, its log); a longer client timeout only hides it",
        "network",
    ),
    Entry(
        "server-gave-up", "network", "The server gave up waiting",
        "The handshake stalls, then the server closes after a time without the client's next message.",
        "The client's program hangs, e.g. it waits for the passphrase of its key.",
        "Likely.",
        "The client's log and terminal.",
        "on the client: use a key without passphrase and look why its program hangs at this point of the handshake",
        "AWS documentation: known issues for hsm2m",
    ),
    Entry(
        "not-tls", "network", "This is not TLS",
        "Bytes that begin no TLS record.",
        "Another service on that port, or another client.",
        "Certain where the server answers a ClientHello with other bytes.",
        "The first bytes of the stream.",
        "check the address and port in the client's .cfg: something other than a CloudHSM server answers there",
        "RFC 8446 section 5.1",
    ),
    # ------------------------------------------------------------------ outer
    Entry(
        "outer-version-mismatch", "outer", "No common TLS version with the server",
        "Alert protocol_version (70), from the server after the ClientHello or from the client after the ServerHello.",
        "Client and server have no TLS version in common.",
        "Certain.",
        "The offered versions in the report.",
        _UPGRADE, "RFC 8446 section 6.2",
    ),
    Entry(
        "outer-suite-mismatch", "outer", "No common cipher suite with the server",
        "Alert handshake_failure (40) or insufficient_security (71) and no ServerHello.",
        "The client's suites, groups or signature algorithms and the server's do not meet.",
        "Likely: the same alert also stands for groups and signature algorithms.",
        "The offered suites in the report against a client that works.",
        "on the client: take suite restrictions out (ssl.server_ch_ssl_ciphers `default` in cloudhsm_client.cfg; a "
        "system-wide crypto policy), or upgrade the SDK",
        "RFC 8446 section 4.1.1",
    ),
    Entry(
        "outer-refused", "outer", "The outer handshake was refused",
        "A fatal alert that is neither about versions, suites nor certificates.",
        "Its sender did not accept what the other side had sent last.",
        "Likely; the alert's own words are all there is.",
        "The log of the alert's sender.",
        _LOGS, "RFC 8446 section 6.2",
    ),
    Entry(
        "outer-server-certificate-refused", "outer", "The client refused the server certificate",
        "A certificate alert from the client, or the client leaves, right after the server's Certificate.",
        "The client's trust store lacks it, or somebody between shows another certificate.",
        "Certain with the alert and the certificate in sight; likely without keys in TLS 1.3 or without an alert.",
        "Compare the presented certificate with 21a10654.0 and 712ff948.0.",
        _SERVER_TRUST, "AWS knowledge centre: certificates of the client-server connection",
    ),
    Entry(
        "middlebox-certificate", "outer", "Somebody between shows a certificate of its own",
        "The server certificate is neither expected nor of a published name and serial, and its chain has another "
        "issuer.",
        "A TLS-inspecting proxy or firewall answers in the HSM's place, or the address is another machine's.",
        "Likely: AWS's server certificates are self-signed with known names and serials.",
        "The issuer in the report names the product.",
        "find out who answers there (the issuer of its certificate names it): exempt TCP 2223-2225 from its TLS inspection, or "
        "correct the address in the .cfg of the client",
        "AWS knowledge centre: certificates of the client-server connection",
    ),
    Entry(
        "outer-server-certificate-expired", "outer", "The server certificate is outside its validity",
        "Alert certificate_expired (45) from the client, and the dates agree with it.",
        "The certificate of the server, or of who answers in its place, has expired.",
        "Certain by the capture's time.",
        "The dates in the report.",
        "check the clock of the client; AWS's server certificate cannot be renewed by a customer: open a case with AWS",
        "RFC 5280 section 4.1.2.5",
    ),
    Entry(
        "outer-server-key-mismatch", "outer", "The server does not hold the key of its certificate",
        "Its signature in the handshake does not verify.",
        "Somebody shows a certificate that is not theirs, or bytes were altered.",
        "Likely: that the signature does not verify is certain, bytes altered on the way would look the same.",
        "A capture next to the server.",
        "find out who answers at that address: this is not the machine the certificate was made for",
        "RFC 8446 section 4.4.3",
    ),
    Entry(
        "outer-client-certificate-missing", "outer", "The client sent no certificate to the server",
        "CertificateRequest, then an empty Certificate (or none), then the server's refusal (often alert 40 or 116).",
        "The client has no certificate or key configured, cannot read it, or none fits the request.",
        "Certain with the messages in sight; likely by record sizes without keys in TLS 1.3.",
        "The paths in the .cfg: do the files exist, are they readable for the client's user.",
        "on the client: check that the certificate and key that the .cfg names (SDK 3: ssl.certificate and ssl.pkey in "
        "cloudhsm_client.cfg; SDK 5: client_cert_path and client_key_path) exist, can be read by the client's user and "
        "belong together; without own ones the default client.crt and client.key serve", "AWS user guide: getting-started-ssl; RFC 5246 section 7.4.6",
    ),
    Entry(
        "outer-client-certificate-refused", "outer", "The server refused the client's certificate",
        "A certificate alert from the server, or the server leaves, after the client's Certificate. In TLS 1.3 that "
        "comes encrypted, after the client thinks it is connected.",
        "It is neither the default client certificate nor issued by the cluster's customer CA.",
        "Certain with alert and certificate in sight; likely or possible without keys or without an alert.",
        "`openssl verify -CAfile customerCA.crt client.crt`.",
        _CLIENT_CERTIFICATE, "AWS user guide: getting-started-ssl",
    ),
    Entry(
        "outer-client-certificate-expired", "outer", "The client's certificate is outside its validity",
        "The server refuses it, and by the capture's time it is not valid.",
        "The certificate was issued for a limited time.",
        "Certain by the capture's time.",
        "The dates in the report.",
        "on the client: issue a new certificate from the customer CA and configure it (SDK 3: `configure --ssl`; SDK "
        "5: `--server-client-cert-file`)",
        "AWS user guide: getting-started-ssl",
    ),
    Entry(
        "outer-client-key-mismatch", "outer", "The client's key does not belong to its certificate",
        "Alert decrypt_error (51) from the server after CertificateVerify, whose signature does not verify.",
        "Certificate and key in the .cfg are not a pair.",
        "Likely: that the signature does not verify is certain, bytes altered on the way would look the same.",
        "Compare the public keys of both files.",
        _WRONG_KEY, "RFC 8446 section 4.4.3",
    ),
    Entry(
        "outer-altered", "outer", "The outer handshake was altered on its way",
        "Alert decrypt_error (51) or bad_record_mac (20), Finished does not verify.",
        "Something rewrites bytes, or one stack is defective.",
        "Likely.",
        "Captures at both ends, compared.",
        "take whatever rewrites packets out of the path (proxies, offload bugs: switch offloads off to try)",
        "RFC 8446 section 4.4.4",
    ),
    Entry(
        "outer-reset", "outer", "Reset in the outer handshake",
        "RST after the ClientHello, without an alert.",
        "The end that sent it was stopped, or refuses without words.",
        "Possible.",
        "The log of the end that reset it; the TTL of the RST.",
        _LOGS, "network",
    ),
    Entry(
        "outer-closed", "outer", "Closed in the outer handshake",
        "FIN or close_notify after the ClientHello, without an alert.",
        "The end that closed refuses without words, or was stopped.",
        "Possible.",
        "The log of the end that closed it.",
        _LOGS, "network",
    ),
    Entry(
        "outer-stalled", "outer", "The outer handshake stalls",
        "One side owes the next message and sends none.",
        "It hangs, waits for input or is overloaded; TCP still works.",
        "Likely.",
        "The log of the side that owes.",
        _LOGS, "network",
    ),
    Entry(
        "clock-skew", "outer", "A clock is wrong",
        "A refusal with certificate_expired (45) while the certificate is valid at the time of the capture.",
        "The machine that refuses (or the one that captured) has the wrong date.",
        "Likely.",
        "`date -u` on both machines.",
        "set the clock of the machine that refused (chrony with 169.254.169.123 on EC2), then restart the client",
        "RFC 5280 section 6.1.3",
    ),
    # ------------------------------------------------------------------ between
    Entry(
        "no-inner-tls", "between", "The client never began the inner TLS",
        "Outer TLS established, a few dozen bytes pass, no inner ClientHello.",
        "No customerCA.crt on the client (limited-commands mode), or the cluster is not initialized.",
        "Likely: an outer TLS without inner TLS is a state the clients know.",
        "The client's log: `unencrypted mode`, `limited commands mode`; describe-clusters: State.",
        "on the client: place customerCA.crt at /opt/cloudhsm/etc/customerCA.crt (the path the .cfg names) and restart; "
        "initialize and activate the cluster if it is not",
        "AWS user guide: cluster-connect, initialize-cluster; seen in logs of a sibling product",
    ),
    Entry(
        "closed-after-outer", "between", "Closed as soon as the outer TLS stood",
        "Outer TLS established, no byte passes in it, one end closes.",
        "A refusal without words, in TLS 1.3 perhaps of the client's certificate; or a probe.",
        "Likely that it was a decision of the end that closed.",
        "The log of the end that closed.",
        _CLIENT_CERTIFICATE, "RFC 8446 section 4.4.2.4",
    ),
    Entry(
        "closed-after-version-exchange", "between", "The server closed after the version exchange",
        "Outer TLS established, a short exchange, then the server closes.",
        "The server does not serve this client: an SDK past its end of support.",
        "Likely; AWS says that it might refuse such connections, not where.",
        "The SDK version in the client's log.",
        _UPGRADE, "AWS documentation: end-of-life-release",
    ),
    Entry(
        "inner-not-found", "between", "The inner TLS could not be recognised",
        "The outer plaintext is there, and no TLS handshake in it.",
        "Limited-commands mode, or a form of the inner handshake that is not known here.",
        "Possible.",
        "`hsm-analyzer export` of the outer plaintext.",
        "send the maintainers the exported outer plaintext of a test connection, so that its form can be learned",
        "this program's own limits",
    ),
    # ------------------------------------------------------------------ inner
    Entry(
        "inner-version-mismatch", "inner", "No common TLS version with the HSM",
        "Alert protocol_version (70) at the inner level.",
        "Client and HSM have no TLS version in common.",
        "Certain.",
        "The offered versions in the report.",
        _UPGRADE, "RFC 8446 section 6.2",
    ),
    Entry(
        "inner-suite-mismatch", "inner", "No common cipher suite with the HSM",
        "Alert handshake_failure (40) or insufficient_security (71) at the inner level and no ServerHello.",
        "The client's suites, groups or signature algorithms and the HSM's do not meet.",
        "Likely.",
        "The offered suites in the report against a client that works.",
        _UPGRADE, "RFC 8446 section 4.1.1",
    ),
    Entry(
        "inner-refused", "inner", "The inner handshake was refused",
        "A fatal alert at the inner level that is neither about versions, suites nor certificates.",
        "Its sender did not accept what the other side had sent last.",
        "Likely; the alert's own words are all there is.",
        "The log of the alert's sender.",
        _LOGS, "RFC 8446 section 6.2",
    ),
    Entry(
        "inner-server-certificate-refused", "inner", "The client refused the cluster certificate",
        "The HSM shows its certificate, and the client answers with an alert or closes, often cleanly and without an "
        "alert, and tries again after 3 s.",
        "customerCA.crt on the client is not the CA that signed this cluster's certificate.",
        "Certain with an alert; likely without one.",
        "`openssl verify -CAfile customerCA.crt` of the presented certificate; client log: `Certificate ERROR: [ "
        "certificate signature failure ]`.",
        _CUSTOMER_CA, "AWS user guide: cluster-connect; seen in logs of a sibling product",
    ),
    Entry(
        "inner-server-certificate-expired", "inner", "The cluster certificate is outside its validity",
        "Alert certificate_expired (45) from the client, and the dates agree with it.",
        "The cluster certificate was signed for a limited time; it cannot be renewed.",
        "Certain by the capture's time.",
        "The dates in the report.",
        "restore the cluster's backup into a new cluster and sign its certificate with a long validity: the certificate "
        "of a cluster cannot be changed",
        "AWS user guide: initialize-cluster",
    ),
    Entry(
        "inner-server-key-mismatch", "inner", "The HSM does not hold the key of its certificate",
        "Its signature in the inner handshake does not verify.",
        "Who answers is not the HSM that the certificate was issued for.",
        "Likely: that the signature does not verify is certain, bytes altered on the way would look the same.",
        "The HSM certificate of describe-clusters has the same public key.",
        "do not use this connection; open a case with AWS and attach this report",
        "RFC 8446 section 4.4.3",
    ),
    Entry(
        "inner-client-certificate-missing", "inner", "The HSM demands mTLS and the client sent no certificate",
        "Inner CertificateRequest, then an empty Certificate (or none), then the HSM's refusal.",
        "mTLS is enforced in the cluster and this client is not configured for it.",
        "Certain with the messages in sight.",
        "`cluster mtls get-enforcement`; client log: `HSM is disconnected`.",
        _MTLS, "AWS documentation: cluster mtls",
    ),
    Entry(
        "inner-client-certificate-refused", "inner", "The HSM refused the client's mTLS certificate",
        "A certificate alert from the HSM, or it leaves, after the client's Certificate at the inner level.",
        "The chain does not end in a trust anchor that is registered on this HSM.",
        "Certain with an alert.",
        "`cluster mtls list-trust-anchors`: the anchor is listed with cluster-coverage full.",
        _MTLS, "AWS documentation: cluster mtls register-trust-anchor",
    ),
    Entry(
        "inner-client-certificate-expired", "inner", "The client's mTLS certificate is outside its validity",
        "The HSM refuses it, and by the capture's time it is not valid.",
        "The certificate was issued for a limited time.",
        "Certain by the capture's time.",
        "The dates in the report.",
        "on the client: issue a new mTLS certificate from the registered anchor and replace the file that "
        "`--client-cert-hsm-tls-file` names",
        "AWS documentation: cluster mtls",
    ),
    Entry(
        "inner-client-key-mismatch", "inner", "The client's mTLS key does not belong to its certificate",
        "Alert decrypt_error (51) from the HSM after CertificateVerify, whose signature does not verify.",
        "The two files are not a pair.",
        "Likely: that the signature does not verify is certain, bytes altered on the way would look the same.",
        "Compare the public keys of both files.",
        _WRONG_KEY, "RFC 8446 section 4.4.3",
    ),
    Entry(
        "inner-altered", "inner", "The inner handshake was altered on its way",
        "Alert decrypt_error (51) or bad_record_mac (20) at the inner level, Finished does not verify.",
        "A defect in one of the stacks: nobody on the path can reach the inner bytes.",
        "Likely.",
        "The logs of both ends.",
        _LOGS, "RFC 8446 section 4.4.4",
    ),
    Entry(
        "inner-reset", "inner", "Reset in the inner handshake",
        "RST while the inner handshake is under way, without an alert.",
        "The end that sent it was stopped, or refuses without words.",
        "Possible.",
        "The log of the end that reset it.",
        _LOGS, "network",
    ),
    Entry(
        "inner-closed", "inner", "Closed in the inner handshake",
        "FIN or close_notify while the inner handshake is under way, without an alert.",
        "The end that closed refuses without words, or was stopped.",
        "Possible.",
        "The log of the end that closed it.",
        _LOGS, "network",
    ),
    Entry(
        "inner-stalled", "inner", "The inner handshake stalls",
        "One side owes the next message and sends none.",
        "A client whose mTLS key has a passphrase waits for somebody to type it; an HSM that is overloaded.",
        "Likely.",
        "The client's terminal and log.",
        "on the client: remove the passphrase of the mTLS key (`openssl pkey -in KEY -out KEY2`) if it has one; else "
        "read both logs",
        "AWS documentation: known issues for hsm2m",
    ),
    # ------------------------------------------------------------------ after
    Entry(
        "lost-by-reset", "after", "An established connection was reset",
        "RST in mid-session, with no close before it.",
        "The program at that end was killed or crashed, or something between cut the connection.",
        "Likely.",
        "The log of the end in whose name it came; the TTL of the RST.",
        _LOGS, "network; seen: `The underlying Provider connection was lost`",
    ),
    Entry(
        "lost-by-close", "after", "The server closed in mid-session",
        "FIN from the server, without close_notify, while a request waits for its answer.",
        "The HSM or its host was stopped or replaced.",
        "Likely.",
        "State changes of the HSM at that time (CloudTrail).",
        "nothing to change if the client reconnects to another HSM; run at least two HSMs in two zones",
        "seen: `The underlying Provider connection was lost`",
    ),
    Entry(
        "lost-in-silence", "after", "An established connection went dead",
        "Data is retransmitted in mid-session and never acknowledged.",
        "The other machine went down, or a filter on the path began to drop the connection.",
        "Likely.",
        "A capture on the other side; changes to security groups at that time.",
        "check the HSM's state and recent changes to security groups and network ACLs on the path",
        "network",
    ),
    Entry(
        "lost-by-alert", "after", "An established connection was ended by an alert",
        "A fatal alert in mid-session.",
        "Its sender could not accept a record or message.",
        "Likely.",
        "The log of its sender.",
        _LOGS, "RFC 8446 section 6.2",
    ),
    Entry(
        "idle-dropped", "after", "The connection was forgotten while idle",
        "A long silence, then a packet that is answered by RST or not at all.",
        "Connection tracking on the way dropped the idle connection: 350 s on Nitro v6 instances, NAT gateways and "
        "load balancers, otherwise settable.",
        "Likely.",
        "The length of the silence against the timeouts on the path.",
        _KEEP_ALIVE, "AWS EC2 API: ConnectionTrackingConfiguration",
    ),
    Entry(
        "half-open", "after", "The other end had forgotten the connection",
        "Data in mid-session is answered by RST at once.",
        "Its machine was restarted or replaced and has no memory of the connection.",
        "Likely.",
        "The HSM's state changes at that time.",
        "nothing to change if the client reconnects; run at least two HSMs so that one restart goes unnoticed",
        "RFC 9293 section 3.5.1",
    ),
    Entry(
        "bounded-without-keys", "after", "Something inside the outer TLS failed; the keys are missing",
        "The outer TLS is established, and sizes, order and end of its records look like a handshake broken off.",
        "The inner handshake was probably refused; which side refused what can only be guessed.",
        "Possible, never more.",
        "The session keys of the outer (and in TLS 1.3 the inner) level.",
        "capture again while the client writes a key log (docs/session-keys.md says how), then analyze with --keys",
        "this program's own limits",
    ),
    Entry(
        "capture-ends", "capture", "The capture ends too early",
        "The last packet is a step of the handshake, shortly before the end of the capture.",
        "Nothing had gone wrong yet.",
        "Possible.",
        "A longer capture.",
        "capture until the client reports its failure",
        "this program's own limits",
    ),
)  # fmt: skip

ENTRIES = {entry.code: entry for entry in CATALOGUE}
