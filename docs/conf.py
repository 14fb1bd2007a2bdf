"""Sphinx settings: Markdown pages in Chinese and English, the furo theme, nothing fetched."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))
import generated

project = "五社 wushe"
author = copyright = "The wushe contributors"  # noqa: A001 - the name that Sphinx reads
version = release = installed("wushe")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
exclude_patterns = ["_build", "evidence"]

# `Event` and `Table` are names in more than one package; their annotations are written without it.
suppress_warnings = ["ref.python"]

language = "zh_CN"
html_theme = "furo"
html_title = "五社 wushe"


def _fill_in(_app: Sphinx, _docname: str, source: list[str]) -> None:
    source[0] = generated.fill(generated.join_chinese(source[0]))


def setup(app: Sphinx) -> None:
    """Let the library write its own reference tables into the pages."""
    app.connect("source-read", _fill_in)
