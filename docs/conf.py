"""Sphinx settings: Markdown pages in Chinese and English, the furo theme, nothing fetched."""

from importlib.metadata import version as installed

project = "五社 wushe"
author = "The wushe contributors"
version = release = installed("wushe")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
exclude_patterns = ["_build", "evidence"]

language = "zh_CN"
html_theme = "furo"
html_title = "五社 wushe"
