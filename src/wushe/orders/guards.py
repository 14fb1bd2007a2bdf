"""Who may be asked, may accept and may go on: every guard of an order, all objections at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import attrs

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.orders import problems as why
from wushe.orders.city_guards import Partners, city_objections
from wushe.orders.desk import OPEN_CALLS, TAKEN_CALLS, Desk, week_of
from wushe.orders.records import Area, Call, Candidate, Helper, Order, Slot
from wushe.orders.rules import path_of
from wushe.orders.table import FINAL, NEW, STATUSES
from wushe.text import Text

Purpose = Literal["ask", "claim", "accept", "keep"]
"""What somebody is looked at for. To be asked one must not be asked for the same time elsewhere;
who goes on (``keep``) is not weighed against the own other work again."""
VETTING_DAYS = 365
"""未成年人保护法 article 62: checked before taking up the work, and every year."""
ADULT_SKILLS = frozenset({"care", "counselling", "escort", "repair", "rescue"})
"""What under-age volunteers are not sent to do, beside every emergency."""

SERVED = ("done", "confirmed")
"""An order that comes after another need may be given out once that one's orders have come so far."""

Objection = tuple[ProblemKind, dict[str, Any]]
Objections = Sequence[Objection]


@attrs.frozen
class Ask:
    """One helper looked at for one order or one role of it."""

    desk: Desk
    order: Order
    helper: Helper
    candidate: Candidate
    slot: Slot
    purpose: Purpose

    @property
    def day(self) -> str:
        """The day of the service, today where none is fixed or it has passed."""
        on = self.order.on_day
        return self.desk.today if on is None or on < self.desk.today else on

    @property
    def others(self) -> Iterator[Call]:
        """What the helper has to do with other orders."""
        counted = OPEN_CALLS if self.purpose == "ask" else TAKEN_CALLS
        for call in self.desk.calls_of(self.helper.id):
            if call.state in counted and call.order != self.order.id:
                yield call


def objections(desk: Desk, order: Order, candidate: Candidate, purpose: Purpose) -> list[Objection]:
    """Return everything that speaks against `candidate` for `order`, [] where nothing does."""
    helper = desk.helper(candidate.provider)
    if helper is None:
        return [(why.NOT_ENROLLED, {})]
    role = -1 if candidate.role is None else candidate.role
    ask = Ask(desk, order, helper, candidate, order.slot(role), purpose)
    return [found for guard in _GUARDS for found in guard(ask)]


def check(desk: Desk, order: Order, candidates: Sequence[Candidate], purpose: Purpose) -> None:
    """Raise RefusedError with every objection to any of `candidates`."""
    found = [
        why.problem(kind, order.stream, "helper", candidate.provider, **params)
        for candidate in candidates
        for kind, params in objections(desk, order, candidate, purpose)
    ]
    if found:
        raise RefusedError(found)


def reasons_against(desk: Desk, order: Order, candidate: Candidate, purpose: Purpose) -> list[Problem]:  # fmt: skip
    """Return the objections as problems, for lists of who cannot be asked and why."""
    return [
        why.problem(kind, order.stream, "helper", candidate.provider, **params)
        for kind, params in objections(desk, order, candidate, purpose)
    ]


def minutes_of(order: Order, slot: Slot) -> int:
    """Return what the work takes of a week: its minutes, else the length of the appointment, else 0."""
    if slot.dimension == "minute":
        return slot.amount
    if order.starts is not None and order.ends is not None:
        return order.ends - order.starts
    return 0


@lru_cache(maxsize=4096)
def _vetted_until(vetted_on: str) -> str:
    return (dt.date.fromisoformat(vetted_on) + dt.timedelta(days=VETTING_DAYS)).isoformat()


def waits(desk: Desk, order: Order) -> bool:
    """Return whether `order` comes after a need of which no order is done yet, or one is still open."""
    return order.after is not None and waits_for(desk, order) is not None


