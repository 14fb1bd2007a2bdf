"""Wuhan, January 2020: share out the Red Cross stock with wushe, beside what was really given.

``python examples/wuhan_2020.py --data ../shared/data [--scope wuhan] [--out wuhan_2020.html]``

`wuhan_2020_data` reads the tables; this script is what a user of wushe would write: a plugin with
the categories and one rule, records, `build_network`, `make_plan`, `check_plan`, a report, a page.

How the plan shares one kind of goods among all who asked for it (the uniform rule):

* first, everybody gets the same level, or what was asked where that is less: an asker of 500 and
  one of unknown amount stand alike, so a large known request does not swallow the stock;
* then the pieces that do not reach everybody once more go to those who can be sure of the
  smallest part of what they asked, the nearer one first where two are level;
* what is still there goes to the known amounts above the level.

The three steps are three needs of falling urgency. Nobody gets goods that it did not ask for or
more than a known amount; goods of a named recipient are for it alone (`for_clients`).
"""

import argparse
import datetime as dt
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import wuhan_2020_data as wuhan
import wushe
from wushe import Columns, Context, NeedCategory, Text, hookimpl
from wushe.render import Badge, CoverageRow, Filter, Line, Page, Record, coverage_bars

Key = tuple[str, str]
"""An item and the unit that it is counted in; goods of two keys cannot be added up."""
ON, RED_CROSS, WUHAN = dt.date(2020, 1, 30), "RC-wuhan", "武汉市"
STEPS = ("urgent", "normal", "low")
URGENT = 2
"""What the column `urgency` holds for a need of the first step."""
UNITS = {"piece": Text("个", "pieces"), "bottle": Text("瓶", "bottles"), "kg": Text("公斤", "kg")}
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

    def __init__(self, codes: Mapping[Key, str]) -> None:
        self.codes = dict(codes)

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
    def prioritise_needs(self, needs: Columns, context: Context) -> np.ndarray[Any, Any]:
        """The step first; within a step, who is sure of the smallest part of the items it asked."""
        item_of = {code: item for (item, _), code in self.codes.items()}
        asked, sure = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        columns = (needs["client"], needs["category"], needs["urgency"])
        for client, code, urgency in zip(*columns, strict=True):
            asked[client].add(item_of[code])
            if urgency == URGENT:
                sure[client].add(item_of[code])
        part = np.array([len(sure[one]) / len(asked[one]) for one in needs["client"]])
        return 0.4 * needs["urgency"] + 0.1 * (1 - part)


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
    keys = sorted({(it.item, it.unit) for it in (*asked, *rows)})
    codes = {key: f"goods-{number:03}" for number, key in enumerate(keys, start=1)}
    needs = needs_of(asked, rows, codes)
    plugins = wushe.load_plugins(FairShares(codes))
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


# --- the report ------------------------------------------------------------------------------


def counts(records: Records) -> list[Text]:
    """Return what was read, in sentences."""
    known = sum(need.quantity is not None for need in records.needs)
    several = sum(len(one.names) > 1 for one in records.asked.institutions)
    who, n = len({need.institution for need in records.needs}), len(records.needs)
    rows, out = len(records.stock.rows), len(records.given.rows)
    bad, strangers = len(unread(records)), len(records.given.institutions)
    return [
        Text(
            f"需求：{who}家机构提出{n:,}项，其中数量已知{known}项；{several}家机构有多个名称，已合并",
            f"Needs: {n:,} of {who} institutions, {known} of known amount; "
            f"{several} institutions stand under several names, merged",
        ),
        Text(
            f"收到：{rows}行；实际发放：{out}行；未读：{bad}行，逐行列出原因",
            f"Received: {rows} rows; really given: {out} rows; not understood: {bad}, each listed",
        ),
        Text(f"接收方中{strangers}家不在需求表上", f"{strangers} recipients are not on the form"),
    ]


def unread(records: Records) -> list[wuhan.Unread]:
    """Return all rows that were not understood, whatever their table."""
    return [*records.asked.unread, *records.stock.unread, *records.given.unread]


def merged(records: Records) -> list[tuple[str, str, Text]]:
    """Return (name in a table, institution that it was taken for, why)."""
    found = []
    for one in records.bodies.values():
        for name in one.names:
            why = wuhan.ALIASES.get(name, ("", "科室归入医院 / a department of it"))[1]
            if name != one.name:
                found.append((name, one.name, Text(*why.split(" / "))))
    listed = {name for name, _, _ in found}
    for name, (kept, why) in wuhan.ALIASES.items():  # names in the goods' tables only
        if name not in listed:
            found.append((name, kept, Text(*why.split(" / "))))
    return sorted(found, key=lambda row: row[1])


