"""The month's figures as people read them: text, picture, paper and workbook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wushe.privacy import SMALL_CELL, Audience
from wushe.render import Picture, bars
from wushe.report.month import (
    MEASURES,
    NOT_RECORDED,
    WAY_MEASURES,
    Cell,
    Measure,
    MonthFigures,
    MonthRow,
)
from wushe.report.paper import WIDE_MM, Column, Grid, Lines, Printable, Sheet, print_sheets
from wushe.report.xlsx import AT_LEAST_FORMAT, BookSheet, Number, Value, write_workbook
from wushe.text import Text

GAPS: Mapping[str, Text] = {
    "visits_without_outcome": Text(
        "{n} 次走访没有记录结果（是否见到人），不计入人次、人和户",
        "{n} visits without an outcome (whether somebody was met): not counted",
    ),
    "visits_to_nobody_met": Text(
        "{n} 次走访没有见到人，不计入人次、人和户",
        "{n} visits where nobody was met: not counted",
    ),
    "contacts_without_person": Text(
        "{n} 条走访或服务没有记录是哪一位，因此人数只是下限",
        "{n} visits or services do not say which person: persons are a lower bound",
    ),
    "contacts_without_household": Text(
        "{n} 条走访没有记录家庭（或本人没有家庭）",
        "{n} visits do not say which household, or the person has none",
    ),
    "services_without_times": Text(
        "{n} 条服务没有记录次数，各按至少 1 次计",
        "{n} services do not say how many times: once at least",
    ),
    "services_to_nobody": Text(
        "{n} 条服务没有记录为谁，不计入人次、人和户",
        "{n} services do not say for whom: not counted",
    ),
    "institution_contacts": Text(
        "{n} 条走访或服务以机构为对象，不计入人次、人和户",
        "{n} visits or services were to institutions: not counted",
    ),
}
_SOME = Text("若干", "some")
_ACTIVITY_GAP = Text("{n} 场活动没有记录{what}", "{n} activities without {what} recorded")
_STATUS_GAPS = {
    "needs.met": Text("{n} 项需求没有记录状态", "{n} needs without a status"),
    "wishes.granted": Text(
        "{n} 个微心愿没有记录是否实现", "{n} wishes without a record of being granted"
    ),
}
_UNDATED = {
    "activities": Text(
        "{n} 场活动没有日期，未计入任何月份", "{n} activities without a date are in no month"
    ),
    "services": Text(
        "{n} 条服务没有日期，未计入任何月份", "{n} services without a date are in no month"
    ),
    "needs": Text(
        "{n} 项需求没有提出日期，未计入任何月份", "{n} needs without a date are in no month"
    ),
    "wishes": Text(
        "{n} 个微心愿没有公开日期，未计入任何月份", "{n} wishes without a date are in no month"
    ),
}
_METHOD = (
    Text(
        "人次：见到人的每次走访计 1，服务按记录的次数计；人、户：同一人、同一户只计一次。三者不可相加。",
        "Person-times: 1 for each visit where somebody was met, services by their recorded times. "
        "Persons and households: each once. The three never add up.",
    ),
    Text(
        "活动的人次、人、户是各场记录之和，跨场次没有去重；需求和微心愿按现在的状态计。",
        "Activities: sums of what each recorded, not distinct across activities. Needs and wishes "
        "by their status now.",
    ),
    Text(
        "“≥”：有记录没有给出此数，实际只多不少；“未记录”：没有一条记录给出此数，不是零。",
        "“≥”: some records do not give the figure, which is no smaller; “not recorded”: none gives "
        "it, which is not zero.",
    ),
)
_WITHHELD = Text(
    "“*”：小于 {least} 的数，以及为防止由合计推算而一并隐去的数。",
    "“*”: a count below {least}, or one withheld so that totals do not reveal it.",
)
_NOTE: dict[Audience, Text] = {
    "internal": Text("内部版，含小数字，请勿公开", "Internal: shows small counts, do not publish"),
    "masked": Text("公开版，小数字已隐去", "For publication: small counts are withheld"),
}
_TITLE = Text("{year} 年 {month} 月五社联动服务月报", "Five-party linkage, {year}-{month:02d}")
_BY_STREET = Text("一、各街道", "1. By street")
_BY_WAY = Text("二、走访与服务的方式", "2. Visits and services by kind")
_NOTES = Text("说明", "Notes")
_UNRECORDED = Text("记录中的空缺", "What the records do not say")
_NO_GAPS = Text("没有空缺。", "Nothing is missing.")
_STREET, _WAY = Text("街道", "Street"), Text("方式", "Kind")
_LINE = Text(
    "{name}：走访与服务 {0}、{1}、{2}；活动 {3}，{4}、{5}、{6}；需求{7}、{8}；微心愿{9}、{10}",
    "{name}: visits and services {0}, {1}, {2}; activities {3}, {4}, {5}, {6}; needs {7}, {8}; "
    "wishes {9}, {10}",
)
_SAID = Text("{label}{value}", "{value} {label}")
_COUNTED = Text("{value} {label}", "{value} {label}")
_NOT_SAID = Text("{label}未记录", "{label} not recorded")
_PICTURE = Text("{group}：{label}，按街道", "{group}: {label} by street")
_PLUGINS = Text("启用的插件：{names}", "Active plugins: {names}")


def title(figures: MonthFigures, lang: str) -> str:
    """Return the heading of the month."""
    year, month = figures.month.split("-")
    return _TITLE.say(lang, year=year, month=int(month))


def summary_text(figures: MonthFigures, lang: str, audience: Audience) -> str:
    """Return the total, the streets a line each, what is missing, and how to read it."""
    names = [row.name.say(lang) for row in (*figures.rows, figures.total)]
    lines = [
        _line(name, cells, lang) for name, cells in zip(names, figures.cells(audience), strict=True)
    ]
    notes = [f"  {text}" for text in gap_texts(figures, lang, audience)]
    if audience == "masked":
        notes.append(f"  {_WITHHELD.say(lang, least=SMALL_CELL)}")
    return "\n".join([title(figures, lang), lines[-1], *lines[:-1], *notes])


def _line(name: str, cells: tuple[Cell, ...], lang: str) -> str:
    said = []
    for measure, cell in zip(MEASURES, cells, strict=True):
        counted = measure.id.startswith(("direct.", "activities."))  # 3 人, but 提出 3
        words = _NOT_SAID if cell.state == "unrecorded" else _COUNTED if counted else _SAID
        said.append(words.say(lang, label=measure.label, value=cell.say(lang)))
    template = _LINE.say(lang)
    return template.format(*said, name=name)


def gap_texts(figures: MonthFigures, lang: str, audience: Audience) -> list[str]:
    """Return a line for everything that the records do not say.

    Beside a withheld total no number is given: what is missing would tell what is there.
    """
    totals = dict(zip((m.id for m in MEASURES), figures.cells(audience)[-1], strict=True))
    direct = any(totals[m.id].state == "withheld" for m in WAY_MEASURES[1:])
    lines = [GAPS[name].say(lang, n=_gap(n, audience, direct, lang))
             for name, n in figures.gaps.items() if n]  # fmt: skip
    for measure, figure in zip(MEASURES, figures.total.figures, strict=True):
        text = _STATUS_GAPS.get(measure.id)
        if measure.id.startswith("activities."):
            text = _ACTIVITY_GAP
        if figure.unrecorded and text:
            tells = totals[measure.id].state == "withheld"
            n = _gap(figure.unrecorded, audience, tells, lang)
            lines.append(text.say(lang, n=n, what=measure.label))
    return lines + [
        _UNDATED[name].say(lang, n=_gap(n, audience, False, lang))
        for name, n in figures.undated.items()
    ]


def _gap(n: int, audience: Audience, tells: bool, lang: str) -> str:
    if audience == "internal":
        return f"{n:,}"
    if tells:
        return _SOME.say(lang)
    return f"<{SMALL_CELL}" if n < SMALL_CELL else f"{n:,}"


def month_picture(figures: MonthFigures, measure: str, lang: str, audience: Audience) -> Picture:
    """Return bars of one measure by street; what is withheld or not recorded has no bar."""
    at = [m.id for m in MEASURES].index(measure)
    cells = figures.cells(audience)
    rows = [(row.name, line[at].value) for row, line in zip(figures.rows, cells[:-1], strict=True)]
    said = MEASURES[at]
    heading = Text(
        _PICTURE.say("zh", group=said.group, label=said.label),
        _PICTURE.say("en", group=said.group, label=said.label),
    )
    return bars([(n, v) for n, v in rows if v is not None], title=heading, lang=lang, width=760)


def month_paper(figures: MonthFigures, lang: str, audience: Audience) -> Printable:
    """Return the month as paper: streets, picture, ways, what is missing, how to read it."""
    notes = [text.say(lang) for text in _METHOD]
    if audience == "masked":
        notes.append(_WITHHELD.say(lang, least=SMALL_CELL))
    plugins = ", ".join(f"{name} {version}" for name, version in figures.versions)
    if plugins:
        notes.append(_PLUGINS.say(lang, names=plugins))
    blocks = (
        _grid(_BY_STREET, _STREET, figures, MEASURES, lang, audience),
        month_picture(figures, "direct.person_times", lang, audience),
        _grid(_BY_WAY, _WAY, figures, WAY_MEASURES, lang, audience),
        Lines(_UNRECORDED.say(lang), tuple(gap_texts(figures, lang, audience)) or (_NO_GAPS.say(lang),)),
        Lines(_NOTES.say(lang), tuple(notes)),
    )  # fmt: skip
    heading = title(figures, lang)
    sheet = Sheet(heading, figures.month, (), blocks, _NOTE[audience].say(lang), wide=True)
    return print_sheets(heading, [sheet], lang)


def _parts(
    figures: MonthFigures, measures: tuple[Measure, ...], audience: Audience
) -> tuple[tuple[MonthRow, ...], tuple[tuple[Cell, ...], ...]]:
    if measures is MEASURES:
        return (*figures.rows, figures.total), figures.cells(audience)
    rows = (*figures.ways, figures.ways_total)
    cells = figures.way_cells(audience)
    # A way in that nobody used this month needs no line; the total always has one.
    used = [at for at, row in enumerate(rows) if row.figures[0].value or row.id is None]
    return tuple(rows[at] for at in used), tuple(cells[at] for at in used)


def _grid(
    heading: Text,
    first: Text,
    figures: MonthFigures,
    measures: tuple[Measure, ...],
    lang: str,
    audience: Audience,
) -> Grid:
    rows, cells = _parts(figures, measures, audience)
    wide = 33.0 if len(measures) > 6 else 75.0
    each = (WIDE_MM - wide) / len(measures)
    columns = (
        Column(first.say(lang), wide),
        *(Column(m.label.say(lang), each, "right") for m in measures),
    )
    said = tuple(
        (row.name.say(lang), *(cell.say(lang) for cell in line))
        for row, line in zip(rows, cells, strict=True)
    )
    groups = _groups(measures, lang) if len(measures) > 6 else ()
    return Grid(heading.say(lang), columns, said, "", groups, frozenset({len(rows) - 1}))


def _groups(measures: tuple[Measure, ...], lang: str) -> tuple[tuple[str, int], ...]:
    spans: dict[Text, int] = {}
    for measure in measures:
        spans[measure.group] = spans.get(measure.group, 0) + 1
    return (("", 1), *((group.say(lang), span) for group, span in spans.items()))


def month_workbook(figures: MonthFigures, path: str | Path, lang: str, audience: Audience) -> Path:
    """Write streets and ways as two sheets, each with the notes, and return the path."""
    notes = [*gap_texts(figures, lang, audience), *(text.say(lang) for text in _METHOD)]
    if audience == "masked":
        notes.append(_WITHHELD.say(lang, least=SMALL_CELL))
    sheets = []
    for name, first, measures in ((_BY_STREET, _STREET, MEASURES), (_BY_WAY, _WAY, WAY_MEASURES)):
        rows, cells = _parts(figures, measures, audience)
        values = tuple(
            (row.name, *map(_value, line)) for row, line in zip(rows, cells, strict=True)
        )
        sheets.append(
            BookSheet(
                name.say(lang),
                (title(figures, lang), _NOTE[audience].say(lang)),
                (first.say(lang), *(m.label.say(lang) for m in measures)),
                values,
                _groups(measures, lang),
                tuple(notes),
                frozenset({len(rows) - 1}),
            )
        )
    return write_workbook(path, sheets, lang)


def _value(cell: Cell) -> Value:
    """Return a cell as a number where there is one, shown with its sign where it is a lower bound."""
    if cell.state == "withheld":
        return "*"
    if cell.value is None:
        return NOT_RECORDED
    return Number(cell.value, AT_LEAST_FORMAT) if cell.state == "at_least" else cell.value
