"""Chinese working days: when a limit of so many working days, calendar days or months runs out.

How a period is counted (民法典 articles 200 to 204, followed where relief documents say nothing):

- 201: the day of the event is not counted. Day 1 is the day after it.
- 202: a period in months ends on the corresponding day, or on the month's last day where there is none.
- 203: a last day that is a day of rest moves to the next working day. That rule protects whoever must
  act within the period, so it is applied on request only (``roll=True``), for periods in which the
  household must act (行政复议法 88 refers to 民事诉讼法 85, which says the same). Periods that bind an
  office do not move: publicity of 7 days must have hung for 7 days whatever days they are, quick aid
  within 3 days is meant for holidays too, and a review date that is early harms nobody.

Working days are those of the State Council's yearly notices, as the library ``chinesecalendar``
holds them (from 2004): weekends and holidays out, make-up Saturdays and Sundays in. The notice for
a year comes out shortly before that year. Beyond the last notice a day counts as working from Monday
to Friday, the holidays with a fixed date apart (全国年节及纪念日放假办法 article 2), and whatever
rests on such a day is marked provisional.
"""

from __future__ import annotations

import calendar
import datetime as dt
from functools import cache

import attrs

from wushe.text import Text

_DAY = dt.timedelta(days=1)
_SATURDAY = 5
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Holidays (month, day) whose date does not follow the moon or the sun."""
_NEXT_NOTICE = (12, 29)
"""From here on a year's last days belong to the next year's notice: 2007-12-29 and 2018-12-29 were
made working Saturdays, 2018-12-31 a holiday, by the notices of the years that followed."""

PROVISIONAL = Text(
    zh="暂定：超出已公布的放假安排，按周一至周五并除去固定日期的节日推算，放假通知公布后应重算",
    en="provisional: beyond the published holiday notices, counted Monday to Friday without the "
    "fixed-date holidays; count again once the notice is out",
)
_SAID = Text(zh="{on}（{why}）", en="{on} ({why})")


@attrs.frozen
class WorkingDay:
    """Whether a day is a working day; true or false as itself. `provisional`: no notice covers it."""

    yes: bool
    provisional: bool

    def __bool__(self) -> bool:
        return self.yes


@attrs.frozen
class Deadline:
    """The last day of a period. `provisional`: it rests on a day that no notice covers."""

    on: dt.date
    provisional: bool = False

    def say(self, lang: str = "zh") -> str:
        """Return the date, and where it is provisional that it is and why."""
        if not self.provisional:
            return self.on.isoformat()
        return _SAID.say(lang, on=self.on.isoformat(), why=PROVISIONAL)


@cache
def _notices() -> tuple[int, int]:
    """Return the first and the last year whose notice the installed library holds."""
    from chinese_calendar import holidays

    return min(holidays).year, max(holidays).year


def _published(day: dt.date) -> bool:
    first, last = _notices()
    if day.year == last:
        return (day.month, day.day) < _NEXT_NOTICE
    return first <= day.year < last


@cache
def is_working_day(day: dt.date) -> WorkingDay:
    """Return whether `day` is a working day in mainland China, and whether a notice says so."""
    if not _published(day):
        rest = day.weekday() >= _SATURDAY or (day.month, day.day) in _FIXED
        return WorkingDay(not rest, provisional=True)
    from chinese_calendar import is_workday

    return WorkingDay(bool(is_workday(day)), provisional=False)


def add_working_days(start: dt.date, n: int) -> Deadline:
    """Return the `n`-th working day after `start`, which is not counted itself (民法典 201).

    `n` 0 is `start`, whatever day it is. Raises ValueError for a negative `n`.
    """
    _not_negative(n)
    on, provisional = start, False
    while n:
        on += _DAY
        day = is_working_day(on)
        n -= day.yes
        provisional |= day.provisional
    return Deadline(on, provisional)


def working_days_between(start: dt.date, end: dt.date) -> int:
    """Return how many working days lie after `start` up to and including `end`.

    The counterpart of `add_working_days`; negative where `end` lies before `start`.
    """
    if end < start:
        return -working_days_between(end, start)
    days = (start + i * _DAY for i in range(1, (end - start).days + 1))
    return sum(is_working_day(day).yes for day in days)


def add_calendar_days(start: dt.date, n: int, *, roll: bool = False) -> Deadline:
    """Return the day `n` calendar days after `start`, which is not counted itself (民法典 201).

    With `roll` a last day of rest moves to the next working day (203). Raises ValueError for a
    negative `n`.
    """
    _not_negative(n)
    return _ending(start + n * _DAY, roll)


def add_months(start: dt.date, n: int, *, roll: bool = False) -> Deadline:
    """Return the corresponding day `n` months after `start`, else that month's last day (民法典 202).

    With `roll` a last day of rest moves to the next working day (203). Raises ValueError for a
    negative `n`.
    """
    _not_negative(n)
    years, month = divmod(start.month - 1 + n, 12)
    year, month = start.year + years, month + 1
    last = calendar.monthrange(year, month)[1]
    return _ending(dt.date(year, month, min(start.day, last)), roll)


def _ending(on: dt.date, roll: bool) -> Deadline:
    provisional = False
    while roll:
        day = is_working_day(on)
        provisional |= day.provisional
        if day:
            break
        on += _DAY
    return Deadline(on, provisional)


def _not_negative(n: int) -> None:
    if n < 0:
        raise ValueError(f"n: {n} is negative; expected a period of 0 or more")
