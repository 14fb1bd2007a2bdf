"""Wuhan, January 2020: the Red Cross stock shared out with wushe.

`wuhan_2020_data` reads the tables; this is what a user of wushe writes to plan with them: a plugin
with the categories and one rule, records, `build_network`, `make_plan`, `check_plan`.

How the plan shares one kind of goods among all who asked for it (the uniform rule):

* first, everybody gets the same level, or what was asked where that is less: an asker of 500 and
  one of unknown amount stand alike, so a large known request does not swallow the stock;
* then the pieces that do not reach everybody once more go, one kind of goods after the other, to
  those who have the smallest part of what they asked by then (see `in_turn`);
* what is still there goes to the known amounts above the level.

The three steps are three needs of falling urgency. Nobody gets goods that it did not ask for or
more than a known amount; goods for a named recipient are for it alone (`for_clients`).
"""

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import wuhan_2020_data as wuhan

import wushe
from wushe import Columns, NeedCategory, Text, hookimpl

Key = tuple[str, str]
"""An item and the unit that it is counted in; goods of two keys cannot be added up."""
ON, RED_CROSS, WUHAN = dt.date(2020, 1, 30), "RC-wuhan", "武汉市"
STEPS = ("urgent", "normal", "low")
UNITS = {
    "piece": Text("个", "pieces"),
    "bottle": Text("瓶", "bottles"),
    "kg": Text("公斤", "kg"),
    "carton": Text("箱或件（不论大小）", "cartons of any size"),
}
NOTHING = Text("无", "nothing")


def item_text(item: str) -> Text:
    """Return an item's name; goods that no column of the form asks for have a Chinese one only."""
    name = item.rpartition("/")[2]
    return Text(wuhan.ITEM_NAMES.get(item, name), name.replace("_", " "))


def unit_text(unit: str) -> Text:
    """Return a unit's name; how much a pack holds is unknown, or it would have been counted."""
    pack = unit.removeprefix("pack:")
    return UNITS.get(unit, Text(f"{pack}（装量不详）", f"{pack} (pack of unknown size)"))


def joined(texts: Iterable[Text]) -> Text:
    """Return several texts as one, "nothing" where there is none."""
    found = list(texts) or [NOTHING]
    return Text("、".join(t.zh for t in found), ", ".join(t.en for t in found))


def amounts(units: Mapping[str, int]) -> Text:
    """Return how much was given, each unit apart."""
    said = [(f"{units[unit]:,} ", unit_text(unit)) for unit in sorted(units)]
    return joined(Text(number + unit.zh, number + unit.en) for number, unit in said)


class Records(NamedTuple):
    """What the tables say; `needs` only those of the institutions in scope."""

    asked: wuhan.Table[wuhan.Need]
    stock: wuhan.Table[wuhan.GoodsRow]
    given: wuhan.Table[wuhan.GoodsRow]
    bodies: dict[str, wuhan.Institution]
    needs: tuple[wuhan.Need, ...]


class Share(NamedTuple):
    """A plan over `rows` of goods: what it gives, what stays in each lot, its figures."""

    rows: tuple[wuhan.GoodsRow, ...]
    plan: wushe.Plan
    given: list[wuhan.Allocation]
    left: Counter[Key]
    figures: wuhan.Measures


def read(folder: Path, scope: str) -> Records:
    """Read the four tables; `scope` is ``hubei`` or ``wuhan`` (the city's institutions only)."""
    asked = wuhan.read_needs(folder)
    stock, given = wuhan.read_stock(folder), wuhan.read_distribution(folder)
    bodies = {b.id: b for t in (asked, stock, given) for b in t.institutions}
    near = {b.id for b in asked.institutions if scope == "hubei" or b.city == WUHAN}
    return Records(
        asked, stock, given, bodies, tuple(n for n in asked.rows if n.institution in near)
    )


# --- the plan, with the public names of wushe ------------------------------------------------


