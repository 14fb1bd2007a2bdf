"""Sheets of A4 paper: blocks that are measured, broken into pages and drawn as inert HTML.

Pages are broken here and not by the browser, so that each can say which page of how many it is and
repeat the sheet's head. Heights are estimated on the large side.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import math
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import attrs

from wushe.render import Picture
from wushe.render.canvas import text_width
from wushe.render.inert import clean
from wushe.text import Text, check_lang

WIDTH_MM, WIDE_MM = 180.0, 267.0
"""What the margins of 15 mm leave of A4, upright and lying. Columns of a grid add up to this."""
_HEIGHT_MM, _LOW_MM = 268.0, 181.0  # without margins, foot and some slack: readers' fonts differ
_PICTURE_MM = 180.0
_PX_PER_MM = 96 / 25.4
_SIZE = 14.0  # px, 10.5 pt
_LINE_MM, _PAD_MM, _SMALL_LINE_MM = 5.27, 2.9, 4.8
_TITLE_MM, _HEADING_MM, _MORE_MM = 12.5, 11.6, 7.0
_SIGN_MM, _OPINION_MM = 34.0, 19.0
_MAX_LINES, _MAX_HEAD_LINES = 20, 4
"""Of one cell: a longer text is cut with an ellipsis, since head and row must fit on a page."""

_PAGE = Text("第 {page} 页，共 {pages} 页", "page {page} of {pages}")
_CONTINUED = Text("（续）", " (continued)")
_NEXT = Text("转下页 →", "continued on the next page →")
_SIGN = Text("签名：", "Signature:")
_DATE = Text("日期：　　　年　　月　　日", "Date:")

Align = Literal["left", "right", "center"]


@attrs.frozen
class Column:
    """A column of a grid: heading, width in mm, alignment."""

    head: str
    mm: float
    align: Align = "left"


@attrs.frozen
class Grid:
    """A ruled table with a heading; `empty` is said where it has no rows.

    `groups` are (heading, number of columns) above the headings; rows in `strong` are set bold.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""
    groups: tuple[tuple[str, int], ...] = ()
    strong: frozenset[int] = frozenset()


@attrs.frozen
class Lines:
    """Small paragraphs under a heading."""

    title: str
    texts: tuple[str, ...]


@attrs.frozen
class Signatures:
    """A box for the household's opinion and one box each for those who sign; never broken."""

    opinion: str
    choices: tuple[str, ...]
    parties: tuple[str, ...]


Block = Grid | Lines | Signatures | Picture


@attrs.frozen
class Sheet:
    """One or more pages that belong together: a head repeated on each of them, then the blocks.

    `code` names the sheet in the foot of each page; `facts` are (label, value) pairs of the head. A
    `wide` sheet lies on its long side.
    """

    title: str
    code: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    note: str = ""
    wide: bool = False

    @property
    def width(self) -> float:
        """How wide its blocks are, in mm."""
        return WIDE_MM if self.wide else WIDTH_MM


@attrs.frozen
class Printable:
    """Paper ready to print: `pages` sheets of A4 in one self-contained page without scripts.

    It makes no request to anywhere and prints with the margins it shows.
    """

    title: str
    pages: int
    _html: str = attrs.field(repr=False)

    def html(self) -> str:
        """Return the page."""
        return self._html

    def save(self, path: str | Path) -> Path:
        """Write the page as UTF-8 and return the path."""
        target = Path(path)
        target.write_text(self._html, encoding="utf-8", newline="\n")
        return target


def print_sheets(title: str, sheets: Iterable[Sheet], lang: str) -> Printable:
    """Return `sheets` as paper, each beginning on a page of its own."""
    check_lang(lang)
    pages = [page for sheet in sheets for page in _pages(sheet, lang)]
    css = _asset("paper.css")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    html = _template().render(
        lang="zh-CN" if lang == "zh" else "en",
        title=clean(title),
        css=_markup(css),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        pages=pages,
        words={"sign": _SIGN.say(lang), "date": _DATE.say(lang), "next": _NEXT.say(lang)},
    )
    return Printable(clean(title), len(pages), html.lstrip())


# --- measuring -----------------------------------------------------------------------------------


def _lines(text: str, mm: float) -> int:
    """Return how many lines `text` takes in a cell `mm` wide, on the large side."""
    room = max(mm - 3.4, 4) * _PX_PER_MM * 0.92  # padding; words that do not fill their line
    return max(1, math.ceil(text_width(text, _SIZE) / room))


