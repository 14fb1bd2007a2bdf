"""What a city declares about orders, volunteers' points and project grants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from wushe.model.help import URGENCIES
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.terms import Columns
from wushe.text import Text

ANSWER_MINUTES = {"emergency": 30, "urgent": 240, "normal": 1440, "low": 4320}
"""How long those who were asked have to answer, where a city says nothing (assumed)."""


def _with_defaults(given: Mapping[str, int]) -> Mapping[str, int]:
    return {**ANSWER_MINUTES, **given}


def _minutes_by_urgency(item: Any, field: attrs.Attribute[Any], value: Mapping[str, int]) -> None:
    bad = sorted(set(value) - set(URGENCIES)) or [
        u for u, minutes in value.items() if type(minutes) is not int or minutes < 1
    ]
    if bad:
        raise ValueError(
            f"{field.name} of {item.id!r}: {bad[0]!r} is not usable; expected whole minutes above 0 "
            f"for any of {', '.join(URGENCIES)}"
        )


def _known_levels(item: Any, _: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    if not value or any(level not in LEVELS for level in value):
        raise ValueError(
            f"levels of {item.id!r}: {value!r}; expected at least one of {', '.join(LEVELS)}"
        )


@attrs.frozen(eq=False)
class OrderGuard:
    """One more condition of a city on orders and those who carry them out.

    `check(orders, helpers)` returns bool (n,): whether helper i may take order i. Columns of `orders`:
    ``id``, ``category``, ``urgency`` (code), ``amount``, ``minor`` (bool), ``place``, ``partners`` (organizations
    paired with the stations that serve the place, a sorted tuple, None where none is), ``on_day``; of `helpers`:
    ``id``, ``kind``, ``place``, ``minor`` (bool), ``skills`` (tuples), ``vetted_on`` (text or None).
    `label` is what the refused are told. It holds at ``dispatch`` and again at ``accept``.
    """

    name: str
    label: Text
    check: Callable[[Columns, Columns], Array]


@attrs.frozen(eq=False)
class OrderRules:
    """How orders are run in a city; of `categories` only, where given.

    `answer_minutes`: how long those who were asked have to answer, by urgency; `ANSWER_MINUTES` for
    the others. `asked_at_once`: how many candidates one dispatch asks. After `rounds` dispatches without acceptance the order is escalated to the
    next of `levels`; `offices` maps a place code to who answers there, for the places that have one.
    `weekly_calls`: most requests that a volunteer gets in seven days. `record_days`: working days
    within which hours are recorded (民政部令67号 article 11 allows ten).
    """

    id: str
    categories: tuple[str, ...] = ()
    answer_minutes: Mapping[str, int] = attrs.field(
        factory=dict,
        converter=_with_defaults,
        validator=_minutes_by_urgency,
    )
    asked_at_once: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    rounds: int = attrs.field(default=3, validator=attrs.validators.ge(1))
    levels: tuple[str, ...] = attrs.field(
        default=("community", "street", "county"), validator=_known_levels
    )
    offices: Mapping[str, str] = attrs.field(factory=dict)
    weekly_calls: int = attrs.field(default=5, validator=attrs.validators.ge(1))
    record_days: int = attrs.field(default=10, validator=attrs.validators.in_(range(1, 11)))
    guards: tuple[OrderGuard, ...] = ()
    replaces: bool = False


@attrs.frozen(eq=False)
class PointRule:
    """How volunteers earn and spend points in a city; of `categories` only, where given.

    `per_hour` and `per_time` are points earned by a confirmed service (whole points, hours pro rata,
    rounded down), at most `daily_cap` a day. `family`: points go to the helper's household account.
    `time_bank`: minutes are kept as well and may be drawn as service later. `rewards` maps what points
    buy to their price. `valid_months`: points lapse so long after the service, None never.
    """

    id: str
    label: Text
    categories: tuple[str, ...] = ()
    per_hour: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    per_time: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    daily_cap: int | None = None
    family: bool = False
    time_bank: bool = False
    rewards: Mapping[str, int] = attrs.field(factory=dict)
    valid_months: int | None = None
    replaces: bool = False


@attrs.frozen(eq=False)
class ProjectScore:
    """One criterion of project grants: `values` float (n_projects,) in 0..1, integer `weight` > 0."""

    name: str
    weight: int
    values: Array
    label: Text | None = None

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.values, np.ndarray):
            raise TypeError(f"criterion {self.name!r}: values are no numpy array")
