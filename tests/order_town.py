"""A town for the tests of orders: helpers who may be asked, and orders in any status."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from wushe.journal import Act, MemoryStore
from wushe.model.ordering import OrderRules
from wushe.orders import (
    DOMAIN,
    Candidate,
    Helper,
    Order,
    accept,
    back_out,
    cancel,
    complete,
    confirm,
    decline,
    dispatch,
    enroll,
    escalate,
    fail,
    place,
    redispatch,
    reopen,
    report_part,
    start,
    time_out,
)

MORNING = Act("2025-09-15T09:00:00+08:00", "station")
LATER = Act("2025-09-18T09:00:00+08:00", "station")
VOLUNTEERS = tuple(
    Helper(f"V{n}", "volunteers", place="420106001001", skills=("visiting",)) for n in range(1, 10)
)
HELPERS = (
    *VOLUNTEERS,
    Helper("W1", "social_workers", skills=("counselling", "visiting"), caseload_limit=9),
)


@attrs.frozen
class City:
    """A city's plugins as far as orders ask them: one set of rules for every category."""

    rules: OrderRules
    categories: dict[str, Any] = attrs.field(factory=dict)

    def order_rules_for(self, category: str) -> OrderRules:
        """Return the rules."""
        assert category
        return self.rules

    def point_rule_for(self, category: str) -> None:
        """No points here."""


def town(helpers: Sequence[Helper] = HELPERS, plugins: Any = None) -> MemoryStore:
    """Return a store in which `helpers` are enrolled."""
    store = MemoryStore(DOMAIN, plugins)
    store.run(MORNING, enroll, helpers=helpers)
    return store


def candidates(*keys: str) -> list[Candidate]:
    """Return volunteers as candidates, best first."""
    return [Candidate(key, "volunteers", f"{key}:hours", extra) for extra, key in enumerate(keys)]


def visit(store: MemoryStore, *asked: str, act: Act = MORNING, **fields: Any) -> str:
    """Place an order for a visit of an hour, with `asked` as candidates; return its id."""
    given = {
        "client": "H1", "category": "visit", "amount": 60, "form": "service", "dimension": "minute",
        "candidates": candidates(*asked), **fields,
    }  # fmt: skip
    return str(store.run(act, place, **given).answer)


def order(store: MemoryStore, key: str) -> Order:
    """Return the order as it is now."""
    found: Order = store.state.get("order", key)
    return found


def states(store: MemoryStore, key: str) -> dict[str, str]:
    """Return the state of the last call on each helper for an order."""
    calls = store.state.find("call", order=key)
    calls.sort(key=lambda call: int(call.id.rpartition("#")[2]))
    return {call.helper: call.state for call in calls}


def now(store: MemoryStore, key: str) -> Act:
    """Return the morning, or the moment of the order's last change if that is later."""
    return Act(max(MORNING.at, order(store, key).changed_at), MORNING.by)


Step = Callable[[MemoryStore, str], Any]
STEPS: dict[str, Step] = {
    "dispatch": lambda store, key: store.run(
        now(store, key), dispatch, order=key, to=["V3" if "V1" in states(store, key) else "V1"]
    ),
    "accept": lambda store, key: store.run(now(store, key), accept, order=key, helper="V1"),
    "decline": lambda store, key: store.run(
        now(store, key), decline, order=key, helper="V1", reason="busy", onward=False
    ),
    "time_out": lambda store, key: store.run(LATER, time_out, onward=False),
    "redispatch": lambda store, key: store.run(now(store, key), redispatch, order=key, to=["V2"]),
    "escalate": lambda store, key: store.run(now(store, key), escalate, order=key),
    "start": lambda store, key: store.run(now(store, key), start, order=key),
    "report_part": lambda store, key: store.run(now(store, key), report_part, order=key, amount=10),
    "complete": lambda store, key: store.run(now(store, key), complete, order=key),
    "confirm": lambda store, key: store.run(now(store, key), confirm, order=key, rating=5),
    "reopen": lambda store, key: store.run(
        now(store, key), reopen, order=key, reason="not_finished"
    ),
    "back_out": lambda store, key: store.run(
        now(store, key), back_out, order=key, helper="V1", reason="ill", onward=False
    ),
    "cancel": lambda store, key: store.run(now(store, key), cancel, order=key, reason="not_needed"),
    "fail": lambda store, key: store.run(now(store, key), fail, order=key, reason="nobody_home"),
}
"""What may be done to an order that V1 is asked for, by action."""
WAY: dict[str, tuple[str, ...]] = {
    "placed": (),
    "dispatched": ("dispatch",),
    "declined": ("dispatch", "decline"),
    "timed_out": ("dispatch", "time_out"),
    "escalated": ("escalate",),
    "accepted": ("dispatch", "accept"),
    "in_progress": ("dispatch", "accept", "start"),
    "partly_done": ("dispatch", "accept", "report_part"),
    "done": ("dispatch", "accept", "complete"),
    "confirmed": ("dispatch", "accept", "complete", "confirm"),
    "cancelled": ("cancel",),
    "failed": ("fail",),
}
"""The shortest way to each status."""


def order_in(store: MemoryStore, status: str) -> str:
    """Return the id of an order that has got to `status`."""
    key = visit(store)
    for action in WAY[status]:
        STEPS[action](store, key)
    assert order(store, key).status == status
    return key
