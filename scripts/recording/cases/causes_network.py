"""Connections that the network keeps from coming about."""

from __future__ import annotations

from dataclasses import replace

from recording.case import Case, Plan, slots
from recording.faults.network import DROP_BOTH, load, ready, rules, small_path
from recording.faults.scripts import (
    closes_tcp,
    does,
    in_turn,
    keeps_open,
    leaves,
    outer,
    patient,
    resets,
    says,
    takes,
    waits,
)
from recording.lab import HSMS, NO_HSM, Lab

NOTHING = slots("unknown", "unknown", "unknown")
ETC = ("--etc", "captures/pki/etc/sdk3")
CLUSTER = (*ETC, "--cluster", "captures/pki/describe-clusters.json")

_NO_TCP = Plan(listens=False, patience=3.5, outcome="failed", stage="none", slots=NOTHING)
_NO_TLS = Plan(outcome="failed", stage="tcp", slots=NOTHING)
_STALLED = Plan(
    outcome="unfinished", incomplete="unfinished", stage="outer-hello", slots=NOTHING, patience=3.0
)

# The client's next connection of its pool: the capture goes on.
_NEXT = Plan(server=HSMS[1])

# More than this does not pass, as on a path with a tunnel in it.
_SMALL_MTU = 1000


def _deaf_to_icmp(lab: Lab) -> None:
    small_path(lab)
    rules("client", "input", "icmp type destination-unreachable drop;")(lab)


