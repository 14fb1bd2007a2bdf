"""Hours: what volunteers actually gave, from confirmed orders and held activities; corrected, never edited.

Only volunteering counts (TVR 19): the paid work of social workers and of firms' staff is not recorded. From the end
of a service its time is due, within ten working days (TVR 11): it is recorded when the order is confirmed, or
stated later where the confirmation cannot tell it, such as which members of a team came.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs

from wushe.errors import Problem, RefusedError
from wushe.journal import Event, EventKind, Session, State, command
from wushe.journal.event import day_of
from wushe.orders.volunteers.problems import (
    DAY_AHEAD,
    MINUTES_OUT_OF_RANGE,
    NO_RECORD,
    NOT_A_VOLUNTEER,
    NOT_CONFIRMED,
    NOT_IN_ORDER,
    NOT_VOLUNTEERING,
    OWN_SERVICE,
    RECORDED_BEFORE,
    UNKNOWN_REASON,
    problem,
    refuse,
)
from wushe.orders.volunteers.records import MAX_MINUTES, Service, ServiceDue, joined
from wushe.rules.calendar import Deadline, add_working_days
from wushe.text import Text

RECORD_DAYS = 10
"""Working days after the activity within which it is recorded (TVR 11); a city may ask for fewer."""
CORRECTIONS = {
    "miscounted": Text(zh="时间记错", en="the time was wrong"),
    "absent": Text(zh="本人未参加", en="the volunteer was not there"),
    "duplicate": Text(zh="重复记录", en="recorded twice"),
    "not_volunteering": Text(zh="不属于志愿服务", en="it was no volunteering"),
}
"""Why a service is corrected (TVR 13). All but the first take it back whole."""


@command
def record_order_service(
    s: Session, *, order: str, helper: str, minutes: Mapping[str, int]
) -> dict[str, Any]:
    """Record how long those served who came for `helper`, who accepted `order`; it must be confirmed.

    `helper` is a volunteer, then `minutes` names that one; or a team, then its members who came. Nobody came: {}.
    Of an order that was cancelled or failed, it is the part that was done. Nobody records the own time.
    """
    stream = f"order/{order}"
    held = s.state.get("order", order)
    if held is None:
        refuse(NO_RECORD, stream, "order", order)
    if held.status not in _ENDED or held.form != "service":
        refuse(NOT_CONFIRMED, stream, "order", order)
    due = s.state.get("service_due", joined(order, helper))
    if due is None:
        refuse(NOT_IN_ORDER, stream, "helper", helper)
    if due.open is None:
        refuse(RECORDED_BEFORE, stream, "helper", helper)
    problems = _own(s, stream, minutes)
    problems += [p for who in minutes for p in _not_of(s.state, stream, due, who)]
    drafts = [_draft(s, _of_order(s, held, who, n, due.day)) for who, n in sorted(minutes.items())]
    problems += [p for service in drafts for p in _not_usable(s.state, stream, service)]
    if problems:
        raise RefusedError(problems)
    services = [_record(s, service) for service in drafts]
    if held_open(s.state, due.id):
        s.record("service.stated", f"service/order/{due.id}", {"id": due.id})
    return {"services": services}


def _own(s: Session, stream: str, minutes: Mapping[str, int]) -> list[Problem]:
    return [problem(OWN_SERVICE, stream, "by", s.act.by)] if s.act.by in minutes else []


def held_open(state: State, due: str) -> bool:
    """Return whether the time `due` is still to be stated."""
    held: ServiceDue | None = state.get("service_due", due)
    return held is not None and held.open is not None


def _not_of(state: State, stream: str, due: ServiceDue, who: str) -> list[Problem]:
    helper = state.get("helper", who)
    if due.kind == "volunteer_teams" and helper is not None:
        inside = due.helper in helper.teams
    else:
        inside = who == due.helper
    return [] if inside else [problem(NOT_IN_ORDER, stream, "helper", who)]


@command
def record_activity_service(
    s: Session, *, activity: str, minutes: Mapping[str, int], leader: str | None = None
) -> dict[str, Any]:
    """Record how long each volunteer (`minutes` by id) served in an activity; `leader`, an enrolled helper, was in charge.

    Refused unless the activity is marked as volunteering.
    """
    stream = f"activity/{activity}"
    held = s.state.get("activity", activity)
    if held is None:
        refuse(NO_RECORD, stream, "activity", activity)
    if held.volunteer_event is not True:
        refuse(NOT_VOLUNTEERING, stream, "volunteer_event", held.volunteer_event)
    if held.day is None or held.day > s.act.day.isoformat():
        refuse(DAY_AHEAD, stream, "day", held.day, on=s.act.day.isoformat())
    if leader is not None and s.state.get("helper", leader) is None:
        refuse(NO_RECORD, stream, "leader", None)
    drafts = [
        _draft(
            s,
            Service(
                id=joined("activity", activity, who),
                helper=who,
                day=held.day,
                category=held.category,
                minutes=n,
                organizer=held.organizer or s.act.by,
                recorded_by=s.act.by,
                recorded_on=s.act.day.isoformat(),
                due_on="",
                activity=activity,
                leader=leader,
                place=held.place,
            ),
        )
        for who, n in sorted(minutes.items())
    ]
    problems = _own(s, stream, minutes)
    problems += [p for service in drafts for p in _not_usable(s.state, stream, service)]
    if problems:
        raise RefusedError(problems)
    return {"services": [_record(s, service) for service in drafts]}


@command
def correct_service(
    s: Session, *, service: str, reason: str, minutes: int | None = None
) -> dict[str, Any]:
    """Correct a service (TVR 13): another number of `minutes` where they were miscounted, else it is taken back.

    `reason` is a code of `CORRECTIONS`. Points follow; what was spent already is made up for by later ones.
    """
    stream = f"service/{service}"
    held: Service | None = s.state.get("service", service)
    if held is None:
        refuse(NO_RECORD, stream, "service", service)
    if s.act.by == held.helper:
        refuse(OWN_SERVICE, stream, "by", s.act.by)
    if reason not in CORRECTIONS:
        refuse(UNKNOWN_REASON, stream, "reason", reason, reasons=", ".join(CORRECTIONS))
    whole = reason != "miscounted"
    new = attrs.evolve(held, minutes=0 if whole or minutes is None else minutes)
    if (whole and minutes) or (not whole and not _fits(s.state, new, beside=held.id)):
        raise RefusedError([_minutes_problem(stream, minutes, 0 if whole else 1)])
    s.record(
        "service.corrected",
        stream,
        {"id": held.id, "minutes": new.minutes, "times": int(not whole), "reason": reason},
    )
    return {"service": held.id, "minutes": new.minutes}


# --- what follows from orders ----------------------------------------------------------------------

_ENDED = ("confirmed", "cancelled", "failed")
_VOLUNTEERS = ("volunteers", "volunteer_teams")


def on_order_done(s: Session, event: Event) -> None:
    """Note that the time of each volunteer of the order is to be recorded, from the day of the service on.

    Goods and money are no services; whoever works for pay is no volunteer. Where one serves in an order that
    counts minutes, what is done and was not done by others before is the time given.
    """
    order = _service_order(s, event)
    if order is None:
        return
    helpers = sorted({provider for _, provider, _ in order.helpers})
    minutes: int | None = None
    if len(helpers) == 1 and order.dimension == "minute":
        dues: list[ServiceDue] = s.state.find("service_due", order=order.id, open="1")
        minutes = order.done_amount - sum(d.minutes or 0 for d in dues if d.helper not in helpers)
        if minutes < 1:  # less was accepted in the end than others had done: somebody has to say
            minutes = None
    for who in helpers:
        _owe(s, event, order, who, minutes)


def on_order_backed_out(s: Session, event: Event) -> None:
    """Who did a part and left has served as well."""
    order = _service_order(s, event)
    did = event.data["did"]
    if order is not None and did:
        who = s.state.get("call", event.data["call"]).helper
        _owe(s, event, order, who, did if order.dimension == "minute" else None)


def on_order_ended(s: Session, event: Event) -> None:
    """Of an order that was cancelled or failed after a part was done, that part was served all the same."""
    order = _service_order(s, event)
    if order is not None and order.done_amount:
        on_order_done(s, event)


def on_order_reopened(s: Session, event: Event) -> None:
    """What was reported as done is not accepted: its time is due once it is done."""
    order = _service_order(s, event)
    for _, who, _ in () if order is None else order.helpers:
        key = joined(order.id, who)
        if held_open(s.state, key):
            s.record("service.put_off", f"service/order/{key}", {"id": key})


def _service_order(s: Session, event: Event) -> Any:
    order = s.state.get("order", event.stream.removeprefix("order/"))
    return order if order is not None and order.form == "service" else None


def _owe(s: Session, event: Event, order: Any, who: str, minutes: int | None) -> None:
    helper = s.state.get("helper", who)
    if helper is None or helper.kind not in _VOLUNTEERS:
        return
    today = day_of(event.at).isoformat()
    day = min(order.on_day or today, today)
    due = deadline(day, _record_days(s, order.category))
    data = {
        "id": joined(order.id, who),
        "order": order.id,
        "helper": who,
        "kind": helper.kind,
        "day": day,
        "due_on": due.on.isoformat(),
        "provisional": due.provisional,
        "minutes": minutes,
    }
    s.record("service.due", f"service/order/{data['id']}", data)


def on_order_confirmed(s: Session, event: Event) -> None:
    """Record the service of each volunteer whose time is known; the other times stay due.

    ``event.data`` may say ``minutes``, by helper.
    """
    order = _service_order(s, event)
    if order is None:
        return
    stated: Mapping[str, int] = event.data.get("minutes") or {}
    for due in s.state.find("service_due", order=order.id, open="1"):
        minutes = stated.get(due.helper, due.minutes)
        if minutes is None:
            continue
        service = _draft(s, _of_order(s, order, due.helper, minutes, due.day))
        if not _not_usable(s.state, order.stream, service):
            _record(s, service)


def _of_order(s: Session, order: Any, who: str, minutes: int, day: str) -> Service:
    return Service(
        id=joined("order", order.id, who),
        helper=who,
        day=day,
        category=order.category,
        minutes=minutes,
        organizer=order.placed_by,
        recorded_by=s.act.by,
        recorded_on=s.act.day.isoformat(),
        due_on="",
        order=order.id,
        place=order.place,
    )


def _draft(s: Session, service: Service) -> Service:
    """Return `service` with what the volunteer's record and the calendar say."""
    due = deadline(service.day, _record_days(s, service.category))
    helper = s.state.get("helper", service.helper)
    until = None if helper is None else helper.insured_until
    return attrs.evolve(
        service,
        due_on=due.on.isoformat(),
        provisional=due.provisional,
        late=service.recorded_on > due.on.isoformat(),
        family=helper and helper.family,
        minor=bool(helper and helper.minor),
        guardian_consent=helper and helper.guardian_consent,
        insured=None if until is None else until >= service.day,
    )