def kept(plan: Share) -> Text:
    """Return what conservation says."""
    received, given = sum(r.quantity for r in plan.rows), sum(g.quantity for g in plan.given)
    left, n = sum(plan.left.values()), len(plan.left)
    return Text(
        f"守恒：{n}种（物资、单位）逐一成立，收到 {received:,} = 分配 {given:,} + 留库 {left:,}",
        f"Conservation holds for each of {n} (item, unit): "
        f"received {received:,} = allocated {given:,} + left {left:,}",
    )


LIMITS = (
    Text(
        "需求表是2020年2月的快照，发放是1月30日：当时未必知道这些需求，机构也可能后来才填表。",
        "The needs are a snapshot of February, the distribution is of 30 January: these needs "
        "were not all known then.",
    ),
    Text(
        "入库记录是1月22日至29日的捐赠，不是库存：此前已发的不知道，30日发出的一些物资记录中没有"
        "（单独列出）。所以另算一栏：把30日实际发出的那批物资按同一规则重新分给提出需求的机构。",
        "The record of 22 to 29 January is of gifts, not of the store: what left it earlier is "
        "unknown, and some goods given on the 30th are not in it (they are listed). Hence one "
        "more column: the goods of that day, shared anew by the same rule.",
    ),
    Text(
        "需求表不写单位，按最小单位（个、瓶）理解；数量未知的需求只给公平份额；装量不详的整包只给"
        "数量未知的机构，免得给得比要的多。",
        "The form has no units: the smallest are taken. Needs of unknown amount get a fair share; "
        "packs of unknown size go to them only, lest anybody gets more than it asked.",
    ),
    Text(
        "方案不知道病人数、路程和当日电话里的请求；方案的行是（机构、物资、单位），与发放表的行不同，"
        "只比较比例。",
        "The plan knows no patients, roads or phone calls; its rows are (institution, item, unit) "
        "and not those of the record: compare shares, not counts.",
    ),
)
RULE = Text(
    "分配规则：同一种物资，凡提出者先各得同一水平（要得少的只给所要的），已知数量再大也不先占；不够再"
    "各加一份的尾数，先给所提物资中有把握得到的比例最小的机构，比例相同则近者先；仍有剩余，再补足已知"
    "数量。不给没有提出的物资，不超过已知数量，定向物资只给指定的机构。",
    "How the plan shares: of each kind of goods every asker first gets the same level (or what it "
    "asked, if less), however large a known request; what does not suffice for one more each goes "
    "to those sure of the smallest part of the items they asked, the nearer first; any rest "
    "completes the known amounts. Nothing unasked, nothing above a known amount, earmarks kept.",
)


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fitted(text: str, columns: int) -> str:
    """Return `text` filled up with spaces."""
    return text + " " * max(0, columns - width(text))


def verdict(table: Sequence[tuple[Text, list[str], str]]) -> Text:
    """Return whether the plan is at least as good everywhere, or where it is not."""
    worse = [label for label, _, mark in table if mark]
    if not worse:
        return Text("方案各项均不差于实际。", "The plan is nowhere worse than what was done.")
    names = joined(worse)
    return Text(f"方案不如实际的：{names.zh}", f"The plan is worse in: {names.en}")


def report(records: Records, plan: Share, same: Share, verbose: bool) -> str:
    """Return the report for a terminal, Chinese first."""
    table = compare(records, plan, same)
    lines = ["武汉，2020年1月30日：实际发放与方案 / Wuhan, 30 January 2020: given and planned", ""]
    lines += [f"{text.zh}\n  {text.en}" for text in counts(records)]
    head = [COLUMNS[0].both(), COLUMNS[1].both(), COLUMNS[2].both()]
    lines += ["", "  ".join(fitted(cell, n) for cell, n in zip(("", *head), SPANS, strict=True))]
    for label, cells, mark in table:
        row = zip((label.zh, *cells), SPANS, strict=True)
        lines += ["  ".join(fitted(cell, n) for cell, n in row) + mark, f"    {label.en}"]
    beyond = wuhan.beyond_record(records.stock.rows, records.given.rows)
    lines += ["", verdict(table).both(), kept(plan).both(), plan.plan.proof("zh"), ""]
    lines.append("实际发放多于入库记录（物资、入库、发放）/ given beyond the record:")
    lines += [
        f"  {item_text(i).zh} {unit_text(u).zh} {had:,} {gave:,}" for i, u, had, gave in beyond
    ]
    rows = unread(records)
    lines.append(f"未读 {len(rows)} 行 / {len(rows)} rows not understood")
    if verbose:
        lines += [
            f"  {r.file} {r.row}: {r.text}: {Text(*wuhan.REASONS[r.reason]).both()}" for r in rows
        ]
        lines += [f"  {name} = {one}: {why.both()}" for name, one, why in merged(records)]
    lines += ["", *(text.both() for text in (RULE, *LIMITS))]
    return "\n".join(lines)


