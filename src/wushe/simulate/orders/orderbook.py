"""What the stage ``orders`` keeps beside the columns of the city: open orders, rules by category, the log of acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.orders.rules import answer_minutes
from wushe.simulate.city import URGENCY_WORDS
from wushe.simulate.rows import Rows

if TYPE_CHECKING:
    from wushe.simulate.city import City

SECONDS = 60
"""Seconds of a minute: instants of orders are whole seconds, so that no rounding puts two of them in another order."""
ACTS = (
    "accept", "decline", "time_out", "start", "complete", "confirm", "pay", "back_out", "fail", "cancel", "dispatch",
    "redispatch",
)  # fmt: skip
"""What somebody did, named as the command of `wushe.orders` or `wushe.ledger` that does it."""
ACT_CODES = {name: code for code, name in enumerate(ACTS)}
NOTHING, ANSWER, SILENCE, START, FINISH, CONFIRM, OFFICE, UPWARD = range(8)
"""What happens to an order next. ``OFFICE``: the level that it went to decides; ``UPWARD``: it did not decide in time."""
_ACTS = {"sec": ("int64", 0), "act": ("int8", 0), "order": ("int32", -1), "call": ("int32", -1)}


@attrs.frozen(eq=False)
class CategoryRules:
    """A city's rules for orders of one category; `answer` are seconds by code of urgency.

    `guarded`: the city has guards of its own; `timed`: amounts are minutes of helpers; `minors`: who serves is vetted.
    """

    answer: tuple[int, ...]
    rounds: int
    weekly_calls: int
    at_once: int
    levels: int
    guarded: bool
    timed: bool
    minors: bool


class Asked(NamedTuple):
    """A call that is open: who was asked (code of `HELPERS`, row), what they will say (a state of calls) and when.

    `sec` is -1 where no word ever comes.
    """

    kind: int
    helper: int
    says: int
    sec: int


@attrs.define(eq=False)
class Live:
    """An order that is not over yet, in plain numbers: what the columns of orders hold once a stage is through.

    `candidates` are (kind, row, most) as `City.candidates` has them, and whether a city's own guard refuses them;
    `asked` has a bit for each who was asked. `waiting` are the open calls, `call` the one that counts. `reply` is a
    factor of the time until offices answer, `lead` and `confirm` are seconds. Instants are seconds, -1 not yet.
    """

    order: int
    need: int
    household: int
    category: int
    urgency: int
    amount: int
    number: int
    status: int
    kind: int
    provider: int
    reply: float
    lead: int
    confirm: int
    candidates: list[tuple[int, int, int, bool]]
    rules: CategoryRules = attrs.field(init=False)
    minutes: int = attrs.field(init=False)
    asked: int = 0
    waiting: list[int] = attrs.field(factory=list)
    call: int = -1
    round: int = 0
    level: int = 0
    used: int = 0
    due: int = -1
    accepted: int = -1
    done: int = -1
    confirmed: int = -1
    ended: int = -1
    next: int = -1
    step: int = NOTHING

    @property
    def turn(self) -> tuple[int, str]:
        """Where the order stands among others of the same second: as the ids of orders sort."""
        return self.need, "" if self.number == 1 else f"-{self.number}"


@attrs.define(eq=False)
class OrderBook:
    """Open orders and calls, and what guards ask of helpers.

    `heap` holds what comes next as (second, late, need, id's end, order); what was overtaken stays in it and is passed over.
    `asked`: seconds at which a volunteer was asked lately; `clients`: how many open calls a worker has for each household;
    `given`: fen that a fund has given or promised to a need; `morning`: the last day whose morning was looked at.
    """

    rules: Sequence[CategoryRules]
    live: dict[int, Live] = attrs.field(factory=dict)
    calls: dict[int, Asked] = attrs.field(factory=dict)
    heap: list[tuple[int, bool, int, str, int]] = attrs.field(factory=list)
    of_needs: Rows = attrs.field(factory=lambda: Rows({"open": ("int16", 0), "all": ("int16", 0)}))
    acts: Rows = attrs.field(factory=lambda: Rows(_ACTS))
    asked: dict[int, list[int]] = attrs.field(factory=dict)
    clients: dict[int, dict[int, int]] = attrs.field(factory=dict)
    given: dict[tuple[int, int], int] = attrs.field(factory=dict)
    morning: int = -1

    def numbers(self, city: City, needs: Array) -> Array:
        """Count new orders of `needs` (rows that may repeat); return the how-manieth each is of its need, int64 (n,)."""
        self.of_needs.append(len(city.needs) - len(self.of_needs))
        by_need = np.argsort(needs, kind="stable")
        ranked = needs[by_need]
        within = np.empty(len(needs), dtype=np.int64)
        within[by_need] = np.arange(len(needs)) - np.searchsorted(ranked, ranked)
        number: Array = self.of_needs["all"][needs] + within + 1
        np.add.at(self.of_needs["all"], needs, 1)
        np.add.at(self.of_needs["open"], needs, 1)
        return number


def book_of(city: City) -> OrderBook:
    """Return the city's order book, a new one where there is none."""
    found: OrderBook | None = city.memory.get("orders")
    if found is None:
        found = OrderBook([_rules(city, category) for category in city.categories])
        city.memory["orders"] = found
    return found


def _rules(city: City, category: str) -> CategoryRules:
    rules, kind = city.plugins.order_rules_for(category), city.plugins.categories[category]
    return CategoryRules(
        tuple(SECONDS * answer_minutes(rules, urgency) for urgency in URGENCY_WORDS),
        rules.rounds,
        rules.weekly_calls,
        rules.asked_at_once if kind.form == "service" else 1,
        len(rules.levels),
        bool(rules.guards),
        kind.dimension == "minute",
        kind.minors,
    )