def _record(s: Session, service: Service) -> str:
    s.record("service.recorded", f"service/{service.id}", attrs.asdict(service))
    return service.id


# --- checks ----------------------------------------------------------------------------------------


def _not_usable(state: State, stream: str, service: Service) -> list[Problem]:
    helper = state.get("helper", service.helper)
    if helper is None or helper.kind != "volunteers":
        return [problem(NOT_A_VOLUNTEER, stream, "helper", service.helper)]
    if state.get("service", service.id) is not None:
        return [problem(RECORDED_BEFORE, stream, "helper", service.helper)]
    if not _fits(state, service):
        return [_minutes_problem(stream, service.minutes, 1)]
    return []


def _fits(state: State, service: Service, *, beside: str | None = None) -> bool:
    n = service.minutes
    if type(n) is not int or not 1 <= n <= MAX_MINUTES:
        return False
    day: list[Service] = state.find("service", helper=service.helper, day=service.day)
    return n + sum(other.minutes for other in day if other.id != beside) <= MAX_MINUTES


def _minutes_problem(stream: str, value: object, low: int) -> Problem:
    high = MAX_MINUTES if low else 0
    return problem(MINUTES_OUT_OF_RANGE, stream, "minutes", value, low=low, high=high)


@lru_cache(maxsize=4096)
def deadline(day: str, days: int = RECORD_DAYS) -> Deadline:
    """Return the last day to record what took place on `day`, provisional where no holiday notice covers it."""
    return add_working_days(dt.date.fromisoformat(day), days)


