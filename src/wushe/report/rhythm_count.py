"""Counting orders, help, hours, activities, money and milestones of a period from the state."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from wushe.journal import State
from wushe.journal.event import day_of
from wushe.model.parties import LEVELS
from wushe.orders.projects import ActivityFigures, Tally, count_activities
from wushe.orders.table import FINAL
from wushe.report.month import Figure
from wushe.report.rhythm_tables import Measure, Row
from wushe.text import Text

_TIMES, _PERSONS = Text("帮扶人次", "help: person-times"), Text("帮扶人数", "help: persons")
MEASURES: tuple[Measure, ...] = (
    Measure("placed", Text("新点单", "orders placed"), "placed"),
    Measure("confirmed", Text("已确认", "confirmed"), "confirmed"),
    Measure("open", Text("在办", "open"), "open"),
    Measure("overdue", Text("其中逾期", "of them overdue"), "overdue"),
    Measure("escalated", Text("其中已上报", "of them escalated"), "escalated"),
    Measure("needs_met", Text("解决需求", "needs met"), "needs_met"),
    Measure("person_times", _TIMES, "person_times"),
    Measure("persons", _PERSONS, "persons"),
    Measure("households", Text("帮扶户数", "help: households"), "households"),
    Measure("minutes", Text("志愿服务分钟", "volunteer minutes")),
    Measure("activities", Text("活动场次", "activities held")),
    Measure("activity_person_times", Text("活动人次", "activities: person-times"), "activity_person_times"),
    Measure("activity_persons", Text("活动人数", "activities: persons"), "activity_persons"),
    Measure("activity_households", Text("活动户数", "activities: households"), "activity_households"),
)  # fmt: skip
"""Figures of a place. Person-times, persons and households are apart; persons and households once each.

Help counts one person-time for each confirmed order; a household's or an institution's order does not say
which person, so that persons are then a lower bound.
"""
MONEY: tuple[Measure, ...] = (
    Measure("received_fen", Text("收入（元）", "received, yuan")),
    Measure("paid_clients", Text("受助对象", "helped"), "paid_clients", shared=False),
    Measure("spent_fen", Text("支出（元）", "spent, yuan"), "paid_clients", shared=False),
    Measure("free_fen", Text("可用（元）", "free, yuan"), inside=True),
)
"""Figures of a fund. Where few were helped, what was spent would tell what they got; so would balances of two
months, whose difference it is."""
CALLS: tuple[Measure, ...] = (
    Measure("asked", Text("派单", "asked")),
    Measure("accepted", Text("接单", "accepted")),
    Measure("declined", Text("不接", "declined")),
    Measure("timed_out", Text("超时", "timed out")),
    Measure("confirmed", Text("已确认", "confirmed"), shared=False),
    Measure("minutes", Text("志愿服务分钟", "volunteer minutes"), shared=False),
    Measure("person_times", _TIMES, "person_times", shared=False),
    Measure("persons", _PERSONS, "persons", shared=False),
    Measure("households", Text("帮扶户数", "help: households"), "households", shared=False),
    Measure("needs_met", Text("解决需求", "needs met"), "needs_met", shared=False),
    Measure("months", Text("有服务的月数", "months with help")),
)
"""Figures of an organization that takes part."""
NOWHERE = "-"
"""The key of what has no place at the level asked for."""
_NO_PLACE = Text("地区不详", "No place recorded")


@attrs.frozen(eq=False)
class Period:
    """What the state holds, seen over days `since` to `until`, both included, at a level of places.

    The state is taken as it is: open and overdue are those of now, told against `until`.
    """

    state: State
    since: dt.date
    until: dt.date
    level: str = "street"
    names: Mapping[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level: {self.level!r}; expected one of {', '.join(LEVELS)}")
        if self.until < self.since:
            raise ValueError(f"until: {self.until} is before {self.since}")

    def all(self, kind: str) -> list[Any]:
        """Return the records of a kind; [] where this state keeps no such records."""
        try:
            return self.state.find(kind)
        except KeyError:
            return []

    def get(self, kind: str, key: str) -> Any:
        """Return a record, None where there is none or none of its kind."""
        try:
            return self.state.get(kind, key)
        except KeyError:
            return None

    def within(self, day: str | None) -> bool:
        """Return whether a day (ISO text) lies in the period."""
        return day is not None and self.since.isoformat() <= day[:10] <= self.until.isoformat()

    def place(self, key: str | None) -> str:
        """Return the place at the level that `key` lies in, `NOWHERE` where that is not known."""
        if key is None:
            return NOWHERE
        area = self.get("area", key)
        if area is None:
            digits = {"province": 2, "city": 4, "county": 6, "street": 9, "community": 12}
            n = digits.get(self.level, 0)
            return key[:n] if n and key.isdigit() and len(key) >= n else NOWHERE
        return next((i for level, i in area.path if level == self.level), NOWHERE)

    def name(self, key: str) -> Text:
        """Return how a row is called: the given name, the area's, else its id."""
        if key == NOWHERE:
            return _NO_PLACE
        area = self.get("area", key)
        said = self.names.get(key) or (getattr(area, "name", None) if area else None) or key
        return Text(said, said)