SPANS = (48, 24, 18, 36)


# --- the page --------------------------------------------------------------------------------


def held(given: Iterable[wuhan.Allocation]) -> dict[Key, Counter[str]]:
    """Return what (institution, item) got, by unit."""
    made = defaultdict[Key, Counter[str]](Counter)
    for gift in given:
        made[gift[:2]][gift.unit] += gift.quantity
    return made


def coverage(records: Records, given: Iterable[wuhan.Allocation]) -> list[CoverageRow]:
    """Return for each item how many askers got all that they asked, something, nothing."""
    got, made = held(given), defaultdict[str, Counter[str]](Counter)
    for need in records.needs:
        units = got.get((need.institution, need.item), Counter())
        full = need.quantity and sum(units.values()) >= need.quantity and len(units) == 1
        full = full and not next(iter(units)).startswith("pack:")
        made[need.item]["met" if full else "partly" if units else "unmet"] += 1
    rows = [(item_text(item), n) for item, n in made.items()]
    return [CoverageRow(item, n["met"], n["partly"], n["unmet"]) for item, n in rows]


CARD = {
    "asked": Text(
        "{item}：提出 {asked}；实发 {real}；方案 {plan}",
        "{item}: asked {asked}; really given {real}; plan {plan}",
    ),
    "unasked": Text("{item}：没有提出；实发 {real}", "{item}: not asked; really given {real}"),
    "fill": Text(
        "已知数量的满足率：实际 {real}，方案 {plan}",
        "Fill of known amounts: real {real}, plan {plan}",
    ),
    "items": Text("方案 {got} / {asked} 项", "plan {got} / {asked} items"),
    "real": Text("实发 {got} / {asked} 项", "given {got} / {asked} items"),
}


def cards(records: Records, plan: Share) -> list[Record]:
    """Return a card for each institution that asked in scope or really got something."""
    given = wuhan.allocations(records.given)
    m = wuhan.measures(records.needs, plan.rows, given)
    real, planned = held(given), held(plan.given)
    wants, gifts = defaultdict[str, dict[str, int | None]](dict), defaultdict[str, set[str]](set)
    for need in records.needs:
        wants[need.institution][need.item] = need.quantity
    for who, item in real:
        gifts[who].add(item)
    made = []
    for who in sorted(wants.keys() | gifts.keys(), key=lambda w: (w not in gifts, w)):
        lines = []
        for item in sorted(wants[who].keys() | gifts[who]):
            asked = wants[who].get(item)
            said = (
                Text("数量未知", "an unknown amount")
                if asked is None
                else Text(*[f"{asked:,}"] * 2)
            )
            params = {"item": item_text(item), "asked": said}
            params |= {"real": amounts(real.get((who, item), {}))}
            params |= {"plan": amounts(planned.get((who, item), {}))}
            lines.append(Line("asked" if item in wants[who] else "unasked", params))
        if who in plan.figures.fill:
            before = f"{m.fill[who]:.1%}" if who in m.fill else "–"
            lines.append(Line("fill", {"real": before, "plan": f"{plan.figures.fill[who]:.1%}"}))
        made.append(card(records.bodies[who], lines, m, plan.figures, sorted(wants[who])))
    return made


def card(
    one: wuhan.Institution,
    lines: list[Line],
    real: wuhan.Measures,
    planned: wuhan.Measures,
    items: Sequence[str],
) -> Record:
    """Return the card of one institution."""
    badges = [Badge(Text("没有提出需求", "did not ask"), "neutral")]
    if one.id in planned.served:
        sides = (("real", real.served[one.id]), ("items", planned.served[one.id]))
        badges = [
            Badge(Line(name, {"asked": n, "got": got}), "partial" if got else "bad")
            for name, (n, got) in sides
        ]
    return Record(
        title=one.name,
        subtitle=f"{one.city} {one.id} {'、'.join(set(one.names) - {one.name})}".strip(),
        badges=badges,
        lines=lines,
        facets={
            "city": one.city or Text("不在需求表上", "not on the form"),
            "item": tuple(item_text(item) for item in items),
        },
    )
