"""Estimates with their intervals in rows (a forest plot), and how values spread (boxes)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.render.axes import Axis, Scale, checked, draw_x, x_ticks
from wushe.render.canvas import BLUE, GRID, INK, PALE_BLUE, PAPER, SOFT, Canvas, shorten, text_width
from wushe.render.captions import NARROW, PAD, SIZE, SMALL, heading, notes, nothing, said
from wushe.render.picture import Picture
from wushe.text import Text, check_lang

_ALT = Text(zh="{n}行。{rows}", en="{n} rows. {rows}")
_ALT_ROW = Text(zh="{label}：{text}。", en="{label}: {text}.")
_BETWEEN = Text(zh="{mean}（{low} 至 {high}）", en="{mean} ({low} to {high})")
_SPREAD = Text(zh="中位数 {median}，n={n}", en="median {median}, n={n}")
_BOX_NOTE = Text(
    zh="箱：中间一半；竖线：中位数；须：第5至第95百分位；菱形：均值。",
    en="Box: middle half; line: median; whiskers: 5th to 95th percentile; diamond: mean.",
)
_ROW = 30
_ABOVE = 22
_HEAD = 28


@attrs.frozen
class Interval:
    """One row: an estimate and the limits of its interval; NaN where unknown.

    Rows of one `group` that follow each other stand under its name. Raises ValueError.
    """

    label: str | Text
    mean: float
    low: float = math.nan
    high: float = math.nan
    group: str | Text = ""

    def __attrs_post_init__(self) -> None:
        checked([self.mean, self.low, self.high], f"interval {self.label!r}")
        if self.low > self.high:
            raise ValueError(
                f"interval {self.label!r}: low {self.low} is above high {self.high}; expected low <= high"
            )

    def text(self, axis: Axis, wide: float, lang: str) -> str:
        """Return the figures as written beside the row, among figures that span `wide`."""
        mean = axis.value(self.mean, wide)
        if math.isnan(self.low) or math.isnan(self.high):
            return mean
        low, high = axis.value(self.low, wide), axis.value(self.high, wide)
        return _BETWEEN.say(lang, mean=mean, low=low, high=high)


def _values(values: Any) -> Array:
    found = checked(values, "values of a sample")
    known: Array = found[~np.isnan(found)]
    return known


@attrs.frozen(eq=False)
class Sample:
    """Values that spread, float (n,); NaN are left out.

    `of` is out of how many they are where some never came about (needs that nobody served), so
    that shares do not flatter; it is not less than their number. Boxes of one `group` that follow
    each other stand under its name. Raises ValueError.
    """

    label: str | Text
    values: Array = attrs.field(converter=_values)
    of: int | None = None
    group: str | Text = ""

    def __attrs_post_init__(self) -> None:
        if self.of is not None and self.of < len(self.values):
            raise ValueError(
                f"sample {self.label!r}: {len(self.values)} values out of {self.of}; expected no more than that"
            )


def intervals(
    rows: Iterable[Interval],
    *,
    title: Text,
    x: Axis,
    reference: float | None = None,
    sides: tuple[Text, Text] | None = None,
    note: Text | None = None,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return one row for each estimate: a point, its interval as a line, its figures beside it.

    `reference` (0 for differences) is drawn through all rows; a row whose interval leaves it out
    is filled, one whose interval holds it is hollow. `sides` say what left and right of it mean.
    """
    check_lang(lang)
    given = list(rows)
    name = title.say(lang)
    canvas = Canvas(width)
    top = heading(canvas, name, "")
    known = np.array([v for r in given for v in (r.mean, r.low, r.high)], np.float64)
    if np.isnan(known).all():
        return nothing(canvas, name, top, lang)
    extra = np.array([] if reference is None else [reference])
    span = x.span(known, extra)
    texts = [row.text(x, span[1] - span[0], lang) for row in given]
    table = _Rows.of(canvas, given, texts, top + (22 if sides else 0), lang)
    scale = table.scale(span)
    table.grid(x, scale, lang)
    if reference is not None:
        canvas.line(scale.at(reference), table.top - 4, scale.at(reference), table.bottom, SOFT)
        if sides:
            _sides(canvas, sides, scale, reference, top + 12, lang)
    table.write()
    for i, row in enumerate(given):
        _interval(canvas, row, scale, table.middle(i), reference)
    bottom = table.finish(x, lang)
    bottom = notes(canvas, note.say(lang) if note else "", bottom)
    return canvas.picture(bottom + PAD / 2, title=name, alt=table.alt(lang))


