"""funds, on the way out: committed, paid, given back, changed; and what the books say."""

from __future__ import annotations

from typing import Any

import click

from wushe.cli.common import said_help
from wushe.cli.desk import Desk, acting, as_yuan, day_named, words, yuan
from wushe.cli.funds import day_of, day_option, funds, marks
from wushe.errors import RefusedError
from wushe.journal import Session
from wushe.ledger import money
from wushe.ledger.duties import describe_host
from wushe.ledger.duties.commands import FORMS
from wushe.ledger.money.accounts import SPENDING
from wushe.ledger.money.moving import REFUND_REASONS
from wushe.ledger.money.problems import UNKNOWN_RECORD, problem
from wushe.ledger.money.spending import EMERGENCIES, PAYEE_KINDS, RELEASE_REASONS
from wushe.model.parties import ORGANIZATION_KINDS
from wushe.text import Text

_COMMITTED = Text("已预留 {fen} 元，编号 {ids}", "{fen} yuan set aside as {ids}")
_PAID = Text("已支付 {n} 笔：{ids}", "{n} payments: {ids}")
_NOTHING_OPEN = Text(
    "订单 {order} 没有未付的预留", "order {order} has nothing set aside that is not paid"
)
_ONE_OF_TWO = Text("写预留编号，或 --order，二者之一", "name commitments, or an order with --order")
_ONE_AMOUNT = Text("--yuan 只用于一笔预留", "--yuan is for one commitment")
_REFUNDED = Text(
    "已退回 {fen} 元；其中退还配捐池 {pools} 元", "{fen} yuan given back, and {pools} yuan to pools"
)
_RELEASED = Text("已放回 {fen} 元", "{fen} yuan are free again")
_TOLD = Text("已记录 {n} 笔的反馈", "the feedback on {n} gifts is recorded")
_HOST = Text("组织 {host} 已登记", "organization {host} is described")
_CHANGED = Text("用途已变更，编号 {change}", "the use is changed: {change}")


@funds.command(
    "commit",
    help=said_help(
        "预留资金（订单接单时自动预留，这里是另外的）",
        "set money aside; accepted orders do so by themselves",
    ),
)
@click.argument("fund")
@click.argument("amount", metavar="YUAN", type=as_yuan)
@click.option("--category", metavar="ID", help=said_help("需求类别", "category of need"))
@click.option("--place", metavar="CODE", help=said_help("受助方所在地区", "place of those helped"))
@click.option("--client", metavar="ID", help=said_help("受助方编号", "id of those helped"))
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="GROUP",
    help=said_help("受助方的对象类别，可重复", "their target groups, may be repeated"),
)
@click.option("--need", metavar="ID", help=said_help("哪项需求", "for which need"))
@click.option("--project", metavar="ID", help=said_help("哪个项目", "for which project"))
@day_option
@acting
def commit(
    desk: Desk, fund: str, amount: int, category: str | None, place: str | None, client: str | None,
    groups: tuple[str, ...], need: str | None, project: str | None, day: str | None,
) -> None:  # fmt: skip
    """Set money aside for what is not an order."""
    desk.purposes(category, "--category")
    item = {
        "fund": fund, "fen": amount, "category": category, "place": place, "client": client,
        "groups": desk.groups(groups, "--group"), "need": need, "project": project, "day": day_of(desk, day),
    }  # fmt: skip
    receipt = desk.do(money.commit, items=[{k: v for k, v in item.items() if v not in (None, [])}])
    desk.done(receipt, _COMMITTED, fen=yuan(amount), ids=", ".join(receipt.answer))


