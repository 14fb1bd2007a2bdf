"""A statement as tables for spreadsheets: CSV parts and one workbook, with nothing in them that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from wushe.render import to_csv
from wushe.report.disclosure import words
from wushe.report.disclosure.beancount import yuan
from wushe.report.disclosure.tables import COUNTS, MEASURES, Table
from wushe.report.xlsx import YUAN_FORMAT, BookSheet, Number, Value, write_workbook
from wushe.text import Text, check_lang

if TYPE_CHECKING:
    from wushe.report.disclosure.goods import GoodsRow
    from wushe.report.disclosure.statement import Statement

Row = tuple[Value, ...]
_FUND, _ITEM = Text("基金", "Fund"), Text("项目", "Line")
_HEADS: Mapping[str, tuple[Text, ...]] = {
    "balance": (_FUND, Text("管理组织", "Host"), Text("资金性质", "Nature of money"), _ITEM,
                Text("限定性(元)", "Restricted (yuan)"), Text("非限定性(元)", "Unrestricted (yuan)"),
                Text("合计(元)", "Total (yuan)")),
    "projects": (_FUND, Text("项目", "Project"), Text("期初(元)", "Opening (yuan)"),
                 Text("收入(元)", "In (yuan)"), Text("支出(元)", "Out (yuan)"), Text("期末(元)", "Closing (yuan)")),
    "uses": (_FUND, Text("分类", "By"), Text("行", "Row"), words.DIMENSIONS["category"],
             *(words.MEASURES[m] for m in MEASURES)),
    "gifts": (Text("日期", "Day"), _FUND, Text("捐赠人", "Donor"), Text("捐赠人类型", "Kind of donor"),
              Text("资金性质", "Nature of money"), Text("金额(元)", "Amount (yuan)"),
              Text("是否限定", "Restricted"), Text("指定用途", "Purpose")),
    "goods": (Text("物资", "Item"), Text("单位", "Unit"), Text("期初", "Opening"), Text("收到", "Received"),
              Text("盘盈", "Found"), Text("退回", "Brought back"), Text("发放", "Issued"),
              Text("核销", "Written off"), Text("结存", "On hand"), Text("收到价值(元)", "Worth received (yuan)"),
              Text("收到价值未知", "Received, worth unknown"), Text("发放价值(元)", "Worth issued (yuan)"),
              Text("发放价值未知", "Issued, worth unknown"), Text("接收机构", "Institutions")),
}  # fmt: skip
SHEETS: Mapping[str, Text] = {
    "balance": Text("收支", "Balance"),
    "projects": Text("项目", "Projects"),
    "uses": Text("使用明细", "Uses"),
    "gifts": Text("捐赠名录", "Gifts"),
    "goods": Text("物资", "Goods"),
}
_YES, _NO = Text("是", "yes"), Text("否", "no")


def statement_csv(statement: Statement, part: str, lang: str) -> str:
    """Return `part` as CSV with a byte order mark: amounts in yuan with two decimals."""
    check_lang(lang)
    if part not in SHEETS:
        raise ValueError(f"part: {part!r} is unknown; expected one of {', '.join(SHEETS)}")
    heads = [head.say(lang) for head in _HEADS[part]]
    return to_csv(heads, ([_plain(v, lang) for v in row] for row in rows_of(statement, part, lang)))


def statement_rows(statement: Statement, part: str, lang: str) -> list[dict[str, str]]:
    """Return the rows of `part` by their headings, each value as CSV shows it."""
    heads = [head.say(lang) for head in _HEADS[part]]
    rows = ([str(_plain(v, lang)) for v in row] for row in rows_of(statement, part, lang))
    return [dict(zip(heads, row, strict=True)) for row in rows]


def statement_workbook(statement: Statement, path: str | Path, lang: str) -> Path:
    """Write all parts as sheets of one workbook and return the path."""
    titles = (words.title(statement, lang), words.STANDING[statement.internal].say(lang))
    notes = tuple(words.notes(statement, lang))
    sheets = [
        BookSheet(
            name.say(lang),
            titles,
            tuple(head.say(lang) for head in _HEADS[part]),
            tuple(rows_of(statement, part, lang)),
            notes=notes if part == "balance" else (),
        )
        for part, name in SHEETS.items()
    ]
    return write_workbook(path, sheets, lang)


def rows_of(statement: Statement, part: str, lang: str) -> Iterator[Row]:
    """Yield the rows of one part: money as numbers in yuan, what is withheld as an asterisk."""
    makers: Mapping[str, Callable[[Statement, str], Iterator[Row]]] = {
        "balance": _balance,
        "projects": _projects,
        "uses": _uses,
        "gifts": _gifts,
        "goods": _goods,
    }
    return makers[part](statement, lang)


def _balance(statement: Statement, _: str) -> Iterator[Row]:
    for fund in statement.funds:
        head = (fund.name, fund.host, words.NATURES[fund.nature])
        for line in words.balance_lines(fund):
            amounts = (line.restricted, line.unrestricted, line.fen)
            yield (*head, words.line_name(line), *map(_money, amounts))


def _projects(statement: Statement, _: str) -> Iterator[Row]:
    for fund in statement.funds:
        for line in fund.projects:
            amounts = (line.opening, line.received, line.used, line.closing)
            yield (fund.name, statement.label("project", line.project), *map(_money, amounts))


def _uses(statement: Statement, _: str) -> Iterator[Row]:
    for fund in statement.funds:
        for table in fund.tables():
            yield from _table(statement, table, fund.name)
    if statement.by_fund is not None:
        yield from _table(statement, statement.by_fund, words.TOTAL)


def _table(statement: Statement, table: Table, fund: Text) -> Iterator[Row]:
    for place in table.shown():
        cell = table.cell(*place)
        named = [
            words.TOTAL if key is None else statement.label(dimension, key)
            for dimension, key in zip((table.rows_are, table.columns_are), place, strict=True)
        ]
        counts = [words.WITHHELD if n is None else n for n in map(cell.get, COUNTS)]
        if cell.fen != 0 or cell.times != 0:
            by = words.DIMENSIONS[table.rows_are]
            yield (fund, by, *named, *counts, _money(cell.fen))


def _gifts(statement: Statement, lang: str) -> Iterator[Row]:
    funds = {fund.fund: fund.name for fund in statement.funds}
    for gift in statement.gifts:
        yield (
            gift.day,
            funds[gift.fund],
            gift.donor,
            words.SOURCES.get(gift.donor_kind, gift.donor_kind),
            words.NATURES[gift.nature],
            _money(gift.fen),
            _YES if gift.restricted else _NO,
            ("、" if lang == "zh" else ", ").join(p.say(lang) for p in words.purposes(gift)),
        )


def _goods(statement: Statement, lang: str) -> Iterator[Row]:
    for row in statement.goods:
        yield (
            row.item,
            words.unit(row.dimension),
            row.opening,
            row.received,
            row.found,
            row.returned,
            row.issued,
            row.written_off,
            row.closing,
            _money(row.received_fen),
            row.received_unknown,
            _money(row.issued_fen),
            row.issued_unknown,
            institutions(row, lang),
        )


def institutions(row: GoodsRow, lang: str) -> str:
    """Return which institutions got how much of an item, on one line."""
    return ("；" if lang == "zh" else "; ").join(
        f"{name.say(lang)} {n:,}" for name, n in row.to_institutions
    )


def _money(fen: int | None) -> Value:
    return words.WITHHELD if fen is None else Number(Decimal(fen) / 100, YUAN_FORMAT)


def _plain(value: Value, lang: str) -> object:
    if isinstance(value, Number):
        return yuan(int(value.value * 100))
    return value.say(lang) if isinstance(value, Text) else value
