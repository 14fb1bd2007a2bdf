"""orders: 点单-派单-接单. Helpers enrolled, orders placed and dispatched, and the lists of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import F, check_date, planned, said_help
from wushe.cli.desk import Amount, Desk, acting, as_amount, words
from wushe.journal import Session
from wushe.model.help import URGENCIES
from wushe.model.units import DIMENSIONS, say_amount
from wushe.orders import (
    areas_of,
    dispatch,
    dispatch_plan,
    enroll,
    escalate,
    helpers_of,
    place,
    place_need,
    place_wishes,
    redispatch,
    time_out,
    withheld_wishes,
)
from wushe.orders.reasons import ESCALATIONS
from wushe.orders.records import LEVEL_NAMES
from wushe.orders.table import STATUSES
from wushe.text import Text

_ENROLLED = Text(
    "已登记 {n} 个新的或有变动的帮手和地区", "{n} helpers and places are new or changed"
)
_PLACED = Text("已点单 {n} 个：{ids}", "{n} orders placed: {ids}")
_PLANNED = Text(
    "新点单 {placed}，已派单 {dispatched}，等前一单 {waiting}，无人可派 {nobody}",
    "{placed} placed, {dispatched} dispatched, {waiting} wait for the order before them, {nobody} with nobody able",
)
_UNASKED = {
    "waiting": Text("  等前一单：{ids}", "  wait for the order before them: {ids}"),
    "nobody": Text("  无人可派：{ids}", "  nobody able: {ids}"),
}
_CALLED = Text("{order} 已派给 {who}", "{order} is dispatched to {who}")
_NOBODY = Text("{order} 没有再派出：{status}", "{order} was asked of nobody: {status}")
_UP = Text("{order} 已上报到 {level}", "{order} is escalated to {level}")
_LATE = Text("超时处理 {n} 个订单：{ids}", "{n} orders were acted on: {ids}")
_OTHER_UNIT = Text(
    "{amount} 不行：{what}按“{unit}”计", "{amount} does not fit: {what}: counted in {unit}"
)
_ONE_WAY = Text(
    "写城市目录和 --need 或 --wishes，或写 --client 和 --category",
    "give a city folder with --need or --wishes, or --client and --category",
)

order_argument = click.argument("order")
_to = click.option(
    "--to",
    "helpers",
    multiple=True,
    metavar="ID",
    help=said_help(
        "派给谁，可重复；不写就派给排在最前、能去的",
        "ask this helper, may be repeated; the best who are able if left out",
    ),
)
_on_plan = click.option(
    "--on",
    metavar="YYYY-MM-DD",
    help=said_help(
        "计划日期：WHAT 是城市目录，按方案点单派单",
        "date of the plan: WHAT is a city folder, and its plan is placed and dispatched",
    ),
)
version_option = click.option(
    "--version",
    "version",
    type=click.IntRange(min=1),
    help=said_help(
        "您读到的是第几版，有变动就不办", "the version that you read; refused if it changed since"
    ),
)


def reason_option(codes: Mapping[str, Text], default: str | None = None) -> Callable[[F], F]:
    """Return the option of a reason out of a closed list."""
    zh = "、".join(f"{code} {text.zh}" for code, text in codes.items())
    return click.option(
        "--reason", type=click.Choice(list(codes)), required=default is None, default=default,
        show_default=default is not None, help=said_help(zh, "the reason"),
    )  # fmt: skip


@click.group(
    help=said_help(
        "点单、派单、接单、完成、确认", "orders: placed, dispatched, accepted, done, confirmed"
    )
)
def orders() -> None:
    """Orders."""


def _city(desk: Desk, folder: Path) -> wushe.LinkageNetwork:
    return wushe.read(folder, plugins=desk.rules())


@orders.command(
    "enroll",
    help=said_help(
        "把城市数据里能接单的各方和地区登记进存储；表有变动时再来一次",
        "enroll those who may accept orders, and the places; again after the tables changed",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@acting
def enroll_(desk: Desk, folder: Path) -> None:
    """Enroll helpers and places of a city folder."""
    city = _city(desk, folder)
    receipt = desk.do(enroll, helpers=helpers_of(city), areas=areas_of(city))
    desk.done(receipt, _ENROLLED, n=receipt.answer)


@orders.command(
    "place",
    help=said_help(
        "点单：一项需求、心愿墙上的心愿，或直接点",
        "place orders: a need, the wishes of the wall, or directly",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--need", metavar="ID", help=said_help("需求编号", "id of a need"))
@click.option(
    "--wishes",
    is_flag=True,
    help=said_help("今天可公开的全部微心愿", "every wish that may be shown today"),
)
@click.option(
    "--wish",
    "wish_ids",
    multiple=True,
    metavar="ID",
    help=said_help("只要这个微心愿，可重复", "this wish only, may be repeated"),
)
@click.option(
    "--client", metavar="ID", help=said_help("为谁（家庭编号）", "for whom: id of a household")
)
@click.option("--category", metavar="ID", help=said_help("需求类别", "category of need"))
@click.option(
    "--amount",
    type=as_amount,
    metavar="AMOUNT",
    help=said_help(
        "数量带单位，如 120分钟；不写按类别的常用量",
        "amount with its unit, such as 120minute; typical if left out",
    ),
)
@click.option("--place", "where_", metavar="CODE", help=said_help("服务地点", "code of the place"))
@click.option(
    "--urgency",
    type=click.Choice(list(URGENCIES)),
    default="normal",
    show_default=True,
    help=said_help("紧急程度", "how pressing"),
)
@click.option("--on-day", metavar="YYYY-MM-DD", help=said_help("服务日期", "day of the service"))
@click.option(
    "--groups",
    metavar="GROUPS",
    help=said_help("对象类别，逗号隔开", "target groups, separated by commas"),
)
@click.option("--minor", is_flag=True, help=said_help("服务未成年人", "minors are served"))
@acting
def place_(
    desk: Desk, folder: Path | None, need: str | None, wishes: bool, wish_ids: tuple[str, ...], client: str | None,
    category: str | None, amount: Amount | None, where_: str | None, urgency: str, on_day: str | None,
    groups: str | None, minor: bool,
) -> None:  # fmt: skip
    """Place orders."""
    wanted = wishes or bool(wish_ids)
    if folder is not None and (need is not None) != wanted:
        city = _city(desk, folder)
        if need is not None:
            receipt = desk.do(_from_need(city), folder=str(folder), need=need)
        else:
            receipt = desk.do(_from_wishes(city), folder=str(folder), wishes=list(wish_ids))
            if not wish_ids:  # those that are named are refused by themselves
                _say_withheld(desk, city)
    elif folder is None and not wanted and need is None and client and category:
        day = None if on_day is None else check_date(on_day, desk.lang, "--on-day")
        _same_unit(desk, category, amount)
        receipt = desk.do(
            place, client=client, category=category, amount=amount.base if amount else None, place=where_,
            urgency=urgency, on_day=day, groups=desk.groups(words(groups)), minor=minor,
        )  # fmt: skip
    else:
        raise click.UsageError(_ONE_WAY.say(desk.lang))
    ids = receipt.answer if isinstance(receipt.answer, list) else [receipt.answer]
    desk.done(receipt, _PLACED, n=len(ids), ids=", ".join(ids))


def _say_withheld(desk: Desk, city: wushe.LinkageNetwork) -> None:
    """Say which wishes were left out and why, on the error stream."""
    assert desk.act is not None
    for problem in withheld_wishes(city, desk.act.day):
        click.echo(problem.say(desk.lang), err=True)


def _same_unit(desk: Desk, category: str, amount: Amount | None) -> None:
    """Refuse an amount that is not of the category's unit; an unknown category is refused by the command."""
    known = desk.rules().categories.get(category)
    if known is None or amount is None or amount.dimension == known.dimension:
        return
    said = {
        "amount": say_amount(amount.base, amount.dimension, desk.lang),
        "what": known.name(desk.lang),
        "unit": DIMENSIONS[known.dimension],
    }
    raise click.BadParameter(_OTHER_UNIT.say(desk.lang, **said), param_hint="--amount")


