"""What each event does to the records. Whether it may happen was decided before it was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wushe.journal import Event, EventKind, State
from wushe.ledger.money.records import (
    Account,
    Change,
    Commitment,
    Earmark,
    Fund,
    Gift,
    Host,
    Likeness,
    Payment,
    Pledge,
    Pool,
    PoolShare,
    Refund,
    Use,
    changed,
)


def post(state: State, lines: Iterable[tuple[str, int]]) -> None:
    """Add the lines to the balances of their accounts."""
    for name, fen in lines:
        old = state.get("account", name)
        state.put("account", Account(name, fen if old is None else old.fen + fen))


def share_id(pool: str, key: str) -> str:
    """Return the id of what `pool` gave because of `key` (``donor:<ref>`` or ``project:<id>``)."""
    return f"{pool} {key}"


def likeness_id(fund: str, donor: str, fen: int, day: str) -> str:
    """Return what gifts that look the same have in common."""
    return f"{fund} {donor} {fen} {day}"


def receipt_kept(state: State, host: str, receipt_no: str | None) -> None:
    """Count a receipt of `host`, so that the next number is the next one."""
    if receipt_no is not None:
        held = state.get("host", host) or Host(host)
        state.put("host", Host(host, held.receipts + 1))


def _put_gift(state: State, gift: Gift, **changes: Any) -> None:
    free = changes.get("free", gift.free)
    state.put("gift", changed(gift, **changes, open="1" if free else None))


def _fund_opened(state: State, event: Event) -> None:
    data = dict(event.data)
    for name in ("purposes", "places", "for_groups"):
        data[name] = tuple(data.get(name, ()))
    state.put("fund", Fund(data.pop("fund"), **data))


def _fund_status(state: State, event: Event) -> None:
    fund = state.get("fund", event.data["fund"])
    state.put("fund", changed(fund, status=event.data["status"]))


_GIFT_FIELDS = (
    "fund",
    "fen",
    "day",
    "donor",
    "donor_kind",
    "nature",
    "project",
    "pool",
    "matches",
    "pledge",
    "campaign",
    "channel",
    "receipt_no",
    "wants_name",
    "suspect",
)


def _gift_received(state: State, event: Event) -> None:
    data = event.data
    fen = data["fen"]
    given = {name: data[name] for name in _GIFT_FIELDS if name in data}
    earmark = Earmark.from_json(data.get("earmark"))
    own = data.get("pool") is None
    gift = Gift(data["gift"], **given, free=fen, earmark=earmark, by=event.by, open="1")
    state.put("gift", gift)
    if own and gift.donor is not None and gift.suspect is None:
        alike = likeness_id(gift.fund, gift.donor, fen, gift.day)
        state.put("likeness", Likeness(alike, gift.id))
    fund = state.get("fund", data["fund"])
    side = "received_fen" if own else "matched_fen"
    state.put(
        "fund",
        changed(
            fund,
            free_fen=fund.free_fen + fen,
            gifts=fund.gifts + own,
            **{side: getattr(fund, side) + fen},
        ),
    )
    receipt_kept(state, fund.host, data.get("receipt_no"))
    if data.get("pledge") is not None:
        _pledge_paid(state, data["pledge"], fen)
    post(state, data["lines"])


def _gift_matched(state: State, event: Event) -> None:
    data = event.data
    _gift_received(state, event)
    pool = state.get("pool", data["pool"])
    state.put("pool", changed(pool, given=pool.given + data["fen"]))
    for key in data["counts"]:
        _count(state, pool.id, key, data["fen"])


def _count(state: State, pool: str, key: str, fen: int) -> None:
    held = state.get("pool_share", share_id(pool, key))
    before = 0 if held is None else held.fen
    state.put("pool_share", PoolShare(share_id(pool, key), pool, before + fen))


def _pledge_paid(state: State, key: str, fen: int) -> None:
    pledge = state.get("pledge", key)
    paid = pledge.paid + fen
    if paid >= pledge.fen and pledge.status == "open":
        state.put("pledge", changed(pledge, paid=paid, status="kept", due=None))
    else:
        state.put("pledge", changed(pledge, paid=paid))


def _gift_moved(state: State, event: Event) -> None:
    data = event.data
    fen, gift = data["fen"], state.get("gift", data["gift"])
    moved_to = (*gift.moved_to, data["to"])
    _put_gift(state, gift, free=gift.free - fen, moved=gift.moved + fen, moved_to=moved_to)
    child = changed(
        gift,
        id=data["to"],
        fund=data["target"],
        fen=fen,
        free=fen,
        committed=0,
        spent=0,
        refunded=0,
        moved=0,
        moved_to=(),
        earmark=Earmark.from_json(data.get("earmark")),
        origin=gift.id,
        receipt_no=None,
        pledge=None,
        suspect=None,
        open="1",
    )
    state.put("gift", child)
    source = state.get("fund", data["fund"])
    state.put(
        "fund",
        changed(source, free_fen=source.free_fen - fen, moved_out_fen=source.moved_out_fen + fen),
    )
    target = state.get("fund", data["target"])
    state.put(
        "fund",
        changed(
            target,
            free_fen=target.free_fen + fen,
            moved_in_fen=target.moved_in_fen + fen,
            gifts=target.gifts + 1,
        ),
    )
    post(state, data["lines"])


def _gift_refunded(state: State, event: Event) -> None:
    data = event.data
    fen, gift = data["fen"], state.get("gift", data["gift"])
    _put_gift(state, gift, free=gift.free - fen, refunded=gift.refunded + fen)
    fund = state.get("fund", gift.fund)
    state.put(
        "fund",
        changed(fund, free_fen=fund.free_fen - fen, refunded_fen=fund.refunded_fen + fen),
    )
    if data.get("pool") is not None:
        pool = state.get("pool", data["pool"])
        state.put("pool", changed(pool, given=pool.given - fen))
        for key in data["counts"]:
            _count(state, pool.id, key, -fen)
    names = ("fund", "gift", "fen", "day", "donor", "reason", "pool")
    held = {name: data[name] for name in names if name in data}
    state.put("refund", Refund(data["refund"], **held))
    post(state, data["lines"])


def _gift_fed_back(state: State, event: Event) -> None:
    gift = state.get("gift", event.data["gift"])
    state.put("gift", changed(gift, fed_back_on=event.data["day"]))


def _use_changed(state: State, event: Event) -> None:
    data = event.data
    gift = state.get("gift", data["gift"])
    after = Earmark.from_json(data.get("earmark"))
    state.put("gift", changed(gift, earmark=after, project=after.project))
    change = Change(
        data["change"],
        gift.id,
        gift.fund,
        data["fen"],
        data["day"],
        data["basis"],
        gift.earmark,
        after,
        data.get("filing"),
    )
    state.put("change", change)


_FOR = ("category", "place", "client", "client_kind", "order", "need", "project")
"""What a commitment and its payments are for."""


def takes_of(data: Any) -> tuple[tuple[str, int], ...]:
    """Return the takes of an event's data as records hold them."""
    return tuple((gift, fen) for gift, fen in data["takes"])


