"""Wuhan, January 2020: the Red Cross goods as lots, so that what cannot add up is named row by row.

``python examples/wuhan_redcross.py [--data ../shared/data]``

What came in from 22 to 29 January is received as lots, what went out on 30 January is issued in the order of the
list, and the ledger refuses what the published record does not hold. `wuhan_2020_data` reads items, units and pack
sizes: goods that are counted in cartons of unknown size are kept in cartons and never mixed with pieces. The
tables give no value and no expiry: both stay unknown, and no money is posted. The province's list of 30 January
gives values: those goods come in and go out as one gift each, in fen.
"""

import argparse
import datetime as dt
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import wuhan_2020_data as wuhan
from attrs import frozen

from wushe import ledger, orders
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import goods

CITY, PROVINCE = "WH", "HB"
PROVINCE_USE = "wuhan_redcross/hubei_rc_goods_use_2020-01-30.csv"
GIVEN_ON = dt.date(2020, 1, 30)
UNITS = {"piece": "件/个", "bottle": "瓶", "kg": "千克"}
Stock = Counter[tuple[str, str]]


@frozen
class Short:
    """A row of the distribution that the record of what came in does not cover.

    `reason`: unrecorded (the item is nowhere in the record), other_unit (only in other units: packs of unknown size),
    too_little (after the rows before it).
    """

    row: int
    text: str
    item: str
    unit: str
    asked: int
    free: int
    reason: str
    elsewhere: dict[str, int]


@frozen
class Outcome:
    """What the ledger made of the tables."""

    store: MemoryStore
    received: wuhan.Table[wuhan.GoodsRow]
    given: wuhan.Table[wuhan.GoodsRow]
    issued: tuple[int, ...]
    short: tuple[Short, ...]
    unvalued: tuple[str, ...]


def name_of(item: str, unit: str) -> str:
    """Return the item under which goods lie in the ledger: what they are and what they are counted in."""
    name = wuhan.ITEM_NAMES.get(item, item.rpartition("/")[2])
    counted = UNITS.get(unit) or unit.removeprefix("pack:") + "，每包数量不详"
    return f"{name}（{counted}）"


def run(folder: Path) -> Outcome:
    """Receive, issue in the order of the list, and keep every refusal. Raises nothing for a shortage."""
    store = MemoryStore(orders.DOMAIN + ledger.DOMAIN)
    received, given = wuhan.read_stock(folder), wuhan.read_distribution(folder)
    do(store, dt.date(2020, 1, 22), goods.open_warehouse, id=CITY, name="武汉市红十字会仓库")
    days = days_of(folder)
    lots: dict[dt.date, list[goods.Arrival]] = defaultdict(list)
    for row in received.rows:
        lots[days[row.row]].append(arrival(row))
    for day in sorted(lots):
        do(store, day, goods.receive, arrivals=lots[day])
    issued, short = issue_all(store, recorded_units(folder, received), given.rows)
    unvalued = run_province(store, folder)
    return Outcome(store, received, given, tuple(issued), tuple(short), tuple(unvalued))


def do(store: MemoryStore, day: dt.date, command: Callable[..., Any], **arguments: Any) -> Any:
    """Run one command at noon of a day."""
    act = Act(f"{day.isoformat()}T12:00:00+08:00", "red-cross")
    return store.run(act, command, **arguments).answer


def days_of(folder: Path) -> dict[int, dt.date]:
    """Return the day of each received row; of a period its last day, by which it had come."""
    lines = wuhan.read_table(folder, wuhan.RECEIVED, ("date",))
    return {row: dt.date.fromisoformat(line["date"].rpartition("..")[2]) for row, line in lines}


def arrival(row: wuhan.GoodsRow) -> goods.Arrival:
    """Return the lot of a row. The record does not say that goods were inspected; they went out at once."""
    return goods.Arrival(
        f"{CITY}-{row.row}",
        CITY,
        name_of(row.item, row.unit),
        row.quantity * (1000 if row.unit == "kg" else 1),
        unit="kg" if row.unit == "kg" else "piece",
        donor=row.party,
        for_clients=(row.restricted_to,) if row.restricted_to else (),
        checked=True,
    )


def recorded_units(folder: Path, received: wuhan.Table[wuhan.GoodsRow]) -> dict[str, Counter[str]]:
    """Return how much of each item the record holds by unit, rows without a unit among them (单位不详)."""
    recorded: dict[str, Counter[str]] = defaultdict(Counter)
    for row in received.rows:
        recorded[row.item][row.unit] += row.quantity
    lines = dict(wuhan.read_table(folder, wuhan.RECEIVED, ("item", "qty")))
    for unread in received.unread:
        if unread.reason == "no_unit":
            line = lines[unread.row]
            recorded[wuhan.item_of(line["item"])]["单位不详"] += wuhan.amount(line["qty"]) or 0
    return recorded


