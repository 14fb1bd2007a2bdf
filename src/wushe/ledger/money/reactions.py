"""What follows for the money from what happens to orders."""

from __future__ import annotations

from typing import Any

from wushe.journal import Event, Session
from wushe.ledger.money.spending import commit, release


def _accepted(s: Session, event: Event) -> None:
    """Set the money aside that funds accepted to give; refused where there is not enough that fits."""
    order = s.state.get("order", event.stream.partition("/")[2])
    if order.form != "money":
        return
    items = [
        _item(order, helper, amount)
        for _, helper, kind, _, amount in event.data["helpers"]
        if kind == "funds"
    ]
    if items:
        commit(s, items=items)


def _item(order: Any, fund: str, fen: int) -> dict[str, Any]:
    return {
        "fund": fund,
        "fen": fen,
        "category": order.category,
        "place": order.place,
        "client_ref": order.client,
        "client_kind": order.client_kind,
        "groups": order.groups,
        "project": order.project,
        "order": order.id,
        "need": order.need,
    }


def _ended(s: Session, event: Event) -> None:
    """Give back what was set aside for an order that does not come about."""
    order = event.stream.partition("/")[2]
    held = [c for c in s.state.find("commitment", order=order) if c.status == "open"]
    if held:
        release(s, commitments=[c.id for c in held], reason=_REASONS[event.kind])


def _backed_out(s: Session, event: Event) -> None:
    """Give back what a fund had set aside that does not go on, save the part that it did and has not paid."""
    order = event.stream.partition("/")[2]
    fund = s.state.get("call", event.data["call"]).helper
    every = [c for c in s.state.find("commitment", order=order) if c.fund == fund]
    held = [c for c in every if c.status == "open"]
    if not held:
        return
    release(s, commitments=[c.id for c in held], reason="backed_out")
    owed = event.data["did"] - held[-1].paid
    if owed > 0:
        commit(s, items=[_item(s.state.get("order", order), fund, owed)])


_REASONS = {
    "order.cancelled": "cancelled",
    "order.failed": "failed",
}
REACTIONS = (
    ("order.accepted", _accepted),
    *((kind, _ended) for kind in _REASONS),
    ("order.backed_out", _backed_out),
)
