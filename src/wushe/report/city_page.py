"""A city's report as people read it: text, CSV, a page and a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from wushe.model.declaring import ReportRow, ReportTable
from wushe.privacy import SMALL_CELL, Audience
from wushe.render import Page, to_csv
from wushe.render.page import Cell as PageCell
from wushe.report.city import CityReport, CitySection
from wushe.report.city_cells import CityCell
from wushe.report.xlsx import YUAN_FORMAT, BookSheet, Number, Value, write_workbook
from wushe.text import Text

LISTED = 20
"""Rows of a table that the text shows; files hold all of them."""
SHARE_FORMAT = "0.0%"
_TITLE = Text("城市报告（{on}）", "City report ({on})")
_PUBLIC = Text("公开版，小数字已隐去", "For publication: small counts are withheld")
_INTERNAL = Text("内部版，含小数字，请勿公开", "Internal: shows small counts, do not publish")
_WITHHELD = Text(
    "“*”：人数小于 {least} 的格子、能推算出它的格子，以及同一行的金额和比例。",
    "“*”: a count of people below {least}, one that would give it away, and the amounts and shares of its row.",
)
_MORE = Text("  …… 另有 {n} 行", "  … {n} more rows")
_NONE = Text("  没有", "  nothing")
_BY = Text("由插件 {plugin} 提供", "told by the plugin {plugin}")
_PLUGINS = Text("启用的插件：{names}", "Active plugins: {names}")
_LONG = (
    Text("章节", "section"),
    Text("表", "table"),
    Text("行", "row"),
    Text("指标", "measure"),
    Text("数", "figure"),
    Text("单位", "unit"),
)
_UNITS = {
    "count": Text("个", "count"),
    "people": Text("人或件", "people or cases"),
    "fen": Text("元", "yuan"),
    "permille": Text("比例", "share"),
    "words": Text("文字", "words"),
}
Line = tuple[ReportRow, Sequence[CityCell]]


def _title(report: CityReport) -> Text:
    return Text(_TITLE.say("zh", on=report.on), _TITLE.say("en", on=report.on))


def _status(audience: Audience) -> Text:
    return _INTERNAL if audience == "internal" else _PUBLIC


def _tables(
    report: CityReport, audience: Audience
) -> Iterator[tuple[CitySection, ReportTable, list[Line]]]:
    """Yield each table with its section and its rows as they may be seen, the total last."""
    for section in report.sections:
        shown = report.cells(section.id, audience)
        for table in section.tables:
            yield section, table, list(zip(table.all_rows(), shown[table.id], strict=True))


def _notes(report: CityReport, audience: Audience) -> list[Text]:
    names = ", ".join(f"{name} {version}" for name, version in report.versions)
    notes = [] if audience == "internal" else [_filled(_WITHHELD, least=SMALL_CELL)]
    return [*notes, _filled(_PLUGINS, names=names)]


def _filled(text: Text, **params: object) -> Text:
    return Text(text.say("zh", **params), text.say("en", **params))


def city_text(report: CityReport, lang: str, audience: Audience) -> str:
    """Return every table with its rows, the long ones cut, and how to read them."""
    lines = [_title(report).say(lang), _status(audience).say(lang)]
    of: CitySection | None = None
    for section, table, rows in _tables(report, audience):
        if section is not of:
            lines.append(
                f"\n【{section.label.say(lang)}】" if lang == "zh" else f"\n[{section.label.en}]"
            )
            of = section
        lines.append(f"{table.title.say(lang)}：" if lang == "zh" else f"{table.title.en}:")
        lines += _cut([_line(table, *row, lang) for row in rows], table, lang)
        if table.note is not None:
            lines.append(f"  {table.note.say(lang)}")
    return "\n".join([*lines, "", *(note.say(lang) for note in _notes(report, audience))])


def _line(table: ReportTable, row: ReportRow, cells: Sequence[CityCell], lang: str) -> str:
    parts = (
        f"{column.label.say(lang)} {cell.say(lang)}"
        for column, cell in zip(table.columns, cells, strict=True)
    )
    colon, comma = ("：", "，") if lang == "zh" else (": ", ", ")
    return f"  {row.label.say(lang)}{colon}{comma.join(parts)}"


def _cut(lines: list[str], table: ReportTable, lang: str) -> list[str]:
    """Return at most `LISTED` lines of rows, and the total's."""
    if not lines:
        return [_NONE.say(lang)]
    rows, total = lines[: len(table.rows)], lines[len(table.rows) :]
    more = [_MORE.say(lang, n=len(rows) - LISTED)] if len(rows) > LISTED else []
    return [*rows[:LISTED], *more, *total]


