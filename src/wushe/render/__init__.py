"""Low-level pictures and pages: SVG charts, self-contained pages, safe spreadsheets."""

from wushe.render.browser import Badge, Filter, Line, Record
from wushe.render.charts import CoverageRow, bars, coverage_bars
from wushe.render.flows import LinkEdge, LinkNode, linkage
from wushe.render.page import Page
from wushe.render.picture import MissingFontError, Picture
from wushe.render.sheet import safe_filename, to_csv

__all__ = [
    "Badge",
    "CoverageRow",
    "Filter",
    "Line",
    "LinkEdge",
    "LinkNode",
    "MissingFontError",
    "Page",
    "Picture",
    "Record",
    "bars",
    "coverage_bars",
    "linkage",
    "safe_filename",
    "to_csv",
]
