"""goods: in-kind gifts by warehouse and lot, from the door in to the signature of whoever got them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import F, check_date, said_help
from wushe.cli.desk import (
    Amount,
    Desk,
    acting,
    as_amount,
    as_yuan,
    looking,
    yuan,
)
from wushe.cli.table import read_table
from wushe.journal import Session, State
from wushe.ledger import goods as book
from wushe.ledger.goods.arrivals import REJECTIONS
from wushe.model.kinds import DATE, FLAG, IDENT, INTEGER, MONEY, TAGS, TEXT, UNIT
from wushe.model.units import DIMENSIONS, Dimension, parse_unit, say_amount
from wushe.text import Text

ARRIVAL_COLUMNS = {
    "lot": IDENT, "warehouse": IDENT, "item": TEXT, "quantity": INTEGER, "unit": UNIT, "donor": IDENT,
    "unit_value": MONEY, "serves": TAGS, "purposes": TAGS, "places": TAGS, "groups": TAGS, "clients": TAGS,
    "expires_on": DATE, "available_from": DATE, "pack": INTEGER, "per_need": INTEGER, "checked": FLAG,
}  # fmt: skip
"""Columns of a table of goods received; quantity, pack, per_need and unit_value are of the unit in the row."""
ARRIVAL_NAMES = {
    "lot": "批次", "warehouse": "仓库", "item": "品名", "quantity": "数量", "unit": "单位", "donor": "捐赠人",
    "unit_value": "单价(元)", "serves": "能满足的需求", "purposes": "用途", "places": "地区", "groups": "对象",
    "clients": "受助方", "expires_on": "有效期至", "available_from": "可用日期", "pack": "每包装", "per_need": "每项需求至多",
    "checked": "已验收",
}  # fmt: skip
"""What the columns may be called in Chinese."""
BUCKETS = ("on_hand", "unchecked", "rejected")

_OPENED = Text("仓库 {house} 已开立", "warehouse {house} is open")
_RECEIVED = Text("收到 {n} 批", "{n} lots received")
_INSPECTED = Text(
    "{lot}　合格 {passed}，不合格 {rejected}", "{lot}: {passed} passed, {rejected} rejected"
)
_VALUED = Text("{lot}　共值 {fen} 元", "{lot} is worth {fen} yuan in all")
_STOCK = Text(
    "{warehouse}　{item}　{lot}　可用 {on_hand}　预留 {reserved}　待验 {unchecked}　不合格 {rejected}{expires}",
    "{warehouse}  {item}  {lot}: {on_hand} free, {reserved} reserved, {unchecked} not inspected, {rejected} rejected{expires}",
)
_EXPIRES = Text("　有效期至 {day}", ", expires {day}")
_EXPIRING = Text("{day}　{lot}　{item}　{warehouse}　{n}", "{day}  {lot}  {item}  {warehouse}  {n}")
_NO_STOCK = Text("没有库存", "nothing in stock")
_NOTHING = Text("没有将到期的", "nothing expires by then")
_ONE_WAY = Text(
    "写一批（LOT、--warehouse、--item、--quantity），或用 --file 给一张表",
    "give one lot (LOT, --warehouse, --item, --quantity), or a table with --file",
)
_NOT_WHOLE = Text("数量 {value} 不是整数个基本单位", "{value} is no whole number of base units")

_OTHER_UNIT = Text(
    "批次 {lot} 按“{unit}”计，不能按“{given}”",
    "lot {lot} is counted in {unit}, not in {given}",
)

_lot = click.argument("lot")
quantity_option = click.option(
    "--quantity",
    type=as_amount,
    metavar="AMOUNT",
    help=said_help(
        "数量带单位，如 20件、3箱*20、1.5千克；不写就是全部",
        "amount with its unit, such as 20piece, 3box*20, 1.5kg; all if left out",
    ),
)


def reason_option(codes: Mapping[str, Text], needed: bool = True) -> Callable[[F], F]:
    """Return the option of a reason out of a closed list."""
    known = "、".join(f"{code} {text.zh}" for code, text in codes.items())
    return click.option(
        "--reason",
        type=click.Choice(list(codes)),
        required=needed,
        help=said_help(known, "the reason"),
    )


def measured(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return `command` with an `amount`, whose unit must measure what the lots are counted in.

    Five pieces of a lot in kilograms would be five grams of it.
    """

    def checked(s: Session, *, name: str, amount: tuple[int, Dimension] | None, **rest: Any) -> Any:
        if amount is None:
            return command(s, **{name: None}, **rest)
        base, dimension = amount
        for lot in _lots(s.state, rest):
            if lot.dimension != dimension:
                said = {
                    "given": DIMENSIONS[dimension],
                    "lot": lot.id,
                    "unit": DIMENSIONS[lot.dimension],
                }
                raise click.BadParameter(_OTHER_UNIT.both(**said), param_hint="AMOUNT")
        return command(s, **{name: base}, **rest)

    checked.__qualname__ = command.__qualname__  # a request is known by its command
    return checked


