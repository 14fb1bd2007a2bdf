"""orders, once somebody is asked: accepted, declined, done, confirmed; wishes claimed, slips read, hours recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import said_help
from wushe.cli.desk import Amount, Desk, acting, as_amount, reading
from wushe.cli.orders import order_argument, orders, reason_option, said_onward, version_option
from wushe.journal import Session
from wushe.model.units import DIMENSIONS, say_amount
from wushe.orders import (
    Slip,
    accept,
    back_out,
    cancel,
    claim,
    complete,
    confirm,
    decline,
    fail,
    reopen,
    report_part,
    slip,
    start,
)
from wushe.orders.reasons import BACK_OUTS, CANCELS, DECLINES, FAILURES, REOPENS
from wushe.orders.volunteers import record_order_service
from wushe.text import Text

_ACCEPTED = Text("{helper} 已接单 {order}", "{helper} has accepted {order}")
_HELD = Text(
    "{helper} 已答应 {order}，等其他角色到齐",
    "{helper} is held for {order} until the other roles are filled",
)
_CLAIMED = Text("{helper} 认领了心愿 {order}", "{helper} has claimed the wish {order}")
_DECLINED = Text("{order} 有一位不接", "somebody declined {order}")
_LEFT = Text("{order} 有一位退单", "somebody backed out of {order}")
_STARTED = Text("{order} 已开始", "{order} has begun")
_PART = Text("{order} 已完成 {amount}", "{order}: {amount} done")
_DONE = Text("{order} 已完成", "{order} is done")
_CONFIRMED = Text("{order} 已确认", "{order} is confirmed")
_REOPENED = Text("{order} 返工", "{order} is reopened")
_CANCELLED = Text("{order} 已取消", "{order} is cancelled")
_FAILED = Text("{order} 未办成", "{order} has failed")
_RECORDED = Text("已记录 {n} 人的服务时长", "the time of {n} volunteers is recorded")
_NOT_TIME = Text(
    "{who} 后面应是时长，如 90分钟", "after {who} a time is expected, such as 90minute"
)
_OTHER_UNIT = Text(
    "订单 {order} 按“{dimension}”计，{given} 不是",
    "order {order} is counted in {dimension}, and {given} is not",
)

_helper = click.argument("helper")
_amount = click.option(
    "--amount",
    type=as_amount,
    metavar="AMOUNT",
    help=said_help("数量带单位，如 90分钟", "amount with its unit, such as 90minute"),
)


def _matching(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return `command` with an amount whose unit must be the order's."""

    def checked(
        s: Session, *, order: str, amount: int, dimension: str, given: str, **rest: Any
    ) -> Any:
        held = s.state.get("order", order)
        if held is not None and held.dimension != dimension:
            params = {"order": order, "dimension": DIMENSIONS[held.dimension], "given": given}
            raise click.BadParameter(_OTHER_UNIT.both(**params), param_hint="--amount")
        return command(s, order=order, amount=amount, **rest)

    checked.__qualname__ = command.__qualname__  # a request is known by its command
    return checked


def _with_amount(
    desk: Desk, command: Callable[..., Any], order: str, amount: Amount | None, **rest: Any
) -> Any:
    if amount is None:
        return desk.do(command, order=order, **rest)
    said = say_amount(amount.base, amount.dimension, desk.lang)
    return desk.do(
        _matching(command),
        order=order,
        amount=amount.base,
        dimension=amount.dimension,
        given=said,
        **rest,
    )


@orders.command(
    "accept", help=said_help("接单：只有一位能接到", "accept an order: exactly one wins")
)
@order_argument
@_helper
@version_option
@acting
def accept_(desk: Desk, order: str, helper: str, version: int | None) -> None:
    """Accept."""
    receipt = desk.do(accept, order=order, helper=helper, version=version)
    desk.done(receipt, _HELD if receipt.answer == "held" else _ACCEPTED, order=order, helper=helper)


@orders.command("claim", help=said_help("认领心愿墙上的心愿", "claim a wish from the wall"))
@order_argument
@_helper
@version_option
@acting
def claim_(desk: Desk, order: str, helper: str, version: int | None) -> None:
    """Claim a wish."""
    receipt = desk.do(claim, order=order, helper=helper, version=version)
    desk.done(receipt, _CLAIMED, order=order, helper=helper)


@orders.command(
    "decline",
    help=said_help(
        "不接：写原因，转给下一位合适的", "decline for a reason; the next best is asked"
    ),
)
@order_argument
@_helper
@reason_option(DECLINES)
@click.option(
    "--onward/--stay",
    default=True,
    show_default=True,
    help=said_help(
        "马上转给下一位，或停下等人处理", "go on to the next best, or stay until somebody decides"
    ),
)
@version_option
@acting
def decline_(
    desk: Desk, order: str, helper: str, reason: str, onward: bool, version: int | None
) -> None:
    """Decline."""
    receipt = desk.do(
        decline, order=order, helper=helper, reason=reason, onward=onward, version=version
    )
    said_onward(desk, receipt, order, _DECLINED)


