"""funds: money comes in. Funds opened and started, gifts received, pledges, matching pools, changed use, refunds."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import click
from click.core import ParameterSource

import wushe
from wushe.cli.common import F, check_date, said_help
from wushe.cli.desk import Desk, acting, as_yuan, words, yuan
from wushe.cli.table import Row, read_table
from wushe.errors import InputError, Problem, RefusedError
from wushe.io.mistakes import UNKNOWN_CATEGORY, UNKNOWN_TARGET_GROUP
from wushe.journal import Session
from wushe.ledger import money
from wushe.model.kinds import DATE, FLAG, IDENT, INSTANT, MONEY, TAGS, TEXT, choice
from wushe.text import Text

_OPENED = Text("基金 {fund} 已开立{floor}", "fund {fund} is open{floor}")
_PREPARED = Text(
    "（筹备中，启动资金至少 {floor} 元）", " (prepared: it starts with at least {floor} yuan)"
)
_LOADED = Text("已开立 {n} 个基金：{ids}", "{n} funds opened: {ids}")
_STARTED = Text(
    "基金 {fund} 已备案启动，收到 {n} 笔", "fund {fund} is filed and started with {n} gifts"
)
_SEEDED = Text(
    "基金 {fund} 收到共同出资 {n} 笔", "fund {fund} has the money of the parties, {n} gifts"
)
_TWICE = Text(
    "{party} 写了两次；每方只写一次份数", "{party} is named twice; give each party one share"
)
_RECEIVED = Text("收到 {n} 笔，共 {fen} 元", "{n} gifts received, {fen} yuan")
_SUSPECT = Text(
    "! {gift} 与 {earlier} 相同，疑似重复，都已入账",
    "! {gift} looks the same as {earlier}; both are kept",
)
_RECEIPT = Text("  {gift}　票据 {number}", "  {gift}  receipt {number}")
_MATCHED = Text("  {gift}　配捐 {pool} {fen} 元", "  {gift}  matched by {pool}: {fen} yuan")
_PLEDGED = Text("承诺 {pledge} 已登记：{fen} 元", "pledge {pledge} recorded: {fen} yuan")
_POOL = Text("配捐池 {pool} 已设立：{fen} 元", "pool {pool} is open: {fen} yuan")
_ONE_WAY = Text(
    "写一笔（FUND 和 YUAN），或用 --file 给一张表（可先写 FUND，用于没有写明基金的行；其余写在表里）",
    "give one gift (FUND and YUAN), or a table with --file (FUND before it is for rows that name none; all else is in the table)",
)

NATURES = {"donation": "捐赠", "fiscal": "财政", "collective": "集体"}
DONOR_KINDS = {"person": "个人", "organization": "单位", "anonymous": "匿名"}
GIFT_COLUMNS = {
    "fund": IDENT, "yuan": MONEY, "id": IDENT, "day": DATE, "donor": IDENT, "donor_kind": choice(DONOR_KINDS),
    "nature": choice(NATURES), "purposes": TAGS, "places": TAGS, "groups": TAGS, "clients": TAGS, "project": IDENT,
    "channel": TEXT, "campaign": IDENT, "pledge": IDENT, "wants_name": FLAG, "at": INSTANT,
}  # fmt: skip
"""Columns of a table of gifts; an earmark is made of purposes, places, groups, clients and project."""
GIFT_NAMES = {
    "fund": "基金", "yuan": "金额(元)", "id": "编号", "day": "日期", "donor": "捐赠人", "donor_kind": "捐赠人类型",
    "nature": "资金性质", "purposes": "用途", "places": "地区", "groups": "对象", "clients": "受助方", "project": "项目",
    "channel": "渠道", "campaign": "募捐活动", "pledge": "承诺", "wants_name": "同意公开姓名", "at": "时刻",
}  # fmt: skip
"""What the columns may be called in Chinese."""
_EARMARK = ("purposes", "places", "groups", "clients")

_fund = click.argument("fund")
_sources = click.option(
    "--from", "sources", nargs=3, multiple=True, required=True, metavar="SOURCE PARTY YUAN",
    type=(click.Choice(list(NATURES)), str, as_yuan),
    help=said_help("来源（fiscal 财政、donation 捐赠、collective 集体）、出资单位编号、金额，可重复", "source, id of the party, yuan; may be repeated"),
)  # fmt: skip
day_option = click.option(
    "--day", metavar="YYYY-MM-DD", help=said_help("记账日期，默认为经办当日", "day of the books, that of --at by default")
)  # fmt: skip


def marks(for_what: str) -> Callable[[F], F]:
    """Return the options of an earmark."""
    options = (
        click.option("--purposes", metavar="CATEGORIES", help=said_help(f"{for_what}用途，逗号隔开", "categories of need, separated by commas")),
        click.option("--places", metavar="CODES", help=said_help(f"{for_what}地区", "codes of places, each with all below it")),
        click.option("--groups", metavar="GROUPS", help=said_help(f"{for_what}对象", "target groups")),
    )  # fmt: skip

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def day_of(desk: Desk, day: str | None) -> str | None:
    """Return the day of the books as given, checked."""
    return None if day is None else check_date(day, desk.lang, "--day")


@click.group(
    help=said_help(
        "慈善基金的账：收、配、用、退，每一分可追溯",
        "money: received, matched, used, given back, every fen traced",
    )
)
def funds() -> None:
    """Funds."""


@funds.command("open", help=said_help("开立基金", "open a fund"))
@_fund
@click.option("--name", required=True, help=said_help("名称（公开）", "its public name"))
@click.option(
    "--host",
    required=True,
    metavar="ID",
    help=said_help("管理组织编号", "id of the organization that holds it"),
)
@click.option(
    "--nature",
    type=click.Choice([*NATURES, "mixed"]),
    default="mixed",
    show_default=True,
    help=said_help("资金性质", "whose money it takes"),
)
@click.option("--place", metavar="CODE", help=said_help("所在地区", "code of its place"))
@marks("限定")
@click.option(
    "--per-need", type=as_yuan, help=said_help("单项上限", "at most so much for one need")
)
@click.option(
    "--floor",
    type=as_yuan,
    default="0",
    help=said_help(
        "启动资金下限；大于 0 时先筹备，见 start-up",
        "least money to start with; above 0 it is prepared first, see start-up",
    ),
)
@day_option
@acting
def open_(
    desk: Desk, fund: str, name: str, host: str, nature: str, place: str | None, purposes: str | None,
    places: str | None, groups: str | None, per_need: int | None, floor: int, day: str | None,
) -> None:  # fmt: skip
    """Open a fund."""
    receipt = desk.do(
        money.open_fund, id=fund, name=name, host=host, nature=nature, place=place, purposes=desk.purposes(purposes),
        places=words(places), for_groups=desk.groups(words(groups)), per_need_fen=per_need, floor_fen=floor, day=day_of(desk, day),
    )  # fmt: skip
    said = _PREPARED.say(desk.lang, floor=yuan(floor)) if floor else ""
    desk.done(receipt, _OPENED, fund=fund, floor=said)


@funds.command(
    "load",
    help=said_help(
        "开立城市基金表里的各基金；--balances 连同余额作为期初数入账",
        "open the funds of a city's table; with --balances their balances come in as opening amounts",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--balances",
    is_flag=True,
    help=said_help("余额入账（来源不明的一笔）", "book the balance as one gift of unknown donors"),
)
@acting
def load(desk: Desk, folder: Path, balances: bool) -> None:
    """Open the funds that a city's tables name; those that are open already stay as they are."""
    city = wushe.read(folder, plugins=desk.rules())
    receipt = desk.do(
        _take_over, table=[_fund_row(fund) for fund in city["funds"].records()], balances=balances
    )
    desk.done(receipt, _LOADED, n=len(receipt.answer), ids=", ".join(receipt.answer))