class FairShares:
    """The plugin: one category for each item and unit, and who comes first where goods are few."""

    name = "wuhan_2020"
    __version__ = "1"

    def __init__(self, codes: Mapping[Key, str], first: Iterable[str]) -> None:
        self.codes = dict(codes)
        self.first = frozenset(first)

    @hookimpl
    def register_need_categories(self) -> list[NeedCategory]:
        """Goods counted one by one in their own unit: piece, bottle or pack."""
        made = []
        for (item, unit), code in self.codes.items():
            what, of = item_text(item), unit_text(unit)
            names = f"{what.zh}·{of.zh}", f"{what.en}, {of.en}"
            made.append(NeedCategory(code, *names, "goods", "piece", refers=False))
        return made

    @hookimpl
    def prioritise_needs(self, needs: Columns) -> np.ndarray[Any, Any]:
        """The step first; within a step, whose turn it is."""
        turn = np.array([need in self.first for need in needs["id"]], dtype=float)
        return 0.4 * needs["urgency"] + 0.1 * turn


def levels(asked: Sequence[wuhan.Request], rows: wuhan.Goods) -> dict[Key, int]:
    """Return the level of each key: so much for every asker uses up the stock, or just more."""
    known, unknown = defaultdict[Key, list[int]](list), Counter[Key]()
    for request in asked:
        key = request.item, request.unit
        if request.quantity and request.provisional:
            unknown[key] += 1
        elif request.quantity:
            known[key].append(request.quantity)
    free = {(item, unit): n for (item, unit, owner), n in wuhan.pools(rows).items() if not owner}
    return {key: wuhan.fair_share(n, known[key], unknown[key]) for key, n in free.items()}


def steps(quantity: int, level: int, own: int) -> tuple[int, int, int]:
    """Return a request in three: what all are sure of (and goods given for it), one more, the rest.

    One below the level is within the stock for everybody; at the level it may not be.
    """
    first = min(quantity, max(level - 1, 0) + own)
    second = min(quantity - first, 1)
    return first, second, quantity - first - second


def needs_of(
    asked: Sequence[wuhan.Request], rows: wuhan.Goods, codes: Mapping[Key, str]
) -> dict[str, tuple[wuhan.Request, wushe.Need]]:
    """Return wushe's needs by id, each with the request that it is a step of."""
    level, stock, made = levels(asked, rows), wuhan.pools(rows), {}
    for request in asked:
        key = request.item, request.unit
        own = stock[*key, request.institution]
        parts: tuple[int | None, ...] = (None, None, None)  # nothing in store: amount unknown
        if request.quantity is not None:
            parts = steps(request.quantity, level.get(key, 0), own)
        for step, part in zip(STEPS, parts, strict=True):
            if part or (request.quantity is None and step == "low"):
                name = f"{request.institution}.{codes[key]}.{step}"
                made[name] = (
                    request,
                    wushe.Need(
                        id=name,
                        category=codes[key],
                        institution=request.institution,
                        quantity=part,
                        unit="piece" if part else None,
                        urgency=step,
                    ),
                )
    return made


