"""What alerts mean, and what clients write in their logs: the words that users look up.

Both lead to causes of the catalogue. Log texts are what AWS documents and what logs of real clients, and of
sibling products on the same code, show.
"""

from __future__ import annotations

from typing import NamedTuple


class AlertMeaning(NamedTuple):
    """An alert. Whatever it says, its *sender* did not accept what the *other* side had sent.

    Attributes:
        code: AlertDescription. means: what its sender says. here: what it mostly comes from on this link.
        causes: codes of the catalogue.
    """

    code: int
    means: str
    here: str = ""
    causes: tuple[str, ...] = ()


class LogMessage(NamedTuple):
    """Something a client prints or logs.

    Attributes:
        text: the telling part of it. program: who writes it. means: what it comes from.
        causes: codes of the catalogue; () where nothing of it shows in a capture.
        source: whence it is known.
    """

    text: str
    program: str
    means: str
    causes: tuple[str, ...]
    remedy: str
    source: str


_CERTIFICATES = (
    "outer-server-certificate-refused",
    "outer-client-certificate-refused",
    "inner-server-certificate-refused",
    "inner-client-certificate-refused",
)

# RFC 8446 section 6, RFC 5246 section 7.2 and the IANA registry, by number.
ALERTS = (
    AlertMeaning(0, "its sender will send nothing more: an orderly close", "the vendor's client also closes this way "
                 "when it refuses the cluster certificate", ("inner-server-certificate-refused",)),
    AlertMeaning(10, "a message came that does not belong there", "", ("outer-refused", "inner-refused")),
    AlertMeaning(20, "a record did not verify under the keys", "bytes altered on the way, or a defective stack",
                 ("outer-altered", "inner-altered", "lost-by-alert")),
    AlertMeaning(40, "no acceptable set of parameters", "without ServerHello: no common suite; after an empty client "
                 "Certificate: the client certificate is missing", ("outer-suite-mismatch", "inner-suite-mismatch",
                 "outer-client-certificate-missing", "inner-client-certificate-missing")),
    AlertMeaning(41, "SSL 3.0: no certificate to show", "", ("outer-client-certificate-missing",)),
    AlertMeaning(42, "the other side's certificate is corrupt or does not verify", "", _CERTIFICATES),
    AlertMeaning(43, "the other side's certificate is of a kind that is not supported", "", _CERTIFICATES),
    AlertMeaning(44, "the other side's certificate was revoked", "", _CERTIFICATES),
    AlertMeaning(45, "the other side's certificate is outside its validity", "look at the clocks too",
                 ("outer-server-certificate-expired", "outer-client-certificate-expired",
                 "inner-server-certificate-expired", "inner-client-certificate-expired", "clock-skew")),
    AlertMeaning(46, "something else is wrong with the other side's certificate", "", _CERTIFICATES),
    AlertMeaning(47, "a field of a message is out of range or contradicts another", "",
                 ("outer-refused", "inner-refused")),
    AlertMeaning(48, "the issuer of the other side's certificate is not among the sender's trust anchors",
                 "often read backwards: it is the sender that does not know the other side's CA", _CERTIFICATES),
    AlertMeaning(49, "the certificate is valid, and its owner may still not come in", "", _CERTIFICATES),
    AlertMeaning(50, "a message could not be decoded", "", ("outer-refused", "inner-refused")),
    AlertMeaning(51, "a signature or Finished did not verify", "the key does not belong to the certificate",
                 ("outer-client-key-mismatch", "inner-client-key-mismatch", "outer-altered")),
    AlertMeaning(70, "the offered TLS version is not supported", "",
                 ("outer-version-mismatch", "inner-version-mismatch")),
    AlertMeaning(71, "the offered suites are too weak for the sender", "",
                 ("outer-suite-mismatch", "inner-suite-mismatch")),
    AlertMeaning(80, "an error of the sender's own", "ask the sender's log", ("outer-refused", "inner-refused")),
    AlertMeaning(86, "the client fell back to an older version without need", "",
                 ("outer-version-mismatch", "inner-version-mismatch")),
    AlertMeaning(90, "the user cancelled the handshake", ""),
    AlertMeaning(100, "no renegotiation (a warning)", ""),
    AlertMeaning(109, "an extension that TLS 1.3 demands is missing", "", ("outer-refused", "inner-refused")),
    AlertMeaning(110, "an extension that was not offered", "", ("outer-refused", "inner-refused")),
    AlertMeaning(112, "no server of that name", "", ("outer-refused", "inner-refused")),
    AlertMeaning(116, "TLS 1.3: a client certificate is demanded and none came", "",
                 ("outer-client-certificate-missing", "inner-client-certificate-missing")),
    AlertMeaning(120, "no common application protocol (ALPN)", "", ("outer-refused", "inner-refused")),
)  # fmt: skip

