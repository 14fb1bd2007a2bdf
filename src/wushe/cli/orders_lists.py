"""orders: lists, one order with its history, the wish wall, figures, hours and proofs."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import WRITTEN, check_date, said_help
from wushe.cli.desk import Desk, acting, clock, looking, words
from wushe.cli.orders import order_argument, orders
from wushe.journal import State
from wushe.model.help import URGENCIES
from wushe.model.units import say_amount
from wushe.orders import history, wish_wall
from wushe.orders.projects import activity_figures
from wushe.orders.reasons import BACK_OUTS, reason_text
from wushe.orders.records import Order
from wushe.orders.table import STATUSES
from wushe.orders.volunteers import (
    certificate_page,
    certificate_text,
    issue_certificate,
    open_services,
    services_of,
)
from wushe.privacy import DEFAULT_ROLE, ROLES
from wushe.text import Text

_LINE = Text(
    "{id}　{status}　{what} {amount}　{urgency}{who}{due}",
    "{id}  {status}  {what} {amount}  {urgency}{who}{due}",
)
_WHO = Text("　{ids}", "  {ids}")
_DUE = Text("　等回复至 {at}", "  answers until {at}")
_CALL_STATES = {
    "asked": Text("待答复", "asked"),
    "held": Text("已答应，待齐", "held"),
    "accepted": Text("已接单", "accepted"),
    "declined": Text("不接", "declined"),
    "timed_out": Text("超时", "did not answer"),
    "withdrawn": Text("已撤回", "let go"),
    "backed_out": Text("退单", "backed out"),
    "done": Text("已完成", "done"),
}
_NO_ORDERS = Text("没有订单", "no orders")
_NO_ORDER = Text("没有订单 {order!r}", "there is no order {order!r}")
_WISH = Text("{order}　{text}　{place}　{shown}", "{order}  {text}  {place}  {shown}")
_NO_WISHES = Text("心愿墙上没有心愿", "there is no wish on the wall")
_CALL = Text("  派单 {call}　{helper}　{state}{reason}", "  call {call}  {helper}  {state}{reason}")
_COUNT = Text("{status}　{n}", "{status}  {n}")
_ACTIVITIES = Text("活动　{figures}", "activities: {figures}")
_DUE_TIME = Text("{due}　{order}　{helper}　{minutes}", "{due}  {order}  {helper}  {minutes}")
_UNKNOWN = Text("时长待填", "time to be stated")
_SERVED = Text("{day}　{order}　{category}　{minutes}", "{day}  {order}  {category}  {minutes}")
_NOTHING_DUE = Text("没有待记录的服务时长", "no service time is to be recorded")
_NO_SERVICE = Text("没有服务记录", "no service on record")


@orders.command(
    "list", help=said_help("订单列表，不显示为谁", "the orders, without whom they are for")
)
@click.option(
    "--status",
    type=click.Choice([s for s in STATUSES if s != "new"]),
    multiple=True,
    help=said_help("只看这些状态，可重复", "these statuses only, may be repeated"),
)
@click.option(
    "--helper",
    metavar="ID",
    help=said_help("只看派给这位的", "only those that this helper was asked for"),
)
@looking
def list_(desk: Desk, status: tuple[str, ...], helper: str | None) -> None:
    """List orders by id."""
    with desk.look() as state:
        desk.known(state, "helper", helper, "--helper")
        rows = [order_row(order) for order in _chosen(state, status, helper)]
    names = _names(desk)
    desk.rows(rows, lambda row: _order_line(row, names, desk.lang), _NO_ORDERS)


def _chosen(state: State, status: tuple[str, ...], helper: str | None) -> list[Order]:
    if helper is not None:
        ids = sorted({call.order for call in state.find("call", helper=helper)})
        found = [state.get("order", key) for key in ids]
    elif status:
        found = [order for one in status for order in state.find("order", status=one)]
    else:
        found = state.find("order")
    return sorted((o for o in found if not status or o.status in status), key=lambda o: str(o.id))


def order_row(order: Order) -> dict[str, Any]:
    """Return what may be seen of an order without knowing whom it is for."""
    names = (
        "id",
        "status",
        "category",
        "amount",
        "done_amount",
        "dimension",
        "urgency",
        "level",
        "office",
        "due_at",
    )
    row = {name: getattr(order, name) for name in (*names, "rating", "reason", "version")}
    return {**row, "helpers": [helper for _, helper, _ in order.helpers]}


def _names(desk: Desk) -> Callable[[str], str]:
    """Return what names a category; the rules are loaded when the first one is asked for."""

    def name(key: str) -> str:
        categories = desk.rules().categories
        return categories[key].name(desk.lang) if key in categories else key

    return name


def _order_line(row: Mapping[str, Any], name: Callable[[str], str], lang: str) -> str:
    zh = lang == "zh"
    return _LINE.say(
        lang, id=row["id"], status=STATUSES[row["status"]], what=name(row["category"]),
        amount=say_amount(row["amount"], row["dimension"], lang),
        urgency=URGENCIES[row["urgency"]] if zh else row["urgency"],
        who=_WHO.say(lang, ids=", ".join(row["helpers"])) if row["helpers"] else "",
        due=_DUE.say(lang, at=clock(row["due_at"])) if row["due_at"] else "",
    )  # fmt: skip


@orders.command(
    "show",
    help=said_help(
        "一个订单的现状和经过，不显示为谁",
        "one order, its calls and its history, without whom it is for",
    ),
)
@order_argument
@looking
def show(desk: Desk, order: str) -> None:
    """Show an order."""
    with desk.opened(read_only=True) as store:
        with store.reading() as state:
            found = state.get("order", order)
            calls = state.find("call", order=order)
        log = store.history(f"order/{order}")
    happened = history(log, order)
    if found is None:
        raise click.BadParameter(_NO_ORDER.say(desk.lang, order=order), param_hint="ORDER")
    row = order_row(found)
    if desk.as_json:
        names = ("id", "helper", "state", "reason", "asked_at", "due_at")
        asked = [{name: getattr(call, name) for name in names} for call in calls]
        events = [{"at": h.at, "by": h.by, "what": h.what.say(desk.lang)} for h in happened]
        desk.json({**row, "calls": asked, "events": events})
        return
    click.echo(_order_line(row, _names(desk), desk.lang))
    for call in calls:
        desk.say(
            _CALL,
            call=call.id,
            helper=call.helper,
            state=_CALL_STATES[call.state],
            reason=_because(call.reason, desk.lang),
        )
    for step in happened:
        click.echo(f"  {step.say(desk.lang)}")


def _because(reason: str | None, lang: str) -> str:
    if not reason:
        return ""
    said = (BACK_OUTS.get(reason) or reason_text(reason)).say(lang)
    return f"（{said}）" if lang == "zh" else f" ({said})"


@orders.command(
    "wall",
    help=said_help(
        "心愿墙：还没有人接的、可以公开的心愿",
        "the wish wall: wishes that may be shown and that nobody has taken",
    ),
)
@click.option("--on", required=True, metavar="YYYY-MM-DD", help=said_help("哪一天", "on which day"))
@looking
def wall(desk: Desk, on: str) -> None:
    """Print the open wishes; nothing leads to those who wish."""
    check_date(on, desk.lang)
    with desk.look() as state:
        found = wish_wall(state, on=on)
    rows = [
        {
            "order": w.order,
            "text": w.text,
            "place": w.place,
            "shown": w.shown_from,
            "category": w.category,
        }
        for w in found
    ]

    def line(row: Mapping[str, Any]) -> str:
        return _WISH.say(desk.lang, **{**row, "place": row["place"] or "–"})

    desk.rows(rows, line, _NO_WISHES)


@orders.command(
    "figures",
    help=said_help(
        "各状态多少订单；活动的场次、人次、人、户",
        "how many orders stand where; activities, person-times, persons, households",
    ),
)
@click.option(
    "--unit",
    metavar="ID",
    help=said_help("服务综合体或站点的活动", "activities of this complex or station"),
)
@click.option(
    "--project", metavar="ID", help=said_help("这个项目的活动", "activities of this project")
)
@click.option(
    "--since", metavar="YYYY-MM-DD", help=said_help("活动从哪天起", "activities from this day")
)
@click.option(
    "--until", metavar="YYYY-MM-DD", help=said_help("活动到哪天止", "activities up to this day")
)
@looking
def figures(
    desk: Desk, unit: str | None, project: str | None, since: str | None, until: str | None
) -> None:
    """Count orders by status, and the activities apart."""
    first, last = desk.period(since, until)
    with desk.look() as state:
        counts = {
            status: len(state.find("order", status=status))
            for status in STATUSES
            if status != "new"
        }
        held = activity_figures(state, unit=unit, project=project, since=first, until=last)
    if desk.as_json:
        parts = {name: getattr(held, name) for name in ("person_times", "persons", "households")}
        known = {name: [part.at_least, part.at_most] for name, part in parts.items()}
        desk.json({"orders": counts, "activities": held.activities, **known})
        return
    for status, n in counts.items():
        if n:
            desk.say(_COUNT, status=STATUSES[status], n=n)
    desk.say(_ACTIVITIES, figures=held.say(desk.lang))


@orders.command(
    "hours",
    help=said_help(
        "志愿服务时长：不写志愿者，列出还没记录的；写了，列出他的服务",
        "hours: what is to be recorded, or with a volunteer the services of that one",
    ),
)
@click.argument("helper", required=False)
@looking
def hours(desk: Desk, helper: str | None) -> None:
    """List services, or what is still to be recorded."""
    with desk.look() as state:
        if helper is None:
            _due_times(desk, state)
        else:
            _services(desk, state, helper)


def _due_times(desk: Desk, state: State) -> None:
    rows = [
        {"due_on": due.due_on, "order": due.order, "helper": due.helper, "minutes": due.minutes}
        for due in open_services(state)
    ]

    def line(row: Mapping[str, Any]) -> str:
        minutes = row["minutes"]
        said = _UNKNOWN if minutes is None else say_amount(minutes, "minute", desk.lang)
        return _DUE_TIME.say(
            desk.lang, due=row["due_on"], order=row["order"], helper=row["helper"], minutes=said
        )

    desk.rows(rows, line, _NOTHING_DUE)


def _services(desk: Desk, state: State, helper: str) -> None:
    desk.known(state, "helper", helper, "HELPER")
    name = _names(desk)
    rows = [
        {"day": one.day, "order": one.order or one.activity, "category": one.category, "minutes": one.minutes}
        for one in services_of(state, helper)
    ]  # fmt: skip

    def line(row: Mapping[str, Any]) -> str:
        said = {
            "category": name(row["category"]),
            "minutes": say_amount(row["minutes"], "minute", desk.lang),
        }
        return _SERVED.say(desk.lang, **{**row, **said})

    desk.rows(rows, line, _NO_SERVICE)


@orders.command(
    "certificate",
    help=said_help(
        "出具志愿服务记录证明（民政部令67号）", "issue the proof of a volunteer's services"
    ),
)
@click.argument("helper")
@click.option(
    "--unit", required=True, metavar="ID", help=said_help("出具单位编号", "id of who issues it")
)
@click.option(
    "--since", required=True, metavar="YYYY-MM-DD", help=said_help("从哪天起", "first day")
)
@click.option(
    "--until", required=True, metavar="YYYY-MM-DD", help=said_help("到哪天止", "last day")
)
@click.option(
    "--offices",
    metavar="IDS",
    help=said_help(
        "为该单位组织或记录服务的人和站点，逗号隔开",
        "who ran or recorded services for it, separated by commas",
    ),
)
@click.option(
    "--city",
    type=click.Path(path_type=Path),
    help=said_help("城市数据目录：姓名", "a city folder, for names"),
)
@click.option(
    "--role",
    type=click.Choice(list(ROLES)),
    default=DEFAULT_ROLE,
    show_default=True,
    help=said_help("给谁看", "who reads it"),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写出网页", "write it as a page"),
)
@acting
def certificate(
    desk: Desk, helper: str, unit: str, since: str, until: str, offices: str | None, city: Path | None, role: str,
    out: Path | None,
) -> None:  # fmt: skip
    """Issue a proof and print it."""
    desk.period(since, until)
    if out is not None and not out.parent.is_dir():  # said before a number is given out
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(out))
    network = None if city is None else wushe.read(city, plugins=desk.rules())
    receipt = desk.do(
        issue_certificate,
        helper=helper,
        unit=unit,
        since=since,
        until=until,
        offices=words(offices),
    )
    number = receipt.answer["number"]
    with desk.look() as state:
        text = certificate_text(state, number, network=network, role=role, lang=desk.lang)
        if out is not None:
            certificate_page(state, number, network=network, role=role, lang=desk.lang).save(out)
    if not desk.as_json:
        click.echo(text)
        if out is not None:
            desk.say(WRITTEN, path=out)
    desk.done(receipt)