@orders.command("back-out", help=said_help("退单：接了又不能去", "back out of an accepted order"))
@order_argument
@_helper
@reason_option(BACK_OUTS)
@version_option
@acting
def back_out_(desk: Desk, order: str, helper: str, reason: str, version: int | None) -> None:
    """Back out."""
    receipt = desk.do(back_out, order=order, helper=helper, reason=reason, version=version)
    said_onward(desk, receipt, order, _LEFT)


@orders.command("start", help=said_help("开始服务", "the work begins"))
@order_argument
@version_option
@acting
def start_(desk: Desk, order: str, version: int | None) -> None:
    """Start."""
    desk.done(desk.do(start, order=order, version=version), _STARTED, order=order)


@orders.command("part", help=said_help("报告完成了一部分", "report that a part is done"))
@order_argument
@click.argument("amount", type=as_amount, metavar="AMOUNT")
@version_option
@acting
def part(desk: Desk, order: str, amount: Amount, version: int | None) -> None:
    """Report a part."""
    receipt = _with_amount(desk, report_part, order, amount, version=version)
    said = say_amount(receipt.answer, amount.dimension, desk.lang)
    desk.done(receipt, _PART, order=order, amount=said)


@orders.command("done", help=said_help("完成", "the work is done"))
@order_argument
@_amount
@version_option
@acting
def done(desk: Desk, order: str, amount: Amount | None, version: int | None) -> None:
    """Complete."""
    desk.done(_with_amount(desk, complete, order, amount, version=version), _DONE, order=order)


@orders.command(
    "confirm", help=said_help("服务对象（或社工代）确认", "those served, or their worker, confirm")
)
@order_argument
@click.option(
    "--rating",
    type=click.IntRange(1, 5),
    help=said_help("评价，1 差至 5 很好", "from 1, bad, to 5, very good"),
)
@click.option(
    "--words",
    "feedback",
    default="",
    metavar="TEXT",
    help=said_help("反馈，随当事人一起可抹去", "in their words, erasable"),
)
@version_option
@acting
def confirm_(
    desk: Desk, order: str, rating: int | None, feedback: str, version: int | None
) -> None:
    """Confirm."""
    receipt = desk.do(confirm, order=order, rating=rating, words=feedback, version=version)
    desk.done(receipt, _CONFIRMED, order=order)


@orders.command(
    "reopen",
    help=said_help("返工：报了完成但没有做好", "what was reported as done is not accepted"),
)
@order_argument
@reason_option(REOPENS)
@_amount
@version_option
@acting
def reopen_(
    desk: Desk, order: str, reason: str, amount: Amount | None, version: int | None
) -> None:
    """Reopen."""
    receipt = _with_amount(desk, reopen, order, amount, reason=reason, version=version)
    desk.done(receipt, _REOPENED, order=order)


@orders.command("cancel", help=said_help("取消", "take an order back"))
@order_argument
@reason_option(CANCELS)
@version_option
@acting
def cancel_(desk: Desk, order: str, reason: str, version: int | None) -> None:
    """Cancel."""
    desk.done(desk.do(cancel, order=order, reason=reason, version=version), _CANCELLED, order=order)


@orders.command("fail", help=said_help("没有办成", "the order came to nothing"))
@order_argument
@reason_option(FAILURES)
@version_option
@acting
def fail_(desk: Desk, order: str, reason: str, version: int | None) -> None:
    """Fail."""
    desk.done(desk.do(fail, order=order, reason=reason, version=version), _FAILED, order=order)


@orders.command(
    "slip",
    help=said_help(
        "派单单：接单之后才有，每次查看都记录",
        "the dispatch slip: after acceptance only, each reading is recorded",
    ),
)
@order_argument
@_helper
@click.option(
    "--city",
    type=click.Path(path_type=Path),
    required=True,
    help=said_help(
        "城市数据目录：姓名、地址、电话", "the city folder, for name, address and phone"
    ),
)
@reading
def slip_(desk: Desk, order: str, helper: str, city: Path) -> None:
    """Print the slip for the accepted helper's eyes."""
    network = wushe.read(city, plugins=desk.rules())
    receipt = desk.do(slip, order=order, helper=helper, network=network)
    found: Slip = receipt.answer
    if desk.as_json:
        desk.json(dict(found.lines(desk.lang)))
    else:
        click.echo(found.say(desk.lang))


@orders.command(
    "record-hours",
    help=said_help(
        "记录服务时长（确认后 10 个工作日内）",
        "record the time served, within 10 working days of the service",
    ),
)
@order_argument
@_helper
@click.option(
    "--served",
    nargs=2,
    multiple=True,
    required=True,
    type=(str, as_amount),
    metavar="ID AMOUNT",
    help=said_help(
        "谁服务了多久，如 V-01 90分钟；团队写每位成员，可重复",
        "who served how long, such as V-01 90minute; each member of a team, may be repeated",
    ),
)
@acting
def record_hours(
    desk: Desk, order: str, helper: str, served: tuple[tuple[str, Amount], ...]
) -> None:
    """Record hours."""
    wrong = [who for who, amount in served if amount.dimension != "minute"]
    if wrong:
        raise click.BadParameter(_NOT_TIME.say(desk.lang, who=wrong[0]), param_hint="--served")
    minutes = {who: amount.base for who, amount in served}
    receipt = desk.do(record_order_service, order=order, helper=helper, minutes=minutes)
    desk.done(receipt, _RECORDED, n=len(receipt.answer["services"]))
