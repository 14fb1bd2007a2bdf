"""Bar charts: amounts by row, and how much of each row is met, partly met and unmet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import attrs

from wushe.render.canvas import (
    BLUE,
    INK,
    ORANGE,
    PALE_BLUE,
    SOFT,
    Canvas,
    number,
    percent,
    shorten,
    text_width,
)
from wushe.render.captions import NARROW, PAD, SIZE, SMALL, heading, nothing, said
from wushe.render.picture import Picture
from wushe.text import Text, check_lang

_OTHERS = Text(zh="其余{n}项合计", en="{n} others together")
_ALL = Text(zh="全部", en="All")
_MET = Text(zh="已满足", en="Met")
_PARTLY = Text(zh="部分满足", en="Partly met")
_UNMET = Text(zh="未满足", en="Unmet")
_SHARE = Text(zh="满足率", en="Met %")
_TOTAL = Text(zh="合计", en="Total")
_ALT_BARS = Text(zh="{n}项；最大：{top}，{value}。", en="{n} rows; largest: {top}, {value}.")
_ALT_COVERAGE = Text(
    zh="{n}项，共{total}；已满足{met}，部分满足{partly}，未满足{unmet}。",
    en="{n} rows, {total} in all; {met} met, {partly} partly met, {unmet} unmet.",
)
_SEGMENT = Text(zh="{row}：{what} {count}（{share}）", en="{row}: {what} {count} ({share})")

_ROW = 30
_LABEL_LINE = 23


@attrs.frozen
class CoverageRow:
    """Counts of one row: needs met in full, met in part, and not met. None is negative."""

    label: str | Text
    met: int
    partly: int
    unmet: int

    def __attrs_post_init__(self) -> None:
        if min(self.met, self.partly, self.unmet) < 0:
            raise ValueError(f"coverage of {self.label!r}: expected no negative count")

    @property
    def total(self) -> int:
        """All needs of the row."""
        return self.met + self.partly + self.unmet


def bars(
    rows: Iterable[tuple[str | Text, int | float]],
    *,
    title: Text,
    unit: Text | None = None,
    top: int = 15,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return horizontal bars, longest first, each with its value.

    `rows` are (label, value), values finite, not negative and additive: where there are more
    than `top`, the rest becomes one row that says how many it holds. Ties keep their order.
    Raises ValueError for a value that cannot be drawn.
    """
    check_lang(lang)
    labelled = [(said(label, lang), value) for label, value in rows]
    for label, value in labelled:
        if not math.isfinite(value) or value < 0:
            raise ValueError(f"bar {label!r}: value {value!r}; expected a finite number >= 0")
    ranked = sorted(labelled, key=lambda row: -row[1])
    shown, rest = ranked[:top], ranked[top:]
    if rest:
        shown.append((_OTHERS.say(lang, n=len(rest)), sum(value for _, value in rest)))
    title_said = title.say(lang)
    canvas = Canvas(width)
    y = heading(canvas, title_said, unit.say(lang) if unit else "")
    if not shown:
        return nothing(canvas, title_said, y, lang)
    y = _draw_bars(canvas, shown, y, folded=bool(rest))
    alt = _ALT_BARS.say(lang, n=len(labelled), top=ranked[0][0], value=number(ranked[0][1]))
    return canvas.picture(y + PAD / 2, title=title_said, alt=alt)


def _draw_bars(
    canvas: Canvas, shown: Sequence[tuple[str, int | float]], y: float, *, folded: bool
) -> float:
    """Draw labels, bars and values from `y` down; return where the chart ends."""
    values = [number(value) for _, value in shown]
    left = _label_room(canvas, [label for label, _ in shown])
    above = 0 if left else _LABEL_LINE
    right = max(text_width(text, SIZE) for text in values) + 10
    span = canvas.width - 2 * PAD - left - right
    longest = max(value for _, value in shown)
    step = _nice_step(longest)
    scale = span / max(longest, step)
    while step * scale < text_width(values[0], 12) + 8:
        step *= 2
    bottom = y + (_ROW + above) * len(shown)
    tick = 0.0
    while tick * scale <= span + 0.5:
        x = PAD + left + tick * scale
        canvas.line(x, y, x, bottom)
        shown_tick = int(tick) if tick == int(tick) else tick
        canvas.text(x, bottom + 18, number(shown_tick), 12, anchor="middle", fill=SOFT)
        tick += step
    for i, ((label, value), text) in enumerate(zip(shown, values, strict=True)):
        top, is_rest = y + i * (_ROW + above) + above, folded and i == len(shown) - 1
        _label(canvas, left, top, label)
        fill = "#b8c2cc" if is_rest else BLUE
        drawn = max(value * scale, 1.5 if value else 0)
        canvas.rect(PAD + left, top + 5, drawn, _ROW - 10, fill, radius=2, title=f"{label}: {text}")
        canvas.text(PAD + left + drawn + 6, top + 20, text, SIZE)
    return bottom + 26