def place_rows(period: Period) -> tuple[tuple[Row, ...], Row]:
    """Return the figures by place, and the total counted anew: who stands in two rows is one there."""
    groups: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for kind in ("order", "service", "activity"):
        for record in period.all(kind):
            groups[period.place(_where(period, record))].append((kind, record))
    rows = [Row(key, period.name(key), _figures(period, groups[key])) for key in sorted(groups)]
    rows.sort(key=lambda row: (row.key == NOWHERE, row.key))
    total = Text("合计", "Total")
    everything = [record for key in sorted(groups) for record in groups[key]]
    seen = tuple(row for row in rows if any(f.value or f.unrecorded for f in row.figures.values()))
    return seen, Row("", total, _figures(period, everything))


def _where(period: Period, record: Any) -> str | None:
    if record.place is None and getattr(record, "order", None) is not None:
        order = period.get("order", record.order)
        return None if order is None else order.place
    place: str | None = record.place
    return place


def _figures(period: Period, records: Iterable[tuple[str, Any]]) -> dict[str, Figure]:
    held: dict[str, list[Any]] = defaultdict(list)
    for kind, record in records:
        held[kind].append(record)
    minutes = [s.minutes for s in held["service"] if period.within(s.day)]
    came = [a for a in held["activity"] if period.within(a.day) and a.reason not in _NOT_HELD]
    return {
        **order_figures(period, held["order"]),
        "minutes": Figure(sum(minutes)),
        **_activity_figures(count_activities(came)),
    }


_NOT_HELD = ("duplicate", "not_held")


def order_figures(period: Period, orders: Iterable[Any]) -> dict[str, Figure]:
    """Return what orders came to: of the period what was placed and confirmed, of now what is open."""
    held = [o for o in orders if day_of(o.placed_at) <= period.until]
    still = [o for o in held if o.status not in FINAL]
    counts = {
        "placed": sum(day_of(o.placed_at) >= period.since for o in held),
        "open": len(still),
        "overdue": sum(overdue(o, period.until) for o in still),
        "escalated": sum(o.level is not None for o in still),
    }
    return {**{k: Figure(n) for k, n in counts.items()}, **help_figures(period, held)}


def help_figures(period: Period, orders: Iterable[Any]) -> dict[str, Figure]:
    """Return what confirmed orders of the period came to, people and households each once."""
    done = [o for o in orders if o.status == "confirmed" and period.within(o.confirmed_on)]
    persons = {o.client for o in done if o.client_kind == "persons"}
    homes = {o.client for o in done if o.client_kind == "households"}
    unnamed = sum(o.client_kind != "persons" for o in done)
    homeless = sum(o.client_kind != "households" for o in done)
    return {
        "confirmed": Figure(len(done)),
        "needs_met": Figure(len({o.need for o in done if o.need is not None})),
        "person_times": Figure(len(done)),
        "persons": Figure(len(persons), unnamed),
        "households": Figure(len(homes), homeless),
    }


def overdue(order: Any, on: dt.date) -> bool:
    """Return whether an open order is late: its day is over and it is not done, or an answer is."""
    if order.status == "done":
        return False
    if order.on_day is not None and order.on_day < on.isoformat():
        return True
    return order.due_at is not None and day_of(order.due_at) < on


