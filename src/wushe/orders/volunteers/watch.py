"""What those who look after volunteers must see: insurance, minors, too many hours, too many requests."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from wushe.journal import State
from wushe.journal.event import day_of
from wushe.model.ordering import OrderRules
from wushe.orders.volunteers.paper import name_of
from wushe.orders.volunteers.records import Service
from wushe.privacy import DEFAULT_ROLE, shown_to
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork

DANGEROUS = ("home_repair", "safety_check")
"""Built-in categories with work on power, gas or ladders. Assumed: no law lists them; a city names its own."""
FLAGS = {
    "uninsured": Text(
        zh="服务可能发生人身危险，当日没有保险（志愿服务条例第17条）",
        en="dangerous service without insurance on the day (volunteer service regulations, article 17)",
    ),
    "insurance_unknown": Text(
        zh="服务可能发生人身危险，有没有保险不清楚（志愿服务条例第17条）",
        en="dangerous service, insurance not known (volunteer service regulations, article 17)",
    ),
    "minor_in_danger": Text(
        zh="未成年人参加了可能发生人身危险的服务", en="a minor took part in dangerous service"
    ),
    "guardian_missing": Text(
        zh="未成年志愿者没有监护人同意的记录",
        en="a minor without a recorded consent of the guardian",
    ),
    "over_week": Text(
        zh="一周服务 {value} 分钟，超过本人可服务的时间",
        en="{value} minutes in a week, more than offered",
    ),
    "late": Text(
        zh="活动结束后超过期限才记录（令67号第11条）",
        en="recorded after the time allowed (Order 67, article 11)",
    ),
}
_SEVEN = dt.timedelta(days=7)


@attrs.frozen
class Flag:
    """Something to look into: `code` of `FLAGS`, who, when (of a week: its Monday), which service."""

    code: str
    helper: str
    day: str
    service: str | None = None
    value: int | None = None

    def say(self, lang: str = "zh") -> str:
        """Return what it is, without saying who."""
        return f"{self.day} {FLAGS[self.code].say(lang, value=self.value)}"


def volunteer_flags(
    state: State, *, since: dt.date, until: dt.date, dangerous: Collection[str] = DANGEROUS
) -> tuple[Flag, ...]:
    """Return what is to be looked into about the services from `since` to `until`, by helper, day and code.

    `dangerous` are categories of service that may endanger who gives it. Weeks run from Monday to Sunday and count
    whole, those at both ends too.
    """
    monday = since - dt.timedelta(days=since.weekday())
    sunday = until + dt.timedelta(days=6 - until.weekday())
    services = _between(state, monday, sunday)
    inside = [v for v in services if since.isoformat() <= v.day <= until.isoformat()]
    flags = [flag for service in inside for flag in _of_service(service, dangerous)]
    flags += _of_weeks(state, services)
    return tuple(sorted(flags, key=lambda f: (f.helper, f.day, f.code, f.service or "")))


def _between(state: State, since: dt.date, until: dt.date) -> list[Service]:
    found: list[Service] = state.until("service", "day", until.isoformat())
    return [service for service in found if service.stands and service.day >= since.isoformat()]


def _of_service(service: Service, dangerous: Collection[str]) -> Iterator[Flag]:
    codes = []
    if service.category in dangerous:
        if service.insured is not True:
            codes.append("insurance_unknown" if service.insured is None else "uninsured")
        if service.minor:
            codes.append("minor_in_danger")
    if service.minor and service.guardian_consent is not True:
        codes.append("guardian_missing")
    if service.late:
        codes.append("late")
    for code in codes:
        yield Flag(code, service.helper, service.day, service.id)


def _of_weeks(state: State, services: Sequence[Service]) -> Iterator[Flag]:
    weeks: dict[tuple[str, str], int] = defaultdict(int)
    for service in services:
        day = dt.date.fromisoformat(service.day)
        weeks[service.helper, (day - dt.timedelta(days=day.weekday())).isoformat()] += (
            service.minutes
        )
    for (who, monday), minutes in weeks.items():
        helper = state.get("helper", who)
        if helper is None or helper.weekly_minutes is None or minutes <= helper.weekly_minutes:
            continue
        yield Flag("over_week", who, monday, value=minutes)


@attrs.frozen
class WeekLoad:
    """Minutes of a helper in the week from `monday`: given, promised in accepted orders, offered (None unknown)."""

    monday: str
    given: int
    promised: int
    offered: int | None

    @property
    def left(self) -> int | None:
        """Minutes that may still be asked for, never below 0; None where nobody said how many there are."""
        return None if self.offered is None else max(self.offered - self.given - self.promised, 0)


def week_load(state: State, helper: str, day: dt.date) -> WeekLoad:
    """Return how far the week of `day` is filled for `helper`."""
    monday = day - dt.timedelta(days=day.weekday())
    week = {(monday + dt.timedelta(days=i)).isoformat() for i in range(7)}
    given = [v for v in state.find("service", helper=helper) if v.stands and v.day in week]
    calls = state.find("call", helper=helper, state="accepted")
    held = state.get("helper", helper)
    return WeekLoad(
        monday.isoformat(),
        sum(service.minutes for service in given),
        sum(call.minutes for call in calls if call.on_day in week),
        None if held is None else held.weekly_minutes,
    )


def insurance_due(
    state: State, *, on: dt.date, dangerous: Collection[str] = DANGEROUS
) -> tuple[Flag, ...]:
    """Return the volunteers with a dangerous service ahead who are not known to be insured on its day.

    The service of an order without a day counts as on the day `on`. Insure them before they go (article 17).
    """
    flags = []
    for call in state.find("call", state="accepted"):
        order = state.get("order", call.order)
        helper = state.get("helper", call.helper)
        if call.kind != "volunteers" or order is None or order.category not in dangerous:
            continue
        until = None if helper is None else helper.insured_until
        day = max(call.on_day or "", on.isoformat())
        if until is None or until < day:
            code = "insurance_unknown" if until is None else "uninsured"
            flags.append(Flag(code, call.helper, day))
    return tuple(sorted(flags, key=lambda f: (f.day, f.helper)))


@attrs.frozen
class VolunteerTotals:
    """What a report tells of a period (TVR 18): volunteers who served, their services and minutes, how many of them
    were recorded late, what is still to be recorded of services in it, proofs issued in it.
    """

    volunteers: int
    services: int
    minutes: int
    late: int
    still_due: int
    certificates: int


def volunteer_totals(state: State, *, since: dt.date, until: dt.date) -> VolunteerTotals:
    """Return the figures from `since` to `until`, both included. Minutes are kept, for sums to agree."""
    services = _between(state, since, until)
    low, high = since.isoformat(), until.isoformat()
    return VolunteerTotals(
        volunteers=len({service.helper for service in services}),
        services=len(services),
        minutes=sum(service.minutes for service in services),
        late=sum(service.late for service in services),
        still_due=sum(low <= due.day <= high for due in state.find("service_due", open="1")),
        certificates=sum(low <= c.issued_on <= high for c in state.find("certificate")),
    )


# --- requests --------------------------------------------------------------------------------------

_ACCEPTED = ("accepted", "done", "backed_out", "held")
_SILENT = ("timed_out",)
_REFUSED = ("declined",)


@attrs.frozen
class RequestCount:
    """How often a volunteer was asked: `asked` in all, of them accepted, declined and left unanswered.

    The others are open, or were withdrawn when somebody was faster. `busiest`: most requests within seven days;
    `over`: more of them than the city allows.
    """

    helper: str
    asked: int
    accepted: int
    declined: int
    silent: int
    busiest: int
    over: bool

    @property
    def accepted_percent(self) -> int | None:
        """Accepted of those answered or left unanswered, whole percent rounded down; None where there is none."""
        answered = self.accepted + self.declined + self.silent
        return None if answered == 0 else 100 * self.accepted // answered


def request_counts(
    state: State,
    *,
    since: dt.date,
    until: dt.date,
    weekly_calls: int = OrderRules("default").weekly_calls,
) -> tuple[RequestCount, ...]:
    """Count the requests (派单) that each volunteer got from `since` to `until`: who tires of being asked?

    The most asked come first.
    """
    days: dict[str, list[dt.date]] = defaultdict(list)
    states: dict[str, list[str]] = defaultdict(list)
    for call in state.find("call"):
        day = day_of(call.asked_at)
        if call.kind == "volunteers" and since <= day <= until:
            days[call.helper].append(day)
            states[call.helper].append(call.state)
    counts = [_count(who, days[who], states[who], weekly_calls) for who in sorted(days)]
    return tuple(sorted(counts, key=lambda c: (-c.asked, c.helper)))


def _count(helper: str, days: list[dt.date], states: list[str], weekly_calls: int) -> RequestCount:
    days.sort()
    busiest = first = 0
    for last, day in enumerate(days):
        while day - days[first] >= _SEVEN:
            first += 1
        busiest = max(busiest, last - first + 1)
    return RequestCount(
        helper=helper,
        asked=len(days),
        accepted=sum(state in _ACCEPTED for state in states),
        declined=sum(state in _REFUSED for state in states),
        silent=sum(state in _SILENT for state in states),
        busiest=busiest,
        over=busiest > weekly_calls,
    )


_NOBODY = Text(zh="志愿者{n}", en="volunteer {n}")
COLUMNS: Mapping[str, Text] = {
    "helper": Text(zh="志愿者", en="volunteer"),
    "name": Text(zh="姓名", en="name"),
    "asked": Text(zh="派单次数", en="requests"),
    "accepted": Text(zh="接单", en="accepted"),
    "declined": Text(zh="拒单", en="declined"),
    "silent": Text(zh="未答复", en="no answer"),
    "accepted_percent": Text(zh="接单率（%）", en="accepted (%)"),
    "busiest": Text(zh="七日内最多", en="most in seven days"),
    "over": Text(zh="超过上限", en="over the limit"),
}
"""What `request_rows` returns, with the words for it."""


def request_rows(
    state: State,
    counts: Sequence[RequestCount],
    *,
    network: LinkageNetwork | None = None,
    role: str = DEFAULT_ROLE,
    lang: str = "zh",
) -> list[dict[str, str | int | bool | None]]:
    """Return a row per volunteer with the keys of `COLUMNS`; ids and names only as `role` may see them."""
    rows: list[dict[str, str | int | bool | None]] = []
    full = shown_to(role, "reference") == "full"
    for n, count in enumerate(counts, start=1):
        held = state.get("helper", count.helper)
        name = name_of(network, count.helper, role, minor=held is None or held.minor)
        who = count.helper if full else _NOBODY.say(lang, n=n)
        figures = {key: getattr(count, key) for key in COLUMNS if key not in ("helper", "name")}
        rows.append({"helper": who, "name": name if network is not None else None, **figures})
    return rows
