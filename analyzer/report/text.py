"""Text that came from the network, made harmless for every place that shows it.

Certificate names, server names, comments and file names are a stranger's words: escape sequences for
the terminal, text that runs right to left, line breaks that forge a line of the report. JSON keeps the
exact value (its own escapes hold); everything else goes through `safe_text`.
"""

from __future__ import annotations

import unicodedata

# Controls, formats (bidi marks among them), surrogates, private use, unassigned, line and paragraph
# separators (Unicode 15 section 4.5, General Category).
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Longer than any sentence of ours; a 64 KB name ends here.
_LIMIT = 600


def safe_text(text: str, limit: int = _LIMIT) -> str:
    r"""`text` on one line with nothing in it that acts: `\x1b`, `\u{202e}`, and `\\` for a backslash.

    What is longer than `limit` characters is cut, and says how much was.

    >>> print(safe_text("\x1b[31mred", 6))
    \x1b[31mr... (2 more characters)
    """
    cut = len(text) - limit
    if cut > 0:
        text = text[:limit]
    if not (text.isascii() and text.isprintable() and "\\" not in text):
        text = "".join(map(_escaped, text))
    return f"{text}... ({cut} more characters)" if cut > 0 else text


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if unicodedata.category(character) not in _UNSAFE:
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{{{number:x}}}"
