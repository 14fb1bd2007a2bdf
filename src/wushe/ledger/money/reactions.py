"""What follows for the money from what happens to orders."""

from __future__ import annotations

from wushe.journal import Event, Session
from wushe.ledger.money.spending import commit, release


def _accepted(s: Session, event: Event) -> None:
    """Set the money aside that funds accepted to give; refused where there is not enough that fits."""
    order = s.state.get("order", event.stream.partition("/")[2])
    if order.form != "money":
        return
    items = [
        {
            "fund": helper,
            "fen": amount,
            "category": order.category,
            "place": order.place,
            "client_ref": order.client,
            "groups": order.groups,
            "project": order.project,
            "order": order.id,
            "need": order.need,
        }
        for _, helper, kind, _, amount in event.data["helpers"]
        if kind == "funds"
    ]
    if items:
        commit(s, items=items)


def _ended(s: Session, event: Event) -> None:
    """Give back what was set aside for an order that does not come about."""
    order = event.stream.partition("/")[2]
    held = [c for c in s.state.find("commitment", order=order) if c.status == "open"]
    if held:
        release(s, commitments=[c.id for c in held], reason=_REASONS[event.kind])


_REASONS = {
    "order.cancelled": "cancelled",
    "order.failed": "failed",
    "order.backed_out": "backed_out",
}
REACTIONS = (
    ("order.accepted", _accepted),
    *((kind, _ended) for kind in _REASONS),
)
