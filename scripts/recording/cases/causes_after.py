"""Connections that were up and were lost, series of connections, and disturbances that do no harm."""

from __future__ import annotations

from dataclasses import replace

from recording.case import INNER12, INNER13, OUTER12, OUTER13, Case, Plan, slots
from recording.faults.network import (
    DROP_BOTH,
    load,
    ready,
    rules,
    small_path,
    tracking,
)
from recording.faults.scripts import (
    answers,
    asks,
    closes,
    closes_tcp,
    does,
    followed_by_rest,
    forgets,
    hears,
    hears_goodbye,
    in_turn,
    inner,
    keeps_open,
    outer,
    pours,
    raw_record,
    reads_answer,
    resets,
    says_goodbye,
    small_window,
    swallows,
    talks,
    waits,
)
from recording.lab import HSMS

UP = Plan(outer=OUTER13, inner=INNER12)
MTLS_ANCHOR = (
    *("--etc", "captures/pki/etc/sdk5-mtls", "--server-certs", "captures/pki/certs"),
    *("--mtls-anchors", "captures/pki/mtls/list-trust-anchors.json"),
)
# A record of application data that no key opens.
_GARBAGE = bytes.fromhex("1703030040") + bytes(64)


def _case(name: str, title: str, what: str, look: str, *plans: Plan, **more: object) -> Case:
    return Case(name=name, title=title, what=what, look=look, connections=plans, **more)  # type: ignore[arg-type]


def _drop() -> None:
    load("router", "forward", DROP_BOTH)


# The client's customerCA.crt is another one.
_STRANGE_CA = replace(
    UP,
    inner=replace(INNER12, client_trusts=("customerCA-regenerated",)),
    outcome="failed",
    stage="inner-certificates",
    slots=slots("pass", "pass", "fail"),
)
_MTLS = replace(INNER12, client="mtls-client", server_trusts=("mtls-root",))
_MTLS_UP = replace(
    UP,
    outer=replace(OUTER13, client="ssl-client"),
    inner=_MTLS,
    slots=slots("pass", "pass", "pass", "pass"),
)