def boxes(
    samples: Iterable[Sample],
    *,
    title: Text,
    x: Axis,
    note: Text | None = None,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return one box for each sample: middle half, median, 5th to 95th percentile, mean, number."""
    check_lang(lang)
    given = list(samples)
    name = title.say(lang)
    canvas = Canvas(width)
    top = heading(canvas, name, "")
    if not any(len(s.values) for s in given):
        return nothing(canvas, name, top, lang)
    points = [_five(s.values) for s in given]
    span = x.span(*points)
    texts = [
        _SPREAD.say(lang, median=x.value(five[2], span[1] - span[0]), n=f"{len(s.values):,}")
        for s, five in zip(given, points, strict=True)
    ]
    rows = [
        Interval(s.label, five[2], group=s.group) for s, five in zip(given, points, strict=True)
    ]
    table = _Rows.of(canvas, rows, texts, top, lang)
    scale = table.scale(span)
    table.grid(x, scale, lang)
    table.write()
    for i, five in enumerate(points):
        if not math.isnan(five[2]):
            _box(canvas, five, scale, table.middle(i))
    bottom = notes(canvas, _BOX_NOTE.say(lang), table.finish(x, lang))
    bottom = notes(canvas, note.say(lang) if note else "", bottom)
    return canvas.picture(bottom + PAD / 2, title=name, alt=table.alt(lang))


@attrs.frozen(eq=False)
class _Rows:
    """Rows of labels on the left, plots in the middle and figures on the right."""

    canvas: Canvas
    labels: tuple[str, ...]
    texts: tuple[str, ...]
    heads: tuple[str, ...]  # name of the group that begins with a row, or ""
    top: float
    left: float
    right: float
    pitch: float

    @classmethod
    def of(
        cls, canvas: Canvas, rows: Sequence[Interval], texts: Sequence[str], top: float, lang: str
    ) -> _Rows:
        """Lay rows out: labels beside the plot or, where the picture is narrow, above it."""
        labels = tuple(said(row.label, lang) for row in rows)
        groups = ["", *(said(row.group, lang) for row in rows)]
        heads = tuple(b if b != a else "" for a, b in itertools.pairwise(groups))
        if canvas.width < NARROW:
            left, right, pitch = PAD + 4.0, canvas.width - PAD - 4.0, float(_ROW + _ABOVE)
        else:
            wanted = max(text_width(shorten(v, SIZE, canvas.width), SIZE) for v in labels) + 16
            left = PAD + min(wanted, canvas.width * 0.34)
            right = canvas.width - PAD - max(text_width(v, SMALL) for v in texts) - 18
            pitch = float(_ROW)
        return cls(canvas, labels, tuple(texts), heads, top, left, right, pitch)

    @property
    def bottom(self) -> float:
        return self._start(len(self.labels))

    def middle(self, i: int) -> float:
        """Return the height at which row `i` is drawn."""
        head = _HEAD if self.heads[i] else 0
        return self._start(i) + head + self.pitch - _ROW / 2

    def scale(self, span: tuple[float, float]) -> Scale:
        """Return the scale of the plot, with a little room at both ends."""
        room = 0.04 * (span[1] - span[0])
        low = 0.0 if span[0] == 0 else span[0] - room
        return Scale(low, span[1] + room, self.left, self.right)

    def grid(self, x: Axis, scale: Scale, lang: str) -> None:
        """Draw the grid and the axis."""
        for tick in x_ticks(x, scale.low, scale.high, self.right - self.left, lang):
            at = scale.at(tick.at)
            self.canvas.line(at, self.top, at, self.bottom, GRID)
        self.canvas.line(self.left, self.bottom, self.right, self.bottom, SOFT)
        draw_x(self.canvas, x, scale, self.bottom, self.canvas.width - 8, lang)

    def write(self) -> None:
        """Write labels and figures."""
        for i, (label, text) in enumerate(zip(self.labels, self.texts, strict=True)):
            if self.heads[i]:
                at = self._start(i) + _HEAD - 8
                room = self.canvas.width - 2 * PAD
                self.canvas.text(PAD, at, self.heads[i], SIZE, bold=True, room=room, halo=True)
            self._write(i, label, text)

    def finish(self, x: Axis, lang: str) -> float:
        """Write what the axis measures; return where the chart ends."""
        bottom = self.bottom + (38 if x.start is not None else 24)
        label = x.say(lang)
        if not label:
            return bottom
        middle, room = (self.left + self.right) / 2, self.canvas.width - 2 * PAD
        half = min(text_width(label, SMALL), room) / 2
        middle = min(max(middle, PAD + half), self.canvas.width - PAD - half)
        self.canvas.text(middle, bottom + 14, label, SMALL, anchor="middle", fill=SOFT, room=room)
        return bottom + 18

    def alt(self, lang: str) -> str:
        """Return the rows in words."""
        told = [
            _ALT_ROW.say(lang, label=label, text=text)
            for label, text in zip(self.labels, self.texts, strict=True)
        ]
        return _ALT.say(lang, n=len(told), rows=("" if lang == "zh" else " ").join(told))

    def _start(self, i: int) -> float:
        return self.top + self.pitch * i + _HEAD * sum(map(bool, self.heads[:i]))

    def _write(self, i: int, label: str, text: str) -> None:
        middle, width = self.middle(i), self.canvas.width
        if self.pitch > _ROW:
            above, taken = middle - _ROW / 2 + 2, text_width(text, SMALL) + 12
            self.canvas.text(PAD, above, label, SIZE, room=width - 2 * PAD - taken, halo=True)
            self.canvas.text(width - PAD, above, text, SMALL, anchor="end", fill=SOFT, halo=True)
            return
        room = self.left - PAD - 12
        self.canvas.text(self.left - 12, middle + 5, label, SIZE, anchor="end", room=room)
        self.canvas.text(width - PAD, middle + 4.5, text, SMALL, anchor="end", fill=INK)


def _interval(
    canvas: Canvas, row: Interval, scale: Scale, middle: float, reference: float | None
) -> None:
    bounded = not (math.isnan(row.low) or math.isnan(row.high))
    if bounded:
        low, high = scale.at(row.low), scale.at(row.high)
        canvas.path([(low, middle), (high, middle)], BLUE, 2.2)
        for end in (low, high):
            canvas.path([(end, middle - 4), (end, middle + 4)], BLUE, 1.6)
    if not math.isnan(row.mean):
        holds = reference is not None and not (bounded and not row.low <= reference <= row.high)
        fill = PAPER if holds else BLUE
        canvas.dot(scale.at(row.mean), middle, 5, fill, stroke=BLUE, width=2)


def _sides(
    canvas: Canvas, sides: tuple[Text, Text], scale: Scale, reference: float, y: float, lang: str
) -> None:
    at = scale.at(reference)
    left, right = f"← {sides[0].say(lang)}", f"{sides[1].say(lang)} →"
    canvas.text(at - 8, y, left, SMALL, anchor="end", fill=SOFT, room=at - 8 - PAD)
    canvas.text(at + 8, y, right, SMALL, fill=SOFT, room=canvas.width - PAD - at - 8)


def _five(values: Array) -> Array:
    """Return the 5th, 25th, 50th, 75th and 95th percentile and the mean, NaN of nothing."""
    if not len(values):
        return np.full(6, np.nan)
    return np.append(np.percentile(values, (5, 25, 50, 75, 95)), values.mean())


def _box(canvas: Canvas, five: Array, scale: Scale, middle: float) -> None:
    p5, p25, p50, p75, p95, mean = (scale.at(v) for v in five)
    canvas.path([(p5, middle), (p95, middle)], BLUE, 1.6)
    for end in (p5, p95):
        canvas.path([(end, middle - 4), (end, middle + 4)], BLUE, 1.6)
    canvas.rect(p25, middle - 8, p75 - p25, 16, PALE_BLUE, stroke=BLUE)
    canvas.path([(p50, middle - 8), (p50, middle + 8)], BLUE, 2.6)
    diamond = ((mean, middle - 5), (mean + 5, middle), (mean, middle + 5), (mean - 5, middle))
    canvas.area(diamond, PAPER, stroke=INK)