def _commitment_opened(state: State, event: Event) -> None:
    data = event.data
    fen, takes = data["fen"], takes_of(data)
    meant = {name: data[name] for name in _FOR if name in data}
    state.put(
        "commitment",
        Commitment(data["commitment"], data["fund"], fen, takes, **meant, day=data["day"]),
    )
    for key, part in takes:
        gift = state.get("gift", key)
        _put_gift(state, gift, free=gift.free - part, committed=gift.committed + part)
    fund = state.get("fund", data["fund"])
    state.put(
        "fund",
        changed(
            fund,
            free_fen=fund.free_fen - fen,
            committed_fen=fund.committed_fen + fen,
            commitments=fund.commitments + 1,
        ),
    )
    post(state, data["lines"])


def _commitment_released(state: State, event: Event) -> None:
    data = event.data
    fen = data["fen"]
    held = state.get("commitment", data["commitment"])
    state.put("commitment", changed(held, status="released", released=held.released + fen))
    for key, part in data["takes"]:
        gift = state.get("gift", key)
        _put_gift(state, gift, free=gift.free + part, committed=gift.committed - part)
    fund = state.get("fund", held.fund)
    state.put(
        "fund",
        changed(fund, free_fen=fund.free_fen + fen, committed_fen=fund.committed_fen - fen),
    )
    post(state, data["lines"])


