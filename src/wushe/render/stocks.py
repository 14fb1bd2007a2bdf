"""Stacked stocks over time: how much of a whole is in which state on each day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.render.axes import Axis, Box, Frame, checked, frame
from wushe.render.canvas import PAPER, Canvas, text_width
from wushe.render.captions import (
    NARROW,
    PAD,
    SMALL,
    Key,
    end_labels,
    heading,
    legend,
    notes,
    nothing,
    said,
)
from wushe.render.curves import Period, draw_periods, period_rows, runs
from wushe.render.palette import key
from wushe.render.picture import Picture
from wushe.text import Text, check_lang

_ALT = Text(zh="{n}层，最后共{total}。{layers}", en="{n} layers, {total} at the end. {layers}")
_ALT_LAYER = Text(zh="{label}：{value}。", en="{label}: {value}.")
_HALF = 9.0


def _row(values: Any) -> Array:
    return checked(values, "values of a layer")


@attrs.frozen(eq=False)
class Layer:
    """One layer: values at the common x, float (n,), not negative, NaN where there is a gap."""

    label: str | Text
    values: Array = attrs.field(converter=_row)

    def __attrs_post_init__(self) -> None:
        if (self.values < 0).any():
            raise ValueError(
                f"layer {self.label!r}: {self.values.min()} is negative; expected values >= 0"
            )


def stacks(
    across: Any,
    layers: Iterable[Layer],
    *,
    title: Text,
    x: Axis,
    y: Axis,
    periods: Sequence[Period] = (),
    note: Text | None = None,
    lang: str = "zh",
    width: int = 800,
    height: int = 400,
) -> Picture:
    """Return layers stacked from below in the order given, over rising `across`, float (n,).

    `periods` lie within the span of x. Where one layer has a gap, all have: a sum with an unknown is unknown. Raises ValueError for
    other lengths than that of `across`.
    """
    check_lang(lang)
    given = list(layers)
    at = checked(across, "x of stacked layers")
    _check(at, given)
    name = title.say(lang)
    canvas = Canvas(width)
    top = heading(canvas, name, "")
    tops = np.cumsum(np.array([v.values for v in given]).reshape(len(given), len(at)), axis=0)
    if not given or np.isnan(tops[-1]).all():
        return nothing(canvas, name, top, lang)
    keys = [key(i, said(v.label, lang), sign="fill") for i, v in enumerate(given)]
    direct = width >= NARROW and len(keys) * 18 < height - 90
    if not direct:
        top = legend(canvas, list(reversed(keys)), PAD, top)
    room = min(max(text_width(k.label, SMALL) for k in keys) + 4, width * 0.3) if direct else 0
    right = width - PAD - (room + 18 if direct else 4)
    spans = (x.span(at), y.span(tops[-1], np.zeros(1)))
    rows, above = period_rows(periods, (right - PAD) * 0.7 / (spans[0][1] - spans[0][0]), lang)
    outer = Box(PAD, top, right, top + height + above)
    plot = frame(canvas, outer, (x, y), spans, lang, above=above)
    draw_periods(canvas, plot, zip(rows, periods, strict=True), lang)
    last = _draw(canvas, plot, at, tops, keys)
    if direct:
        ends = _ends(plot, at, tops, keys, last)
        end_labels(canvas, ends, right + 16, room, (plot.box.top, plot.box.bottom))
    bottom = notes(canvas, note.say(lang) if note else "", outer.bottom)
    alt = _alt(given, keys, last, y, lang)
    return canvas.picture(bottom + PAD / 2, title=name, alt=alt)


def _check(at: Array, layers: Sequence[Layer]) -> None:
    if not (np.diff(at) > 0).all():
        raise ValueError("x of stacked layers does not rise; expected rising numbers")
    for layer in layers:
        if len(layer.values) != len(at):
            raise ValueError(
                f"layer {layer.label!r} has {len(layer.values)} values; expected {len(at)}, one for each x"
            )


def _draw(canvas: Canvas, plot: Frame, at: Array, tops: Array, keys: Sequence[Key]) -> int:
    """Draw all layers between gaps; return the last row that is known."""
    bottoms = np.vstack([np.zeros(len(at)), tops[:-1]])
    last = 0
    for run in runs(~np.isnan(tops[-1])):
        last = run[-1]
        px = [plot.x.at(at[i]) for i in run]
        rows = list(run)
        if len(rows) == 1:  # one day alone has a width, or it could not be seen
            px = [max(px[0] - _HALF, plot.box.left), min(px[0] + _HALF, plot.box.right)]
            rows *= 2
        for low, high, one in zip(bottoms, tops, keys, strict=True):
            if (high[rows] > low[rows]).any():
                above = [(x, plot.y.at(high[i])) for x, i in zip(px, rows, strict=True)]
                below = [(x, plot.y.at(low[i])) for x, i in zip(px, rows, strict=True)]
                outline = [*above, *reversed(below)]
                canvas.area(outline, one.colour, stroke=PAPER, title=one.label)
    return last


def _ends(
    plot: Frame, at: Array, tops: Array, keys: Sequence[Key], last: int
) -> list[tuple[Key, float, float]]:
    """Return the middles of the layers' right ends, where labels lead to, from above."""
    column = np.concatenate(([0.0], tops[:, last]))
    middles = (column[1:] + column[:-1]) / 2
    x = plot.x.at(at[last])
    ends = [(k, x, plot.y.at(m)) for k, m in zip(keys, middles, strict=True)]
    return ends[::-1]  # empty layers end at one height; their labels keep the order


def _alt(layers: Sequence[Layer], keys: Sequence[Key], last: int, y: Axis, lang: str) -> str:
    told = [
        _ALT_LAYER.say(lang, label=k.label, value=y.value(v.values[last]))
        for k, v in zip(keys, layers, strict=True)
    ]
    total = y.value(float(sum(v.values[last] for v in layers)))
    joined = ("" if lang == "zh" else " ").join(told)
    return _ALT.say(lang, n=len(layers), total=total, layers=joined)