CASES = (
    _case(
        "causes/lost-by-reset",
        "The server resets in mid-session",
        "The HSM's host is killed while the connection is in use.",
        "RST by the server behind inner application data; the certificates are fine.",
        replace(
            UP,
            client_does=in_turn(outer, inner, asks, reads_answer, waits(0.3)),
            server_does=in_turn(outer, inner, hears, answers, resets),
        ),
    ),
    _case(
        "causes/lost-by-reset-client",
        "The client is killed in mid-session",
        "The client's program resets while it waits for an answer.",
        "RST by the client.",
        replace(
            UP,
            outer=OUTER12,
            client_does=in_turn(outer, inner, asks, reads_answer, asks, resets),
            server_does=in_turn(outer, inner, hears, answers, waits(0.3)),
        ),
    ),
    _case(
        "causes/lost-by-close",
        "The server closes while a request waits for its answer",
        "The HSM's host is stopped: TCP closes without a close_notify on either level.",
        "FIN by the server behind an unanswered request.",
        replace(
            UP,
            client_does=in_turn(outer, inner, asks, reads_answer, asks, reads_answer),
            server_does=in_turn(outer, inner, hears, answers, hears, closes_tcp),
        ),
    ),
    _case(
        "causes/lost-in-silence",
        "The path dies in mid-session",
        "The router drops everything of the connection while a request is under way.",
        "The request is repeated and never acknowledged.",
        replace(
            UP,
            patience=4.0,
            client_does=in_turn(outer, inner, asks, reads_answer, does(_drop), asks, reads_answer),
            server_does=in_turn(outer, inner, hears, answers, waits(4.5), keeps_open),
        ),
        prepare=ready,
    ),
    _case(
        "causes/lost-by-alert",
        "A damaged record ends the session",
        "A record of the client arrives damaged; the server ends the session with an alert.",
        "Alert bad_record_mac from the server after application data.",
        replace(
            UP,
            client_does=in_turn(
                outer, inner, asks, reads_answer, raw_record(_GARBAGE), reads_answer
            ),
            server_does=in_turn(outer, inner, hears, answers, hears),
        ),
    ),
    _case(
        "causes/idle-dropped",
        "Connection tracking forgets an idle connection, and drops what comes later",
        "After 8 s of silence the router drops the connection's packets, as EC2's connection tracking does after 350 s; "
        "the time is shortened.",
        "A silence, then a request that is repeated and never acknowledged.",
        replace(
            UP,
            patience=4.0,
            client_does=in_turn(
                outer, inner, asks, reads_answer, waits(8), does(_drop), asks, reads_answer
            ),
            server_does=in_turn(outer, inner, hears, answers, waits(12.5), keeps_open),
        ),
        prepare=ready,
    ),
    _case(
        "causes/idle-dropped-350s",
        "Linux's connection tracking forgets a connection after 350 s of silence",
        "The router's own connection tracking, with EC2's limit of 350 s for an idle connection, drops the packets of "
        "one that it no longer knows. Nothing is shortened: the client is silent for 355 s.",
        "A silence of 355 s, then a request that is repeated and never acknowledged.",
        replace(
            UP,
            patience=4.0,
            client_does=in_turn(outer, inner, asks, reads_answer, waits(355), asks, reads_answer),
            server_does=in_turn(outer, inner, hears, answers, waits(359.5), keeps_open),
        ),
        prepare=tracking(350),
    ),
    _case(
        "causes/idle-reset",
        "A NAT gateway forgets an idle connection, and answers what comes later with RST",
        "After 8 s of silence the router answers the next packet with RST in the server's name; the time is shortened.",
        "A silence, then a request that is answered by RST with another TTL.",
        replace(
            UP,
            client_does=in_turn(
                outer,
                inner,
                asks,
                reads_answer,
                waits(8),
                does(lambda: load("router", "forward", "tcp dport 2223 reject with tcp reset;")),
                asks,
                reads_answer,
            ),
            server_does=in_turn(outer, inner, hears, answers, waits(8.5), keeps_open),
        ),
        prepare=ready,
    ),
    _case(
        "causes/half-open",
        "The HSM's host was restarted and has forgotten the connection",
        "The server's end vanishes without a packet (its RST is dropped); 3 s later the client's request is answered "
        "by RST from the host itself.",
        "A request answered by RST at once, with the server's own TTL.",
        replace(
            UP,
            client_does=in_turn(outer, inner, asks, reads_answer, waits(3), asks, reads_answer),
            server_does=in_turn(outer, inner, hears, answers, forgets),
        ),
        prepare=ready,
    ),
    _case(
        "causes/zero-window",
        "The server stops reading",
        "The HSM's host takes no more bytes: its receive window closes and stays closed.",
        "A window of zero until the end.",
        replace(
            UP,
            patience=3.0,
            client_does=in_turn(outer, inner, pours),
            server_does=in_turn(small_window, outer, inner, waits(5), keeps_open),
        ),
    ),
    # ------------------------------------------------------------------ series
    _case(
        "causes/reconnect-loop",
        "A client of SDK 3 with a wrong customerCA.crt tries again every 3 seconds",
        "The client refuses the cluster certificate, closes and tries again: four times, 3 s apart.",
        "One cause with a count and a period.",
        *[replace(_STRANGE_CA, client_does=followed_by_rest(2.9))] * 4,
        arguments=("--etc", "captures/pki/etc/sdk3-regenerated-ca"),
        verdict="fail",
    ),
    _case(
        "causes/one-hsm-refuses",
        "One HSM of three refuses the mTLS certificate that the others accept",
        "The trust anchor is missing on the second HSM, as it can be when policies are not synchronised.",
        "Which HSM refuses.",
        *(
            replace(
                _MTLS_UP,
                server=address,
                inner=replace(_MTLS, server_trusts=(anchor,)),
                outcome=outcome,
                stage="inner-established" if outcome == "established" else "inner-certificates",
            )
            for address, anchor, outcome in (
                (HSMS[0], "mtls-root", "established"),
                (HSMS[1], "mtls-root-other", "failed"),
                (HSMS[2], "mtls-root", "established"),
                (HSMS[1], "mtls-root-other", "failed"),
            )
        ),
        arguments=MTLS_ANCHOR,
        verdict="fail",
    ),
    _case(
        "causes/fails-since-certificate-changed",
        "It worked until the server's certificate changed",
        "Two connections come about; then the server shows another certificate, and the client refuses it.",
        "When the change came and what changed.",
        UP,
        UP,
        *[
            replace(
                UP,
                outer=replace(OUTER13, server="21a10654-impostor"),
                outcome="failed",
                stage="outer-certificates",
                slots=slots("fail", "unknown", "unknown"),
                client_does=followed_by_rest(1),
            )
        ]
        * 2,
        verdict="fail",
    ),
    _case(
        "causes/answers-slow-down",
        "The HSM answers ever more slowly, as under throttling",
        "The HSM's side takes 20 ms for each of the first answers and 300 ms for each of the later ones. Imitated: what is "
        "known of throttling is the response code, inside the encrypted messages.",
        "A finding about the answers; the connection itself is fine.",
        replace(
            UP,
            client_does=in_turn(outer, inner, *(asks, reads_answer) * 12, closes),
            server_does=in_turn(
                outer,
                inner,
                *(hears, waits(0.02), answers) * 6,
                *(hears, waits(0.3), answers) * 6,
                closes,
            ),
        ),
    ),
    _case(
        "causes/idle-timeout",
        "A silence of 6 s does no harm, one of 8 s does",
        "Two connections to the same HSM; the router forgets the second one after 8 s. The times are shortened.",
        "The timeout lies between the two.",
        replace(
            UP,
            patience=8.0,
            client_does=in_turn(
                outer, inner, asks, reads_answer, waits(6), asks, reads_answer, closes
            ),
            server_does=in_turn(outer, inner, hears, answers, hears, answers, closes),
        ),
        replace(
            UP,
            patience=4.0,
            client_does=in_turn(
                outer, inner, asks, reads_answer, waits(8), does(_drop), asks, reads_answer
            ),
            server_does=in_turn(outer, inner, hears, answers, waits(12.5), keeps_open),
        ),
        prepare=ready,
    ),
    # ------------------------------------------------------------------ no harm done
    _case(
        "disturbed/mtu-icmp-honoured",
        "A smaller MTU on the path, told by ICMP and heeded",
        "The link to the host takes 1000 bytes; the router says so and the client sends smaller packets.",
        "An ICMP fragmentation needed, a repeated segment, and a connection that is fine.",
        UP,
        prepare=small_path,
    ),
    _case(
        "disturbed/window-reopens",
        "A window that closes and opens again",
        "The server reads nothing for a while, then everything.",
        "Zero windows, and a connection that is fine.",
        replace(
            UP,
            patience=6.0,
            client_does=in_turn(outer, inner, pours, reads_answer, closes),
            server_does=in_turn(small_window, outer, inner, waits(2.5), swallows, answers, closes),
        ),
    ),
    _case(
        "disturbed/idle-and-fine",
        "A silence that does no harm",
        "Nothing is said for 6 s, then the connection goes on.",
        "A long silence, and a connection that is fine.",
        replace(
            UP,
            client_does=in_turn(
                outer, inner, asks, reads_answer, waits(6), asks, reads_answer, closes
            ),
            server_does=in_turn(outer, inner, hears, answers, hears, answers, closes),
            patience=8.0,
        ),
    ),
    _case(
        "disturbed/lost-packets",
        "Every ninth packet is lost on the way, and sent again",
        "The router drops every ninth packet in both directions.",
        "Retransmissions, and a connection that is fine.",
        replace(UP, patience=8.0),
        prepare=rules("router", "forward", "numgen inc mod 9 8 drop;"),
    ),
    _case(
        "disturbed/still-open",
        "The capture ends while the connection is up",
        "Both ends are connected and idle where the capture ends.",
        "No end, and nothing wrong.",
        replace(
            UP,
            client_does=in_turn(outer, inner, talks, keeps_open),
            server_does=in_turn(outer, inner, talks, keeps_open),
        ),
    ),
    _case(
        "disturbed/closed-with-tickets-unread",
        "The client resets after an orderly close",
        "The client says close_notify on both levels and then resets, as programs do that leave bytes unread.",
        "An RST behind close_notify, and nothing wrong.",
        replace(
            UP,
            inner=INNER13,
            client_does=in_turn(outer, inner, talks, says_goodbye, resets),
            server_does=in_turn(outer, inner, talks, hears_goodbye),
        ),
    ),
)