def city_csv(report: CityReport, lang: str, audience: Audience) -> str:
    """Return all figures in long form: section, table, row, measure, figure, unit."""
    rows = [
        [
            section.label.say(lang),
            table.title.say(lang),
            row.label.say(lang),
            column.label.say(lang),
            cell.say(lang).replace(",", "") if isinstance(cell.value, int) else cell.say(lang),
            _UNITS[column.unit].say(lang),
        ]
        for section, table, lines in _tables(report, audience)
        for row, cells in lines
        for column, cell in zip(table.columns, cells, strict=True)
    ]
    return to_csv([head.say(lang) for head in _LONG], rows)


def city_page(report: CityReport, path: str | Path | None, lang: str, audience: Audience) -> str:
    """Return the report as a page, written to `path` where given."""
    page = Page(_title(report), subtitle=_status(audience), lang=lang)
    of: CitySection | None = None
    for section, table, lines in _tables(report, audience):
        if section is not of:
            page.heading(section.label)
            if section.plugin is not None:
                page.paragraph(_filled(_BY, plugin=section.plugin))
            of = section
        rows = [[row.label, *map(_shown, cells)] for row, cells in lines]
        page.heading(table.title, level=3)
        page.table([table.head, *(c.label for c in table.columns)], rows, least_decimals=2)
        if table.note is not None:
            page.paragraph(table.note)
    for note in _notes(report, audience):
        page.paragraph(note)
    if path is not None:
        page.save(path)
    return page.html()


def _shown(cell: CityCell) -> PageCell:
    """Return a figure that stands and sorts as a number, else what is said of it."""
    if isinstance(cell.value, int) and cell.unit in ("count", "people"):
        return cell.value
    if isinstance(cell.value, int) and cell.unit == "fen":
        return cell.value / 100
    return Text(cell.say("zh"), cell.say("en"))


def city_workbook(report: CityReport, path: str | Path, lang: str, audience: Audience) -> Path:
    """Write one sheet a table, each with its notes, and return the path."""
    title, status = _title(report).say(lang), _status(audience).say(lang)
    notes = tuple(note.say(lang) for note in _notes(report, audience))
    sheets = []
    for section, table, lines in _tables(report, audience):
        own = () if table.note is None else (table.note.say(lang),)
        sheets.append(
            BookSheet(
                table.title.say(lang),
                (f"{section.label.say(lang)}　{table.title.say(lang)}", title, status),
                (table.head.say(lang), *(c.label.say(lang) for c in table.columns)),
                tuple((row.label, *map(_value, cells)) for row, cells in lines),
                notes=(*own, *notes),
                strong=frozenset({len(table.rows)} if table.total is not None else ()),
            )
        )
    return write_workbook(path, sheets, lang)


def _value(cell: CityCell) -> Value:
    """Return a cell as a number in its format where there is one."""
    if not isinstance(cell.value, int):
        return Text(cell.say("zh"), cell.say("en"))
    if cell.unit == "fen":
        return Number(Decimal(cell.value) / 100, YUAN_FORMAT)
    if cell.unit == "permille":
        return Number(Decimal(cell.value) / 1000, SHARE_FORMAT)
    return cell.value