def _payment_made(state: State, event: Event) -> None:
    data = event.data
    fen, takes = data["fen"], takes_of(data)
    held = state.get("commitment", data["commitment"])
    paid = held.paid + fen
    status = "paid" if paid == held.fen else held.status
    state.put("commitment", changed(held, paid=paid, status=status))
    meant = {name: getattr(held, name) for name in _FOR}
    payment = Payment(
        data["payment"],
        held.id,
        held.fund,
        fen,
        takes,
        data["day"],
        data["kind"],
        data["payee_kind"],
        emergency=data.get("emergency"),
        **meant,
    )
    state.put("payment", payment)
    for key, part in takes:
        gift = state.get("gift", key)
        _put_gift(state, gift, committed=gift.committed - part, spent=gift.spent + part)
        state.put("use", Use(f"{payment.id} {key}", key, payment.id, part))
    fund = state.get("fund", held.fund)
    state.put(
        "fund",
        changed(
            fund,
            committed_fen=fund.committed_fen - fen,
            spent_fen=fund.spent_fen + fen,
            payments=fund.payments + 1,
        ),
    )
    post(state, data["lines"])


def _payment_returned(state: State, event: Event) -> None:
    data = event.data
    fen = data["fen"]
    payment = state.get("payment", data["payment"])
    state.put("payment", changed(payment, returned=payment.returned + fen))
    for key, part in data["takes"]:
        gift = state.get("gift", key)
        _put_gift(state, gift, free=gift.free + part, spent=gift.spent - part)
        use = state.get("use", f"{payment.id} {key}")
        state.put("use", changed(use, returned=use.returned + part))
    fund = state.get("fund", payment.fund)
    state.put("fund", changed(fund, free_fen=fund.free_fen + fen, spent_fen=fund.spent_fen - fen))
    post(state, data["lines"])


def _pledge_made(state: State, event: Event) -> None:
    data = dict(event.data)
    state.put("pledge", Pledge(data.pop("pledge"), **data, due=data.get("due_on")))


def _pledge_released(state: State, event: Event) -> None:
    pledge = state.get("pledge", event.data["pledge"])
    reason = event.data["reason"]
    state.put("pledge", changed(pledge, status="released", due=None, reason=reason))


def _pool_opened(state: State, event: Event) -> None:
    data = dict(event.data)
    state.put("pool", Pool(data.pop("pool"), **data))


def _pool_closed(state: State, event: Event) -> None:
    pool = state.get("pool", event.data["pool"])
    receipts = tuple((host, number, fen) for host, number, fen in event.data["receipts"])
    state.put("pool", changed(pool, status="closed", receipts=receipts))
    for host, number, _ in receipts:
        receipt_kept(state, host, number)


EVENTS = (
    EventKind("fund.opened", _fund_opened),
    EventKind("fund.filed", _fund_status),
    EventKind("fund.closed", _fund_status),
    EventKind("gift.received", _gift_received),
    EventKind("gift.matched", _gift_matched),
    EventKind("gift.moved", _gift_moved),
    EventKind("gift.refunded", _gift_refunded),
    EventKind("gift.fed_back", _gift_fed_back),
    EventKind("use.changed", _use_changed),
    EventKind("commitment.opened", _commitment_opened),
    EventKind("commitment.released", _commitment_released),
    EventKind("payment.made", _payment_made),
    EventKind("payment.returned", _payment_returned),
    EventKind("pledge.made", _pledge_made),
    EventKind("pledge.released", _pledge_released),
    EventKind("pool.opened", _pool_opened),
    EventKind("pool.closed", _pool_closed),
)
