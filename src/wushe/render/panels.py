"""Small multiples: one plot of lines for each place, policy or category, on shared axes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from wushe.render.axes import Axis, Box, frame, tick_room, value_ticks
from wushe.render.canvas import Canvas
from wushe.render.captions import NARROW, PAD, SIZE, Key, heading, legend, notes, nothing, said
from wushe.render.curves import Level, Series, draw_levels, draw_series, keys_of, spans
from wushe.render.palette import key
from wushe.render.picture import Picture
from wushe.text import Text, check_lang

_ALT = Text(zh="{n}幅小图：{labels}。", en="{n} plots: {labels}.")
_HEAD = 24
_GAP = 26


@attrs.frozen(eq=False)
class Panel:
    """One plot of several; lines of one label look the same in all of them."""

    label: str | Text
    series: tuple[Series, ...]


def line_panels(
    panels: Iterable[Panel],
    *,
    title: Text,
    x: Axis,
    y: Axis,
    levels: Sequence[Level] = (),
    note: Text | None = None,
    step: bool = False,
    shared: bool = True,
    columns: int = 3,
    lang: str = "zh",
    width: int = 800,
    height: int = 210,
) -> Picture:
    """Return plots side by side, `columns` in a row (one where the picture is narrow).

    All have the same axes, so that heights compare; without `shared` each has a y of its own, for
    quantities of different units. `height` is that of one plot with its axes.
    """
    check_lang(lang)
    given = list(panels)
    every = [s for panel in given for s in panel.series]
    name = title.say(lang)
    canvas = Canvas(width)
    top = heading(canvas, name, y.say(lang))
    if not any(len(s.known) for s in every):
        return nothing(canvas, name, top, lang)
    keys = _shared_keys(every, lang)
    if len(keys) > 1:
        top = legend(canvas, list(keys.values()), PAD, top)
    across = min(1 if width < NARROW else columns, len(given))
    span = spans(every, x, y, levels)
    own = [span if shared else (span[0], spans(p.series, x, y, levels)[1]) for p in given]
    gutter = max(tick_room(value_ticks(y, each[1], height - 44)) for each in own)
    wide = (width - 2 * PAD - _GAP * (across - 1)) / across
    inner = attrs.evolve(y, label="", unit="")
    for i, panel in enumerate(given):
        left = PAD + (wide + _GAP) * (i % across)
        upper = top + (height + _HEAD + 6) * (i // across)
        canvas.text(left, upper + 12, said(panel.label, lang), SIZE, bold=True, room=wide)
        outer = Box(left, upper + _HEAD, left + wide - 6, upper + _HEAD + height)
        plot = frame(canvas, outer, (x, inner), own[i], lang, gutter=gutter)
        draw_levels(canvas, plot, levels)
        for one in panel.series:
            draw_series(canvas, plot, one, keys[said(one.label, lang)], (x, y), lang, step=step)
    bottom = top + (height + _HEAD + 6) * -(-len(given) // across)
    bottom = notes(canvas, note.say(lang) if note else "", bottom)
    labels = ("、" if lang == "zh" else ", ").join(said(p.label, lang) for p in given)
    alt = _ALT.say(lang, n=len(given), labels=labels)
    return canvas.picture(bottom + PAD / 2, title=name, alt=alt)


def _shared_keys(every: Sequence[Series], lang: str) -> dict[str, Key]:
    """Return one key for each label, in the order in which labels come."""
    firsts: dict[str, Series] = {}
    for one in every:
        firsts.setdefault(said(one.label, lang), one)
    pointed = bool(keys_of(every[:1], lang)[0].shape) and max(len(s.x) for s in every) <= 26
    return {label: key(i, label, pointed=pointed) for i, label in enumerate(firsts)}