CASES = (
    Case(
        name="causes/address-not-in-cluster",
        title="The client still uses the address of an HSM that was replaced",
        what="Nobody has the address any more, and the path drops what goes there.",
        look="The address is not in describe-clusters; the advice is `configure -a`.",
        connections=(replace(_NO_TCP, server=NO_HSM),),
        arguments=CLUSTER,
        verdict="fail",
        prepare=rules("router", "forward", f"ip daddr {NO_HSM} drop;"),
    ),
    Case(
        name="causes/host-unreachable",
        title="The last router finds nobody at that address",
        what="Nobody has the address; the router says so with ICMP host unreachable.",
        look="The ICMP and the router that sent it.",
        connections=(replace(_NO_TCP, server=NO_HSM, patience=5.0),),
        verdict="fail",
    ),
    Case(
        name="causes/icmp-prohibited",
        title="A firewall rejects the connection with ICMP",
        what="The router rejects port 2223 as administratively prohibited.",
        look="The ICMP and the machine that sent it.",
        connections=(_NO_TCP,),
        verdict="fail",
        prepare=rules(
            "router", "forward", "tcp dport 2223 reject with icmpx type admin-prohibited;"
        ),
    ),
    Case(
        name="causes/refused-by-firewall",
        title="A firewall rejects the connection with RST",
        what="The router answers the SYN with RST in the host's name.",
        look="It looks like a refusal by the host; that a firewall may have answered is said.",
        connections=(_NO_TCP,),
        verdict="fail",
        prepare=rules("router", "forward", "tcp dport 2223 reject with tcp reset;"),
    ),
    Case(
        name="causes/syn-ack-unanswered",
        title="The client never gets the SYN-ACK",
        what="The client's host firewall drops the answer behind the point of capture.",
        look="SYN and SYN-ACK again and again, no ACK.",
        connections=(replace(_NO_TCP, listens=True, outcome="unfinished"),),
        verdict="unknown",
        prepare=rules("client", "input", "tcp sport 2223 drop;"),
    ),
    Case(
        name="causes/syn-ack-refused",
        title="The client's machine answers the SYN-ACK with RST",
        what="The client's host firewall rejects the answer behind the point of capture, with RST to the server. The "
        "client's program never hears of it and asks again; the server, which has forgotten, answers with another "
        "sequence number.",
        look="SYN, SYN-ACK and RST again and again, in one connection; the client sent the RST.",
        connections=(replace(_NO_TCP, listens=True),),
        verdict="fail",
        prepare=rules("client", "input", "tcp sport 2223 reject with tcp reset;"),
    ),
    Case(
        name="causes/mtu-black-hole-server",
        title="The server's large packets vanish, without ICMP",
        what="The router drops packets over 1000 bytes that come from the host, as a path does whose ICMP is "
        "filtered: the server's flight with its certificate never arrives.",
        look="The ClientHello is acknowledged; bytes of the server's flight never arrive, later and smaller ones do.",
        connections=(
            replace(
                _STALLED,
                outcome="unseen",
                incomplete="unseen",
                unheard=True,
                client_does=patient(outer),
                server_does=patient(outer),
            ),
            _NEXT,
        ),
        verdict="unknown",
        prepare=rules("router", "forward", f"ip saddr {HSMS[0]} meta length > {_SMALL_MTU} drop;"),
    ),
    Case(
        name="causes/mtu-black-hole-client",
        title="The client's large packets vanish, without ICMP",
        what="The router drops packets over 1000 bytes that come from the client: its flight with the certificate "
        "does not pass.",
        look="The same full-size segment again and again, smaller ones pass.",
        connections=(
            replace(
                _STALLED,
                stage="outer-certificates",
                slots=slots("pass", "pass", "unknown"),
                client_does=patient(outer),
                server_does=patient(outer),
            ),
        ),
        verdict="unknown",
        prepare=rules("router", "forward", f"tcp dport 2223 meta length > {_SMALL_MTU} drop;"),
    ),
    Case(
        name="causes/mtu-icmp-ignored",
        title="The client's packets are too large, and it never hears of it",
        what="The link behind the router takes 1000 bytes; the router says so with ICMP, and the client's host "
        "firewall drops that ICMP behind the point of capture.",
        look="The ICMP with the MTU, and the same segment again and again.",
        connections=(
            replace(
                _STALLED,
                stage="outer-certificates",
                slots=slots("pass", "pass", "unknown"),
                client_does=patient(outer),
                server_does=patient(outer),
            ),
        ),
        verdict="unknown",
        prepare=_deaf_to_icmp,
    ),
    Case(
        name="causes/peer-vanished",
        title="The path dies in the middle of the handshake",
        what="When the server has the ClientHello, every further packet of the connection is dropped on the router.",
        look="The ClientHello is repeated and never acknowledged.",
        connections=(
            replace(
                _STALLED,
                client_does=in_turn(
                    does(lambda: load("router", "forward", DROP_BOTH)),
                    outer,
                ),
                server_does=takes(),
            ),
        ),
        verdict="unknown",
        prepare=ready,
    ),
    Case(
        name="causes/reset-from-between",
        title="A firewall between the two resets the connection",
        what="The router answers the ClientHello with RST in the host's name, as an intrusion prevention does.",
        look="The TTL of the RST is not that of the server's other packets.",
        connections=(
            replace(
                _STALLED, outcome="failed", incomplete="failed", server_does=takes(), patience=2.0
            ),
        ),
        verdict="fail",
        prepare=rules(
            "router", "forward", "tcp dport 2223 meta length > 200 reject with tcp reset;"
        ),
    ),
    Case(
        name="causes/reset-before-tls",
        title="The server resets as soon as the connection is open",
        what="A service that takes no more connections.",
        look="RST by the server before a byte of TLS.",
        connections=(
            replace(_NO_TLS, server_does=resets, client_does=in_turn(waits(0.3), leaves)),
        ),
        verdict="fail",
    ),
    Case(
        name="causes/closed-before-tls",
        title="A health check: open and close",
        what="The client opens the connection and closes it at once, as a load balancer's health check does.",
        look="FIN by the client before a byte of TLS.",
        connections=(replace(_NO_TLS, client_does=leaves, server_does=leaves),),
        verdict="fail",
    ),
    Case(
        name="causes/client-never-spoke",
        title="The client opens the connection and says nothing",
        what="The client's program hangs before its first message.",
        look="No byte from the client until the capture ends.",
        connections=(
            replace(
                _NO_TLS,
                outcome="unfinished",
                client_does=in_turn(waits(2.5), keeps_open),
                server_does=keeps_open,
            ),
            _NEXT,
        ),
        verdict="unknown",
    ),
    Case(
        name="causes/client-gave-up",
        title="The server never answers, and the client gives up",
        what="The server takes the ClientHello and answers nothing; after 3 s the client closes.",
        look="The wait, and who ended it.",
        connections=(
            replace(
                _STALLED,
                outcome="failed",
                incomplete="failed",
                server_does=in_turn(takes(), waits(3.4), leaves),
            ),
        ),
        verdict="fail",
    ),
    Case(
        name="causes/outer-stalled",
        title="The server never answers, and the capture ends",
        what="The server takes the ClientHello and answers nothing; nobody closes. The client connects to the next HSM meanwhile.",
        look="The server owes its ServerHello.",
        connections=(
            replace(
                _STALLED,
                server_does=in_turn(takes(), keeps_open),
                client_does=patient(outer),
            ),
            _NEXT,
        ),
        verdict="unknown",
    ),
    Case(
        name="causes/capture-ends",
        title="The capture ends in the middle of the outer handshake",
        what="The server has not answered the ClientHello yet where the capture ends.",
        look="Nothing had gone wrong yet, and no more is said.",
        connections=(
            replace(
                _STALLED,
                patience=0.5,
                server_does=in_turn(takes(), keeps_open),
                client_does=patient(outer),
            ),
        ),
        verdict="unknown",
    ),
    Case(
        name="causes/hsm-not-active",
        title="describe-clusters gives the HSM as being deleted",
        what="The HSM at that address is being deleted: nobody answers any more.",
        look="The state that describe-clusters gives.",
        connections=(_NO_TCP,),
        arguments=(*ETC, "--cluster", "captures/pki/describe-clusters-deleting.json"),
        verdict="fail",
        prepare=rules("router", "forward", f"ip daddr {HSMS[0]} drop;"),
    ),
    Case(
        name="causes/not-tls-server",
        title="The server speaks SSH on that port",
        what="Another service listens on port 2223 and answers the ClientHello with its banner.",
        look="The answer is no TLS record.",
        connections=(
            replace(
                _STALLED,
                outcome="failed",
                incomplete="failed",
                server_does=in_turn(takes(), says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), leaves),
            ),
        ),
        verdict="fail",
    ),
    Case(
        name="causes/not-tls-client",
        title="The client speaks HTTP",
        what="Something asks for a web page on port 2223; the server closes.",
        look="No TLS on either side.",
        connections=(
            replace(
                _NO_TLS,
                client_does=in_turn(
                    says(b"GET / HTTP/1.1\r\nHost: hsm\r\n\r\n"), waits(0.3), leaves
                ),
                server_does=in_turn(takes(), closes_tcp),
            ),
        ),
        verdict="fail",
    ),
)
