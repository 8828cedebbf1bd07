"""Rules about TCP and the path: what kept the two ends from talking at all."""

from __future__ import annotations

from analyzer.capture.items import IcmpError
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.verdict.causes.reading import Reading, Rule, duration, ending_words
from analyzer.verdict.causes.symptoms import PATIENCE_NS, SECOND, Symptoms
from analyzer.verdict.finding import Confidence

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE

# ICMP codes that a filter sends on purpose (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).
_PROHIBITED = {4: frozenset({9, 10, 13}), 6: frozenset({1, 5, 6})}
_DESTINATION_UNREACHABLE = {4: 3, 6: 1}
_TIME_EXCEEDED = {4: 11, 6: 3}

# While nobody has ended the connection, a window may still open again: it has to be zero for longer.
_STILL_OPEN_NS = 5 * SECOND

# Retransmissions of the same side without any answer that make a storm.
_STORM = 3


def _target(s: Symptoms) -> str:
    return str(s.told.tcp.server)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _unreachable(s: Symptoms) -> IcmpError | None:
    return next(
        (
            e
            for e in s.told.tcp.icmp
            if e.kind in (_DESTINATION_UNREACHABLE[e.version], _TIME_EXCEEDED[e.version])
            and e.mtu is None
        ),
        None,
    )


def icmp_refused(s: Symptoms) -> Reading | None:
    """An ICMP error answers the SYN."""
    error = _unreachable(s)
    tcp = s.told.tcp
    if error is None or tcp.opening != "syn-only":
        return None
    prohibited = (
        error.kind == _DESTINATION_UNREACHABLE[error.version]
        and error.code in _PROHIBITED[error.version]
    )
    absent = not prohibited and s.expected.listed and s.expected.hsm_at(tcp.server.address) is None
    code = "icmp-prohibited" if prohibited else "icmp-unreachable"
    if absent:
        code = "address-not-in-cluster"
    who = "the target itself" if error.source == tcp.server.address else error.source
    what = "a filter rejects this connection" if prohibited else "the target cannot be reached"
    return Reading(
        code,
        f"{what[:1].upper()}{what[1:]}: {who} answered the SYN to {_target(s)} with ICMP "
        f'"{error.description}".'
        + (" describe-clusters does not list that address." if absent else ""),
        LIKELY if absent else CERTAIN,
        (tcp.span, error.at),
        alternatives=("the describe-clusters output is older than the capture",) if absent else (),
        decide=("describe-clusters now",) if absent else (),
    )


def just_begun(s: Symptoms) -> Reading | None:
    """The capture ends before an answer, or its repeat, was due: nobody can be blamed."""
    tcp = s.told.tcp
    server = tcp.sides[SERVER]
    repeated = tcp.syns > 1 or server.segments - server.duplicates > 1
    if tcp.opening not in {"syn-only", "no-final-ack"} or repeated or tcp.icmp or s.endings:
        return None
    watched = max(tcp.span.ended, tcp.watched_until_ns)
    if watched - tcp.span.ended >= SECOND or tcp.span.ended - tcp.span.began >= SECOND:
        return None
    step = "SYN" if tcp.opening == "syn-only" else "SYN-ACK"
    after = duration(watched - tcp.span.ended) if watched > tcp.span.ended else "right"
    known = ""
    if s.expected.listed:
        hsm = s.expected.hsm_at(tcp.server.address)
        if hsm is None:
            known = " describe-clusters does not list that address."
        elif hsm.state and hsm.state != "ACTIVE":
            known = f" describe-clusters gives the state of {hsm} as {hsm.state}."
    return Reading(
        "capture-ends",
        f"The capture ends {after} after the {step} of the TCP handshake with {_target(s)}, before the next step was "
        f"due: whether it came is not known.{known}",
        POSSIBLE,
        (tcp.span,),
        decide=("a capture that runs on until the client reports its failure",),
    )


def syn_unanswered(s: Symptoms) -> Reading | None:
    """Nobody answers the SYN."""
    tcp = s.told.tcp
    if tcp.opening != "syn-only":
        return None
    reset = tcp.sides[CLIENT].reset or tcp.sides[CLIENT].fin
    hsm = s.expected.hsm_at(tcp.server.address)
    waited = max(tcp.span.ended, tcp.watched_until_ns) - tcp.span.began
    if tcp.syns > 1:
        sent, within = f"{tcp.syns} SYNs in {duration(tcp.span.ended - tcp.span.began)}", ""
    else:
        sent, within = "one SYN", f" within {duration(waited)}"
    if s.expected.listed and hsm is None:
        return Reading(
            "address-not-in-cluster",
            f"No HSM of the cluster has the address {tcp.server.address}: describe-clusters does not list it, "
            f"and {sent} to {_target(s)} got no answer{within}. The client still uses the address of an HSM that was "
            "deleted or replaced.",
            LIKELY,
            (tcp.span,),
            alternatives=("the describe-clusters output is older than the capture",),
            decide=("describe-clusters now",),
        )
    if hsm is not None and hsm.state and hsm.state != "ACTIVE":
        return Reading(
            "hsm-not-active",
            f"{hsm} does not answer: {sent} to {_target(s)} got no answer{within}, and describe-clusters gives its "
            f"state as {hsm.state}.",
            LIKELY,
            (tcp.span,),
            alternatives=("a security group drops the SYN",),
            decide=("describe-clusters now",),
        )
    few = tcp.syns == 1 and waited < PATIENCE_NS and tcp.ended_by != "timeout"
    return Reading(
        "syn-unanswered",
        f"{_target(s)} does not answer: {sent}, no SYN-ACK, no RST, no ICMP error{within}"
        + (
            f"; then the client {'reset' if tcp.sides[CLIENT].reset else 'gave up'}."
            if reset
            else "."
        ),
        POSSIBLE if few else LIKELY,
        (tcp.span,),
        alternatives=(
            *(("the capture ends before the answer",) if few else ()),
            "the address belongs to no HSM any more",
            "the answer takes a path that the capture does not see",
        ),
        decide=(
            "VPC flow logs of the client's network interface: REJECT is a security group or network ACL",
            "the address against describe-clusters (--cluster)",
        ),
    )


