"""Every case, in groups; a new group is one more line here."""

from __future__ import annotations

from recording.case import Case
from recording.cases import broken, established, forms, refused

CASES: tuple[Case, ...] = (
    *established.CASES,
    *forms.CASES,
    *refused.CASES,
    *broken.CASES,
)
