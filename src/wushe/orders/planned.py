"""Orders from a plan, in columns: one for each item, one for each team, dispatched to those who were planned."""

from __future__ import annotations

from collections.abc import Iterator

from wushe.journal import Session, command
from wushe.orders.asking import ask_best
from wushe.orders.columns import Items
from wushe.orders.desk import Desk
from wushe.orders.guards import foresee, waits
from wushe.orders.records import Order
from wushe.orders.table import FINAL
from wushe.plan import Plan


@command
def place_plan(s: Session, *, plan: Plan) -> list[str]:
    """Place an order for every item of `plan` whose need has no open order; return the ids of the new ones.

    A need that several offers serve has an order for each, a team need one for all its roles. The
    ranking of further candidates by the plan's dual prices goes with each order. The same plan places nothing twice.
    """
    return [key for key, new in _place(s, plan) if new]


@command
def dispatch_plan(s: Session, *, plan: Plan) -> dict[str, list[str]]:
    """Place what of `plan` is not placed yet, and dispatch its orders to those who were planned.

    Where a guard refuses the planned one, the next best who is able is asked. Returns the ids of the orders
    ``placed`` now, ``dispatched`` now, ``waiting`` for an order that comes before them, and for whom
    ``nobody`` is able now.
    """
    orders = list(_place(s, plan))
    desk = Desk(s)
    every: list[Order] = [s.state.get("order", key) for key, _ in orders]
    todo = [order for order in every if order.status == "placed"]
    desk.fetch(candidate.provider for order in todo for candidate in order.candidates)
    foresee(desk, [(order, order.candidates[0]) for order in todo if order.candidates])
    found: dict[str, list[str]] = {"placed": [key for key, new in orders if new]}
    found |= {"dispatched": [], "waiting": [], "nobody": []}
    for order in todo:
        asked = ask_best(desk, order, "order.dispatched")
        unasked = "waiting" if waits(desk, order) else "nobody"
        found[unasked if asked is None else "dispatched"].append(order.id)
    return found


def _place(s: Session, plan: Plan) -> Iterator[tuple[str, bool]]:
    """Yield the id of each order of `plan` and whether it is new."""
    on = plan.on.isoformat()
    rows = Items.of(plan).rows()
    needs = list(dict.fromkeys(row["need"] for row in rows))
    s.state.load("order", "need", needs)
    s.state.load("subject", "id", [row["client"] for row in rows])
    before: dict[str, list[Order]] = {need: s.state.find("order", need=need) for need in needs}
    taken = {order.id for orders in before.values() for order in orders}
    for row in rows:
        need = row["need"]
        if any(o.status not in FINAL or (o.planned_on or "") >= on for o in before[need]):
            continue
        key, n = f"O-{need}", 1
        while key in taken:
            n += 1
            key = f"O-{need}-{n}"
        taken.add(key)
        client = row.pop("client")
        data = {"id": key, **row, "source": "plan", "planned_on": on}
        s.record("order.placed", f"order/{key}", data, ref=s.ref(client))
        yield key, True
    for need in needs:
        for order in before[need]:
            if order.planned_on == on:
                yield order.id, False