def syn_refused(s: Symptoms) -> Reading | None:
    """The SYN is answered by RST."""
    tcp = s.told.tcp
    server = tcp.sides[SERVER]
    if tcp.opening != "refused" or server.reset is None:
        return None
    hsm = s.expected.hsm_at(tcp.server.address)
    absent = s.expected.listed and hsm is None
    code = "address-not-in-cluster" if absent else "syn-refused"
    more = (
        " describe-clusters does not list that address: another machine has it now."
        if absent
        else ""
    )
    return Reading(
        code,
        f"{_target(s)} refused the connection: every SYN was answered by RST; the machine is there, and "
        f"nothing listens on port {tcp.server.port}.{more}",
        LIKELY,
        (tcp.span, server.reset),
        alternatives=("a firewall answers in the target's name with RST",),
        decide=("the TTL of the RST against that of an accepted connection to the same address",),
    )


def no_final_ack(s: Symptoms) -> Reading | None:
    """SYN-ACK came, the last step did not."""
    tcp = s.told.tcp
    if tcp.opening != "no-final-ack":
        return None
    if (reset := tcp.sides[CLIENT].reset) is not None:
        return _syn_ack_refused(s, reset)
    short = max(tcp.span.ended, tcp.watched_until_ns) - tcp.span.began < PATIENCE_NS
    return Reading(
        "syn-ack-unanswered",
        f"The TCP handshake with {_target(s)} stops half way: SYN and SYN-ACK passed here, the client's ACK "
        "did not.",
        POSSIBLE if short else LIKELY,
        (tcp.span,),
        alternatives=(
            "the SYN-ACK is lost between here and the client",
            *(("the capture ends too early",) if short else ()),
        ),
        decide=("a capture on the client's machine",),
    )


def _syn_ack_refused(s: Symptoms, reset: Span) -> Reading:
    tcp = s.told.tcp
    if not tcp.asked_after_reset:
        return Reading(
            "syn-ack-refused",
            f"The client's machine answered the SYN-ACK of {_target(s)} with RST: the program that asked had "
            "given up by then, or a local firewall interferes.",
            LIKELY,
            (tcp.span, reset),
        )
    return Reading(
        "syn-ack-refused",
        f"The SYN-ACK of {_target(s)} is answered with RST in the client's name, and the client sends the same SYN "
        f"again ({tcp.syns} in {duration(tcp.span.ended - tcp.span.began)}): its program still waits, so a filter "
        "rejects the answer before it gets there.",
        LIKELY,
        (tcp.span, reset),
        alternatives=("the filter is not on the client's machine but between it and this capture",),
        decide=("the firewall rules of the client's machine (`nft list ruleset`)",),
        advice="on the client: let answers from TCP ports 2223-2225 in (established connections, both directions)",
    )


def reset_from_between(s: Symptoms) -> Reading | None:
    """An RST in one end's name that does not look like that end's packets."""
    side = s.foreign_reset
    ended = s.ended
    if side is None or ended is None or ended.how != "reset" or ended.side is not side:
        return None
    facts = s.told.tcp.sides[side]
    ttl = next(ttl for ttl in facts.ttls if ttl != facts.reset_ttl)
    ids = ""
    if facts.reset_ip_id is not None and facts.last_ip_id:
        ids = f" and IP identification {facts.reset_ip_id} after {facts.last_ip_id}"
    return Reading(
        "reset-from-between",
        f"Something between the two reset the connection in the {side.word}'s name: the RST has TTL "
        f"{facts.reset_ttl}{ids}, the {side.word}'s own packets have TTL {ttl}.",
        LIKELY,
        (ended.at,),
        alternatives=(f"the {side.word}'s packets changed their path just then",),
        decide=(f"a capture on the {side.word}'s machine: a reset it never sent is not there",),
    )


