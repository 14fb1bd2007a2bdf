"""Orders beside a plain model: whatever is done in whatever order, nothing overlaps and nothing is lost."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from conftest import campaign
from order_town import City, candidates, town
from test_orders_table import ALLOWED
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.model.ordering import OrderRules
from wushe.model.terms import NeedCategory
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
    escalate,
    fail,
    place,
    redispatch,
    reopen,
    report_part,
    start,
    time_out,
)
from wushe.orders.placing import Request, place_request
from wushe.orders.records import Slot

ACTIONS = {
    "order.placed": "place", "order.dispatched": "dispatch", "order.held": "hold", "order.accepted": "accept",
    "order.declined": "decline", "order.timed_out": "time_out", "order.redispatched": "redispatch",
    "order.escalated": "escalate", "order.started": "start", "order.partly_done": "report_part",
    "order.done": "complete", "order.confirmed": "confirm", "order.reopened": "reopen",
    "order.backed_out": "back_out", "order.cancelled": "cancel", "order.failed": "fail",
}  # fmt: skip
LIMIT, WEEK = 1, 240
CITY = City(
    OrderRules("city", answer_minutes={"emergency": 60, "normal": 300}, weekly_calls=100),
    {"visit": NeedCategory("visit", "探访", "visit", "service", "minute")},
)
PEOPLE = (
    *(Helper(f"V{n}", "volunteers", weekly_minutes=WEEK) for n in range(1, 4)),
    Helper("W1", "social_workers", caseload_limit=LIMIT),
)
IDS = [person.id for person in PEOPLE]
W1 = Candidate("W1", "social_workers")
TAKEN = ("accepted", "held")
ENGAGED = {"accepted", "in_progress", "partly_done"}
REFUSALS = {
    "guard-overlap", "guard-caseload", "guard-week-full", "guard-two-roles", "order-transition", "order-taken",
    "answer-too-late", "not-asked", "not-the-helper", "asked-already", "nobody-able", "role-filled",
    "no-higher-level", "order-amount", "order-field",
}  # fmt: skip
STEPS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "redispatch": (redispatch, {}),
    "escalate": (escalate, {}),
    "start": (start, {}),
    "report_part": (report_part, {"amount": 20}),
    "complete": (complete, {}),
    "confirm": (confirm, {"rating": 4}),
    "reopen": (reopen, {"reason": "poor_work"}),
    "cancel": (cancel, {"reason": "not_needed"}),
    "fail": (fail, {"reason": "nobody_home"}),
}


class Beside:
    """A town and the model beside it, which follows the events by the agreed list of transitions alone."""

    def __init__(self) -> None:
        self.store: MemoryStore = town(PEOPLE, CITY)
        self.model: dict[str, str] = {}
        self.wanted: dict[str, tuple[str, int, int]] = {}
        self.hour = 0

    def do(self, command: Any, **arguments: Any) -> Any:
        """Run a command; check that refusals change nothing and that events follow the list."""
        self.hour += 1
        day, hour = divmod(self.hour, 24)
        act = Act(f"2025-09-{15 + day % 15:02d}T{hour:02d}:00:00+08:00", "station")
        before, codes, receipt = len(self.store.log), set(), None
        try:
            receipt = self.store.run(act, command, **arguments)
        except RefusedError as error:
            codes = {p.code for p in error.problems}
        assert codes <= REFUSALS
        if receipt is None:
            assert len(self.store.log) == before
            return None
        for event in receipt.events:
            if event.kind not in ACTIONS:
                continue
            key, action = event.stream.removeprefix("order/"), ACTIONS[event.kind]
            if action in ("decline", "time_out") and not event.data["last"]:
                action = "drop_one"
            self.model[key] = ALLOWED[self.model.get(key, "new"), action]
        return True if receipt.answer is None else receipt.answer

    def order(self, client: str, starts: int, urgency: str = "normal") -> str:
        """Place an order for an hour."""
        key = self.do(
            place, client=client, category="visit", amount=60, on_day="2025-09-20", starts=starts,
            ends=starts + 60, urgency=urgency, candidates=[W1, *candidates("V2", "V1", "V3")],
        )  # fmt: skip
        self.wanted[key] = (client, starts, starts + 60)
        return str(key)

    def team(self, client: str) -> str:
        """Place an order for two at once."""
        ranked = tuple(
            attrs.evolve(c, role=role) for role in (0, 1) for c in candidates("V1", "V2", "V3")
        )
        request = Request(
            client, "households", "visit", 1, "service", "time", on_day="2025-09-20", starts=540, ends=600,
            roles=(Slot("visit", 60), Slot("visit", 60)), candidates=ranked,
        )  # fmt: skip
        key = str(self.do(place_request, request=request))
        self.wanted[key] = (client, 540, 600)
        return key

    def accept(self, key: str, helper: str) -> None:
        """Somebody says yes; exactly what the model expects of time and cases is refused."""
        asked = [c for c in self.calls(helper, "asked") if c.order == key]
        expected = bool(asked) and not self.in_the_way(key, helper)
        assert (self.do(accept, order=key, helper=helper) is not None) == expected

    def reopen(self, key: str) -> None:
        """What was done is not accepted; it goes on where all who did it still have room."""
        order: Order = self.store.state.get("order", key)
        room = not any(self.in_the_way(key, helper) for _, helper, _ in order.helpers)
        answer = self.do(reopen, order=key, reason="poor_work")
        assert (answer is not None) == (order.status == "done" and room)

    def in_the_way(self, key: str, helper: str) -> bool:
        """Return whether what `helper` has taken on leaves no room for the order `key`."""
        client, starts, ends = self.wanted[key]
        others = [self.wanted[c.order] for c in self.calls(helper, *TAKEN) if c.order != key]
        if any(s < ends and starts < e for _, s, e in others):
            return True
        if helper == "W1":
            return len({c for c, _, _ in others} | {client}) > LIMIT
        mine = [c.minutes for c in self.calls(helper, *TAKEN, "done") if c.order != key]
        left = 60 - self.store.state.get("order", key).done_amount
        return sum(mine) + (left or 60) > WEEK

    def calls(self, helper: str, *states: str) -> list[Any]:
        """Return the calls on `helper` in these states."""
        return [c for c in self.store.state.find("call", helper=helper) if c.state in states]

    def check(self) -> None:
        """No order is lost, nobody is in two places, nobody has too many cases, all is told twice alike."""
        orders = self.store.state.find("order")
        assert {o.id: o.status for o in orders} == self.model
        for person in IDS:
            spans = sorted(self.wanted[c.order][1:] for c in self.calls(person, *TAKEN))
            assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert len({c.client for c in self.calls("W1", *TAKEN)}) <= LIMIT
        for order in orders:
            _check_calls(order, self.store.state.find("call", order=order.id))

    def check_log(self) -> None:
        """The events alone make the same state again."""
        again = MemoryStore(DOMAIN, log=list(self.store.log))
        for kind in ("order", "call"):
            assert again.state.find(kind) == self.store.state.find(kind)


def _check_calls(order: Order, calls: list[Any]) -> None:
    """Who has accepted has a call, one for each role; the held belong to teams that wait for others."""
    accepted = sorted((c.role, c.helper) for c in calls if c.state == "accepted")
    helpers = sorted((role, key) for role, key, _ in order.helpers)
    assert accepted == (helpers if order.status in ENGAGED else [])
    if order.status in ENGAGED | {"done", "confirmed"}:
        assert [role for role, _ in helpers] == ([0, 1] if order.roles else [-1])
    held = [c for c in calls if c.state == "held"]
    assert not held or (order.roles and order.status == "dispatched")
    asked = [c for c in calls if c.state == "asked"]
    assert bool(asked) == (order.status == "dispatched")
    assert order.due_at == min((c.due_at for c in asked), default=order.due_at)


class Town(RuleBasedStateMachine):
    """Commands in any order."""

    orders = Bundle("orders")

    @initialize(target=orders)
    def open_town(self) -> Any:
        """Four households ask for an hour, two of them for the same one, and one for a team."""
        self.beside = Beside()
        asked = [("H1", 480), ("H2", 510), ("H3", 600), ("H4", 690)]
        return multiple(*(self.beside.order(*each) for each in asked), self.beside.team("H1"))

    @rule(target=orders, client=st.sampled_from(["H1", "H2", "H5"]), team=st.booleans())
    def somebody_asks(self, client: str, team: bool) -> str:
        """One more order, an emergency, or for a team."""
        return self.beside.team(client) if team else self.beside.order(client, 570, "emergency")

    @rule(key=orders, helper=st.none() | st.sampled_from(IDS))
    def dispatch(self, key: str, helper: str | None) -> None:
        """The station asks somebody by name, or the best."""
        self.beside.do(dispatch, order=key, to=None if helper is None else [helper])

    @rule(key=orders, helper=st.sampled_from(IDS))
    def accept(self, key: str, helper: str) -> None:
        """Somebody says yes."""
        self.beside.accept(key, helper)

    @rule(key=orders, helper=st.sampled_from(IDS), onward=st.booleans())
    def decline(self, key: str, helper: str, onward: bool) -> None:
        """Somebody says no."""
        self.beside.do(decline, order=key, helper=helper, reason="busy", onward=onward)

    @rule(key=orders, helper=st.sampled_from(IDS), onward=st.booleans())
    def back_out(self, key: str, helper: str, onward: bool) -> None:
        """Somebody who accepted leaves."""
        self.beside.do(back_out, order=key, helper=helper, reason="ill", onward=onward)

    @rule(hours=st.integers(0, 8), onward=st.booleans())
    def time_passes(self, hours: int, onward: bool) -> None:
        """Hours go by, then the silent are acted on."""
        self.beside.hour += hours
        self.beside.do(time_out, onward=onward)

    @rule(key=orders, step=st.sampled_from(sorted(STEPS)))
    def go_on(self, key: str, step: str) -> None:
        """Anything else happens to an order."""
        command, arguments = STEPS[step]
        self.beside.do(command, order=key, **arguments)

    @invariant()
    def all_is_well(self) -> None:
        """What must always hold holds."""
        if hasattr(self, "beside"):
            self.beside.check()

    def teardown(self) -> None:
        """The log tells the same."""
        if hasattr(self, "beside"):
            self.beside.check_log()


TestTown = Town.TestCase
TestTown.settings = settings(
    max_examples=campaign(tests=8, ci=80, soak=1000), stateful_step_count=40, deadline=None
)


def walk(rng: np.random.Generator, steps: int) -> dict[str, int]:
    """Drive a town at random, mostly by what may happen next; return how often each action happened."""
    beside = Beside()
    keys = [beside.order(f"H{n}", 480 + 30 * n) for n in range(4)] + [beside.team("H1")]
    for _ in range(steps):
        key = keys[int(rng.integers(len(keys)))]
        helper = _likely(beside, key, rng)
        move = rng.random()
        if move < 0.1:
            client = f"H{rng.integers(6)}"
            team = rng.random() < 0.4
            keys.append(
                beside.team(client)
                if team
                else beside.order(client, 480 + 30 * int(rng.integers(8)))
            )
        elif move < 0.15:
            beside.hour += int(rng.integers(8))
            beside.do(time_out, onward=bool(rng.random() < 0.8))
        else:
            _move(beside, key, helper, rng)
        beside.check()
    beside.check_log()
    kinds = [event.kind for event in beside.store.log]
    return {kind: kinds.count(kind) for kind in ACTIONS}


def _likely(beside: Beside, key: str, rng: np.random.Generator) -> str:
    """Return somebody who has to do with the order, or anybody."""
    calls = [c for c in beside.store.state.find("call", order=key) if c.state in ("asked", *TAKEN)]
    if calls and rng.random() < 0.8:
        return str(calls[int(rng.integers(len(calls)))].helper)
    return str(IDS[int(rng.integers(len(IDS)))])


def _move(beside: Beside, key: str, helper: str, rng: np.random.Generator) -> None:
    possible = [action for status, action in ALLOWED if status == beside.model[key]]
    action = str(rng.choice(possible)) if possible else "confirm"
    onward = bool(rng.random() < 0.8)
    if action in ("cancel", "fail") and rng.random() < 0.8:
        action = "accept"
    if action in ("dispatch", "redispatch") and rng.random() < 0.5:
        command = dispatch if action == "dispatch" else redispatch
        beside.do(command, order=key, to=[(int(rng.integers(2)), helper)] if beside.store.state.get("order", key).roles else [helper])  # fmt: skip
    elif action == "dispatch":
        beside.do(dispatch, order=key)
    elif action in ("accept", "hold"):
        beside.accept(key, helper)
    elif action in ("decline", "drop_one"):
        beside.do(decline, order=key, helper=helper, reason="busy", onward=onward)
    elif action == "back_out":
        beside.do(back_out, order=key, helper=helper, reason="ill", onward=onward)
    elif action == "time_out":
        beside.do(time_out, onward=onward)
    elif action == "reopen":
        beside.reopen(key)
    else:
        command, arguments = STEPS[action]
        beside.do(command, order=key, **arguments)


def test_random_walks(seed: int, evidence: Callable[..., None]) -> None:
    """Many walks through the workflow keep all that must hold, and every action happens in them."""
    walks = campaign(tests=12, ci=150, soak=5000)
    rng = np.random.default_rng(seed)
    counts = dict.fromkeys(ACTIONS, 0)
    for _ in range(walks):
        for kind, n in walk(rng, 80).items():
            counts[kind] += n
    evidence("orders_walks", walks=walks, events=sum(counts.values()), violations=0, seed=seed)
    assert all(counts.values()), counts
