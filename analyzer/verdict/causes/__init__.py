"""Why did it fail? One cause a connection, with its confidence, evidence, alternatives and remedy.

- `diagnosis`: all rules in a row. `symptoms`: what they look at; `reading`: what a rule gives.
- The rules by stage: `network_rules`, `handshake_rules`, `server_rules`, `client_rules` (with `refusal`),
  `silent_rules`, `sealed_rules` (what stayed encrypted), `between_rules`, `lost_rules`.
- `catalogue`: the causes, a table; `glossary`: alerts and log lines that lead to them.
"""
