"""Makes the recordings in `captures/` from real peers.

    pki, material   certificates, and what a user has of them: etc/ trees, describe-clusters output
    lab             the network: client, router and HSMs in namespaces
    recorder        tcpdump and dumpcap
    vendor, nesting what lies between the two TLS levels, and the inner TLS
    peers           both ends of a connection, step by step
    observed, facts what the peers' OpenSSL saw, and the facts that follow
    case            a case as a value
    cases/          the cases
    running, key_logs, readme   run a case and write its files

A new case is an entry in a module of `cases/` (a new module: one line in `cases/__init__`), then
`scripts/make_captures.py NAME`. A connection that differs in its certificates, versions or vendor form
needs only other values in its `Plan`:

    Case(
        name="outer-client-stranger",
        title="...", what="...", look="...",
        connections=(
            Plan(
                outer=replace(OUTER12, client="stranger"),
                outcome="failed", stage="outer-certificates",
                slots=slots("pass", "fail", "unknown"),
            ),
        ),
        verdict="fail",
    )

An end that behaves differently gets a script of its own, made of the steps of `peers.End`:

    def resets_after_the_hello(end: End) -> None:
        end.socket.recv(1 << 14)
        end.reset()

    Plan(server_does=resets_after_the_hello, ...)

A fault of the network is set up in one of the three namespaces, before the first connection or from a
script:

    def drops_every_syn(lab: Lab) -> None:
        lab.router.nft("table ip f { chain c { type filter hook forward priority 0; tcp flags syn drop; } }")

    Case(prepare=drops_every_syn, ...)

The case says what a reader has to find (outcome, stage, slots, verdict); versions, suites, certificates
and alerts come from what the peers' OpenSSL saw. Where both speak of the same and differ, nothing is
written (`facts.NotAsPlanned`). The capture is never read for the facts.
"""
