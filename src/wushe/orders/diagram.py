"""The transition table as a picture, drawn from the data: what is not in the table is not in the picture."""

from __future__ import annotations

import math
from collections.abc import Collection

from wushe.orders.table import ACTIONS, FINAL, NEW, STATUSES, TRANSITIONS, UNDER_WAY
from wushe.render import Picture
from wushe.render.canvas import BLUE, INK, ORANGE, PAPER, SOFT, text_width
from wushe.render.inert import escape
from wushe.render.picture import FONTS
from wushe.text import Text

WIDTH, HEIGHT = 1352, 620
_BOX = (112.0, 40.0)
_AT: dict[str, tuple[float, float]] = {
    NEW: (64, 110), "placed": (226, 110), "dispatched": (430, 110), "timed_out": (300, 330),
    "declined": (560, 330), "escalated": (430, 510), "accepted": (772, 110), "in_progress": (772, 250),
    "partly_done": (920, 370), "done": (1100, 110), "confirmed": (1284, 110), "cancelled": (1200, 430),
    "failed": (1200, 510),
}  # fmt: skip
"""Centres of the boxes."""
_BESIDE: dict[tuple[str, str], tuple[float, float]] = {
    ("dispatched", "declined"): (-16, 0.6), ("declined", "dispatched"): (-16, 0.6),
    ("dispatched", "timed_out"): (-16, 0.4), ("timed_out", "dispatched"): (-16, 0.4),
    ("dispatched", "escalated"): (-20, 0.62), ("escalated", "dispatched"): (-20, 0.6),
    ("timed_out", "escalated"): (0, 0.32), ("in_progress", "partly_done"): (0, 0.55), ("declined", "escalated"): (0, 0.32), ("accepted", "partly_done"): (0, 0.68),
    ("in_progress", "done"): (-12, 0.4), ("done", "in_progress"): (-12, 0.34),
}  # fmt: skip
"""By how much a line goes beside the straight one, so that there and back can be told apart, and how
far along it its words stand."""
_ROUND = {("placed", "escalated")}
"""Lines that go down first and then across, round what stands between."""
_BELOW = ("escalated", "partly_done")
"""Boxes with what leads back to themselves below and not above."""
_ENDS = (("cancel", "cancelled"), ("fail", "failed"))
_GROUPS = {"open": (156.0, 44.0, 1022.0, 574.0), "under_way": (690.0, 76.0, 1004.0, 424.0)}
"""Frames around statuses that share an action: x and y of two corners."""


def diagram(lang: str = "zh") -> Picture:
    """Return the picture of all statuses and what leads from one to the other.

    What every open status allows (cancel, fail) and what all that are under way allow (back out) is drawn once,
    from the frame around them. Raises ValueError where the table no longer has it so.
    """
    may_end = {status for status, action in TRANSITIONS if action == "cancel"}
    _same(may_end, set(STATUSES) - {NEW, "done", *FINAL}, "cancel, fail")
    _same({s for s, a in TRANSITIONS if a == "back_out"}, set(UNDER_WAY), "back_out")
    parts = [_paper(), _frame("open", SOFT), _frame("under_way", BLUE)]
    parts += [_end(action, to, lang) for action, to in _ENDS]
    parts.append(_back_out(lang))
    drawn = _pairs()
    edges = [_edge(pair, acts, lang) for pair, acts in drawn.items() if pair[0] != pair[1]]
    parts += [*(arrow for arrow, _ in edges), *(words for _, words in edges)]
    parts += [_status(s, drawn.get((s, s), []), lang) for s in STATUSES]
    title, alt = _TITLE.say(lang), _ALT.say(lang, n=len(STATUSES) - 1, m=len(TRANSITIONS))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{FONTS}" role="img" '
        f'aria-label="{escape(title)}: {escape(alt)}">{"".join(parts)}</svg>'
    )
    return Picture(svg, WIDTH, HEIGHT, title, alt)


_TITLE = Text("订单流转图（点单－派单－接单）", "How orders move (place, dispatch, accept)")
_ALT = Text(
    "{n} 种状态，{m} 条允许的流转；表中没有的都不允许",
    "{n} statuses, {m} allowed transitions; nothing else is allowed",
)


def table_text(lang: str = "zh") -> str:
    """Return the table as Markdown: a row for each status, what may be done and where it leads."""
    head = (
        ("状态", "可以做什么 → 之后的状态")
        if lang == "zh"
        else ("status", "what may be done → status after")
    )
    rows = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    colon = "；" if lang == "zh" else "; "
    for status, name in STATUSES.items():
        leads = [
            f"{ACTIONS[action].say(lang)} `{action}` → {STATUSES[after].say(lang)}"
            for (before, action), after in TRANSITIONS.items()
            if before == status
        ]
        rows.append(f"| {name.say(lang)} `{status}` | {colon.join(leads) or '–'} |")
    return "\n".join(rows)


def _same(found: Collection[str], expected: Collection[str], what: str) -> None:
    if set(found) != set(expected):
        raise ValueError(
            f"the picture draws {what} once for {sorted(expected)}, the table has {sorted(found)}"
        )


