"""A city's own guards (`OrderGuard`), asked about orders and helpers in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from wushe.matching.columns import objects
from wushe.model.help import URGENCIES
from wushe.model.ordering import OrderGuard
from wushe.model.terms import Columns
from wushe.orders.records import Helper, Order, Slot

URGENCY_CODES = {name: len(URGENCIES) - 1 - rank for rank, name in enumerate(URGENCIES)}
"""As hooks know them from needs: 0 can wait, 3 emergency."""


Partners = Callable[[str | None], tuple[str, ...]]
"""Who is paired with the stations that serve a place, () where nobody is."""


def _nobody(_: str | None) -> tuple[str, ...]:
    return ()


def city_objections(
    guards: Sequence[OrderGuard],
    pairs: Sequence[tuple[Order, Slot, Helper]],
    partners: Partners = _nobody,
) -> list[tuple[OrderGuard, ...]]:
    """Return for each pair the guards that refuse the helper; each guard is asked once about all."""
    orders = order_columns([(order, slot) for order, slot, _ in pairs], partners)
    helpers = helper_columns([helper for _, _, helper in pairs])
    answers = [(guard, guard.check(orders, helpers).tolist()) for guard in guards]
    return [tuple(g for g, allowed in answers if not allowed[row]) for row in range(len(pairs))]


def order_columns(asked: Sequence[tuple[Order, Slot]], partners: Partners = _nobody) -> Columns:
    """Return what guards see of orders, one row each; of a role its own category and amount."""
    arrays = {
        "id": _column(o.id for o, _ in asked),
        "category": _column(s.category for _, s in asked),
        "urgency": np.array([URGENCY_CODES[o.urgency] for o, _ in asked], dtype=np.int8),
        "amount": np.array([s.amount for _, s in asked], dtype=np.int64),
        "minor": np.array([o.minor for o, _ in asked], dtype=bool),
        "place": _column(o.place for o, _ in asked),
        "partners": _column(partners(o.place) or None for o, _ in asked),
        "on_day": _column(o.on_day for o, _ in asked),
    }
    return Columns(len(asked), arrays)


def helper_columns(helpers: Sequence[Helper]) -> Columns:
    """Return what guards see of helpers, one row each."""
    arrays = {
        "id": _column(h.id for h in helpers),
        "kind": _column(h.kind for h in helpers),
        "place": _column(h.place for h in helpers),
        "minor": np.array([h.minor for h in helpers], dtype=bool),
        "skills": _column(h.skills for h in helpers),
        "vetted_on": _column(h.vetted_on for h in helpers),
    }
    return Columns(len(helpers), arrays)


def _column(values: Iterable[Any]) -> Any:
    return objects(list(values))
