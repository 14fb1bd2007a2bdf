"""Places by their coordinates, coloured by a value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.render.axes import Axis, Box, checked, nice_step, number_ticks
from wushe.render.canvas import GRID, INK, SOFT, Canvas, number, text_width
from wushe.render.captions import NARROW, PAD, SMALL, heading, notes, nothing, said
from wushe.render.palette import MISSING, RAMP
from wushe.render.picture import Picture
from wushe.text import Text, check_lang

_ALT = Text(
    zh="{n}个地点；最低：{lowest}；最高：{highest}。",
    en="{n} places; lowest: {lowest}; highest: {highest}.",
)
_AT = Text(zh="{label}，{value}", en="{label}, {value}")
_TIP = Text(zh="{label}：{value}", en="{label}: {value}")
_MISSING = Text(zh="无数据", en="no data")
_AREA = Text(zh="面积：{size}", en="Area: {size}")
_KM = Text(zh="{n} 公里", en="{n} km")
_M = Text(zh="{n} 米", en="{n} m")
_EARTH_KM = 111.195  # of one degree of a great circle, mean radius 6371.0 km
_LEAST, _MOST = 3.0, 22.0
_LABELLED = 40


@attrs.frozen
class Spot:
    """One place: longitude and latitude in degrees, a value (NaN: unknown), its size (>= 0).

    Raises ValueError for coordinates that are not on the map.
    """

    label: str | Text
    lon: float
    lat: float
    value: float
    size: float = 1.0

    def __attrs_post_init__(self) -> None:
        checked([self.value], f"value of place {self.label!r}")
        if not (-180 <= self.lon <= 180 and -85 <= self.lat <= 85):
            raise ValueError(
                f"place {self.label!r} lies at lon {self.lon}, lat {self.lat}; expected lon -180 to 180, "
                "lat -85 to 85"
            )
        if not 0 <= self.size < math.inf:
            raise ValueError(f"place {self.label!r} has size {self.size}; expected 0 or more")


def place_map(
    spots: Iterable[Spot],
    *,
    title: Text,
    value: Axis,
    size: str | Text = "",
    note: Text | None = None,
    lang: str = "zh",
    width: int = 800,
    height: int = 480,
) -> Picture:
    """Return places as discs where they lie, darker for higher values, with legend and scale.

    The area of a disc follows its `size` (what `size` names: households, say), so far as it can
    still be seen. Few places are named, as far as names have room; all are by pointing at them.
    Coordinates are projected with one width of degree for the whole map, good for a city.
    """
    check_lang(lang)
    given = list(spots)
    name = title.say(lang)
    canvas = Canvas(width)
    top = heading(canvas, name, value.say(lang))
    if not given:
        return nothing(canvas, name, top, lang)
    edges = _edges(np.array([s.value for s in given]), value)
    top = _class_legend(canvas, edges, value, said(size, lang), top, lang)
    box = Box(PAD, top + 4, width - PAD, top + height)
    canvas.rect(box.left, box.top, box.right - box.left, box.bottom - box.top, GRID, opacity=0.28)
    at, km = _project(given, box)
    radii = _radii(given, at)
    for i in sorted(range(len(given)), key=lambda i: (-radii[i], i)):
        spot = given[i]
        shown = _MISSING.say(lang) if math.isnan(spot.value) else value.value(spot.value)
        tip = _TIP.say(lang, label=said(spot.label, lang), value=shown)
        fill = _fill(spot.value, edges)
        rim = SOFT if fill == MISSING else "#ffffff"
        canvas.dot(at[i, 0], at[i, 1], radii[i], fill, stroke=rim, title=tip)
    _names(canvas, given, at, radii, box, lang)
    _scale_bar(canvas, km, box, lang)
    bottom = notes(canvas, note.say(lang) if note else "", box.bottom)
    return canvas.picture(bottom + PAD / 2, title=name, alt=_alt(given, value, lang))


def _edges(values: Array, axis: Axis) -> list[float]:
    """Return round limits of at most six classes, from below the least to above the greatest."""
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    low, high = axis.span(known)
    step = nice_step((high - low) / len(RAMP))
    while math.ceil(high / step - 1e-9) - math.floor(low / step + 1e-9) > len(RAMP):
        step = nice_step(step * 1.01)
    first = math.floor(low / step + 1e-9)
    count = max(math.ceil(high / step - 1e-9) - first, 1)
    return [(first + i) * step for i in range(count + 1)]


def _fill(value: float, edges: Sequence[float]) -> str:
    if math.isnan(value):
        return MISSING
    position = min(int(np.searchsorted(edges, value, side="right")) - 1, len(edges) - 2)
    return _colours(len(edges) - 1)[max(position, 0)]


def _colours(n: int) -> list[str]:
    """Return `n` colours of the ramp, as far apart as may be."""
    if n == 1:
        return [RAMP[4]]
    return [RAMP[round(i * (len(RAMP) - 1) / (n - 1))] for i in range(n)]


def _class_legend(
    canvas: Canvas, edges: Sequence[float], axis: Axis, size: str, top: float, lang: str
) -> float:
    """Draw the classes in a row with their limits beneath, then what is unknown and what area is."""
    x, begin = PAD + 14.0, top
    if edges:
        classes, step = len(edges) - 1, edges[1] - edges[0]
        ticks = number_ticks(edges[0], edges[-1], classes, percent=axis.percent)
        room = max(text_width(t.text, 12) for t in ticks) + 10
        x = PAD + max(14.0, room / 2)
        wide = min(max(48.0, room), (canvas.width - 2 * x) / classes)
        for i, colour in enumerate(_colours(classes)):
            canvas.rect(x + wide * i, top, wide - 1, 12, colour)
        for tick in ticks[:: math.ceil(room / wide)]:  # long limits leave out some between
            at = x + wide * (tick.at - edges[0]) / step
            canvas.text(at, top + 27, tick.text, 12, anchor="middle", fill=SOFT)
        x += wide * classes + 26
    if x + 150 > canvas.width - PAD:
        x, top = PAD + 14.0, top + 38
    word = _MISSING.say(lang)
    canvas.dot(x, top + 6, 5.5, MISSING, stroke=SOFT)
    canvas.text(x + 11, top + 10.5, word, SMALL, fill=SOFT)
    if size:
        x += 11 + text_width(word, SMALL) + 18
        canvas.text(
            x, top + 10.5, _AREA.say(lang, size=size), SMALL, fill=SOFT, room=canvas.width - PAD - x
        )
    return top + (38 if top == begin else 22)


def _project(spots: Sequence[Spot], box: Box) -> tuple[Array, float]:
    """Return pixel positions, float (n, 2), and how many pixels one kilometre has."""
    lon = np.array([s.lon for s in spots])
    lat = np.array([s.lat for s in spots])
    middle = (lat.max() + lat.min()) / 2
    x = (lon - (lon.max() + lon.min()) / 2) * _EARTH_KM * math.cos(math.radians(middle))
    y = (middle - lat) * _EARTH_KM
    room = _MOST + 8
    spans = max(float(np.ptp(x)), 0.2), max(float(np.ptp(y)), 0.2)
    # The lower strip is left to the scale bar.
    tall = box.bottom - box.top - 34
    km = min((box.right - box.left - 2 * room) / spans[0], (tall - 2 * room) / spans[1])
    centre = (box.left + box.right) / 2, box.top + tall / 2
    return np.column_stack((centre[0] + x * km, centre[1] + y * km)), km


def _radii(spots: Sequence[Spot], at: Array) -> Array:
    """Return radii whose squares follow the sizes, smaller where many places share the map."""
    sizes = np.array([s.size for s in spots])
    greatest = float(sizes.max()) or 1.0
    # Of the middle eight tenths, so that one far place does not make all discs large.
    wide, tall = np.percentile(at, 90, axis=0) - np.percentile(at, 10, axis=0)
    spread = float(wide * tall) / 0.64 or 1e5
    most = min(_MOST, max(_LEAST + 1, 0.6 * math.sqrt(spread / len(spots))))
    found: Array = np.maximum(_LEAST, most * np.sqrt(sizes / greatest))
    return found


def _names(
    canvas: Canvas, spots: Sequence[Spot], at: Array, radii: Array, box: Box, lang: str
) -> None:
    """Name places beside their discs, larger ones first, where no name or disc is in the way."""
    if len(spots) > _LABELLED or canvas.width < NARROW:
        return
    taken = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(at, radii, strict=True)]
    for i in sorted(range(len(spots)), key=lambda i: (-spots[i].size, i)):
        label = said(spots[i].label, lang)
        wide = text_width(label, SMALL)
        (x, y), r = at[i], radii[i]
        for left, base in _seats(x, y, r, wide):
            place = (left - 2, base - 12, left + wide + 2, base + 4)
            inside = place[0] >= box.left and place[2] <= box.right and place[1] >= box.top
            if inside and not any(_meet(place, other) for j, other in enumerate(taken) if j != i):
                canvas.text(left, base, label, SMALL, fill=INK, halo=True)
                taken.append(place)
                break


def _seats(x: float, y: float, r: float, wide: float) -> list[tuple[float, float]]:
    """Return where a name may stand: beside its disc, the best place first."""
    return [
        (x + r + 4, y + 4.5),
        (x - r - 4 - wide, y + 4.5),
        (x - wide / 2, y + r + 14),
        (x - wide / 2, y - r - 5),
        (x + 0.7 * r + 2, y - 0.7 * r - 3),
        (x - 0.7 * r - 2 - wide, y - 0.7 * r - 3),
        (x + 0.7 * r + 2, y + 0.7 * r + 12),
        (x - 0.7 * r - 2 - wide, y + 0.7 * r + 12),
    ]


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _scale_bar(canvas: Canvas, km: float, box: Box, lang: str) -> None:
    """Draw a round distance in the lower left corner."""
    length = nice_step(70 / km)
    label = (
        _KM.say(lang, n=number(round(length)))
        if length >= 1
        else _M.say(lang, n=number(round(length * 1000)))
    )
    left, y = box.left + 14, box.bottom - 14
    right = left + length * km
    canvas.path([(left, y - 5), (left, y), (right, y), (right, y - 5)], SOFT, 1.4)
    canvas.text(right + 8, y + 1, label, 12, fill=SOFT)


def _alt(spots: Sequence[Spot], axis: Axis, lang: str) -> str:
    known = [s for s in spots if not math.isnan(s.value)]
    if not known:
        return _MISSING.say(lang)
    ends = [min(known, key=lambda s: s.value), max(known, key=lambda s: s.value)]
    lowest, highest = (
        _AT.say(lang, label=said(s.label, lang), value=axis.value(s.value)) for s in ends
    )
    return _ALT.say(lang, n=len(spots), lowest=lowest, highest=highest)
