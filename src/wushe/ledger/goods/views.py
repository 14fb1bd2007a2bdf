"""Goods in columns: what lies where, and what went in and out. For reports, disclosure and notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from wushe.journal import Event, State
from wushe.journal.event import day_of
from wushe.ledger.goods.book import value_of
from wushe.ledger.goods.choose import turn
from wushe.ledger.goods.records import Lot

Table = dict[str, list[Any]]
"""Columns by name, all of one length."""
_STOCK = (
    *("warehouse", "item", "category", "unit", "dimension", "on_hand", "reserved", "unchecked"),
    *("rejected", "expires_on", "received_on", "status", "donor", "unit_value_fen"),
)
_MOVES = (
    *("day", "kind", "warehouse", "lot", "item", "category", "dimension", "quantity", "value_fen"),
    *("donor", "document", "order", "recipient", "recipient_kind", "reason"),
)
KINDS = ("received", "found", "moved_in", "brought_back", "issued", "moved_out", "written_off")
"""Kinds of movement: what came in and what went out of a warehouse."""


def stock(state: State, warehouse: str | None = None) -> Table:
    """Return what lies in the warehouses (or one), a row per lot, by warehouse, item and turn (FEFO).

    Columns: ``lot``, warehouse, item, category, unit, dimension, on_hand (free), reserved, unchecked, rejected (base
    units), expires_on, received_on (ISO text), status, donor (a reference), unit_value_fen and ``value_fen`` of all
    that is there; None is not known.
    """
    keys = {"open": "1"} if warehouse is None else {"open": "1", "warehouse": warehouse}
    lots: list[Lot] = state.find("lot", **keys)
    lots.sort(key=lambda lot: (lot.warehouse, lot.item, *turn(lot)))
    table: Table = {"lot": [lot.id for lot in lots]}
    table |= {name: [getattr(lot, name) for lot in lots] for name in _STOCK}
    table["value_fen"] = [value_of(lot, lot.there) for lot in lots]
    return table


def movements(events: Iterable[Event]) -> Table:
    """Return what came in and went out, a row per event and lot in the order of the events.

    Columns: ``day`` (ISO text), ``kind`` (one of `KINDS`), warehouse, lot, item, category, dimension, ``quantity``
    (base units, above 0), ``value_fen`` at the lot's last known value (None: not known, rounded down to a
    fen), donor (a reference), ``document`` (the issue, else None), order, recipient (a reference for households
    and persons), recipient_kind, reason (a code). Events of other domains are passed over.
    """
    log = _Log()
    rows: list[dict[str, Any]] = []
    for event in events:
        reader = _READERS.get(event.kind)
        if reader is None:
            continue
        for row in reader(event, log):
            rows.append({"day": day_of(event.at).isoformat(), **row})
    for row in rows:
        lot = log.lots[row["lot"]]
        worth = log.lots[lot["root"]].get("unit_value_fen")
        per = log.lots[lot["root"]].get("value_per", 1)
        row |= {name: lot.get(name) for name in ("item", "category", "dimension", "donor")}
        row["value_fen"] = None if worth is None else row["quantity"] * worth // per
    return {name: [row.get(name) for row in rows] for name in _MOVES}


Rows = Iterator[dict[str, Any]]


@attrs.define(eq=False)
class _Log:
    """What was read so far: each lot as it came in, with its ``root``, and the issues."""

    lots: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    sent: dict[str, Mapping[str, Any]] = attrs.field(factory=dict)

    def row(self, kind: str, lot: str, quantity: int) -> dict[str, Any]:
        house = self.lots[lot]["warehouse"]
        return {"kind": kind, "lot": lot, "warehouse": house, "quantity": quantity}


def _received(event: Event, log: _Log) -> Rows:
    key = event.data["lot"]
    log.lots[key] = {**event.data, "donor": event.ref, "root": key}
    yield log.row("received", key, event.data["received"])


def _valued(event: Event, log: _Log) -> Rows:
    root = log.lots[log.lots[event.data["lot"]]["root"]]
    root |= {name: event.data[name] for name in ("unit_value_fen", "value_per")}
    yield from ()


def _counted(event: Event, log: _Log) -> Rows:
    key, reason = event.data["lot"], {"reason": event.data["reason"]}
    lost = sum(n for _, n in event.data["missing"])
    if lost:
        yield log.row("written_off", key, lost) | reason
    if event.data["found"]:
        yield log.row("found", key, event.data["found"]) | reason


def _written_off(event: Event, log: _Log) -> Rows:
    row = log.row("written_off", event.data["lot"], event.data["quantity"])
    yield row | {"reason": event.data["reason"]}


def _moved(event: Event, log: _Log) -> Rows:
    data = event.data
    source, target = data["lot"], data["to"]
    log.lots.setdefault(target, {**log.lots[source], "warehouse": data["warehouse"]})
    yield log.row("moved_out", source, data["quantity"])
    yield log.row("moved_in", target, data["quantity"])


def _issued(event: Event, log: _Log) -> Rows:
    log.sent[event.data["issue"]] = event.data
    yield from _of_issue("issued", event.data["takes"], event.data, log)


def _returned(event: Event, log: _Log) -> Rows:
    issue = log.sent[event.data["issue"]]
    for row in _of_issue("brought_back", event.data["takes"], issue, log):
        yield row | {"reason": event.data["reason"]}


def _of_issue(kind: str, takes: Any, issue: Mapping[str, Any], log: _Log) -> Rows:
    for key, n in takes:
        names = ("order", "recipient", "recipient_kind")
        row = log.row(kind, key, n) | {name: issue[name] for name in names}
        yield row | {"document": issue["issue"]}


_READERS: Mapping[str, Callable[[Event, _Log], Rows]] = {
    "lot.received": _received,
    "lot.valued": _valued,
    "lot.counted": _counted,
    "lot.written_off": _written_off,
    "lot.moved": _moved,
    "goods.issued": _issued,
    "goods.returned": _returned,
}
