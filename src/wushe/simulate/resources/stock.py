"""The stage ``stock``: lots of goods arrive and expire; orders reserve, issue and release them.

What a lot received lies there, is reserved, was issued or expired, always.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wushe.ledger.money.columns import in_turn
from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption
from wushe.simulate.city import LOTS, NO, YEAR, City
from wushe.simulate.stage import Stage
from wushe.text import Text

ARRIVE = 8 * 60.0
"""Minute of the day at which goods come in."""
ASSUMPTIONS = (
    Assumption("stock.deliveries", 6.0, "per lot of the first day and year",
               Text("每批物资每年补充次数", "deliveries like a lot of the first day, a year")),
    Assumption("stock.size", 0.5, "share of the first lot",
               Text("每次补充占首批的平均份额", "mean size of a delivery, as a share of the first lot")),
    Assumption("stock.spread", 0.6, "standard deviation of the logarithm",
               Text("补充数量的离散程度", "spread of the sizes of deliveries"), high=5.0),
)  # fmt: skip


def begin(city: City) -> None:
    """Note which lots there are on the first day: later deliveries are like them."""
    city.memory["stock"] = len(city.lots)


def step(city: City) -> None:
    """Let lots arrive, and let expire what lies there after its last day."""
    _arrive(city)
    lots = city.lots
    gone = np.flatnonzero(
        (lots["on_hand"] > 0) & (lots["expires"] != NO) & (lots["expires"] < city.day)
    )
    amount = lots["on_hand"][gone].copy()
    lots["expired"][gone] += amount
    lots["on_hand"][gone] = 0
    city.say("lot_expired", city.now, len(gone), helper_kind=LOTS, helper=gone, amount=amount)


def _arrive(city: City) -> None:
    like = _like(city)
    if not len(like):
        return
    first = {
        name: city.lots[name][like]
        for name in ("category", "organization", "home", "reach", "per_need")
    }
    amount = _amounts(city, like)
    life = round(city["parties.lot_life"])
    expires = city.day + life if life else NO
    rows = city.lots.append(
        len(like), received=amount, on_hand=amount, arrived=city.day, expires=expires, **first
    )
    city.say(
        "lot_received", city.now + ARRIVE, len(rows), helper_kind=LOTS, helper=rows, amount=amount
    )


def _like(city: City) -> Array:
    """Return the lots of the first day that today's deliveries are like, int64."""
    n = city.memory["stock"]
    rate = city["stock.deliveries"] / YEAR
    times = city.streams.of("stock.deliveries", city.day).poisson(rate, n)
    return np.repeat(np.arange(n), times)


def _amounts(city: City, like: Array) -> Array:
    """Return how many base units each delivery has: whole pieces, about `stock.size` of the first lot."""
    spread = city["stock.spread"]
    rng = city.streams.of("stock.sizes", city.day)
    factor = rng.lognormal(-spread * spread / 2, spread, len(like)) * city["stock.size"]
    return np.maximum(1, np.rint(city.lots["received"][like] * factor)).astype(np.int64)


STAGE = Stage("stock", step, begin)


def reserve(city: City, lot: Any, amount: Any) -> Array:
    """Set base units aside, row by row, and return for which rows it was enough, bool (n,).

    `lot` int (n,) or one number, `amount` likewise, above 0. What does not fit is refused whole.
    Raises ValueError.
    """
    lot, amount = _checked(city, lot, amount)
    done = in_turn(lot, amount, city.lots["on_hand"])
    _shift(city, lot[done], amount[done], "on_hand", "reserved")
    return done


def issue(city: City, lot: Any, amount: Any) -> None:
    """Give out what was reserved. Raises ValueError for more than that."""
    _take(city, lot, amount, "issued")


def release(city: City, lot: Any, amount: Any) -> None:
    """Put back what was reserved; goods past their last day expire on the next one. Raises ValueError."""
    _take(city, lot, amount, "on_hand")


def _take(city: City, lot: Any, amount: Any, target: str) -> None:
    lot, amount = _checked(city, lot, amount)
    asked = np.zeros(len(city.lots), dtype=np.int64)
    np.add.at(asked, lot, amount)
    short = np.flatnonzero(asked > city.lots["reserved"])
    if len(short):
        one = int(short[0])
        raise ValueError(
            f"lot {one}: {asked[one]} base units asked for, {city.lots['reserved'][one]} reserved; expected at most "
            "what is reserved"
        )
    _shift(city, lot, amount, "reserved", target)


def _shift(city: City, lot: Array, amount: Array, source: str, target: str) -> None:
    np.subtract.at(city.lots[source], lot, amount)
    np.add.at(city.lots[target], lot, amount)


def _checked(city: City, lot: Any, amount: Any) -> tuple[Array, Array]:
    rows = np.atleast_1d(np.asarray(lot)).astype(np.int64)
    amounts = np.broadcast_to(np.asarray(amount), rows.shape).astype(np.int64)
    if rows.size and not 0 <= int(rows.min()) <= int(rows.max()) < len(city.lots):
        raise ValueError(f"lot is {rows.min()} to {rows.max()}; expected 0 to {len(city.lots) - 1}")
    if amounts.size and int(amounts.min()) < 1:
        raise ValueError(f"amount is {amounts.min()}; expected base units from 1 on")
    return rows, amounts
