"""The linkage picture: five parties around the households they serve, joined by ribbons."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import attrs

from wushe.render.canvas import PAPER, SOFT, Canvas, number, text_width
from wushe.render.picture import Picture
from wushe.text import Text, check_lang

Side = Literal["community", "organization", "worker", "volunteer", "resource", "household"]

PARTIES: dict[Side, Text] = {
    "community": Text(zh="社区", en="Communities"),
    "organization": Text(zh="社会组织", en="Social organizations"),
    "worker": Text(zh="社会工作者", en="Social workers"),
    "volunteer": Text(zh="社区志愿者", en="Volunteers"),
    "resource": Text(zh="社会慈善资源", en="Charity resources"),
}
COLOURS: dict[Side, str] = {
    "community": "#2c6e9b",
    "organization": "#b7791f",
    "worker": "#1f8a78",
    "volunteer": "#b4506e",
    "resource": "#6f5aa6",
    "household": "#465364",
}
# Those who organise stand left, those who give stand right, always, so that readers who
# compare two pictures find each party in its place.
_LEFT: tuple[Side, ...] = ("community", "organization", "worker")
_RIGHT: tuple[Side, ...] = ("volunteer", "resource")

_HOUSEHOLDS = Text(zh="服务家庭", en="Households served")
_OTHERS = Text(zh="其余{n}个", en="{n} others")
_NONE = Text(zh="尚无", en="none yet")
_LANE = Text(zh="五方之间", en="between the parties")
_KEY = Text(
    zh="带子越宽，联系越多；名称旁的数字是该方的数量",
    en="The wider a ribbon, the more links; the number beside a name is how many it stands for",
)
_TIP_EDGE = Text(zh="{a} — {b}：{weight}", en="{a} — {b}: {weight}")
_TIP_NODE = Text(zh="{label}：{count}；联系 {flow}", en="{label}: {count}; links {flow}")
_ALT_PARTY = Text(zh="{party}{count}", en="{party} {count}")
_ALT = Text(
    zh="{parties}；服务家庭{households}；联系共{flow}。",
    en="{parties}; households served {households}; {flow} links in all.",
)

_PAD = 20
_PANEL = 232
_CENTRE = 190
_ROW = 25
_HEAD = 28
_GAP = 16
_BAR = 8
_LEAST_WIDTH = 860
_FLOW_PIXELS = 230.0
_TALLEST_BOX = 110.0


@attrs.frozen
class LinkNode:
    """A group in the linkage picture: `count` members of one party, or households.

    `side` is one of the five parties or ``"household"``.
    """

    id: str
    label: str | Text
    side: Side
    count: int

    def __attrs_post_init__(self) -> None:
        if self.side not in COLOURS:
            raise ValueError(
                f"node {self.id!r}: side {self.side!r}; expected one of {', '.join(COLOURS)}"
            )


@attrs.frozen
class LinkEdge:
    """`weight` links (> 0) between two groups; at least one end is a party."""

    source: str
    target: str
    weight: float

    def __attrs_post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise ValueError(
                f"edge {self.source!r}-{self.target!r}: weight {self.weight!r}; expected > 0"
            )


@attrs.define
class _Box:
    """A node being laid out: its row and the ports where its ribbons begin (pixels)."""

    node: LinkNode
    label: str
    flow: float = 0.0
    left: float = 0.0
    right: float = 0.0
    y: float = 0.0
    height: float = 0.0


@attrs.define
class _Ribbon:
    a: int
    b: int
    weight: float
    ya: float = 0.0
    yb: float = 0.0


def linkage(
    nodes: Iterable[LinkNode],
    edges: Iterable[LinkEdge],
    *,
    title: Text,
    per_side: int = 12,
    lang: str = "zh",
    width: int = 960,
) -> Picture:
    """Return the five parties around the households, with ribbons as wide as their links are many.

    Nodes keep their order within a party. Where a party (or the households) has more than
    `per_side` nodes, those with the smallest counts become one that says how many it holds.
    A party without nodes keeps its place, empty. Edges of one pair are added up. Raises
    ValueError for an id that is unknown or given twice, for a link between two households and
    for a `width` below 860, where the ribbons would have no room.
    """
    check_lang(lang)
    if width < _LEAST_WIDTH:
        raise ValueError(f"width: {width}; expected at least {_LEAST_WIDTH}")
    if per_side < 2:
        raise ValueError(f"per_side: {per_side}; expected at least 2")
    given, links = _folded(list(nodes), list(edges), per_side, lang)
    boxes = [_Box(node, _say(node.label, lang)) for node in given]
    ribbons = _ribbons(boxes, links)
    heading = title.say(lang)
    canvas = Canvas(width)
    canvas.text(_PAD, 30, heading, 17, bold=True, room=width - 2 * _PAD)
    canvas.text(_PAD, 50, _KEY.say(lang), 12.5, fill=SOFT, room=width - 2 * _PAD)
    scale = _scale(boxes)
    bottom, lane = _place(boxes, ribbons, scale)
    _ports(boxes, ribbons, scale)
    _draw_ribbons(canvas, boxes, ribbons, scale, lane, lang)
    _draw_parties(canvas, boxes, lang)
    _draw_households(canvas, boxes, lang)
    return canvas.picture(bottom + _PAD, title=heading, alt=_alt(boxes, ribbons, lang))


def _folded(
    nodes: list[LinkNode], edges: list[LinkEdge], per_side: int, lang: str
) -> tuple[list[LinkNode], list[LinkEdge]]:
    """Replace the smallest nodes of a crowded side by one, and point their edges to it."""
    _check(nodes, edges)
    moved: dict[str, str] = {}
    result: list[LinkNode] = []
    for side in COLOURS:
        group = [node for node in nodes if node.side == side]
        if len(group) > per_side:
            order = sorted(range(len(group)), key=lambda i: (-group[i].count, i))
            kept = set(order[: per_side - 1])
            rest = [node for i, node in enumerate(group) if i not in kept]
            # No table's id begins with NUL, so this one cannot clash.
            fold = LinkNode(
                f"\0{side}",
                _OTHERS.say(lang, n=len(rest)),
                side,
                sum(node.count for node in rest),
            )
            moved.update((node.id, fold.id) for node in rest)
            group = [node for i, node in enumerate(group) if i in kept] + [fold]
        result.extend(group)
    links = [
        LinkEdge(moved.get(e.source, e.source), moved.get(e.target, e.target), e.weight)
        for e in edges
    ]
    return result, [e for e in links if e.source != e.target]


def _check(nodes: Sequence[LinkNode], edges: Sequence[LinkEdge]) -> None:
    sides: dict[str, Side] = {}
    for node in nodes:
        if node.id in sides:
            raise ValueError(f"node {node.id!r} is given twice; expected unique ids")
        sides[node.id] = node.side
    for edge in edges:
        for end in (edge.source, edge.target):
            if end not in sides:
                raise ValueError(f"edge {edge.source!r}-{edge.target!r}: no node {end!r}")
        if sides[edge.source] == "household" == sides[edge.target]:
            raise ValueError(
                f"edge {edge.source!r}-{edge.target!r} joins two households; "
                "expected a party at one end"
            )


def _ribbons(boxes: Sequence[_Box], edges: Sequence[LinkEdge]) -> list[_Ribbon]:
    """Add up the edges of each pair; a party end comes first. Fill in the flows of the boxes."""
    index = {box.node.id: i for i, box in enumerate(boxes)}
    sums: dict[tuple[int, int], float] = {}
    for edge in edges:
        # Households come last in `boxes`, so the smaller number is the party.
        a, b = sorted((index[edge.source], index[edge.target]))
        sums[a, b] = sums.get((a, b), 0) + edge.weight
    ribbons = [_Ribbon(a, b, weight) for (a, b), weight in sums.items()]
    for ribbon in ribbons:
        first, second = boxes[ribbon.a], boxes[ribbon.b]
        first.flow += ribbon.weight
        second.flow += ribbon.weight
        if second.node.side == "household":
            if first.node.side in _LEFT:
                second.left += ribbon.weight
            else:
                second.right += ribbon.weight
    return ribbons


def _scale(boxes: Sequence[_Box]) -> float:
    """Pixels per link: no column exceeds `_FLOW_PIXELS` together, and no node `_TALLEST_BOX`."""
    columns = [
        sum(box.flow for box in boxes if box.node.side in _LEFT),
        sum(box.flow for box in boxes if box.node.side in _RIGHT),
        sum(max(box.left, box.right) for box in boxes if box.node.side == "household"),
    ]
    largest = max((max(box.left, box.right, box.flow / 3) for box in boxes), default=0.0)
    return min(_FLOW_PIXELS / max(*columns, 1e-9), _TALLEST_BOX / max(largest, 1e-9))


def _place(boxes: Sequence[_Box], ribbons: Sequence[_Ribbon], scale: float) -> tuple[float, float]:
    """Set y and height of each box; return the bottom of all and the middle of the lane below."""
    lane_width = sum(r.weight for r in ribbons if _crosses(boxes, r)) * scale
    heights: dict[str, float] = {}
    for box in boxes:
        wide = max(box.left, box.right) if box.node.side == "household" else box.flow
        box.height = max(_ROW, wide * scale + 5)
    for name, sides in (("left", _LEFT), ("right", _RIGHT)):
        heights[name] = sum(_panel_height(boxes, side) + _GAP for side in sides) - _GAP
    centre = [box for box in boxes if box.node.side == "household"]
    lane_room = lane_width + 40 if lane_width else 0
    heights["centre"] = _HEAD + sum(box.height + 7 for box in centre) + lane_room
    tallest, start = max(heights.values()), 70.0
    for name, sides in (("left", _LEFT), ("right", _RIGHT)):
        y = start + (tallest - heights[name]) / 2
        for side in sides:
            row = y + _HEAD + 4
            for box in boxes:
                if box.node.side == side:
                    box.y, row = row, row + box.height
            y += _panel_height(boxes, side) + _GAP
    y = start + (tallest - heights["centre"]) / 2 + _HEAD
    for box in centre:
        box.y, y = y, y + box.height + 7
    return start + tallest, y + 30 + lane_width / 2


def _panel_height(boxes: Sequence[_Box], side: Side) -> float:
    rows = sum(box.height for box in boxes if box.node.side == side)
    return _HEAD + max(rows, _ROW) + 8


def _crosses(boxes: Sequence[_Box], ribbon: _Ribbon) -> bool:
    a, b = boxes[ribbon.a].node.side, boxes[ribbon.b].node.side
    return (a in _LEFT and b in _RIGHT) or (a in _RIGHT and b in _LEFT)


def _ports(boxes: Sequence[_Box], ribbons: Sequence[_Ribbon], scale: float) -> None:
    """Set where each ribbon begins and ends: side by side, in the order of their other ends."""

    def middle(i: int) -> float:
        return boxes[i].y + boxes[i].height / 2

    for i, box in enumerate(boxes):
        halves = (_LEFT, _RIGHT) if box.node.side == "household" else (None,)
        for edge_sides in halves:
            mine = [
                (r, r.b if r.a == i else r.a)
                for r in ribbons
                if i in (r.a, r.b) and (edge_sides is None or boxes[r.a].node.side in edge_sides)
            ]
            # Ribbons for the lane below leave last, whatever their far end's height.
            mine.sort(key=lambda pair: (_crosses(boxes, pair[0]), middle(pair[1]), pair[1]))
            y = middle(i) - sum(r.weight for r, _ in mine) * scale / 2
            for ribbon, _ in mine:
                thick = ribbon.weight * scale
                if ribbon.a == i:
                    ribbon.ya = y + thick / 2
                else:
                    ribbon.yb = y + thick / 2
                y += thick


def _draw_ribbons(
    canvas: Canvas,
    boxes: Sequence[_Box],
    ribbons: Sequence[_Ribbon],
    scale: float,
    lane: float,
    lang: str,
) -> None:
    crossing = [r for r in ribbons if _crosses(boxes, r)]
    lane_y = lane - sum(r.weight for r in crossing) * scale / 2
    lanes: dict[tuple[int, int], float] = {}
    # Inner ends nest without crossing: the topmost left end takes the topmost lane.
    for ribbon in sorted(crossing, key=lambda r: (r.ya, r.yb)):
        lanes[ribbon.a, ribbon.b] = lane_y + ribbon.weight * scale / 2
        lane_y += ribbon.weight * scale
    if crossing:
        y = lane - sum(r.weight for r in crossing) * scale / 2 - 8
        canvas.text(canvas.width / 2, y, _LANE.say(lang), 12, anchor="middle", fill=SOFT)
    for ribbon in sorted(ribbons, key=lambda r: -r.weight):
        a, b = boxes[ribbon.a], boxes[ribbon.b]
        tip = _TIP_EDGE.say(lang, a=a.label, b=b.label, weight=number(ribbon.weight))
        canvas.curve(
            _path(canvas, a, b, ribbon, lanes.get((ribbon.a, ribbon.b))),
            COLOURS[a.node.side],
            max(ribbon.weight * scale, 1.0),
            opacity=0.38 if b.node.side == "household" else 0.26,
            title=tip,
            ends=(ribbon.a, ribbon.b),
        )


def _path(
    canvas: Canvas, a: _Box, b: _Box, ribbon: _Ribbon, lane: float | None
) -> list[tuple[float, float]]:
    """Curve points of a ribbon: into the middle, through the lane, or back to its own side."""
    xa, xb, ya, yb = _inner(canvas, a.node.side), _inner(canvas, b.node.side), ribbon.ya, ribbon.yb
    inner_left = (canvas.width - _CENTRE) / 2
    inner_right = inner_left + _CENTRE
    if b.node.side == "household":
        xb = inner_left if a.node.side in _LEFT else inner_right
        bend = (xa + xb) / 2
        return [(xa, ya), (bend, ya), (bend, yb), (xb, yb)]
    if lane is not None:
        m1, m2 = (xa + inner_left) / 2, (xb + inner_right) / 2
        third = _CENTRE / 3
        into = [(xa, ya), (m1, ya), (m1, lane), (inner_left, lane)]
        along = [(inner_left + third, lane), (inner_right - third, lane), (inner_right, lane)]
        return [*into, *along, (m2, lane), (m2, yb), (xb, yb)]
    towards = 1 if a.node.side in _LEFT else -1
    reach = min(36 + abs(yb - ya) * 0.22, inner_left - _PAD - _PANEL - 16) * 4 / 3
    bend = xa + towards * reach
    return [(xa, ya), (bend, ya), (bend, yb), (xb, yb)]


def _inner(canvas: Canvas, side: Side) -> float:
    return _PAD + _PANEL if side in _LEFT else canvas.width - _PAD - _PANEL


def _draw_parties(canvas: Canvas, boxes: Sequence[_Box], lang: str) -> None:
    bottoms = {"left": 0.0, "right": 0.0}
    start = _first_panel_tops(boxes)
    for side, name in PARTIES.items():
        half = "left" if side in _LEFT else "right"
        y = start[half] + bottoms[half]
        bottoms[half] += _panel_height(boxes, side) + _GAP
        x = _PAD if half == "left" else canvas.width - _PAD - _PANEL
        mine = [(i, box) for i, box in enumerate(boxes) if box.node.side == side]
        colour = COLOURS[side]
        canvas.rect(x, y, _PANEL, _panel_height(boxes, side), PAPER, radius=6)
        canvas.rect(x, y, _PANEL, _panel_height(boxes, side), colour, radius=6, opacity=0.08)
        canvas.rect(x, y, _PANEL, _HEAD - 2, colour, radius=6)
        total = number(sum(box.node.count for _, box in mine))
        canvas.text(x + 12, y + 18, name.say(lang), 14, fill=PAPER, bold=True, room=_PANEL - 80)
        canvas.text(
            x + _PANEL - 12, y + 18, total, 14, anchor="end", fill=PAPER, bold=True, room=68
        )
        if not mine:
            canvas.text(x + 12, y + _HEAD + 21, _NONE.say(lang), 13, fill=SOFT)
        for i, box in mine:
            _draw_member(canvas, i, box, x, half == "left", lang)


def _first_panel_tops(boxes: Sequence[_Box]) -> dict[str, float]:
    """The y of the topmost panel of each side, found again from the first box below it."""
    tops = {}
    for half, sides in (("left", _LEFT), ("right", _RIGHT)):
        offset, top = 0.0, 70.0
        for side in sides:
            first = next((box for box in boxes if box.node.side == side), None)
            if first is not None:
                top = first.y - _HEAD - 4 - offset
                break
            offset += _panel_height(boxes, side) + _GAP
        tops[half] = top
    return tops


def _draw_member(canvas: Canvas, i: int, box: _Box, x: float, left: bool, lang: str) -> None:
    middle = box.y + box.height / 2
    count = number(box.node.count)
    tip = _TIP_NODE.say(lang, label=box.label, count=count, flow=number(box.flow))
    canvas.open_node(i, tip)
    bar_x = x + _PANEL - _BAR if left else x
    # An invisible row makes the whole line answer to the pointer.
    canvas.rect(x, box.y, _PANEL, box.height, PAPER, opacity=0.01)
    canvas.rect(bar_x, box.y + 2, _BAR, box.height - 4, COLOURS[box.node.side], radius=2)
    start = x + 12 if left else x + _BAR + 10
    end = x + _PANEL - _BAR - 10 if left else x + _PANEL - 12
    room = end - start - 10 - min(text_width(count, 13), 54)
    canvas.text(start, middle + 4.5, box.label, 13, room=room)
    canvas.text(end, middle + 4.5, count, 13, anchor="end", fill=SOFT, room=54)
    canvas.close_node()


def _draw_households(canvas: Canvas, boxes: Sequence[_Box], lang: str) -> None:
    mine = [(i, box) for i, box in enumerate(boxes) if box.node.side == "household"]
    x = (canvas.width - _CENTRE) / 2
    if not mine:
        return
    total = number(sum(box.node.count for _, box in mine))
    head = f"{_HOUSEHOLDS.say(lang)} {total}"
    canvas.text(
        canvas.width / 2, mine[0][1].y - 11, head, 14, anchor="middle", bold=True, room=_CENTRE
    )
    for i, box in mine:
        count = number(box.node.count)
        tip = _TIP_NODE.say(lang, label=box.label, count=count, flow=number(box.flow))
        canvas.open_node(i, tip)
        canvas.rect(x, box.y, _CENTRE, box.height, COLOURS["household"], radius=5)
        middle = box.y + box.height / 2 + 4.5
        room = _CENTRE - 34 - min(text_width(count, 13), 52)
        canvas.text(x + 12, middle, box.label, 13, fill=PAPER, room=room)
        canvas.text(
            x + _CENTRE - 12, middle, count, 13, anchor="end", fill=PAPER, bold=True, room=52
        )
        canvas.close_node()


def _alt(boxes: Sequence[_Box], ribbons: Sequence[_Ribbon], lang: str) -> str:
    def count(side: Side) -> str:
        return number(sum(box.node.count for box in boxes if box.node.side == side))

    parties = [
        _ALT_PARTY.say(lang, party=name, count=count(side)) for side, name in PARTIES.items()
    ]
    return _ALT.say(
        lang,
        parties=("，" if lang == "zh" else ", ").join(parties),
        households=count("household"),
        flow=number(sum(ribbon.weight for ribbon in ribbons)),
    )


def _say(label: str | Text, lang: str) -> str:
    return label.say(lang) if isinstance(label, Text) else label
