"""Goods go out: set aside, issued, signed for, brought back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from wushe.errors import Problem
from wushe.journal import Session, State, command
from wushe.ledger.goods import events
from wushe.ledger.goods.book import lines_of, value_of
from wushe.ledger.goods.choose import WHY, choose, choose_lot, obstacle
from wushe.ledger.goods.problems import (
    BLOCKED,
    PACKS,
    STATUS,
    amount,
    known,
    refuse,
    taken,
    word,
)
from wushe.ledger.goods.records import SERVICES, Issue, Lot, Reservation, Takes
from wushe.ledger.money.earmarks import Purpose, place_and_above
from wushe.model.units import MAX_AMOUNT
from wushe.text import Text

RECIPIENTS = ("institutions", "organizations", "households", "persons")
"""Tables that a recipient may be of; ids of the last two are kept as references."""
_PRIVATE = RECIPIENTS[2:]
RETURNS = {
    "not_needed": Text("用不上", "not needed"),
    "wrong_item": Text("发错", "the wrong item"),
    "damaged": Text("破损", "damaged"),
    "expired": Text("过期", "expired"),
    "recalled": Text("召回", "recalled"),
    "not_delivered": Text("未能送达", "could not be delivered"),
}
"""Why goods come back."""
RELEASES = {
    "cancelled": Text("订单取消", "the order was cancelled"),
    "failed": Text("未办成", "the order failed"),
    "backed_out": Text("退单", "the helper backed out"),
    "recalled": Text("召回", "recalled"),
    "not_needed": Text("不再需要", "not needed any more"),
}
"""Why goods that were set aside are free again."""


def places_above(state: State, place: str | None) -> tuple[str, ...]:
    """Return `place` and all places above it, as enrolled, else as its statistical code says."""
    area = None if place is None else state.get("area", place)
    if area is None:
        return place_and_above(place)
    return tuple(dict.fromkeys((str(place), *(key for _, key in area.path))))


def purpose_of(state: State, order: Any) -> Purpose:
    """Return what an order (`wushe.orders.records.Order`) is for."""
    places = places_above(state, order.place)
    return Purpose(order.category, places, order.groups, order.client, order.project)


@command
def reserve(
    s: Session,
    *,
    id: str,  # noqa: A002  (the record's field)
    quantity: int,
    warehouse: str | None = None,
    item: str | None = None,
    lot: str | None = None,
    order: str | None = None,
    recipient: str | None = None,
    recipient_kind: str = "institutions",
    category: str | None = None,
    place: str | None = None,
    groups: Sequence[str] = (),
    project: str | None = None,
    on: dt.date | None = None,
) -> list[list[Any]]:
    """Set goods aside, of one `lot` or first expiring first of an `item` in a `warehouse`; return [lot, amount].

    With `order` the order says what they are for, and the other arguments about that are not looked at; they must
    still be good on the day `on` (the order's day, else today). Raises RefusedError.
    """
    refuse(*taken(s.state, "reservation", id))
    who, purpose, day = _for(s, order, recipient, recipient_kind, category, place, groups, project)
    when = max(on.isoformat() if on else day, s.act.day.isoformat())
    takes, what, where = _takes(
        s, f"reservation/{id}", quantity, warehouse, item, lot, purpose, when
    )
    data = {
        "reservation": id, "item": what, "warehouse": where, "takes": [list(t) for t in takes],
        "order": order, "recipient": who[0], "recipient_kind": who[1], "purpose": _said(purpose),
        "day": s.act.day.isoformat(), "until": when, "by_lot": lot is not None,
    }  # fmt: skip
    s.record("goods.reserved", f"reservation/{id}", data, ref=_private(who))
    return data["takes"]  # type: ignore[return-value]


@command
def release(s: Session, *, reservation: str, reason: str = "not_needed") -> None:
    """Make goods that were set aside free again; `reason` is a key of `RELEASES`. Raises RefusedError."""
    held: Reservation = known(s.state, "reservation", reservation)
    stream = f"reservation/{reservation}"
    refuse(*word(stream, "reason", reason, RELEASES), *_status(stream, held.status, "open"))
    s.record("goods.released", stream, {"reservation": reservation, "reason": reason})


@command
def issue(
    s: Session,
    *,
    id: str,  # noqa: A002  (the record's field)
    quantity: int | None = None,
    reservation: str | None = None,
    warehouse: str | None = None,
    item: str | None = None,
    lot: str | None = None,
    order: str | None = None,
    recipient: str | None = None,
    recipient_kind: str = "institutions",
    category: str | None = None,
    place: str | None = None,
    groups: Sequence[str] = (),
    project: str | None = None,
) -> dict[str, Any]:
    """Give goods out: what a `reservation` holds, or as `reserve` chooses; return takes and their worth in fen.

    An `order` without item and lot gives what is set aside for it. Of a reservation a smaller `quantity` may go out; the rest is free again. Never goods that are expired,
    rejected, recalled, not inspected, or restricted to another use. Raises RefusedError: for a shortage it
    names item, amount asked, what may be given, what is missing, and where there is more.
    """
    refuse(*taken(s.state, "issue", id))
    stream = f"issue/{id}"
    if reservation is None and item is None and lot is None and order is not None:
        reservation = _only_one(s.state, order)
    if reservation is not None:
        data = _held(s, stream, reservation, quantity)
    else:
        who, purpose, _ = _for(
            s, order, recipient, recipient_kind, category, place, groups, project
        )
        if who[0] is None:
            refuse(*word(stream, "recipient", None, RECIPIENTS))
        _nothing_aside(s.state, stream, order, item, lot)
        day = s.act.day.isoformat()
        takes, what, where = _takes(s, stream, quantity, warehouse, item, lot, purpose, day)
        data = {
            "item": what, "warehouse": where, "takes": [list(t) for t in takes], "order": order,
            "recipient": who[0], "recipient_kind": who[1], "purpose": _said(purpose),
            "by_lot": lot is not None,
        }  # fmt: skip
    data |= {"issue": id, "day": s.act.day.isoformat()}
    data["lines"] = lines_of(s.state, dict(events.sent(s.state, data)))
    s.record(
        "goods.issued", stream, data, ref=_private((data["recipient"], data["recipient_kind"]))
    )
    return {"takes": data["takes"], "worth_fen": _worth(s.state, data)}


@command
def sign(s: Session, *, issue: str, signed_by: str = "") -> None:
    """Record that the recipient signed for an issue; `signed_by` is a name, kept apart and erasable."""
    held: Issue = known(s.state, "issue", issue)
    refuse(*_status(f"issue/{issue}", held.status, "issued"))
    words = {"signed_by": signed_by} if signed_by else None
    data = {"issue": issue, "day": s.act.day.isoformat()}
    ref = _private((held.recipient, held.recipient_kind))
    if words and ref is None and held.recipient is not None:
        ref = s.ref(
            held.recipient
        )  # whose name it is belongs to the institution, and goes when that is erased
    s.record("goods.signed", f"issue/{issue}", data, ref=ref, words=words)


@command
def bring_back(
    s: Session, *, issue: str, reason: str, quantity: int | None = None, lot: str | None = None
) -> list[list[Any]]:
    """Take back goods of an issue (all, or `quantity` of `lot`): they wait for inspection. Return [lot, amount].

    `reason` is a key of `RETURNS`; `lot` may be left out where the issue is of one lot. Raises RefusedError.
    """
    held: Issue = known(s.state, "issue", issue)
    stream = f"issue/{issue}"
    refuse(*word(stream, "reason", reason, RETURNS))
    back = dict(held.returned)
    out = {key: n - back.get(key, 0) for key, n in held.takes}
    if quantity is None and lot is None:
        takes = [[key, n] for key, n in out.items() if n]
        if not takes:
            refuse(*_status(stream, held.status, "issued / signed"))
    else:
        key = lot if lot is not None or len(out) != 1 else next(iter(out))
        refuse(*word(stream, "lot", key, out))
        n = out[str(key)] if quantity is None else quantity
        refuse(*amount(stream, "quantity", n, 1, out[str(key)]))
        takes = [[key, n]]
    data: dict[str, Any] = {"issue": issue, "takes": takes, "reason": reason}
    data["lines"] = lines_of(s.state, dict(events.returned(s.state, data)))
    s.record("goods.returned", stream, data | {"day": s.act.day.isoformat()})
    return takes


_Who = tuple[str | None, str]


def _for(
    s: Session, order: str | None, recipient: str | None, kind: str, category: str | None,
    place: str | None, groups: Sequence[str], project: str | None,
) -> tuple[_Who, Purpose, str]:  # fmt: skip
    """Return (recipient, its kind), what the goods are for, and the day of use."""
    day = s.act.day.isoformat()
    if order is not None:
        found = known(s.state, "order", order)
        kept = found.client_kind in _PRIVATE
        who = (found.client if kept else s.state.subject(found.client), found.client_kind)
        return who, purpose_of(s.state, found), found.on_day or day
    refuse(*word("goods", "recipient_kind", kind, RECIPIENTS))
    client = None if recipient is None else s.ref(recipient)
    above = places_above(s.state, place)
    who = (client if kind in _PRIVATE else recipient, kind)
    return who, Purpose(category, above, tuple(groups), client, project), day


def _takes(
    s: Session, stream: str, quantity: int | None, warehouse: str | None, item: str | None,
    lot: str | None, purpose: Purpose, day: str,
) -> tuple[Takes, str, str]:  # fmt: skip
    """Return what to take from which lots, the item and the warehouse."""
    refuse(*amount(stream, "quantity", quantity, 1, MAX_AMOUNT))
    n = quantity or 0
    if lot is not None:
        held: Lot = known(s.state, "lot", lot)
        return choose_lot(held, n, purpose, day, stream), held.item, held.warehouse
    known(s.state, "warehouse", warehouse or "-")
    where, what = warehouse or "", item or ""
    return choose(s.state, where, what, n, purpose, day, stream), what, where


def _held(s: Session, stream: str, reservation: str, quantity: int | None) -> dict[str, Any]:
    """Return the data of an issue of what is set aside, all or the first `quantity` of it."""
    held: Reservation = known(s.state, "reservation", reservation)
    whole = sum(n for _, n in held.takes)
    left = whole if quantity is None else quantity
    refuse(
        *_status(f"reservation/{reservation}", held.status, "open"),
        *amount(stream, "quantity", left, 1, whole),
        *([] if held.recipient is not None else word(stream, "recipient", None, RECIPIENTS)),
    )
    takes, released, problems = [], [], []
    for key, n in held.takes:
        lot: Lot = s.state.get("lot", key)
        some = min(n, left)
        left -= some
        problems += _still_good(stream, lot, s.act.day.isoformat()) if some else []
        if some % (lot.pack or 1):
            packs = {"item": lot.item, "asked": quantity, "packs": lot.pack}
            problems.append(Problem(PACKS, stream, None, "quantity", str(quantity), packs))
        takes += [[key, some]] if some else []
        released += [[key, n - some]] if n > some else []
    refuse(*problems)
    return {
        "item": held.item, "warehouse": held.warehouse, "takes": takes, "released": released,
        "order": held.order, "recipient": held.recipient, "recipient_kind": held.recipient_kind,
        "reservation": reservation,
    }  # fmt: skip


def _nothing_aside(
    state: State, stream: str, order: str | None, item: str | None, lot: str | None
) -> None:
    """Refuse to give an order more of what is set aside for it: it would have the goods twice."""
    if order is None:
        return
    held = state.find("reservation", order=order, status="open")
    same = [one.id for one in held if one.item == item or lot in dict(one.takes)]
    if same:
        refuse(*word(stream, "reservation", None, same))


def _only_one(state: State, order: str) -> str:
    """Return the open reservation of an order; refuses where there is none, or more than one to choose from."""
    found = [held.id for held in state.find("reservation", order=order, status="open")]
    if len(found) != 1:
        refuse(*word(f"order/{order}", "reservation", None, found or ("-",)))
    return str(found[0])


def _still_good(stream: str, lot: Lot, day: str) -> list[Problem]:
    why = obstacle(lot, Purpose(), day)
    # Whether the donor allows the use was decided when it was set aside, and services are over by now.
    if why not in ("recalled", "not_yet", "expired") or (
        why == "expired" and lot.dimension in SERVICES
    ):
        return []
    return [Problem(BLOCKED, stream, None, "lot", lot.id, {"why": WHY[why]})]


def _status(stream: str, status: str, expected: str) -> list[Problem]:
    if status == expected:
        return []
    params = {"status": status, "expected": expected}
    return [Problem(STATUS, stream, None, "status", status, params)]


def _private(who: _Who) -> str | None:
    return who[0] if who[1] in _PRIVATE else None


def _said(purpose: Purpose) -> dict[str, Any]:
    """Return what an event says of a use; of those served only the reference, no group."""
    said = {"category": purpose.category, "places": list(purpose.within)}
    said |= {"client": purpose.client, "project": purpose.project}
    return {name: value for name, value in said.items() if value}


def _worth(state: State, data: Mapping[str, Any]) -> int | None:
    """Return what an issue's goods are worth in fen, None where any lot's value is not known."""
    worth = [value_of(state.get("lot", key), n) for key, n in data["takes"]]
    known_worth = [fen for fen in worth if fen is not None]
    return sum(known_worth) if len(known_worth) == len(worth) else None