def _fit(text: str, mm: float, most: int = _MAX_LINES) -> str:
    """Return `text` on one line of source, cut where it would take more than `most` lines."""
    text = clean(text)
    if _lines(text, mm) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if _lines(text[:middle] + "…", mm) <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def _row_mm(cells: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> float:
    room = 0.92 if bold else 1.0  # bold characters are broader
    tallest = max(_lines(c, w * room) for c, w in zip(cells, widths, strict=True))
    return tallest * _LINE_MM + _PAD_MM


# --- breaking into pages ---------------------------------------------------------------------------


@attrs.frozen
class _Piece:
    """What cannot be broken: a row of a grid, a paragraph, a picture, the signatures."""

    block: int
    mm: float
    part: dict[str, Any]


def _pages(sheet: Sheet, lang: str) -> list[dict[str, Any]]:
    """Return the pages of one sheet as the template draws them."""
    widths = (24.0, sheet.width / 2 - 24)
    facts = [
        (clean(label), _fit(value, widths[1], _MAX_HEAD_LINES)) for label, value in sheet.facts
    ]
    pairs = [facts[at : at + 2] for at in range(0, len(facts), 2)]
    head_mm = _TITLE_MM + sum(
        max(_row_mm(fact, widths) for fact in pair) for pair in pairs
    )  # fmt: skip
    broken = _break(sheet, (_LOW_MM if sheet.wide else _HEIGHT_MM) - _MORE_MM - head_mm, lang)
    n = len(broken)
    return [
        {
            "title": clean(sheet.title) + (_CONTINUED.say(lang) if at else ""),
            "wide": sheet.wide,
            "pairs": pairs,
            "parts": parts,
            "note": clean(sheet.note),
            "foot": f"{clean(sheet.code)}　{_PAGE.say(lang, page=at + 1, pages=n)}",
            "more": at + 1 < n,
        }
        for at, parts in enumerate(broken)
    ]


def _break(sheet: Sheet, room: float, lang: str) -> list[list[dict[str, Any]]]:
    """Return the parts of each page; no page has more than `room` mm, as far as pieces allow."""
    pages: list[list[dict[str, Any]]] = [[]]
    left, open_block = room, -1
    for piece in (
        p for at, block in enumerate(sheet.blocks) for p in _pieces(at, block, sheet.width)
    ):
        block = sheet.blocks[piece.block]
        top = 0.0 if piece.block == open_block else _top_mm(block)
        if top + piece.mm > left and pages[-1]:
            pages.append([])
            left = room
            top = _top_mm(block)
            begun = piece.block == open_block
            pages[-1].append(_part(block, lang, continued=begun))
        elif piece.block != open_block:
            pages[-1].append(_part(block, lang, continued=False))
        open_block = piece.block
        left -= top + piece.mm
        pages[-1][-1]["pieces"].append(piece.part)
    return pages


def _top_mm(block: Block) -> float:
    """Return the height of what stands above a block's first piece."""
    if isinstance(block, Grid):
        widths = [c.mm for c in block.columns]
        heads = _row_mm([c.head for c in block.columns], widths, bold=True)
        return _HEADING_MM + (heads + _groups_mm(block) if block.rows else 0)
    return _HEADING_MM if isinstance(block, Lines) and block.title else 0.0


def _groups_mm(grid: Grid) -> float:
    if not grid.groups:
        return 0.0
    left, widths = list(grid.columns), []
    for _, span in grid.groups:
        widths.append(sum(c.mm for c in left[:span]))
        del left[:span]
    return _row_mm([head for head, _ in grid.groups], widths, bold=True)


def _pieces(at: int, block: Block, width: float) -> list[_Piece]:
    if isinstance(block, Grid):
        widths = [c.mm for c in block.columns]
        rows = [[_fit(c, w) for c, w in zip(r, widths, strict=True)] for r in block.rows]
        if not rows:
            return [_Piece(at, _LINE_MM + _PAD_MM, {"empty": clean(block.empty)})]
        return [
            _Piece(
                at,
                _row_mm(cells, widths, bold=row in block.strong),
                {"cells": cells, "strong": row in block.strong},
            )
            for row, cells in enumerate(rows)
        ]
    if isinstance(block, Lines):
        texts = [_fit(text, width) for text in block.texts]
        return [_Piece(at, _lines(t, width) * _SMALL_LINE_MM + 1, {"text": t}) for t in texts]
    if isinstance(block, Signatures):
        return [_Piece(at, _OPINION_MM + _SIGN_MM, {})]
    return [_Piece(at, block.height * _PICTURE_MM / block.width + 4, {})]


def _part(block: Block, lang: str, *, continued: bool) -> dict[str, Any]:
    again = _CONTINUED.say(lang) if continued else ""
    if isinstance(block, Grid):
        return {
            "kind": "grid",
            "title": clean(block.title) + again,
            "columns": [attrs.evolve(c, head=clean(c.head)) for c in block.columns],
            "all_mm": sum(c.mm for c in block.columns),
            "groups": block.groups,
            "pieces": [],
        }
    if isinstance(block, Lines):
        return {"kind": "lines", "title": clean(block.title) + again, "pieces": []}
    if isinstance(block, Signatures):
        return {"kind": "signatures", "block": block, "pieces": []}
    # A Picture has checked that its drawing is inert.
    return {"kind": "picture", "svg": _markup(block.svg), "title": block.title, "pieces": []}


# --- drawing -------------------------------------------------------------------------------------


@functools.cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.from_string(_asset("paper.html.j2"))


def _asset(name: str) -> str:
    text = resources.files("wushe.report").joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")  # browsers hash the style after reading line ends


def _markup(safe: str) -> Any:
    """Mark as ready for the page what this package made and escaped itself."""
    import markupsafe

    return markupsafe.Markup(safe)
