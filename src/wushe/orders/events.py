"""What happens to orders, and what each event makes of the records. Nothing here refuses.

Data of the events, beside what `apply` reads: ``reason`` is a code of `wushe.orders.reasons`. A call is named by its id;
``asked`` lists new calls as [number, helper, kind, offer, role, amount, minutes], ``withdrawn`` those that end with
the event. ``candidates`` of ``order.placed`` are columns in the order of the fields of `Candidate`, the last ones left out
where they say nothing. ``helpers`` of ``order.accepted`` are [role, helper, kind, offer, amount], for those who react.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

import attrs

from wushe.journal import Event, EventKind, State
from wushe.orders.records import Area, Call, Candidate, Helper, Order, Slot
from wushe.orders.table import TRANSITIONS

Apply = Callable[[State, Event], None]
Changed = Callable[[State, Event, Order], Mapping[str, Any]]


def _place(state: State, event: Event) -> None:
    data = dict(event.data)
    for name in ("groups", "skills"):
        if name in data:
            data[name] = tuple(data[name])
    if "roles" in data:
        data["roles"] = tuple(Slot(c, n, tuple(s), d) for c, n, s, d in data["roles"])
    if "candidates" in data:
        data["candidates"] = tuple(map(Candidate, *data["candidates"]))
    order = Order(client=event.ref or "", placed_by=event.by, placed_at=event.at, **data)
    state.put("order", order)


def _changes(action: str, changed: Changed) -> Apply:
    """Return what moves an order by `action` and changes the fields that `changed` names."""

    def apply(state: State, event: Event) -> None:
        order: Order = state.get("order", event.stream[6:])
        fields = changed(state, event, order)
        act = fields.get("action", action)
        rest = {name: value for name, value in fields.items() if name != "action"}
        after = TRANSITIONS[order.status, act]
        rest |= {"status": after, "version": order.version + 1, "changed_at": event.at}
        state.put("order", _evolved(order, rest))

    return apply


_FIELDS = tuple(field.name for field in attrs.fields(Order))
_ALL_OF = attrgetter(*_FIELDS)
_AT = {name: at for at, name in enumerate(_FIELDS)}


def _evolved(order: Order, fields: Mapping[str, Any]) -> Order:
    """Return the order with some fields changed; replays do this a million times, attrs' own way is slower."""
    values = list(_ALL_OF(order))
    for name, value in fields.items():
        values[_AT[name]] = value
    return Order(*values)


def _end(state: State, calls: Iterable[str], to: str, reason: str | None = None) -> None:
    for key in calls:
        call: Call = state.get("call", key)
        state.put("call", attrs.evolve(call, state=to, due_at=None, reason=reason))


def _dispatched(state: State, event: Event, order: Order) -> Mapping[str, Any]:
    data = event.data
    due, day, gone = data["due"], order.on_day, set()
    for number, helper, kind, offer, role, amount, minutes in data["asked"]:
        gone.add((helper, offer, None if role < 0 else role))
        state.put(
            "call",
            Call(
                f"{order.id}#{number}", order.id, helper, kind, order.client, amount, event.at,
                offer, role, "asked", due, None, day, order.starts, order.ends, order.visit, minutes,
            ),
        )  # fmt: skip
    return {
        "candidates": tuple(
            c for c in order.candidates if (c.provider, c.offer, c.role) not in gone
        ),
        "calls": order.calls + len(data["asked"]),
        "round": order.round + 1,
        "due_at": min(order.due_at or due, due) if order.status == "dispatched" else due,
        "reason": None,
    }


def _held(state: State, event: Event, _order: Order) -> Mapping[str, Any]:
    _end(state, (event.data["call"],), "held")
    _end(state, event.data["withdrawn"], "withdrawn")
    return {"due_at": event.data["due"]}


def _accepted(state: State, event: Event, _order: Order) -> Mapping[str, Any]:
    data = event.data
    _end(state, data["calls"], "accepted")
    _end(state, data["withdrawn"], "withdrawn")
    helpers = tuple((role, helper, offer) for role, helper, _, offer, _ in data["helpers"])
    return {"helpers": helpers, "due_at": None, "reason": None, "round": 0}


def _declined(state: State, event: Event, order: Order) -> Mapping[str, Any]:
    data = event.data
    _end(state, (data["call"],), "declined", data["reason"])
    _end(state, data["withdrawn"], "withdrawn")
    return _left(state, data, order)


def _timed_out(state: State, event: Event, order: Order) -> Mapping[str, Any]:
    _end(state, event.data["calls"], "timed_out")
    _end(state, event.data["withdrawn"], "withdrawn")
    return _left(state, event.data, order)


def _left(state: State, data: Mapping[str, Any], order: Order) -> Mapping[str, Any]:
    """What an order is after some of those asked are gone: the last ones move it, others do not.

    Members of a team who are let go because others are lacking may be asked again.
    """
    if not data["last"]:
        return {"action": "drop_one", "due_at": data["due"]}
    return {"due_at": None, "candidates": _free(state, data["withdrawn"]) + order.candidates}