def in_turn(needs: Mapping[str, tuple[wuhan.Request, wushe.Need]], rows: wuhan.Goods) -> list[str]:
    """Return the needs of the second step that are served, as many as there are pieces for.

    Goods of which the fewest go without come first. Of those who wait, whoever has nothing of the item
    yet, then whoever has the smallest part of its items (what it got in turn counted, and half a piece
    taken off, which favours those to whom one item is much: seen on these tables, neither the mean nor
    equality loses by it), then whoever asked the least.
    """
    stock, asked = wuhan.pools(rows), defaultdict[str, set[str]](set)
    have, waiting = defaultdict[str, set[str]](set), defaultdict[Key, list[str]](list)
    spare = Counter({(item, unit): n for (item, unit, owner), n in stock.items() if not owner})
    for name, (request, need) in needs.items():
        who, item, key = request.institution, request.item, (request.item, request.unit)
        asked[who].add(item)
        if need.urgency == STEPS[0]:
            have[who].add(item)
            spare[key] -= max(0, (need.quantity or 0) - stock[*key, who])
        elif need.urgency == STEPS[1]:
            waiting[key].append(name)
    chosen: list[str] = []
    for key in sorted(waiting, key=lambda k: (len(waiting[k]) - spare[k], k)):

        def turn(name: str) -> tuple[bool, Fraction, float, str]:
            request, _ = needs[name]
            who = request.institution
            amount = math.inf if request.provisional else request.quantity or math.inf
            part = Fraction(2 * len(have[who]) - 1, 2 * len(asked[who]))
            return request.item in have[who], part, amount, name

        served = sorted(waiting[key], key=turn)[: max(spare[key], 0)]
        for name in served:
            have[needs[name][0].institution].add(key[0])
        chosen += served
    return chosen


def lots_of(rows: wuhan.Goods, codes: Mapping[Key, str]) -> list[wushe.CharityResource]:
    """Return one lot for each row of goods, kept by the city's Red Cross for the province."""
    return [
        wushe.CharityResource(
            id=f"lot-{row.row:04}",
            name=row.text,
            categories=(codes[row.item, row.unit],),
            quantity=row.quantity,
            unit="piece",
            holder=RED_CROSS,
            reach="province",
            for_clients=(row.restricted_to,) if row.restricted_to else None,
        )
        for row in rows
    ]


def parties_of(bodies: Iterable[wuhan.Institution]) -> dict[str, list[Any]]:
    """Return places, the Red Cross and the institutions, as lists of wushe's records by table."""
    bodies = list(bodies)
    cities = sorted({one.city for one in bodies} - {""} | {WUHAN})
    society = wushe.Organization(
        id=RED_CROSS, name="武汉市红十字会", kind="red_cross", place=f"42-{WUHAN}"
    )
    return {
        "places": [
            wushe.Place(id="42", name="湖北省", level="province"),
            *(wushe.Place(id=f"42-{c}", name=c, level="city", parent="42") for c in cities),
        ],
        "organizations": [society],
        "institutions": [
            wushe.Institution(
                id=one.id,
                name=one.name,
                kind="hospital" if one.kind == "hospital" else None,
                place=f"42-{one.city}" if one.city else None,
            )
            for one in bodies
        ],
    }


def share(records: Records, rows: tuple[wuhan.GoodsRow, ...]) -> Share:
    """Plan `rows` for the needs in scope; RuntimeError if the checker finds anything."""
    asked = wuhan.requests(records.needs, rows)
    keys = sorted({(r.item, r.unit) for r in rows} | {(r.item, r.unit) for r in asked})
    codes = {key: f"goods-{number:03}" for number, key in enumerate(keys, start=1)}
    needs = needs_of(asked, rows, codes)
    plugins = wushe.load_plugins(FairShares(codes, in_turn(needs, rows)))
    tables = parties_of(records.bodies.values())
    tables |= {"needs": [need for _, need in needs.values()], "resources": lots_of(rows, codes)}
    network = wushe.build_network(
        {name: wushe.table_of(name, made) for name, made in tables.items()},
        plugins.categories,
        plugins.target_groups,
        plugins.versions,
    )
    plan = wushe.make_plan(network, plugins=plugins, on=ON)
    if found := wushe.check_plan(plan):
        raise RuntimeError("; ".join(violation.say("en") for violation in found))
    total: Counter[tuple[str, str, str]] = Counter()
    taken: Counter[str] = Counter()
    for item in plan.items:
        total[needs[item.need][0][:3]] += item.amount
        taken[item.provider.id] += item.amount
    given = [wuhan.Allocation(*key, total[key]) for key in sorted(total)]
    left: Counter[Key] = Counter()
    for row in rows:
        left[row.item, row.unit] += row.quantity - taken[f"lot-{row.row:04}"]
    figures = wuhan.measures(records.needs, rows, given)
    if dict(left) != figures.left or min(left.values()) < 0:
        raise RuntimeError("received is not allocated and left: the plan made or lost goods")
    return Share(rows, plan, given, left, figures)


