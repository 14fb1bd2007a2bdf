"""The month's figures by street: person-times (人次), persons (人) and households (户), always apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import attrs

from wushe.model.evidence import VISIT_KINDS
from wushe.privacy import SMALL_CELL, Audience, check_audience, suppress_small
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork
    from wushe.render import Picture


@attrs.frozen
class Measure:
    """One column of figures. What is not `personal` counts no one and is never withheld."""

    id: str
    group: Text
    label: Text
    personal: bool = True


_DIRECT = Text("走访与服务", "Visits and services")
_ACTIVITIES = Text("活动", "Activities")
_NEEDS = Text("本月提出的需求", "Needs raised")
_WISHES = Text("微心愿", "Wishes")
_TIMES, _PERSONS, _HOMES = (
    Text("人次", "person-times"),
    Text("人", "persons"),
    Text("户", "households"),
)
MEASURES: tuple[Measure, ...] = (
    Measure("direct.person_times", _DIRECT, _TIMES),
    Measure("direct.persons", _DIRECT, _PERSONS),
    Measure("direct.households", _DIRECT, _HOMES),
    Measure("activities.held", _ACTIVITIES, Text("场", "held"), personal=False),
    Measure("activities.person_times", _ACTIVITIES, _TIMES),
    Measure("activities.persons", _ACTIVITIES, _PERSONS),
    Measure("activities.households", _ACTIVITIES, _HOMES),
    Measure("needs.raised", _NEEDS, Text("提出", "raised")),
    Measure("needs.met", _NEEDS, Text("已满足", "met")),
    Measure("wishes.shown", _WISHES, Text("公开", "shown"), personal=False),
    Measure("wishes.granted", _WISHES, Text("实现", "granted")),
)
"""Figures of a street. Persons and households of visits and services are distinct; those of
activities are added up as the organisers recorded them, since nobody recorded who came."""
WAY_MEASURES: tuple[Measure, ...] = (
    Measure("direct.records", _DIRECT, Text("记录", "records")),
    *MEASURES[:3],
)
"""Figures of one way in (a kind of visit, or services)."""
WAYS: Mapping[str, Text] = {
    kind: Text(zh, en)
    for (kind, zh), en in zip(
        VISIT_KINDS.items(),
        (
            "door to door", "regular visit", "holiday visit", "neighbour's word",
            "grid worker's report", "mobile grid worker's report", "street round", "pushed list",
        ),
        strict=True,
    )
} | {"service": Text("服务记录", "services")}  # fmt: skip
NO_STREET = Text("街道不详或不分街道", "No street recorded")
TOTAL = Text("合计", "Total")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
State = Literal["exact", "at_least", "unrecorded", "withheld"]


@attrs.frozen
class Figure:
    """What is recorded: `value`, and in how many records (`unrecorded`) this figure is not given."""

    value: int = 0
    unrecorded: int = 0


@attrs.frozen
class Cell:
    """A figure as an audience may see it; `value` is None where nothing is known or shown."""

    state: State
    value: int | None

    def say(self, lang: str = "zh") -> str:
        """Return the number, ``≥n`` where some records do not say, or why there is none."""
        if self.state == "withheld":
            return "*"
        if self.state == "unrecorded":
            return NOT_RECORDED.say(lang)
        return f"{'≥' if self.state == 'at_least' else ''}{self.value:,}"


NOT_RECORDED = Text("未记录", "not recorded")


@attrs.frozen
class MonthRow:
    """The figures of one street or way: its id (None: no street, or the total), name, figures."""

    id: str | None
    name: Text
    figures: tuple[Figure, ...]


@attrs.frozen(eq=False, repr=False)
class MonthFigures:
    """The figures of one month.

    `rows` are the streets in the order of their codes, then what has no street where there is any;
    `total` is counted anew: a person or household of two rows is one. Figures follow `MEASURES`.
    `ways` and `ways_total` are visits by kind and services in the order of `WAY_MEASURES`.
    `undated` counts by table the records without a date, which are in no month; `gaps` what in this
    month's records is not said, by name in `wushe.report.month_page.GAPS`.
    """

    month: str
    rows: tuple[MonthRow, ...]
    total: MonthRow
    ways: tuple[MonthRow, ...]
    ways_total: MonthRow
    gaps: Mapping[str, int]
    undated: Mapping[str, int]
    versions: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"<MonthFigures {self.month}: {len(self.rows)} rows>"

    def figure(self, measure: str, street: str | None = None) -> Figure:
        """Return the figure of a street (place id), or of the total. Raises KeyError."""
        names = [m.id for m in MEASURES]
        if measure not in names:
            raise KeyError(f"measure: {measure!r} is unknown; expected one of {', '.join(names)}")
        found = [r for r in self.rows if r.id == street] if street else [self.total]
        if not found:
            raise KeyError(f"street: {street!r} is no street of this network")
        return found[0].figures[names.index(measure)]

    def cells(self, audience: Audience = "masked") -> tuple[tuple[Cell, ...], ...]:
        """Return the cells of all rows, the total last, in the order of `MEASURES`."""
        return _cells(self.rows, self.total, MEASURES, check_audience(audience))

    def way_cells(self, audience: Audience = "masked") -> tuple[tuple[Cell, ...], ...]:
        """Return the cells of all ways, the total last, in the order of `WAY_MEASURES`."""
        return _cells(self.ways, self.ways_total, WAY_MEASURES, check_audience(audience))

    def summary(self, lang: str = "zh", *, audience: Audience = "masked") -> str:
        """Return the month in a few lines, with what is not recorded."""
        from wushe.report.month_page import summary_text

        return summary_text(self, lang, check_audience(audience))

    def plot(
        self,
        lang: str = "zh",
        *,
        measure: str = "direct.person_times",
        audience: Audience = "masked",
    ) -> Picture:
        """Return bars of `measure` by street; withheld and unrecorded streets have no bar."""
        from wushe.report.month_page import month_picture

        self.figure(measure)
        return month_picture(self, measure, lang, check_audience(audience))

    def to_html(
        self, path: str | Path | None = None, *, lang: str = "zh", audience: Audience = "masked"
    ) -> str:
        """Return the figures as paper, and write them to `path` where given."""
        from wushe.report.month_page import month_paper

        paper = month_paper(self, lang, check_audience(audience))
        if path is not None:
            paper.save(path)
        return paper.html()

    def to_xlsx(self, path: str | Path, *, lang: str = "zh", audience: Audience = "masked") -> Path:
        """Write the figures as a workbook and return the path.

        Raises MissingExtraError without openpyxl.
        """
        from wushe.report.month_page import month_workbook

        return month_workbook(self, path, lang, check_audience(audience))


def check_month(month: str) -> str:
    """Return `month` if it reads like ``"2025-09"``, else raise ValueError saying so."""
    if not isinstance(month, str) or not _MONTH.fullmatch(month) or month < "0001":
        raise ValueError(f"month: {month!r} is not a month; expected one such as 2025-09")
    return month


def month_figures(network: LinkageNetwork, month: str) -> MonthFigures:
    """Return the figures of `month` (``"2025-09"``) from the tables of `network`.

    A visit counts one person-time where somebody was met, a service its recorded times. Persons are
    the named ones, and whoever lives alone; the place of a record is where the person lives, else
    the household. Unknown is never zero: each figure says how many records do not give it.
    Raises ValueError for another spelling of the month.
    """
    from wushe.report.counting import count_month

    return count_month(network, check_month(month))


def _cells(
    rows: tuple[MonthRow, ...],
    total: MonthRow,
    measures: tuple[Measure, ...],
    audience: Audience,
) -> tuple[tuple[Cell, ...], ...]:
    columns = [
        _column([row.figures[at] for row in (*rows, total)], measure.personal, audience)
        for at, measure in enumerate(measures)
    ]
    return tuple(zip(*columns, strict=True))


def _column(figures: list[Figure], personal: bool, audience: Audience) -> list[Cell]:
    """Return the cells of one column, the total last.

    All that is withheld looks alike: to mark the small counts would tell which of the withheld
    ones are not small, and with the total the others.
    """
    if audience == "internal" or not personal:
        return [_cell(figure) for figure in figures]
    *rows, total = figures
    kept = suppress_small([figure.value for figure in rows])
    shown: list[int | None] = list(kept.counts)
    # Distinct persons of two streets are one in the total, which may be small where its rows are not.
    tells = kept.total is None or 0 < total.value < SMALL_CELL
    shown.append(None if tells else total.value)
    return [
        Cell("withheld", None) if value is None else _cell(figure)
        for value, figure in zip(shown, figures, strict=True)
    ]


def _cell(figure: Figure) -> Cell:
    if not figure.unrecorded:
        return Cell("exact", figure.value)
    return Cell("at_least", figure.value) if figure.value else Cell("unrecorded", None)
