"""Faults that a case sets up: what the network does to packets, and what an end does instead of its part.

`network`: a case's `prepare`, or switched on from an end's script. `scripts`: `Plan.client_does` and
`Plan.server_does`, step by step; `tls`: the same where the TLS library itself is to do another thing; `tlslite`:
ends of another TLS stack, which proves with a key that is not its own.
"""