def _from_need(city: wushe.LinkageNetwork) -> Callable[..., str]:
    def from_need(s: Session, *, folder: str, need: str) -> str:
        del folder  # part of the request: the same key with another folder is another request
        return place_need(s, network=city, need=need)

    return from_need


def _from_wishes(city: wushe.LinkageNetwork) -> Callable[..., list[str]]:
    def from_wishes(s: Session, *, folder: str, wishes: list[str]) -> list[str]:
        del folder
        return place_wishes(s, network=city, wishes=wishes or None)

    return from_wishes


@orders.command(
    "dispatch",
    help=said_help(
        "派单：一个订单，或（写 --on）整个城市方案",
        "dispatch an order, or with --on the whole plan of a city folder",
    ),
)
@click.argument("what")
@_on_plan
@_to
@version_option
@acting
def dispatch_(
    desk: Desk, what: str, on: str | None, helpers: tuple[str, ...], version: int | None
) -> None:
    """Dispatch one order, or place and dispatch a plan."""
    if on is None:
        receipt = desk.do(dispatch, order=what, to=list(helpers) or None, version=version)
        _said_calls(desk, receipt, what)
        return
    check_date(on, desk.lang)
    plan = planned(Path(what), desk.plugins, on, desk.lang)

    def of_plan(s: Session, *, folder: str, on: str) -> dict[str, list[str]]:
        del folder, on
        return dispatch_plan(s, plan=plan)

    receipt = desk.do(of_plan, folder=what, on=on)
    found = receipt.answer
    for name, said in _UNASKED.items():
        if found[name] and not desk.as_json:
            desk.say(said, ids=", ".join(found[name]))
    desk.done(receipt, _PLANNED, **{name: len(ids) for name, ids in found.items()})