def _lots(state: State, named: Mapping[str, Any]) -> list[Any]:
    """Return the lots that the arguments of a command speak of: one, those of an issue, or those of an item."""
    issue, lot, item = named.get("issue"), named.get("lot"), named.get("item")
    if lot is not None:
        found = [state.get("lot", lot)]
    elif issue is not None:
        held = state.get("issue", issue)
        found = [state.get("lot", key) for key, _ in held.takes] if held else []
    else:
        found = state.find("lot", item=item, warehouse=named.get("warehouse")) if item else []
    return [one for one in found if one is not None]


def given(amount: Amount | None) -> tuple[int, Dimension] | None:
    """Return an amount as `measured` commands take it."""
    return None if amount is None else (amount.base, amount.dimension)


def said_takes(desk: Desk, takes: Iterable[tuple[str, int]]) -> list[str]:
    """Return how much of each lot, with its unit."""
    with desk.look() as state:
        return [
            f"{lot} {say_amount(n, state.get('lot', lot).dimension, desk.lang)}" for lot, n in takes
        ]


def said_amount(desk: Desk, lot: str, n: int) -> str:
    """Return an amount of a lot with its unit, negative where less is there than was."""
    with desk.look() as state:
        said = say_amount(abs(n), state.get("lot", lot).dimension, desk.lang)
    return f"-{said}" if n < 0 else said


@click.group(
    help=said_help(
        "物资的账：收、验、发、签、盘、销、召回",
        "goods: received, inspected, issued, signed for, counted, written off, recalled",
    )
)
def goods() -> None:
    """In-kind goods."""


@goods.command("open", help=said_help("开立仓库", "open a warehouse"))
@click.argument("warehouse")
@click.option("--name", required=True, help=said_help("名称", "its name"))
@click.option("--place", metavar="CODE", help=said_help("所在地区", "code of its place"))
@click.option(
    "--keeper", metavar="ID", help=said_help("保管组织编号", "id of the organization that keeps it")
)
@click.option(
    "--fund",
    metavar="ID",
    help=said_help("记在哪个基金的账上", "the fund whose books its goods are in"),
)
@acting
def open_(
    desk: Desk, warehouse: str, name: str, place: str | None, keeper: str | None, fund: str | None
) -> None:
    """Open a warehouse."""
    receipt = desk.do(
        book.open_warehouse, id=warehouse, name=name, place=place, keeper=keeper, fund=fund
    )
    desk.done(receipt, _OPENED, house=warehouse)


