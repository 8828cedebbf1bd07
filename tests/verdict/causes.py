"""The cause of each recording that failed or was lost: with all session keys, and with none.

Written from what each case's maker did (its README), not from what the program says: `certain`, `likely` or
`possible`, then the code; `-` where the connection has no cause, or none can be seen. A recording that is not listed
has no cause.
"""

CAUSES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "causes/address-not-in-cluster": (
        ("likely address-not-in-cluster",),
        ("likely address-not-in-cluster",),
    ),
    "causes/client-gave-up": (("likely client-gave-up",), ("likely client-gave-up",)),
    "causes/client-never-spoke": (
        (
            "likely client-never-spoke",
            "-",
        ),
        (
            "likely client-never-spoke",
            "-",
        ),
    ),
    "causes/clock-skew-client": (("likely clock-skew",), ("likely clock-skew",)),
    "causes/clock-skew-server-tls12": (("likely clock-skew",), ("likely clock-skew",)),
    "causes/clock-skew-server-tls13": (
        ("likely clock-skew",),
        ("likely outer-client-certificate-refused",),
    ),
    "causes/closed-after-outer": (("likely closed-after-outer",), ("likely closed-after-outer",)),
    "causes/closed-after-version-exchange": (("likely closed-after-version-exchange",), ("-",)),
    "causes/closed-before-tls": (("likely closed-before-tls",), ("likely closed-before-tls",)),
    "causes/cluster-certificate-left-tls12": (
        ("likely inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "causes/cluster-certificate-left-tls13": (
        ("likely inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "causes/cluster-certificate-refused-good-file": (
        ("likely inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "causes/cluster-certificate-refused-tls12": (
        ("certain inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "causes/cluster-certificate-refused-tls13": (
        ("certain inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "causes/fails-since-certificate-changed": (
        (
            "-",
            "-",
            "certain outer-server-certificate-refused",
            "certain outer-server-certificate-refused",
        ),
        (
            "-",
            "-",
            "likely outer-server-certificate-refused",
            "likely outer-server-certificate-refused",
        ),
    ),
    "causes/half-open": (("likely half-open",), ("possible half-open",)),
    "causes/host-unreachable": (("certain icmp-unreachable",), ("certain icmp-unreachable",)),
    "causes/icmp-prohibited": (("certain icmp-prohibited",), ("certain icmp-prohibited",)),
    "causes/idle-dropped": (("possible idle-dropped",), ("possible idle-dropped",)),
    "causes/idle-dropped-350s": (("likely idle-dropped",), ("likely idle-dropped",)),
    "causes/idle-reset": (("likely idle-dropped",), ("likely idle-dropped",)),
    "causes/inner-closed": (("possible inner-closed",), ("possible bounded-without-keys",)),
    "causes/inner-stalled": (
        (
            "likely inner-stalled",
            "-",
        ),
        (
            "-",
            "-",
        ),
    ),
    "causes/lost-by-alert": (("likely lost-by-alert",), ("-",)),
    "causes/lost-by-close": (("likely lost-by-close",), ("-",)),
    "causes/lost-by-reset": (("likely lost-by-reset",), ("possible lost-by-reset",)),
    "causes/lost-by-reset-client": (("likely lost-by-reset",), ("-",)),
    "causes/lost-in-silence": (("likely lost-in-silence",), ("likely peer-vanished",)),
    "causes/middlebox-certificate-tls12": (
        ("certain middlebox-certificate",),
        ("certain middlebox-certificate",),
    ),
    "causes/middlebox-certificate-tls13": (
        ("certain middlebox-certificate",),
        ("likely outer-server-certificate-refused",),
    ),
    "causes/mtls-expired": (
        ("certain inner-client-certificate-expired",),
        ("possible bounded-without-keys",),
    ),
    "causes/mtu-black-hole-client": (("likely mtu-black-hole",), ("likely mtu-black-hole",)),
    "causes/mtu-black-hole-server": (
        ("likely mtu-black-hole", "-"),
        ("likely mtu-black-hole", "-"),
    ),
    "causes/mtu-icmp-ignored": (("certain mtu-icmp-ignored",), ("certain mtu-icmp-ignored",)),
    "causes/no-inner-tls": (("likely no-inner-tls",), ("-",)),
    "causes/not-tls-client": (("likely not-tls",), ("likely not-tls",)),
    "causes/not-tls-server": (("certain not-tls",), ("certain not-tls",)),
    "causes/one-hsm-refuses": (
        (
            "-",
            "certain inner-client-certificate-refused",
            "-",
            "certain inner-client-certificate-refused",
        ),
        (
            "-",
            "possible bounded-without-keys",
            "-",
            "possible bounded-without-keys",
        ),
    ),
    "causes/outer-client-certificate-refused-late": (
        ("certain outer-client-certificate-refused",),
        ("likely outer-client-certificate-refused",),
    ),
    "causes/outer-client-certificate-refused-silently": (
        ("likely outer-client-certificate-refused",),
        ("likely outer-client-certificate-refused",),
    ),
    "causes/outer-client-certificate-unknown-there-tls12": (
        ("certain outer-client-certificate-refused",),
        ("certain outer-client-certificate-refused",),
    ),
    "causes/outer-client-certificate-unknown-there-tls13": (
        ("certain outer-client-certificate-refused",),
        ("likely outer-client-certificate-refused",),
    ),
    "causes/outer-client-key-mismatch": (
        ("likely outer-client-key-mismatch",),
        ("likely outer-client-key-mismatch",),
    ),
    "causes/outer-closed": (("possible outer-closed",), ("possible outer-closed",)),
    "causes/outer-server-certificate-expired": (
        ("certain outer-server-certificate-expired",),
        ("certain outer-server-certificate-expired",),
    ),
    "causes/outer-server-certificate-refused-tls12": (
        ("certain outer-server-certificate-refused",),
        ("certain outer-server-certificate-refused",),
    ),
    "causes/outer-server-certificate-refused-tls13": (
        ("certain outer-server-certificate-refused",),
        ("likely outer-server-certificate-refused",),
    ),
    "causes/outer-stalled": (
        (
            "likely outer-stalled",
            "-",
        ),
        (
            "likely outer-stalled",
            "-",
        ),
    ),
    "causes/peer-vanished": (("likely peer-vanished",), ("likely peer-vanished",)),
    "causes/reconnect-loop": (
        (
            "certain inner-server-certificate-refused",
            "certain inner-server-certificate-refused",
            "certain inner-server-certificate-refused",
            "certain inner-server-certificate-refused",
        ),
        (
            "possible bounded-without-keys",
            "possible bounded-without-keys",
            "possible bounded-without-keys",
            "possible bounded-without-keys",
        ),
    ),
    "causes/refused-by-firewall": (("likely syn-refused",), ("likely syn-refused",)),
    "causes/reset-before-tls": (("likely reset-before-tls",), ("likely reset-before-tls",)),
    "causes/reset-from-between": (("likely reset-from-between",), ("likely reset-from-between",)),
    "causes/server-gave-up": (("likely server-gave-up",), ("-",)),
    "causes/syn-ack-refused": (("likely syn-ack-refused",), ("likely syn-ack-refused",)),
    "causes/syn-ack-unanswered": (("likely syn-ack-unanswered",), ("likely syn-ack-unanswered",)),
    "causes/zero-window": (("certain zero-window",), ("certain zero-window",)),
    "cluster-certificate-expired-tls12": (
        ("certain inner-server-certificate-expired",),
        ("possible bounded-without-keys",),
    ),
    "cluster-certificate-expired-tls13": (
        ("certain inner-server-certificate-expired",),
        ("possible bounded-without-keys",),
    ),
    "cluster-certificate-of-another-ca-tls12": (
        ("certain inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "cluster-certificate-of-another-ca-tls13": (
        ("certain inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "cluster-certificate-refused-without-alert": (
        ("likely inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "cluster-certificate-same-ca-name": (
        ("certain inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "customer-ca-regenerated": (
        ("certain inner-server-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "inner-cipher-mismatch": (("likely inner-suite-mismatch",), ("-",)),
    "inner-client-missing-tls12": (("certain inner-client-certificate-missing",), ("-",)),
    "inner-client-missing-tls13": (("certain inner-client-certificate-missing",), ("-",)),
    "inner-client-wrong-tls12": (
        ("certain inner-client-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "inner-client-wrong-tls13": (
        ("certain inner-client-certificate-refused",),
        ("possible bounded-without-keys",),
    ),
    "inner-version-mismatch": (("certain inner-version-mismatch",), ("-",)),
    "no-answer-to-syn": (("likely syn-unanswered",), ("likely syn-unanswered",)),
    "no-such-hsm": (("likely address-not-in-cluster",), ("likely address-not-in-cluster",)),
    "outer-cipher-mismatch": (("likely outer-suite-mismatch",), ("likely outer-suite-mismatch",)),
    "outer-client-absent-tls12": (
        ("certain outer-client-certificate-missing",),
        ("certain outer-client-certificate-missing",),
    ),
    "outer-client-absent-tls13": (
        ("certain outer-client-certificate-missing",),
        ("likely outer-client-certificate-missing",),
    ),
    "outer-client-expired-tls12": (
        ("certain outer-client-certificate-expired",),
        ("certain outer-client-certificate-expired",),
    ),
    "outer-client-expired-tls13": (
        ("certain outer-client-certificate-expired",),
        ("likely outer-client-certificate-refused",),
    ),
    "outer-client-stranger-tls12": (
        ("certain outer-client-certificate-refused",),
        ("certain outer-client-certificate-refused",),
    ),
    "outer-client-stranger-tls13": (
        ("certain outer-client-certificate-refused",),
        ("likely outer-client-certificate-refused",),
    ),
    "outer-client-stranger-tls13-early-hello": (
        ("certain outer-client-certificate-refused",),
        ("likely outer-client-certificate-refused",),
    ),
    "outer-only": (("likely no-inner-tls",), ("-",)),
    "outer-server-impostor-tls12": (
        ("certain outer-server-certificate-refused",),
        ("certain outer-server-certificate-refused",),
    ),
    "outer-server-impostor-tls13": (
        ("certain outer-server-certificate-refused",),
        ("likely outer-server-certificate-refused",),
    ),
    "outer-version-mismatch": (
        ("certain outer-version-mismatch",),
        ("certain outer-version-mismatch",),
    ),
    "own-record-headers": (("possible inner-not-found",), ("-",)),
    "refused-port": (("likely syn-refused",), ("likely syn-refused",)),
    "reset-after-client-hello": (("possible outer-reset",), ("possible outer-reset",)),
    "reset-after-inner-client-hello": (("possible inner-reset",), ("possible lost-by-reset",)),
    "three-hsms-one-of-another-ca": (
        (
            "-",
            "certain inner-server-certificate-refused",
            "-",
        ),
        (
            "-",
            "possible bounded-without-keys",
            "-",
        ),
    ),
    "causes/capture-ends": (("possible capture-ends",), ("possible capture-ends",)),
    "causes/hsm-not-active": (("likely hsm-not-active",), ("likely hsm-not-active",)),
    "causes/outer-server-key-mismatch": (
        ("likely outer-server-key-mismatch",),
        ("likely outer-server-key-mismatch",),
    ),
    "causes/outer-refused": (("likely outer-refused",), ("likely outer-refused",)),
    "causes/outer-altered": (("likely outer-altered",), ("likely outer-altered",)),
    "causes/inner-refused": (("likely inner-refused",), ("-",)),
    "causes/inner-altered": (("likely inner-altered",), ("-",)),
    "causes/inner-server-key-mismatch": (
        ("likely inner-server-key-mismatch",),
        ("possible bounded-without-keys",),
    ),
    "causes/mtls-key-mismatch": (
        ("likely inner-client-key-mismatch",),
        ("possible bounded-without-keys",),
    ),
    "causes/idle-timeout": (("-", "possible idle-dropped"), ("-", "possible idle-dropped")),
    "causes/gnutls-server-certificate-refused-tls12": (
        ("certain outer-server-certificate-refused",),
        ("certain outer-server-certificate-refused",),
    ),
    "causes/gnutls-client-certificate-missing-tls12": (
        ("certain outer-client-certificate-missing",),
        ("certain outer-client-certificate-missing",),
    ),
    "causes/gnutls-server-certificate-refused-tls13": (
        ("certain outer-server-certificate-refused",),
        ("likely outer-server-certificate-refused",),
    ),
    "causes/gnutls-client-certificate-missing-tls13": (
        ("certain outer-client-certificate-missing",),
        ("likely outer-client-certificate-missing",),
    ),
    "causes/jsse-server-certificate-refused-tls12": (
        ("certain outer-server-certificate-refused",),
        ("certain outer-server-certificate-refused",),
    ),
    "causes/jsse-client-certificate-missing-tls12": (
        ("certain outer-client-certificate-missing",),
        ("certain outer-client-certificate-missing",),
    ),
    "causes/jsse-server-certificate-refused-tls13": (
        ("certain outer-server-certificate-refused",),
        ("likely outer-server-certificate-refused",),
    ),
    "causes/jsse-client-certificate-missing-tls13": (
        ("certain outer-client-certificate-missing",),
        ("likely outer-client-certificate-missing",),
    ),
    "causes/gnutls-client-certificate-refused-tls12": (
        ("certain outer-client-certificate-refused",),
        ("certain outer-client-certificate-refused",),
    ),
    "causes/gnutls-client-certificate-demanded-tls12": (
        ("certain outer-client-certificate-missing",),
        ("certain outer-client-certificate-missing",),
    ),
    "causes/gnutls-client-certificate-refused-tls13": (
        ("certain outer-client-certificate-refused",),
        ("likely outer-client-certificate-refused",),
    ),
    "causes/gnutls-client-certificate-demanded-tls13": (
        ("certain outer-client-certificate-missing",),
        ("likely outer-client-certificate-missing",),
    ),
}