@funds.command("pay", help=said_help("支付预留的资金", "pay what was set aside"))
@click.argument("commitments", nargs=-1, metavar="[COMMITMENT]...")
@click.option(
    "--order",
    metavar="ID",
    help=said_help("付清这个订单的全部预留", "all that is set aside for this order"),
)
@click.option("--yuan", "amount", type=as_yuan, help=said_help("只付一部分", "a part only"))
@click.option(
    "--kind",
    type=click.Choice(list(SPENDING)),
    default="aid",
    show_default=True,
    help=said_help("救助、项目或管理费用", "kind of cost"),
)
@click.option(
    "--payee",
    type=click.Choice(PAYEE_KINDS),
    default="client",
    show_default=True,
    help=said_help("付给谁", "who is paid"),
)
@click.option(
    "--emergency",
    type=click.Choice(EMERGENCIES),
    help=said_help(
        "急难：订单确认之前就付的原因代码", "reason to pay before the order is confirmed"
    ),
)
@day_option
@acting
def pay(
    desk: Desk, commitments: tuple[str, ...], order: str | None, amount: int | None, kind: str, payee: str,
    emergency: str | None, day: str | None,
) -> None:  # fmt: skip
    """Pay commitments, or all of an order."""
    if bool(commitments) == (order is not None):
        raise click.UsageError(_ONE_OF_TWO.say(desk.lang))
    if amount is not None and len(commitments) != 1:
        raise click.UsageError(_ONE_AMOUNT.say(desk.lang))
    item = {
        "fen": amount, "kind": kind, "payee_kind": payee, "emergency": emergency, "day": day_of(desk, day)
    }  # fmt: skip
    how = {name: value for name, value in item.items() if value is not None}
    receipt = desk.do(_pay, commitments=list(commitments), order=order, how=how)
    none = order is not None and not receipt.answer
    said = _NOTHING_OPEN if none else _PAID
    desk.done(receipt, said, order=order, n=len(receipt.answer), ids=", ".join(receipt.answer))


def _pay(
    s: Session, *, commitments: list[str], order: str | None, how: dict[str, Any]
) -> list[str]:
    if order is not None:
        held = s.state.find("commitment", order=order, status="open")
        if not held and s.state.get("order", order) is None:
            raise RefusedError([problem(UNKNOWN_RECORD, f"order/{order}", "order")])
        commitments = [commitment.id for commitment in held]
    return money.pay(s, items=[{"commitment": key, **how} for key in commitments])


@funds.command(
    "refund",
    help=said_help("退还捐赠中可用的部分，配捐按比例退回池", "give back what is free of gifts"),
)
@click.argument("gifts", nargs=-1, required=True, metavar="GIFT...")
@click.option(
    "--yuan",
    "amount",
    type=as_yuan,
    help=said_help("退多少，不写就是全部可用的", "how much; all that is free if left out"),
)
@click.option(
    "--reason",
    type=click.Choice(REFUND_REASONS),
    default="donor_asked",
    show_default=True,
    help=said_help("原因代码", "code of the reason"),
)
@day_option
@acting
def refund(
    desk: Desk, gifts: tuple[str, ...], amount: int | None, reason: str, day: str | None
) -> None:
    """Give money back."""
    receipt = desk.do(
        money.refund, gifts=list(gifts), fen=amount, reason=reason, day=day_of(desk, day)
    )
    back = sum(fen for _, fen in receipt.answer["refunds"])
    pools = sum(fen for *_, fen in receipt.answer["to_pools"])
    desk.done(receipt, _REFUNDED, fen=yuan(back), pools=yuan(pools))


