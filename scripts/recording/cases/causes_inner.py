"""Outer TLS stands; what lies inside it does not come about."""

from __future__ import annotations

from dataclasses import replace

from recording.case import INNER12, OUTER13, TLS13, Case, Level, Plan, slots
from recording.faults.scripts import (
    closes_outer,
    closes_tcp,
    exchanges,
    in_turn,
    inner,
    keeps_open,
    leaves,
    outer,
    patient,
    takes_plaintext,
    waits,
)
from recording.faults.tls import flips_inner_finished, reads_inner_flight, refuses, witness
from recording.faults.tlslite import other_key, other_key_server
from recording.lab import HSMS

_INTERNAL_ERROR = 80
MTLS = ("--etc", "captures/pki/etc/sdk5-mtls", "--server-certs", "captures/pki/certs")
MTLS_ANCHOR = (*MTLS, "--mtls-anchors", "captures/pki/mtls/list-trust-anchors.json")

_HELLO = Plan(outcome="failed", stage="inner-hello", slots=slots("pass", "pass", "unknown"))
_SHOWN = Plan(outcome="failed", stage="inner-certificates", slots=slots("pass", "pass", "pass"))
_BAD_CLUSTER = replace(_SHOWN, slots=slots("pass", "pass", "fail"))
_LIMITED = Plan(
    outcome="unfinished",
    stage="outer-established",
    inner=None,
    exchange=True,
    slots=slots("pass", "pass", "unknown"),
)

# SDK 5 with a custom client certificate on the outer level and mTLS on the inner one.
_MTLS = Level(
    version=INNER12.version,
    server="cluster",
    client="mtls-client",
    client_trusts=("customerCA",),
    server_trusts=("mtls-root",),
)
_MTLS_OUTER = replace(OUTER13, client="ssl-client")


def _mtls(inner_level: Level, inner_client: str) -> Plan:
    return replace(
        _SHOWN,
        outer=_MTLS_OUTER,
        inner=inner_level,
        slots=slots("pass", "pass", "pass", inner_client),
    )


def _case(name: str, title: str, what: str, look: str, *plans: Plan, **more: object) -> Case:
    words = {"verdict": "fail", **more}
    return Case(
        name=f"causes/{name}", title=title, what=what, look=look, connections=plans, **words
    )  # type: ignore[arg-type]


def _both_versions(
    name: str, title: str, what: str, look: str, plan: Plan, **more: object
) -> tuple[Case, Case]:
    """The same with an inner TLS 1.2 and an inner TLS 1.3."""
    assert plan.inner is not None
    newer = replace(plan, inner=replace(plan.inner, version=TLS13))
    return (
        _case(f"{name}-tls12", f"{title}, inner TLS 1.2", what, look, plan, **more),
        _case(f"{name}-tls13", f"{title}, inner TLS 1.3", what, look, newer, **more),
    )


