"""What one command knows while it works: rules, helpers, and what each of them has taken on already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

import attrs

from wushe.journal import Session
from wushe.model.ordering import OrderGuard, OrderRules
from wushe.orders.records import Call, Helper, Order
from wushe.orders.rules import answer_minutes, later, rules_of

FATIGUE_DAYS = 7
OPEN_CALLS = ("asked", "held", "accepted")
TAKEN_CALLS = ("held", "accepted")


@lru_cache(maxsize=4096)
def week_of(day: str) -> tuple[int, int]:
    """Return the year and the ISO week of a date."""
    year, week, _ = dt.date.fromisoformat(day).isocalendar()
    return year, week


@attrs.define(eq=False)
class Desk:
    """Fetches each helper, each rule and each helper's calls once, and keeps up with what is recorded.

    `today` is the calendar date of the act; `refused` what the city's guards said beforehand of (order,
    role, helper).
    """

    session: Session
    today: str = attrs.field(init=False)
    _since: str = attrs.field(init=False)
    _rules: dict[str, OrderRules] = attrs.field(factory=dict)
    _calls: dict[str, dict[str, Call]] = attrs.field(factory=dict)
    _due: dict[tuple[str, str], str] = attrs.field(factory=dict)
    refused: dict[tuple[str, int | None, str], tuple[OrderGuard, ...]] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.today = self.session.act.day.isoformat()
        self._since = later(self.session.act.at, -FATIGUE_DAYS * 24 * 60)

    def fetch(self, helpers: Iterable[str]) -> None:
        """Fetch the records of many helpers at once."""
        ids = sorted(set(helpers))
        self.session.state.load("helper", "id", ids)
        self.session.state.load("call", "helper", ids)

    def rules(self, category: str) -> OrderRules:
        """Return the rules for orders of `category`."""
        found = self._rules.get(category)
        if found is None:
            found = self._rules[category] = rules_of(self.session, category)
        return found

    def due(self, order: Order) -> str:
        """Return until when those who are asked now may answer."""
        key = order.category, order.urgency
        found = self._due.get(key)
        if found is None:
            minutes = answer_minutes(self.rules(order.category), order.urgency)
            found = self._due[key] = later(self.session.act.at, minutes)
        return found

    def helper(self, key: str) -> Helper | None:
        """Return who `key` is, None where nobody of that id is enrolled."""
        found: Helper | None = self.session.state.get("helper", key)
        return found

    def calls_of(self, helper: str) -> Iterable[Call]:
        """Return all calls on a helper who is one person."""
        held = self._calls.get(helper)
        if held is None:
            found = self.session.state.find("call", helper=helper)
            held = self._calls[helper] = {call.id: call for call in found}
        return held.values()

    def note(self, calls: Iterable[str]) -> None:
        """See anew the calls that an event has just changed."""
        for key in calls:
            call: Call = self.session.state.get("call", key)
            held = self._calls.get(call.helper)
            if held is not None:
                held[key] = call

    def asked_lately(self, helper: str) -> int:
        """Return how many requests a helper got within seven days."""
        return sum(call.asked_at > self._since for call in self.calls_of(helper))
