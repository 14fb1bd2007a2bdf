"""心愿墙: open anonymous wishes that anyone eligible may claim."""

from __future__ import annotations

import attrs

from wushe.journal import Session, State, command
from wushe.orders import problems as why
from wushe.orders.answers import take
from wushe.orders.asking import call_up
from wushe.orders.checks import calls_of, order_of
from wushe.orders.desk import Desk
from wushe.orders.guards import check
from wushe.orders.records import Candidate, Order
from wushe.orders.rules import path_of
from wushe.orders.table import WAITING

PUBLIC_LEVELS = ("province", "city", "county", "street")


@attrs.frozen
class OpenWish:
    """A wish as anybody may see it. `place` is a street or what lies above it, never below."""

    order: str
    text: str
    category: str
    amount: int
    dimension: str
    place: str | None
    shown_from: str


def wish_wall(state: State, *, on: str) -> list[OpenWish]:
    """Return the wishes that are shown on the day `on` (ISO) and that nobody is asked for or has taken.

    By date and id. Nothing in them leads to those who wish: no reference, no need, no address.
    """
    found: list[Order] = [o for status in WAITING for o in state.find("order", status=status)]
    shown = [order for order in found if _shown(order, on)]
    shown.sort(key=lambda order: (order.shown_from, order.id))
    return [
        OpenWish(
            order.id, order.public_text or "", order.category, order.amount, order.dimension,
            _public_place(state, order), order.shown_from or "",
        )
        for order in shown
    ]  # fmt: skip


def _shown(order: Order, on: str) -> bool:
    if order.public_text is None or order.shown_from is None or order.shown_from > on:
        return False
    return order.status in WAITING


def _public_place(state: State, order: Order) -> str | None:
    """Return the name of the street or what lies above, the code where no name is known."""
    above = [key for level, key in path_of(state, order.place) if level in PUBLIC_LEVELS]
    if not above:
        return None
    area = state.get("area", above[-1])
    return above[-1] if area is None else str(area.name)


@command
def claim(s: Session, *, order: str, helper: str, version: int | None = None) -> str:
    """`helper` claims a wish from the wall, and has it if the guards allow; return the id of the call.

    Exactly one wins: everybody else gets ConflictError. How often somebody was asked does not count against a claim.
    """
    found = order_of(s, order)
    if version is not None and version != found.version:
        why.conflict(why.CHANGED, found.stream, "version", version, version=found.version)
    if found.public_text is not None and found.helpers:
        why.conflict(why.TAKEN, found.stream, "status", found.status)
    if not _shown(found, s.act.day.isoformat()) or found.roles:
        why.refuse(why.NOT_ON_WALL, found.stream, "status", found.status)
    desk = Desk(s)
    candidate = _claimant(desk, found, helper)
    check(desk, found, [candidate], "claim")
    again = found.status in ("declined", "timed_out")
    calls = call_up(desk, found, [candidate], "order.redispatched" if again else "order.dispatched")
    now: Order = s.state.get("order", order)
    take(desk, now, calls_of(s, now, "asked"))
    return calls[0]


def _claimant(desk: Desk, order: Order, key: str) -> Candidate:
    known = next((c for c in order.candidates if c.provider == key), None)
    if known is not None:
        return known
    helper = desk.helper(key)
    return Candidate(key, helper.kind if helper else "")
