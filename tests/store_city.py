"""Orders and a matching pool in a store, and what the processes that race for them run."""

import random
from collections.abc import Sequence
from typing import Any

from wushe.errors import ConflictError
from wushe.journal import Act, Session
from wushe.ledger.money import open_fund, open_pool, receive
from wushe.orders import Helper, accept, dispatch, enroll, place
from wushe.plugins.manager import load_plugins
from wushe.store import open_store

ACT = Act("2025-09-15T09:00:00+08:00", "W-1")


def offered(s: Session, *, orders: Sequence[str], helpers: Sequence[str]) -> None:
    """Place `orders` and ask all `helpers` for each of them."""
    enroll(s, helpers=[Helper(helper, "organizations") for helper in helpers])
    for number, order in enumerate(orders):
        place(s, order=order, client=f"H-{number % 50}", category="meal", form="service", dimension="time", amount=30)  # fmt: skip
        dispatch(s, order=order, to=helpers)


def pool_of(s: Session, *, fen: int) -> None:
    """Open a fund, and a pool of `fen` that matches gifts to it one to one."""
    open_fund(s, id="F", name="社区慈善基金", host="O-1")
    open_pool(s, id="M", sponsor="S-1", fen=fen)


def accept_all(where: str, helper: str, orders: Sequence[str], results: Any) -> None:
    """Try to accept every order, in an order of one's own, and report how many were won and lost."""
    mine = list(orders)
    random.Random(helper).shuffle(mine)
    won = lost = 0
    with open_store(where) as store:
        for order in mine:
            try:
                store.run(ACT, accept, order=order, helper=helper)
                won += 1
            except ConflictError:
                lost += 1
    results.put((helper, won, lost))


def donate_all(where: str, donor: str, gifts: Sequence[int], results: Any) -> None:
    """Give every gift and report by how much they were matched."""
    matched = 0
    rules = load_plugins()  # before the store: whoever writes keeps all others waiting
    with open_store(where, plugins=rules) as store:
        for fen in gifts:
            gift = {"fund": "F", "fen": fen, "donor": donor, "donor_kind": "person"}
            answer = store.run(ACT, receive, gifts=[gift]).answer
            matched += sum(part for _, _, part in answer["matched"])
    results.put((donor, matched))
