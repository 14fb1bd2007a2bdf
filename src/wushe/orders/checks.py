"""What every command on an order asks first: does it exist, may this happen now, was it changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from wushe.journal import Session
from wushe.model.kinds import INSTANT, BadValueError
from wushe.orders import problems as why
from wushe.orders.records import Call, Order
from wushe.orders.table import ACTIONS, STATUSES, TRANSITIONS
from wushe.text import Text


def order_for(s: Session, key: str, action: str, version: int | None = None) -> Order:
    """Return the order `key` to which `action` may happen now.

    Raises RefusedError where there is none, its status forbids it or something happened to it later, ConflictError where it is no more
    as it was in `version`.
    """
    order = order_of(s, key)
    if version is not None and version != order.version:
        why.conflict(why.CHANGED, order.stream, "version", version, version=order.version)
    if s.act.at < max(order.placed_at, order.changed_at):
        why.refuse(why.TOO_EARLY, order.stream, "at", s.act.at)
    if (order.status, action) not in TRANSITIONS:
        why.refuse(why.FORBIDDEN, order.stream, "status", order.status, **_possible(order, action))
    return order


def order_of(s: Session, key: str) -> Order:
    """Return the order `key`. Raises RefusedError where there is none."""
    order: Order | None = s.state.get("order", key)
    if order is None:
        why.refuse(why.NO_ORDER, f"order/{key}")
    return order


def _possible(order: Order, action: str) -> dict[str, Text]:
    names = [ACTIONS[act] for status, act in TRANSITIONS if status == order.status]
    possible = Text(
        "、".join(n.zh for n in names) or "无", ", ".join(n.en for n in names) or "nothing"
    )
    return {"status": STATUSES[order.status], "action": ACTIONS[action], "possible": possible}


def calls_of(s: Session, order: Order, *states: str) -> list[Call]:
    """Return the calls of `order` in any of `states`, by number."""
    if order.calls == 0:
        return []
    found: list[Call] = s.state.find("call", order=order.id)
    found = [call for call in found if call.state in states]
    return sorted(found, key=lambda call: int(call.id.rpartition("#")[2]))


def instant_of(text: str, stream: str, field: str) -> str:
    """Return an instant with its zone as events hold it, UTC. Raises RefusedError."""
    try:
        return str(INSTANT.parse(text))
    except (BadValueError, TypeError):
        why.refuse(why.BAD_FIELD, stream, field, None, known="2025-09-15T09:00:00+08:00")


def listed(reasons: Mapping[str, Text], reason: str, stream: str) -> str:
    """Return `reason`. Raises RefusedError where it is not one of the closed list."""
    if reason not in reasons:
        why.refuse(why.NOT_LISTED, stream, "reason", None, known=", ".join(reasons))
    return reason
