"""Is this the certificate that should be here? The four slots, and all that speaks for or against a certificate.

- `slots`: the four certificate slots, by a table, with a `memory`; `rules`: what each asks of a certificate; `absent`: why a
  slot is empty.
- `opinions`: the right one, of the right CA, or nearly so; `near_misses`: which expected one it nearly is;
  `published`: what AWS publishes.
- `chain`, `extensions`, `name_constraints`, `validity`: up to its trust anchor, at the capture's time; `remarks`:
  what changes no status.
- `possession`: whether its key was proven; `authorities`: the CA names of the request; `identity`: whether the
  expected set holds together; `carved`: certificates outside any handshake.
"""
