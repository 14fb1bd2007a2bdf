"""The working rhythm of five-party linkage: monthly progress check, quarterly supervision, yearly commendation.

Tianshui's practice: social organizations that help stations are checked on before the 25th of each month, looked
into each quarter, and those that did well are commended at the year's end.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import attrs

from wushe.journal import State
from wushe.privacy import Audience, check_audience
from wushe.report.month import Cell, check_month
from wushe.report.rhythm_count import (
    CALLS,
    MEASURES,
    MONEY,
    Period,
    behind,
    fund_rows,
    level_rows,
    partner_rows,
    place_rows,
)
from wushe.report.rhythm_tables import Row, Table, cells, hidden
from wushe.rules.calendar import Deadline, is_working_day
from wushe.text import Text

CHECK_DAY = 25
"""The day of the month before whose end the check is held, itself included."""
Kind = Literal["progress_check", "supervision", "commendation"]
KINDS: Mapping[str, Text] = {
    "progress_check": Text("月调度", "monthly progress check"),
    "supervision": Text("季督导", "quarterly supervision"),
    "commendation": Text("年底通报表扬", "year-end commendation"),
}
_QUARTER = re.compile(r"(\d{4})Q([1-4])", re.ASCII)
_DAY = dt.timedelta(days=1)


@attrs.frozen
class Meeting:
    """One date of the rhythm: what, of which period (``2025-09``, ``2025Q3``, ``2025``), by when."""

    kind: Kind
    period: str
    by: Deadline

    def say(self, lang: str = "zh") -> str:
        """Return the period, what it is, and the day with its caution."""
        return f"{self.period} {KINDS[self.kind].say(lang)} {self.by.say(lang)}"


@attrs.frozen
class RhythmCalendar:
    """All dates of a year, in order of time."""

    year: int
    meetings: tuple[Meeting, ...]

    def of(self, kind: str) -> tuple[Meeting, ...]:
        """Return the dates of one kind."""
        return tuple(one for one in self.meetings if one.kind == kind)

    def summary(self, lang: str = "zh") -> str:
        """Return the dates, one a line, and the rule for days of rest."""
        from wushe.report.rhythm_page import calendar_text

        return calendar_text(self, lang)

    def to_csv(self, lang: str = "zh") -> str:
        """Return the dates as CSV text."""
        from wushe.report.rhythm_page import calendar_csv

        return calendar_csv(self, lang)

    def to_html(self, path: str | Path | None = None, *, lang: str = "zh") -> str:
        """Return a page with the dates, and write it to `path` where given."""
        from wushe.report.rhythm_page import calendar_page

        return calendar_page(self, path, lang)


@attrs.frozen(eq=False, repr=False)
class RhythmReport:
    """Figures of a check, a supervision or a commendation, and what has to be followed up.

    The default view is fit for the public: small counts are withheld, as are those from which they could be
    told; ``audience="internal"`` shows all. `items` name orders of nobody: projects and milestones only.
    """

    kind: Kind
    period: str
    since: dt.date
    until: dt.date
    tables: tuple[Table, ...]
    items: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()

    def __repr__(self) -> str:
        return f"<RhythmReport {self.kind} {self.period}>"

    def table(self, key: str) -> Table:
        """Return one table. Raises KeyError."""
        found = {table.id: table for table in self.tables}
        if key not in found:
            raise KeyError(f"table: {key!r}; expected one of {', '.join(found)}")
        return found[key]

    def cells(self, audience: Audience = "masked") -> Mapping[str, Sequence[Sequence[Cell]]]:
        """Return the cells of each table as an audience may see them, a total last where there is one."""
        return cells(self.tables, check_audience(audience))

    def summary(self, lang: str = "zh", *, audience: Audience = "masked") -> str:
        """Return the report as text."""
        from wushe.report.rhythm_page import report_text

        return report_text(self, lang, check_audience(audience))

    def to_csv(self, lang: str = "zh", *, audience: Audience = "masked") -> str:
        """Return all figures as CSV text, one a line: table, row, measure, figure."""
        from wushe.report.rhythm_page import report_csv

        return report_csv(self, lang, check_audience(audience))

    def to_html(
        self, path: str | Path | None = None, *, lang: str = "zh", audience: Audience = "masked"
    ) -> str:
        """Return a page in both languages, and write it to `path` where given."""
        from wushe.report.rhythm_page import report_page

        return report_page(self, path, lang, check_audience(audience))


def rhythm_calendar(year: int, *, check_day: int = CHECK_DAY) -> RhythmCalendar:
    """Return the dates of a year: checks by `check_day` of each month, supervisions and the commendation.

    A supervision is due within its quarter, the commendation within the year. A last day of rest moves to the working
    day before it, for "by" leaves no later one; where no holiday notice covers it yet, it says so.
    Raises ValueError for a day that not every month has.
    """
    if not 1 <= check_day <= 28:
        raise ValueError(f"check_day: {check_day}; expected 1 ... 28")
    found = [
        Meeting("progress_check", f"{year}-{month:02d}", _by(dt.date(year, month, check_day)))
        for month in range(1, 13)
    ]
    found += [Meeting("supervision", f"{year}Q{q}", _by(_last(year, 3 * q))) for q in range(1, 5)]
    found.append(Meeting("commendation", str(year), _by(dt.date(year, 12, 31))))
    order = list(KINDS)
    return RhythmCalendar(year, tuple(sorted(found, key=lambda m: (m.by.on, order.index(m.kind)))))


def _last(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _by(day: dt.date) -> Deadline:
    """Return the last working day up to `day`."""
    provisional = False
    while True:
        working = is_working_day(day)
        provisional |= working.provisional
        if working:
            return Deadline(day, provisional)
        day -= _DAY


def progress_check(
    state: State,
    month: str,
    *,
    on: dt.date | None = None,
    since: dt.date | None = None,
    check_day: int = CHECK_DAY,
    level: str = "street",
    names: Mapping[str, str] | None = None,
    kinds: Sequence[str] = ("organizations",),
) -> RhythmReport:
    """Return the monthly progress check (月调度) of `month` (``"2025-09"``), held on the day `on`.

    It covers what happened since the day after the last check (`since`) up to `on`, so that no day of the year is left
    out; both default to the working days of `rhythm_calendar`. Open and overdue orders are those of `state` as it is.
    `level` groups places, `names` calls places and organizations by other than their ids, `kinds` are the
    tables of helpers that the check is about. Raises ValueError.
    """
    year, number = (int(part) for part in check_month(month).split("-"))
    held = on or _by(dt.date(year, number, check_day)).on
    if since is None:
        last = dt.date(year, number, 1) - _DAY
        since = _by(dt.date(last.year, last.month, check_day)).on + _DAY
    period = Period(state, since, held, level, names or {})
    return RhythmReport(
        "progress_check", month, since, held, _tables(period, tuple(kinds)), _follow_up(period),
        (_CHECK_NOTE, *_NOTES),
    )  # fmt: skip


def supervision(
    state: State,
    quarter: str,
    *,
    on: dt.date | None = None,
    level: str = "street",
    names: Mapping[str, str] | None = None,
    kinds: Sequence[str] = ("organizations",),
) -> RhythmReport:
    """Return the quarterly supervision (季督导) of `quarter` (``"2025Q3"``): the quarter, and its months.

    `on` (default: the quarter's last day) is the last day that counts. Raises ValueError.
    """
    found = _QUARTER.fullmatch(quarter) if isinstance(quarter, str) else None
    if found is None or found[1] == "0000":
        raise ValueError(f"quarter: {quarter!r} is not a quarter; expected one such as 2025Q3")
    year, q = int(found[1]), int(found[2])
    since, until = dt.date(year, 3 * q - 2, 1), on or _last(year, 3 * q)
    period = Period(state, since, until, level, names or {})
    months = [
        Period(
            state, max(since, dt.date(year, m, 1)), min(until, _last(year, m)), level, names or {}
        )
        for m in range(3 * q - 2, 3 * q + 1)
        if dt.date(year, m, 1) <= until
    ]
    tables = _tables(period, tuple(kinds), months)
    return RhythmReport("supervision", quarter, since, until, tables, _follow_up(period), _NOTES)


def commendation(
    state: State,
    year: int,
    *,
    on: dt.date | None = None,
    by: Sequence[str] = ("confirmed", "minutes"),
    least: int = 1,
    names: Mapping[str, str] | None = None,
    kinds: Sequence[str] = ("organizations",),
) -> RhythmReport:
    """Return the list from which a year's commendation (年底通报表扬) is chosen: organizations by what they did.

    Ranked by the measures `by`, the first one first; equal ones share a rank; those with fewer than `least` confirmed
    orders are left out. Who is commended is decided by people. Raises ValueError for a measure that counts people:
    a public rank would tell what is withheld.
    """
    ranked = {m.id for m in CALLS if m.by is None}
    wrong = [m for m in by if m not in ranked]
    if wrong or not by:
        raise ValueError(f"by: {list(by)!r}; expected any of {', '.join(sorted(ranked))}")
    until = on or dt.date(year, 12, 31)
    period = Period(state, dt.date(year, 1, 1), until, "street", names or {})
    rows = [r for r in partner_rows(period, tuple(kinds)) if r.figure("confirmed").value >= least]
    key = {row.key: tuple(-row.figure(m).value for m in by) for row in rows}
    rows.sort(key=lambda row: (key[row.key], row.key))
    ranks = {row.key: 1 + sum(key[other.key] < key[row.key] for other in rows) for row in rows}
    said = tuple(
        attrs.evolve(
            row, name=Text(f"{ranks[row.key]}. {row.name.zh}", f"{ranks[row.key]}. {row.name.en}")
        )
        for row in rows
    )
    table = Table("partners", _RANKED, _PARTNER, CALLS, said)
    return RhythmReport(
        "commendation", str(year), period.since, until, (table,), (), (_RANK_NOTE, *_NOTES)
    )


def _tables(
    period: Period, kinds: tuple[str, ...], months: Sequence[Period] = ()
) -> tuple[Table, ...]:
    rows, total = place_rows(period)
    finer = [place_rows(month) for month in months]
    places = Table("places", _BY_PLACE, _PLACE, MEASURES, rows, total, _hidden_in(finer))
    found = [places]
    if months:
        labels = [m.since.isoformat()[:7] for m in months]
        mine = tuple(
            attrs.evolve(whole, key=label, name=Text(label, label))
            for label, (_, whole) in zip(labels, finer, strict=True)
        )
        flows = tuple(m for m in MEASURES if m.id not in {"open", "overdue", "escalated"})
        found.append(Table("months", _BY_MONTH, _MONTH, flows, mine, total))
    escalated = tuple(m for m in MEASURES if m.id in {"escalated", "overdue"})
    levels = Table("levels", _BY_LEVEL, _LEVEL, escalated, level_rows(period))
    funds = Table("funds", _BY_FUND, _FUND, MONEY, fund_rows(period))
    partners = Table("partners", _BY_PARTNER, _PARTNER, CALLS, partner_rows(period, kinds))
    return (*found, levels, funds, partners)


def _hidden_in(finer: Sequence[tuple[tuple[Row, ...], Row]]) -> dict[str, frozenset[str]]:
    """Return the rows that a report of one of the months withholds: a quarter must not give them away."""
    found: dict[str, frozenset[str]] = {}
    for rows, total in finer:
        table = Table("", _BY_PLACE, _PLACE, MEASURES, rows, total)
        for measure in MEASURES:
            if measure.by is not None:
                found[measure.id] = (
                    found.get(measure.id, frozenset()) | hidden(table, measure.id).rows
                )
    return found


def _follow_up(period: Period) -> tuple[Text, ...]:
    return tuple(
        Text(
            _BEHIND.say("zh", project=project, step=step, due=due, late=late),
            _BEHIND.say("en", project=project, step=step, due=due, late=late),
        )
        for project, step, due, late in behind(period)
    )


_BEHIND = Text(
    "项目 {project} 的里程碑 {step} 应于 {due} 达到，已迟 {late} 天",
    "project {project}: milestone {step} was due on {due}, {late} days ago",
)
_BY_PLACE, _PLACE = Text("各地区", "By place"), Text("地区", "Place")
_BY_MONTH, _MONTH = Text("各月", "By month"), Text("月份", "Month")
_BY_LEVEL, _LEVEL = (
    Text("已上报的在办订单，按层级", "Open orders that were escalated, by level"),
    Text("层级", "Level"),
)
_BY_FUND, _FUND = Text("各基金", "By fund"), Text("基金", "Fund")
_BY_PARTNER, _PARTNER = (
    Text("参与组织", "Organizations that take part"),
    Text("组织", "Organization"),
)
_RANKED = Text("供通报表扬参考的名单", "List for the commendation")
_CHECK_NOTE = Text(
    "自上次调度次日起至本次调度日止。", "From the day after the last check to the day of this one."
)
_RANK_NOTE = Text(
    "按登记的数字排列，数字相同名次相同；表扬谁由人决定，数字说不尽成效。",
    "Ranked by recorded figures, equal ones alike; whom to commend is decided by people, figures do not say all.",
)
_NOTES = (
    Text(
        "人次、人、户分别计数，不可相加；“≥”为有记录没有给出，实际只多不少。",
        "Person-times, persons and households are apart and never add up; “≥”: some records do not say.",
    ),
    Text(
        "在办、逾期、已上报按现在的状态；其余按发生的日期。",
        "Open, overdue and escalated as of now; all else by the day on which it happened.",
    ),
)
