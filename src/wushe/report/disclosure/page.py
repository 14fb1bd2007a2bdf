"""A statement as a page for everybody: balances, a picture of use, tables, gifts and goods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wushe.render import Filter, Line, Page, Picture, Record, bars
from wushe.render.page import Cell
from wushe.report.disclosure import words
from wushe.report.disclosure.tables import COUNTS, Table
from wushe.text import Lang, Text

if TYPE_CHECKING:
    from wushe.report.disclosure.statement import FundStatement, Statement

_YUAN = Text("元", "yuan")
_IN, _OUT = Text("本期收入(元)", "Came in (yuan)"), Text("本期支出(元)", "Went out (yuan)")
_THERE, _GIFTS_N = Text("期末余额(元)", "Closing balance (yuan)"), Text("捐赠笔数", "Gifts")
_HOST = Text("管理组织：{host}。资金性质：{nature}。", "Host: {host}. Money: {nature}.")
_LINE_HEADS = (Text("项目", "Line"), Text("限定性(元)", "Restricted (yuan)"),
               Text("非限定性(元)", "Unrestricted (yuan)"), Text("合计(元)", "Total (yuan)"))  # fmt: skip
_PROJECT_HEADS = (Text("项目", "Project"), Text("期初(元)", "Opening (yuan)"), Text("收入(元)", "In (yuan)"),
                  Text("支出(元)", "Out (yuan)"), Text("期末(元)", "Closing (yuan)"))  # fmt: skip
_WENT_TO = Text("钱用到哪里去了：{name}", "Where the money went: {name}")
_BY = Text("按{what}和用途：金额(元)", "By {what} and use: yuan")
_COUNTED = Text(
    "按{what}和用途：人次 / 人 / 户", "By {what} and use: person-times / persons / households"
)
_WHOLE = Text(
    "本期救助对象太少，明细不公开。", "Too few were helped for a table that tells nobody apart."
)
_GIFTS, _GOODS = Text("捐赠名录", "Gifts"), Text("物资收发", "Goods in and out")
_ALL_FUNDS, _NOTES = Text("各基金合计", "All funds together"), Text("说明", "Notes")
_GIFT_HEADS = (Text("日期", "Day"), Text("基金", "Fund"), Text("捐赠人", "Donor"), Text("资金性质", "Nature"),
               Text("金额(元)", "Yuan"), Text("指定用途", "Purpose"))  # fmt: skip
_GOODS_HEADS = (Text("物资", "Item"), Text("单位", "Unit"), Text("期初", "Opening"), Text("收到", "Received"),
                Text("盘盈与退回", "Found, brought back"), Text("发放", "Issued"), Text("核销", "Written off"),
                Text("结存", "On hand"), Text("收到价值(元)", "Worth received (yuan)"),
                Text("其中价值未知", "Worth unknown"))  # fmt: skip
_GOT_HEADS = (
    Text("接收机构", "Institution"),
    Text("物资", "Item"),
    Text("单位", "Unit"),
    Text("数量", "Amount"),
)
_MAX_ROWS, _LISTED, _FEN = 500, 200, 2
_GIFT_LINES = {
    "gift": Text("{day}　{fen} 元", "{day}, {fen} yuan"),
    "fund": Text("{fund}　{purpose}", "{fund} {purpose}"),
}


def statement_page(statement: Statement, lang: str = "zh") -> Page:
    """Return the page: one file that asks nothing of any server and opens in `lang`."""
    heading = Text(words.title(statement, "zh"), words.title(statement, "en"))
    page = Page(heading, subtitle=words.STANDING[statement.internal], lang=lang)
    funds = statement.funds
    page.tiles(
        [
            (_IN, words.say_fen(words.came_in(*funds)), None),
            (_OUT, words.say_fen(words.went_out(*funds)), None),
            (_THERE, words.say_fen(sum(fund.closing.fen for fund in funds)), None),
            (_GIFTS_N, f"{len(statement.gifts):,}", None),
        ]
    )
    for fund in funds:
        _fund(page, statement, fund)
    if statement.by_fund is not None:
        page.heading(_ALL_FUNDS)
        _use(page, statement, statement.by_fund)
    _gifts(page, statement)
    _goods(page, statement)
    page.heading(_NOTES)
    for zh, en in zip(words.notes(statement, "zh"), words.notes(statement, "en"), strict=True):
        page.paragraph(Text("{note}", "{note}"), note=Text(zh, en))
    return page


def _fund(page: Page, statement: Statement, fund: FundStatement) -> None:
    page.heading(fund.name)
    page.paragraph(_HOST, host=fund.host, nature=words.NATURES[fund.nature])
    page.table(
        _LINE_HEADS,
        [
            (
                words.line_name(line),
                *map(_money, (line.restricted, line.unrestricted, line.fen)),
            )
            for line in words.balance_lines(fund)
        ],
        least_decimals=_FEN,
    )
    _picture(page, fund)
    if fund.projects:
        page.table(
            _PROJECT_HEADS,
            [
                (
                    statement.label("project", line.project),
                    *map(_money, (line.opening, line.received, line.used, line.closing)),
                )
                for line in fund.projects
            ],
            least_decimals=_FEN,
        )
    tables = fund.tables()
    for table in tables:
        _use(page, statement, table)
    if not tables and any(line.sort == "aid" for line in fund.lines):
        page.paragraph(_WHOLE)


def _picture(page: Page, fund: FundStatement) -> None:
    """Draw the uses of the balance: they are published whatever the counts are."""
    spent = [(words.line_name(line), -line.fen / 100) for line in fund.lines if line.fen < 0]
    if not spent:
        return
    name = Text(_WENT_TO.say("zh", name=fund.name), _WENT_TO.say("en", name=fund.name))

    def draw(lang: Lang, width: int) -> Picture:
        return bars(spent, title=name, unit=_YUAN, lang=lang, width=width)

    page.chart(draw)


def _use(page: Page, statement: Statement, table: Table) -> None:
    places = list(table.shown())
    columns = list(dict.fromkeys(column for _, column in places))
    heads = [words.DIMENSIONS[table.rows_are]]
    heads += [_named(statement, table.columns_are, column) for column in columns]
    what = words.DIMENSIONS[table.rows_are]
    for name, tell in ((_BY, _amount), (_COUNTED, _counts)):
        rows: list[list[Cell]] = []
        for row in dict.fromkeys(row for row, _ in places):
            cells = [tell(table, row, column) for column in columns]
            rows.append([_named(statement, table.rows_are, row), *cells])
        caption = Text(name.say("zh", what=what), name.say("en", what=what.en.lower()))
        page.table(heads, rows, caption=caption, max_rows=_MAX_ROWS, least_decimals=_FEN)


def _named(statement: Statement, dimension: str, key: str | None) -> Text:
    return words.TOTAL if key is None else statement.label(dimension, key)


def _amount(table: Table, row: str | None, column: str | None) -> Cell:
    return _money(table.cell(row, column).fen)


def _counts(table: Table, row: str | None, column: str | None) -> Cell:
    cell = table.cell(row, column)
    said = [words.WITHHELD if n is None else f"{n:,}" for n in map(cell.get, COUNTS)]
    return said[0] if len(set(said)) == 1 else " / ".join(said)


def _money(fen: int | None) -> Cell:
    """Return an amount as a number of yuan, so that readers may sort by it; it is only shown, never added."""
    return words.WITHHELD if fen is None else fen / 100


def _gifts(page: Page, statement: Statement) -> None:
    if not statement.gifts:
        return
    page.heading(_GIFTS)
    if len(statement.gifts) > _LISTED:
        _gift_browser(page, statement)
        return
    funds = {fund.fund: fund.name for fund in statement.funds}
    page.table(
        _GIFT_HEADS,
        [
            (
                gift.day,
                funds[gift.fund],
                gift.donor,
                words.NATURES[gift.nature],
                _money(gift.fen),
                _joined(words.purposes(gift)),
            )
            for gift in statement.gifts
        ],
        max_rows=_LISTED,
        least_decimals=_FEN,
    )


def _gift_browser(page: Page, statement: Statement) -> None:
    """A long list is one to search: donors look for their alias or day."""
    funds = {fund.fund: fund.name for fund in statement.funds}
    records = [
        Record(
            gift.donor,
            Line("gift", {"fen": words.say_fen(gift.fen), "day": gift.day}),
            lines=[
                Line("fund", {"fund": funds[gift.fund], "purpose": _joined(words.purposes(gift))})
            ],
            facets={"fund": funds[gift.fund], "nature": words.NATURES[gift.nature]},
        )
        for gift in statement.gifts
    ]
    filters = (Filter("fund", words.DIMENSIONS["fund"]), Filter("nature", _GIFT_HEADS[3]))
    page.browser(records, templates=_GIFT_LINES, filters=filters)


def _joined(texts: Sequence[Text]) -> Text:
    return Text("、".join(t.zh for t in texts), ", ".join(t.en for t in texts))


def _goods(page: Page, statement: Statement) -> None:
    if not statement.goods:
        return
    page.heading(_GOODS)
    page.table(
        _GOODS_HEADS,
        [
            (
                row.item,
                words.unit(row.dimension),
                row.opening,
                row.received,
                row.found + row.returned,
                row.issued,
                row.written_off,
                row.closing,
                _money(row.received_fen),
                row.received_unknown,
            )
            for row in statement.goods
        ],
        max_rows=_MAX_ROWS,
        least_decimals=_FEN,
    )
    got = [
        (name, row.item, words.unit(row.dimension), n)
        for row in statement.goods
        for name, n in row.to_institutions
    ]
    if got:
        page.table(_GOT_HEADS, got, max_rows=_MAX_ROWS)