CASES = (
    # ------------------------------------------------------------------ between
    _case(
        "no-inner-tls",
        "The client has no customerCA.crt and stays in limited-commands mode",
        "As the SDK 3 management tool logs it without an owner certificate: version exchange, then no inner TLS. "
        "The behaviour is known from logs; the bytes are of our making.",
        "The outer TLS is fine, nothing but the version exchange passes in it.",
        replace(
            _LIMITED,
            client_does=in_turn(outer, exchanges, waits(0.3), closes_outer),
            server_does=in_turn(outer, exchanges, closes_outer),
        ),
        verdict="unknown",
    ),
    _case(
        "closed-after-version-exchange",
        "The server closes after the version exchange",
        "As a server may do with an SDK past its end of support. AWS says that such connections might be refused, not "
        "where; the behaviour is imitated.",
        "The server closes when it knows the client's version.",
        replace(
            _LIMITED,
            client_does=in_turn(outer, exchanges, waits(0.3), leaves),
            server_does=in_turn(outer, exchanges, leaves),
        ),
        verdict="unknown",
    ),
    # ------------------------------------------------------------------ inner
    *_both_versions(
        "cluster-certificate-refused",
        "The client has another cluster's customerCA.crt",
        "The HSM shows its cluster certificate; the client's customerCA.crt is another one of the same name, and so is "
        "the one handed to the analyzer.",
        "The client refuses the cluster certificate; customerCA.crt on the client is the file to change.",
        replace(
            _BAD_CLUSTER,
            outer=OUTER13,
            inner=replace(INNER12, client_trusts=("customerCA-regenerated",)),
        ),
        arguments=("--etc", "captures/pki/etc/sdk3-regenerated-ca"),
    ),
    _case(
        "cluster-certificate-refused-good-file",
        "The client's customerCA.crt is not the one handed to the analyzer",
        "The HSM shows the right cluster certificate, and the client refuses it.",
        "The certificate is the expected one: the client's own file differs.",
        replace(_SHOWN, inner=replace(INNER12, client_trusts=("customerCA-other",))),
    ),
    *_both_versions(
        "cluster-certificate-left",
        "The client refuses the cluster certificate as the vendor's code does: it closes cleanly",
        "The log of a sibling product shows that its client sends close_notify instead of an alert when the cluster "
        "certificate's signature does not verify. Imitated: the client reads the HSM's flight and closes.",
        "No alert; the client closes right after the cluster certificate, which its customerCA.crt did not issue.",
        replace(
            _BAD_CLUSTER,
            outer=OUTER13,
            client_does=in_turn(outer, reads_inner_flight, leaves),
        ),
        arguments=("--etc", "captures/pki/etc/sdk3-regenerated-ca"),
    ),
    _case(
        "mtls-expired",
        "The client's mTLS certificate has expired",
        "It was valid until 2020.",
        "The date.",
        _mtls(replace(_MTLS, client="mtls-client-expired"), "fail"),
        arguments=MTLS_ANCHOR,
    ),
    _case(
        "inner-stalled",
        "The client's mTLS key has a passphrase",
        "The client waits at its terminal for the passphrase when the HSM asks for its certificate; nobody is there. "
        "Imitated: the client reads the HSM's flight and says nothing.",
        "The client owes its flight.",
        replace(
            _mtls(_MTLS, ""),
            outcome="unfinished",
            incomplete="unfinished",
            patience=3.0,
            slots=slots("pass", "pass", "pass", "unknown"),
            client_does=in_turn(outer, reads_inner_flight, waits(2.6), keeps_open),
            server_does=in_turn(outer, patient(inner)),
        ),
        # The client's next connection of its pool: the capture goes on.
        replace(
            _mtls(_MTLS, "pass"), server=HSMS[1], outcome="established", stage="inner-established"
        ),
        arguments=MTLS,
        verdict="unknown",
    ),
    _case(
        "server-gave-up",
        "The server gives up waiting for a client that hangs in the inner handshake",
        "As `inner-stalled`, and after 3 s the server closes.",
        "The wait, and who ended it.",
        replace(
            _mtls(_MTLS, ""),
            patience=3.0,
            slots=slots("pass", "pass", "pass", "unknown"),
            client_does=in_turn(outer, reads_inner_flight, waits(3.4), leaves),
        ),
        arguments=MTLS,
    ),
    _case(
        "inner-refused",
        "The HSM answers the inner ClientHello with internal_error",
        "The HSM has an error of its own and says so instead of a ServerHello.",
        "Alert internal_error at the inner level and no ServerHello.",
        replace(_HELLO, server_does=refuses("inner", _INTERNAL_ERROR)),
    ),
    _case(
        "inner-altered",
        "A bit of the client's inner Finished is flipped",
        "The client's last inner flight arrives altered.",
        "Alert bad_record_mac from the HSM at the inner level.",
        replace(_SHOWN, client_does=flips_inner_finished),
    ),
    _case(
        "mtls-key-mismatch",
        "The client's mTLS key does not belong to its certificate",
        "The client shows the registered mTLS chain and signs with another key. Made with tlslite-ng, as OpenSSL refuses "
        "to load such a pair.",
        "The signature does not verify: certificate and key are not a pair.",
        replace(
            _mtls(_MTLS, "pass"),
            outer=replace(_MTLS_OUTER, version=INNER12.version),
            server_does=witness,
            client_does=other_key("mtls-client", "mtls-client-other", "inner"),
        ),
        arguments=MTLS_ANCHOR,
    ),
    _case(
        "inner-server-key-mismatch",
        "The HSM does not hold the key of the cluster certificate",
        "Who answers shows the cluster certificate and signs with another key. Made with tlslite-ng.",
        "The certificate is the expected one; the signature in the handshake does not verify.",
        replace(
            _SHOWN,
            unheard=True,
            server_does=other_key_server("cluster", "cluster-b", "inner"),
        ),
    ),
    _case(
        "inner-closed",
        "The server closes in the inner handshake",
        "The server takes the inner ClientHello and closes TCP.",
        "FIN by the server after the inner ClientHello, without an alert.",
        replace(_HELLO, outer=OUTER13, server_does=in_turn(outer, takes_plaintext(), closes_tcp)),
    ),
)
