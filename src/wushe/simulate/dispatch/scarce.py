"""A ready scenario of scarce goods: parcels of food that do not come back, and needs of every urgency over weeks."""

from __future__ import annotations

import datetime as dt

from wushe.simulate.needs.mix import WEIGHTS
from wushe.simulate.world.census import wuhan_districts
from wushe.simulate.world.scenario import Scenario, Settlement
from wushe.text import Text

GOODS = "food"
GOODS_CATEGORIES = 6
"""Lots are of the built-in categories of goods by turns, food first: one lot in so many is of food."""
LABEL = Text("物资紧缺", "scarce goods")


def scarce_goods(
    waits: float = 20.0, *, lots: int = 4, pieces: int = 20, days: int = 60, needs: float = 1.8
) -> Scenario:
    """Return 600 households of whom nobody needs anything but food, and `lots` lots of it with about `pieces` each.

    Nothing is delivered later, nothing expires, holders give what they are asked for. Needs arise `needs` times per
    household and year, are known within hours and lapse after an exponential time of mean `waits` days; they fall due
    only after the run, so that what one is worth does not change while it waits. Raises ValueError.
    """
    if lots < 1:
        raise ValueError(f"lots is {lots}; expected 1 or more")
    plain = Scenario(
        name="scarce",
        label=LABEL,
        settlement=Settlement(wuhan_districts()["江汉区"], households=600, streets=2, communities=6),
        start=dt.date(2025, 1, 1),
        days=days,
        volunteers=0,
        workers=4,
        stations=2,
        organizations=4,
        lots=1 + GOODS_CATEGORIES * (lots - 1),
    )  # fmt: skip
    return plain.but(**_only_food(), **_known_at_once(), **_stock(pieces), **_urgency(needs, waits))


def _only_food() -> dict[str, float]:
    """Nobody needs anything but food."""
    zero = {f"mix.{who}.{what}": 0.0 for who, weights in WEIGHTS.items() for what in weights}
    return {**zero, "mix.other": 0.0, f"mix.anybody.{GOODS}": 1.0}


def _known_at_once() -> dict[str, float]:
    """Households call by themselves, offices are open day and night and see to it within the hour.

    Nothing else of a city's life is on: no relief, no activities, nobody begins to take part.
    """
    return {
        "finding.self_share": 1.0, "finding.self_days": 0.05, "finding.emergency_share": 1.0,
        "finding.emergency_days": 0.05, "finding.tie_rate": 0.0, "finding.grid_notices": 0.0,
        "finding.office_rate": 0.0, "visits.doors_per_worker_week": 0.0, "intake.minutes": 5.0,
        "intake.opens": 0.0, "intake.closes": 1440.0, "intake.days": 7.0, "intake.consent": 1.0,
        "spreading.start": 0.0, "spreading.own": 0.0, "spreading.helped": 0.0, "activities.held": 0.0,
        "relief.desk": 0.0,
    }  # fmt: skip


def _stock(pieces: int) -> dict[str, float]:
    """What is there on the first day is all there is."""
    return {
        "parties.lot_pieces": float(pieces), "parties.lot_per_need": 0.0, "parties.lot_life": 0.0,
        "stock.deliveries": 0.0, "ordering.stock_reply": 1.0,
    }  # fmt: skip


def _urgency(needs: float, waits: float) -> dict[str, float]:
    """Emergencies are few, many needs can wait; none is due within the run."""
    due = {f"needs.due_{name}": 100_000.0 for name in ("low", "normal", "urgent", "emergency")}
    return {
        **due, "needs.per_household_year": needs, "needs.emergency": 0.05, "needs.urgent": 0.2, "needs.low": 0.4,
        "closing.self_help_days": waits,
    }  # fmt: skip
