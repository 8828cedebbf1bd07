"""What one connection said, level by level: facts only, no judgement.

Read in this order:

- `facts`: the values that come out (`Conversation`, `Session`, ...); `columns`: the many of them kept small.
- `stack`: a connection's levels. The plaintext of one TLS level is the stream of the next, so the outer
  and the inner level, and any deeper one, are the same code.
- `framing`: finds the next level's TLS in that plaintext. `forms`: the ways it may be wrapped; `scan`: whether bytes
  are TLS; `hypotheses`: which form fits; `follower`: records out of the form that does; `window`: bytes not yet
  told apart. `gate`: whether a level behind the HSM's begins at all. `carve`: the last resort, certificates only.
- `recorder`: folds what a TLS level tells into a `Session`, by way of a `handshake`; `timeline`: in the handshake's
  order, and as one line.
- `outcome`: how far a session and a connection got. `timing`: where the time went.
- `certificates`: DER to facts; `subject_hash`: the name OpenSSL looks for. `origins`: where the certificates of a
  resumed session were shown.
"""
