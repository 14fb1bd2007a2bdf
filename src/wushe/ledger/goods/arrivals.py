"""Goods come in: warehouses are opened, lots received, inspected and valued."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from wushe.errors import Problem
from wushe.journal import Session, command
from wushe.ledger.goods import events
from wushe.ledger.goods.book import family, lines_of
from wushe.ledger.goods.problems import STATUS, TWICE, amount, known, refuse, taken, unknown, word
from wushe.ledger.goods.records import Lot
from wushe.ledger.money.records import Earmark
from wushe.model.units import MAX_AMOUNT, parse_unit
from wushe.text import Text

REJECTIONS = {
    "damaged": Text("破损", "damaged"),
    "expired": Text("过期", "expired"),
    "no_certificate": Text("无合格证明", "no certificate"),
    "wrong_item": Text("与清单不符", "not what the list says"),
    "unfit": Text("不合用", "not fit for use"),
}
"""Why an inspection rejects goods."""


@attrs.frozen
class Arrival:
    """Goods as they come in. `quantity`, `pack` and `per_need` are base units of `unit` (see `parse_unit`).

    `value_per` base units are worth `unit_value_fen`: a kilogram at 5 yuan is 500 per 1000, a gift of
    135,000 boxes worth 5,000,000 yuan is 500000000 per 135000. None is not known, which is not zero.
    `donor` and `for_clients` are ids. `checked`: they were inspected on arrival and all passed.
    `serves`: the categories of need that they can meet, () any; the other fields about use are what
    the donor allows. `pack`: given out in whole packs only. `per_need`: most that one use may have.
    """

    id: str
    warehouse: str
    item: str
    quantity: int
    unit: str = "piece"
    category: str | None = None
    serves: tuple[str, ...] = ()
    donor: str | None = None
    unit_value_fen: int | None = None
    value_per: int = 1
    pack: int | None = None
    per_need: int | None = None
    purposes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    for_clients: tuple[str, ...] = ()
    project: str | None = None
    available_from: dt.date | None = None
    expires_on: dt.date | None = None
    checked: bool = False


@command
def open_warehouse(
    s: Session,
    *,
    id: str,  # noqa: A002  (the record's field)
    name: str,
    place: str | None = None,
    keeper: str | None = None,
    fund: str | None = None,
) -> str:
    """Open a warehouse and return its id. `keeper` is an organization, `fund` whose books its goods are in."""
    refuse(*taken(s.state, "warehouse", id))
    data = {"warehouse": id, "name": name, "place": place, "keeper": keeper, "fund": fund}
    s.record("warehouse.opened", f"warehouse/{id}", data | {"opened_on": s.act.day.isoformat()})
    return id


@command
def receive(s: Session, *, arrivals: Sequence[Arrival]) -> list[str]:
    """Take in lots, all or none, and return their ids. Goods of unknown value post no money until `value`.

    Raises RefusedError with every problem of every lot.
    """
    s.state.load("lot", "id", [one.id for one in arrivals])
    seen: Counter[str] = Counter(one.id for one in arrivals)
    problems = [p for one in arrivals for p in _problems(s, one, seen)]
    refuse(*problems)
    for one in arrivals:
        donor = None if one.donor is None else s.ref(one.donor)
        data = _data(s, one)
        lot = events.lot_of(data, donor)
        lines = lines_of(s.state, {lot.id: lot})
        s.record("lot.received", lot.stream, {**data, "lines": lines}, ref=donor)
    return [one.id for one in arrivals]


def _problems(s: Session, one: Arrival, seen: Counter[str]) -> list[Problem]:
    stream = f"lot/{one.id}"
    found = taken(s.state, "lot", one.id)
    if seen[one.id] > 1 and not found:
        seen[one.id] = 1
        found = [Problem(TWICE, stream, None, "id", one.id)]
    if s.state.get("warehouse", one.warehouse) is None:
        found.append(unknown("warehouse", one.warehouse, stream))
    if not one.item.strip() or parse_unit(one.unit) is None:
        field = "unit" if one.item.strip() else "item"
        found += word(stream, field, getattr(one, field), ("piece", "kg", "box*20", "箱*20"))
    found += amount(stream, "quantity", one.quantity, 1, MAX_AMOUNT)
    found += amount(stream, "value_per", one.value_per, 1, MAX_AMOUNT)
    for field in ("pack", "per_need"):
        if getattr(one, field) is not None:
            found += amount(stream, field, getattr(one, field), 1, MAX_AMOUNT)
    if one.unit_value_fen is not None:
        found += _worth(stream, one.quantity, one.unit_value_fen, one.value_per)
    return found


def _worth(stream: str, quantity: Any, fen: Any, per: Any) -> list[Problem]:
    """Return the problem of a value that is none, or beyond what sums stay exact for."""
    if type(quantity) is not int or type(per) is not int or quantity < 1 or per < 1:
        return []
    return amount(stream, "unit_value_fen", fen, 0, MAX_AMOUNT * per // quantity)


def _data(s: Session, one: Arrival) -> dict[str, Any]:
    """Return what the event says: the lot's fields, with references for ids, without what is not known."""
    unit = parse_unit(one.unit)
    mark = Earmark(
        one.purposes, one.places, one.groups, tuple(map(s.ref, one.for_clients)), one.project
    )
    fields: dict[str, Any] = {
        "lot": one.id,
        "item": one.item,
        "warehouse": one.warehouse,
        "unit": one.unit,
        "dimension": unit.dimension if unit else "",
        "received": one.quantity,
        "received_on": s.act.day.isoformat(),
        "category": one.category,
        "serves": list(one.serves) or None,
        "unit_value_fen": one.unit_value_fen,
        "value_per": one.value_per,
        "pack": one.pack,
        "per_need": one.per_need,
        "available_from": one.available_from.isoformat() if one.available_from else None,
        "expires_on": one.expires_on.isoformat() if one.expires_on else None,
        "earmark": mark.to_json() or None,
    }
    said = {name: value for name, value in fields.items() if value is not None}
    return said | ({"checked": True} if one.checked else {})


