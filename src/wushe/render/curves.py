"""Lines over time or over any number: with bands, gaps, reference levels and marked periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.render.axes import Axis, Box, Frame, checked, frame
from wushe.render.canvas import ORANGE, SOFT, Canvas, text_width
from wushe.render.captions import (
    NARROW,
    PAD,
    SMALL,
    Key,
    end_labels,
    heading,
    legend,
    mark,
    notes,
    nothing,
    said,
)
from wushe.render.palette import key
from wushe.render.picture import Picture
from wushe.text import Text, check_lang

_ALT = Text(zh="{n}条线。{lines}", en="{n} lines. {lines}")
_ALT_LINE = Text(zh="{label}：从{first}到{last}。", en="{label}: from {first} to {last}.")
_TIP = Text(zh="{label}：{x}，{y}", en="{label}: {x}, {y}")
_TIP_BAND = Text(
    zh="{label}：{x}，{y}（{low} 至 {high}）", en="{label}: {x}, {y} ({low} to {high})"
)
_BAND = Text(zh="{label}：区间", en="{label}: band")
# Up to so many points each is drawn as a mark; beyond, they would hide the line.
_POINTED = 26


def _row(values: Any) -> Array:
    return checked(values, "values of a line")


def _rows(values: Any) -> Array | None:
    return None if values is None else _row(values)


@attrs.frozen(eq=False)
class Series:
    """One line: values `y` at rising `x`, float (n,), NaN where there is a gap.

    `low` and `high` bound a band around it (a confidence interval, say). Raises ValueError.
    """

    label: str | Text
    x: Array = attrs.field(converter=_row)
    y: Array = attrs.field(converter=_row)
    low: Array | None = attrs.field(default=None, converter=_rows)
    high: Array | None = attrs.field(default=None, converter=_rows)

    def __attrs_post_init__(self) -> None:
        lengths = {len(v) for v in (self.x, self.y, self.low, self.high) if v is not None}
        if len(lengths) > 1 or (self.low is None) != (self.high is None):
            raise ValueError(
                f"line {self.label!r}: x, y, low, high have lengths {sorted(lengths)}; "
                "expected equal lengths, and low and high together"
            )
        if not (np.diff(self.x) > 0).all():  # NaN fails the comparison
            raise ValueError(f"line {self.label!r}: x does not rise; expected rising numbers")

    @property
    def known(self) -> Array:
        """Rows that are not a gap, int64."""
        found: Array = np.flatnonzero(~np.isnan(self.y))
        return found


@attrs.frozen
class Level:
    """A value of y to compare with (a target, a theory), drawn across as a thin dashed line."""

    value: float
    label: str | Text


@attrs.frozen
class Period:
    """A stretch of x that is marked, such as a flood week or the warm-up."""

    first: float
    last: float
    label: str | Text


def lines(
    series: Iterable[Series],
    *,
    title: Text,
    x: Axis,
    y: Axis,
    levels: Sequence[Level] = (),
    periods: Sequence[Period] = (),
    note: Text | None = None,
    step: bool = False,
    lang: str = "zh",
    width: int = 800,
    height: int = 400,
) -> Picture:
    """Return lines with direct labels, or with a legend where the picture is narrow.

    `note` says beneath what bands mean. `step`: a value holds until the next x. `height` is
    that of plot and axes. Raises ValueError for more lines than colours can tell apart.
    """
    check_lang(lang)
    given = list(series)
    name = title.say(lang)
    canvas = Canvas(width)
    top = heading(canvas, name, "")
    if not any(len(s.known) for s in given):
        return nothing(canvas, name, top, lang)
    keys = keys_of(given, lang)
    entries = [*keys, *(Key(said(v.label, lang), SOFT, "3 3") for v in levels)]
    direct = width >= NARROW and len(entries) * 18 < height - 90
    if not direct and any(k.label for k in entries):
        top = legend(canvas, entries, PAD, top)
    room = min(max(text_width(k.label, SMALL) for k in entries) + 4, width * 0.3) if direct else 0
    right = width - PAD - (room + 18 if room > 4 else 4)
    shown = spans(given, x, y, levels, periods)
    rows, above = period_rows(periods, (right - PAD) * 0.7 / (shown[0][1] - shown[0][0]), lang)
    outer = Box(PAD, top, right, top + height + above)
    plot = frame(canvas, outer, (x, y), shown, lang, above=above)
    draw_periods(canvas, plot, zip(rows, periods, strict=True), lang)
    draw_levels(canvas, plot, levels)
    for one, one_key in zip(given, keys, strict=True):
        draw_series(canvas, plot, one, one_key, (x, y), lang, step=step)
    if room > 4:
        ends = [_end(plot, one, k) for one, k in zip(given, keys, strict=True) if len(one.known)]
        ends += [
            (k, plot.box.right, plot.y.at(v.value))
            for k, v in zip(entries[len(keys) :], levels, strict=True)
        ]
        end_labels(canvas, ends, right + 16, room, (plot.box.top, plot.box.bottom))
    bottom = notes(canvas, note.say(lang) if note else "", outer.bottom)
    return canvas.picture(bottom + PAD / 2, title=name, alt=_alt(given, keys, y, lang))


def keys_of(series: Sequence[Series], lang: str) -> list[Key]:
    """Return how each line is told from the others."""
    pointed = max(len(s.x) for s in series) <= _POINTED
    return [key(i, said(s.label, lang), pointed=pointed) for i, s in enumerate(series)]


def spans(
    series: Sequence[Series],
    x: Axis,
    y: Axis,
    levels: Sequence[Level] = (),
    periods: Sequence[Period] = (),
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return what the axes must show: (least, greatest) of x and of y."""
    across = [s.x for s in series] + [np.array([p.first, p.last]) for p in periods]
    bands = [v for s in series for v in (s.y, s.low, s.high) if v is not None]
    return x.span(*across), y.span(*bands, np.array([v.value for v in levels], np.float64))


