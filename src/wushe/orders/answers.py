"""接单: those who were asked accept, decline, or stay silent; wishes are claimed from the wall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wushe.journal import Session, command
from wushe.orders import problems as why
from wushe.orders.asking import WAITING_CALLS, call_up, choose, go_on, go_up
from wushe.orders.checks import calls_of, instant_of, listed, order_for, order_of
from wushe.orders.desk import Desk
from wushe.orders.guards import check
from wushe.orders.reasons import DECLINES
from wushe.orders.records import Call, Candidate, Order
from wushe.orders.rules import rounds
from wushe.orders.table import UNDER_WAY

if TYPE_CHECKING:
    from wushe.matching.live import LiveCity

ENDED = ("declined", "timed_out", "withdrawn", "backed_out", "done")


@command
def accept(s: Session, *, order: str, helper: str, version: int | None = None) -> str:
    """`helper` takes the order: ``accepted``, or ``held`` until every role of a team is filled.

    Exactly one wins: everybody else gets ConflictError, whose problem says that the order is taken. All guards hold
    again for all who take part. An answer after its time still counts while nobody has acted on the silence.
    """
    found = order_of(s, order)
    if found.status in (*UNDER_WAY, "done", "confirmed") and not _taken_by(found, helper):
        why.conflict(why.TAKEN, found.stream, "status", found.status)
    found = order_for(s, order, "accept", version)
    desk = Desk(s)
    call = _asked(s, found, helper)
    held = calls_of(s, found, "held")
    lacking = set(range(len(found.roles))) - {c.role for c in held} - {call.role}
    members = [call] if lacking else [*held, call]
    check(desk, found, [_as_candidate(member) for member in members], "accept")
    if lacking:
        _hold(desk, found, call)
        return "held"
    take(desk, found, members)
    return "accepted"


def take(desk: Desk, order: Order, members: list[Call]) -> None:
    """Record that all `members` have the order now, and let go all others who were asked."""
    s = desk.session
    members.sort(key=lambda call: call.role)
    ids = [call.id for call in members]
    others = [c.id for c in calls_of(s, order, *WAITING_CALLS) if c.id not in ids]
    helpers = [[call.role, call.helper, call.kind, call.offer, call.amount] for call in members]
    data = {"calls": ids, "withdrawn": others, "helpers": helpers}
    s.record("order.accepted", order.stream, data, ref=order.client)
    desk.note([*ids, *others])


def _hold(desk: Desk, order: Order, call: Call) -> None:
    s = desk.session
    asked = [c for c in calls_of(s, order, "asked") if c.id != call.id]
    others = [c.id for c in asked if c.role == call.role]
    due = min((c.due_at for c in asked if c.role != call.role and c.due_at), default=None)
    data = {"call": call.id, "withdrawn": others, "due": due}
    s.record("order.held", order.stream, {**data, "helper": call.helper}, ref=order.client)
    desk.note([call.id, *others])


def _taken_by(order: Order, helper: str) -> bool:
    return any(key == helper for _, key, _ in order.helpers)


def _asked(s: Session, order: Order, helper: str) -> Call:
    """Return the open request to `helper`. Raises RefusedError, ConflictError saying what became of it."""
    mine = [c for c in calls_of(s, order, "asked", "held", *ENDED) if c.helper == helper]
    for call in reversed(mine):
        if call.state == "asked":
            return call
    if mine and mine[-1].state in _BECAME:
        why.conflict(_BECAME[mine[-1].state], order.stream, "helper", helper)
    return why.refuse(why.NOT_ASKED, order.stream, "helper", helper)


_BECAME = {"held": why.ASKED_ALREADY, "timed_out": why.TOO_LATE, "withdrawn": why.TAKEN}


def _as_candidate(call: Call) -> Candidate:
    role = None if call.role < 0 else call.role
    return Candidate(call.helper, call.kind, call.offer, role=role)


@command
def decline(
    s: Session,
    *,
    order: str,
    helper: str,
    reason: str,
    version: int | None = None,
    onward: bool = True,
    live: LiveCity | None = None,
) -> list[str]:
    """`helper` says no, for a reason of `DECLINES`; return the ids of the calls that follow from it.

    Where nobody else is asked, the order goes on to the next best who is able now, or up. With `onward` false it
    stays declined until somebody decides.
    """
    found = order_for(s, order, "decline", version)
    listed(DECLINES, reason, found.stream)
    mine = [c for c in calls_of(s, found, *WAITING_CALLS) if c.helper == helper]
    if not mine:
        why.refuse(why.NOT_ASKED, found.stream, "helper", helper)
    extra = {"call": mine[-1].id, "helper": helper, "reason": reason}
    return _lose(Desk(s), found, [mine[-1]], "order.declined", extra, onward, live)


@command
def time_out(
    s: Session, *, now: str | None = None, onward: bool = True, live: LiveCity | None = None
) -> list[str]:
    """Act on everybody who has not answered by `now` (an instant as `Act.at`; None: that of the act).

    Orders go on to the next best, or up; those on which a level did not decide in time go to the next
    level. Returns the ids of the orders concerned.
    """
    now = s.act.at if now is None else instant_of(now, "orders", "now")
    overdue: list[Order] = s.state.until("order", "due_at", now)
    ids = [order.id for order in overdue]
    desk = Desk(s)
    s.state.load("call", "order", ids)
    desk.fetch(c.provider for order in overdue for c in order.candidates)
    for order in overdue:
        if order.status == "escalated":
            go_up(desk, order, "no_decision")
            continue
        silent = [
            c for c in calls_of(s, order, "asked") if c.due_at is not None and c.due_at <= now
        ]
        extra = {
            "calls": [call.id for call in silent],
            "helpers": [call.helper for call in silent],
        }
        _lose(desk, order, silent, "order.timed_out", extra, onward, live)
    return ids


def _lose(
    desk: Desk,
    order: Order,
    gone: list[Call],
    kind: str,
    extra: Mapping[str, object],
    onward: bool,
    live: LiveCity | None,
) -> list[str]:
    """Record that those called by `gone` do not take the order, and ask others; return the new calls.

    A team keeps those who promised while its other roles can still be filled; else all are let go.
    """
    s, silent = desk.session, kind == "order.timed_out"
    mine = {call.id for call in gone}
    rest = [c for c in calls_of(s, order, *WAITING_CALLS) if c.id not in mine]
    lost = sorted({call.role for call in gone} - {call.role for call in rest})
    instead = _instead(desk, order, lost, silent, live) if onward and rest and lost else None
    last = bool(lost) and instead is None
    due = min((c.due_at for c in rest if c.state == "asked" and c.due_at), default=None)
    withdrawn = [call.id for call in rest] if last else []
    data = {**extra, "last": last, "withdrawn": withdrawn, "due": None if last else due}
    s.record(kind, order.stream, data, ref=order.client)
    desk.note([*mine, *withdrawn])
    if instead:
        now: Order = s.state.get("order", order.id)
        return call_up(desk, now, instead, "order.dispatched")
    if last and onward:
        return go_on(desk, order.id, silent=silent, live=live)
    return []


def _instead(
    desk: Desk, order: Order, roles: list[int], silent: bool, live: LiveCity | None
) -> list[Candidate] | None:
    """Return who could fill `roles` of a team that others still wait for, None where not all can be filled."""
    rules = desk.rules(order.category)
    if order.round >= rounds(rules, order.urgency, silent=silent):
        return None
    return choose(desk, order, roles, live)