@command
def inspect(
    s: Session,
    *,
    lot: str,
    passed: int | None = None,
    rejected: int = 0,
    reason: str | None = None,
) -> dict[str, int]:
    """Say how much of a lot passed inspection and how much did not; None: all the rest passed.

    `reason` is a key of `REJECTIONS` where some did not. Raises RefusedError.
    """
    held: Lot = known(s.state, "lot", lot)
    problems = amount(held.stream, "rejected", rejected, 0, held.unchecked)
    if not problems:
        passed = held.unchecked - rejected if passed is None else passed
        problems += amount(held.stream, "passed", passed, 0, held.unchecked - rejected)
    if rejected:
        problems += word(held.stream, "reason", reason, REJECTIONS)
    if not held.unchecked or (not rejected and passed == 0):
        problems.append(_status(held, "received"))
    refuse(*problems)
    data = {"lot": lot, "passed": passed, "rejected": rejected, "reason": reason}
    s.record("lot.inspected", held.stream, data)
    return {"passed": passed or 0, "rejected": rejected}


def _status(lot: Lot, expected: str) -> Problem:
    params = {"status": lot.status, "expected": expected}
    return Problem(STATUS, lot.stream, None, "status", lot.status, params)


@command
def value(s: Session, *, lot: str, unit_value_fen: int, value_per: int = 1) -> int:
    """Say what a lot is worth, or correct it, and return what all of it was worth on arrival in fen.

    What was given out, written off or moved meanwhile is posted at this value. Raises RefusedError.
    """
    held: Lot = known(s.state, "lot", lot)
    lots = family(s.state, held)
    whole = lots[0].received + sum(part.found for part in lots)
    problems = amount(held.stream, "value_per", value_per, 1, MAX_AMOUNT)
    refuse(*problems, *_worth(held.stream, whole, unit_value_fen, value_per))
    data: dict[str, Any] = {"lot": lot, "unit_value_fen": unit_value_fen, "value_per": value_per}
    data["lots"] = [one.id for one in lots]
    data["lines"] = lines_of(s.state, dict(events.valued(s.state, data)))
    s.record("lot.valued", held.stream, data)
    return lots[0].received * unit_value_fen // value_per