# --- the comparison --------------------------------------------------------------------------

FIGURES = (  # label, and whether more of it is better
    (
        Text("发放行中，给了提出过该物资需求的机构", "rows to an institution that asked for it"),
        True,
    ),
    (Text("其中23项需求物资的发放行", "of these, rows of the form's 23 items"), True),
    (
        Text("23项物资的数量，给了提出者的比例（各物资平均）", "amount to askers, mean by item"),
        True,
    ),
    (Text("得到所提物资的机构", "institutions that got an item they asked for"), True),
    (Text("机构所提物资中得到的比例（平均）", "asked items that came, mean by institution"), True),
    (Text("已知数量需求的满足率（机构平均）", "fill rate on known amounts, mean"), True),
    (Text("基尼系数（0为最均）", "Gini coefficient (0: all alike)"), False),
    (Text("有人要的物资留在库中的比例（各物资平均）", "asked goods left in store, mean"), False),
    (Text("超过入库记录的物资种数", "kinds of goods beyond the record"), False),
)


def mean(parts: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(parts) / len(parts) if parts else 0.0


def of(part: int, whole: int) -> tuple[float, str]:
    """Return a share and how it is written."""
    return (part / whole, f"{part / whole:.1%} ({part:,}/{whole:,})") if whole else (0.0, "–")


def portrait(records: Records, rows: wuhan.Goods, m: wuhan.Measures) -> list[tuple[float, str]]:
    """Return the value of each of `FIGURES` and how it is written."""
    form = set(wuhan.ASKED.values())
    wanted = {need.item for need in records.needs}
    goods = mean([hit / whole for (item, _), (whole, hit) in m.goods.items() if item in form])
    reached = sum(got > 0 for _, got in m.served.values())
    breadth = mean([got / asked for asked, got in m.served.values()])
    fill, equal = mean(list(m.fill.values())), 1.0 if m.gini is None else m.gini
    had = {key: n for key, n in wuhan.conservation(rows, ()).items() if key[0] in wanted}
    left = mean([max(0, m.left[key]) / n for key, n in had.items()])
    beyond = sum(n < 0 for n in m.left.values())
    return [
        of(m.gifts[2], m.gifts[0]),
        of(m.gifts[2], m.gifts[1]),
        (goods, f"{goods:.1%}"),
        of(reached, len(m.served)),
        (breadth, f"{breadth:.1%}"),
        (fill, f"{fill:.1%} ({len(m.fill)})"),
        (equal, f"{equal:.3f}"),
        (left, f"{left:.1%}"),
        (float(beyond), str(beyond)),
    ]


COLUMNS = (
    Text("实际发放", "really given"),
    Text("方案", "plan"),
    Text("只分当日那批", "plan, that day's goods"),
)


def compare(records: Records, plan: Share, same: Share) -> list[tuple[Text, list[str], str]]:
    """Return label, figures (real, plan, plan of that day's goods) and a mark where it is worse."""
    real = wuhan.measures(records.needs, plan.rows, wuhan.allocations(records.given))
    sides = [
        portrait(records, plan.rows, real),
        portrait(records, plan.rows, plan.figures),
        portrait(records, same.rows, same.figures),
    ]
    made = []
    for (label, more), *cells in zip(FIGURES, *sides, strict=True):
        worse = [(cell[0] < cells[0][0]) == more and cell[0] != cells[0][0] for cell in cells[1:]]
        made.append((label, [shown for _, shown in cells], "!" if any(worse) else ""))
    return made