def _free(state: State, calls: Iterable[str]) -> tuple[Candidate, ...]:
    freed: list[Call] = [state.get("call", key) for key in calls]
    return tuple(
        Candidate(c.helper, c.kind, c.offer, 0, None if c.role < 0 else c.role) for c in freed
    )


def _escalated(state: State, event: Event, _order: Order) -> Mapping[str, Any]:
    data = event.data
    _end(state, data["withdrawn"], "withdrawn")
    return {"level": data["level"], "office": data["office"], "due_at": data["due"], "round": 0}


def _backed_out(state: State, event: Event, order: Order) -> Mapping[str, Any]:
    data = event.data
    call: Call = state.get("call", data["call"])
    # Who did a part is done with that part; the rest is asked of somebody else.
    part = {"state": "done", "amount": data["did"]} if data["did"] else {"state": "backed_out"}
    minutes = data["minutes"] if data["did"] else call.minutes
    state.put(
        "call", attrs.evolve(call, due_at=None, reason=data["reason"], minutes=minutes, **part)
    )
    _end(state, data["held"], "held")
    _end(state, data["withdrawn"], "withdrawn")
    free = _free(state, data["withdrawn"])
    return {
        "helpers": (),
        "reason": data["reason"],
        "due_at": None,
        "candidates": free + order.candidates,
    }


def _partly(_state: State, event: Event, order: Order) -> Mapping[str, Any]:
    return {"done_amount": order.done_amount + event.data["amount"]}


def _done(state: State, event: Event, _order: Order) -> Mapping[str, Any]:
    _end(state, event.data["calls"], "done")
    return {"done_amount": event.data["amount"]}


def _reopened(state: State, event: Event, _order: Order) -> Mapping[str, Any]:
    _end(state, event.data["calls"], "accepted")
    return {"done_amount": event.data["amount"], "reason": event.data["reason"]}


def _confirmed(_state: State, event: Event, _order: Order) -> Mapping[str, Any]:
    return {"rating": event.data["rating"], "confirmed_on": event.data["day"], "reason": None}


def _ended(state: State, event: Event, _order: Order) -> Mapping[str, Any]:
    _end(state, event.data["withdrawn"], "withdrawn")
    return {"reason": event.data["reason"], "due_at": None, "candidates": ()}


def _unchanged(_state: State, _event: Event, _order: Order) -> Mapping[str, Any]:
    return {}


def _read(state: State, event: Event) -> None:
    call: Call = state.get("call", event.data["call"])
    state.put("call", attrs.evolve(call, slips=call.slips + 1))


_TUPLES = tuple(f.name for f in attrs.fields(Helper) if f.default == ())


def _enrolled(state: State, event: Event) -> None:
    data = dict(event.data)
    for name in _TUPLES:
        if name in data:
            data[name] = tuple(data[name])
    state.put("helper", Helper(family=event.ref, **data))


def _areas(state: State, event: Event) -> None:
    for key, level, name, path, *paired in event.data["areas"]:
        partners = tuple(paired[0]) if paired else ()
        state.put("area", Area(key, level, name, tuple((lv, up) for lv, up in path), partners))


ACTION_OF: Mapping[str, str] = {
    "order.placed": "place",
    "order.dispatched": "dispatch",
    "order.held": "hold",
    "order.accepted": "accept",
    "order.declined": "decline",
    "order.timed_out": "time_out",
    "order.redispatched": "redispatch",
    "order.escalated": "escalate",
    "order.started": "start",
    "order.partly_done": "report_part",
    "order.done": "complete",
    "order.confirmed": "confirm",
    "order.reopened": "reopen",
    "order.backed_out": "back_out",
    "order.cancelled": "cancel",
    "order.failed": "fail",
}
"""The action of each kind of event; ``decline`` and ``time_out`` are ``drop_one`` while others may still answer."""

_APPLY: Mapping[str, Changed] = {
    "order.dispatched": _dispatched,
    "order.held": _held,
    "order.accepted": _accepted,
    "order.declined": _declined,
    "order.timed_out": _timed_out,
    "order.redispatched": _dispatched,
    "order.escalated": _escalated,
    "order.started": _unchanged,
    "order.partly_done": _partly,
    "order.done": _done,
    "order.confirmed": _confirmed,
    "order.reopened": _reopened,
    "order.backed_out": _backed_out,
    "order.cancelled": _ended,
    "order.failed": _ended,
}
EVENTS: tuple[EventKind, ...] = (
    EventKind("order.placed", _place),
    *(EventKind(name, _changes(ACTION_OF[name], changed)) for name, changed in _APPLY.items()),
    EventKind("slip.read", _read),
    EventKind("helper.enrolled", _enrolled),
    EventKind("areas.enrolled", _areas),
)