def _record_days(s: Session, category: str) -> int:
    return (
        RECORD_DAYS if s.plugins is None else int(s.plugins.order_rules_for(category).record_days)
    )


# --- views -----------------------------------------------------------------------------------------


def open_services(state: State, *, due_by: dt.date | None = None) -> Sequence[ServiceDue]:
    """Return what is still to be stated, the earliest deadline first; by `due_by` at the latest, if given."""
    found: list[ServiceDue] = state.find("service_due", open="1")
    if due_by is not None:
        found = [due for due in found if due.due_on <= due_by.isoformat()]
    return sorted(found, key=lambda due: (due.due_on, due.id))


def services_of(
    state: State, helper: str, *, since: dt.date | None = None, until: dt.date | None = None
) -> Sequence[Service]:
    """Return the services of `helper` that stand, by day; volunteers may always see their own (TVR 12)."""
    low = "" if since is None else since.isoformat()
    high = "9999" if until is None else until.isoformat()
    found = [
        service
        for service in state.find("service", helper=helper)
        if service.stands and low <= service.day <= high
    ]
    return sorted(found, key=lambda service: (service.day, service.id))


# --- events ----------------------------------------------------------------------------------------


def _recorded(state: State, event: Event) -> None:
    service = Service(**event.data)
    state.put("service", service)
    if service.order is not None:
        due: ServiceDue | None = state.get("service_due", joined(service.order, service.helper))
        if due is not None:
            state.put("service_due", attrs.evolve(due, open=None))


def _due(state: State, event: Event) -> None:
    state.put("service_due", ServiceDue(**event.data))


def _stated(state: State, event: Event) -> None:
    held = state.get("service_due", event.data["id"])
    state.put("service_due", attrs.evolve(held, open=None))


def _put_off(state: State, event: Event) -> None:
    held = state.get("service_due", event.data["id"])
    state.put("service_due", attrs.evolve(held, open=None, minutes=None))


def _corrected(state: State, event: Event) -> None:
    data = event.data
    held = state.get("service", data["id"])
    changed = {key: data[key] for key in ("minutes", "times", "reason")}
    state.put("service", attrs.evolve(held, version=held.version + 1, **changed))


EVENTS = (
    EventKind("service.recorded", _recorded),
    EventKind("service.due", _due),
    EventKind("service.stated", _stated),
    EventKind("service.put_off", _put_off),
    EventKind("service.corrected", _corrected),
)
REACTIONS = (
    ("order.done", on_order_done),
    ("order.backed_out", on_order_backed_out),
    ("order.reopened", on_order_reopened),
    ("order.cancelled", on_order_ended),
    ("order.failed", on_order_ended),
    ("order.confirmed", on_order_confirmed),
)
