"""The working rhythm as people read it: text, CSV and pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wushe.privacy import SMALL_CELL, Audience
from wushe.render import Page, to_csv
from wushe.render.page import Cell as PageCell
from wushe.report.month import Cell
from wushe.report.rhythm import KINDS, RhythmCalendar, RhythmReport
from wushe.report.rhythm_tables import Measure, Row, Table
from wushe.text import LANGS, Text

_CALENDAR = Text("{year} 年工作节奏", "Working rhythm of {year}")
_RULE = Text(
    "截止日是休息日的，提前到前一个工作日。",
    "A last day of rest moves to the working day before it.",
)
_COLUMNS = (
    Text("时期", "period"),
    Text("事项", "what"),
    Text("最迟", "by"),
    Text("提示", "caution"),
)
_TITLE = Text("{period} {kind}（{since} 至 {until}）", "{kind} {period} ({since} to {until})")
_WITHHELD = Text(
    "“*”：小于 {least} 的数，以及为防止推算而一并隐去的数。",
    "“*”: a count below {least}, or one withheld so that it cannot be worked out.",
)
_INTERNAL = Text("内部版，含小数字，请勿公开", "Internal: shows small counts, do not publish")
_PUBLIC = Text("公开版，小数字已隐去", "For publication: small counts are withheld")
_ITEMS, _NONE = Text("需要跟进", "To follow up"), Text("没有", "nothing")
_LONG = (Text("表", "table"), Text("行", "row"), Text("指标", "measure"), Text("数", "figure"))


def calendar_text(found: RhythmCalendar, lang: str) -> str:
    """Return the dates, one a line, under a heading."""
    lines = [one.say(lang) for one in found.meetings]
    return "\n".join([_CALENDAR.say(lang, year=found.year), *lines, _RULE.say(lang)])


def calendar_csv(found: RhythmCalendar, lang: str) -> str:
    """Return the dates as CSV text."""
    return to_csv([c.say(lang) for c in _COLUMNS], _calendar_rows(found, lang))


def _calendar_rows(found: RhythmCalendar, lang: str) -> list[list[str]]:
    return [
        [one.period, KINDS[one.kind].say(lang), one.by.on.isoformat(),
         one.by.say(lang)[10:] if one.by.provisional else ""]
        for one in found.meetings
    ]  # fmt: skip


def calendar_page(found: RhythmCalendar, path: str | Path | None, lang: str) -> str:
    """Return the dates as a page, written to `path` where given."""
    both = [_calendar_rows(found, one) for one in LANGS]
    rows = [[Text(*pair) for pair in zip(*lines, strict=True)] for lines in zip(*both, strict=True)]
    title = _filled(_CALENDAR, year=found.year)
    page = Page(title, lang=lang).paragraph(_RULE).table(_COLUMNS, rows)
    return _saved(page, path)


def report_title(report: RhythmReport) -> Text:
    """Return the heading of a report."""
    days = {"since": report.since, "until": report.until}
    return _filled(_TITLE, period=report.period, kind=KINDS[report.kind], **days)


def report_text(report: RhythmReport, lang: str, audience: Audience) -> str:
    """Return totals and rows of each table, what to follow up, and how to read it."""
    lines = [report_title(report).say(lang), _status(audience).say(lang)]
    shown = report.cells(audience)
    for table in report.tables:
        lines.append(f"{table.title.say(lang)}：" if lang == "zh" else f"{table.title.say(lang)}:")
        rows = [_line(table, row, line, lang) for row, line in _pairs(table, shown[table.id])]
        lines += rows or [f"  {_NONE.say(lang)}"]
    lines.append(f"{_ITEMS.say(lang)}：" if lang == "zh" else f"{_ITEMS.say(lang)}:")
    lines += [f"  {item.say(lang)}" for item in report.items] or [f"  {_NONE.say(lang)}"]
    return "\n".join([*lines, *(f"  {note}" for note in _notes(report, lang, audience))])


def _said(measure: Measure, cell: Cell, lang: str) -> str:
    """Return a figure as it is read: amounts in yuan."""
    if cell.value is None or not measure.id.endswith("_fen"):
        return cell.say(lang)
    return f"{cell.value // 100:,}.{cell.value % 100:02d}"


def _shown(measure: Measure, cell: Cell) -> PageCell:
    """Return a figure for a table: a number that stands and sorts as one, else what is said instead."""
    if cell.state == "exact" and cell.value is not None:
        return cell.value / 100 if measure.id.endswith("_fen") else cell.value
    return Text(_said(measure, cell, "zh"), _said(measure, cell, "en"))


def _line(table: Table, row: Row, line: Sequence[Cell], lang: str) -> str:
    parts = (
        f"{m.label.say(lang)} {_said(m, c, lang)}"
        for m, c in zip(table.measures, line, strict=True)
    )
    return f"  {row.name.say(lang)}: " + ("，" if lang == "zh" else ", ").join(parts)


def report_csv(report: RhythmReport, lang: str, audience: Audience) -> str:
    """Return all figures in long form: table, row, measure, figure."""
    shown = report.cells(audience)
    rows = [
        [
            table.title.say(lang),
            row.name.say(lang),
            measure.label.say(lang),
            _said(measure, cell, lang),
        ]
        for table in report.tables
        for row, line in _pairs(table, shown[table.id])
        for measure, cell in zip(table.measures, line, strict=True)
    ]
    return to_csv([column.say(lang) for column in _LONG], rows)


def report_page(
    report: RhythmReport, path: str | Path | None, lang: str, audience: Audience
) -> str:
    """Return the report as a page, written to `path` where given."""
    page = Page(report_title(report), subtitle=_status(audience), lang=lang)
    shown = report.cells(audience)
    for table in report.tables:
        rows = [
            [
                row.name,
                *(_shown(m, cell) for m, cell in zip(table.measures, line, strict=True)),
            ]
            for row, line in _pairs(table, shown[table.id])
        ]
        heads = [table.first, *(m.label for m in table.measures)]
        page.heading(table.title).table(heads, rows, least_decimals=2)
    page.heading(_ITEMS)
    for item in report.items or (_NONE,):
        page.paragraph(item)
    for zh, en in zip(*(_notes(report, one, audience) for one in LANGS), strict=True):
        page.paragraph(Text(zh, en))
    return _saved(page, path)


def _notes(report: RhythmReport, lang: str, audience: Audience) -> list[str]:
    notes = [note.say(lang) for note in report.notes]
    return notes if audience == "internal" else [*notes, _WITHHELD.say(lang, least=SMALL_CELL)]


def _pairs(table: Table, lines: Sequence[Sequence[Cell]]) -> list[tuple[Row, Sequence[Cell]]]:
    rows = [*table.rows] if table.total is None else [*table.rows, table.total]
    return list(zip(rows, lines, strict=True))


def _status(audience: Audience) -> Text:
    return _INTERNAL if audience == "internal" else _PUBLIC


def _filled(text: Text, **params: object) -> Text:
    return Text(text.say("zh", **params), text.say("en", **params))


def _saved(page: Page, path: str | Path | None) -> str:
    if path is not None:
        page.save(path)
    return page.html()
