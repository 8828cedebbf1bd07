"""One TLS level: its byte streams in, what was said out; its plaintext is a stream again.

Read in this order:

- `events`: the values that come out.
- `layer`, `lane`: both sides, and each: bytes to records, records in their turn.
- `protection`: how a record is opened, or why it stays sealed; `content`: what it then holds and changes.
- `states`: which message may follow which.
- `records`, `assembly`: records out of chunks, handshake messages out of records.
- `handshake`, `transcript`: what both sides share: their messages, in the order in which they are hashed.
- `cursor`, `messages`, `parsers`, `constants`: the presentation language, messages as values and how they are
  read, the registries;
  `decompression`: of certificates.
- `keying`: which secret opens which side's next records; `missing_secret`: why none does; `search`: which sequence
  number, or which secret, opens records behind missing bytes.
- `proofs`: that a peer has the key it shows, that both saw the same handshake; `signatures`, `key_parameters` (what is
  signed), `public_keys`, `binders`.
- What users hand over, `secrets`: `key_log`, `saved_session`, `rsa_keys`, `psk_secrets`; `key_exchange`: what a premaster secret
  needs of the wire.
- The cryptography: `suites`, `ciphers`; `schedule`, `write_keys`: from secrets to keys; `opener`: of records, in
  `aead_openers` (with `gcm`, `gcm_nonce`), `block_openers`, `stream_openers` (with `record_mac`).
"""