@goods.command(
    "receive",
    help=said_help("入库：一批，或一张 CSV 表", "take in one lot, or a CSV table of lots"),
)
@click.argument("lot", required=False)
@click.option("--warehouse", metavar="ID", help=said_help("仓库", "the warehouse"))
@click.option("--item", help=said_help("品名", "what it is"))
@quantity_option
@click.option(
    "--unit-value",
    type=as_yuan,
    help=said_help(
        "单价，按 --quantity 的单位；不知道就不写", "worth of one unit of --quantity, where known"
    ),
)
@click.option("--donor", metavar="ID", help=said_help("捐赠人编号", "id of the donor"))
@click.option(
    "--serves",
    metavar="CATEGORIES",
    help=said_help(
        "能满足的需求类别，逗号隔开", "categories of need that it meets, separated by commas"
    ),
)
@click.option("--expires", metavar="YYYY-MM-DD", help=said_help("有效期至", "last day of use"))
@click.option(
    "--checked",
    is_flag=True,
    help=said_help("到货时已验收合格", "inspected on arrival, all passed"),
)
@click.option(
    "--file",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("CSV 表", "a CSV table"),
)
@acting
def receive(
    desk: Desk, lot: str | None, warehouse: str | None, item: str | None, quantity: Amount | None, unit_value: int | None,
    donor: str | None, serves: str | None, expires: str | None, checked: bool, table: Path | None,
) -> None:  # fmt: skip
    """Take in lots, all of them or none."""
    if table is not None and lot is None:
        needed = ("lot", "warehouse", "item", "quantity", "unit")
        rows = read_table(table, ARRIVAL_COLUMNS, ARRIVAL_NAMES, needed)
        arrivals = [_arrival(row.cells) for row in rows]
    elif table is None and lot and warehouse and item and quantity:
        day = (
            dt.date.fromisoformat(check_date(expires, desk.lang, "--expires")) if expires else None
        )
        arrivals = [
            book.Arrival(
                lot, warehouse, item, quantity.base, unit=quantity.unit, donor=donor, unit_value_fen=unit_value,
                value_per=quantity.factor, serves=tuple(desk.purposes(serves, "--serves")), expires_on=day, checked=checked,
            )
        ]  # fmt: skip
    else:
        raise click.UsageError(_ONE_WAY.say(desk.lang))
    receipt = desk.do(book.receive, arrivals=arrivals)
    desk.done(receipt, _RECEIVED, n=len(arrivals))


def _arrival(row: dict[str, Any]) -> book.Arrival:
    unit = parse_unit(row["unit"])
    factor = unit.factor if unit else 1
    rest: dict[str, Any] = {
        name: row[name] * factor for name in ("pack", "per_need") if name in row
    }
    rest |= {
        name: tuple(row[name]) for name in ("serves", "purposes", "places", "groups") if name in row
    }
    rest |= {name: row[name] for name in ("expires_on", "available_from") if name in row}
    return book.Arrival(
        row["lot"], row["warehouse"], row["item"], row["quantity"] * factor, unit=row["unit"],
        donor=row.get("donor"), unit_value_fen=row.get("unit_value"), value_per=factor,
        for_clients=tuple(row.get("clients", ())), checked=bool(row.get("checked")), **rest,
    )  # fmt: skip