def _fund_row(fund: wushe.Fund) -> dict[str, Any]:
    return {
        "id": fund.id, "name": fund.name, "host": fund.host, "nature": fund.nature or "mixed", "place": fund.place,
        "purposes": list(fund.purposes or ()), "for_groups": list(fund.for_groups or ()),
        "per_need_fen": fund.per_need_fen or None, "balance": fund.balance_fen,
    }  # fmt: skip


def _take_over(s: Session, *, table: list[dict[str, Any]], balances: bool) -> list[str]:
    new = [row for row in table if s.state.get("fund", row["id"]) is None]
    for row in new:
        money.open_fund(s, **{name: value for name, value in row.items() if name != "balance"})
    gifts = [
        {
            "fund": row["id"],
            "fen": row["balance"],
            "nature": "donation" if row["nature"] == "mixed" else row["nature"],
            "channel": "opening",
        }
        for row in new
        if balances and row["balance"]
    ]
    if gifts:
        money.receive(s, gifts=gifts)
    return [row["id"] for row in new]


@funds.command(
    "start-up", help=said_help("三方出资启动", "start a fund with the money of several sources")
)
@_fund
@_sources
@click.option(
    "--floor",
    type=as_yuan,
    help=said_help("启动资金下限，默认为开立时所定", "least money, the fund's own by default"),
)
@click.option(
    "--each",
    "asked",
    multiple=True,
    type=click.Choice(list(NATURES)),
    help=said_help("这一来源必须出资，可重复", "this source must give something; may be repeated"),
)
@day_option
@acting
def start_up(
    desk: Desk,
    fund: str,
    sources: tuple[tuple[str, str, int], ...],
    floor: int | None,
    asked: tuple[str, ...],
    day: str | None,
) -> None:
    """Start a fund; refused below its floor, or without one of the sources that are asked for."""
    given = [list(source) for source in sources]
    receipt = desk.do(
        money.start_up, fund=fund, contributions=given, floor_fen=floor, sources=list(asked), day=day_of(desk, day)
    )  # fmt: skip
    desk.done(receipt, _STARTED, fund=fund, n=len(receipt.answer))