_NETWORK = ("syn-unanswered", "address-not-in-cluster", "syn-refused", "icmp-prohibited")
_LOST = ("lost-by-reset", "lost-by-close", "lost-in-silence", "idle-dropped", "half-open")

LOG_MESSAGES = (
    LogMessage("Failed to initialize hsm1 context", "SDK 5", "the client reached no HSM; mostly the network",
               _NETWORK, "look at the TCP part of the report first", "seen in reports of users"),
    LogMessage("LIQUIDSECURITY: Daemon socket connection error", "SDK 3",
               "the program cannot reach the local daemon, or the daemon has no HSM", _NETWORK,
               "start cloudhsm_client (it logs `libevmulti_init: Ready !`); if it runs, configure -a with the address "
               "of an ACTIVE HSM", "AWS user guide: troubleshooting-lost-connection"),
    LogMessage("Cfm3Initialize() returned 0x40000040", "SDK 3", "the local daemon does not run; nothing is sent on 2223",
               (), "start cloudhsm_client", "seen in reports of users"),
    LogMessage("LIQUIDSECURITY: Invalid Operation", "SDK 3", "the daemon lost its HSM",
               ("address-not-in-cluster", *_LOST), "configure -a with the address of an ACTIVE HSM, restart the client",
               "AWS user guide: troubleshooting-lost-connection"),
    LogMessage("unable to ... Certificate ERROR: [ certificate signature failure ]", "SDK 3 management tool",
               "the cluster certificate is not signed by the client's customerCA.crt",
               ("inner-server-certificate-refused",),
               "copy customerCA.crt from the machine that initialized the cluster",
               "seen in logs of a sibling product"),
    LogMessage("shutdown_ssl_socket: SSL_shutdown sent close_notify alert", "SDK 3 daemon",
               "the client closed the inner TLS in order, as it does when it refuses the cluster certificate",
               ("inner-server-certificate-refused",), "compare customerCA.crt with the cluster certificate's issuer",
               "seen in logs of a sibling product"),
    LogMessage("Server is in unencrypted mode now... running in limited commands mode", "SDK 3 management tool",
               "no owner certificate (customerCA.crt) on the client, so no inner TLS is begun", ("no-inner-tls",),
               "place customerCA.crt where the .cfg names it", "seen in logs of a sibling product"),
    LogMessage("owner certificate not exist at given path", "SDK 3 management tool",
               "customerCA.crt is missing", ("no-inner-tls",), "place customerCA.crt where the .cfg names it",
               "seen in logs of a sibling product"),
    LogMessage("HSM is disconnected", "SDK 5", "the connection ended; with mTLS enforced, often because the client "
               "showed no certificate", ("inner-client-certificate-missing", "inner-client-certificate-refused", *_LOST),
               "configure the mTLS certificate and key, or look at how the connection ended",
               "seen in reports of users"),
    LogMessage("Could not read configuration-referenced file client_cert_hsm_tls_path at location", "SDK 5",
               "the mTLS path in the .cfg is empty or wrong; nothing is sent", (),
               "correct or delete client_cert_hsm_tls_path in the .cfg", "seen in reports of users"),
    LogMessage("Config key hostname has invalid value %%HSM_IP_ADDRESS%%", "SDK 5",
               "the .cfg was never configured; nothing is sent", (), "run configure -a with the address of an HSM",
               "seen in reports of users"),
    LogMessage("Failed to prepare E2E response. Error: Received error response code from Server. Response Code: 187",
               "SDK 5", "the HSM is throttling: TLS works, the HSM cannot keep up", (),
               "retry with back-off; add HSMs to the cluster", "AWS documentation: HSM throttling"),
    LogMessage("HSM could not queue the request", "SDK 5 JCE", "the HSM is throttling", (),
               "retry with back-off; add HSMs to the cluster", "AWS documentation: HSM throttling"),
    LogMessage("CKR_FUNCTION_FAILED", "PKCS #11", "among others: the HSM is throttling", (),
               "look for Response Code 187 in the client's log", "AWS documentation: HSM throttling"),
    LogMessage("The underlying Provider connection was lost", "SDK 5 JCE", "a connection that was up was lost", _LOST,
               "look in the report at how it ended", "seen in reports of users"),
    LogMessage("Cannot perform the requested key operation as the key must be available on at least 2 HSMs", "SDK 5",
               "fewer than two HSMs with key quorum on; TLS is fine", (),
               "add an HSM, or configure --disable-key-availability-check", "AWS documentation: key synchronization"),
    LogMessage("Discarding HSM response because it does not match a pending request", "SDK 5",
               "an unsolicited message from the server; harmless", (), "nothing", "seen in logs of real clients"),
    LogMessage("Version handshake with server succeeded", "SDK 5",
               "the outer TLS stands and the version exchange is done; the inner TLS comes next", (), "nothing",
               "seen in logs of real clients"),
)  # fmt: skip
