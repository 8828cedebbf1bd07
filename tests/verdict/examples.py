"""The near misses that docs/findings.md shows; `python -m tests.verdict.examples` prints them anew."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from analyzer.verdict.expectations import Role
from analyzer.verdict.finding import Finding
from tests.verdict.recorded import (
    CA_ITEM,
    CLUSTER_ITEM,
    SERVERS,
    USUAL,
    expectations,
    item,
    judged,
)

REGENERATED = item(Role.CUSTOMER_CA, "others/customerCA-regenerated.crt", "customerCA.crt")
CUSTOM = (item(Role.CLIENT, "ssl-client.crt"), item(Role.OTHER_CLIENT, "client.crt"), CA_ITEM)
MTLS = (*USUAL, item(Role.MTLS_ANCHOR, "mtls/mtls-root.crt"))

# what it is, the recording, the expected set, the slot
EXAMPLES = (
    ("The same name and serial, another key", "outer-server-impostor-tls12", USUAL, "outer-server"),
    ("The customer CA was regenerated", "customer-ca-regenerated", (*SERVERS, REGENERATED), "inner-server"),
    ("The cluster certificate of another cluster", "cluster-certificate-of-another-cluster", (CA_ITEM, CLUSTER_ITEM), "inner-server"),
    ("The other one of AWS's two certificates, which is not among the files", "second-server-certificate", SERVERS[:1], "outer-server"),
    ("The default client certificate where a custom one is configured", "tls12-in-tls12", CUSTOM, "outer-client"),
    ("A custom client certificate where the default one is configured", "custom-client-certificate", USUAL, "outer-client"),
    ("Expired", "cluster-certificate-expired-tls12", USUAL, "inner-server"),
    ("An empty Certificate message", "outer-client-absent-tls13", USUAL, "outer-client"),
    ("Not asked for, while trust anchors are given", "tls12-in-tls12", MTLS, "inner-client"),
)  # fmt: skip


def blocks() -> Iterator[str]:
    """Each example as the page has it."""
    for title, case, items, slot in EXAMPLES:
        finding = judged(case, expectations(*items), f"{slot}-certificate")
        yield f"**{title}** (`{case}`)\n\n```text\n{shown(finding)}\n```\n"


def shown(finding: Finding) -> str:
    rows = [
        ("presented", finding.observed),
        *(
            ("differs", f"{d.field}: {d.presented} instead of {d.expected}")
            for d in finding.differences
            if d.field != "SHA-256"
        ),
        *(("note", note) for note in finding.notes),
        ("do", finding.advice),
    ]
    slot = finding.code.removesuffix("-certificate").replace("-", " ")
    lines = textwrap.wrap(f"{finding.status.value.upper():<8}{slot}: {finding.message}", 100)
    for label, value in rows:
        for number, line in enumerate(textwrap.wrap(value, 82)):
            lines.append(f"        {'' if number else label:<10}{line}")
    return "\n".join(lines)


if __name__ == "__main__":
    print("\n".join(blocks()))