@funds.command(
    "co-finance",
    help=said_help(
        "各方按约定比例共同出资，少一方不入账",
        "take the money of several parties in agreed shares, or none",
    ),
)
@_fund
@_sources
@click.option(
    "--share", "shares", nargs=2, multiple=True, required=True, metavar="PARTY N",
    type=(str, click.IntRange(min=1)),
    help=said_help("出资单位编号、约定的份数，每方写一次", "id of the party and its share; once for each party"),
)  # fmt: skip
@day_option
@acting
def co_finance(
    desk: Desk,
    fund: str,
    sources: tuple[tuple[str, str, int], ...],
    shares: tuple[tuple[str, int], ...],
    day: str | None,
) -> None:
    """Take seed money in agreed shares; refused where one part is missing or unequal."""
    given = [list(source) for source in sources]
    parties = [party for party, _ in shares]
    twice = next((party for party in parties if parties.count(party) > 1), None)
    if twice is not None:
        raise click.BadParameter(_TWICE.say(desk.lang, party=twice), param_hint="--share")
    receipt = desk.do(
        money.co_finance, fund=fund, shares=dict(shares), contributions=given, day=day_of(desk, day)
    )
    desk.done(receipt, _SEEDED, fund=fund, n=len(receipt.answer))


@funds.command(
    "receive",
    help=said_help("收款：一笔，或一张 CSV 表", "record one gift, or a CSV table of gifts"),
)
@click.argument("fund", required=False)
@click.argument("amount", metavar="YUAN", type=as_yuan, required=False)
@click.option(
    "--file",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("CSV 表", "a CSV table"),
)
@click.option(
    "--donor",
    metavar="ID",
    help=said_help("捐赠人编号，不知道就不写", "id of the donor where known"),
)
@click.option(
    "--donor-kind",
    type=click.Choice(list(DONOR_KINDS)),
    default="anonymous",
    show_default=True,
    help=said_help("捐赠人类型", "kind of donor"),
)
@click.option(
    "--nature",
    type=click.Choice(list(NATURES)),
    default="donation",
    show_default=True,
    help=said_help("资金性质", "nature of the money"),
)
@marks("定向")
@click.option(
    "--client",
    "clients",
    multiple=True,
    metavar="ID",
    help=said_help("定向受助方，可重复", "for this household or person only, may be repeated"),
)
@click.option("--project", metavar="ID", help=said_help("定向项目", "for this project only"))
@click.option("--pledge", metavar="ID", help=said_help("履行哪一项承诺", "keeps this pledge"))
@click.option(
    "--wants-name/--no-name",
    default=None,
    help=said_help("捐赠人是否同意公开姓名", "whether the donor agrees to be named"),
)
@day_option
@acting
def receive(
    desk: Desk, fund: str | None, amount: int | None, table: Path | None, donor: str | None, donor_kind: str,
    nature: str, purposes: str | None, places: str | None, groups: str | None, clients: tuple[str, ...],
    project: str | None, pledge: str | None, wants_name: bool | None, day: str | None,
) -> None:  # fmt: skip
    """Record gifts; what looks like a duplicate is named and kept."""
    own = ("amount", "donor", "donor_kind", "nature", "purposes", "places", "groups", "clients", "project",
           "pledge", "wants_name", "day")  # fmt: skip
    source = click.get_current_context().get_parameter_source
    if any(source(name) is ParameterSource.COMMANDLINE for name in own) == (table is not None):
        raise click.UsageError(_ONE_WAY.say(desk.lang))
    if table is None and (fund is None or amount is None):
        raise click.UsageError(_ONE_WAY.say(desk.lang))
    rows: list[Row] = []
    if table is not None:
        wanted = ("yuan",) if fund else ("fund", "yuan")
        rows = read_table(table, GIFT_COLUMNS, GIFT_NAMES, wanted)
        _check_marks(desk, rows, table.name)
        gifts = [gift_of(({"fund": fund} if fund else {}) | dict(row.cells)) for row in rows]
    else:
        cells = {
            "fund": fund, "yuan": amount, "donor": donor, "donor_kind": donor_kind, "nature": nature,
            "purposes": desk.purposes(purposes), "places": words(places), "groups": desk.groups(words(groups)), "clients": clients,
            "project": project, "pledge": pledge, "wants_name": wants_name, "day": day_of(desk, day),
        }  # fmt: skip
        gifts = [
            gift_of({name: value for name, value in cells.items() if value not in (None, [], ())})
        ]
    try:
        receipt = desk.do(money.receive, gifts=gifts)
    except RefusedError as error:
        if table is None:
            raise
        raise RefusedError([_in_row(p, table.name, rows) for p in error.problems]) from None
    total = sum(gift["fen"] for gift in gifts)
    if not desk.as_json:
        _say_gifts(desk, receipt.answer)
    desk.done(receipt, _RECEIVED, n=len(gifts), fen=yuan(total))


