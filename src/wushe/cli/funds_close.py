"""funds: money moved between funds and projects, pools and pledges ended, funds closed."""

from __future__ import annotations

import click

from wushe.cli.common import said_help
from wushe.cli.desk import Desk, acting, as_yuan, yuan
from wushe.cli.funds import day_of, day_option, funds
from wushe.ledger import money
from wushe.ledger.money.moving import SURPLUS_BASES, TRANSFER_REASONS
from wushe.ledger.money.pledges import PLEDGE_REASONS
from wushe.text import Text

_POOL_CLOSED = Text(
    "配捐池 {pool} 已关闭：配出 {given} 元，未用 {left} 元",
    "pool {pool} is closed: {given} yuan given, {left} yuan left",
)
_POOL_RECEIPT = Text("  {host}　票据 {number}　{fen} 元", "  {host}  receipt {number}  {fen} yuan")
_MOVED = Text("已转到 {fund}：{fen} 元，{ids}", "{fen} yuan moved to {fund}: {ids}")
_SURPLUS = Text(
    "项目 {project} 的剩余已转到 {target}：{n} 笔",
    "what is left of {project} is put to {target}: {n} gifts",
)
_CLOSED = Text("基金 {fund} 已关闭", "fund {fund} is closed")
_RELEASED = Text("承诺 {pledge} 已解除", "pledge {pledge} is released")


@funds.command(
    "close-pool",
    help=said_help(
        "关闭配捐池，给出资方开票", "close a matching pool, with its sponsor's receipts"
    ),
)
@click.argument("pool")
@day_option
@acting
def close_pool(desk: Desk, pool: str, day: str | None) -> None:
    """Close a pool."""
    receipt = desk.do(money.close_pool, pool=pool, day=day_of(desk, day))
    found = receipt.answer
    if not desk.as_json:
        for host, number, fen in found["receipts"]:
            desk.say(_POOL_RECEIPT, host=host, number=number or "–", fen=yuan(fen))
    amounts = {name: yuan(found[name]) for name in ("given", "left")}
    desk.done(receipt, _POOL_CLOSED, pool=pool, **amounts)


@funds.command(
    "transfer",
    help=said_help(
        "基金之间划转：捐赠人、性质、限定都跟着走",
        "move gifts to another fund; donor, nature and earmark go with them",
    ),
)
@click.argument("source")
@click.argument("target")
@click.option(
    "--take",
    "takes",
    nargs=2,
    multiple=True,
    required=True,
    type=(str, as_yuan),
    metavar="GIFT YUAN",
    help=said_help("从哪笔捐赠划多少，可重复", "so much of this gift, may be repeated"),
)
@click.option(
    "--reason",
    type=click.Choice(TRANSFER_REASONS),
    default="same_purpose",
    show_default=True,
    help=said_help("原因代码", "code of the reason"),
)
@day_option
@acting
def transfer(
    desk: Desk,
    source: str,
    target: str,
    takes: tuple[tuple[str, int], ...],
    reason: str,
    day: str | None,
) -> None:
    """Move money between funds."""
    receipt = desk.do(
        money.transfer,
        source=source,
        target=target,
        takes=[list(take) for take in takes],
        reason=reason,
        day=day_of(desk, day),
    )
    total = sum(fen for _, fen in takes)
    desk.done(receipt, _MOVED, fund=target, fen=yuan(total), ids=", ".join(receipt.answer))


@funds.command(
    "surplus",
    help=said_help(
        "项目结束后的剩余转给另一个项目（慈善法第58条）",
        "put what a finished project left to another one (article 58)",
    ),
)
@click.argument("project")
@click.argument("target", metavar="TO_PROJECT")
@click.option(
    "--basis",
    type=click.Choice(SURPLUS_BASES),
    default="same",
    show_default=True,
    help=said_help("依据代码：方案、协议，或相同相近目的", "by plan, agreement, or the same or a similar purpose"),
)  # fmt: skip
@day_option
@acting
def surplus(desk: Desk, project: str, target: str, basis: str, day: str | None) -> None:
    """Put a surplus to another project."""
    receipt = desk.do(
        money.move_surplus, project=project, to_project=target, basis=basis, day=day_of(desk, day)
    )
    desk.done(receipt, _SURPLUS, project=project, target=target, n=len(receipt.answer))


@funds.command(
    "close",
    help=said_help("关闭没有余额的基金", "close a fund that holds nothing any more"),
)
@click.argument("fund")
@day_option
@acting
def close(desk: Desk, fund: str, day: str | None) -> None:
    """Close a fund."""
    desk.done(desk.do(money.close_fund, fund=fund, day=day_of(desk, day)), _CLOSED, fund=fund)


@funds.command(
    "release-pledge",
    help=said_help("解除承诺没有付的部分", "release what is not paid of a pledge"),
)
@click.argument("pledge")
@click.option(
    "--reason",
    type=click.Choice(PLEDGE_REASONS),
    required=True,
    help=said_help("原因代码", "code of the reason"),
)
@day_option
@acting
def release_pledge(desk: Desk, pledge: str, reason: str, day: str | None) -> None:
    """Release a pledge."""
    receipt = desk.do(money.release_pledge, pledge=pledge, reason=reason, day=day_of(desk, day))
    desk.done(receipt, _RELEASED, pledge=pledge)
