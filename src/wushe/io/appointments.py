"""What is odd about times and codes that tie needs together: read all the same, worth a look."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from wushe.errors import Problem, ProblemKind
from wushe.model.storage import unknown, unpack
from wushe.model.tables import Table
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork
from wushe.network.references import problem_at
from wushe.text import Text

HALF_APPOINTMENT = ProblemKind(
    "half-an-appointment",
    Text(
        zh="开始时刻和结束时刻只写了一个，不作为定好的时间",
        en="a start without an end or an end without a start: no appointment comes of it",
    ),
    Text(zh="两个时刻都写，或都不写", en="both times, or neither"),
    Text(zh="补填另一个时刻", en="fill in the other time"),
)
TIME_WITHOUT_DAY = ProblemKind(
    "time-without-day",
    Text(zh="写了时刻而没有服务日期", en="a time of day without the day"),
    Text(zh="服务日期和时刻同时填写", en="on_day together with the times"),
    Text(zh="补填服务日期", en="fill in the day"),
)
DAY_AFTER_DUE = ProblemKind(
    "day-after-due",
    Text(zh="服务日期晚于截止日期 {due}", en="the day of service is after the due date {due}"),
    Text(zh="截止日期当天或之前的日期", en="a day on or before the due date"),
    Text(zh="核对两个日期", en="check both dates"),
)
LONGER_THAN_ITS_TIME = ProblemKind(
    "longer-than-appointment",
    Text(
        zh="需要 {asked} 分钟，而从开始到结束只有 {given} 分钟",
        en="{asked} minutes are asked for in the {given} minutes from start to end",
    ),
    Text(zh="不超过这段时间的数量", en="no more than fits into that time"),
    Text(zh="核对数量和两个时刻", en="check the quantity and both times"),
)
AFTER_A_LATER_DAY = ProblemKind(
    "after-a-later-day",
    Text(
        zh="前置需求定在更晚的一天（{later}），这一项却在 {day}",
        en="the need that must be served first is on a later day ({later}) than this one ({day})",
    ),
    Text(zh="前置需求在同一天或之前", en="a need that is served on the same day or before"),
    Text(zh="核对两项的服务日期和前置需求", en="check the days of both and which comes first"),
)
CODE_OF_ONE = ProblemKind(
    "code-of-one-need",
    Text(
        zh="只有这一项需求用这个代码，没有与别的需求连在一起",
        en="no other need has this code, so it ties nothing together",
    ),
    Text(zh="至少两项需求写同一个代码", en="the same code in two needs at least"),
    Text(zh="核对代码是否写错；不需要就清空", en="look for a typing error, or empty the field"),
)
_CLOSED = ("met", "withdrawn")


def appointment_remarks(network: LinkageNetwork) -> Iterator[Problem]:
    """Yield what is odd about the times and codes of needs that are still open, in row order."""
    needs = network.tables["needs"]
    times = [needs[name] for name in ("on_day", "starts", "ends", "visit", "one_of", "after")]
    written = ~np.logical_and.reduce([unknown(column) for column in times])
    open_ = ~np.isin(needs["status"].astype(str), _CLOSED)
    # A visit is made to one client: the same code at another's door is another visit.
    codes = {
        "visit": list(zip(_doors(network), needs["visit"], strict=True)),
        "one_of": needs["one_of"].tolist(),
    }
    counts = {name: Counter(column) for name, column in codes.items()}
    for row in np.flatnonzero(written & open_).tolist():
        one = _Need(needs, row)
        yield from one.hours()
        yield from one.days()
        for name, column in codes.items():
            if one[name] is not None and counts[name][column[row]] == 1:
                yield one.remark(CODE_OF_ONE, name)


def _doors(network: LinkageNetwork) -> list[str | None]:
    """Return the household, the person or the institution that each need is for."""
    needs, persons = network.tables["needs"], network.tables["persons"]
    home = dict(zip(persons.ids, persons["household"], strict=True))
    columns = (needs[name] for name in ("household", "person", "institution"))
    return [
        household or home.get(person) or person or institution
        for household, person, institution in zip(*columns, strict=True)
    ]


@attrs.frozen
class _Need:
    """One row of the table of needs."""

    needs: Table
    row: int

    def __getitem__(self, name: str) -> Any:
        return unpack(self.needs[name], self.row)

    def remark(self, kind: ProblemKind, name: str, **params: Any) -> Problem:
        return problem_at(kind, self.needs, self.row, name, str(self[name]), params)

    def hours(self) -> Iterator[Problem]:
        """Yield what is odd about the times of day."""
        given = [name for name in ("starts", "ends") if self[name] is not None]
        if len(given) == 1:
            yield self.remark(HALF_APPOINTMENT, given[0])
        if given and self["on_day"] is None:
            yield self.remark(TIME_WITHOUT_DAY, given[0])
        asked = _minutes_asked(self["quantity"], self["unit"])
        if len(given) == 2 and asked is not None:
            between = _minute(self["ends"]) - _minute(self["starts"])
            if asked > between:
                yield self.remark(LONGER_THAN_ITS_TIME, "quantity", asked=asked, given=between)

    def days(self) -> Iterator[Problem]:
        """Yield what is odd about the day."""
        day, due = self["on_day"], self["due"]
        if day is None:
            return
        if due is not None and day > due:
            yield self.remark(DAY_AFTER_DUE, "on_day", due=due.isoformat())
        before = -1 if self["after"] is None else int(self.needs.row_of([self["after"]])[0])
        later: dt.date | None = None if before < 0 else unpack(self.needs["on_day"], before)
        if later is not None and later > day:
            days = {"later": later.isoformat(), "day": day.isoformat()}
            yield self.remark(AFTER_A_LATER_DAY, "after", **days)


def _minutes_asked(quantity: int | None, written: str | None) -> int | None:
    unit = None if written is None else parse_unit(written)
    if quantity is None or unit is None or unit.dimension != "minute":
        return None
    return quantity * unit.factor


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
