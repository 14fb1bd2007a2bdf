"""funds: what the Charity Law asks about and the money does not tell: campaigns, interested parties, publications."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import click

from wushe.cli.common import F, check_date, said_help
from wushe.cli.desk import Desk, acting, day_named
from wushe.cli.funds import funds
from wushe.ledger import duties
from wushe.ledger.duties.records import ABOUT, ENDINGS, RELATIONS, ROLES
from wushe.text import Text

_PLANNED = Text(
    "募捐方案 {campaign} 已登记，还要备案：wushe funds file-campaign",
    "the plan of campaign {campaign} is recorded; it is still to be filed: wushe funds file-campaign",
)
_FILED = Text("募捐方案 {campaign} 已备案", "the plan of campaign {campaign} is filed")
_ENDED = Text("{campaign} 的应急阶段已结束", "the emergency of {campaign} has ended")
_DECLARED = Text(
    "利害关系已登记，编号 {interest}；从此不能为这位受助方预留",
    "the interest is recorded as {interest}; nothing may be set aside for this client from now on",
)
_OVER = Text("利害关系 {interest} 已解除", "the interest {interest} bars no longer")
_ASKED = Text("已记录：{host} 询问过利害关系人", "recorded: {host} asked for interested parties")
_PUBLISHED = Text("公开已登记，编号 {key}", "the publication is recorded as {key}")


def _must(text: str, desk: Desk, option: str) -> dt.date:
    return dt.date.fromisoformat(check_date(text, desk.lang, option))


def _day_option(name: str, zh: str, en: str, *, needed: bool = True) -> Callable[[F], F]:
    return click.option(name, metavar="YYYY-MM-DD", required=needed, help=said_help(zh, en))


def _flag(name: str, zh: str, en: str) -> Callable[[F], F]:
    word = name.removeprefix("--")
    return click.option(f"--{word}/--no-{word}", default=None, help=said_help(zh, en))


_on = _day_option("--on", "哪一天", "on which day")
_campaign = click.argument("campaign")


@funds.command(
    "plan-campaign",
    help=said_help("登记募捐方案（慈善法第24条）", "record a fundraising plan (article 24)"),
)
@_campaign
@click.argument("host")
@_day_option("--starts", "从哪天起", "first day")
@_day_option("--ends", "到哪天止", "last day")
@click.option("--fund", metavar="ID", help=said_help("收款的基金", "the fund that receives"))
@click.option("--project", metavar="ID", help=said_help("为哪个项目", "for which project"))
@click.option(
    "--public/--no-public",
    default=True,
    show_default=True,
    help=said_help("公开募捐，或定向募捐", "addressed to the public, or to named circles"),
)
@click.option(
    "--emergency",
    is_flag=True,
    help=said_help("突发事件，可事后备案", "for an emergency; may be filed afterwards"),
)
@_flag("--online", "是否在网上募捐", "whether it is held online")
@click.option("--platform", metavar="ID", help=said_help("平台编号", "id of the platform"))
@_flag("--designated", "平台是否民政部指定", "whether the ministry designated the platform")
@click.option(
    "--partner",
    metavar="ID",
    help=said_help("没有资格的合作方", "a partner without certificate of its own"),
)
@_flag("--agreement", "与合作方是否有书面协议", "whether there is a written agreement with it")
@_flag("--partner-named", "方案是否写明合作方", "whether the plan names the partner")
@_flag("--one-person", "是否为特定个人募捐", "whether it is for one specific person")
@acting
def plan_campaign(
    desk: Desk, campaign: str, host: str, starts: str, ends: str, fund: str | None, project: str | None, public: bool,
    emergency: bool, online: bool | None, platform: str | None, designated: bool | None, partner: str | None,
    agreement: bool | None, partner_named: bool | None, one_person: bool | None,
) -> None:  # fmt: skip
    """Record a plan; what is not said is unknown."""
    receipt = desk.do(
        duties.plan_campaign, campaign=campaign, host=host, starts=_must(starts, desk, "--starts"),
        ends=_must(ends, desk, "--ends"), fund=fund, project=project, public=public, emergency=emergency,
        online=online, platform=platform, designated=designated, partner=partner, agreement=agreement,
        partner_named=partner_named, one_person=one_person,
    )  # fmt: skip
    desk.done(receipt, _PLANNED, campaign=campaign)


@funds.command(
    "file-campaign",
    help=said_help("登记备案日期，迟了也照实登记", "record the day of filing, late or not"),
)
@_campaign
@_on
@acting
def file_campaign(desk: Desk, campaign: str, on: str) -> None:
    """Record that a plan was filed."""
    receipt = desk.do(duties.file_campaign, campaign=campaign, on=_must(on, desk, "--on"))
    desk.done(receipt, _FILED, campaign=campaign)


@funds.command(
    "end-response",
    help=said_help("登记应急处置和救援阶段结束", "record the end of an emergency's response"),
)
@_campaign
@_on
@acting
def end_response(desk: Desk, campaign: str, on: str) -> None:
    """Record that the response ended."""
    receipt = desk.do(duties.end_response, campaign=campaign, on=_must(on, desk, "--on"))
    desk.done(receipt, _ENDED, campaign=campaign)


@funds.command(
    "declare-interest",
    help=said_help(
        "登记利害关系人（慈善法第40、59条）：从此不能从这位捐赠人或这个组织的钱里受助",
        "record an interested party (articles 40, 59), who may get nothing of this donor's or host's money",
    ),
)
@click.argument("role", type=click.Choice(ROLES))
@click.argument("party")
@click.argument("client")
@click.option(
    "--relation",
    type=click.Choice(RELATIONS),
    default="relative",
    show_default=True,
    help=said_help("什么关系", "how they are related"),
)
@acting
def declare_interest(desk: Desk, role: str, party: str, client: str, relation: str) -> None:
    """Declare an interest; neither party is repeated."""
    receipt = desk.do(
        duties.declare_interest, role=role, party=party, client=client, relation=relation
    )
    desk.done(receipt, _DECLARED, interest=receipt.answer)


@funds.command(
    "end-interest",
    help=said_help("解除利害关系", "record why a declared interest bars no longer"),
)
@click.argument("interest")
@click.option(
    "--reason",
    type=click.Choice(ENDINGS),
    required=True,
    help=said_help("原因代码", "code of the reason"),
)
@acting
def end_interest(desk: Desk, interest: str, reason: str) -> None:
    """End an interest."""
    receipt = desk.do(duties.end_interest, interest=interest, reason=reason)
    desk.done(receipt, _OVER, interest=interest)


@funds.command(
    "ask-interests",
    help=said_help(
        "记录已询问管理人员和捐赠人有哪些利害关系人",
        "record that managers and donors were asked for their interested parties",
    ),
)
@click.argument("host")
@_on
@acting
def ask_interests(desk: Desk, host: str, on: str) -> None:
    """Record that it was asked."""
    receipt = desk.do(duties.ask_interests, host=host, on=_must(on, desk, "--on"))
    desk.done(receipt, _ASKED, host=host)


@funds.command(
    "publish",
    help=said_help("登记已经公开了什么", "record that something was published"),
)
@click.argument("about", type=click.Choice(ABOUT))
@click.argument("subject")
@_on
@_day_option("--until", "公开的内容到哪天止", "what it tells happened up to this day", needed=False)
@click.option(
    "--year",
    type=click.IntRange(2000, 2100),
    help=said_help("年度报告的年份", "year of an annual report"),
)
@click.option("--document", metavar="TEXT", help=said_help("文号或网址", "its number or address"))
@acting
def publish(
    desk: Desk,
    about: str,
    subject: str,
    on: str,
    until: str | None,
    year: int | None,
    document: str | None,
) -> None:
    """Record a publication."""
    receipt = desk.do(
        duties.publish_statement,
        about=about,
        subject=subject,
        on=_must(on, desk, "--on"),
        until=day_named(desk, until, "--until"),
        year=year,
        document=document,
    )
    desk.done(receipt, _PUBLISHED, key=receipt.answer)
