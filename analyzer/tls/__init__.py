"""One TLS level: its byte streams in, what was said out; its plaintext is a stream again.

Read in this order:

- `events`: the values that come out.
- `layer`: bytes to records to messages, for both sides; where keys are found and records are opened.
- `records`, `assembly`: records out of chunks, handshake messages out of records.
- `cursor`, `messages`, `constants`: the presentation language, messages as values, the registries.
- `keying`: which secret opens which side's next records, or why none does.
- `suites`, `schedule`, `write_keys`, `opener` and the modules it names: the cryptography.
- `secrets` and the modules it names: what users hand over as keys.
"""
