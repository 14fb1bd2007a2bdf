"""Drawing SVG: text that is measured, shortened and escaped, and a calm palette."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal

from wushe.render.inert import clean, escape
from wushe.render.picture import FONTS, Picture

INK = "#1f2a37"
SOFT = "#5b6674"
GRID = "#e3e8ee"
PAPER = "#ffffff"
BLUE = "#2c6e9b"
ORANGE = "#e2a04a"
PALE_BLUE = "#9cc7de"

Anchor = Literal["start", "middle", "end"]
_NARROW = set("iljtfI.,:;'|!()[]{} /\\-·")
_BROAD = set("mwMW@%…—")


def text_width(text: str, size: float) -> float:
    """Return the width of `text` in pixels at font size `size`, estimated on the large side.

    Readers' fonts differ, so widths come from character classes and not from one font.
    """
    ems = 0.0
    for character in text:
        if unicodedata.combining(character):
            continue
        if unicodedata.east_asian_width(character) in "WF":
            ems += 1.0
        elif character in _NARROW:
            ems += 0.36
        elif character in _BROAD:
            ems += 0.96
        else:
            ems += 0.68 if character.isupper() or ord(character) > 0x2FF else 0.58
    return ems * size


def shorten(text: str, size: float, room: float) -> str:
    """Return `text` if it fits into `room` pixels, else its beginning and an ellipsis."""
    if text_width(text, size) <= room:
        return text
    kept = ""
    for character in text:
        if text_width(kept + character + "…", size) > room:
            break
        kept += character
    return kept.rstrip() + "…"


def number(value: float) -> str:
    """Return a number for readers: thousands separated, at most two decimals, a true minus."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return text.replace("-", "\u2212")


def percent(part: float, whole: float) -> str:
    """Return a share as whole percent, ``—`` of nothing; only all is 100 %, only none is 0 %."""
    if whole <= 0:
        return "—"
    share = round(100 * part / whole)
    if part > 0 and share == 0:
        return "<1%"
    if part < whole and share == 100:
        return ">99%"
    return f"{share}%"


class Canvas:
    """Collects SVG elements; positions are pixels from the upper left corner."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._parts: list[str] = []

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        radius: float = 0,
        opacity: float = 1,
        title: str = "",
        stroke: str = "",
    ) -> None:
        """Draw a filled rectangle; `title` shows while the pointer rests on it."""
        extra = f' rx="{_n(radius)}"' if radius else ""
        extra += f' fill-opacity="{_n(opacity)}"' if opacity < 1 else ""
        extra += f' stroke="{stroke}"' if stroke else ""
        self._add(
            f'rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" '
            f'height="{_n(max(height, 0))}" fill="{fill}"{extra}',
            "rect",
            title,
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str = GRID) -> None:
        """Draw a one-pixel line."""
        self._add(
            f'line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{stroke}"',
            "line",
        )

    def curve(
        self,
        points: Sequence[tuple[float, float]],
        stroke: str,
        width: float,
        *,
        opacity: float,
        title: str,
        ends: tuple[int, int],
    ) -> None:
        """Draw cubic curves through 1 + 3k `points`; `ends` are node numbers for highlighting."""
        pairs = [f"{_n(x)} {_n(y)}" for x, y in points]
        path = f"M{pairs[0]}C{' '.join(pairs[1:])}"
        self._add(
            f'path class="wx-edge" data-a="{ends[0]}" data-b="{ends[1]}" d="{path}" fill="none" '
            f'stroke="{stroke}" stroke-width="{_n(width)}" stroke-opacity="{_n(opacity)}"',
            "path",
            title,
        )

    def path(
        self,
        points: Sequence[tuple[float, float]],
        stroke: str,
        width: float = 2,
        *,
        dash: str = "",
        title: str = "",
    ) -> None:
        """Draw straight lines through two or more `points`; `dash` is lengths of dash and gap."""
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self._add(
            f'path d="M{_pairs(points)}" fill="none" stroke="{stroke}" stroke-width="{_n(width)}" '
            f'stroke-linejoin="round"{extra}',
            "path",
            title,
        )

    def area(
        self,
        points: Sequence[tuple[float, float]],
        fill: str,
        *,
        opacity: float = 1,
        stroke: str = "",
        title: str = "",
    ) -> None:
        """Fill the polygon through `points`."""
        extra = f' fill-opacity="{_n(opacity)}"' if opacity < 1 else ""
        extra += f' stroke="{stroke}"' if stroke else ""
        self._add(f'path d="M{_pairs(points)}Z" fill="{fill}"{extra}', "path", title)

    def dot(
        self,
        x: float,
        y: float,
        radius: float,
        fill: str,
        *,
        stroke: str = PAPER,
        width: float = 1,
        title: str = "",
    ) -> None:
        """Draw a disc, set off from what lies below by its rim."""
        self._add(
            f'circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}" '
            f'stroke="{stroke}" stroke-width="{_n(width)}"',
            "circle",
            title,
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        anchor: Anchor = "start",
        fill: str = INK,
        bold: bool = False,
        room: float | None = None,
        halo: bool = False,
    ) -> None:
        """Write one line with its baseline at `y`; beyond `room` it is cut, whole in its title.

        `halo` keeps it readable over what lies below.
        """
        whole = clean(text)
        shown = whole if room is None else shorten(whole, size, room)
        weight = ' font-weight="600"' if bold else ""
        place = "" if anchor == "start" else f' text-anchor="{anchor}"'
        rim = f' stroke="{PAPER}" stroke-width="3.5" paint-order="stroke"' if halo else ""
        title = f"<title>{escape(whole)}</title>" if shown != whole else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}"{weight}{place}{rim}>'
            f"{title}{escape(shown)}</text>"
        )

    def open_node(self, node: int, title: str) -> None:
        """Begin a group that stands for node number `node`; close it with `close_node`."""
        self._parts.append(f'<g class="wx-node" data-node="{node}"><title>{escape(title)}</title>')

    def close_node(self) -> None:
        """End the group begun with `open_node`."""
        self._parts.append("</g>")

    def picture(self, height: float, *, title: str, alt: str) -> Picture:
        """Return everything drawn so far as a `Picture` of the given height."""
        tall = round(height)
        # No width in the root's style: pages scale the picture by its viewBox.
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{tall}" '
            f'viewBox="0 0 {self.width} {tall}" font-family="{FONTS}" role="img" '
            f'aria-label="{escape(title)}: {escape(alt)}">{"".join(self._parts)}</svg>'
        )
        return Picture(svg, self.width, tall, clean(title), clean(alt))

    def _add(self, element: str, tag: str, title: str = "") -> None:
        end = f"><title>{escape(title)}</title></{tag}>" if title else "/>"
        self._parts.append(f"<{element}{end}")


def _pairs(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