@goods.command(
    "load",
    help=said_help(
        "把城市物资表里的各批入库，批次编号不变",
        "take in the lots of a city's table of resources under their ids",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@acting
def load(desk: Desk, folder: Path) -> None:
    """Take in what the tables of a city hold, so that orders of a plan find the lots that it planned."""
    city = wushe.read(folder, plugins=wushe.load_plugins(*desk.plugins))
    houses, arrivals = book.receive_resources(city)
    receipt = desk.do(_take_in, houses=houses, arrivals=arrivals)
    desk.done(receipt, _RECEIVED, n=len(arrivals))


def _take_in(
    s: Session, *, houses: list[tuple[str, str]], arrivals: list[book.Arrival]
) -> list[str]:
    for house, place in houses:
        if s.state.get("warehouse", house) is None:
            book.open_warehouse(s, id=house, name=house, place=place or None)
    return book.receive(s, arrivals=arrivals)


@goods.command("inspect", help=said_help("验收", "inspect a lot"))
@_lot
@click.option(
    "--rejected",
    type=as_amount,
    metavar="AMOUNT",
    help=said_help("不合格多少，其余合格", "how much did not pass; the rest did"),
)
@reason_option(REJECTIONS, needed=False)
@acting
def inspect(desk: Desk, lot: str, rejected: Amount | None, reason: str | None) -> None:
    """Say what passed."""
    if rejected is None:
        receipt = desk.do(book.inspect, lot=lot, rejected=0, reason=reason)
    else:
        asked: dict[str, Any] = {"name": "rejected", "amount": given(rejected), "lot": lot}
        receipt = desk.do(measured(book.inspect), **asked, reason=reason)
    said = {name: said_amount(desk, lot, receipt.answer[name]) for name in ("passed", "rejected")}
    desk.done(receipt, _INSPECTED, lot=lot, **said)


@goods.command("value", help=said_help("估价或改正估价", "say what a lot is worth"))
@_lot
@click.argument("amount", metavar="YUAN", type=as_yuan)
@click.option(
    "--per",
    type=as_amount,
    default="1件",
    show_default=True,
    metavar="AMOUNT",
    help=said_help("每多少值这么多", "for how much of it"),
)
@acting
def value(desk: Desk, lot: str, amount: int, per: Amount) -> None:
    """Value a lot."""
    asked: dict[str, Any] = {"name": "value_per", "amount": given(per), "lot": lot}
    receipt = desk.do(measured(book.value), **asked, unit_value_fen=amount)
    desk.done(receipt, _VALUED, lot=lot, fen=yuan(receipt.answer))


@goods.command("stock", help=said_help("库存", "what lies in the warehouses"))
@click.option("--warehouse", metavar="ID", help=said_help("只看一个仓库", "one warehouse only"))
@looking
def stock(desk: Desk, warehouse: str | None) -> None:
    """Print the stock; donors are not named."""
    with desk.look() as state:
        desk.known(state, "warehouse", warehouse, "--warehouse")
        rows = [
            {k: v for k, v in row.items() if k != "donor"}
            for row in _rows(book.stock(state, warehouse))
        ]
    desk.rows(rows, lambda row: _stock_line(row, desk.lang), _NO_STOCK)


def _rows(table: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def _stock_line(row: Any, lang: str) -> str:
    said = {
        n: say_amount(row[n], row["dimension"], lang)
        for n in ("on_hand", "reserved", "unchecked", "rejected")
    }
    expires = _EXPIRES.say(lang, day=row["expires_on"]) if row["expires_on"] else ""
    return _STOCK.say(
        lang, warehouse=row["warehouse"], item=row["item"], lot=row["lot"], expires=expires, **said
    )


@goods.command("expiring", help=said_help("将到期的", "what expires soon"))
@click.option(
    "--until", required=True, metavar="YYYY-MM-DD", help=said_help("到哪一天", "up to which day")
)
@click.option("--warehouse", metavar="ID", help=said_help("只看一个仓库", "one warehouse only"))
@looking
def expiring(desk: Desk, until: str, warehouse: str | None) -> None:
    """List lots that expire, first expiring first."""
    day = dt.date.fromisoformat(check_date(until, desk.lang, "--until"))
    with desk.look() as state:
        desk.known(state, "warehouse", warehouse, "--warehouse")
        rows = [
            {
                "expires_on": lot.expires_on, "lot": lot.id, "item": lot.item, "warehouse": lot.warehouse,
                "there": lot.there, "dimension": lot.dimension,
            }
            for lot in book.expiring(state, day, warehouse)
        ]  # fmt: skip
    desk.rows(
        rows,
        lambda r: _EXPIRING.say(
            desk.lang, day=r["expires_on"], lot=r["lot"], item=r["item"], warehouse=r["warehouse"],
            n=say_amount(r["there"], r["dimension"], desk.lang),
        ),
        _NOTHING,
    )  # fmt: skip
