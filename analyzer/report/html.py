"""The report as one HTML file: no script, nothing fetched, readable on paper and in the dark.

Everything that is put into the page goes through `text.safe_text` (the environment's `finalize`) and is
then escaped; the policy in the page's head forbids scripts, frames, forms and any request, and allows the one
style sheet by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup, escape

from analyzer import __version__
from analyzer.report.alike import alike
from analyzer.report.drawing import drawing
from analyzer.report.histogram import histogram
from analyzer.report.ladder import shortened, with_sealed
from analyzer.report.level_rows import level_rows, session_title
from analyzer.report.model import Connection, Report
from analyzer.report.shown import COLUMNS, shown_lines
from analyzer.report.text import safe_text
from analyzer.report.timing_words import timing_line
from analyzer.report.words import (
    OUTCOME_WORDS,
    SLOT_TITLES,
    STAGE_WORDS,
    differing,
    frames_text,
    headline,
    iso_time,
    level_title,
    other_findings,
    passed_over,
    remedies,
    slot_findings,
    when,
    wireshark_line,
)
from analyzer.session.timing import timing
from analyzer.stream import CLIENT
from analyzer.values import dataclass
from analyzer.verdict.finding import Confidence, Status

_SECOND = 1_000_000_000

# A page is read: beyond these it says how much it leaves out (the JSON report leaves out nothing).
_DETAILED = 40  # kinds of connections told in full
_LISTED = 400  # kinds of connections in the overview
_MEMBERS = 300  # connections listed under a kind
_MEMBERS_IN_ALL = 3000
_UNFOLDED = 12  # rows of the table of certificates that need not be folded
_LONGEST = 1200  # characters of one text
_OPEN = 4  # kinds that are unfolded: the first, and what failed

_FRAME_HEIGHT = "42rem"

# What failed is read first.
_ORDER = ("failed", "unfinished", "unseen", "established")

_STATUS_WORDS = {Status.PASS: "ok", Status.FAIL: "FAIL", Status.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Group:
    """Connections that went alike: the first is told in full.

    Attributes:
        shown: the others as far as they are listed. more: how many others are not.
        full: told in full below the overview; else it is a row there only.
    """

    first: Connection
    count: int
    shown: tuple[Connection, ...]
    more: int
    full: bool

    @property
    def anchor(self) -> str:
        """The id of its section."""
        return f"connection-{self.first.conversation.stream}"


def dumps(report: Report) -> str:
    """The report as a page."""
    return _page(report, embedded=False)


def frame(report: Report) -> str:
    """The report as an element for a page that is not ours: a frame that may run nothing and reach nothing."""
    page = escape(_page(report, embedded=True))
    return (
        f'<iframe title="hsm-analyzer report" sandbox="" srcdoc="{page}" '
        f'style="width: 100%; height: {_FRAME_HEIGHT}; border: 1px solid"></iframe>'
    )


def _page(report: Report, *, embedded: bool) -> str:
    style = files(__package__).joinpath("report.css").read_text("utf-8")
    source = files(__package__).joinpath("report.html.j2").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True,
        finalize=_harmless,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_words())
    page = environment.from_string(source).render(
        report=report,
        groups=groups(report.connections),
        bars=histogram(report.connections),
        style=Markup(style),  # noqa: S704  our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        version=__version__,
        embedded=embedded,
    )
    return re.sub(r"\n\s*\n+", "\n", page) + "\n"


def groups(connections: Sequence[Connection]) -> list[Group]:
    """What failed first; bounded, whatever the number of connections."""
    found = sorted(alike(connections), key=lambda group: _concern(group[0]))
    left = _MEMBERS_IN_ALL
    told = []
    for at, group in enumerate(found[:_LISTED]):
        others = group[1:]
        full = at < _DETAILED
        shown = tuple(others[: min(_MEMBERS, left)]) if full else ()
        left -= len(shown)
        told.append(Group(group[0], len(group), shown, len(others) - len(shown), full))
    return told


def _concern(connection: Connection) -> tuple[int, bool]:
    """What a reader wants first sorts first: what failed, then what has a cause all the same."""
    return _ORDER.index(connection.conversation.outcome), connection.cause is None


def _harmless(value: Any) -> Any:
    """What jinja2 puts into the page: our own markup as it is, all other text made harmless."""
    if isinstance(value, Markup):
        return value
    return safe_text(value, _LONGEST) if isinstance(value, str) else value


def _offset(nanoseconds: int) -> str:
    return f"+{nanoseconds / _SECOND:.6f}"


def _words() -> dict[str, Any]:
    """What the template may call."""
    return {
        "CLIENT": CLIENT,
        "CERTAIN": Confidence.CERTAIN,
        "FAILED": Status.FAIL,
        "PASSED": Status.PASS,
        "OPEN": _OPEN,
        "OUTCOME_WORDS": OUTCOME_WORDS,
        "SLOT_TITLES": SLOT_TITLES,
        "STAGE_WORDS": STAGE_WORDS,
        "STATUS_WORDS": _STATUS_WORDS,
        "SHOWN_COLUMNS": COLUMNS,
        "differing": differing,
        "UNFOLDED": _UNFOLDED,
        "drawing": drawing,
        "flights": lambda told: shortened(with_sealed(told)),
        "frames_text": frames_text,
        "headline": headline,
        "iso_time": iso_time,
        "level_rows": level_rows,
        "level_title": level_title,
        "offset": _offset,
        "other_findings": other_findings,
        "passed_over": passed_over,
        "remedies": remedies,
        "session_title": session_title,
        "shown_lines": shown_lines,
        "took": lambda told, usual: timing_line(told, timing(told), usual),
        "slot_findings": slot_findings,
        "when": when,
        "wireshark_line": wireshark_line,
    }