def waits_for(desk: Desk, order: Order) -> Mapping[str, Any] | None:
    """Return the need that `order` waits for and how far its orders are, None where it waits for nothing."""
    before: list[Order] = desk.session.state.find("order", need=order.after)
    open_ones = [one for one in before if one.status not in (*FINAL, *SERVED)]
    if order.after is None or (not open_ones and any(one.status in SERVED for one in before)):
        return None
    told = [STATUSES[one.status] for one in sorted(open_ones or before, key=lambda one: one.id)]
    found = Text("、".join(t.zh for t in told), ", ".join(t.en for t in told))
    return {"after": order.after, "state": found if told else STATUSES[NEW]}


def _waits(ask: Ask) -> Objections:
    found = None if ask.purpose == "keep" else waits_for(ask.desk, ask.order)
    return () if found is None else ((why.WAITS, dict(found)),)


def _vetting(ask: Ask) -> Objections:
    if not ask.order.minor or ask.order.form != "service":
        return ()
    vetted = ask.helper.vetted_on
    if vetted is None or vetted > ask.desk.today or _vetted_until(vetted) < ask.day:
        return ((why.NOT_VETTED, {}),)
    return ()


def _under_age(ask: Ask) -> Objections:
    if not ask.helper.minor:
        return ()
    found: list[Objection] = []
    if not ask.helper.guardian_consent:
        found.append((why.NO_GUARDIAN, {}))
    if ask.order.urgency == "emergency" or ADULT_SKILLS.intersection(ask.slot.skills):
        found.append((why.ADULTS_ONLY, {}))
    return found


def _own_home(ask: Ask) -> Objections:
    own = ask.helper.family is not None and ask.helper.family == ask.order.client
    return ((why.OWN_HOME, {}),) if own else ()


def _skills(ask: Ask) -> Objections:
    # Only of single persons are all skills on record; a firm or team sends whoever has them.
    if not ask.slot.skills or not ask.helper.single:
        return ()
    lacking = sorted(set(ask.slot.skills) - set(ask.helper.skills))
    return ((why.NO_SKILL, {"skills": ", ".join(lacking)}),) if lacking else ()


def _dates(ask: Ask) -> Objections:
    first, last = ask.helper.available_from, ask.helper.available_to
    # Help without a fixed day may begin when the helper does.
    early = first is not None and ask.order.on_day is not None and ask.day < first
    if early or (last is not None and ask.day > last):
        return ((why.NOT_AVAILABLE, {"first": first or "…", "last": last or "…"}),)
    return ()


def _restriction(ask: Ask) -> Objections:
    helper, order = ask.helper, ask.order
    wrong = []
    if helper.categories and ask.slot.category not in helper.categories:
        wrong.append("category")
    if helper.for_places and not set(helper.for_places).intersection(_places(ask)):
        wrong.append("place")
    if helper.for_groups and not set(helper.for_groups).intersection(order.groups):
        wrong.append("group")
    if helper.for_clients and order.client not in helper.for_clients:
        wrong.append("client")
    if not wrong:
        return ()
    by = Text("、".join(_BY[w].zh for w in wrong), ", ".join(_BY[w].en for w in wrong))
    return ((why.RESTRICTED, {"by": by}),)


_BY = {
    "category": Text("用途", "purpose"),
    "place": Text("地区", "place"),
    "group": Text("对象类别", "target group"),
    "client": Text("指定受助方", "those named by the donor"),
}


def _places(ask: Ask) -> list[str]:
    place = ask.order.place
    above = [key for _, key in path_of(ask.desk.session.state, place)]
    return above if place is None else [*above, place]


def _limit(ask: Ask) -> Objections:
    most = ask.candidate.most
    return ((why.TOO_MUCH, {"most": most}),) if most is not None and ask.slot.amount > most else ()


def _caseload(ask: Ask) -> Objections:
    limit = ask.helper.caseload_limit
    if limit is None or ask.purpose == "keep":
        return ()
    clients = {call.client for call in ask.others} | {ask.order.client}
    full = ask.helper.caseload + len(clients) > limit
    return ((why.CASELOAD, {"limit": limit}),) if full else ()