def icmp_after_open(s: Symptoms) -> Reading | None:
    """A path that breaks while the connection is up, and says so."""
    error = _unreachable(s)
    tcp = s.told.tcp
    if error is None or tcp.opening == "syn-only":
        return None
    last = max((e.at.began for e in s.endings), default=tcp.span.ended)
    if error.at.began < last - PATIENCE_NS * 30:
        return None
    prohibited = error.code in _PROHIBITED[error.version]
    return Reading(
        "icmp-prohibited" if prohibited else "icmp-unreachable",
        f'{error.source} answered packets of the open connection with ICMP "{error.description}": '
        + ("a filter began to reject it." if prohibited else "the path broke."),
        CERTAIN,
        (error.at,),
    )


def path_mtu(s: Symptoms) -> Reading | None:
    """Large segments do not pass, small ones do."""
    tcp = s.told.tcp
    error = next((e for e in tcp.icmp if e.mtu is not None), None)
    for side in (SERVER, CLIENT):
        facts = tcp.sides[side]
        stuck, passed = facts.largest_unacknowledged, facts.largest_acknowledged
        if not stuck or stuck <= max(passed, _SMALL_SEGMENT) or facts.retransmissions < 2:
            continue
        if facts.unanswered_ns < SECOND:
            continue
        sizes = f"segments of {stuck} bytes from the {side.word} are sent again and again and never acknowledged"
        smaller = f", up to {passed} bytes pass" if passed else ""
        if error is not None:
            return Reading(
                "mtu-icmp-ignored",
                f"Large packets do not pass: {sizes}{smaller}. {error.source} says with ICMP that at most "
                f"{error.mtu} bytes pass, and the {side.word} keeps to its size.",
                CERTAIN,
                (error.at, tcp.span),
            )
        return Reading(
            "mtu-black-hole",
            f"Large packets vanish (path-MTU black hole): {sizes}{smaller}, and no ICMP says why.",
            LIKELY,
            (tcp.span,),
            alternatives=("the path lost every packet from that moment on, whatever its size",),
            decide=(f"`ping -M do -s {stuck + 12}` and smaller, from the {side.word}",),
        )
    for gap in tcp.gaps:
        if gap.why != "never arrived" or not gap.size or gap.size < _SMALL_SEGMENT:
            continue
        side = gap.side
        if tcp.sides[side].recovered or s.told.stage == "inner-established":
            continue
        if max(tcp.span.ended, tcp.watched_until_ns) - gap.at.ended < SECOND:
            continue  # it may still be sent again
        return Reading(
            "mtu-black-hole",
            f"Large packets from the {side.word} vanish before they reach the capture: {gap.size} bytes of its "
            "flight never arrive while smaller packets behind them do.",
            LIKELY,
            (gap.at,),
            alternatives=("the path loses packets of any size",),
            decide=(
                f"a capture on the {side.word}'s machine",
                "the MTU of every hop between the two",
            ),
        )
    return None


# A segment below IPv6's minimum MTU (1280, RFC 8200 section 5) without headers passes everywhere.
_SMALL_SEGMENT = 1220


def zero_window(s: Symptoms) -> Reading | None:
    """A side that does not read."""
    tcp = s.told.tcp
    for side in (SERVER, CLIENT):
        facts = tcp.sides[side]
        if facts.window_closed_ns < (PATIENCE_NS if s.endings else _STILL_OPEN_NS):
            continue
        return Reading(
            "zero-window",
            f"The {side.word} stopped reading: its TCP window has been zero for "
            f"{duration(facts.window_closed_ns)} at the end, so the {side.peer.word} may send nothing.",
            CERTAIN,
            (tcp.span,),
        )
    return None


def unanswered_data(s: Symptoms) -> Reading | None:
    """Bytes are sent again and again and nothing comes back."""
    tcp = s.told.tcp
    if tcp.opening == "unseen" and not tcp.sides[CLIENT].segments * tcp.sides[SERVER].segments:
        return None
    for side in (CLIENT, SERVER):
        facts = tcp.sides[side]
        if not facts.unacknowledged or facts.retransmissions < _STORM:
            continue
        if facts.unanswered_ns < PATIENCE_NS or s.silent_since_ns(side.peer) is None:
            continue
        return Reading(
            "peer-vanished",
            f"The {side.peer.word} fell silent: the last {facts.unacknowledged} bytes of the {side.word} were "
            f"sent {_times(facts.retransmissions)} again within {duration(facts.unanswered_ns)} and never "
            f"acknowledged{_given_up(s, side)}.",
            LIKELY,
            (facts.last or tcp.span,),
            alternatives=(
                f"the {side.peer.word}'s machine is down",
                "something between drops this connection's packets (an expired connection-tracking entry)",
                "the answers take a path that the capture does not see",
            ),
            decide=(f"a capture on the {side.peer.word}'s side",),
        )
    return None


def _given_up(s: Symptoms, side: Side) -> str:
    ended = s.ended
    if ended is None or ended.side is not side:
        return ""
    return f"; then the {side.word} {ending_words(ended)}"


OPENING_RULES: tuple[Rule, ...] = (
    icmp_refused,
    just_begun,
    syn_unanswered,
    syn_refused,
    no_final_ack,
)

PATH_RULES: tuple[Rule, ...] = (
    reset_from_between,
    icmp_after_open,
    path_mtu,
    zero_window,
)