def _check_marks(desk: Desk, rows: list[Row], file: str) -> None:
    """Refuse earmarks for what does not exist: money that could never be spent. Raises InputError."""
    if not any("purposes" in row.cells or "groups" in row.cells for row in rows):
        return
    kinds = (
        ("purposes", UNKNOWN_CATEGORY, desk.rules().categories),
        ("groups", UNKNOWN_TARGET_GROUP, desk.rules().target_groups),
    )
    found = [
        Problem(kind, file, row.number, name, word[:40], {"close": ""})
        for row in rows
        for name, kind, known in kinds
        for word in row.cells.get(name, ())
        if word not in known
    ]
    if found:
        raise InputError(found)


def _in_row(problem: Problem, file: str, rows: list[Row]) -> Problem:
    """Return a problem of the ledger (`gifts[3].fen`) as one of the row and column that the gift was read from."""
    found = re.fullmatch(r"gifts\[(\d+)\](?:\.(\w+))?", problem.field or "")
    if found is None:
        return problem
    field = "yuan" if found[2] == "fen" else found[2]
    return attrs.evolve(problem, file=file, row=rows[int(found[1])].number, field=field)


def gift_of(cells: dict[str, Any]) -> dict[str, Any]:
    """Return the gift that a row of `GIFT_COLUMNS` tells of."""
    gift = {
        name: value for name, value in cells.items() if name not in (*_EARMARK, "project", "yuan")
    }
    gift["fen"] = int(cells["yuan"])
    if isinstance(gift.get("day"), dt.date):
        gift["day"] = gift["day"].isoformat()
    earmark = {name: list(cells[name]) for name in _EARMARK if name in cells}
    if "project" in cells:
        earmark["project"] = cells["project"]
    return {**gift, "earmark": earmark} if earmark else gift