@funds.command(
    "change-use",
    help=said_help(
        "变更用途：须捐赠人同意，或已备案",
        "change what a gift is for, by the donor's consent or a filing",
    ),
)
@click.argument("gift")
@marks("新的")
@click.option("--project", metavar="ID", help=said_help("新的项目", "the new project"))
@click.option(
    "--consent-by", metavar="ID", help=said_help("同意的捐赠人编号", "id of the donor who agreed")
)
@click.option(
    "--consent-on", metavar="YYYY-MM-DD", help=said_help("同意日期", "day of the consent")
)
@click.option(
    "--filing",
    metavar="NUMBER",
    help=said_help("备案号（公开募捐）", "number of the filing, for money raised in public"),
)
@day_option
@acting
def change_use(
    desk: Desk, gift: str, purposes: str | None, places: str | None, groups: str | None, project: str | None,
    consent_by: str | None, consent_on: str | None, filing: str | None, day: str | None,
) -> None:  # fmt: skip
    """Change a gift's earmark."""
    marks_ = {
        "purposes": desk.purposes(purposes),
        "places": words(places),
        "groups": desk.groups(words(groups)),
        "project": project,
    }
    receipt = desk.do(
        money.change_use, gift=gift, earmark={k: v for k, v in marks_.items() if v}, consent_by=consent_by,
        consent_on=consent_on, filing=filing, day=day_of(desk, day),
    )  # fmt: skip
    desk.done(receipt, _CHANGED, change=receipt.answer)


@funds.command(
    "release",
    help=said_help("放回没有付的预留", "give what is not paid of commitments back to its gifts"),
)
@click.argument("commitments", nargs=-1, required=True, metavar="COMMITMENT...")
@click.option(
    "--reason",
    type=click.Choice(RELEASE_REASONS),
    default="not_needed",
    show_default=True,
    help=said_help("原因代码", "code of the reason"),
)
@day_option
@acting
def release(desk: Desk, commitments: tuple[str, ...], reason: str, day: str | None) -> None:
    """Release commitments; orders that are cancelled do so by themselves."""
    receipt = desk.do(
        money.release, commitments=list(commitments), reason=reason, day=day_of(desk, day)
    )
    desk.done(receipt, _RELEASED, fen=yuan(receipt.answer))


@funds.command(
    "feed-back",
    help=said_help(
        "记录已向捐赠人反馈使用情况（慈善法第42条）",
        "record that donors were told how their gifts are used (article 42)",
    ),
)
@click.argument("gifts", nargs=-1, required=True, metavar="GIFT...")
@day_option
@acting
def feed_back(desk: Desk, gifts: tuple[str, ...], day: str | None) -> None:
    """Record a feedback."""
    receipt = desk.do(money.feed_back, gifts=list(gifts), day=day_of(desk, day))
    desk.done(receipt, _TOLD, n=receipt.answer)


@funds.command(
    "host",
    help=said_help(
        "登记管理组织是什么组织：义务对照要用",
        "say what the organization that holds funds is: its duties depend on it",
    ),
)
@click.argument("host")
@click.option(
    "--kind",
    type=click.Choice(list(ORGANIZATION_KINDS)),
    required=True,
    help=said_help("组织类型", "kind of organization"),
)
@click.option(
    "--charity/--no-charity",
    default=None,
    help=said_help(
        "是不是慈善组织；不知道就不写", "whether it is a charity organization, where known"
    ),
)
@click.option(
    "--public/--no-public",
    default=None,
    help=said_help(
        "有没有公开募捐资格；不知道就不写",
        "whether it may raise money from the public, where known",
    ),
)
@click.option(
    "--form",
    type=click.Choice(FORMS),
    help=said_help("慈善组织的形式", "form of the charity organization"),
)
@click.option(
    "--public-since",
    metavar="YYYY-MM-DD",
    help=said_help("何时取得公开募捐资格", "since when it may raise money from the public"),
)
@click.option(
    "--registered-on",
    metavar="YYYY-MM-DD",
    help=said_help("登记或认定日期", "day of registration or recognition"),
)
@acting
def host(
    desk: Desk,
    host: str,
    kind: str,
    charity: bool | None,
    public: bool | None,
    form: str | None,
    public_since: str | None,
    registered_on: str | None,
) -> None:
    """Describe a host."""
    receipt = desk.do(
        describe_host, host=host, kind=kind, charity=charity, public=public, form=form,
        public_since=day_named(desk, public_since, "--public-since"),
        registered_on=day_named(desk, registered_on, "--registered-on"),
    )  # fmt: skip
    desk.done(receipt, _HOST, host=host)