@orders.command(
    "redispatch", help=said_help("改派无人接的订单", "ask again for an order that nobody took")
)
@order_argument
@_to
@version_option
@acting
def redispatch_(desk: Desk, order: str, helpers: tuple[str, ...], version: int | None) -> None:
    """Dispatch again."""
    receipt = desk.do(redispatch, order=order, to=list(helpers) or None, version=version)
    _said_calls(desk, receipt, order)


def _said_calls(desk: Desk, receipt: Any, order: str) -> None:
    desk.done(receipt, _CALLED, order=order, who=", ".join(called(desk, receipt.answer)))


def called(desk: Desk, calls: list[str]) -> list[str]:
    """Return who is asked by each of these calls."""
    with desk.look() as state:
        return [state.get("call", key).helper for key in calls]


def said_onward(desk: Desk, receipt: Any, order: str, text: Text) -> None:
    """Say that somebody left an order, and whom it went to."""
    if desk.as_json:
        desk.done(receipt)
        return
    desk.say(text, order=order)
    who = called(desk, receipt.answer)
    if who:
        desk.done(receipt, _CALLED, order=order, who=", ".join(who))
        return
    with desk.look() as state:
        status = STATUSES[state.get("order", order).status]
    desk.done(receipt, _NOBODY, order=order, status=status)


@orders.command("escalate", help=said_help("上报到上一级", "pass an order to the next level"))
@order_argument
@reason_option(ESCALATIONS, "beyond_means")
@version_option
@acting
def escalate_(desk: Desk, order: str, reason: str, version: int | None) -> None:
    """Escalate."""
    receipt = desk.do(escalate, order=order, reason=reason, version=version)
    desk.done(receipt, _UP, order=order, level=LEVEL_NAMES[receipt.answer])


@orders.command(
    "timeout",
    help=said_help(
        "处理到 --at 还没回复的：改派下一位，或上报",
        "act on whoever has not answered by --at: the next best is asked, or it goes up",
    ),
)
@acting
def timeout(desk: Desk) -> None:
    """Time out; to be run every few minutes."""
    receipt = desk.do(time_out)
    desk.done(receipt, _LATE, n=len(receipt.answer), ids=", ".join(receipt.answer))
