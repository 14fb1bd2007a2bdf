"""Colours that stay apart for colour-blind readers, with dashes and shapes that need no colour."""

from __future__ import annotations

from wushe.render.canvas import BLUE, PALE_BLUE
from wushe.render.captions import Key, Shape, Sign

SERIES = (BLUE, "#d0801c", "#93265f", "#4a9e52", "#7a8794", "#22262b")
"""Each at least 3:1 against white (WCAG 1.4.11) and 18 CIELAB units from the others, also for
readers without red or green cones (Machado, Oliveira and Fernandes 2009); a test checks both."""
DASHES = ("", "8 4", "2.5 3", "10 3 2.5 3", "5 3", "14 4")
SHAPES: tuple[Shape, ...] = ("dot", "square", "triangle", "diamond", "dot", "square")
PALE = (PALE_BLUE, "#f0c58a", "#d9a0bd", "#a9d3ad", "#c9d0d6", "#a79f92")
"""For filled shapes from the seventh on, which have no dashes."""
RAMP = ("#dcebf4", "#b4d3e5", "#84b5d2", "#5092bb", BLUE, "#123f60")
"""Light to dark for classes of values in order; lightness alone tells them apart."""
MISSING = "#ffffff"
MOST = 2 * len(SERIES)


def key(number: int, label: str, *, pointed: bool = False, sign: Sign = "line") -> Key:
    """Return the key of the `number`-th thing in a chart. Raises ValueError beyond `MOST`.

    From the seventh on colours come again, lines with other dashes and shapes, fills paler.
    """
    if number >= MOST:
        raise ValueError(
            f"{label!r} is the {number + 1}th thing in one chart; expected at most {MOST}: "
            "draw fewer, or several charts"
        )
    i, again = number % len(SERIES), number // len(SERIES)
    j = (i + 3 * again) % len(SERIES)
    if sign == "fill":
        return Key(label, (PALE if again else SERIES)[i], sign=sign)
    return Key(label, SERIES[i], DASHES[j], SHAPES[(j + again) % 4] if pointed else "")
