"""Which HSM a connection went to, as far as the expected set tells by the address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analyzer.session.facts import Conversation
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding, Status

# The only state in which an HSM serves clients (AWS CloudHSM API, `Hsm.State`).
_SERVING = "ACTIVE"


def check(told: Conversation, whole: Expectations, at: datetime | None) -> Iterator[Finding]:  # noqa: ARG001
    """The HSM at the server's address, with its zone and state; or that describe-clusters has none there."""
    address = told.tcp.server.address
    hsm = whole.hsm_at(address)
    evidence = (told.tcp.span,)
    if hsm is not None and hsm.id:
        serving = hsm.state in {"", _SERVING}
        of = f" of {hsm.cluster}" if hsm.cluster else ""
        yield Finding(
            "hsm-address" if serving else "hsm-state",
            Status.PASS if serving else Status.UNKNOWN,
            f"{address} is {hsm}{of}",
            expected="" if serving else _SERVING,
            observed=hsm.state,
            evidence=evidence,
            advice="" if serving else "configure the address of an HSM that is ACTIVE",
            limitations=("the state is that of the time when describe-clusters was asked",),
        )
    elif whole.listed:
        configured = f", though {hsm.source} names it" if hsm is not None and hsm.source else ""
        yield Finding(
            "hsm-address-unknown",
            Status.UNKNOWN,
            f"{address} is the address of no HSM that describe-clusters lists{configured}",
            expected=", ".join(a for h in whole.hsms if h.id for a in h.addresses),
            observed=address,
            evidence=evidence,
            advice="ask describe-clusters again: a replaced HSM has a new address; then on the client "
            f"{told.tcp.client.address}: stop the client, `configure -a <address of an ACTIVE HSM>`, start it",
            limitations=(
                "describe-clusters may have been asked at another time than the capture's",
            ),
        )
