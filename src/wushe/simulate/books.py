"""The stage ``books``: what stands open at the end of each day, and that nothing was lost on the way."""

from __future__ import annotations

import numpy as np

from wushe.model.storage import Array
from wushe.orders.table import FINAL, STATUS_CODES, UNDER_WAY
from wushe.simulate.city import ACCEPTED, ASKED, DONE, FUNDS, LOTS, NEED_STATES, ORDERED, City
from wushe.simulate.stage import Stage

_ENDED = [STATUS_CODES[status] for status in FINAL]
_FULFILLED = [STATUS_CODES[status] for status in ("done", "confirmed")]
_PAID = [STATUS_CODES["confirmed"]]
_PROMISED = [STATUS_CODES[status] for status in (*UNDER_WAY, "done")]
RESIDUALS = ("needs", "hours", "goods", "fen")


def close_day(city: City) -> None:
    """Count what stands open tonight into the figures of the day."""
    states = np.bincount(city.needs["state"], minlength=len(NEED_STATES))
    for name, n in zip(NEED_STATES[: ORDERED + 1], states.tolist(), strict=False):
        city.count(f"stock_{name}", n)
    city.count("stock_orders", int((~np.isin(city.orders["status"], _ENDED)).sum()))
    city.count("stock_volunteers", int(city.volunteers["active"].sum()))
    city.count("stock_joined", int(city.house["joined"].sum()))
    city.count("stock_goods", int(city.lots["on_hand"].sum()))
    city.count("stock_free_fen", int(city.money.free.sum()))


STAGE = Stage("books", close_day)


def residuals(city: City) -> dict[str, int]:
    """Return what is missing or too much, by `RESIDUALS`: every figure is 0 where nothing was lost.

    Each side of a balance is added up from books that are kept apart: needs against orders and relief, helpers'
    minutes against calls, lots against orders, accounts of money against orders.
    """
    return {
        "needs": _needs(city),
        "hours": _hours(city),
        "goods": _goods(city),
        "fen": _fen(city),
    }


def _by_row(rows: Array, amounts: Array, n: int) -> Array:
    found: Array = np.zeros(n, dtype=np.int64)
    np.add.at(found, rows, amounts)
    return found


def _needs(city: City) -> int:
    """Needs that arose are in exactly one state; what each asked is left, served by orders or taken by relief."""
    needs, orders = city.needs, city.orders
    served = np.isin(orders["status"], _FULFILLED)
    done = _by_row(orders["need"][served], orders["amount"][served], len(needs))
    open_orders = ~np.isin(orders["status"], [*_ENDED, *_FULFILLED])
    ordered = _by_row(orders["need"][open_orders], orders["amount"][open_orders], len(needs))
    missing = np.abs(needs["amount"] - needs["left"] - needs["by_relief"] - done)
    return int(missing.sum() + np.abs(needs["ordered"] - ordered).sum())


def _hours(city: City) -> int:
    """Minutes that helpers hold open are those of calls that are asked or accepted; done ones are of done calls."""
    calls, total = city.calls, 0
    for kind, helpers in enumerate((city.volunteers, city.workers)):
        mine = calls["kind"] == kind
        live = mine & np.isin(calls["state"], (ASKED, ACCEPTED))
        held = _by_row(calls["provider"][live], calls["minutes"][live], len(helpers))
        total += int(np.abs(helpers["open"] - held).sum())
    done = np.isin(calls["kind"], (0, 1)) & (calls["state"] == DONE)
    return total + abs(int(calls["minutes"][done].sum()) - int(city.memory.get("minutes_done", 0)))


def _goods(city: City) -> int:
    """Goods received lie there, are reserved, issued or expired; reserved and issued ones are of orders."""
    lots, orders = city.lots, city.orders
    kept = lots["on_hand"] + lots["reserved"] + lots["issued"] + lots["expired"]
    mine = orders["kind"] == LOTS
    out = mine & np.isin(orders["status"], _FULFILLED)
    issued = _by_row(orders["provider"][out], orders["amount"][out], len(lots))
    return int(np.abs(lots["received"] - kept).sum() + np.abs(lots["issued"] - issued).sum())


def _fen(city: City) -> int:
    """Money received is free, committed, spent or refunded; committed and spent is what orders got, fund by fund."""
    orders, money = city.orders, city.money
    total = money.residual()
    for statuses, booked in ((_PAID, money.spent), (_PROMISED, money.committed)):
        mine = (orders["kind"] == FUNDS) & np.isin(orders["status"], statuses)
        held = _by_row(orders["provider"][mine], orders["amount"][mine], len(city.funds))
        total += int(np.abs(booked - held).sum())
    return int(total)