def coverage_bars(
    rows: Iterable[CoverageRow],
    *,
    title: Text,
    top: int = 12,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return one bar a row split into met, partly met and unmet shares, with counts and totals.

    Bars have one length, so that small and large rows compare; the totals stand beside them and
    the first bar is all rows together. Rows are sorted by total; where there are more than
    `top`, the rest becomes one row that says how many it holds.
    """
    check_lang(lang)
    given = list(rows)
    ranked = sorted(given, key=lambda row: -row.total)
    shown, rest = ranked[:top], ranked[top:]
    if rest:
        shown.append(_together(_OTHERS.say(lang, n=len(rest)), rest))
    title_said = title.say(lang)
    canvas = Canvas(width)
    y = heading(canvas, title_said, "")
    if not given:
        return nothing(canvas, title_said, y, lang)
    everything = _together(_ALL.say(lang), given)
    drawn = [everything, *shown] if len(given) > 1 else shown
    y = _draw_coverage(canvas, drawn, y, lang)
    alt = _ALT_COVERAGE.say(
        lang,
        n=len(given),
        total=number(everything.total),
        met=number(everything.met),
        partly=number(everything.partly),
        unmet=number(everything.unmet),
    )
    return canvas.picture(y + PAD / 2, title=title_said, alt=alt)


def _together(label: str, rows: Sequence[CoverageRow]) -> CoverageRow:
    return CoverageRow(
        label,
        sum(row.met for row in rows),
        sum(row.partly for row in rows),
        sum(row.unmet for row in rows),
    )


def _draw_coverage(canvas: Canvas, rows: Sequence[CoverageRow], y: float, lang: str) -> float:
    """Draw legend, column heads, grid and one bar a row; return where the chart ends."""
    labels = [said(row.label, lang) for row in rows]
    left = _label_room(canvas, labels)
    totals = [number(row.total) for row in rows]
    total_head, share_head = _TOTAL.say(lang), _SHARE.say(lang)
    total_room = max(text_width(text, SIZE) for text in [*totals, total_head]) + 12
    share_room = max(text_width(share_head, SIZE), text_width(">99%", SIZE)) + 14
    x0 = PAD + left
    above = 0 if left else _LABEL_LINE
    span = canvas.width - PAD - x0 - (total_room + share_room if left else 0)
    _legend(canvas, x0, y, lang)
    heads = y + 28
    canvas.text(canvas.width - PAD, heads, total_head, SMALL, anchor="end", fill=SOFT)
    canvas.text(canvas.width - PAD - total_room, heads, share_head, SMALL, anchor="end", fill=SOFT)
    start = heads + 10
    gap = 10 if len(rows) > 1 else 0
    pitch = _ROW + above
    bottom = start + pitch * len(rows) + gap
    for quarter in range(5):
        x = x0 + span * quarter / 4
        canvas.line(x, start, x, bottom)
        canvas.text(x, bottom + 18, f"{25 * quarter}%", 12, anchor="middle", fill=SOFT)
    for i, row in enumerate(rows):
        top = start + i * pitch + above + (gap if i else 0)
        head = i == 0 and gap > 0
        middle = top - 2 if above else top + 20
        _label(canvas, left, top, labels[i], taken=total_room + share_room, bold=head)
        _segments(canvas, row, labels[i], x0, top, span, lang)
        share_x = canvas.width - PAD - total_room
        share = percent(row.met, row.total)
        canvas.text(share_x, middle, share, SIZE, anchor="end", bold=True)
        canvas.text(canvas.width - PAD, middle, totals[i], SIZE, anchor="end", bold=head)
    if gap:
        rule = start + pitch + gap / 2 - 1
        canvas.line(PAD, rule, canvas.width - PAD, rule)
    return bottom + 26


def _segments(
    canvas: Canvas, row: CoverageRow, label: str, x0: float, top: float, span: float, lang: str
) -> None:
    x = x0
    parts = (
        (_MET, row.met, BLUE, "#ffffff"),
        (_PARTLY, row.partly, PALE_BLUE, INK),
        (_UNMET, row.unmet, ORANGE, INK),
    )
    for what, count, fill, ink in parts:
        if count == 0:
            continue
        wide = span * count / row.total
        share = percent(count, row.total)
        tip = _SEGMENT.say(lang, row=label, what=what, count=number(count), share=share)
        # The white gap between neighbours separates them without relying on colour.
        canvas.rect(x, top + 4, wide - 1 if wide > 3 else wide, _ROW - 8, fill, title=tip)
        if text_width(number(count), SMALL) + 6 <= wide:
            canvas.text(x + wide / 2, top + 19.5, number(count), SMALL, anchor="middle", fill=ink)
        x += wide


def _legend(canvas: Canvas, x: float, y: float, lang: str) -> None:
    for what, fill in ((_MET, BLUE), (_PARTLY, PALE_BLUE), (_UNMET, ORANGE)):
        canvas.rect(x, y - 1, 12, 12, fill, radius=2)
        word = what.say(lang)
        canvas.text(x + 18, y + 10, word, SMALL, fill=SOFT)
        x += 18 + text_width(word, SMALL) + 18


def _label(
    canvas: Canvas, left: float, top: float, label: str, *, taken: float = 0, bold: bool = False
) -> None:
    """Write a row's label into the `left` column or, without one, above the bar at `top`."""
    if left:
        canvas.text(PAD + left - 10, top + 20, label, SIZE, anchor="end", room=left - 12, bold=bold)
    else:
        canvas.text(PAD, top - 2, label, SIZE, room=canvas.width - 2 * PAD - taken, bold=bold)


def _label_room(canvas: Canvas, labels: Sequence[str]) -> float:
    """Room beside the bars: what the longest label wants, at most a third; none if narrow."""
    if canvas.width < NARROW:
        return 0
    wanted = max(text_width(shorten(label, SIZE, canvas.width), SIZE) for label in labels)
    return min(wanted + 14, canvas.width * 0.34)


def _nice_step(largest: float) -> float:
    """Return a grid step of 1, 2 or 5 times a power of ten that gives four to eight lines."""
    if largest <= 0:
        return 1.0
    rough = largest / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (5, 2, 1) if power * m <= rough)
    # Whole counts get no fractional grid.
    return max(step, 1.0) if largest == int(largest) else step
