"""What each event does to the records of goods. Whether it may happen was decided before it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from wushe.journal import Event, EventKind, State
from wushe.ledger.goods.book import shifted, taken
from wushe.ledger.goods.records import Issue, Lot, Reservation, Takes, Warehouse
from wushe.ledger.money.events import post
from wushe.ledger.money.records import Earmark

Lots = Mapping[str, Lot]
Changes = Callable[[State, Event], Lots]


def takes_of(rows: Any) -> Takes:
    """Return the takes of an event's data as records hold them."""
    return tuple((lot, n) for lot, n in rows)


def lot_of(data: Mapping[str, Any], donor: str | None) -> Lot:
    """Return the lot that came in, as an event's data tell."""
    fields = {**data, "earmark": Earmark.from_json(data.get("earmark"))}
    fields["serves"] = tuple(data.get("serves", ()))
    checked = fields.pop("checked", False)
    bucket = {"on_hand": data["received"]} if checked else {"unchecked": data["received"]}
    status = "inspected" if checked else "received"
    key = fields.pop("lot")
    fields.pop("lines", None)
    return Lot(key, **fields, **bucket, status=status, donor=donor)


def _opened(state: State, event: Event) -> None:
    data = dict(event.data)
    state.put("warehouse", Warehouse(data.pop("warehouse"), **data))


def inspected(state: State, event: Event) -> Lots:
    """Return the lot after some of it passed and some did not."""
    data = event.data
    good, bad = data["passed"], data["rejected"]
    lot = shifted(state.get("lot", data["lot"]), unchecked=-good - bad, on_hand=good, rejected=bad)
    if lot.status == "recalled" or lot.unchecked:
        return {lot.id: lot}
    used = lot.on_hand or lot.reserved or lot.issued or lot.moved
    return {lot.id: attrs.evolve(lot, status="inspected" if used else "rejected")}


def valued(state: State, data: Mapping[str, Any]) -> Lots:
    """Return the lots whose value is known now."""
    worth = {"unit_value_fen": data["unit_value_fen"], "value_per": data["value_per"]}
    return {key: attrs.evolve(state.get("lot", key), **worth) for key in data["lots"]}


def counted(state: State, data: Mapping[str, Any]) -> Lots:
    """Return the lot after a stock-taking."""
    by = {name: -n for name, n in data["missing"]}
    lost, more = -sum(by.values()), data["found"]
    by["on_hand"] = by.get("on_hand", 0) + more
    return {data["lot"]: shifted(state.get("lot", data["lot"]), **by, written_off=lost, found=more)}


def moved(state: State, data: Mapping[str, Any]) -> Lots:
    """Return the lots of both warehouses, and the one that lists them, after goods were moved."""
    source, n = state.get("lot", data["lot"]), data["quantity"]
    changed = {source.id: shifted(source, on_hand=-n, moved=n)}
    target = state.get("lot", data["to"])
    if target is not None:
        return {**changed, target.id: shifted(target, on_hand=n, moved_in=n)}
    root = changed.get(source.origin or source.id) or state.get("lot", source.origin)
    changed[root.id] = attrs.evolve(root, parts=(*root.parts, data["to"]))
    part = attrs.evolve(
        source, id=data["to"], warehouse=data["warehouse"], origin=root.id, parts=(), received=0,
        unchecked=0, on_hand=n, reserved=0, rejected=0, issued=0, written_off=0, moved=0, found=0,
        moved_in=n, open="1",
    )  # fmt: skip
    return {**changed, part.id: part}


def returned(state: State, data: Mapping[str, Any]) -> Lots:
    """Return the lots after goods came back: they wait for inspection."""
    return taken(state, data["takes"], "issued", "unchecked")


def sent(state: State, data: Mapping[str, Any]) -> Lots:
    """Return the lots after an issue: from what is free, or from what was set aside for it."""
    source = "on_hand" if data.get("reservation") is None else "reserved"
    lots = taken(state, data["takes"], source, "issued")
    for key, n in data.get("released", ()):
        lots[key] = shifted(lots.get(key) or state.get("lot", key), reserved=-n, on_hand=n)
    return lots


def _reserved(state: State, event: Event) -> Lots:
    data = event.data
    state.put(
        "reservation",
        Reservation(
            data["reservation"], data["item"], data["warehouse"], takes_of(data["takes"]),
            data["order"], data["recipient"], data["recipient_kind"], data["day"],
        ),
    )  # fmt: skip
    return taken(state, data["takes"], "on_hand", "reserved")


def _released(state: State, event: Event) -> Lots:
    held: Reservation = state.get("reservation", event.data["reservation"])
    reason = event.data["reason"]
    state.put("reservation", attrs.evolve(held, status="released", reason=reason))
    return taken(state, held.takes, "reserved", "on_hand")


def _issued(state: State, event: Event) -> Lots:
    data = event.data
    state.put(
        "issue",
        Issue(
            data["issue"], data["item"], data["warehouse"], takes_of(data["takes"]),
            data["recipient"], data["recipient_kind"], data["day"], data["order"],
        ),
    )  # fmt: skip
    if data.get("reservation") is not None:
        held = state.get("reservation", data["reservation"])
        state.put("reservation", attrs.evolve(held, status="issued"))
    return sent(state, data)


def _signed(state: State, event: Event) -> None:
    held = state.get("issue", event.data["issue"])
    state.put("issue", attrs.evolve(held, status="signed", signed_on=event.data["day"]))


def _returned(state: State, event: Event) -> Lots:
    held: Issue = state.get("issue", event.data["issue"])
    back = dict(held.returned)
    for key, n in event.data["takes"]:
        back[key] = back.get(key, 0) + n
    status = "returned" if back == dict(held.takes) else held.status
    state.put("issue", attrs.evolve(held, returned=tuple(sorted(back.items())), status=status))
    return returned(state, event.data)


def _written_off(state: State, event: Event) -> Lots:
    data = event.data
    return taken(state, [(data["lot"], data["quantity"])], data["bucket"], "written_off")


def _recalled(state: State, event: Event) -> Lots:
    reason = event.data["reason"]
    lots = (state.get("lot", key) for key in event.data["lots"])
    return {lot.id: attrs.evolve(lot, status="recalled", reason=reason) for lot in lots}


def _kind(name: str, changes: Changes) -> EventKind:
    """Return a kind of event that changes lots and posts the lines of its data."""

    def apply(state: State, event: Event) -> None:
        for lot in changes(state, event).values():
            state.put("lot", lot)
        post(state, event.data.get("lines", ()))

    return EventKind(name, apply)


EVENTS: tuple[EventKind, ...] = (
    EventKind("warehouse.opened", _opened),
    _kind("lot.received", lambda _, e: {e.data["lot"]: lot_of(e.data, e.ref)}),
    _kind("lot.inspected", inspected),
    _kind("lot.valued", lambda state, event: valued(state, event.data)),
    _kind("lot.counted", lambda state, event: counted(state, event.data)),
    _kind("lot.written_off", _written_off),
    _kind("lot.moved", lambda state, event: moved(state, event.data)),
    _kind("lot.recalled", _recalled),
    _kind("goods.reserved", _reserved),
    _kind("goods.released", _released),
    _kind("goods.issued", _issued),
    EventKind("goods.signed", _signed),
    _kind("goods.returned", _returned),
)
