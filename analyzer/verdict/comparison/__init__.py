"""The connections of a capture beside each other: who differs, what changed, what comes again and again.

- `fleet`, `showing`: which HSM showed what when, who differs.
- `patterns`: failures over time and machines: since when, who stands out; `series`: the same one again and again.
"""
