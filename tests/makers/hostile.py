"""A stranger's words: names that try to act on whoever shows them."""

from __future__ import annotations

# Kind -> text. Each one acts somewhere: a terminal, a page, a ticket, a spreadsheet, a parser.
WORDS = {
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "c1": "\x9b31mred\x9b0m",
    "bidi": "abc\u202efdp.exe\u2066x\u2069",
    "lines": "a\nVerdict: PASS\r\n\u2028b\u2029c\x0bd\x85e",
    "nul": "a\x00b",
    "script": "<script>window.acted=1</script><img src=x onerror=window.acted=1>",
    "attribute": "\" onmouseover='window.acted=1' x=\"",
    "style": "</style><style>body{display:none}</style>",
    "cdata": "]]><evil/><![CDATA[",
    "entity": "&lt;b&gt; &#x1b; &nbsp;",
    "markdown": "[click](javascript:alert(1)) ![x](http://evil.example/x.png) **b** `c` | d |",
    "mention": "@everyone #1 https://evil.example/ www.evil.example",
    "heading": "\n# heading\n- item\n<!-- ",
    "formula": "=cmd|' /C calc'!A0",
    "formula2": "@SUM(1+1)*cmd|' /C calc'!A0",
    "rich": "[bold red]x[/] [link=http://evil.example]y[/link]",
    "jinja": "{{ 7*7 }}{% for x in y %}",
    "percent": "%s %(name)s {0} $HOME $(id) `id`",
    "surrogate": "a\ud800b",
    "noncharacter": "a\ufffe\uffff\U0010ffffb",
    "private": "a\ue000b",
    "tag": "a\U000e0041b",
    "zero": "a\u200bb\ufeffc\u00add",
    "long": "x" * 65536,
}

EVERYTHING = " ".join(words for kind, words in WORDS.items() if kind != "long")