def draw_series(
    canvas: Canvas,
    plot: Frame,
    one: Series,
    one_key: Key,
    axes: tuple[Axis, Axis],
    lang: str,
    *,
    step: bool = False,
) -> None:
    """Draw one line, broken at gaps, over its band."""
    at = [plot.x.at(v) for v in one.x]
    if one.low is not None and one.high is not None:
        _band(canvas, plot, at, one.low, one.high, one_key)
    for run in runs(~np.isnan(one.y)):
        points = [(at[i], plot.y.at(one.y[i])) for i in run]
        if step:
            points = _stepped(points)
        if len(points) > 1:
            canvas.path(points, one_key.colour, 2.2, dash=one_key.dash, title=one_key.label)
        elif not one_key.shape:
            canvas.dot(*points[0], 2.6, one_key.colour)
    if one_key.shape:
        for i in one.known:
            tip = _tip(one, i, one_key.label, axes, lang)
            mark(canvas, one_key.shape, at[i], plot.y.at(one.y[i]), one_key.colour, title=tip)


def draw_levels(canvas: Canvas, plot: Frame, levels: Sequence[Level]) -> None:
    """Draw reference levels across the plot."""
    for level in levels:
        at = plot.y.at(level.value)
        canvas.path([(plot.box.left, at), (plot.box.right, at)], SOFT, 1.2, dash="3 3")


def draw_periods(
    canvas: Canvas, plot: Frame, periods: Iterable[tuple[int, Period]], lang: str
) -> None:
    """Shade marked periods, given with their rows; each label stands in its row above the plot."""
    placed = list(periods)
    for row, period in placed:
        first, last = plot.x.at(period.first), plot.x.at(period.last)
        top = plot.box.top - 4 - 18 * row
        canvas.rect(first, top, max(last - first, 1.5), plot.box.bottom - top, ORANGE, opacity=0.2)
    for row, period in placed:
        label = said(period.label, lang)
        half = text_width(label, SMALL) / 2
        middle = plot.x.at((period.first + period.last) / 2)
        middle = min(max(middle, plot.box.left + half), plot.box.right - half)
        top = plot.box.top - 8 - 18 * row
        canvas.text(middle, top, label, SMALL, anchor="middle", fill=SOFT, halo=True)


def period_rows(periods: Sequence[Period], scale: float, lang: str) -> tuple[list[int], float]:
    """Return the row above the plot in which each label has room, and the room of all rows.

    `scale` is pixels per unit of x, rather too few than too many.
    """
    taken: list[list[tuple[float, float]]] = []
    found = []
    for period in periods:
        middle = (period.first + period.last) / 2 * scale
        # A label at an edge is moved inwards by half its width at most: each claims its double.
        half = text_width(said(period.label, lang), SMALL) + 8
        mine = (middle - half, middle + half)
        free = [all(mine[0] >= b or mine[1] <= a for a, b in row) for row in taken]
        row = free.index(True) if True in free else len(taken)
        if row == len(taken):
            taken.append([])
        taken[row].append(mine)
        found.append(row)
    return found, 18.0 * len(taken)


def runs(known: Array) -> list[range]:
    """Return the stretches of rows between gaps."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], known.astype(np.int8), [0]))))
    return [range(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _band(
    canvas: Canvas, plot: Frame, at: Sequence[float], low: Array, high: Array, one_key: Key
) -> None:
    for run in runs(~(np.isnan(low) | np.isnan(high))):
        above = [(at[i], plot.y.at(high[i])) for i in run]
        below = [(at[i], plot.y.at(low[i])) for i in reversed(run)]
        if len(run) == 1:
            canvas.path([*above, *below], one_key.colour, 1.6)
        else:
            canvas.area([*above, *below], one_key.colour, opacity=0.17)


def _stepped(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    found = [points[0]]
    for x, y in points[1:]:
        found += [(x, found[-1][1]), (x, y)]
    return found


def _end(plot: Frame, one: Series, one_key: Key) -> tuple[Key, float, float]:
    last = one.known[-1]
    return one_key, plot.x.at(one.x[last]), plot.y.at(one.y[last])


def _tip(one: Series, i: int, label: str, axes: tuple[Axis, Axis], lang: str) -> str:
    x, y = axes
    parts = {"label": label, "x": x.value(one.x[i]), "y": y.value(one.y[i])}
    if one.low is None or one.high is None:
        return _TIP.say(lang, **parts)
    return _TIP_BAND.say(lang, **parts, low=y.value(one.low[i]), high=y.value(one.high[i]))


def _alt(given: Sequence[Series], keys: Sequence[Key], y: Axis, lang: str) -> str:
    told = [
        _ALT_LINE.say(
            lang,
            label=k.label,
            first=y.value(s.y[s.known[0]]),
            last=y.value(s.y[s.known[-1]]),
        )
        for s, k in zip(given, keys, strict=True)
        if len(s.known)
    ]
    return _ALT.say(lang, n=len(given), lines=("" if lang == "zh" else " ").join(told))
