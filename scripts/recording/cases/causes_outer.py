"""Outer handshakes that break: who refuses whom, in TLS 1.2 and in TLS 1.3, with and without an alert."""

from __future__ import annotations

from dataclasses import replace

from recording.case import OUTER12, OUTER13, TLS13, Case, Plan, slots
from recording.faults.scripts import (
    closes_tcp,
    in_turn,
    leaves,
    outer,
    takes,
    waits,
)
from recording.faults.tls import clock, flips_outer_finished, refuses, server_flight, witness
from recording.faults.tlslite import other_key, other_key_server

AES128 = "ECDHE-RSA-AES128-GCM-SHA256"
AES256 = "ECDHE-RSA-AES256-GCM-SHA384"

_HELLO = Plan(outcome="failed", stage="outer-hello", slots=slots("unknown", "unknown", "unknown"))
_SHOWN = Plan(
    outcome="failed", stage="outer-certificates", slots=slots("pass", "unknown", "unknown")
)
_BOTH = replace(_SHOWN, slots=slots("pass", "pass", "unknown"))
_BAD_CLIENT = replace(_SHOWN, slots=slots("pass", "fail", "unknown"))

# As a machine with an empty clock battery, and one that is years ahead.
_IN_2060 = 2_840_000_000
_INTERNAL_ERROR = 80


def _case(name: str, title: str, what: str, look: str, plan: Plan, **more: object) -> Case:
    words = {"verdict": "fail", **more}
    return Case(
        name=f"causes/{name}", title=title, what=what, look=look, connections=(plan,), **words
    )  # type: ignore[arg-type]


def _both_versions(
    name: str, title: str, what: str, look: str, plan: Plan, **more: object
) -> tuple[Case, Case]:
    """The same in TLS 1.2 and in TLS 1.3."""
    # The client thinks that it is connected and asks for the server's version before it is refused.
    newer = replace(plan, outer=replace(plan.outer, version=TLS13), exchange=True)
    return (
        _case(f"{name}-tls12", f"{title}, TLS 1.2", what, look, plan, **more),
        _case(f"{name}-tls13", f"{title}, TLS 1.3", what, look, newer, **more),
    )


CASES = (
    *_both_versions(
        "outer-server-certificate-refused",
        "The client's trust store lacks the server certificate",
        "The server shows the expected certificate; the client trusts something else.",
        "The client sends the alert, so it is the server's certificate that is refused; the certificate itself is "
        "the expected one, so the client's own files are wrong.",
        replace(_SHOWN, outer=replace(OUTER12, client_trusts=("customerCA",))),
    ),
    *_both_versions(
        "middlebox-certificate",
        "A TLS-inspecting proxy answers in the server's place",
        "The server certificate is one that nobody expects; the client refuses it.",
        "Who issued the certificate that was presented.",
        replace(
            _SHOWN,
            outer=replace(OUTER12, server="stranger"),
            slots=slots("fail", "unknown", "unknown"),
        ),
    ),
    _case(
        "outer-server-certificate-expired",
        "The server certificate has expired",
        "Who answers shows a certificate of 2019; the client knows its issuer and refuses it by its date.",
        "Alert certificate_expired and dates that agree with it.",
        replace(
            _SHOWN,
            outer=replace(OUTER12, server="ssl-client-expired", client_trusts=("customerCA",)),
            slots=slots("fail", "unknown", "unknown"),
        ),
    ),
    *_both_versions(
        "outer-client-certificate-unknown-there",
        "The server refuses a client certificate that is the expected one",
        "The client shows the default client certificate; this server accepts only certificates of another CA.",
        "The certificate is the expected one, so the server's trust is the question.",
        replace(_BOTH, outer=replace(OUTER12, server_trusts=("customerCA-other",))),
    ),
    _case(
        "outer-client-certificate-refused-late",
        "The server refuses the client's certificate when the inner ClientHello is under way, TLS 1.3",
        "As `outer-client-certificate-refused-tls13`; the client, which thinks it is connected, begins the inner TLS "
        "at once.",
        "An inner ClientHello without an answer; it is the outer client certificate that is refused.",
        replace(_BAD_CLIENT, outer=replace(OUTER13, client="stranger"), stage="inner-hello"),
    ),
    _case(
        "outer-client-certificate-refused-silently",
        "The server closes without an alert when it has seen the client's certificate",
        "The client shows a certificate that nobody expects, and the server closes TCP without a word.",
        "No alert at all: the certificate, and who closed when, are the evidence.",
        replace(
            _BAD_CLIENT,
            outer=replace(OUTER12, client="stranger"),
            server_does=in_turn(server_flight, takes(), closes_tcp),
        ),
    ),
    *_both_versions(
        "clock-skew-server",
        "The server's clock is years ahead",
        "The client's certificate is valid, and the server, which believes it is the year 2060, refuses it as expired.",
        "Alert certificate_expired against dates that are fine.",
        replace(_BOTH, server_does=clock(_IN_2060)),
    ),
    _case(
        "clock-skew-client",
        "The client's clock is years ahead",
        "The server's certificate is valid, and the client, which believes it is the year 2060, refuses it as expired.",
        "Alert certificate_expired against dates that are fine.",
        replace(_SHOWN, client_does=clock(_IN_2060)),
    ),
    _case(
        "outer-client-key-mismatch",
        "The client's key does not belong to its certificate",
        "The client shows the default client certificate and signs with another key. Made with tlslite-ng, as OpenSSL "
        "refuses to load such a pair.",
        "The signature does not verify: certificate and key are not a pair.",
        replace(_BOTH, server_does=witness, client_does=other_key("client", "stranger")),
    ),
    _case(
        "outer-server-key-mismatch",
        "The server does not hold the key of the certificate it shows",
        "The server shows AWS's certificate and signs with another key. Made with tlslite-ng, as OpenSSL refuses to load "
        "such a pair.",
        "The certificate is the expected one; the signature in the handshake does not verify.",
        replace(
            _SHOWN,
            unheard=True,
            server_does=other_key_server("21a10654", "21a10654-impostor"),
        ),
    ),
    _case(
        "outer-refused",
        "The server answers the ClientHello with internal_error",
        "The server has an error of its own and says so instead of a ServerHello.",
        "Alert internal_error and no ServerHello.",
        replace(_HELLO, server_does=refuses("outer", _INTERNAL_ERROR)),
    ),
    _case(
        "outer-altered",
        "A bit of the client's Finished is flipped on its way",
        "Something between alters the client's last flight.",
        "Alert bad_record_mac from the server after a handshake that was fine so far.",
        replace(_BOTH, client_does=flips_outer_finished),
    ),
    _case(
        "outer-closed",
        "The server closes after the ClientHello",
        "The server takes the ClientHello and closes TCP.",
        "FIN by the server in the outer handshake, without an alert.",
        replace(_HELLO, server_does=in_turn(takes(), closes_tcp)),
    ),
    _case(
        "closed-after-outer",
        "The server closes as soon as the outer TLS stands",
        "The server accepts the client's certificate and closes in order before a byte passes.",
        "Outer TLS established, nothing in it, the server closes first.",
        Plan(
            outcome="unfinished",
            stage="outer-established",
            inner=None,
            slots=slots("pass", "pass", "unknown"),
            server_does=in_turn(outer, leaves),
            client_does=in_turn(outer, waits(0.2), leaves),
        ),
        verdict="unknown",
    ),
)
