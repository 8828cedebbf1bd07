"""Sphinx's configuration: `scripts/docs` builds these pages, warnings are errors."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analyzer import __version__

project = "hsm-analyzer"
author = "the hsm-analyzer developers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["conf.py"]
nitpicky = False
# Anchors of headings, as GitHub makes them: pages link to each other's sections on both.
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_use_ivar = True
# `--option` in a sentence stays what is typed.
smartquotes = False
autodoc_member_order = "bysource"

html_theme = "alabaster"
html_theme_options = {
    "description": "What really happened between a CloudHSM client and its HSM",
    "fixed_sidebar": True,
    "page_width": "75em",
    "sidebar_width": "15em",
}
html_show_sourcelink = False
html_show_copyright = False
