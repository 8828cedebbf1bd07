"""One TLS level: its byte streams in, what was said out; its plaintext is a stream again.

Read in this order:

- `events`: the values that come out.
- `layer`, `lane`: both sides, and each: bytes to records, records in their turn.
- `protection`: how a record is opened, or why it stays sealed; `content`: what it then holds and changes.
- `states`: which message may follow which.
- `records`, `assembly`: records out of chunks, handshake messages out of records.
- `handshake`, `transcript`: what both sides share: their messages, in the order in which they are hashed.
- `cursor`, `messages`, `constants`: the presentation language, messages as values, the registries.
- `keying`: which secret opens which side's next records, or why none does.
- `proofs` and the modules it names: that a peer has the key it shows, that both saw the same handshake.
- `suites`, `schedule`, `write_keys`, `opener` and the modules it names: the cryptography.
- `secrets` and the modules it names: what users hand over as keys.
"""
