"""Wuhan, January 2020: what the Red Cross really gave out, beside what wushe would have planned.

``python examples/wuhan_2020.py --data ../shared/data [--scope wuhan] [--out wuhan_2020.html]``

`wuhan_2020_data` reads the tables, `wuhan_2020_plan` plans with them; this script prints the
comparison and writes the page.
"""

import argparse
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import wuhan_2020_data as wuhan
from wuhan_2020_plan import (
    COLUMNS,
    Key,
    Records,
    Share,
    amounts,
    compare,
    item_text,
    joined,
    read,
    share,
    unit_text,
)

from wushe import Text
from wushe.render import Badge, CoverageRow, Filter, Line, Page, Picture, Record, coverage_bars


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


def beyond(records: Records) -> list[tuple[str, str, int, int]]:
    """Return what was given beyond the record, in its own units and again in cartons of any size."""
    had, gave = records.stock.rows, records.given.rows
    cartons = wuhan.beyond_record(wuhan.cartons(had), wuhan.cartons(gave))
    return [*wuhan.beyond_record(had, gave), *cartons]


def merged(records: Records) -> list[tuple[str, str, Text]]:
    """Return (name in a table, institution that it was taken for, why), by institution."""
    written = {(name, one.name) for one in records.bodies.values() for name in one.names}
    written |= {(name, kept) for name, (kept, _) in wuhan.ALIASES.items()}  # the goods' tables too
    made = []
    for name, kept in written:
        why = "科室归入医院 / a department of it"
        if name == "红十字会":
            why = "两县同名，按县区分 / two counties' societies, told apart by county"
        why = wuhan.ALIASES.get(name, ("", why))[1]
        if name != kept:
            made.append((name, kept, Text(*why.split(" / "))))
    return sorted(made, key=lambda row: (row[1], row[0]))


def kept(plan: Share) -> Text:
    """Return what conservation says."""
    received, given = sum(r.quantity for r in plan.rows), sum(g.quantity for g in plan.given)
    left, n = sum(plan.left.values()), len(plan.left)
    return Text(
        f"守恒：{n}种（物资、单位）逐一成立；各种单位混加核对：收到 {received:,} = 分配 {given:,} + 留库 {left:,}",
        f"Conservation holds for each of {n} (item, unit); all units added up as a check: "
        f"received {received:,} = allocated {given:,} + left {left:,}",
    )


