"""What orders do to goods: accepted goods are set aside, and free again when the order ends without them.

A reservation's id is the order's with its version, and the role for teams: an order that went back and was
accepted again has another one.
"""

from __future__ import annotations

from typing import Any

from wushe.journal import Event, Session
from wushe.journal.session import Reaction
from wushe.ledger.goods.choose import free, obstacle
from wushe.ledger.goods.outgoing import issue, purpose_of, release, reserve
from wushe.ledger.goods.records import SERVICES, Lot


def on_accepted(s: Session, event: Event) -> None:
    """Set aside what was accepted of each lot; refuses where there is not enough or the donor forbids it."""
    order = event.stream.removeprefix("order/")
    found = s.state.get("order", order)
    for role, helper, kind, _, amount in event.data["helpers"]:
        if kind == "resources":
            part = f"{order}#{found.version}" + ("" if role < 0 else f".{role}")
            reserve(s, id=part, quantity=amount, lot=helper, order=order)


def _free_again(reason: str) -> Reaction:
    def react(s: Session, event: Event) -> None:
        order = event.stream.removeprefix("order/")
        for held in s.state.find("reservation", order=order, status="open"):
            release(s, reservation=held.id, reason=reason)

    return react


def on_backed_out(s: Session, event: Event) -> None:
    """Free what was set aside of a lot that does not go on, save the part that it did and that was not given out."""
    order = s.state.get("order", event.stream.removeprefix("order/"))
    lot, did = s.state.get("call", event.data["call"]).helper, event.data["did"]
    mine = [
        held
        for held in s.state.find("reservation", order=order.id, status="open")
        if order.roles or lot in dict(held.takes)
    ]
    for held in mine:
        release(s, reservation=held.id, reason="backed_out")
    if mine and did and _may_give(s, order, s.state.get("lot", lot), did):
        reserve(s, id=f"{order.id}#{order.version}", quantity=did, lot=lot, order=order.id)


def _may_give(s: Session, order: Any, lot: Lot, quantity: int) -> bool:
    day = max(order.on_day or "", s.act.day.isoformat())
    if obstacle(lot, purpose_of(s.state, order), day) is not None:
        return False
    return quantity <= free(lot) and quantity % (lot.pack or 1) == 0


def on_confirmed(s: Session, event: Event) -> None:
    """Book service slots that were set aside as given: nobody carries them out of a warehouse, as goods are."""
    found = s.state.get("order", event.stream.removeprefix("order/"))
    for held in s.state.find("reservation", order=found.id, status="open"):
        lots = [s.state.get("lot", key) for key, _ in held.takes]
        if all(lot.dimension in SERVICES for lot in lots):
            whole = sum(n for _, n in held.takes)
            part = whole if any(lot.pack for lot in lots) else min(whole, found.done_amount)
            issue(s, id=held.id, reservation=held.id, quantity=part)


REACTIONS: tuple[tuple[str, Reaction], ...] = (
    ("order.accepted", on_accepted),
    ("order.confirmed", on_confirmed),
    ("order.cancelled", _free_again("cancelled")),
    ("order.failed", _free_again("failed")),
    ("order.backed_out", on_backed_out),
)
