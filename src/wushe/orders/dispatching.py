"""派单: asking helpers, asking the next best, and passing an order to a higher level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wushe.journal import Session, command
from wushe.orders import problems as why
from wushe.orders.asking import (
    WAITING_CALLS,
    To,
    call_up,
    choose,
    go_up,
    named,
    open_roles,
    refuse_nobody,
)
from wushe.orders.checks import calls_of, listed, order_for
from wushe.orders.desk import Desk
from wushe.orders.guards import waits_for
from wushe.orders.reasons import ESCALATIONS
from wushe.orders.records import Candidate, Order

if TYPE_CHECKING:
    from wushe.matching.live import LiveCity


@command
def dispatch(
    s: Session, *, order: str, to: To | None = None, version: int | None = None, live: LiveCity | None = None
) -> list[str]:  # fmt: skip
    """Ask helpers to take `order`; return the ids of the calls.

    `to` names whom: ids of helpers, for a team (role, id). Without it the best candidates who are able now are asked.
    A team is asked for all roles that are open, or not at all. An order that is dispatched already may go to
    more helpers by name; `redispatch` is for one that was declined or not answered. With `live` the ranking is
    that of the live matching.
    """
    found = order_for(s, order, "dispatch", version)
    if found.status == "dispatched" and not to:
        why.refuse(why.NOBODY_ABLE, found.stream)
    return _ask(Desk(s), found, to, "order.dispatched", live)


@command
def redispatch(
    s: Session, *, order: str, to: To | None = None, version: int | None = None, live: LiveCity | None = None
) -> list[str]:  # fmt: skip
    """Ask again for an order that nobody took: the next best who are able now, or those named by `to`."""
    found = order_for(s, order, "redispatch", version)
    return _ask(Desk(s), found, to, "order.redispatched", live)


@command
def escalate(
    s: Session, *, order: str, reason: str = "beyond_means", version: int | None = None
) -> str:
    """Pass `order` to the next level that the city's rules name, and return that level.

    Those who were asked are let go; who decides there has as long as helpers have to answer.
    """
    found = order_for(s, order, "escalate", version)
    listed(ESCALATIONS, reason, found.stream)
    level = go_up(Desk(s), found, reason)
    if level is None:
        why.refuse(why.NO_LEVEL, found.stream, "level", found.level)
    return level


def _ask(desk: Desk, order: Order, to: To | None, kind: str, live: LiveCity | None) -> list[str]:
    before = waits_for(desk, order)
    if before is not None:
        why.refuse(why.WAITS, order.stream, "after", order.after, **before)
    chosen = _chosen(desk, order, to, live)
    if not chosen:
        refuse_nobody(desk, order)
    return call_up(desk, order, chosen, kind)


def _chosen(desk: Desk, order: Order, to: To | None, live: LiveCity | None) -> list[Candidate]:
    by_name = named(desk, order, to) if to else []
    if by_name and not order.roles:
        return by_name
    given = {candidate.role for candidate in by_name}
    waiting = calls_of(desk.session, order, *WAITING_CALLS)
    roles = [role for role in open_roles(order, waiting) if role not in given]
    others = choose(desk, order, roles, live, by_name) if roles else []
    return [] if others is None else [*by_name, *others]