LIMITS = (
    Text(
        "方案前三项必然是100%：规则不给没有提出的物资。要看的是后面几项。",
        "The plan's first three figures are 100% by its own rule; look at the others.",
    ),
    Text(
        "需求表是2020年2月的快照，发放是1月30日：当时未必知道这些需求，机构也可能后来才填表。",
        "The needs are a snapshot of February, the distribution is of 30 January: these needs "
        "were not all known then.",
    ),
    Text(
        "入库记录是1月22日至29日的捐赠，不是库存：此前已发的不知道，30日发出的一些物资记录中没有"
        "（单独列出）。所以另算一栏：把30日实际发出的那批物资按同一规则重新分给提出需求的机构"
        "（发放表没有写明定向，该栏中的定向口罩也照常分配）。",
        "The record of 22 to 29 January is of gifts, not of the store: what left it earlier is "
        "unknown, and some goods given on the 30th are not in it (they are listed). Hence one "
        "more column: the goods of that day, shared anew by the same rule (its record marks no earmarks, so that column shares them freely).",
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
    "各加一份的尾数，逐种物资轮流给：先给还没有这种物资的、所提物资中得到的比例最小的机构；仍有剩余，再补足已知"
    "数量。不给没有提出的物资，不超过已知数量，定向物资只给指定的机构。",
    "How the plan shares: of each kind of goods every asker first gets the same level (or what it "
    "asked, if less), however large a known request; what does not suffice for one more each goes "
    "in turn, one kind of goods after the other, to those who have nothing of it yet and the smallest "
    "part of the items they asked; any rest completes the known amounts. Nothing unasked, nothing above a known amount, earmarks kept.",
)


SPANS = (52, 24, 22, 30)


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
    lines += [
        "",
        verdict(table).both(),
        kept(plan).both(),
        f"{plan.plan.proof('zh')} / {plan.plan.proof('en')}",
        "",
    ]
    lines.append("实际发放多于入库记录（物资、入库、发放）/ given beyond the record:")
    lines += [
        f"  {item_text(i).zh} {unit_text(u).zh} {had:,} {gave:,}"
        for i, u, had, gave in beyond(records)
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
    """Return a card for each institution that asked or really got something, what came first."""
    given = wuhan.allocations(records.given)
    m = wuhan.measures(records.needs, plan.rows, given)
    real, planned = held(given), held(plan.given)
    wants, gifts = defaultdict[str, dict[str, int | None]](dict), defaultdict[str, set[str]](set)
    for need in records.needs:
        wants[need.institution][need.item] = need.quantity
    for who, item in real:
        gifts[who].add(item)

    def idle(who: str, item: str) -> bool:
        return (who, item) not in real and (who, item) not in planned

    made = []
    for who in sorted(wants.keys() | gifts.keys(), key=lambda w: (w not in gifts, w)):
        lines = []
        for item in sorted(wants[who].keys() | gifts[who], key=lambda i: (idle(who, i), i)):
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
        subtitle=f"{one.city} {one.id} {'、'.join(n for n in one.names if n != one.name)}".strip(),
        badges=badges,
        lines=lines,
        facets={
            "city": one.city or Text("不在需求表上", "not on the form"),
            "item": tuple(item_text(item) for item in items),
        },
    )


def drawn(rows: Sequence[CoverageRow], title: Text, lang: str, wide: int) -> Picture:
    """Return the picture of one distribution."""
    return coverage_bars(rows, title=title, top=len(rows), lang=lang, width=wide)


def body(page: Page, records: Records, plan: Share, same: Share) -> None:
    """Add headline, comparison, pictures and the list of institutions."""
    table = compare(records, plan, same)
    asked, reached, equal, left = (table[i] for i in (0, 3, 6, 7))
    page.tiles(
        (label, cells[1].partition(" ")[0], Text(f"实际 {cells[0]}", f"really {cells[0]}"))
        for label, cells, _ in (asked, reached, equal, left)
    )
    for text in counts(records):
        page.paragraph(text)
    page.heading(Text("对照", "Comparison"))
    page.table(
        [Text("指标", "Figure"), *COLUMNS],
        [[label, *cells] for label, cells, _ in table],
        caption=Text(
            "1月30日的实际发放，与两个方案", "What was given on 30 January, and two plans"
        ),
    )
    page.paragraph(verdict(table))
    page.paragraph(RULE)
    page.heading(Text("各类物资的覆盖", "Coverage by item"))
    page.paragraph(PARTLY)
    sides = (
        (
            Text("实际：各类物资的提出者得到了吗", "Real: askers of each item"),
            wuhan.allocations(records.given),
        ),
        (Text("方案：各类物资的提出者得到了吗", "Plan: askers of each item"), plan.given),
    )
    for title, given in sides:
        page.chart(partial(drawn, coverage(records, given), title))
    page.heading(Text("机构名单", "Institutions"))
    filters = [Filter("city", Text("城市", "City")), Filter("item", Text("所提物资", "Asked item"))]
    page.browser(cards(records, plan), templates=CARD, filters=filters)


PARTLY = Text(
    "数的是机构。得到了一些的算作部分满足：数量已知的还没有给足，数量未知的要多少没有人写下来。",
    "Institutions are counted. Those that got some count as partly met: less than a known amount, "
    "or an amount asked that nobody wrote down.",
)


STOCK = (
    Text("收到", "Received"),
    Text("方案分配", "Plan gives"),
    Text("方案留库", "Plan leaves"),
    Text("收到减实际发放", "Received less really given"),
)


def stock(page: Page, records: Records, plan: Share) -> None:
    """Add conservation, and what was given beyond the record."""
    item, unit = Text("物资", "Item"), Text("单位", "Unit")
    received, gave = wuhan.conservation(plan.rows, ()), Counter[Key]()
    for gift in plan.given:
        gave[gift.item, gift.unit] += gift.quantity
    real = wuhan.conservation(plan.rows, wuhan.allocations(records.given))
    page.heading(Text("收到、分配、留库", "Received, allocated, left"))
    page.paragraph(kept(plan))
    page.table(
        [item, unit, *STOCK],
        [
            [item_text(key[0]), unit_text(key[1]), n, gave[key], plan.left[key], real[key]]
            for key, n in received.items()
        ],
        caption=Text("逐种守恒", "Conservation by item and unit"),
        max_rows=500,
    )
    page.heading(Text("超过入库记录", "Beyond the record"))
    page.table(
        [item, unit, Text("入库", "Recorded"), Text("实际发放", "Really given")],
        [[item_text(it), unit_text(of), had, gone] for it, of, had, gone in beyond(records)],
        caption=Text("30日实际发放多于入库记录的物资", "Goods given beyond the record of gifts"),
    )


def admitted(page: Page, records: Records, plan: Share) -> None:
    """Add what was not understood or was taken to be the same, the limits, the proof."""
    page.heading(Text("未读的行", "Rows not understood"))
    page.table(
        [Text("文件", "File"), Text("行", "Row"), Text("原文", "Text"), Text("原因", "Reason")],
        [[r.file, str(r.row), r.text, Text(*wuhan.REASONS[r.reason])] for r in unread(records)],
        caption=Text("没有读懂，也没有猜", "Not understood, and not guessed"),
    )
    page.heading(Text("合并的名称", "Names merged"))
    page.table(
        [Text("表中的名称", "Name in a table"), Text("视为", "Taken for"), Text("原因", "Reason")],
        merged(records),
        caption=Text("同一机构的不同名称", "One institution, several names"),
    )
    page.heading(Text("局限", "Limits"))
    for text in LIMITS:
        page.paragraph(text)
    page.paragraph(Text(plan.plan.proof("zh"), plan.plan.proof("en")))
    page.table(
        [Text("插件", "Plugin"), Text("版本", "Version")],
        plan.plan.versions,
        caption=Text("启用的插件", "Active plugins"),
    )


def page_of(records: Records, plan: Share, same: Share, scope: str) -> Page:
    """Return the page."""
    where = {
        "hubei": Text("湖北全省", "all of Hubei"),
        "wuhan": Text("武汉市", "the city of Wuhan"),
    }
    page = Page(
        Text(
            "2020年1月30日，武汉：发了什么，本可以怎样分",
            "Wuhan, 30 January 2020: given, and planned",
        ),
        subtitle=Text(
            f"需求范围：{where[scope].zh}。武汉市红十字会1月22日至29日收到的物资，分给提出过需求的机构",
            f"Needs of {where[scope].en}. What the Wuhan Red Cross received from 22 to 29 January, "
            "shared among the institutions that asked",
        ),
    )
    body(page, records, plan, same)
    stock(page, records, plan)
    admitted(page, records, plan)
    return page


def main() -> None:
    """Read, plan, print, write."""
    parser = argparse.ArgumentParser(description="武汉，2020年1月 / Wuhan, January 2020")
    parser.add_argument(
        "--data", type=Path, required=True, help="数据文件夹 / folder of the tables"
    )
    parser.add_argument("--out", type=Path, default=Path("wuhan_2020.html"), help="网页 / the page")
    parser.add_argument(
        "--scope", choices=("hubei", "wuhan"), default="hubei", help="需求范围 / needs of"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="列出未读的行 / list rows not understood"
    )
    given = parser.parse_args()
    records = read(given.data, given.scope)
    plan, same = share(records, records.stock.rows), share(records, records.given.rows)
    print(report(records, plan, same, given.verbose))
    path = page_of(records, plan, same, given.scope).save(given.out)
    print(f"\n网页 / page: {path}")


if __name__ == "__main__":
    main()
