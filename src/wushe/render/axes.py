"""Axes: scales from values to pixels, round ticks, calendar ticks, and the frame of a plot."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.render.canvas import GRID, SOFT, Canvas, text_width
from wushe.render.captions import SMALL, said
from wushe.text import Text

TICK = 12
_MOST = 1e15
_LEAST = 1e-12
_SHIFT = 12
_UNIT = Text(zh="{label}（{unit}）", en="{label} ({unit})")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6)


@attrs.frozen
class Axis:
    """What an axis measures, in which unit.

    `percent`: values are shares and are written as per cent. `start`: values are days from this
    date on and are written as dates. `low` and `high` are values that the axis reaches at least.
    """

    label: str | Text = ""
    unit: str | Text = ""
    percent: bool = False
    start: dt.date | None = None
    low: float | None = None
    high: float | None = None

    def say(self, lang: str) -> str:
        """Return label and unit."""
        label, unit = said(self.label, lang), said(self.unit, lang)
        return _UNIT.say(lang, label=label, unit=unit) if label and unit else label or unit

    def value(self, value: float, wide: float | None = None) -> str:
        """Return a value as written beside the axis: three digits, or three of the span `wide`.

        Values that stand together are given the same `wide` and so the same decimals.
        """
        if not math.isfinite(value):
            return "—"
        if self.start is not None:
            return (self.start + dt.timedelta(days=math.floor(value))).isoformat()
        return amount(value, wide, percent=self.percent)

    def span(self, *values: Array) -> tuple[float, float]:
        """Return the least and the greatest of `values`, `low` and `high`; NaN are left out.

        A span without width is widened, (0, 1) where there is nothing.
        """
        limits = np.array([v for v in (self.low, self.high) if v is not None], np.float64)
        joined = np.concatenate([*(np.ravel(v) for v in values), limits])
        known = joined[~np.isnan(joined)]
        if not len(known):
            return 0.0, 1.0
        # What is left of sums by rounding is no span to draw.
        low, high = (
            v if abs(v) > _LEAST else 0.0 for v in (known.min().item(), known.max().item())
        )
        if high - low > 1e-9 * max(abs(low), abs(high)):
            return low, high
        wide = 0.5 if self.start is not None else abs(low) * 0.1
        if low.is_integer() and not self.percent:
            wide = max(wide, 1.0)
        wide = wide or 1.0
        least = 0.0 if low >= 0 and self.start is None and low - wide < 0 else low - wide
        return least, high + wide


@attrs.frozen
class Scale:
    """A straight map from values `low`..`high` to pixels `first`..`last`."""

    low: float
    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        """Return the pixel of `value`."""
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)


@attrs.frozen
class Tick:
    """A tick with its text and, on a second line, what changes rarely (the year)."""

    at: float
    text: str
    below: str = ""


@attrs.frozen
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float


@attrs.frozen
class Frame:
    """One plot: the box within its axes, and both scales."""

    box: Box
    x: Scale
    y: Scale


def checked(values: object, what: str) -> Array:
    """Return `values` as float64, read-only. Raises ValueError for what no axis can show.

    NaN stays: it is a gap.
    """
    try:
        found = np.array(values, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what}: {error}; expected numbers, NaN for gaps") from error
    with np.errstate(invalid="ignore"):
        wrong = np.abs(found) > _MOST
    if found.ndim != 1 or wrong.any():
        seen = f"shape {found.shape}" if found.ndim != 1 else f"{found[wrong][0]}"
        raise ValueError(f"{what}: {seen}; expected one row of numbers up to 1e15, NaN for gaps")
    found.flags.writeable = False
    return found


def amount(value: float, wide: float | None = None, *, percent: bool = False) -> str:
    """Return a value for readers with three digits or more: 12.3, 1,234, 4.5%.

    `wide` is the span of the values it stands with, which then decides on the decimals.
    """
    shift = 100 if percent else 1
    size = abs(value if wide is None else wide) * shift
    digits = 0 if size == 0 else max(0, min(6, 2 - math.floor(math.log10(size))))
    text = f"{round(value * shift, digits) + 0.0:,.{digits}f}"
    if wide is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "\u2212") + ("%" if percent else "")


def number_ticks(low: float, high: float, most: int, *, percent: bool = False) -> list[Tick]:
    """Return at most `most` + 1 ticks at multiples of 1, 2 or 5 times a power of ten."""
    step = nice_step((high - low) / max(most, 1))
    shift = 100 if percent else 1
    digits = max(0, -math.floor(math.log10(step * shift) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = []
    for i in range(first, last + 1):
        value = i * step
        plain = f"{value * shift:,.{digits}f}" if digits < 7 else f"{value * shift:.10g}"
        text = plain.replace("-", "\u2212") if i else "0"
        ticks.append(Tick(value, text + ("%" if percent else "")))
    return ticks


def nice_step(least: float) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten that is at least `least`, > 0."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-9))


def date_ticks(start: dt.date, low: float, high: float, most: int, lang: str) -> list[Tick]:
    """Return ticks at days, Mondays, first days of months or years, as many as `most` allows."""
    first = start + dt.timedelta(days=math.ceil(low))
    last = start + dt.timedelta(days=math.floor(high))
    first = min(first, last)
    found: list[tuple[dt.date, str]] = []
    for days, form in _calendars(first, last):
        found = [(day, form) for day in days]
        if 0 < len(found) <= max(most, 2):
            break
    ticks, year = [], 0
    for day, form in found:
        below = "" if form == "year" or day.year == year else str(day.year)
        year = day.year
        ticks.append(Tick((day - start).days, _say_day(day, form, lang), below))
    return ticks


def _calendars(first: dt.date, last: dt.date) -> Iterator[tuple[list[dt.date], str]]:
    """Give ever sparser choices of days within `first`..`last`, with the form they are said in."""
    n = (last - first).days + 1
    for step in _DAY_STEPS:
        if n // step <= 60:  # more would never fit
            # Weeks begin on Mondays; other steps count from the first day.
            begin = -first.weekday() % 7 if step >= 7 else 0
            yield [first + dt.timedelta(days=i) for i in range(begin, n, step)], "day"
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    for step in _MONTH_STEPS:
        yield _firsts(months, step, first), "month"
    for years in (1, 2, 5, 10, 20, 50, 100):
        yield _firsts(months, 12 * years, first), "year"


def _firsts(months: range, step: int, first: dt.date) -> list[dt.date]:
    days = [dt.date(m // 12, m % 12 + 1, 1) for m in months if m % step == 0]
    return [day for day in days if day >= first]


def _say_day(day: dt.date, form: str, lang: str) -> str:
    if form == "year":
        return str(day.year)
    if lang == "zh":
        return f"{day.month}月" + (f"{day.day}日" if form == "day" else "")
    return (f"{day.day} " if form == "day" else "") + _MONTHS[day.month - 1]


def x_ticks(axis: Axis, low: float, high: float, width: float, lang: str) -> list[Tick]:
    """Return as many ticks as fit beside each other within `width` pixels."""
    for most in range(max(2, int(width // 45)), 1, -1):
        if axis.start is not None:
            ticks = date_ticks(axis.start, low, high, most, lang)
        else:
            ticks = number_ticks(low, high, most, percent=axis.percent)
        per_unit = width / (high - low)
        widest = max((text_width(t.text, TICK) for t in ticks), default=0) + _SHIFT + 2
        if all((b.at - a.at) * per_unit >= widest for a, b in itertools.pairwise(ticks)):
            break
    return ticks


def frame(
    canvas: Canvas,
    outer: Box,
    axes: tuple[Axis, Axis],
    spans: tuple[tuple[float, float], tuple[float, float]],
    lang: str,
    *,
    gutter: float | None = None,
    above: float = 0,
) -> Frame:
    """Draw grid, ticks and axis labels within `outer`; return the plot between them.

    `spans` are what x and y must show; y goes on to the next tick. `gutter` is the room for
    the ticks of y, which plots that share an axis have in common; `above` is left free between
    the label of y and the plot.
    """
    (x_axis, y_axis), ((x_low, x_high), y_span) = axes, spans
    x_label, y_label = x_axis.say(lang), y_axis.say(lang)
    top = outer.top + (20 if y_label else 6) + above
    base = outer.bottom - (22 if x_label else 0) - (38 if x_axis.start is not None else 22)
    y_ticks = value_ticks(y_axis, y_span, base - top)
    left = outer.left + (tick_room(y_ticks) if gutter is None else gutter)
    box = Box(left, top, outer.right, base)
    y = Scale(min(y_ticks[0].at, y_span[0]), max(y_ticks[-1].at, y_span[1]), base, top)
    x = Scale(x_low, x_high, left, outer.right)
    if y_label:
        canvas.text(
            outer.left, outer.top + 8, y_label, SMALL, fill=SOFT, room=outer.right - outer.left
        )
    for tick in y_ticks:
        at = y.at(tick.at)
        canvas.line(left, at, outer.right, at, GRID)
        canvas.text(left - 8, at + 4, tick.text, TICK, anchor="end", fill=SOFT)
    canvas.line(left, base, outer.right, base, SOFT)
    draw_x(canvas, x_axis, x, base, outer.right + 12, lang)
    if x_label:
        middle = (left + outer.right) / 2
        room = canvas.width - 24
        canvas.text(middle, outer.bottom - 4, x_label, SMALL, anchor="middle", fill=SOFT, room=room)
    return Frame(box, x, y)


def draw_x(canvas: Canvas, axis: Axis, x: Scale, base: float, limit: float, lang: str) -> None:
    """Draw the ticks of x below `base`; no text goes beyond the picture's left edge or `limit`."""
    for tick in x_ticks(axis, x.low, x.high, x.last - x.first, lang):
        at = x.at(tick.at)
        canvas.line(at, base, at, base + 4, SOFT)
        half = text_width(tick.text, TICK) / 2
        middle = min(max(at, half + 4), limit - half)
        if abs(middle - at) > _SHIFT:
            continue  # moved further it would touch its neighbour
        canvas.text(middle, base + 17, tick.text, TICK, anchor="middle", fill=SOFT)
        if tick.below:
            canvas.text(middle, base + 32, tick.below, TICK, anchor="middle", fill=SOFT)


def value_ticks(axis: Axis, span: tuple[float, float], height: float) -> list[Tick]:
    """Return the ticks of y that hold `span` between them, closer together where it is low."""
    apart = min(46.0, max(28.0, height / 5))
    step = nice_step((span[1] - span[0]) / max(height / apart, 2))
    while True:
        low = math.floor(span[0] / step + 1e-9) * step
        high = math.ceil(span[1] / step - 1e-9) * step
        if (high - low) / step * apart <= max(height, 2.5 * apart):
            return number_ticks(low, high, round((high - low) / step), percent=axis.percent)
        step = nice_step(step * 1.01)


def tick_room(ticks: list[Tick]) -> float:
    """Return the room that tick texts want on the left of a plot."""
    return max(text_width(tick.text, TICK) for tick in ticks) + 10
