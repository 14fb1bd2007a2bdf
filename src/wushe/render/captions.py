"""What stands around every chart: title, notes, "no data", legends, labels that keep apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import attrs

from wushe.render.canvas import GRID, INK, PAPER, SOFT, Canvas, shorten, text_width
from wushe.render.inert import clean
from wushe.render.picture import Picture
from wushe.text import Text

PAD = 20
SIZE = 14
SMALL = 12.5
# Below this width (phones) labels stand above what they name instead of beside it.
NARROW = 520
Shape = Literal["", "dot", "square", "triangle", "diamond"]
Sign = Literal["line", "fill"]

_NOTHING = Text(zh="没有数据", en="No data")
_LINE = 18
_TITLE_LINES = 3


@attrs.frozen
class Key:
    """How one thing in a chart is told from the others: colour, dashes, shape of its points."""

    label: str
    colour: str
    dash: str = ""
    shape: Shape = ""
    sign: Sign = "line"


def said(label: str | Text, lang: str) -> str:
    """Return a label in `lang`; a plain string is a name and the same in every language."""
    return label.say(lang) if isinstance(label, Text) else label


def heading(canvas: Canvas, title: str, unit: str) -> float:
    """Write the title and, small beneath it, the unit; return where the chart begins."""
    y = 8.0
    # Bold letters are wider than those that are measured.
    for line in wrap(title, 17.5, canvas.width - 2 * PAD)[:_TITLE_LINES] or [""]:
        y += 22
        canvas.text(PAD, y, line, 17, bold=True)
    if not unit:
        return y + 20
    canvas.text(PAD, y + 20, unit, SMALL, fill=SOFT, room=canvas.width - 2 * PAD)
    return y + 34


def nothing(canvas: Canvas, title: str, y: float, lang: str) -> Picture:
    """Return the picture of a chart that has nothing to show, and says so."""
    word = _NOTHING.say(lang)
    canvas.rect(PAD, y, canvas.width - 2 * PAD, 60, GRID, radius=6, opacity=0.5)
    canvas.text(canvas.width / 2, y + 35, word, SIZE, anchor="middle", fill=SOFT)
    return canvas.picture(y + 60 + PAD, title=title, alt=word)


def notes(canvas: Canvas, text: str, y: float) -> float:
    """Write a small note from `y` down, on as many lines as it needs; return where it ends."""
    for line in wrap(text, 12, canvas.width - 2 * PAD):
        y += _LINE
        canvas.text(PAD, y, line, 12, fill=SOFT)
    return y + 4 if text else y


def wrap(text: str, size: float, room: float) -> list[str]:
    """Return `text` in lines that fit `room`: broken at spaces, or between Chinese characters.

    A word that is wider than a line of its own is cut with an ellipsis.
    """
    lines, line = [], ""
    for piece in _pieces(clean(text)):
        if line and text_width((line + piece).rstrip(), size) > room:
            lines.append(shorten(line.rstrip(), size, room))
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, shorten(line.rstrip(), size, room)] if line.strip() else lines


def _pieces(text: str) -> list[str]:
    """Return what a line may be broken between: words with the space after them, Chinese characters.

    Punctuation stays with what it follows.
    """
    pieces: list[str] = []
    for character in text:
        joins = pieces and (
            character in "，。；：、！？）》”%,.;:!?) "
            or (_is_latin(character) and _is_latin(pieces[-1][-1]))
        )
        if joins:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _is_latin(character: str) -> bool:
    return ord(character) < 0x2E80 and character != " "


def legend(
    canvas: Canvas, keys: Sequence[Key], x: float, y: float, room: float | None = None
) -> float:
    """Write keys side by side from (`x`, `y`) on, over as many lines as needed; return the end."""
    right = canvas.width - PAD if room is None else x + room
    at = x
    for key in keys:
        label = shorten(clean(key.label), SMALL, right - x - 34)
        wide = 34 + text_width(label, SMALL)
        if at > x and at + wide > right:
            at, y = x, y + _LINE + 2
        sign(canvas, key, at, y + 6)
        canvas.text(at + 30, y + 10.5, key.label, SMALL, room=right - at - 34)
        at += wide + 16
    return y + 24 if keys else y


def sign(canvas: Canvas, key: Key, x: float, y: float) -> None:
    """Draw the sign of a key, 24 px wide, around the height `y`."""
    if key.sign == "fill":
        canvas.rect(x + 8, y - 6, 13, 13, key.colour, radius=2)
        return
    canvas.path([(x, y), (x + 24, y)], key.colour, 2.2, dash=key.dash)
    mark(canvas, key.shape, x + 12, y, key.colour)


def mark(canvas: Canvas, shape: Shape, x: float, y: float, colour: str, *, title: str = "") -> None:
    """Draw one point; shapes have about the same area, so that none looks heavier."""
    if shape == "dot":
        canvas.dot(x, y, 4, colour, title=title)
    elif shape == "square":
        canvas.rect(x - 3.6, y - 3.6, 7.2, 7.2, colour, stroke=PAPER, title=title)
    elif shape:
        up = ((x, y - 5), (x + 4.8, y + 3.6), (x - 4.8, y + 3.6))
        diamond = ((x, y - 5.2), (x + 5.2, y), (x, y + 5.2), (x - 5.2, y))
        points = up if shape == "triangle" else diamond
        canvas.area(points, colour, stroke=PAPER, title=title)


def end_labels(
    canvas: Canvas,
    ends: Sequence[tuple[Key, float, float]],
    x: float,
    room: float,
    span: tuple[float, float],
) -> None:
    """Write each key's label at `x`, as near as may be to the height at which its line ends.

    `ends` are (key, x, y) of the ends; a thin line leads from there to the label. Labels keep a
    line's height apart within `span`, which must have room for all of them.
    """
    order = sorted(range(len(ends)), key=lambda i: (ends[i][2], i))
    # A label at the foot keeps clear of what stands below the axis.
    heights = spread([ends[i][2] for i in order], _LINE - 2, span[0], span[1] - 5)
    for i, height in zip(order, heights, strict=True):
        key, x_end, y_end = ends[i]
        canvas.path([(x_end + 3, y_end), (x - 10, height), (x - 4, height)], key.colour, 1.2)
        canvas.text(x, height + 4.5, key.label, SMALL, room=room, fill=INK)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return rising positions at least `gap` apart, within `low`..`high`, near the rising `wanted`.

    Groups that touch share the mean of what they wanted (pool adjacent violators), so that the
    sum of squared moves is least.
    """
    groups: list[tuple[float, int]] = []  # (sum of wanted first positions, members)
    for value in wanted:
        total, n = value, 1
        while groups and groups[-1][0] / groups[-1][1] + gap * groups[-1][1] > total / n:
            before, members = groups.pop()
            total, n = before + total - gap * members * n, n + members
        groups.append((total, n))
    found = [total / n + gap * i for total, n in groups for i in range(n)]
    room = max(high - gap * (len(found) - 1), low)
    return [min(max(at, low + gap * i), room + gap * i) for i, at in enumerate(found)]
