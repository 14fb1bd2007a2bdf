"""goods, on the way out: issued, signed for, brought back, counted, written off, moved, recalled."""

from __future__ import annotations

from typing import Any

import click

from wushe.cli.common import said_help
from wushe.cli.desk import Amount, Desk, acting, as_amount
from wushe.cli.goods import (
    BUCKETS,
    given,
    goods,
    measured,
    quantity_option,
    reason_option,
    said_amount,
    said_takes,
)
from wushe.ledger import goods as book
from wushe.ledger.goods.keeping import COUNTS, RECALLS, WRITE_OFFS
from wushe.ledger.goods.outgoing import RECIPIENTS, RETURNS
from wushe.text import Text

_ISSUED = Text("已发放：{takes}", "issued: {takes}")
_SIGNED = Text("{issue} 已签收", "{issue} is signed for")
_BACK = Text("已退回：{takes}，待验收", "brought back: {takes}, to be inspected")
_COUNTED = Text(
    "{lot}　盘点与账面的差额 {difference}", "{lot} counted: {difference} beside the books"
)
_WRITTEN = Text("{lot}　核销 {n}", "{lot}: {n} written off")
_MOVED = Text("已转到 {to}，批次 {lot}", "moved to {to} as lot {lot}")
_RECALLED = Text(
    "{lots} 已召回：在库 {blocked}，释放预留 {released} 项，要通知的发放 {issues} 笔",
    "{lots} recalled: {blocked} in store, {released} reservations released, {issues} issues to be told",
)
_TELL = Text("  {issue}　{quantity}　{who}", "  {issue}  {quantity}  {who}")

_lot = click.argument("lot")
_issue = click.argument("issue")


@goods.command(
    "issue",
    help=said_help(
        "发放：先到期先出，不发过期、召回、限定他用的",
        "give goods out: first expiring first, nothing expired, recalled or meant for others",
    ),
)
@_issue
@quantity_option
@click.option("--warehouse", metavar="ID", help=said_help("仓库", "the warehouse"))
@click.option("--item", help=said_help("品名", "what"))
@click.option("--lot", metavar="ID", help=said_help("指定批次", "of this lot"))
@click.option(
    "--reservation",
    metavar="ID",
    help=said_help("按预留发放（订单的预留）", "what a reservation holds, such as an order's"),
)
@click.option("--order", metavar="ID", help=said_help("为哪个订单", "for which order"))
@click.option("--to", "recipient", metavar="ID", help=said_help("领取方编号", "id of who gets it"))
@click.option(
    "--to-kind",
    type=click.Choice(list(RECIPIENTS)),
    default="institutions",
    show_default=True,
    help=said_help("领取方是哪张表里的", "table of the recipient"),
)
@click.option("--category", metavar="ID", help=said_help("需求类别", "category of need"))
@acting
def issue(
    desk: Desk, issue: str, quantity: Amount | None, warehouse: str | None, item: str | None, lot: str | None,
    reservation: str | None, order: str | None, recipient: str | None, to_kind: str, category: str | None,
) -> None:  # fmt: skip
    """Give goods out."""
    desk.purposes(category, "--category")
    receipt = desk.do(
        measured(book.issue), name="quantity", amount=given(quantity), id=issue, reservation=reservation,
        warehouse=warehouse, item=item, lot=lot, order=order, recipient=recipient, recipient_kind=to_kind,
        category=category,
    )  # fmt: skip
    desk.done(receipt, _ISSUED, takes=", ".join(said_takes(desk, receipt.answer["takes"])))


@goods.command("sign", help=said_help("签收", "record that the recipient signed"))
@_issue
@click.option(
    "--signed-by",
    default="",
    metavar="NAME",
    help=said_help("签收人，另存、可抹去", "who signed; kept apart and erasable"),
)
@acting
def sign(desk: Desk, issue: str, signed_by: str) -> None:
    """Sign for an issue."""
    desk.done(desk.do(book.sign, issue=issue, signed_by=signed_by), _SIGNED, issue=issue)


