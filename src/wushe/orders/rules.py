"""A city's rules for one order: how long to wait, how often to ask, who decides then."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from wushe.model.help import URGENCIES
from wushe.model.kinds import say_instant
from wushe.model.ordering import OrderRules
from wushe.model.parties import LEVELS

if TYPE_CHECKING:
    from wushe.journal import Session, State
    from wushe.orders.records import Area, Order

BUILT_IN = OrderRules(
    "default", answer_minutes={"emergency": 30, "urgent": 240, "normal": 1440, "low": 4320}
)
"""What holds where no plugin says otherwise."""


def rules_of(session: Session, category: str) -> OrderRules:
    """Return the rules for orders of `category`, with the guards of all that apply."""
    if session.plugins is None:
        return BUILT_IN
    return session.plugins.order_rules_for(category)


def later(at: str, minutes: int) -> str:
    """Return the instant `minutes` after `at`, in the same form."""
    return say_instant(dt.datetime.fromisoformat(at) + dt.timedelta(minutes=minutes))


def answer_minutes(rules: OrderRules, urgency: str) -> int:
    """Return how long those who are asked have to answer."""
    return rules.answer_minutes.get(urgency, BUILT_IN.answer_minutes[urgency])


def rounds(rules: OrderRules, urgency: str, *, silent: bool) -> int:
    """Return after how many dispatches without acceptance an order is escalated.

    An emergency goes up as soon as somebody who was asked stays `silent`: no second wait.
    """
    return 1 if silent and urgency == next(iter(URGENCIES)) else rules.rounds


def next_level(rules: OrderRules, level: str | None) -> str | None:
    """Return the level above `level` (None: the first one), None where there is none."""
    levels = rules.levels
    if level is None:
        return levels[0]
    if level not in levels:  # the city's rules changed since: go on above where the order is
        above = [lv for lv in levels if LEVELS_UP.index(lv) > LEVELS_UP.index(level)]
        return above[0] if above else None
    at = levels.index(level) + 1
    return levels[at] if at < len(levels) else None


LEVELS_UP = tuple(reversed(LEVELS))


def office_at(state: State, rules: OrderRules, order: Order, level: str) -> str | None:
    """Return who answers for the order's place at `level`, None where the city names nobody."""
    return next((rules.offices[key] for lv, key in path_of(state, order.place)
                 if lv == level and key in rules.offices), None)  # fmt: skip


_CODE_LEVELS = ((2, "province"), (4, "city"), (6, "county"), (9, "street"), (12, "community"))


def path_of(state: State, place: str | None) -> tuple[tuple[str, str], ...]:
    """Return the place with those above it as (level, id), highest first.

    As enrolled; a place that was not enrolled is read as a statistical code of 2 to 12 digits.
    """
    if place is None:
        return ()
    area: Area | None = state.get("area", place)
    if area is not None:
        return area.path
    if place.isascii() and place.isdigit():
        return tuple((level, place[:n]) for n, level in _CODE_LEVELS if n <= len(place))
    return ()
