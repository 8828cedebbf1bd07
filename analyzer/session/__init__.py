"""What one connection said, level by level: facts only, no judgement.

Read in this order:

- `facts`: the values that come out (`Conversation`, `Session`, ...).
- `stack`: a connection's levels. The plaintext of one TLS level is the stream of the next, so the outer
  and the inner level, and any deeper one, are the same code.
- `framing`: finds the next level's TLS in that plaintext; `carve`: the last resort, certificates only.
- `recorder`: folds what a TLS level tells into a `Session`; `history` writes its one-line key.
- `outcome`: how far a session and a connection got.
- `certificates`: DER to facts.
"""