def _overlap(ask: Ask) -> Objections:
    order = ask.order
    if ask.purpose == "keep" or not ask.helper.single:
        return ()
    mine = _hours(order.starts, order.ends, minutes_of(order, ask.slot))
    if order.on_day is None or mine is None:
        return ()
    for call in ask.others:
        theirs = _hours(call.starts, call.ends, call.minutes)
        if call.on_day != order.on_day or theirs is None:
            continue
        if call.client == order.client and order.visit is not None and call.visit == order.visit:
            continue
        if theirs[0] < mine[1] and mine[0] < theirs[1]:
            return ((why.OVERLAP, {"other": call.order}),)
    return ()


def _hours(starts: int | None, ends: int | None, minutes: int) -> tuple[int, int] | None:
    """Return from when to when somebody is busy; of an appointment with one end open, as long as the work takes."""
    if starts is None and ends is None:
        return None
    if starts is None:
        return (ends or 0) - max(minutes, 1), ends or 0
    return starts, starts + max(minutes, 1) if ends is None else ends


def _week(ask: Ask) -> Objections:
    limit = ask.helper.weekly_minutes
    if limit is None or ask.purpose == "keep" or not ask.helper.single:
        return ()
    needed = minutes_of(ask.order, ask.slot)
    if needed == 0:
        return ()
    week, today = week_of(ask.day), ask.desk.today
    taken = sum(c.minutes for c in ask.others if week_of(max(c.on_day or today, today)) == week)
    # What was done in that week took its time as well.
    taken += sum(
        c.minutes
        for c in ask.desk.calls_of(ask.helper.id)
        if c.state == "done" and c.order != ask.order.id and c.on_day and week_of(c.on_day) == week
    )
    full = taken + needed > limit
    return ((why.WEEK_FULL, {"limit": limit, "needed": needed}),) if full else ()


def _fatigue(ask: Ask) -> Objections:
    if ask.purpose != "ask" or ask.helper.kind != "volunteers":
        return ()
    limit = ask.desk.rules(ask.order.category).weekly_calls
    tired = ask.desk.asked_lately(ask.helper.id) >= limit
    return ((why.FATIGUE, {"limit": limit}),) if tired else ()


def _two_roles(ask: Ask) -> Objections:
    role = ask.candidate.role
    if role is None or not ask.helper.single:
        return ()
    for call in ask.desk.calls_of(ask.helper.id):
        if call.order == ask.order.id and call.role != role and call.state in OPEN_CALLS:
            return ((why.TWO_ROLES, {}),)
    return ()


def _city(ask: Ask) -> Objections:
    guards = ask.desk.rules(ask.order.category).guards
    if not guards:
        return ()
    known = ask.desk.refused.get((ask.order.id, ask.candidate.role, ask.helper.id))
    if known is None:
        known = city_objections(guards, [(ask.order, ask.slot, ask.helper)], _partners(ask.desk))[0]
    return [(why.CITY_GUARD, {"label": guard.label}) for guard in known]


def _partners(desk: Desk) -> Partners:
    """Return what tells who is paired with the stations of a place, by the areas enrolled."""

    def of(place: str | None) -> tuple[str, ...]:
        area: Area | None = None if place is None else desk.session.state.get("area", place)
        return () if area is None else area.partners

    return of


_GUARDS: tuple[Callable[[Ask], Objections], ...] = (
    _waits, _vetting, _under_age, _own_home, _skills, _dates, _restriction, _limit,
    _caseload, _overlap, _week, _fatigue, _two_roles, _city,
)  # fmt: skip


def foresee(desk: Desk, asked: Sequence[tuple[Order, Candidate]]) -> None:
    """Ask the city's guards about many pairs at once, so that `objections` need not ask one by one."""
    by_category: dict[str, list[tuple[Order, Slot, Helper, Candidate]]] = {}
    for order, candidate in asked:
        helper = desk.helper(candidate.provider)
        if helper is not None and desk.rules(order.category).guards:
            slot = order.slot(-1 if candidate.role is None else candidate.role)
            by_category.setdefault(order.category, []).append((order, slot, helper, candidate))
    for category, rows in by_category.items():
        guards = desk.rules(category).guards
        answers = city_objections(
            guards, [(order, slot, helper) for order, slot, helper, _ in rows], _partners(desk)
        )
        for (order, _, helper, candidate), against in zip(rows, answers, strict=True):
            desk.refused[order.id, candidate.role, helper.id] = against
