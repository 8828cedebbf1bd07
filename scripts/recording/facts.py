"""The facts of a recording, from what its peers' OpenSSL said and what its case says.

How the tests' reading of `expected.json` was settled where it left room:

* `certificates`: null = no Certificate message of that side, [] = an empty one.
* Only what went out counts: what OpenSSL wrote to memory and the case kept back was never said.
* `alerts` leave out close_notify: it ends sessions that were fine.
* A slot is listed where something is expected for it or a certificate (or an empty Certificate message)
  was shown. An empty Certificate message where a certificate is expected is a `fail`: the client was
  asked and showed none. Where nothing was shown, the slot is `unknown`.
* A handshake that refuses a certificate that matches leaves that slot at `pass`: the slot speaks of the
  certificate, the outcome of the handshake.
* In TLS 1.3 a session is established when *both* ends completed, so that a refused client certificate
  is a failed session though its client has seen a complete handshake.
* Where the vendor's form hides the inner TLS, there is no inner session and its certificates are
  `carved`: from the capture nobody can tell more.
"""

from __future__ import annotations

from typing import Any

from recording import observed
from recording.case import Plan
from recording.observed import CERTIFICATE, CLIENT_HELLO, CLOSE_NOTIFY, SERVER_HELLO, Observed
from recording.peers import End

Json = dict[str, Any]


class NotAsPlanned(Exception):
    """The peers did something else than the case says."""


def connection_facts(plan: Plan, client: End, server: End) -> Json:
    """One entry of `connections`.

    Raises:
        NotAsPlanned: the outcome or stage that the case states is not what the peers tell.
    """
    outer = session_facts(plan, client.outer, _said(plan, client.outer, server.outer))
    inner = session_facts(plan, client.inner, _said(plan, client.inner, server.inner))
    carved = None
    if inner is not None and not plan.form.framing:
        carved = [sha for chain in inner["certificates"].values() for sha in chain or ()]
        inner = None
    if outer is not None:
        outer["alerts"] += [{"side": side, "code": code} for side, code in plan.late_alerts]
    told = (_outcome(plan, outer, inner), _stage(plan, outer, inner))
    if told != (plan.outcome, plan.stage):
        errors = f"client: {client.error or 'fine'}; server: {server.error or 'fine'}"
        raise NotAsPlanned(f"{told} instead of {(plan.outcome, plan.stage)} ({errors})")
    host = f"[{plan.server}]" if ":" in plan.server else plan.server
    facts: Json = {
        "server": f"{host}:{plan.port}",
        "outcome": plan.outcome,
        "stage": plan.stage,
        "outer": outer,
        "inner": inner,
        "slots": dict(plan.slots),
    }
    if inner is not None:
        facts["framing"] = plan.form.framing
    if carved:
        facts["carved"] = carved
    return facts


def _said(plan: Plan, client: Observed, server: Observed) -> Observed:
    """What the server said, as far as it came."""
    if not plan.unheard:
        return server
    heard = client.other_end()
    heard.completed = server.completed
    return heard


def session_facts(plan: Plan, client: Observed, server: Observed) -> Json | None:
    """`outer` or `inner` of a connection; None where no ClientHello was sent."""
    if client.written(CLIENT_HELLO) is None:
        return None
    version = suite = None
    if hello := server.written(SERVER_HELLO):
        version, suite = observed.agreed(hello.data)
    certificates = {}
    for side, end in (("server", server), ("client", client)):
        message = end.written(CERTIFICATE)
        shown = None if message is None else observed.presented(message.data, version or "")
        certificates[side] = shown
    alerts = sorted(
        (said.order, side, said.type)
        for side, end in (("client", client), ("server", server))
        for said in end.alerts
        if said.written and said.type != CLOSE_NOTIFY
    )
    completed = client.completed and server.completed
    return {
        "outcome": "established" if completed else plan.incomplete,
        "version": version,
        "suite": suite,
        "certificates": certificates,
        "alerts": [{"side": side, "code": code} for _, side, code in alerts],
    }


def _outcome(plan: Plan, outer: Json | None, inner: Json | None) -> str:
    """The innermost session's outcome; without an inner one the case alone can say."""
    if inner is not None:
        return str(inner["outcome"])
    if outer is not None and outer["outcome"] != "established":
        return str(outer["outcome"])
    return plan.outcome


def _stage(plan: Plan, outer: Json | None, inner: Json | None) -> str:
    for word, session in (("inner", inner), ("outer", outer)):
        if session is None:
            continue
        if session["outcome"] == "established":
            return f"{word}-established"
        if any(session["certificates"].values()):
            return f"{word}-certificates"
        return f"{word}-hello"
    return plan.stage