def _say_gifts(desk: Desk, answer: dict[str, Any]) -> None:
    if len(answer["gifts"]) == 1:
        for gift, number in zip(answer["gifts"], answer["receipts"], strict=True):
            desk.say(_RECEIPT, gift=gift, number=number or "–")
    for gift, pool, fen in answer["matched"]:
        desk.say(_MATCHED, gift=gift, pool=pool, fen=yuan(fen))
    for gift, earlier in answer["suspected"]:
        desk.say(_SUSPECT, gift=gift, earlier=earlier)


@funds.command("pledge", help=said_help("登记捐赠承诺", "record a promise to give"))
@click.argument("pledge")
@_fund
@click.argument("amount", metavar="YUAN", type=as_yuan)
@click.option(
    "--donor", required=True, metavar="ID", help=said_help("捐赠人编号", "id of the donor")
)
@click.option("--due", metavar="YYYY-MM-DD", help=said_help("何时付清", "by which day"))
@click.option(
    "--public",
    is_flag=True,
    help=said_help(
        "向公众承诺或用于救助（慈善法第41条）",
        "made in public or for relief (Charity Law, article 41)",
    ),
)
@click.option("--project", metavar="ID", help=said_help("定向项目", "for this project"))
@day_option
@acting
def pledge(
    desk: Desk, pledge: str, fund: str, amount: int, donor: str, due: str | None, public: bool,
    project: str | None, day: str | None,
) -> None:  # fmt: skip
    """Record a pledge; gifts that name it keep it."""
    due_on = None if due is None else check_date(due, desk.lang, "--due")
    receipt = desk.do(
        money.make_pledge, id=pledge, fund=fund, donor=donor, fen=amount, due_on=due_on, public=public,
        project=project, day=day_of(desk, day),
    )  # fmt: skip
    desk.done(receipt, _PLEDGED, pledge=pledge, fen=yuan(amount))


@funds.command("pool", help=said_help("设立配捐池", "open a matching pool"))
@click.argument("pool")
@click.argument("amount", metavar="YUAN", type=as_yuan)
@click.option(
    "--sponsor", required=True, metavar="ID", help=said_help("出资方编号", "id of who pays for it")
)
@click.option(
    "--ratio",
    nargs=2,
    type=click.IntRange(min=1),
    default=(1, 1),
    show_default=True,
    metavar="A B",
    help=said_help("每捐 B 分配 A 分", "adds A fen for each B fen given"),
)
@click.option(
    "--fund", metavar="ID", help=said_help("只配这个基金", "matches gifts to this fund only")
)
@click.option("--gift-cap", type=as_yuan, help=said_help("每笔最多", "at most for one gift"))
@click.option(
    "--donor-cap", type=as_yuan, help=said_help("每位捐赠人最多", "at most for one donor")
)
@click.option(
    "--project-cap", type=as_yuan, help=said_help("每个项目最多", "at most for one project")
)
@click.option(
    "--opens", metavar="INSTANT", help=said_help("从何时起，带时区", "from when, with its zone")
)
@click.option(
    "--closes", metavar="INSTANT", help=said_help("到何时止，带时区", "until when, with its zone")
)
@click.option(
    "--nature",
    type=click.Choice(list(NATURES)),
    default="donation",
    show_default=True,
    help=said_help("资金性质", "nature of the money"),
)
@acting
def pool(
    desk: Desk, pool: str, amount: int, sponsor: str, ratio: tuple[int, int], fund: str | None, gift_cap: int | None,
    donor_cap: int | None, project_cap: int | None, opens: str | None, closes: str | None, nature: str,
) -> None:  # fmt: skip
    """Open a pool that matches donations until it runs dry."""
    receipt = desk.do(
        money.open_pool, id=pool, sponsor=sponsor, fen=amount, numerator=ratio[0], denominator=ratio[1], fund=fund,
        gift_cap=gift_cap, donor_cap=donor_cap, project_cap=project_cap, opens=opens, closes=closes, nature=nature,
    )  # fmt: skip
    desk.done(receipt, _POOL, pool=pool, fen=yuan(amount))