def _pairs() -> dict[tuple[str, str], list[str]]:
    """Return the actions between each two statuses, without those that the frames show."""
    once = {"cancel", "fail", "back_out"}
    found: dict[tuple[str, str], list[str]] = {}
    for (before, action), after in TRANSITIONS.items():
        if action not in once:
            found.setdefault((before, after), []).append(action)
    return found


def _paper() -> str:
    return f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>'


def _frame(name: str, colour: str) -> str:
    x, y, right, bottom = _GROUPS[name]
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{right - x:g}" height="{bottom - y:g}" rx="14" fill="none" '
        f'stroke="{colour}" stroke-width="1.5" stroke-dasharray="5 4"/>'
    )


def _status(status: str, loops: list[str], lang: str) -> str:
    x, y = _AT[status]
    width, height = _BOX
    colour = ORANGE if status in FINAL else BLUE
    dash = ' stroke-dasharray="3 3"' if status == NEW else ""
    box = (
        f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" height="{height:g}" rx="8" '
        f'fill="{PAPER}" stroke="{colour}" stroke-width="2"{dash}/>'
    )
    name = _text(x, y + 5, STATUSES[status].say(lang), 15, bold=True)
    if not loops:
        return box + name
    words = ("、" if lang == "zh" else ", ").join(ACTIONS[a].say(lang) for a in loops)
    # What leads back to the same status stands beside its box, with a round arrow.
    side = 1 if status in _BELOW else -1
    return box + name + _label(x, y + side * (height / 2 + 13), f"↻ {words}")


def _edge(pair: tuple[str, str], actions: list[str], lang: str) -> tuple[str, str]:
    """Return the arrow and its words, which stand above all arrows."""
    (x1, y1), (x2, y2) = _AT[pair[0]], _AT[pair[1]]
    words = ("、" if lang == "zh" else ", ").join(ACTIONS[a].say(lang) for a in actions)
    if pair in _ROUND:
        end = x2 - _BOX[0] / 2, y2
        down = (
            f'<line x1="{x1:.1f}" y1="{y1 + _BOX[1] / 2:.1f}" x2="{x1:.1f}" y2="{y2:.1f}" '
            f'stroke="{INK}" stroke-width="1.3"/>'
        )
        return down + _arrow((x1, y2), end), _label(x1, y1 + (y2 - y1) * 0.35, words)
    shift, at = _BESIDE.get(pair, (0.0, 0.5))
    length = math.hypot(x2 - x1, y2 - y1)
    dx, dy = -(y2 - y1) / length * shift, (x2 - x1) / length * shift
    start = _border(x1 + dx, y1 + dy, x2 + dx, y2 + dy, (x1, y1))
    end = _border(x2 + dx, y2 + dy, x1 + dx, y1 + dy, (x2, y2))
    middle = start[0] + (end[0] - start[0]) * at, start[1] + (end[1] - start[1]) * at
    return _arrow(start, end), _label(*middle, words)


def _border(
    x: float, y: float, to_x: float, to_y: float, centre: tuple[float, float]
) -> tuple[float, float]:
    """Return where the line from (x, y) leaves the box around `centre`."""
    half = _BOX[0] / 2, _BOX[1] / 2
    dx, dy = to_x - x, to_y - y
    steps = []
    if dx:
        steps.append((centre[0] + math.copysign(half[0], dx) - x) / dx)
    if dy:
        steps.append((centre[1] + math.copysign(half[1], dy) - y) / dy)
    step = min(steps)
    return x + dx * step, y + dy * step


def _end(action: str, to: str, lang: str) -> str:
    x, y = _AT[to]
    start = _GROUPS["open"][2], y
    end = x - _BOX[0] / 2, y
    return _arrow(start, end) + _label((start[0] + end[0]) / 2, y, ACTIONS[action].say(lang))


def _back_out(lang: str) -> str:
    x, y = _AT["declined"]
    start, end = (_GROUPS["under_way"][0], y), (x + _BOX[0] / 2, y)
    middle = (start[0] + end[0]) / 2
    return _arrow(start, end) + _label(middle, y - 16, ACTIONS["back_out"].say(lang))


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1)
    ux, uy = (x2 - x1) / length * 9, (y2 - y1) / length * 9
    sides = [(x2, y2), (x2 - ux - uy / 2, y2 - uy + ux / 2), (x2 - ux + uy / 2, y2 - uy - ux / 2)]
    tip = " ".join(f"{x:.1f},{y:.1f}" for x, y in sides)
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2 - ux / 2:.1f}" y2="{y2 - uy / 2:.1f}" '
        f'stroke="{INK}" stroke-width="1.3"/><polygon points="{tip}" fill="{INK}"/>'
    )


def _label(x: float, y: float, words: str) -> str:
    width = text_width(words, 12) + 6
    back = f'<rect x="{x - width / 2:.1f}" y="{y - 9:.1f}" width="{width:.1f}" height="17" fill="{PAPER}"/>'
    return back + _text(x, y + 4, words, 12, fill=SOFT)


def _text(x: float, y: float, words: str, size: int, *, fill: str = INK, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="middle"{weight}>'
        f"{escape(words)}</text>"
    )
