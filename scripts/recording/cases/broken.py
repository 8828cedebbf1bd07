"""Connections that end for other reasons than a certificate."""

from __future__ import annotations

from dataclasses import replace

from recording.case import (
    INNER12,
    INNER13,
    OUTER12,
    OUTER13,
    TLS12,
    TLS13,
    Case,
    Level,
    Plan,
    slots,
)
from recording.lab import NO_HSM, Lab
from recording.peers import End

_AES128, _AES256 = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"
_NOTHING = slots("unknown", "unknown", "unknown")


def resets_after_the_hello(end: End) -> None:
    """The host takes the ClientHello and resets."""
    assert end.socket is not None
    end.socket.recv(1 << 14)
    end.reset()


def resets_after_the_inner_hello(end: End) -> None:
    """The host takes the inner ClientHello and resets."""
    end.shake_outer()
    end.exchange()
    end.plan.form.take(end.receive)
    end.reset()


def drops_port_2223(lab: Lab) -> None:
    """A security group that does not let the client in: packets are dropped without an answer."""
    lab.router.nft(
        "table ip security { chain group { type filter hook forward priority 0; tcp dport 2223 drop; }; }"
    )


def _outer(level: Level) -> Plan:
    """Fails right after the outer ClientHello."""
    return Plan(outer=level, outcome="failed", stage="outer-hello", slots=_NOTHING)


def _inner(level: Level, outer: Level) -> Plan:
    """Fails right after the inner ClientHello."""
    return Plan(
        outer=outer,
        inner=level,
        exchange=True,
        outcome="failed",
        stage="inner-hello",
        slots=slots("pass", "pass", "unknown"),
    )


def _unopened(**more: object) -> Plan:
    """TCP does not come about."""
    plan = Plan(listens=False, patience=3.5, outcome="failed", stage="none", slots=_NOTHING)
    return replace(plan, **more)  # type: ignore[arg-type]


CASES = (
    Case(
        name="outer-version-mismatch",
        title="No TLS version in common, outer",
        what="The client speaks TLS 1.2 only, the host TLS 1.3 only.",
        look="protocol_version (70) by the host instead of a ServerHello.",
        connections=(_outer(replace(OUTER12, server_version=TLS13)),),
        verdict="fail",
    ),
    Case(
        name="inner-version-mismatch",
        title="No TLS version in common, inner",
        what="The outer TLS 1.3 stands; inside it the client speaks TLS 1.3 only, the HSM TLS 1.2 only.",
        look="protocol_version (70) by the HSM on the inner level; the outer slots pass.",
        connections=(_inner(replace(INNER13, server_version=TLS12), OUTER13),),
        verdict="fail",
    ),
    Case(
        name="outer-cipher-mismatch",
        title="No cipher suite in common, outer",
        what="The client offers one suite, the host knows another one.",
        look="handshake_failure (40) without a ServerHello: not the same as 40 after an empty Certificate.",
        connections=(_outer(replace(OUTER12, ciphers=_AES128, server_ciphers=_AES256)),),
        verdict="fail",
    ),
    Case(
        name="inner-cipher-mismatch",
        title="No cipher suite in common, inner",
        what="The outer TLS stands; inside it client and HSM have no suite in common.",
        look="handshake_failure (40) by the HSM on the inner level, without a ServerHello.",
        connections=(_inner(replace(INNER12, ciphers=_AES256, server_ciphers=_AES128), OUTER12),),
        verdict="fail",
    ),
    Case(
        name="reset-after-client-hello",
        title="Reset after the outer ClientHello",
        what="The host takes the ClientHello and resets the TCP connection.",
        look="No TLS answer at all; TCP ended by the server's reset.",
        connections=(replace(_outer(OUTER13), server_does=resets_after_the_hello),),
        verdict="fail",
    ),
    Case(
        name="reset-after-inner-client-hello",
        title="Reset after the inner ClientHello",
        what="The outer TLS and the version exchange are fine; at the inner ClientHello the host resets.",
        look="The inner level has a ClientHello and no answer; TCP ended by the server's reset.",
        connections=(replace(_inner(INNER12, OUTER13), server_does=resets_after_the_inner_hello),),
        verdict="fail",
    ),
    Case(
        name="refused-port",
        title="Nobody listens on the port",
        what="The host is there, and no process listens on port 2223.",
        look="SYN, and a RST in answer.",
        connections=(_unopened(),),
        verdict="fail",
    ),
    Case(
        name="no-answer-to-syn",
        title="SYN without an answer",
        what="Between client and host packets to port 2223 are dropped silently, as a security group does.",
        look="The same SYN again, a second apart, and nothing else: no RST, no ICMP.",
        connections=(_unopened(),),
        prepare=drops_port_2223,
        made="The router dropped the packets by an nftables rule.",
        verdict="fail",
    ),
    Case(
        name="no-such-hsm",
        title="An address that no HSM has any more",
        what="The configured address is one of the HSMs' subnet that nobody has: the HSM was replaced, and "
        "the new one has another address.",
        look="SYNs, and after three seconds ICMP 'host unreachable' from the router; describe-clusters does "
        "not list the address.",
        connections=(_unopened(server=NO_HSM, patience=5.0),),
        arguments=(
            "--etc",
            "captures/pki/etc/sdk3",
            "--cluster",
            "captures/pki/describe-clusters.json",
        ),
        verdict="fail",
    ),
)
