"""What a simulated city and a store do not agree in: orders, requests to helpers, accounts, goods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from wushe.journal import Event, State
from wushe.ledger import money
from wushe.model.kinds import say_instant
from wushe.orders.table import STATUSES
from wushe.simulate.city import CALL_STATES, HELPERS, City
from wushe.simulate.names import ids_of
from wushe.simulate.orders.enrolled import order_id
from wushe.simulate.orders.orderbook import SECONDS

CHINA = dt.timezone(dt.timedelta(hours=8))
_STATUSES = tuple(STATUSES)
_INSTANTS = (
    ("placed", "order.placed"), ("accepted", "order.accepted"), ("done", "order.done"),
    ("confirmed", "order.confirmed"),
)  # fmt: skip
_SAME = {"backed_out": "withdrawn"}
"""States of requests that the simulation does not tell apart from others."""


@attrs.frozen
class Difference:
    """One thing that is not the same: `what` it is of (an order, a request, an account, a lot), which, and both values."""

    what: str
    key: str
    field: str
    simulated: object
    stored: object


def instant(city: City, sec: int) -> str:
    """Return the instant `sec` seconds after the first day began in China, as the store holds it."""
    begin = dt.datetime.combine(city.scenario.start, dt.time(), CHINA)
    return say_instant(begin + dt.timedelta(seconds=sec))


def differences(city: City, state: State, events: Iterable[Event]) -> list[Difference]:
    """Return everything in which `city` and the store's `state` differ; `events` are those of the store, oldest first."""
    return [
        *_orders(city, state, _instants(events)),
        *_requests(city, state),
        *_accounts(city, state),
        *_lots(city, state),
    ]


def _differing(what: str, key: str, *pairs: tuple[str, object, object]) -> Iterator[Difference]:
    for field, simulated, stored in pairs:
        if simulated != stored:
            yield Difference(what, key, field, simulated, stored)


def _instants(events: Iterable[Event]) -> dict[tuple[str, str], str]:
    """Return when each kind of event happened to each order last."""
    return {(event.stream, event.kind): event.at for event in events}


def _orders(city: City, state: State, instants: dict[tuple[str, str], str]) -> Iterator[Difference]:
    orders = city.orders
    ours = [order_id(city, row) for row in range(len(orders))]
    theirs = {order.id for order in state.find("order")}
    for key in sorted(theirs.difference(ours)):
        yield Difference("order", key, "id", None, key)
    for row, key in enumerate(ours):
        held = state.get("order", key)
        if held is None:
            yield Difference("order", key, "id", key, None)
            continue
        helpers = {provider for _, provider, _ in held.helpers}
        mine = {_name(orders["kind"][row], orders["provider"][row])} if held.helpers else set()
        yield from _differing(
            "order", key,
            ("status", _STATUSES[orders["status"][row]], held.status),
            ("amount", int(orders["amount"][row]), held.amount),
            ("round", int(orders["round"][row]), held.round),
            ("helpers", sorted(mine), sorted(helpers)),
            *((name, _at(city, orders[name][row]), instants.get((held.stream, kind))) for name, kind in _INSTANTS),
            ("changed", _changed(city, row), held.changed_at if held.status in ("failed", "cancelled") else None),
        )  # fmt: skip


def _changed(city: City, row: int) -> str | None:
    """Return when an order came to nothing, None where it did not."""
    failed = _STATUSES[city.orders["status"][row]] in ("failed", "cancelled")
    return _at(city, city.orders["ended"][row]) if failed else None


def _at(city: City, minutes: float) -> str | None:
    return None if np.isnan(minutes) else instant(city, round(float(minutes) * SECONDS))


def _name(kind: int, row: int) -> str:
    return str(ids_of(HELPERS[int(kind)], np.array([row]))[0])


def _requests(city: City, state: State) -> Iterator[Difference]:
    calls = city.calls
    seen = np.zeros(len(city.orders), dtype=np.int64)
    for row in range(len(calls)):
        order = int(calls["order"][row])
        seen[order] += 1
        key = f"{order_id(city, order)}#{seen[order]}"
        held = state.get("call", key)
        if held is None:
            yield Difference("call", key, "id", key, None)
            continue
        yield from _differing(
            "call", key,
            ("helper", _name(calls["kind"][row], calls["provider"][row]), held.helper),
            ("at", _at(city, calls["at"][row]), held.asked_at),
            ("state", CALL_STATES[calls["state"][row]], _SAME.get(held.state, held.state)),
            ("minutes", int(calls["minutes"][row]), held.minutes),
        )  # fmt: skip
    stored = len(state.find("call"))
    yield from _differing("call", "", ("number", len(calls), stored))


def _accounts(city: City, state: State) -> Iterator[Difference]:
    ours = city.money.balances(ids_of("funds", np.arange(len(city.funds))).tolist())
    theirs = {name: fen for name, fen in money.balances(state).items() if fen}
    for name in sorted({*ours, *theirs}):
        yield from _differing("account", name, ("fen", ours.get(name, 0), theirs.get(name, 0)))


def _lots(city: City, state: State) -> Iterator[Difference]:
    lots = city.lots
    for row, key in enumerate(ids_of("resources", np.arange(len(lots))).tolist()):
        held = state.get("lot", key)
        if held is None:
            yield Difference("lot", key, "id", key, None)
            continue
        fields = ("on_hand", "reserved", "issued", ("expired", "written_off"))
        names = [field if isinstance(field, tuple) else (field, field) for field in fields]
        yield from _differing(
            "lot", key, *((mine, int(lots[mine][row]), getattr(held, its)) for mine, its in names)
        )
