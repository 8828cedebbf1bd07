"""The same refusals by other TLS stacks: each has its own alerts, or none."""

from __future__ import annotations

from dataclasses import replace

from recording.case import OUTER12, OUTER13, Case, Plan, slots
from recording.faults.network import ready
from recording.faults.tls import witness
from recording.pki import certificate_file
from recording.programs import gnutls, gnutls_server, jsse

_ONLY = {"tls12": "NORMAL:-VERS-ALL:+VERS-TLS1.2", "tls13": "NORMAL:-VERS-ALL:+VERS-TLS1.3"}
_OUTER = {"tls12": OUTER12, "tls13": OUTER13}
_PROTOCOL = {"tls12": "TLSv1.2", "tls13": "TLSv1.3"}

_REFUSED = Plan(
    outcome="failed",
    stage="outer-certificates",
    slots=slots("pass", "unknown", "unknown"),
    server_does=witness,
    patience=10.0,
)
_MISSING = replace(_REFUSED, slots=slots("pass", "fail", "unknown"))


def _case(name: str, title: str, what: str, look: str, plan: Plan) -> Case:
    return Case(
        name=f"causes/{name}",
        title=title,
        what=what,
        look=look,
        connections=(plan,),
        verdict="fail",
        prepare=ready,
    )


def _gnutls(version: str) -> tuple[Case, Case]:
    only = f"--priority={_ONLY[version]}"
    anchor = f"--x509cafile={certificate_file('customerCA')}"
    return (
        _case(
            f"gnutls-server-certificate-refused-{version}",
            f"GnuTLS refuses the server certificate, {version}",
            "A client of GnuTLS with another trust store.",
            "Who refused, by whatever alert GnuTLS sends or does not send.",
            replace(_REFUSED, outer=_OUTER[version], client_does=gnutls(only, anchor)),
        ),
        _case(
            f"gnutls-client-certificate-missing-{version}",
            f"GnuTLS without a client certificate, {version}",
            "A client of GnuTLS that takes any server certificate and has none of its own.",
            "The client certificate is missing.",
            replace(_MISSING, outer=_OUTER[version], client_does=gnutls(only, "--insecure")),
        ),
    )


def _gnutls_server(version: str) -> tuple[Case, Case]:
    anchor = f"--x509cafile={certificate_file('default-client-ca')}"
    options = (
        f"--priority={_ONLY[version]}",
        anchor,
        "--require-client-cert",
        "--verify-client-cert",
    )
    plan = replace(_MISSING, unheard=True, server_does=gnutls_server("21a10654", *options))
    # In TLS 1.3 the client thinks that it is connected and asks for the server's version.
    plan = replace(plan, exchange=version == "tls13")
    return (
        _case(
            f"gnutls-client-certificate-refused-{version}",
            f"A server of GnuTLS refuses the client's certificate, {version}",
            "A server of GnuTLS that does not know the issuer of the client's certificate.",
            "Who refused, by whatever alert GnuTLS sends or does not send.",
            replace(
                plan,
                outer=replace(_OUTER[version], client="stranger"),
                late_alerts=(("server", 42),),
            ),
        ),
        _case(
            f"gnutls-client-certificate-demanded-{version}",
            f"A server of GnuTLS demands a client certificate, {version}",
            "A server of GnuTLS that demands a certificate of a client that has none.",
            "The client certificate is missing.",
            replace(plan, outer=replace(_OUTER[version], client=None)),
        ),
    )


def _jsse(version: str) -> tuple[Case, Case]:
    return (
        _case(
            f"jsse-server-certificate-refused-{version}",
            f"Java refuses the server certificate, {version}",
            "A client of JSSE that trusts the JDK's CAs.",
            "Who refused; Java's alert is certificate_unknown.",
            replace(
                _REFUSED, outer=_OUTER[version], client_does=jsse(_PROTOCOL[version], "strict")
            ),
        ),
        _case(
            f"jsse-client-certificate-missing-{version}",
            f"Java without a client certificate, {version}",
            "A client of JSSE that takes any server certificate and has none of its own.",
            "The client certificate is missing.",
            replace(
                _MISSING, outer=_OUTER[version], client_does=jsse(_PROTOCOL[version], "trusting")
            ),
        ),
    )


CASES = (
    *_gnutls("tls12"),
    *_gnutls("tls13"),
    *_gnutls_server("tls12"),
    *_gnutls_server("tls13"),
    *_jsse("tls12"),
    *_jsse("tls13"),
)