def _activity_figures(found: ActivityFigures) -> dict[str, Figure]:
    tallies: Mapping[str, Tally] = {
        "activity_person_times": found.person_times,
        "activity_persons": found.persons,
        "activity_households": found.households,
    }
    return {
        "activities": Figure(found.activities),
        **{k: Figure(t.at_least, int(t.exact is None)) for k, t in tallies.items()},
    }


def level_rows(period: Period) -> tuple[Row, ...]:
    """Return open orders that were escalated, by the level that decides now, from below."""
    still = [o for o in period.all("order") if o.status not in FINAL and o.level is not None]
    rows = []
    for level in reversed(LEVELS):
        mine = [o for o in still if o.level == level]
        if mine:
            figures = {
                "escalated": Figure(len(mine)),
                "overdue": Figure(sum(overdue(o, period.until) for o in mine)),
            }
            rows.append(Row(level, Text(LEVELS[level], level), figures))
    return tuple(rows)


def fund_rows(period: Period) -> tuple[Row, ...]:
    """Return what each fund received, spent and has free."""
    received: dict[str, int] = defaultdict(int)
    spent: dict[str, int] = defaultdict(int)
    helped: dict[str, set[str]] = defaultdict(set)
    for gift in period.all("gift"):
        if period.within(gift.day) and gift.origin is None:
            received[gift.fund] += gift.fen
    for payment in period.all("payment"):
        if period.within(payment.day):
            spent[payment.fund] += payment.fen - payment.returned
            helped[payment.fund].add(payment.client or payment.id)
    return tuple(
        Row(
            fund.id,
            Text(fund.name, fund.name),
            {
                "received_fen": Figure(received[fund.id]),
                "paid_clients": Figure(len(helped[fund.id])),
                "spent_fen": Figure(spent[fund.id]),
                "free_fen": Figure(fund.free_fen),
            },
        )
        for fund in period.all("fund")
    )


def partner_rows(period: Period, kinds: tuple[str, ...]) -> tuple[Row, ...]:
    """Return what the helpers of `kinds` (``organizations`` ...) did in the period, by id."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    orders: dict[str, list[Any]] = defaultdict(list)
    for call in period.all("call"):
        if call.kind in kinds and period.within(day_of(call.asked_at).isoformat()):
            counts[call.helper]["asked"] += 1
            counts[call.helper][_ANSWERS.get(call.state, call.state)] += 1
    for order in period.all("order"):
        for helper in sorted({who for _, who, _ in order.helpers}):
            known = period.get("helper", helper)
            if known is not None and known.kind in kinds:
                orders[helper].append(order)
    minutes: dict[str, int] = defaultdict(int)
    for service in period.all("service"):
        if period.within(service.day):
            minutes[service.organizer] += service.minutes
    keys = sorted(counts.keys() | orders.keys())
    return tuple(_partner(period, key, counts[key], orders[key], minutes[key]) for key in keys)


_ANSWERS = {"done": "accepted", "backed_out": "declined"}


def _partner(
    period: Period, key: str, counts: Mapping[str, int], orders: list[Any], minutes: int
) -> Row:
    mine = {k: Figure(counts.get(k, 0)) for k in ("asked", "accepted", "declined", "timed_out")}
    done = [o for o in orders if o.status == "confirmed" and period.within(o.confirmed_on)]
    months = {o.confirmed_on[:7] for o in done}
    more = {"minutes": Figure(minutes), "months": Figure(len(months))}
    return Row(key, period.name(key), {**mine, **help_figures(period, orders), **more})


def behind(period: Period) -> list[tuple[str, str, str, int]]:
    """Return milestones not reached by the last day: (project, milestone, due day, days late)."""
    found = []
    for step in period.all("milestone"):
        project = period.get("project", step.project)
        if step.open and step.due_on < period.until.isoformat() and project.status == "granted":
            late = (period.until - dt.date.fromisoformat(step.due_on)).days
            found.append((step.project, step.id, step.due_on, late))
    return sorted(found, key=lambda row: (row[2], row[1]))
