"""funds: what the books say. Balances, traces, the public statement, duties, export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import WRITTEN, check_date, said_help
from wushe.cli.desk import Desk, looking, yuan
from wushe.cli.funds import funds
from wushe.journal import State
from wushe.ledger import money
from wushe.ledger.duties import check_duties
from wushe.model.parties import LEVELS
from wushe.privacy import DEFAULT_ROLE, ROLES
from wushe.render import to_csv
from wushe.text import Text

_FUND = Text(
    "{fund}　{name}　{status}　收入 {received}　配捐 {matched}　可用 {free}　已预留 {committed}　已用 {spent}　已退 {refunded}",
    "{fund}  {name}  {status}: {received} received, {matched} matched, {free} free, {committed} set aside, {spent} spent, {refunded} given back",
)
_STATUSES = {
    "open": Text("已开立", "open"),
    "preparing": Text("筹备中", "in preparation"),
    "closed": Text("已关闭", "closed"),
}
_ACCOUNT = Text("{account}　{fen}", "{account}  {fen}")
_TRIAL = Text(
    "借方合计 {debit}，贷方合计 {credit}，差额 {difference}",
    "debits {debit}, credits {credit}, difference {difference}",
)
_UNKNOWN_FUND = Text(
    "没有基金 {fund!r}；有：{known}", "there is no fund {fund!r}; there are: {known}"
)
_NO_FUND = Text("没有基金", "there is no fund")
_GIFT = Text(
    "{day}　{gift}　{fund}　{fen} 元　票据 {receipt}　可用 {free}　已预留 {committed}　已退 {refunded}",
    "{day}  {gift}  {fund}  {fen} yuan, receipt {receipt}: {free} free, {committed} set aside, {refunded} given back",
)
_USE = Text(
    "    → {day}　{fen} 元　{category}　{payment}",
    "    -> {day}  {fen} yuan  {category}  {payment}",
)
_NO_GIFT = Text("没有这位捐赠人的捐赠", "nothing was given by this donor")
_ENDING = Text("文件 {path} 应以 {known} 结尾", "{path} should end in {known}")
_BAD_PLACE = Text(
    "{place!r} 不是地区代码，如 420106", "{place!r} is no code of a place, such as 420106"
)

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写到文件", "write a file"),
)


@funds.command("balance", help=said_help("各基金的余额", "what each fund holds"))
@click.argument("fund", required=False)
@click.option(
    "--accounts",
    is_flag=True,
    help=said_help("列出每个科目和试算平衡", "each account, and the trial balance"),
)
@looking
def balance(desk: Desk, fund: str | None, accounts: bool) -> None:
    """Print the balances."""
    with desk.look() as state:
        _known_fund(desk, state, fund)
        found = [state.get("fund", fund)] if fund else state.find("fund")
        held, trial = (money.balances(state), money.trial_balance(state)) if accounts else ({}, {})
    if accounts:
        _say_accounts(desk, held, trial)
        return
    names = ("received", "matched", "free", "committed", "spent", "refunded")
    rows = [
        {
            "fund": f.id,
            "name": f.name,
            "status": f.status,
            **{n: getattr(f, f"{n}_fen") for n in names},
        }
        for f in found
    ]

    def line(row: Any) -> str:
        said = {name: yuan(row[name]) for name in names}
        status = _STATUSES[row["status"]]
        return _FUND.say(desk.lang, fund=row["fund"], name=row["name"], status=status, **said)

    desk.rows(rows, line, _NO_FUND)


def _known_fund(desk: Desk, state: State, fund: str | None) -> None:
    if fund is not None and state.get("fund", fund) is None:
        known = ", ".join(one.id for one in state.find("fund")[:5])
        said = _UNKNOWN_FUND.say(desk.lang, fund=fund, known=known or "–")
        raise click.BadParameter(said, param_hint="FUND")


def _say_accounts(desk: Desk, held: dict[str, int], trial: dict[str, Any]) -> None:
    debit, credit = (sum(trial[side]) for side in ("debit", "credit"))
    if desk.as_json:
        desk.json({"accounts": held, "difference": trial["difference"]})
        return
    for account, fen in held.items():
        desk.say(_ACCOUNT, account=account, fen=yuan(fen))
    desk.say(_TRIAL, debit=yuan(debit), credit=yuan(credit), difference=yuan(trial["difference"]))


@funds.command(
    "trace",
    help=said_help(
        "一位捐赠人的每一分用到了哪里（内部）",
        "where every fen of a donor went; for the host's own books",
    ),
)
@click.argument("donor")
@looking
def trace(desk: Desk, donor: str) -> None:
    """Print each gift of a donor with its uses; nothing tells who was helped."""
    with desk.look() as state:
        rows = money.trace(state, donor)
    if desk.as_json:
        desk.json(rows)
        return
    for row in rows:
        amounts = {name: yuan(row[name]) for name in ("fen", "free", "committed", "refunded")}
        rest = {"receipt": row["receipt_no"] or "–", **amounts}
        desk.say(_GIFT, day=row["day"], gift=row["gift"], fund=row["fund"], **rest)
        for use in row["uses"]:
            category = use["category"] or use["kind"]
            desk.say(
                _USE,
                day=use["day"],
                fen=yuan(use["fen"]),
                category=category,
                payment=use["payment"],
            )
    if not rows:
        desk.say(_NO_GIFT)


@funds.command(
    "statement",
    help=said_help(
        "公开的收支余表：小数隐去，捐赠人用化名",
        "the public statement: small numbers withheld, donors by alias",
    ),
)
@click.argument("fund", required=False)
@click.option(
    "--since", required=True, metavar="YYYY-MM-DD", help=said_help("从哪天起", "first day")
)
@click.option(
    "--until", required=True, metavar="YYYY-MM-DD", help=said_help("到哪天止", "last day")
)
@click.option(
    "--city",
    type=click.Path(path_type=Path),
    help=said_help(
        "城市数据目录：地区、项目的名称", "a city folder, for the names of places and projects"
    ),
)
@click.option(
    "--role",
    type=click.Choice(list(ROLES)),
    default=DEFAULT_ROLE,
    show_default=True,
    help=said_help("给谁看", "who reads it"),
)
@click.option(
    "--level",
    type=click.Choice(list(LEVELS)),
    default="street",
    show_default=True,
    help=said_help("地区汇总到哪一级", "places of this level"),
)
@out_option
@looking
def statement(
    desk: Desk, fund: str | None, since: str, until: str, city: Path | None, role: str, level: str, out: Path | None
) -> None:  # fmt: skip
    """Print the statement, or write it as page, workbook or CSV."""
    from wushe.report import disclosure
    from wushe.report.disclosure.sheets import SHEETS as STATEMENT_PARTS
    from wushe.report.disclosure.sheets import statement_rows
    from wushe.store.log import selected

    first, last = desk.period(since, until)
    assert first is not None
    assert last is not None
    network = None if city is None else wushe.read(city, plugins=wushe.load_plugins(*desk.plugins))
    with desk.opened(read_only=True) as store, store.reading() as state:
        _known_fund(desk, state, fund)
        # Read in the transaction of the state: both belong together while others write.
        log = (event for _, event in selected(state.connection))
        found = disclosure.statement(
            state, log, since=first, until=last, fund=fund, network=network, role=role, level=level
        )
    if out is not None:
        _write_statement(desk, found, out)
        desk.say(WRITTEN, path=out)
    elif desk.as_json:
        desk.json({part: statement_rows(found, part, desk.lang) for part in STATEMENT_PARTS})
    else:
        click.echo(found.summary(desk.lang))


def _write_statement(desk: Desk, found: Any, out: Path) -> None:
    if out.suffix == ".html":
        out.write_text(found.to_html(desk.lang), "utf-8")
    elif out.suffix == ".xlsx":
        found.to_xlsx(out, lang=desk.lang)
    elif out.suffix == ".csv":
        out.write_text(found.to_csv("balance", lang=desk.lang), "utf-8", newline="")
    else:
        raise click.BadParameter(
            _ENDING.say(desk.lang, path=out, known=".html, .xlsx, .csv"), param_hint="--out"
        )


@funds.command(
    "duties",
    help=said_help(
        "慈善法义务对照：违反、待办、不明", "the duties of the Charity Law: broken, due, unknown"
    ),
)
@click.option("--on", required=True, metavar="YYYY-MM-DD", help=said_help("哪一天", "on which day"))
@click.option(
    "--place",
    default="000000",
    show_default=True,
    metavar="CODE",
    help=said_help("按哪个地区的参数", "parameters of this place"),
)
@out_option
@looking
def duties(desk: Desk, on: str, place: str, out: Path | None) -> None:
    """Hold the books against the law."""
    day = dt.date.fromisoformat(check_date(on, desk.lang))
    rules = wushe.load_plugins(*desk.plugins)
    with desk.look() as state:
        try:
            found = check_duties(state, on=day, parameters=rules.parameters, place=place)
        except ValueError:
            said = _BAD_PLACE.say(desk.lang, place=place)
            raise click.BadParameter(said, param_hint="--place") from None
    if out is not None:
        _write_duties(desk, found, out)
        desk.say(WRITTEN, path=out)
    elif desk.as_json:
        desk.json(found.to_json())
    else:
        click.echo(found.summary(desk.lang))


def _write_duties(desk: Desk, found: Any, out: Path) -> None:
    if out.suffix == ".csv":
        out.write_text(found.to_csv(desk.lang), "utf-8", newline="")
    elif out.suffix == ".html":
        found.to_html(out, lang=desk.lang)
    else:
        said = _ENDING.say(desk.lang, path=out, known=".html, .csv")
        raise click.BadParameter(said, param_hint="--out")


@funds.command("export", help=said_help("导出全部分录", "export all postings"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["beancount", "csv", "xlsx"]),
    default="beancount",
    show_default=True,
    help=said_help("格式", "form"),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help=said_help("写到文件", "file to write"),
)
@looking
def export(desk: Desk, form: str, out: Path) -> None:
    """Write the ledger for other programs."""
    with desk.opened(read_only=True) as store:
        events: Iterable[Any] = (event for _, event in store.events())
        if form == "beancount":
            from wushe.report.disclosure.beancount import write_beancount

            write_beancount(events, out)
        else:
            _write_entries(money.entries(events), form, out)
    desk.say(WRITTEN, path=out)


def _write_entries(columns: dict[str, list[Any]], form: str, out: Path) -> None:
    rows = list(zip(*columns.values(), strict=True))
    if form == "csv":
        out.write_text(to_csv(list(columns), rows), "utf-8", newline="")
        return
    from wushe.report.xlsx import BookSheet, write_workbook

    sheet = BookSheet("entries", (), tuple(columns), tuple(rows))
    write_workbook(out, [sheet])