def issue_all(
    store: MemoryStore, recorded: dict[str, Counter[str]], given: wuhan.Goods
) -> tuple[list[int], list[Short]]:
    """Issue each row as a whole or not at all; return the rows that went out and those that could not."""
    issued, short = [], []
    for row in given:
        what = {"id": f"G-{row.row}", "item": name_of(row.item, row.unit), "warehouse": CITY}
        n = row.quantity * (1000 if row.unit == "kg" else 1)
        try:
            do(store, GIVEN_ON, goods.issue, quantity=n, recipient=row.party, **what)
        except RefusedError as refused:
            free = dict(refused.problems[0].params)["free"]
            others = {u: m for u, m in sorted(recorded[row.item].items()) if u != row.unit}
            has = recorded[row.item][row.unit]
            reason = "too_little" if has else "other_unit" if others else "unrecorded"
            told = (row.row, row.text, row.item, row.unit, n, free, reason, others)
            short.append(Short(*told))
        else:
            issued.append(row.row)
    return issued, short


def run_province(store: MemoryStore, folder: Path) -> list[str]:
    """Receive and issue the province's gifts, each as one lot of its stated value; return those without value."""
    do(store, GIVEN_ON, goods.open_warehouse, id=PROVINCE, name="湖北省红十字会")
    columns = ("no", "donor", "goods_text", "value_10k_cny", "recipient_text")
    unvalued = []
    for _, line in wuhan.read_table(folder, PROVINCE_USE, columns):
        fen = Decimal(line["value_10k_cny"]) * 1_000_000 if line["value_10k_cny"] else None
        key, item = f"{PROVINCE}-{line['no']}", line["goods_text"]
        lot = goods.Arrival(
            key, PROVINCE, item, 1, donor=line["donor"], checked=True,
            unit_value_fen=None if fen is None else int(fen),
        )  # fmt: skip
        do(store, GIVEN_ON, goods.receive, arrivals=[lot])
        what = {"id": f"P-{line['no']}", "lot": key, "recipient": line["recipient_text"]}
        do(store, GIVEN_ON, goods.issue, quantity=1, **what)
        unvalued += [] if fen is not None else [item]
    return unvalued


REASONS = {
    "unrecorded": ("入库公示里没有这种物资", "the published record has no such goods"),
    "other_unit": ("入库公示里只有别的计量单位", "recorded in other units only"),
    "too_little": ("入库公示里的数量不够", "the record holds too little"),
}


def report(outcome: Outcome) -> str:
    """Return the summary and every row that does not add up, Chinese first."""
    store, n = outcome.store, len(outcome.received.rows)
    whole = goods.check_goods(store.log)
    why = Counter(short.reason for short in outcome.short)
    lots = store.state.find("lot")
    below = sum(min(lot.on_hand, lot.there) < 0 for lot in lots)
    open_lots = sum(lot.open is not None for lot in lots)
    worth = sum(a.fen for a in store.state.find("account") if a.id.startswith("Expenses:Goods"))
    valued = sum(lot.unit_value_fen is not None for lot in lots)
    lines = [
        f"入库 received: {n} 批 lots, 看不懂 not understood: {len(outcome.received.unread)}",
        f"发放 given: {len(outcome.given.rows)} 行 rows, 出库 issued: {len(outcome.issued)}, 账上不足 not covered: {len(outcome.short)}",
        *(f"  {zh} {en}: {why[code]}" for code, (zh, en) in REASONS.items()),
        f"仍有库存的批次 lots with something left: {open_lots}, 数量为负 below zero: {below}",
        f"核对 checked: {'无误 nothing found' if not whole else whole[0].say()}",
        "武汉的价值、有效期没有公示，保持未知，不记金额 the city's values and expiry are not published: kept unknown, no money posted",
        f"省红十字会 the province: 有价值的批次 lots of stated value: {valued}, 共 in all {worth / 1_000_000:,.3f} 万元 (10,000 yuan), 价值未知 not known: {'、'.join(outcome.unvalued)}",
        "账上不足，逐行 rows not covered:",
    ]
    for short in outcome.short:
        others = "，".join(f"{unit} {m}" for unit, m in short.elsewhere.items())
        zh, en = REASONS[short.reason]
        lines.append(
            f"  {wuhan.DISTRIBUTED} {short.row}: {short.text}: 要 {short.asked}，可发 {short.free}，"
            f"缺 {short.asked - short.free}；{zh} / {en}"
            + (f"；另记 also: {others}" if others else "")
        )
    lines.append("入库中看不懂的 received rows not understood:")
    for file, row, text, code in outcome.received.unread:
        lines.append(f"  {file} {row}: {text}: {' / '.join(wuhan.REASONS[code])}")
    return "\n".join(lines)


def main() -> None:
    """Print the report, or say where the tables should be."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser = argparse.ArgumentParser(description="武汉红十字会物资 / goods of Wuhan's Red Cross")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("WUSHE_DATA", beside)))
    folder = parser.parse_args().data
    if not (folder / wuhan.RECEIVED).is_file():
        print(f"没有数据，跳过 / no tables in {folder}: set WUSHE_DATA or --data", file=sys.stderr)
        return
    print(report(run(folder)))


if __name__ == "__main__":
    main()