@goods.command("return", help=said_help("退回", "take back goods of an issue"))
@_issue
@quantity_option
@click.option("--lot", metavar="ID", help=said_help("哪一批", "of which lot"))
@reason_option(RETURNS)
@acting
def bring_back(
    desk: Desk, issue: str, quantity: Amount | None, lot: str | None, reason: str
) -> None:
    """Take goods back; they wait for inspection."""
    receipt = desk.do(
        measured(book.bring_back), name="quantity", amount=given(quantity), issue=issue, reason=reason, lot=lot
    )  # fmt: skip
    desk.done(receipt, _BACK, takes=", ".join(said_takes(desk, receipt.answer)))


@goods.command("count", help=said_help("盘点一批", "book what a stock-taking found of a lot"))
@_lot
@click.argument("counted", type=as_amount, metavar="AMOUNT")
@click.option(
    "--reason",
    type=click.Choice(list(COUNTS)),
    default="agrees",
    show_default=True,
    help=said_help("差额的原因", "why it differs"),
)
@acting
def count(desk: Desk, lot: str, counted: Amount, reason: str) -> None:
    """Count a lot."""
    asked: dict[str, Any] = {"name": "counted", "amount": given(counted), "lot": lot}
    receipt = desk.do(measured(book.count), **asked, reason=reason)
    desk.done(receipt, _COUNTED, lot=lot, difference=said_amount(desk, lot, receipt.answer))


@goods.command("write-off", help=said_help("核销", "write goods of a lot off"))
@_lot
@quantity_option
@reason_option(WRITE_OFFS)
@click.option(
    "--from",
    "bucket",
    type=click.Choice(BUCKETS),
    default="on_hand",
    show_default=True,
    help=said_help("从可用、待验还是不合格里", "free, not inspected, or rejected goods"),
)
@acting
def write_off(desk: Desk, lot: str, quantity: Amount | None, reason: str, bucket: str) -> None:
    """Write goods off."""
    asked: dict[str, Any] = {"name": "quantity", "amount": given(quantity), "lot": lot}
    receipt = desk.do(measured(book.write_off), **asked, reason=reason, bucket=bucket)
    desk.done(receipt, _WRITTEN, lot=lot, n=said_amount(desk, lot, receipt.answer))


@goods.command("move", help=said_help("调拨到另一仓库", "move goods to another warehouse"))
@_lot
@quantity_option
@click.option("--to", required=True, metavar="ID", help=said_help("仓库", "the warehouse"))
@acting
def move(desk: Desk, lot: str, quantity: Amount | None, to: str) -> None:
    """Move goods."""
    asked: dict[str, Any] = {"name": "quantity", "amount": given(quantity), "lot": lot}
    receipt = desk.do(measured(book.transfer), **asked, to=to)
    desk.done(receipt, _MOVED, to=to, lot=receipt.answer)


@goods.command(
    "recall",
    help=said_help(
        "召回：在库的封存，发出的逐笔列出",
        "recall a lot: blocked where it lies, and who is to be told",
    ),
)
@_lot
@reason_option(RECALLS)
@acting
def recall(desk: Desk, lot: str, reason: str) -> None:
    """Recall a lot."""
    receipt = desk.do(book.recall, lot=lot, reason=reason)
    found = receipt.answer
    amount = said_amount(desk, lot, found["blocked"])
    if not desk.as_json:
        for one in found["issues"]:
            private = (
                one["recipient_kind"] in RECIPIENTS[2:]
            )  # the reference leads the office to whom
            desk.say(
                _TELL,
                issue=one["issue"],
                quantity=said_amount(desk, lot, one["quantity"]),
                who="***" if private else one["recipient"],
            )
    desk.done(
        receipt, _RECALLED, lots=", ".join(found["lots"]), blocked=amount,
        released=len(found["released"]), issues=len(found["issues"]),
    )  # fmt: skip
