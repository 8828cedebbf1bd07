"""Every case, in groups; a new group is one more line here."""

from __future__ import annotations

from recording.case import Case
from recording.cases import (
    broken,
    causes_after,
    causes_inner,
    causes_network,
    causes_outer,
    causes_stacks,
    established,
    forms,
    refused,
)

CASES: tuple[Case, ...] = (
    *established.CASES,
    *forms.CASES,
    *refused.CASES,
    *broken.CASES,
    *causes_network.CASES,
    *causes_outer.CASES,
    *causes_inner.CASES,
    *causes_stacks.CASES,
    *causes_after.CASES,
)
